"""HEAD: what GET would answer, without its body (RFC 9110, 9.3.2)."""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

ASKED_AS_HEAD = "veza.asked_as_head"
"""In the state of a request that came as HEAD."""


def is_head(scope: Scope) -> bool:
    """Whether the answer is sent without its body, which then need not be read; HEAD knows no ranges."""
    return scope.get("method") == "HEAD" or ASKED_AS_HEAD in scope.get("state", {})


class HeadAsGet:
    """ASGI wrapper: a program that checks a link, or shows a preview of it, asks with HEAD first."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        scope.setdefault("state", {})[ASKED_AS_HEAD] = True
        await self._app({**scope, "method": "GET"}, receive, send_without_body)
