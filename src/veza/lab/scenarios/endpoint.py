"""A webhook endpoint for the scenario player: the smallest thing that takes a delivery in over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from veza.kit.database_trouble import DatabaseUnavailable
from veza.money.webhook_inbox import Inbox
from veza.money.webhook_signatures import BadWebhook

PATH = "/webhooks/stripe"
Message = MutableMapping[str, Any]


class Endpoint:
    """An ASGI application that hands every delivery to the inbox; counts them, and those it is busy with."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.received = 0
        self.busy = 0

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.received += 1
        self.busy += 1
        try:
            status = await self._take(scope, await _body(receive))
        finally:
            self.busy -= 1
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def _take(self, scope: Message, body: bytes) -> int:
        signature = next((value.decode() for name, value in scope["headers"] if name == b"stripe-signature"), None)
        try:
            await self._inbox.receive(body, signature)
        except BadWebhook:
            return 400
        except DatabaseUnavailable:
            return 503
        return 200


async def _body(receive: Callable[[], Awaitable[Message]]) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
