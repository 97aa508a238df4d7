"""Headers of every answer of every door: no cache, no sniffing, no frame, no foreign script; and `Vary` where its words
are in the reader's language (`http/language.py`).

A door overrides one by setting the header itself: public covers may be kept, the operator's pages load one script.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

from veza.http.language import VARY, depends_on_language

PERSONAL = b"private, no-store"
"""The default of every answer: it may be about one person alone."""
HSTS = b"max-age=31536000"
"""A year, this host alone: sibling hosts are not ours to decide about."""
STYLES_WITHIN_BYTES = 65_536
"""Bytes at the beginning of a page in which its own style sheet is searched."""

_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"x-frame-options", b"DENY"))
_FRAMED = b"frame-ancestors *"
"""In the policy of what pages of other sites may frame."""


class SafeHeaders:
    """ASGI wrapper: adds the headers that an answer lacks. `always_tls`: people reach Veza by HTTPS alone."""

    def __init__(self, app: ASGIApp, *, always_tls: bool) -> None:
        self._app, self._always_tls = app, always_tls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        is_tls = self._always_tls or scope["scheme"] == "https"
        scope.setdefault("state", {})  # made here: wrappers further in hand on copies of the scope
        held: HTTPResponseStartEvent | None = None

        async def send_safely(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *([VARY] if depends_on_language(scope) else [])]
                if needs_beginning(message["headers"]):
                    held = message
                    return
                message["headers"] = safe(message["headers"], b"", is_tls=is_tls)
            elif message["type"] == "http.response.body" and held is not None:
                held["headers"] = safe(held["headers"], message.get("body", b""), is_tls=is_tls)
                await send(held)
                held = None
            await send(message)

        await self._app(scope, receive, send_safely)


def needs_beginning(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether the head must wait for the body's beginning: a page's policy names the style sheet inside it."""
    said = {name.lower(): value for name, value in headers}
    return said.get(b"content-type", b"").startswith(b"text/html") and b"content-security-policy" not in said


def safe(headers: Iterable[tuple[bytes, bytes]], beginning: bytes, *, is_tls: bool) -> list[tuple[bytes, bytes]]:
    """`headers` with the safe ones added; `beginning` is the beginning of the body."""
    told = [(name.lower(), value) for name, value in headers]
    # One word for it everywhere: `private` is for caches that do not know `no-store`.
    told = [(name, PERSONAL if (name, value) == (b"cache-control", b"no-store") else value) for name, value in told]
    said = dict(told)
    wanted = {b"cache-control": PERSONAL, **dict(_ALWAYS), **({b"strict-transport-security": HSTS} if is_tls else {})}
    media = said.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media == b"text/html":
        wanted |= {b"content-security-policy": policy_of(beginning), b"referrer-policy": b"same-origin"}
    elif media.endswith(b"json"):
        wanted[b"content-security-policy"] = _NOTHING.encode()
    if _FRAMED in said.get(b"content-security-policy", b""):
        del wanted[b"x-frame-options"]
    return [*told, *((name, value) for name, value in wanted.items() if name not in said)]


def policy_of(page: bytes) -> bytes:
    """A policy for a page that loads nothing: its own style sheets, known by their digests, and no more."""
    styles = [hashlib.sha256(style).digest() for style in _STYLE.findall(page[:STYLES_WITHIN_BYTES])]
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in styles)
    return (f"{_NOTHING}; style-src {hashes}" if hashes else _NOTHING).encode()
