"""Streams of an address that is asked again for each part of a file: the one that was begun there goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from uuid import UUID

from cachetools import TTLCache

from veza.accounts.identity import Identity
from veza.audio.manifest import Rung
from veza.streaming.hearing import FILE_KEPT, MOST_SESSIONS, Heard, LinkExpired, StreamEnded, link_of
from veza.streaming.stream_links import StreamLink


class BegunFiles:
    """What was begun, as long as its session lasts and no longer than FILE_KEPT. It is found by all that decided over it:
    the identity with its credential, roles and scopes, the track, and the token of a mailed link."""

    def __init__(self, check: Callable[[StreamLink], Awaitable[None]], seconds: Callable[[], float]) -> None:
        """`check` raises StreamEnded or LinkExpired; `seconds` is what the clock says."""
        self._check = check
        self._begun: TTLCache[Hashable, Heard] = TTLCache(MOST_SESSIONS, FILE_KEPT.total_seconds(), seconds)

    async def of(
        self, identity: Identity, track_id: UUID, token: str | None, begin: Callable[[], Awaitable[Heard]]
    ) -> Heard:
        """What the identity began, or begins now. A first rung alone is begun anew each time: more of it may be
        there."""
        asks = identity, track_id, token
        heard = self._begun.get(asks)
        if heard is not None and heard.session is not None:
            with suppress(StreamEnded, LinkExpired):
                await self._check(link_of(heard.session, Rung.AAC_128))
                return heard
        heard = await begin()
        if heard.session is not None and heard.sound.is_whole:
            self._begun[asks] = heard
        return heard
