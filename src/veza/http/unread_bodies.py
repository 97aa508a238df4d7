"""A refusal that comes before the body's end ends the connection: else a client would send all of a large file in
vain before it reads why it is not taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send


class EndsUnread:
    """ASGI wrapper for the paths that take large bodies, which `is_large` knows."""

    def __init__(self, app: ASGIApp, is_large: Callable[[str], bool]) -> None:
        self._app, self._is_large = app, is_large

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not self._is_large(scope["path"]):
            await self._app(scope, receive, send)
            return
        said = {name.lower(): value for name, value in scope["headers"]}
        is_read = said.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in said

        async def receive_to_end() -> HTTPReceiveMessage:
            nonlocal is_read
            message = cast("HTTPReceiveMessage", await receive())
            is_read = is_read or not message.get("more_body", False)
            return message

        async def send_last(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400 and not is_read:
                message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
            await send(message)

        await self._app(scope, receive_to_end, send_last)
