"""Who hears what, decided in the process that has the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from cachetools import TTLCache

from veza.accounts import audit
from veza.accounts.audit import Act
from veza.accounts.facade import AccountRules
from veza.accounts.identity import Identity
from veza.audio.manifest import Rung
from veza.audio.rendered import Waveform
from veza.catalog.tracks import Track, UnknownTrack, find_track
from veza.ingest.audio_versions import UnknownVersion
from veza.ingest.track_sound import Sound, find_sound, waveforms_of
from veza.kit import limits
from veza.kit.database import Database, Session
from veza.kit.objects import Objects
from veza.library import access
from veza.library.access import Access
from veza.streaming import stream_sessions
from veza.streaming.begun_files import BegunFiles
from veza.streaming.hearing import (
    MOST_SESSIONS,
    RECHECKED,
    Heard,
    LinkExpired,
    NoSoundYet,
    OwnersOnly,
    Part,
    StreamEnded,
    link_of,
    part_heard,
)
from veza.streaming.kept_sounds import KeptSounds
from veza.streaming.levels import UNKNOWN, Levels, levels_of
from veza.streaming.play_reports import PlayReports, into
from veza.streaming.stream_links import BadStreamLink, StreamLink, StreamLinks
from veza.streaming.stream_sessions import StreamSession

log = structlog.get_logger(__name__)

LEVELS_KEPT = timedelta(minutes=5)
"""How old the loudness of a release may be: it changes with each track that is added or replaced."""
MOST_LEVELS = 10_000
"""Of tracks, a hundred bytes each."""
ClaimOf = Callable[[Session, str], Awaitable[UUID]]
"""The order or code without an account that a mailed link leads to, as grants name it; raises what says that there is
none."""


class LocalHearing:
    """Decides by the database, and remembers for a little while what was decided."""

    def __init__(
        self, database: Database, objects: Objects, links: StreamLinks, claim_of: ClaimOf, rules: AccountRules,
        rechecked: timedelta = RECHECKED, listens_to: str = "",
    ) -> None:  # fmt: skip
        """`rules` are those of sign-ins and of staff; `rechecked`: how old an answer about a session may be;
        `listens_to`: the ListenBrainz server that listens go to, if any."""
        self.database, self.objects, self.links, self._rules = database, objects, links, rules
        self.rechecked, self._claim_of = rechecked, claim_of
        self.reports = PlayReports(database.clock, into(database, listens_to))
        self._alive: TTLCache[UUID, tuple[bool, float]] = TTLCache(
            MOST_SESSIONS, rechecked.total_seconds(), self.seconds
        )
        """Session → whether it lasts, and when that was asked."""
        self._asking: dict[UUID, asyncio.Task[bool]] = {}
        self._files = BegunFiles(self.check, self._sound, self.seconds)
        self._sounds = KeptSounds()
        self._levels: TTLCache[UUID, Levels] = TTLCache(MOST_LEVELS, LEVELS_KEPT.total_seconds(), self.seconds)

    def seconds(self) -> float:
        """What the clock says, in seconds."""
        return self.database.clock.now().timestamp()

    async def begin(self, identity: Identity, track_id: UUID, token: str | None = None) -> Heard:
        async with self.database.read() as session:
            claim_id = None if token is None else await self._claim_of(session, token)
            sound, part, is_staff = await self._decide(session, identity, track_id, claim_id)
            levels = await self._levels_of(session, track_id)
        if part is Part.PREVIEW:
            return Heard(part, sound, None, levels)
        turn = limits.turn(self.database, stream_sessions.beginning(identity))
        async with turn, self.database.write(identity.actor) as session:
            row = await stream_sessions.begin(session, identity, sound, claim_id=claim_id, is_staff=is_staff)
            if is_staff:
                audit.note(session, Act.HEARD, identity.person_id, detail=f"track {track_id}")
        self._alive[row.id] = True, self.seconds()
        return Heard(part, sound, row, levels)

    async def begin_file(self, identity: Identity, track_id: UUID, token: str | None = None) -> Heard:
        return await self._files.of(identity, track_id, token, partial(self.begin, identity, track_id, token))

    async def part_of(self, session: Session, identity: Identity, track_id: UUID) -> Part | None:
        """How much of a track the identity may hear now; None for nothing."""
        try:
            return (await self._decide(session, identity, track_id))[1]
        except (UnknownTrack, NoSoundYet, OwnersOnly):
            return None

    async def _decide(
        self, session: Session, identity: Identity, track_id: UUID, claim_id: UUID | None = None
    ) -> tuple[Sound, Part, bool]:
        """What the identity hears of a track, and whether it does so to judge it."""
        track, may, judges = await _seen(session, identity, track_id, claim_id)
        sound = await self._current(session, track)
        part = part_heard(may, judges=judges, has_preview=sound.preview is not None)
        if part is None:
            raise OwnersOnly
        return sound, part, part is Part.WHOLE and not may.stream

    async def preview(self, identity: Identity, track_id: UUID) -> Sound:
        async with self.database.read() as session:
            track, may, judges = await _seen(session, identity, track_id)
            sound = await self._current(session, track)
        if sound.preview is None or not (may.preview or judges):
            raise OwnersOnly
        return sound

    async def waveform(self, identity: Identity, track_id: UUID, token: str | None = None) -> Waveform:
        """The picture of a track's sound, for who may see the track. Raises what `begin` raises."""
        async with self.database.read() as session:
            claim_id = None if token is None else await self._claim_of(session, token)
            track, *_ = await _seen(session, identity, track_id, claim_id)
            if track.audio_id is None:
                raise NoSoundYet(track)
            found = (await waveforms_of(session, [track.audio_id])).get(track.audio_id)
        if found is None:
            raise NoSoundYet(track)
        return found

    def link(self, heard: StreamSession, rung: Rung) -> str:
        return self.links.write(link_of(heard, rung))

    async def opened(self, track_id: UUID, text: str) -> tuple[StreamLink, Sound]:
        link = self.links.read(text)
        await self.check(link)
        sound = await self._sound(link.version_id)
        if sound.track_id != track_id:
            raise BadStreamLink
        return link, sound

    async def check(self, link: StreamLink) -> None:
        """Raises LinkExpired, or StreamEnded if the session has ended or its person may not hear the track any more."""
        if self.database.clock.now() >= link.expires_at:
            raise LinkExpired
        known = self._alive.get(link.session_id)
        if known is None:
            known = await self._ask(link.session_id), self.seconds()
        elif known[0] and self.seconds() - known[1] > self.rechecked.total_seconds() / 2:
            self._ask_beside(link.session_id)
        if not known[0]:
            raise StreamEnded

    async def _ask(self, session_id: UUID) -> bool:
        """What the database says of a session now; it is remembered for `rechecked`. A session that was ended here
        meanwhile has ended, also where the question came before."""
        async with self.database.read() as session:
            is_alive = await self.is_alive(session, session_id)
        known = self._alive.get(session_id)
        is_alive = is_alive and (known is None or known[0])
        self._alive[session_id] = is_alive, self.seconds()
        return is_alive

    def _ask_beside(self, session_id: UUID) -> None:
        """Ask before the answer is too old, so that a listener's segment does not wait for the database."""
        if session_id not in self._asking:
            asking = self._asking[session_id] = asyncio.create_task(self._ask(session_id))
            asking.add_done_callback(lambda done: self._asked(session_id, done))

    def _asked(self, session_id: UUID, done: asyncio.Task[bool]) -> None:
        del self._asking[session_id]
        if not done.cancelled() and (error := done.exception()):
            log.warning("stream.right_unknown", exc_info=error)  # asked again by the next request, which waits for it

    async def allows(self, link: StreamLink) -> bool:
        try:
            await self.check(link)
        except (StreamEnded, LinkExpired):
            return False
        return True

    async def end(self, session: Session, session_id: UUID) -> bool:
        """End a session; False if there is none. Other processes notice within `rechecked`."""
        row = await session.get(StreamSession, session_id)
        if row is None:
            return False
        row.ended_at = row.ended_at or session.now
        session.wake(stream_sessions.CHANGED, elsewhere=False)
        self._alive[session_id] = False, self.seconds()
        return True

    async def is_alive(self, session: Session, session_id: UUID) -> bool:
        """Whether a stream lasts: neither it nor the credential that began it has ended, and who sent that may still
        hear the track, by the same rule."""
        row = await session.get(StreamSession, session_id)
        if row is None or row.ended_at is not None or row.expires_at <= session.now:
            return False
        identity = await stream_sessions.identity_of(session, self._rules, row)
        if identity is None:
            return False
        try:
            _, may, judges = await _seen(session, identity, row.track_id, row.claim_id)
        except UnknownTrack:
            return False
        return may.stream or (row.is_staff and judges)

    async def _current(self, session: Session, track: Track) -> Sound:
        sound = None if track.audio_id is None else await self._read(session, track.audio_id)
        if sound is None:
            raise NoSoundYet(track)
        return sound

    async def _levels_of(self, session: Session, track_id: UUID) -> Levels:
        if (kept := self._levels.get(track_id)) is not None:
            return kept
        track = await find_track(session, track_id)
        self._levels.update(await levels_of(session, track.release_id))
        return self._levels.get(track_id, UNKNOWN)

    async def _sound(self, version_id: UUID) -> Sound:
        if (kept := self._sounds.get(version_id)) is not None:
            return kept
        async with self.database.read() as session:
            return await self.sound(session, version_id)

    async def sound(self, session: Session, version_id: UUID) -> Sound:
        """What plays of a version. Raises StreamEnded for one that is gone."""
        sound = await self._read(session, version_id)
        if sound is None:
            raise StreamEnded
        return sound

    async def _read(self, session: Session, version_id: UUID) -> Sound | None:
        """The sound of a version; it is read once, when all of it is made and nothing of it changes any more."""
        if (kept := self._sounds.get(version_id)) is not None:
            return kept
        try:
            sound = await find_sound(session, version_id)
        except UnknownVersion:
            return None
        if sound is not None:
            self._sounds.keep(sound)
        return sound


async def _seen(
    session: Session, identity: Identity, track_id: UUID, claim_id: UUID | None = None
) -> tuple[Track, Access, bool]:
    """A track that the identity may see, what else it may, and whether it judges it. Raises UnknownTrack."""
    track = await find_track(session, track_id)
    may = await access.may_by_claim(session, identity.person_id, track_id, claim_id)
    judges = track_id in await access.judged_by(session, identity, track.release_id)
    if not (may.sees or judges):
        raise UnknownTrack(track_id)
    return track, may, judges
