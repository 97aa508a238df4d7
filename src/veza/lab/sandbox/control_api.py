"""The control API at `/_sandbox`: the sandbox's control methods as JSON over HTTP."""

from __future__ import annotations

import hmac
import inspect
from collections.abc import Callable
from typing import Any

import msgspec

from veza.lab.sandbox import belonging, faults
from veza.lab.sandbox.control import Controls
from veza.lab.sandbox.errors import ApiError
from veza.lab.sandbox.wire import Obj, Reply, Request, decode_form

PREFIX = "/_sandbox"
WHOLE_NUMBER = ((int,), "a whole number")
NUMBER = ((int, float), "a number")
FLAG = ((bool,), "true or false")
TEXT = ((str,), "a text")
# What an argument must be; an argument that is not listed is a text.
EXPECTED: dict[str, tuple[tuple[type, ...], str]] = {
    **dict.fromkeys(("amount", "times", "skip", "limit"), WHOLE_NUMBER),
    **dict.fromkeys(("seconds", "delay_seconds", "until", "probability"), NUMBER),
    **dict.fromkeys(("per_object", "inquiry", "onboarded", "paused", "authenticated", "succeeds", "pays"), FLAG),
    "events": ((list,), "a list of texts"),
    "metadata": ((dict,), "an object of texts"),
}

Action = Callable[..., Any]
# Method and path; `*` stands for an id, which becomes the first argument. The JSON body gives the others by name.
ACTIONS: dict[tuple[str, str], tuple[Callable[[Controls], Action], str]] = {
    ("GET", ""): (lambda s: s.summary, "everything counted, the time, switches, requests and effects"),
    ("POST", "/reset"): (lambda s: s.reset, "forget everything but switches and webhook endpoints"),
    ("GET", "/platforms"): (lambda s: s.list_platforms, "the platforms made for tests"),
    ("POST", "/platforms"): (lambda s: s.new_platform, "an empty platform for one test: its account, key and path"),
    ("DELETE", "/platforms/*"): (lambda s: s.remove_platform, "forget such a platform"),
    ("GET", "/requests"): (lambda s: s.request_log, "the request log with the arrival times of accepted requests"),
    ("DELETE", "/requests"): (lambda s: s.clear_log, "start the request log afresh"),
    ("GET", "/fault-kinds"): (lambda s: _fault_kinds, "every way to misbehave"),
    ("GET", "/faults"): (lambda s: s.list_faults, "the fault rules in force"),
    ("POST", "/faults"): (lambda s: s.add_fault, "add a fault rule"),
    ("DELETE", "/faults"): (lambda s: s.clear_faults, "remove all fault rules"),
    ("DELETE", "/faults/*"): (lambda s: s.clear_faults, "remove one fault rule"),
    ("POST", "/clock/advance"): (lambda s: s.advance, "move time forward by `seconds`"),
    ("GET", "/switches"): (lambda s: s.switches, "the settings that may be changed"),
    ("PUT", "/switches"): (lambda s: s.set_switches, "change settings"),
    ("POST", "/accounts"): (lambda s: s.new_account, "a connected account, onboarded unless `onboarded` is false"),
    ("POST", "/accounts/*/onboard"): (lambda s: s.complete_onboarding, "fill in the onboarding form"),
    ("POST", "/accounts/*/deauthorize"): (
        lambda s: s.deauthorize_account,
        "the account leaves the platform: no key of it reaches the account any more",
    ),
    ("POST", "/accounts/*/capability"): (lambda s: s.set_capability, "make `transfers` active or inactive"),
    ("GET", "/balances"): (lambda s: s.balance, "the platform's balance"),
    ("GET", "/balances/*"): (lambda s: s.balance, "an account's balance"),
    ("POST", "/balances/*/add"): (lambda s: s.add_balance, "move available funds by `amount`"),
    ("POST", "/balances/*/set"): (lambda s: s.set_balance, "make available funds exactly `amount`"),
    ("POST", "/payments"): (lambda s: s.take_payment, "a buyer pays without any page"),
    ("POST", "/checkouts/*/pay"): (lambda s: s.pay_checkout, "pay a checkout session with `card`"),
    ("POST", "/checkouts/*/end-debit"): (
        lambda s: s.end_debit,
        "the buyer's bank pays a bank debit now, or refuses it when `pays` is false",
    ),
    ("POST", "/payment-intents/*/authenticate"): (
        lambda s: s.authenticate,
        "the buyer passes 3-D Secure, or fails it when `succeeds` is false",
    ),
    ("POST", "/checkouts/*/expire"): (lambda s: s.expire_checkout, "end a checkout session unpaid"),
    ("POST", "/refunds"): (lambda s: s.refund_in_dashboard, "refund a charge by hand"),
    ("POST", "/refunds/*/succeed"): (lambda s: s.succeed_refund, "a pending refund arrives"),
    ("POST", "/refunds/*/fail"): (lambda s: s.fail_refund, "a refund comes back"),
    ("POST", "/transfers"): (lambda s: s.transfer_in_dashboard, "send a transfer by hand"),
    ("POST", "/reversals"): (lambda s: s.reverse_in_dashboard, "reverse a transfer by hand"),
    ("POST", "/disputes"): (lambda s: s.open_dispute, "dispute a charge, or inquire"),
    ("POST", "/disputes/*/escalate"): (lambda s: s.escalate_dispute, "an inquiry becomes a dispute"),
    ("POST", "/disputes/*/close"): (lambda s: s.close_dispute, "a dispute is won or lost (`outcome`)"),
    ("GET", "/events"): (lambda s: s.pending_events, "events after the one with id `after`"),
    ("POST", "/webhooks"): (lambda s: s.add_webhook, "register an endpoint; answers its secret"),
    ("GET", "/deliveries"): (lambda s: s.list_deliveries, "the newest deliveries"),
    ("POST", "/webhooks/pause"): (lambda s: s.pause_webhooks, "hold all deliveries"),
    ("POST", "/webhooks/resume"): (lambda s: lambda: s.pause_webhooks(False), "go on delivering"),
    ("POST", "/webhooks/redeliver"): (lambda s: s.redeliver, "deliver `event` again, `times` times"),
    ("POST", "/webhooks/reverse-order"): (lambda s: s.reverse_waiting_deliveries, "turn the order of what waits"),
}


