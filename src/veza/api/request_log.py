"""One id and one log line per request, wrapped around everything, so that unknown paths have them too."""

from __future__ import annotations

import re
import secrets
import time
from typing import Any

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from veza.money.configured import SANDBOX_PATH

log = structlog.get_logger("veza.http")

_ACCEPTED = re.compile(rb"[A-Za-z0-9._-]{1,64}")
# Asked every few seconds by machines, the sandbox by our own workers: their lines would bury the others.
_QUIET = ("/health/", "/metrics", SANDBOX_PATH)


class RequestLog:
    """ASGI wrapper: takes over or makes `X-Request-Id`, binds it to every log line, echoes it, logs the request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        # A foreign id goes into our logs: only what cannot break a line or a header is taken over.
        request_id = given if _ACCEPTED.fullmatch(given) else secrets.token_hex(8).encode()
        started = time.perf_counter()
        status = 0

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
            self._write(scope, status, time.perf_counter() - started)

    @staticmethod
    def _write(scope: Any, status: int, seconds: float) -> None:
        # 304: a page that keeps itself current found nothing new, every two seconds.
        say = log.debug if status == 304 or scope["path"].startswith(_QUIET) else log.info
        say(
            "request", method=scope["method"], path=scope["path"], status=status, ms=round(seconds * 1000, 1)
        )  # fmt: skip
