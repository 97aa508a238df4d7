"""Rows whose work is about a track and takes a while: held by a lease, which lasts while the work goes on.

A worker claims them, renews its lease with each word of progress, and records the end only while the row is still its
own. The row is locked behind its track, as all that changes both does it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, NoReturn, Protocol, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import select

from veza.catalog.track_audio import lock_track
from veza.ingest.audio_files import remove_files
from veza.kit.database import Database, Session
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.messages import Message, gettext, stored
from veza.kit.moves import Machine, Stale
from veza.kit.objects import Objects

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
BEAT = timedelta(seconds=1)
"""How often progress is written down, where there is any; the lease is renewed by it at least every third of it."""
MOST_TRIES = 5
LONGEST_PAUSE = timedelta(minutes=10)
"""Between two tries while a store or a disk fails."""


class JobLost(Exception):
    """Another worker or a person was first: nothing more is to be done here."""


class TrackGone(Exception):
    """The track was deleted, and what is made of it is to go with it."""


@dataclass(slots=True)
class TrackClaim:
    """A row that is ours until its lease ends. `tries` counts claims since it was last asked for, but for put-offs that
    do not count."""

    ROOT: ClassVar[str]
    """Under which the files of such rows are kept."""

    id: UUID
    track_id: UUID
    attempt: int
    tries: int

    @property
    def is_used_up(self) -> bool:
        """Whether it was tried too often: its workers died each time."""
        return self.tries > MOST_TRIES

    @property
    def prefix(self) -> str:
        """Of the keys of the files that this attempt makes."""
        return f"{self.folder}/{self.attempt}"

    @property
    def folder(self) -> str:
        """The same of all attempts."""
        return f"{self.ROOT}/{self.id}"


@dataclass(slots=True)
class Progress:
    """How far a job is: values of the columns that say it."""

    columns: dict[str, Any]
    is_said: bool = True
    """Whether they are written down."""

    def say(self, **columns: Any) -> None:
        """The values from now on."""
        self.columns, self.is_said = columns, False


class TrackJob(Protocol):
    """The columns of such a row, beside those that say how far it is."""

    id: Any
    track_id: Any
    status: Any
    attempt: Any
    tries: Any
    due_at: Any
    claimed_until: Any


R = TypeVar("R", bound=TrackJob)
C = TypeVar("C", bound=TrackClaim)


class TrackJobs(Generic[R, C]):
    """The rows of one machine that wait for a worker, or are worked on."""

    def __init__(
        self, database: Database, objects: Objects, machine: Machine[R], claim_of: Callable[[R], C], actor: str, *,
        waits: str, works: str, progress: Sequence[str], lease: timedelta, first_pause: timedelta,
    ) -> None:  # fmt: skip
        """`claim_of` makes of a row what its worker knows of it, `waits` and `works` are the statuses of a row that
        waits and of one that is worked on, `progress` the columns that say how far it is, and `first_pause` follows the
        first attempt that a store or a disk ended; each further one is twice as long."""
        self._database, self._objects, self._machine, self._actor = database, objects, machine, actor
        self._claim_of = claim_of
        self._waits, self._works, self._lease, self._first_pause = waits, works, lease, first_pause
        self._cleared: dict[str, Any] = {"claimed_until": None, **dict.fromkeys(progress)}

    async def claim(self, limit: int) -> Sequence[C]:
        """Up to `limit` rows that wait or whose worker is gone, those that wait longest first."""
        model = self._machine.model
        async with self._database.write(self._actor) as session:
            due = (
                select(model)
                .where(model.due_at <= session.now)
                .order_by(model.due_at, model.id)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            rows = (await session.scalars(due)).all()
            for row in rows:
                until = session.now + self._lease
                is_again = row.status == self._works
                why = gettext("the worker before is gone") if is_again else gettext("a worker has a free place")
                ours = {**self._cleared, "claimed_until": until, "due_at": until}
                await self._machine.move(
                    session, row, self._works, because=why, attempt=row.attempt + 1, tries=row.tries + 1, **ours
                )
            return [self._claim_of(row) for row in rows]

    async def mine(self, session: Session, claim: TrackClaim) -> R:
        """The row, locked behind its track. Raises JobLost, TrackGone."""
        is_there = await lock_track(session, claim.track_id)
        row = await session.get(self._machine.model, claim.id, with_for_update=True, populate_existing=True)
        if row is None or row.status != self._works or row.attempt != claim.attempt:
            raise JobLost
        if not is_there:
            raise TrackGone
        return row

    async def end(self, session: Session, claim: TrackClaim, status: str, why: Message, **facts: Any) -> R:
        """Move the row to the status it ends in, with the columns in `facts`. Raises JobLost, TrackGone, Stale."""
        row = await self.mine(session, claim)
        await self._machine.move(session, row, status, because=why, **{**self._cleared, "due_at": None, **facts})
        return row

    async def put_off(self, claim: TrackClaim, why: Message, *, counts: bool) -> None:
        """Try it again later: the file is not to blame. One that `counts` is a try; others may follow without an
        end, LONGEST_PAUSE apart."""
        reason_id, fields = stored(why)
        before = (claim.tries if counts else claim.attempt) - 1
        # The exponent has an end, too: 2 ** 1,000 is no duration.
        pause = min(LONGEST_PAUSE, self._first_pause * 2 ** min(before, 10))
        async with self._database.write(self._actor) as session:
            facts = {"tries": claim.tries - (not counts), "due_at": session.now + pause}
            await self.end(session, claim, self._waits, why, reason_id=reason_id, reason_fields=fields, **facts)

    async def recorded(
        self, claim: TrackClaim, recording: Coroutine[Any, Any, None], forget_track: Callable[[UUID], Awaitable[None]]
    ) -> None:
        """Record the end; what was made is removed if the row is not ours any more, or its track is gone."""
        try:
            await recording
        except TrackGone:
            await forget_track(claim.track_id)
        except (JobLost, Stale):
            log.info("job.lost", worker=self._actor, row=str(claim.id), attempt=claim.attempt)
            await remove_files(self._objects, claim.prefix)

    async def beat(self, claim: TrackClaim, progress: Progress) -> NoReturn:
        """Write progress down and renew the lease. Raises JobLost, TrackGone and Stale once the row is not ours."""
        renew_at: datetime | None = None
        while True:
            await asyncio.sleep(min(BEAT, self._lease / 6).total_seconds())
            now = self._database.clock.now()
            if progress.is_said and renew_at is not None and now < renew_at:
                continue
            progress.is_said = True
            try:
                async with self._database.write(self._actor) as session:
                    row, until = await self.mine(session, claim), session.now + self._lease
                    await self._machine.update(session, row, claimed_until=until, due_at=until, **progress.columns)
            except DatabaseUnavailable:
                progress.is_said = False  # said with the next beat; the lease outlives some of them
                continue
            renew_at = now + self._lease / 3
