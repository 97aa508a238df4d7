"""One id and one log line for each request, unknown paths included: the wrapper around all doors."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from typing import Any

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from veza.settings import SANDBOX_PATH

log = structlog.get_logger("veza.http")

_ACCEPTED = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_ACTOR, _QUIET_KEY = "veza_actor", "veza_quiet"
_LINK = re.compile(r"\A(/downloads/)[^/]+")
"""A path whose token opens a file to every reader of the log."""
# Asked every few seconds by machines, the sandbox by our own workers, and the inbox keeps every event that came:
# the lines of what went well would bury the others.
_QUIET = ("/health/", "/metrics", "/webhooks/", SANDBOX_PATH)


def name_actor(scope: Scope, actor: str) -> None:
    """Name the sender in the request's log line: `person <id>`, `operator`, `visitor`."""
    scope.setdefault("state", {})[_ACTOR] = actor


def keep_quiet(scope: Scope) -> None:
    """Log this request at debug if it goes well: a player asks for a part of a file every few seconds, and the line
    costs as much as the answer."""
    scope.setdefault("state", {})[_QUIET_KEY] = True


class RequestLog:
    """ASGI wrapper: takes over or makes `X-Request-Id`, binds it to every log line, echoes it, logs the request.

    `names_callers`: the line names the sender, if a door found it out, and the network address.
    """

    def __init__(self, app: ASGIApp, *, names_callers: bool = True) -> None:
        self._app, self._names_callers = app, names_callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        # A foreign id goes into our logs: only what cannot break a line or a header is taken over.
        request_id = given if _ACCEPTED.fullmatch(given) else secrets.token_hex(8).encode()
        started = time.perf_counter()
        # What is mounted sees only the rest of the path, and leaves the scope so.
        method, path, status = scope["method"], _LINK.sub(r"\1…", scope["path"]), 0
        state = scope.setdefault("state", {})  # made here: wrappers further in hand on copies of the scope

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id)]
            await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id.decode())
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            # 304: a page that keeps itself current found nothing new, every two seconds.
            is_quiet = status == 304 or (0 < status < 400 and (_QUIET_KEY in state or path.startswith(_QUIET)))
            say = log.debug if is_quiet else log.info
            ms = round((time.perf_counter() - started) * 1000, 1)
            who = self._caller(scope, state) if self._names_callers else {}
            say("request", method=method, path=path, status=status, ms=ms, **who)

    @staticmethod
    def _caller(scope: Scope, state: Mapping[str, Any]) -> dict[str, str]:
        client = scope.get("client")
        return {"actor": state.get(_ACTOR, "unknown"), "address": client[0] if client else "unknown"}
