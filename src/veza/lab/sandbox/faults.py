"""How the sandbox misbehaves on demand: the table of fault kinds, and the rules that choose a request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from veza.lab.sandbox import errors
from veza.lab.sandbox.wire import Fault, Obj, Request, decode_form
from veza.lab.sandbox.world import World

NONE, DONE, LATER = "none", "done", "later"
DEFAULT_LATER_SECONDS = 5.0
DEFAULT_SLOW_SECONDS = 1.0
DEFAULT_WEBHOOK_LATE_SECONDS = 60.0
FAULT_METADATA = "sandbox_fault"

OTHER_MODE = "; a similar object exists in live mode, but a test mode key was used to make this request."


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One way to misbehave.

    `effect` is what becomes of the request; `status` what is answered instead of its result (None: nothing, or
    the result); `kept` whether the idempotency key remembers the answer; `code` the error's code.
    """

    effect: str
    what: str
    status: int | None = None
    code: str | None = None
    kept: bool = False
    hang: bool = False
    reset: bool = False
    cut_body: bool = False
    garbage: bool = False
    slow: bool = False


KINDS: dict[str, FaultKind] = {
    "timeout_before_effect": FaultKind(NONE, "no answer ever comes, nothing happened", hang=True),
    "timeout_after_effect": FaultKind(DONE, "it happened, no answer ever comes", hang=True),
    "timeout_then_effect": FaultKind(
        LATER, "no answer ever comes, it happens `delay_seconds` later; until then its key is in flight", hang=True
    ),
    "error_then_effect": FaultKind(
        LATER, "502 now, it happens `delay_seconds` later; until then its key is in flight", status=502
    ),
    "error_500": FaultKind(NONE, "500 remembered by its key, nothing happened", status=500, kept=True),
    "error_500_after_effect": FaultKind(DONE, "500 remembered by its key, though it happened", status=500, kept=True),
    "error_502": FaultKind(NONE, "502 from the edge, nothing happened", status=502),
    "error_502_after_effect": FaultKind(DONE, "502 from the edge, though it happened", status=502),
    "error_503": FaultKind(NONE, "503, nothing happened", status=503),
    "rate_limit": FaultKind(NONE, "429 `rate_limit`", status=429, code="rate_limit"),
    "lock_timeout": FaultKind(NONE, "429 `lock_timeout`: the object is busy", status=429, code="lock_timeout"),
    "key_in_use": FaultKind(
        NONE, "409 `idempotency_key_in_use`", status=409, code="idempotency_key_in_use"
    ),
    "unauthorized": FaultKind(NONE, "401, the key is refused", status=401),
    "forbidden": FaultKind(NONE, "403, the key may not do this", status=403),
    "not_found": FaultKind(NONE, "404 `resource_missing`", status=404, code="resource_missing"),
    "other_mode": FaultKind(NONE, "404, the object exists in live mode only", status=404, code="other_mode"),
    "failed_dependency": FaultKind(NONE, "424", status=424),
    "redirect": FaultKind(NONE, "302 to somewhere else", status=302),
    "refused": FaultKind(NONE, "402, an unexpected error", status=402),
    "reset_before_effect": FaultKind(NONE, "connection reset, nothing happened", reset=True),
    "reset_after_effect": FaultKind(DONE, "connection reset, though it happened", reset=True),
    "garbage_body": FaultKind(DONE, "it happened; the 200 carries an unreadable body", status=200, garbage=True),
    "cut_body": FaultKind(DONE, "it happened; the answer breaks off in the middle", cut_body=True),
    "slow": FaultKind(DONE, "answered after `delay_seconds`", slow=True),
}  # fmt: skip

WEBHOOK_KINDS: dict[str, str] = {
    "webhook_lost": "the delivery is never made",
    "webhook_late": "the delivery is made `delay_seconds` later",
    "webhook_duplicate": "the delivery is made twice",
    "webhook_reordered": "the delivery is held back until the endpoint's next one was made",
}


def table() -> list[tuple[str, str, str]]:
    """Every fault kind as (name, effect, what happens), for the docs and the command line."""
    rows = [(name, kind.effect, kind.what) for name, kind in KINDS.items()]
    return rows + [(name, "webhook", what) for name, what in WEBHOOK_KINDS.items()]


def add_rule(
    world: World,
    kind: str,
    *,
    method: str | None = None,
    path: str | None = None,
    object: str | None = None,
    event: str | None = None,
    times: int | None = 1,
    skip: int = 0,
    probability: float | None = None,
    until: float | None = None,
    per_object: bool = False,
    delay_seconds: float | None = None,
) -> Obj:
    """Add a rule; the first rule that matches a request spoils it.

    path           regular expression searched in the request's path
    object         an id that must occur in the path or the body (webhooks: the event's object)
    event          webhooks: the event's type, with `*` as a wildcard
    times          how often it strikes; None is without end
    skip           how many matching requests pass first
    probability    strikes with this chance only, from the sandbox's own random source
    until          sandbox time (seconds since 1970) after which it no longer strikes
    per_object     `times` and `skip` are counted for each object, not together
    delay_seconds  how late or slow

    Raises ValueError, in one sentence, for an unknown kind or a pattern that is not a regular expression.
    """
    if kind not in KINDS and kind not in WEBHOOK_KINDS:
        raise ValueError(f"there is no fault kind “{kind}”; known are {', '.join([*KINDS, *WEBHOOK_KINDS])}")
    try:
        re.compile(path or "")
    except re.error as error:
        raise ValueError(f"path “{path}” is not a regular expression: {error}") from None
    if probability is not None and not 0 <= probability <= 1:
        raise ValueError(f"probability must be between 0 and 1, got {probability}")
    return world.rules.add(
        {
            "id": world.new_id("rule"),
            "kind": kind,
            "method": method.upper() if method else None,
            "path": path,
            "object": object,
            "event": event,
            "times": times,
            "skip": skip,
            "probability": probability,
            "until": until,
            "per_object": per_object,
            "delay_seconds": delay_seconds,
            "seen": {},
            "hits": 0,
        }
    )


