"""The sandbox itself: one request in, one reply out, deterministic and without I/O except the store."""

from __future__ import annotations

import base64
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate

import msgspec

from veza.kit.clock import Clock
from veza.lab.sandbox import errors, expansion, faults, idempotency
from veza.lab.sandbox.control import PLATFORM_KEY, Controls
from veza.lab.sandbox.errors import ApiError
from veza.lab.sandbox.limits import RateLimit, RequestLog
from veza.lab.sandbox.offers.check import check, not_offered
from veza.lab.sandbox.offers.typings import addresses
from veza.lab.sandbox.params import Params
from veza.lab.sandbox.routes import Call, Route, find_route
from veza.lab.sandbox.settings import SandboxSettings
from veza.lab.sandbox.store import Store
from veza.lab.sandbox.versions import CURRENT, Shape, shape_of
from veza.lab.sandbox.views import show
from veza.lab.sandbox.wire import Fault, Obj, Reply, Request, decode_form
from veza.lab.sandbox.world import World

__all__ = ["Fault", "Reply", "Request", "Sandbox", "SandboxSettings", "Store"]

encode = msgspec.json.encode
decode = msgspec.json.decode
FALLBACK_URL = "http://sandbox.invalid"
FORM = "application/x-www-form-urlencoded"


class Sandbox(Controls):
    """A Stripe look-alike. The same seed, clock and calls give the same ids and bytes.

    With a `store` the state is loaded now and written after every step; without one it lives in memory. Every
    endpoint checks first and changes after, so a refused request changes nothing.
    """

    def __init__(
        self,
        clock: Clock,
        rng: random.Random,
        store: Store | None = None,
        *,
        settings: SandboxSettings = SandboxSettings(),  # noqa: B008  # frozen
    ) -> None:
        self.clock = clock
        self.settings = settings
        self.world = World(rng, settings, tracked=store is not None)
        self.log = RequestLog()
        self.platforms: dict[str, Controls] = {}
        self._store = store
        self._limit = RateLimit()
        self._date = (0, "")
        self._version = settings.api_version
        self._base_url = FALLBACK_URL
        self._request = Request("", "")
        if store is not None:
            store.load(self.world)
            self._apply_switches()
        self._tick()

    def handle(self, request: Request) -> Reply:
        """Answer one API request. A reply with a `fault` tells the shell how to spoil the answer."""
        if self.platforms:
            for account, platform in self.platforms.items():
                if _secret_key(request.headers) in platform.settings.api_keys:
                    return platform.handle(replace(request, base_url=f"{request.base_url}/{account}"))
        arrived = time.monotonic()
        self._tick()
        world, log = self.world, self.log
        world.request_id = world.new_id("req")
        world.idempotency_key = None
        log.requests += 1
        self._version = request.headers.get("stripe-version") or self.settings.api_version
        self._request = request
        self._base_url = self.settings.public_url or request.base_url or FALLBACK_URL
        try:
            if not self._limit.admits(world.now, self.settings.rate_limit_per_second):
                reply = self._refusal(errors.rate_limited())
            else:
                log.accepted(arrived)
                rule = faults.match_request(world, world.fault_random, request) if world.may_fail(request) else None
                reply = self._answer(request) if rule is None else self._spoilt(request, rule)
        finally:
            world.request_id = world.idempotency_key = None
            self._flush()
        log.statuses[reply.status] += 1
        return reply

    def _beside(self, account: str, key: str) -> Controls:
        settings = replace(self.settings, platform_account=account, api_keys=(key,))
        if settings.public_url:
            settings = replace(settings, public_url=f"{settings.public_url}/{account}")
        rng = random.Random(self.world.rng.getrandbits(64))  # noqa: S311
        return Sandbox(self.clock, rng, settings=settings)

    def _answer(self, request: Request, failing: faults.FaultKind | None = None) -> Reply:
        """What the API really says. `failing`: the endpoint fails with a 500, before or after its effect."""
        try:
            account = self._authenticate(request)
            shape = shape_of(self._version)
            route, call = self._prepare(request, account, shape)
            key = request.headers.get("idempotency-key") if request.method == "POST" else None
            if key:
                return self._once(key, request, call, lambda: self._run(route, call, shape, failing))
            status, body = self._run(route, call, shape, failing)
            return Reply(status, self._headers(), body)
        except ApiError as refusal:
            return self._refusal(refusal)

    def _once(self, key: str, request: Request, call: Call, run: Callable[[], tuple[int, bytes]]) -> Reply:
        world = self.world
        kept = idempotency.find(world, key, call.account, request)
        if kept is not None:
            self.log.replays += 1
            headers = self._headers(key)
            headers["Idempotent-Replayed"] = "true"
            headers["Original-Request"] = kept["request_id"]
            if kept["status"] >= 400:
                headers["Stripe-Should-Retry"] = "false"
            return Reply(kept["status"], headers, kept["body"].encode())
        world.idempotency_key = key
        idempotency.begin(world, key, call.account, request)
        try:
            status, body = run()
        except ApiError as refusal:
            if not refusal.kept:
                idempotency.forget(world, key, call.account)
                raise
            reply = self._refusal(refusal, key)
            idempotency.finish(world, key, call.account, reply.status, reply.body)
            return reply
        idempotency.finish(world, key, call.account, status, body)
        return Reply(status, self._headers(key), body)

    def _run(
        self, route: Route, call: Call, shape: Shape, failing: faults.FaultKind | None = None
    ) -> tuple[int, bytes]:
        if failing is not None and failing.effect == faults.NONE:
            raise errors.unexpected()
        offer, values = route.offer, call.params.values
        check(values, offer.fields, offer.known)
        paths = call.params.texts("expand") if "expand" in values else []
        expansion.check_expand(paths, offer.shows, is_list=offer.is_list)
        shown = show(self.world, route.endpoint(call))
        if failing is not None:
            raise errors.unexpected()
        if paths:
            shown = expansion.expand(self.world, shown, paths)
        body = encode(shown)
        return 200, body if shape is CURRENT else encode(shape.show(decode(body)))

    def _prepare(self, request: Request, account: str, shape: Shape) -> tuple[Route, Call]:
        found = find_route(request.method, request.path)
        if found is None:
            raise _no_endpoint(request.method, request.path)
        route, ids = found
        if account != self.settings.platform_account and not route.offer.seller:
            raise not_offered(f"{request.method} {request.path} on behalf of a connected account")
        encoded = request.query
        if request.method == "POST":
            content_type = request.headers.get("content-type", FORM)
            if request.body and content_type.partition(";")[0].strip().lower() != FORM:
                raise errors.no_form()
            body = request.body.decode(errors="replace")
            encoded = f"{encoded}&{body}" if encoded else body
        form = decode_form(encoded)
        shape.read(request.path, form)
        return route, Call(self.world, Params(form), ids, account, self._base_url)

    def _authenticate(self, request: Request) -> str:
        """The account the request acts for; raises ApiError 401 or 403."""
        key = _secret_key(request.headers)
        if not key:
            raise errors.missing_key()
        accepted = self.settings.api_keys
        foreign = not key.startswith(("sk_test_", "rk_test_")) or key.startswith(PLATFORM_KEY)
        if key not in accepted if accepted else foreign:
            raise errors.invalid_key(key)
        account = request.headers.get("stripe-account")
        if account and account != self.settings.platform_account and self.world.accounts.get(account) is None:
            raise errors.account_out_of_reach(key, account)
        return account or self.settings.platform_account

    def _spoilt(self, request: Request, rule: Obj) -> Reply:
        kind = faults.KINDS[rule["kind"]]
        self.log.faults[rule["kind"]] += 1
        if kind.kept:
            reply = self._answer(request, failing=kind)
        elif kind.effect == faults.DONE:
            reply = self._answer(request)
        elif kind.effect == faults.LATER:
            reply = self._postpone(request, faults.later_seconds(rule))
        else:
            reply = Reply(200, self._headers(), b"")
        if kind.status is not None and not kind.kept:
            reply = self._instead(kind, request)
        reply.fault = faults.fault_of(rule)
        return reply

    def _instead(self, kind: faults.FaultKind, request: Request) -> Reply:
        """The answer a fault gives in place of the true one."""
        if kind.garbage:
            return Reply(200, {**self._headers(), "Content-Type": "text/html"}, b"<html><body>It works")
        if kind.status == 302:
            return Reply(302, {**self._headers(), "Location": f"{request.base_url}/elsewhere"}, b"")
        return self._refusal(faults.error_of(kind, request))

    def _postpone(self, request: Request, seconds: float) -> Reply:
        """The request is accepted now and takes effect later; until then its key is in flight."""
        try:
            account = self._authenticate(request)
            self._prepare(request, account, shape_of(self._version))
            key = request.headers.get("idempotency-key") if request.method == "POST" else None
            if key:
                if idempotency.find(self.world, key, account, request) is not None:
                    return self._answer(request)
                idempotency.begin(self.world, key, account, request)
        except ApiError as refusal:
            return self._refusal(refusal)
        self.world.later(
            seconds,
            "late_effect",
            method=request.method,
            path=request.path,
            query=request.query,
            body=request.body.decode(errors="replace"),
            base_url=request.base_url,
            account=account,
            version=self._version,
            key=key,
            request_id=self.world.request_id,
        )
        return Reply(200, self._headers(key), b"")

    def _late_effect(self, task: Obj) -> None:
        """Carry out what `_postpone` accepted."""
        world = self.world
        request = Request(task["method"], task["path"], task["query"], {}, task["body"].encode(), task["base_url"])
        world.request_id, world.idempotency_key = task["request_id"], task["key"]
        try:
            shape = shape_of(task["version"])
            route, call = self._prepare(request, task["account"], shape)
            status, body = self._run(route, call, shape)
        except ApiError as refusal:
            status, body = refusal.status, encode(self._error_body(refusal))
        finally:
            world.request_id = world.idempotency_key = None
        if task["key"] and world.kept_keys.get(f"{task['account']}/{task['key']}") is not None:
            idempotency.finish(world, task["key"], task["account"], status, body)

    def _refusal(self, refusal: ApiError, key: str | None = None) -> Reply:
        headers = self._headers(key)
        if refusal.should_retry is not None:
            headers["Stripe-Should-Retry"] = "true" if refusal.should_retry else "false"
        if refusal.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="Stripe"'
        return Reply(refusal.status, headers, encode(self._error_body(refusal)))

    def _error_body(self, refusal: ApiError) -> Obj:
        """The error as it is answered, with where to read on; it is kept for that page."""
        body = refusal.body()
        id = self.world.request_id
        if refusal.status != 401 and id is not None:
            error = body["error"]
            if refusal.is_not_offered:
                error["doc_url"] = f"{self._base_url}/offered"
            error["request_log_url"] = f"{self._base_url}/requests/{id}"
            self.log.refused(id, self.world.now, self._request, refusal.status, error)
        return body

    def _headers(self, key: str | None = None) -> dict[str, str]:
        second = self.world.seconds
        if self._date[0] != second:
            self._date = (second, formatdate(second, usegmt=True))
        headers = {
            "Content-Type": "application/json",
            "Date": self._date[1],
            "Request-Id": self.world.request_id or "",
            "Stripe-Version": self._version,
        }
        if key is not None:
            headers["Idempotency-Key"] = key
        return headers


def _no_endpoint(method: str, path: str) -> ApiError:
    """Unknown to Stripe, too, or only not offered here."""
    parts = path.split("/")
    alike = [known.split("/") for verb, known in addresses() if verb == method]
    if any(len(one) == len(parts) and all(map(_fits, one, parts)) for one in alike):
        refusal = not_offered(f"{method} {path}")
        refusal.status = 404
        return refusal
    return errors.unknown_url(method, path)


def _fits(pattern: str, part: str) -> bool:
    return pattern == part or (pattern == "*" and bool(part))


def _secret_key(headers: Mapping[str, str]) -> str:
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
        except ValueError:
            return ""
    return ""
