"""Entity tags (RFC 9110, 8.8.3): which representation of a thing a client has read, so that two people who edit it do
not undo each other without knowing.

A tag is a digest of what GET answers. It changes with everything that is shown, and needs no column that a write could
forget to count up.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from litestar.enums import ScopeType
from litestar.serialization import encode_json
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

from veza.http.problems import PRECONDITION_FAILED, Problem
from veza.kit.messages import gettext

_TAG = re.compile(r'(?:W/)?"[!#-~]*"')


def tag_of(body: bytes) -> str:
    """The tag of an answer with this body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def tags_in(field: str) -> list[str]:
    """The tags that a field such as `If-Match` lists."""
    return _TAG.findall(field)


def demand_match(if_match: str, shown: Any) -> None:
    """Raises Problem (precondition-failed) unless one of the tags in `if_match` is that of `shown`, as GET shows it.

    Tags are compared strongly: a weak one (`W/"…"`) says that something may have changed, and fits nothing.
    """
    if if_match.strip() == "*":
        return
    tag = tag_of(encode_json(shown))
    if tag not in tags_in(if_match):
        raise Problem(
            PRECONDITION_FAILED,
            gettext("it was changed since you read it: read it again, and send your change with the new ETag"),
            headers={"ETag": tag},
        )


class EntityTags:
    """ASGI wrapper: adds `ETag` to what GET shows as JSON at the addresses under `prefix`."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "GET" or not scope["path"].startswith(self._prefix):
            await self._app(scope, receive, send)
            return
        held: HTTPResponseStartEvent | None = None

        async def send_tagged(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and _is_shown_json(message):
                held = message
                return
            if message["type"] == "http.response.body" and held is not None:
                if not message.get("more_body", False):
                    held["headers"] = [*held["headers"], (b"etag", tag_of(message["body"]).encode())]
                await send(held)
                held = None
            await send(message)

        await self._app(scope, receive, send_tagged)


def _is_shown_json(message: HTTPResponseStartEvent) -> bool:
    headers: Mapping[bytes, bytes] = dict(message.get("headers", []))
    return message["status"] == 200 and headers.get(b"content-type", b"").startswith(b"application/json")