def match_request(world: World, random: Random, request: Request) -> Obj | None:
    """The rule that spoils this request, if any."""
    for rule in list(world.rules.rows.values()):
        if (
            rule["kind"] in KINDS
            and (rule["method"] is None or rule["method"] == request.method)
            and (rule["path"] is None or re.search(rule["path"], request.path))
            and _mentions(rule["object"], request)
            and _strikes(world, random, rule, _subject(request))
        ):
            return rule
    if request.body and FAULT_METADATA.encode() in request.body:
        return _metadata_rule(world, request)
    return None


def match_webhook(world: World, random: Random, type: str, object_id: str) -> Obj | None:
    """The rule that spoils the delivery of this event, if any."""
    for rule in list(world.rules.rows.values()):
        if (
            rule["kind"] in WEBHOOK_KINDS
            and (rule["event"] is None or fnmatchcase(type, rule["event"]))
            and (rule["object"] is None or rule["object"] == object_id)
            and _strikes(world, random, rule, object_id)
        ):
            return rule
    return None


def error_of(kind: FaultKind, request: Request) -> errors.ApiError:
    """The error a fault of this kind answers."""
    if kind.status == 401:
        return errors.invalid_key("sk_test_revoked00000000")
    if kind.status == 403:
        return errors.forbidden()
    if kind.code == "rate_limit":
        return errors.rate_limited()
    if kind.code == "lock_timeout":
        return errors.object_locked()
    if kind.code == "idempotency_key_in_use":
        return errors.key_in_use(request.headers.get("idempotency-key", ""))
    if kind.status == 404:
        noun, id = _addressed(request.path)
        refusal = errors.no_such(noun, id)
        if kind.code == "other_mode":
            refusal.message += OTHER_MODE
        return refusal
    if kind.status is not None and kind.status < 500:
        return errors.ApiError(kind.status, f"The sandbox was told to answer {kind.status}.")
    return errors.unexpected(kind.status or 500)


def _addressed(path: str) -> tuple[str, str]:
    """The kind and id of the object a path is about."""
    parts = path.split("/")
    return parts[2].removesuffix("s") if len(parts) > 2 else "object", parts[3] if len(parts) > 3 else ""


def fault_of(rule: Mapping[str, Any]) -> Fault:
    """What the shell must do for this rule."""
    kind = KINDS[rule["kind"]]
    delay = rule["delay_seconds"]
    return Fault(
        kind=rule["kind"],
        effect=kind.effect,
        hang=kind.hang,
        reset=kind.reset,
        cut_body=kind.cut_body,
        delay_seconds=(DEFAULT_SLOW_SECONDS if delay is None else delay) if kind.slow else 0.0,
    )


def later_seconds(rule: Mapping[str, Any]) -> float:
    delay = rule["delay_seconds"]
    return DEFAULT_LATER_SECONDS if delay is None else float(delay)


def _mentions(object: str | None, request: Request) -> bool:
    return object is None or object in request.path or object.encode() in request.body


def _subject(request: Request) -> str:
    return request.headers.get("idempotency-key") or request.path


def _strikes(world: World, random: Random, rule: Obj, subject: str) -> bool:
    if rule["until"] is not None and world.now >= rule["until"]:
        return False
    counted = subject if rule["per_object"] else "*"
    seen = rule["seen"].get(counted, 0)
    last = None if rule["times"] is None else rule["skip"] + rule["times"]
    if last is not None and seen >= last:
        return False
    if seen >= rule["skip"] and rule["probability"] is not None and random.random() >= rule["probability"]:
        return False
    rule["seen"][counted] = seen + 1
    world.rules.touch(rule["id"])
    if seen < rule["skip"]:
        return False
    rule["hits"] += 1
    return True


def _metadata_rule(world: World, request: Request) -> Obj | None:
    """A request that carries `metadata[sandbox_fault]=kind` is spoilt once, its retries are not."""
    form = decode_form(request.body.decode())
    kind = form.get("metadata", {}).get(FAULT_METADATA)
    id = f"metadata {request.path} {_subject(request)}"
    if kind not in KINDS or world.rules.get(id) is not None:
        return None
    rule = add_rule(world, kind)
    world.rules.remove(rule["id"])
    return world.rules.add({**rule, "id": id, "seen": {"*": 1}, "hits": 1})
