"""What each method of `veza.stream.v1.StreamService` does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection
from sqlalchemy import Select, select

from veza.catalog.tracks import find_track
from veza.grpc import stream_pb2 as pb
from veza.grpc.methods import demand
from veza.grpc.statuses import BadArgument
from veza.grpc.translation import (
    audio_message,
    id_of,
    optional_id,
    processing_message,
    session_message,
)
from veza.http.identity import Authenticate, Connection
from veza.http.problems import NOT_FOUND, Problem
from veza.ingest.audio_versions import versions_of
from veza.kit.database import Database, Session
from veza.kit.messages import gettext
from veza.streaming.hearing import Part, StreamEnded
from veza.streaming.local_hearing import LocalHearing
from veza.streaming.play_reports import Report
from veza.streaming.stream_sessions import CHANGED, StreamSession

LOOKED_EVERY = timedelta(seconds=1)
"""How long a watch sleeps at most between two looks; what changes in this process wakes it sooner."""
PAGE, LONGEST_PAGE = 50, 200
MOST_WATCHED = 1_000
"""Streams of one watch; where there are more, the newest are watched."""


@dataclass
class StreamService:
    """Stands on the modules of one process; `stop` ends its watches."""

    database: Database
    hearing: LocalHearing
    authenticate: Authenticate
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def Authorize(self, request: pb.AuthorizeRequest) -> pb.AuthorizeResponse:  # noqa: N802  (the method's name in stream.proto)
        asked = request.WhichOneof("asks")
        if asked == "listener":
            return await self._begin(request.listener)
        if asked == "link":
            link = self.hearing.links.read(request.link)
            await self.hearing.check(link)
            return await self._lasts(link.session_id, rung=link.rung)
        return await self._lasts(id_of("session_id", request.session_id))

    async def _begin(self, listener: pb.Listener) -> pb.AuthorizeResponse:
        identity = await self.authenticate(connection_of(listener))
        demand("Authorize", identity)  # a token may have no scope for it
        track_id = id_of("track_id", listener.track_id)
        if listener.preview:
            sound = await self.hearing.preview(identity, track_id)
            return pb.AuthorizeResponse(part=pb.AuthorizeResponse.PREVIEW, version_id=str(sound.version_id))
        heard = await self.hearing.begin(identity, track_id, listener.order_token or None)
        said = pb.AuthorizeResponse(
            part=_PARTS[heard.part],
            version_id=str(heard.sound.version_id),
            track_lufs=heard.levels.track_lufs,
            release_lufs=heard.levels.release_lufs,
        )
        if heard.session is not None:
            said.session.CopyFrom(session_message(heard.session))
            for one in heard.renditions:
                said.links[one.rung] = self.hearing.link(heard.session, one.rung)
        return said

    async def _lasts(self, session_id: UUID, rung: str = "") -> pb.AuthorizeResponse:
        async with self.database.read() as session:
            row = await session.get(StreamSession, session_id)
            if row is None or not await self.hearing.is_alive(session, row.id):
                raise StreamEnded
        said = session_message(row)
        return pb.AuthorizeResponse(
            part=pb.AuthorizeResponse.WHOLE, version_id=said.version_id, session=said, rung=rung
        )

    async def GetTrack(self, request: pb.GetTrackRequest) -> pb.Track:  # noqa: N802  (the method's name in stream.proto)
        async with self.database.read() as session:
            if request.WhichOneof("which") == "version_id":
                sound = await self.hearing.sound(session, id_of("version_id", request.version_id))
                return pb.Track(id=str(sound.track_id), audio=audio_message(sound))
            track = await find_track(session, id_of("track_id", request.track_id))
            audio = None if track.audio_id is None else audio_message(await self.hearing.sound(session, track.audio_id))
        return pb.Track(id=str(track.id), title=track.title, artist_id=str(track.artist_id), audio=audio)

    async def WatchProcessing(self, request: pb.WatchProcessingRequest) -> AsyncIterator[pb.Processing]:  # noqa: N802  (the method's name in stream.proto)
        track_id, before = id_of("track_id", request.track_id), None
        async for _ in self._looks():
            async with self.database.read() as session:
                await find_track(session, track_id)
                versions = await versions_of(session, track_id)
            said = processing_message(versions[-1] if versions else None)
            if said != before:
                yield said
                before = said
            if versions and not versions[-1].is_on_its_way:
                return

    async def ListSessions(self, request: pb.ListSessionsRequest) -> pb.ListSessionsResponse:  # noqa: N802  (the method's name in stream.proto)
        limit = min(request.page_size or PAGE, LONGEST_PAGE)
        if limit < 1:
            raise BadArgument("page_size")
        after = optional_id("page_token", request.page_token)
        async with self.database.read() as session:
            found = _lasting(session, request).order_by(StreamSession.id).limit(limit + 1)
            rows = (await session.scalars(found if after is None else found.where(StreamSession.id > after))).all()
        shown = rows[:limit]
        token = str(shown[-1].id) if len(rows) > limit else ""
        return pb.ListSessionsResponse(sessions=[session_message(row) for row in shown], next_page_token=token)

    async def WatchSessions(self, request: pb.WatchSessionsRequest) -> AsyncIterator[pb.SessionEvent]:  # noqa: N802  (the method's name in stream.proto)
        kind = pb.SessionEvent.LASTS
        known: dict[str, pb.Session] = {}
        recheck_at = 0.0
        async for _ in self._looks():
            with_rights = self.hearing.seconds() >= recheck_at
            if with_rights:
                recheck_at = self.hearing.seconds() + self.hearing.rechecked.total_seconds()
            found = await self._watched(request, known.keys() if with_rights else ())
            for one in sorted(found.keys() - known.keys()):
                yield pb.SessionEvent(kind=kind, session=found[one])
            for one in sorted(known.keys() - found.keys()):
                yield pb.SessionEvent(kind=pb.SessionEvent.ENDED, session=known[one])
            known, kind = found, pb.SessionEvent.BEGUN

    async def _watched(self, request: pb.WatchSessionsRequest, recheck: Collection[str]) -> dict[str, pb.Session]:
        """The streams that last; of those in `recheck` only such as their listeners may still hear."""
        async with self.database.read() as session:
            newest = _lasting(session, request).order_by(StreamSession.id.desc()).limit(MOST_WATCHED)
            rows = (await session.scalars(newest)).all()
            return {
                str(row.id): session_message(row)
                for row in rows
                if str(row.id) not in recheck or await self.hearing.is_alive(session, row.id)
            }

    async def EndSession(self, request: pb.EndSessionRequest) -> pb.Session:  # noqa: N802  (the method's name in stream.proto)
        session_id = id_of("session_id", request.session_id)
        async with self.database.write("grpc") as session:
            if not await self.hearing.end(session, session_id):
                said = gettext("there is no stream {session_id}", session_id=session_id)
                raise Problem(NOT_FOUND, said)
            return session_message(await session.get_one(StreamSession, session_id))

    async def ReportPlays(self, request: pb.ReportPlaysRequest) -> pb.ReportPlaysResponse:  # noqa: N802  (the method's name in stream.proto)
        reports = [Report(id_of("session_id", one.session_id), one.heard_ms, one.network) for one in request.reports]
        verdicts = await self.hearing.reports.count(reports)
        return pb.ReportPlaysResponse(verdicts={str(one): verdict.value for one, verdict in verdicts.items()})

    async def _looks(self) -> AsyncIterator[None]:
        """At once, then whenever a stream began or ended here, and every LOOKED_EVERY; until `stop`."""
        async with self._bell() as wait:
            while not self.stop.is_set():
                yield
                await wait()

    @asynccontextmanager
    async def _bell(self) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        bell = self.database.wakes.bell(CHANGED)

        async def wait() -> None:
            with suppress(TimeoutError):
                await asyncio.wait_for(bell.wait(), LOOKED_EVERY.total_seconds())
            bell.clear()

        try:
            yield wait
        finally:
            self.database.wakes.hush(CHANGED, bell)


_PARTS = {Part.WHOLE: pb.AuthorizeResponse.WHOLE, Part.PREVIEW: pb.AuthorizeResponse.PREVIEW}


def connection_of(listener: pb.Listener) -> Connection:
    """A connection as a door sees it, for the one rule that finds out who asks: what that reads, and no more."""
    sent = (("authorization", listener.authorization), ("cookie", listener.cookie))
    scope: Any = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [(name.encode(), value.encode("latin-1", "replace")) for name, value in sent if value],
        "client": (listener.address, 0),
        "state": {},
    }
    return ASGIConnection(scope)


def _lasting(session: Session, request: pb.ListSessionsRequest | pb.WatchSessionsRequest) -> Select[StreamSession]:
    """Those that have neither ended nor expired, of the request's track or person."""
    found = select(StreamSession).where(StreamSession.ended_at.is_(None), StreamSession.expires_at > session.now)
    track_id, person_id = optional_id("track_id", request.track_id), optional_id("person_id", request.person_id)
    if track_id is not None:
        found = found.where(StreamSession.track_id == track_id)
    return found if person_id is None else found.where(StreamSession.person_id == person_id)
