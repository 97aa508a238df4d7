"""Streams of an address that is asked again for each part of a file: the one that was begun there goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from uuid import UUID

from cachetools import TTLCache

from veza.accounts.identity import Identity
from veza.audio.manifest import Rung
from veza.ingest.track_sound import Sound
from veza.streaming.hearing import FILE_KEPT, MOST_SESSIONS, Heard, LinkExpired, Part, StreamEnded, link_of
from veza.streaming.levels import Levels
from veza.streaming.stream_links import StreamLink
from veza.streaming.stream_sessions import StreamSession


class BegunFiles:
    """What was begun, as long as its session lasts and no longer than FILE_KEPT.

    It is found by all that decided over it: the identity with its credential, roles and scopes, the track, and the
    token of a mailed link.
    """

    def __init__(
        self,
        check: Callable[[StreamLink], Awaitable[None]],
        sound: Callable[[UUID], Awaitable[Sound]],
        seconds: Callable[[], float],
    ) -> None:
        """`check` raises StreamEnded or LinkExpired; `sound` reads that of a version, which is kept elsewhere;
        `seconds` is what the clock says."""
        self._check, self._sound = check, sound
        self._begun: TTLCache[Hashable, tuple[StreamSession, Levels]] = TTLCache(
            MOST_SESSIONS, FILE_KEPT.total_seconds(), seconds
        )

    async def of(
        self, identity: Identity, track_id: UUID, token: str | None, begin: Callable[[], Awaitable[Heard]]
    ) -> Heard:
        """What the identity began, or begins now. A first rung alone is begun anew each time: more of it may be
        there."""
        asks = identity, track_id, token
        begun = self._begun.get(asks)
        if begun is not None:
            row, levels = begun
            with suppress(StreamEnded, LinkExpired):
                await self._check(link_of(row, Rung.AAC_128))
                return Heard(Part.WHOLE, await self._sound(row.version_id), row, levels)
        heard = await begin()
        if heard.session is not None and heard.sound.is_whole:
            self._begun[asks] = heard.session, heard.levels
        return heard
