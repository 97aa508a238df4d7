"""Who hears what, asked of the process that has the database: for `veza stream`, where streaming runs apart.

What it said is remembered for `rechecked`. Where it does not answer, streams that it knew of end within
ENDED_WITHIN, and new ones are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from cachetools import LRUCache, TTLCache

from veza.accounts.identity import Identity, visitor
from veza.audio.manifest import Rung
from veza.grpc import stream_pb2 as pb
from veza.grpc.client import StreamClient
from veza.grpc.translation import levels_of, session_of, sound_of
from veza.http.identity import Connection
from veza.http.limits import address_of
from veza.http.problems import UNAVAILABLE, Problem
from veza.ingest.track_sound import Sound
from veza.kit.clock import Clock
from veza.kit.objects import Objects
from veza.streaming.begun_files import BegunFiles
from veza.streaming.hearing import (
    MOST_SESSIONS,
    RECHECKED,
    Heard,
    LinkExpired,
    Part,
    StreamEnded,
    link_of,
)
from veza.streaming.kept_sounds import KeptSounds
from veza.streaming.play_reports import PlayReports, Report, ReportsUnavailable
from veza.streaming.plays import Verdict
from veza.streaming.stream_links import BadStreamLink, StreamLink
from veza.streaming.stream_sessions import StreamSession

ENDED_WITHIN = timedelta(minutes=1)
"""Of the last answer about a stream, where no new one can be had."""
_NOT_MADE_YET_KEPT, _MOST_NOT_MADE_YET = timedelta(seconds=5), 50
"""Sounds of a first rung alone: each is asked for again after a moment."""


@dataclass(frozen=True, slots=True)
class Unidentified(Identity):
    """The sender of a request whose credentials another process reads."""

    authorization: str = ""
    cookie: str = ""


async def unidentified(connection: Connection) -> Identity:
    """What `Authenticate` is here: the credentials as they came."""
    said, address = connection.headers, address_of(connection)
    known = visitor(address)
    return Unidentified(
        None, known.roles, known.actor, address=address, authorization=said.get("authorization", ""),
        cookie="; ".join(said.getall("cookie", [])),
    )  # fmt: skip


class RemoteHearing:
    """Hearing by questions to `client`; files are in `objects`, the same store as that process has."""

    def __init__(self, client: StreamClient, objects: Objects, clock: Clock, rechecked: timedelta = RECHECKED) -> None:
        self._client, self.objects, self.rechecked, self._clock = client, objects, rechecked, clock
        self.gone_for = ENDED_WITHIN - rechecked
        """How old an answer may be while no new one can be had: an answer under way is asked about `rechecked` later,
        and the server answers a link that it knows for less than that."""
        self.reports = PlayReports(clock, self._report)
        self._confirmed: LRUCache[UUID, float] = LRUCache(MOST_SESSIONS)
        """Session → when it was last said to last."""
        self._links: LRUCache[str, StreamLink] = LRUCache(MOST_SESSIONS)
        self._written: LRUCache[UUID, dict[str, str]] = LRUCache(MOST_SESSIONS)
        self._files = BegunFiles(self._check, self._sound, self._seconds)
        self._previews: TTLCache[Any, UUID] = TTLCache(MOST_SESSIONS, rechecked.total_seconds(), self._seconds)
        self._sounds = KeptSounds()
        self._unfinished: TTLCache[UUID, Sound] = TTLCache(
            _MOST_NOT_MADE_YET, _NOT_MADE_YET_KEPT.total_seconds(), self._seconds
        )

    def _seconds(self) -> float:
        return self._clock.now().timestamp()

    async def begin(self, identity: Identity, track_id: UUID, token: str | None = None) -> Heard:
        listener = _listener(identity, track_id, token=token)
        said = await self._client.call("Authorize", pb.AuthorizeRequest(listener=listener))
        sound = await self._sound(UUID(said.version_id))
        levels = levels_of(said)
        if not said.HasField("session"):
            return Heard(Part.PREVIEW, sound, None, levels)
        session = session_of(said.session)
        self._written[session.id] = dict(said.links)
        self._confirmed[session.id] = self._seconds()
        return Heard(Part.WHOLE, sound, session, levels)

    async def begin_file(self, identity: Identity, track_id: UUID, token: str | None = None) -> Heard:
        return await self._files.of(identity, track_id, token, partial(self.begin, identity, track_id, token))

    async def preview(self, identity: Identity, track_id: UUID) -> Sound:
        asks = identity, track_id
        version_id = self._previews.get(asks)
        if version_id is None:
            listener = _listener(identity, track_id, preview=True)
            said = await self._client.call("Authorize", pb.AuthorizeRequest(listener=listener))
            version_id = self._previews[asks] = UUID(said.version_id)
        return await self._sound(version_id)

    def link(self, heard: StreamSession, rung: Rung) -> str:
        return self._written[heard.id][rung]

    async def opened(self, track_id: UUID, text: str) -> tuple[StreamLink, Sound]:
        link = self._links.get(text)
        if link is None:
            said = await self._client.call("Authorize", pb.AuthorizeRequest(link=text))
            session = session_of(said.session)
            link = self._links[text] = link_of(session, Rung(said.rung))
            self._confirmed[session.id] = self._seconds()
        await self._check(link)
        sound = await self._sound(link.version_id)
        if sound.track_id != track_id:
            raise BadStreamLink
        return link, sound

    async def allows(self, link: StreamLink) -> bool:
        try:
            await self._check(link)
        except (StreamEnded, LinkExpired):
            return False
        except Problem as problem:
            if problem.kind is UNAVAILABLE:
                return False
            raise
        return True

    async def _check(self, link: StreamLink) -> None:
        """Raises LinkExpired, StreamEnded, or Problem where that cannot be asked and was not for too long."""
        if self._clock.now() >= link.expires_at:
            raise LinkExpired
        age = self._seconds() - self._confirmed.get(link.session_id, 0.0)
        if age <= self.rechecked.total_seconds():
            return
        try:
            await self._client.call("Authorize", pb.AuthorizeRequest(session_id=str(link.session_id)))
        except Problem as problem:
            if problem.kind is not UNAVAILABLE:
                self._confirmed.pop(link.session_id, None)
                raise StreamEnded from None
            if age > self.gone_for.total_seconds():
                raise
            return
        self._confirmed[link.session_id] = self._seconds()

    async def _sound(self, version_id: UUID) -> Sound:
        """A version's files; asked for once, when all of it is made and nothing of it changes any more."""
        known = self._sounds.get(version_id) or self._unfinished.get(version_id)
        if known is not None:
            return known
        track = await self._client.call("GetTrack", pb.GetTrackRequest(version_id=str(version_id)))
        sound = sound_of(UUID(track.id), track.audio)
        self._sounds.keep(sound)
        if not sound.is_whole:
            self._unfinished[version_id] = sound
        return sound

    async def _report(self, reports: Sequence[Report]) -> dict[UUID, Verdict]:
        sent = [
            pb.ReportPlaysRequest.Report(session_id=str(one.session_id), heard_ms=one.heard_ms, network=one.network)
            for one in reports
        ]
        try:
            said = await self._client.call("ReportPlays", pb.ReportPlaysRequest(reports=sent))
        except Problem as problem:
            if problem.kind is UNAVAILABLE:
                raise ReportsUnavailable(problem.detail) from None
            raise
        return {UUID(one): Verdict(verdict) for one, verdict in said.verdicts.items()}


def _listener(identity: Identity, track_id: UUID, *, preview: bool = False, token: str | None = None) -> pb.Listener:
    assert isinstance(identity, Unidentified)
    return pb.Listener(
        track_id=str(track_id), authorization=identity.authorization, cookie=identity.cookie,
        address=identity.address, preview=preview, order_token=token or "",
    )  # fmt: skip
