"""What is told of hearings: by players, and by the fetches of their files; and how it comes to be counted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import inf
from uuid import UUID

import structlog
from cachetools import LRUCache

from veza.kit.clock import Clock
from veza.kit.database import Database, Session
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.one_by_one import one_by_one
from veza.streaming import plays, scrobbles
from veza.streaming.plays import Listening, Verdict
from veza.streaming.stream_links import StreamLink
from veza.streaming.stream_sessions import BEYOND_ITS_LENGTH, StreamSession

log = structlog.get_logger(__name__)

FLUSHED_EVERY = timedelta(seconds=5)
_MOST_WAITING, _MOST_TOLD = 10_000, 20_000
_BATCH = 200


class ReportsUnavailable(Exception):
    """What counts cannot be asked now; it is told again."""


@dataclass(frozen=True, slots=True)
class Report:
    """So much of a track was heard in a stream session; `network` is where the listener is."""

    session_id: UUID
    heard_ms: int
    network: str


Send = Callable[[Sequence[Report]], Awaitable[Mapping[UUID, Verdict]]]
"""Counts; session → verdict. Raises DatabaseUnavailable, or ReportsUnavailable."""


def into(database: Database, api_url: str = "") -> Send:
    """Reports are counted here, and what people want to be sent to the ListenBrainz server at `api_url` is queued."""

    async def send(reports: Sequence[Report]) -> dict[UUID, Verdict]:
        done, _ = await one_by_one(database, "plays", reports, partial(_count, api_url=api_url))
        return dict(done)

    return send


async def _count(session: Session, report: Report, api_url: str) -> tuple[UUID, Verdict]:
    row = await session.get(StreamSession, report.session_id)
    if row is None:
        return report.session_id, Verdict.NEVER
    listening = Listening(
        row.id, row.track_id, row.person_id, row.is_staff, row.started_at,
        row.expires_at - row.started_at - BEYOND_ITS_LENGTH, report.network,
    )  # fmt: skip
    return row.id, await count(session, listening, timedelta(milliseconds=report.heard_ms), api_url)


async def count(session: Session, listening: Listening, heard: timedelta, api_url: str) -> Verdict:
    """What every door does with what it is told of a hearing: count the play, and queue it for ListenBrainz once enough
    was heard for that (`scrobbles.enough`)."""
    verdict = await plays.count(session, listening, heard)
    wanted, person_id = scrobbles.enough(listening.length), listening.person_id
    is_enough = heard >= wanted and session.now - listening.began_at >= wanted
    if verdict is Verdict.COUNTED and is_enough and person_id is not None and api_url:
        hearing_id, track_id, began_at = listening.hearing_id, listening.track_id, listening.began_at
        await scrobbles.queue(session, api_url, hearing_id, person_id, track_id, began_at)
    return verdict


class PlayReports:
    """Gathers what fetches tell, so that one costs no statement, and passes on what players tell."""

    name = "plays"

    def __init__(self, clock: Clock, send: Send) -> None:
        self._clock, self._send = clock, send
        self._waiting: dict[UUID, Report] = {}
        self._told: LRUCache[UUID, float] = LRUCache(_MOST_TOLD)
        """Session → how much of the track was heard when it last counted, in ms; infinite where it never will."""

    async def told(self, report: Report) -> Verdict:
        """What a player says is counted at once."""
        return (await self.count([report])).get(report.session_id, Verdict.NOT_YET)

    def fetched(self, link: StreamLink, length: timedelta, part: float, network: str) -> None:
        """A file of the link's was read from `part` of it on (0 is its start, 1 its end).

        It tells that the track was heard up to there if as much of the server's time has passed as a play needs: who
        fetches all of a file at once tells nothing.
        """
        told_ms, at = self._told.get(link.session_id), length * part
        # One that counts as a play is told of once more, when it is one for ListenBrainz.
        wanted = plays.needed(length) if told_ms is None else scrobbles.enough(length)
        began = link.expires_at - BEYOND_ITS_LENGTH - length
        has_said = told_ms is not None and told_ms >= wanted.total_seconds() * 1000
        if at < wanted or self._clock.now() - began < wanted or has_said:
            return
        if len(self._waiting) < _MOST_WAITING:
            self._waiting[link.session_id] = Report(link.session_id, round(at.total_seconds() * 1000), network)

    async def flush(self) -> None:
        """Count what fetches told; what cannot be counted now waits."""
        waiting = self._waiting
        self._waiting = {}
        while waiting:
            some = [waiting[one] for one in list(waiting)[:_BATCH]]
            try:
                await self.count(some)
            except (DatabaseUnavailable, ReportsUnavailable) as error:
                log.warning("plays.cannot_count", reports=len(waiting), reason=str(error))
                self._waiting = waiting | self._waiting
                return
            for one in some:
                del waiting[one.session_id]

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), FLUSHED_EVERY.total_seconds())
            await self.flush()

    async def count(self, reports: Sequence[Report]) -> Mapping[UUID, Verdict]:
        """Session → verdict; one without a verdict could not be counted. Raises what `send` does."""
        verdicts = await self._send(reports)
        for one in reports:
            verdict = verdicts.get(one.session_id, Verdict.NOT_YET)
            if verdict is not Verdict.NOT_YET:
                self._told[one.session_id] = one.heard_ms if verdict is Verdict.COUNTED else inf
        return verdicts