def answer_control(sandbox: Controls, request: Request, token: str | None = None) -> Reply:
    """Carry out one control request; a mistake in it is answered in one sentence. A `token` must come as bearer."""
    if token is not None and request.path == belonging.PATH:
        return _belonging(request, token)
    if token is not None and not _is_let_in(request, token):
        return _json(401, _error("the control API wants the operator token as a bearer token here"))
    found = _find(request.method, request.path.removeprefix(PREFIX).rstrip("/"))
    if found is None:
        return _json(404, _error(f"there is no {request.method} {request.path} in the control API"))
    action, ids = found
    try:
        arguments = _arguments(request)
        if request.method == "PUT":
            return _json(200, sandbox.set_switches(arguments))
        return _json(200, _call(action(sandbox), ids, arguments))
    except ApiError as refusal:
        return _json(refusal.status, refusal.body())
    except ValueError as mistake:
        return _json(400, _error(str(mistake)))


def _belonging(request: Request, secret: str) -> Reply:
    """Answer a shop's challenge, once the shop has proved that it has our secret."""
    asked = dict(decode_form(request.query))
    challenge, given = str(asked.get("challenge", "")), str(asked.get("proof", ""))
    if not challenge or not belonging.is_proof(given, "shop", secret, challenge):
        return _json(401, _error("this sandbox belongs to another shop"))
    return _json(200, {"proof": belonging.proof("sandbox", secret, challenge)})


def _is_let_in(request: Request, token: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())


def table() -> list[tuple[str, str, str]]:
    """Every control endpoint as (method, path, what it does)."""
    return [(method, PREFIX + path, what) for (method, path), (_, what) in ACTIONS.items()]


def _find(method: str, path: str) -> tuple[Callable[[Controls], Action], list[str]] | None:
    exact = ACTIONS.get((method, path))
    if exact is not None:
        return exact[0], []
    parts = path.split("/")
    if len(parts) < 3:
        return None
    pattern = "/".join([*parts[:2], "*", *parts[3:]])
    found = ACTIONS.get((method, pattern))
    return None if found is None else (found[0], [parts[2]])


def _arguments(request: Request) -> Obj:
    if request.method == "GET":
        arguments: Obj = dict(decode_form(request.query))
        if "limit" in arguments and arguments["limit"].isdecimal():
            arguments["limit"] = int(arguments["limit"])
        return arguments
    if not request.body:
        return {}
    # A form on a foreign page cannot send this type without being asked first.
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise ValueError("the control API takes JSON with Content-Type: application/json")
    try:
        body = msgspec.json.decode(request.body)
    except msgspec.DecodeError as error:
        raise ValueError(f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    return body


def _call(action: Action, ids: list[str], arguments: Obj) -> object:
    signature = _signature(action)
    for name, value in arguments.items():
        types, words = EXPECTED.get(name, TEXT)
        inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        known = signature.parameters.get(name)
        if value is None and known is not None and "None" in str(known.annotation):
            continue
        if known is not None and (type(value) not in types or not all(isinstance(item, str) for item in inner)):
            raise ValueError(f"{name} must be {words}, not {'null' if value is None else repr(value)}")
    # “platform” stands for the platform's own account wherever an account is named.
    named = [None if id == "platform" else id for id in ids]
    try:
        bound = signature.bind(*named, **arguments)
    except TypeError as error:
        raise ValueError(f"{error} in the JSON body") from None
    return action(*bound.args, **bound.kwargs)


def _signature(action: Action) -> inspect.Signature:
    """What an action takes; `add_fault` takes what `faults.add_rule` does, after the world."""
    own = inspect.signature(action)
    if "rule" not in own.parameters:
        return own
    _, *of_rule = inspect.signature(faults.add_rule).parameters.values()
    return own.replace(parameters=of_rule)


def _fault_kinds() -> list[Obj]:
    return [{"kind": name, "effect": effect, "what": what} for name, effect, what in faults.table()]


def _error(message: str) -> Obj:
    return {"error": {"message": message, "type": "sandbox_control_error"}}


def _json(status: int, body: object) -> Reply:
    return Reply(status, {"Content-Type": "application/json"}, msgspec.json.encode(body))
