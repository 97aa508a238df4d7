"""ASGI wrapper against addresses and headers that no text can be made of, before any route is looked for.

An address is UTF-8 under its percent signs and holds no NUL: PostgreSQL keeps none, and what is repaired silently
leads elsewhere than it says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any
from urllib.parse import unquote_to_bytes

from litestar import Response
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from veza.http.faults import MAX_FAULTS, Fault, Source
from veza.http.requests import DoorRequest
from veza.kit.messages import Message, gettext

Refuse = Callable[[DoorRequest, list[Fault]], Response[Any]]


class ReadableAddresses:
    """Lets pass what can be read; `refuse` answers the rest. What is mounted at `beside` speaks for itself."""

    def __init__(self, app: ASGIApp, refuse: Refuse, beside: tuple[str, ...] = ()) -> None:
        self._app, self._refuse, self._beside = app, refuse, beside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"].startswith(self._beside):
            await self._app(scope, receive, send)
            return
        faults = faults_of_address(scope)
        if not faults:
            await self._app(scope, receive, send)
            return
        request = DoorRequest(scope, receive, send)
        response = self._refuse(request, faults)
        await response.to_asgi_response(app=None, request=request)(scope, receive, send)


def faults_of_address(scope: HTTPScope) -> list[Fault]:
    """What in the path, the query and the headers cannot be read as text; empty for nearly every request."""
    found = chain(_in_path(scope), _in_query(scope.get("query_string", b"")), _in_headers(scope))
    return list(islice(found, MAX_FAULTS))


def _in_path(scope: HTTPScope) -> Iterator[Fault]:
    raw = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")
    if said := _unreadable(raw.partition(b"?")[0]):
        yield Fault("path", (), said)


def _in_query(query: bytes) -> Iterator[Fault]:
    if b"%" not in query and b"\0" not in query and query.isascii():
        return
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        shown = unquote_to_bytes(name.replace(b"+", b" ")).decode("utf-8", "replace").replace("\0", "�")[:50]
        if said := _unreadable(name):
            yield Fault("query", (shown,), gettext("its name {said}", said=said))
        elif said := _unreadable(value):
            yield Fault("query", (shown,), said)


def _in_headers(scope: HTTPScope) -> Iterator[Fault]:
    source: Source = "header"
    for name, value in scope["headers"]:
        # The server's own parser refuses these; a proxy's or another server's may not.
        if b"\0" in value or b"\r" in value or b"\n" in value:
            yield Fault(source, (name.decode("latin-1"),), gettext("holds a NUL character or a line break"))


def _unreadable(piece: bytes) -> Message | None:
    if b"%" not in piece and piece.isascii() and b"\0" not in piece:
        return None
    try:
        text = unquote_to_bytes(piece).decode()
    except UnicodeDecodeError:
        return gettext("is not UTF-8")
    return gettext("holds a NUL character") if "\0" in text else None
