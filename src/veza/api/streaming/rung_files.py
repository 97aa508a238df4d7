"""Sending the files of a stream: the way that every address of one takes, and the short one for signed links.

A player asks for a segment every four seconds. The framework's way to a handler takes longer than the answer, so a
request for a signed link is answered before it. The handler answers what is refused, and says why.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from cachetools import LRUCache
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from veza.api.streaming.fetches import note_fetch
from veza.api.streaming.sources import PRIVATE, Source
from veza.audio.manifest import Rung
from veza.http.file_answers import Representation, abort_of, answer_range
from veza.streaming.hearing import Hearing, NoSuchRung, followed
from veza.streaming.open_answers import ended_with_its_right

MEDIA_TYPE = "audio/mp4"
KNOWN_OF_RECHECKED = 0.75
"""How long the server knows a link, as a part of `rechecked`: an answer about a right that is as old as it may be, and
a link that is known since just then, are over within a minute (STREAM_RECHECK is 25 s at most)."""

_MOST_FILES = 2_000
_PATH = re.compile(rf"/stream/([0-9a-f-]{{36}})/({'|'.join(Rung)})/audio\.(mp4|m4a)", re.ASCII)
_LINK = b"link="


class StreamFiles:
    """The files of streams, as answers; each is described once."""

    def __init__(self, hearing: Hearing, x_accel: str = "") -> None:
        """`x_accel` is the path below which the proxy in front has the folder of objects; without it, files are sent
        from here."""
        self._x_accel = f"{x_accel.rstrip('/')}/" if x_accel and hearing.objects.is_local else ""
        self.hearing = hearing
        self._known_for: timedelta = hearing.rechecked * KNOWN_OF_RECHECKED
        self._files: LRUCache[str, Representation] = LRUCache(_MOST_FILES)

    def served(self, source: Source, suffix: str, *, is_linked: bool) -> ASGIApp:
        """What answers with the file of a source, or with a part of it.

        `is_linked`: the address carries the right to it, so the server may answer other ranges for a while. Raises
        NoSuchRung for a file that is not made.
        """
        what, known_for = self._representation(source, suffix), self._known_for if is_linked else None
        if self._x_accel:
            return self._handed_over(source, what, f"{self._x_accel}{source.sound.key(f'{source.name}.{suffix}')}")

        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            note_fetch(scope, self.hearing.reports, source, what.length)
            abort = None if source.link is None else abort_of(scope)
            if source.link is None or abort is None:
                await answer_range(scope, receive, send, what)
                return
            allowed = partial(self.hearing.allows, source.link)
            with ended_with_its_right(allowed, abort, self.hearing.rechecked):
                await answer_range(scope, receive, send, what, known_for=known_for)

        return served

    def _handed_over(self, source: Source, what: Representation, path: str) -> ASGIApp:
        """What tells the proxy which file to send: it sends ranges, and answers conditions, by itself."""
        told = {**PRIVATE, "Content-Type": MEDIA_TYPE, "X-Accel-Redirect": path}
        fields = [(name.lower().encode(), value.encode()) for name, value in told.items()]

        async def hand_over(scope: Scope, receive: Receive, send: Send) -> None:
            note_fetch(scope, self.hearing.reports, source, what.length)
            start: Any = {"type": "http.response.start", "status": 200, "headers": [*fields, (b"content-length", b"0")]}
            await send(start)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        return hand_over

    def _representation(self, source: Source, suffix: str) -> Representation:
        sound, name = source.sound, f"{source.name}.{suffix}"
        etag = sound.etag(name)
        found = self._files.get(etag)
        if found is None:
            one = source.rendition
            length = one.size_bytes if suffix == "mp4" else one.progressive_bytes
            if length is None:
                raise NoSuchRung(name)
            found = self._files[etag] = Representation.of(
                self.hearing.objects, sound.key(name), length, etag, sound.made_at, MEDIA_TYPE, PRIVATE
            )
        return found


class LinkedFiles:
    """ASGI wrapper: answers GET for the files of signed links; all else, and every refusal, is left to `app`."""

    def __init__(self, files: StreamFiles, app: ASGIApp) -> None:
        self._files, self._app = files, app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = _asked(scope)
        has_begun = False

        def noted(message: Any) -> Any:
            nonlocal has_begun
            has_begun = True
            return send(message)

        if asked is not None:
            try:
                await self._answer(*asked, scope, receive, noted)
                return
            except Exception:
                if has_begun:
                    raise
        await self._app(scope, receive, send)

    async def _answer(
        self, track_id: UUID, rung: Rung, suffix: str, link: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        said, sound, rendition = await followed(self._files.hearing, track_id, link, rung)
        source = Source(sound, rendition, rung, said)
        await self._files.served(source, suffix, is_linked=True)(scope, receive, send)


def _asked(scope: Scope) -> tuple[UUID, Rung, str, str] | None:
    """Track, rung, suffix and link, where that is all that is asked for."""
    if scope["type"] != ScopeType.HTTP or scope["method"] != "GET" or not scope["query_string"].startswith(_LINK):
        return None
    match = _PATH.fullmatch(scope["path"])
    link = scope["query_string"][len(_LINK) :].decode("latin-1")
    if match is None or "&" in link or "%" in link:
        return None
    try:
        return UUID(match[1]), Rung(match[2]), match[3], link
    except ValueError:
        return None
