"""The worker that turns originals into sound: claims a version, renders it in a process of its own, keeps the files.

Each attempt writes under a prefix of its own, and only a guarded move makes its files the version's. The lease is
renewed as long as the process lives; a worker that lost it ends its process and keeps nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import select

from veza.audio.apart import Finished, FirstRung, Job, NotRendered, Progress, limits_for, render_apart
from veza.audio.rendered import Rendered
from veza.catalog.track_audio import lock_track
from veza.ingest.audio_files import keep_files, remove_files
from veza.ingest.audio_versions import AudioVersion, machine
from veza.ingest.originals import WAKE, play
from veza.ingest.removing import remove_audio_of
from veza.ingest.track_sound import tell_catalogue
from veza.kit.database import Database, Session
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.leased import run_leased
from veza.kit.messages import Message, gettext, message_of, stored
from veza.kit.moves import Stale
from veza.kit.objects import NoSuchObject, Objects, ObjectsUnavailable
from veza.kit.work_folders import trouble_of, work_folder

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
BEAT = timedelta(seconds=1)
"""How often progress is written down, where there is any; the lease is renewed by it at least every third of it."""
MOST_TRIES = 5
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=10)
"""After an attempt that failed without a fault of the file; each further pause is twice as long, up to the longest."""


@dataclass(frozen=True, slots=True)
class AudioRules:
    """How originals are processed: how many at once, how long a track may be, and where files lie meanwhile."""

    folder: Path
    concurrency: int = 2
    longest: timedelta = timedelta(hours=6)
    lease: timedelta = LEASE


@dataclass(slots=True)
class Claim:
    """A version that is ours until its lease ends, and how far it is."""

    id: UUID
    track_id: UUID
    attempt: int
    tries: int
    original_key: str
    original_bytes: int
    preview_start_ms: int | None
    stage: str | None = None
    share: float | None = None
    is_said: bool = True
    """Whether stage and share are written down."""

    @classmethod
    def of(cls, row: AudioVersion) -> Claim:
        return cls(
            row.id, row.track_id, row.attempt, row.tries, row.original_key, row.original_bytes, row.preview_start_ms
        )

    @property
    def prefix(self) -> str:
        return f"audio/{self.id}/{self.attempt}"


class _Lost(Exception):
    """Another worker or the artist was first: nothing more is to be done here."""


class _TrackGone(Exception):
    """The track was deleted, and its audio is to go with it."""


class AudioWorker:
    """Renders what is uploaded, as many at once as its rules say."""

    name = "audio worker"
    wake_topic = WAKE
    check_interval = timedelta(seconds=10)

    def __init__(self, database: Database, objects: Objects, rules: AudioRules) -> None:
        self._database, self._objects, self._rules = database, objects, rules
        self.concurrency = self.batch_size = rules.concurrency

    async def claim(self, limit: int) -> Sequence[Claim]:
        """Up to `limit` versions that wait or whose worker is gone, those that wait longest first."""
        claims = []
        async with self._database.write(self.name) as session:
            due = (
                select(AudioVersion)
                .where(AudioVersion.due_at <= session.now)
                .order_by(AudioVersion.due_at, AudioVersion.id)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            for row in (await session.scalars(due)).all():
                until = session.now + self._rules.lease
                is_again = row.status == "processing"
                why = gettext("the worker before is gone") if is_again else gettext("a worker has a free place")
                await machine.move(
                    session, row, "processing", because=why, attempt=row.attempt + 1, tries=row.tries + 1,
                    claimed_until=until, due_at=until, stage=None, share=None,
                )  # fmt: skip
                claims.append(Claim.of(row))
        return claims

    async def work(self, claim: Claim) -> None:
        """Render and keep it, or say why not; a lost lease ends it without a word."""
        if claim.tries > MOST_TRIES:
            await self._unless_lost(claim, self._give_up(claim))
            return
        try:
            async with work_folder(self._rules.folder, f"{claim.id}-") as folder:
                # Its end ends the process; what that made is thrown away with its folder.
                finished = await run_leased(self._process(claim, folder), self._beat(claim))
        except Exception as error:
            await self._unless_lost(claim, self._record_failure(claim, error))
        else:
            await self._unless_lost(claim, self._finish(claim, finished))

    async def _record_failure(self, claim: Claim, error: Exception) -> None:
        if isinstance(error, NotRendered):
            await self._fail(claim, message_of(error))
        elif isinstance(error, NoSuchObject):
            await self._fail(claim, gettext("the file that was sent is gone: send it again"))
        elif isinstance(error, (ObjectsUnavailable, OSError)):
            log.warning("audio.put_off", version=str(claim.id), reason=str(error))
            await self._put_off(claim, trouble_of(error))
        else:
            raise error

    async def _unless_lost(self, claim: Claim, recording: Coroutine[Any, Any, None]) -> None:
        """Record the end; what was made is removed if the version is not ours any more, or its track is gone."""
        try:
            await recording
        except _TrackGone:
            await remove_audio_of(self._database, self._objects, [claim.track_id])
        except (_Lost, Stale):
            log.info("audio.lost", version=str(claim.id), attempt=claim.attempt)
            await remove_files(self._objects, claim.prefix)

    async def _process(self, claim: Claim, folder: Path) -> Finished:
        await self._objects.head(claim.original_key)
        source = self._objects.local_path(claim.original_key)
        if source is None:
            source = folder / "original"
            await self._objects.copy_to_file(claim.original_key, source)
        made = folder / "made"
        await asyncio.to_thread(made.mkdir)
        longest = self._rules.longest.total_seconds()
        start = None if claim.preview_start_ms is None else claim.preview_start_ms / 1000
        job = Job(str(source), str(made), longest, limits_for(claim.original_bytes, longest), start)
        kept: set[str] = set()
        async with aclosing(render_apart(job)) as process:
            async for said in process:
                if isinstance(said, Progress):
                    claim.stage, claim.share, claim.is_said = said.stage.value, said.share, False
                elif isinstance(said, FirstRung):
                    kept |= await keep_files(self._objects, made, claim.prefix, kept)
                    await self._show_first_rung(claim, said.rendered)
                elif isinstance(said, Finished):
                    await keep_files(self._objects, made, claim.prefix, kept)
                    return said
        raise AssertionError("the process ended without a word")  # pragma: no cover  (render_apart raises)

    async def _show_first_rung(self, claim: Claim, rendered: Rendered) -> None:
        """A track that had no sound can be played from now on."""
        async with self._database.write(self.name) as session:
            row = await _mine(session, claim)
            await machine.update(session, row, prefix=claim.prefix, rendered=msgspec.to_builtins(rendered))
            await tell_catalogue(session, claim.track_id)

    async def _finish(self, claim: Claim, finished: Finished) -> None:
        async with self._database.write(self.name) as session:
            row = await _mine(session, claim)
            facts: dict[str, Any] = {
                "prefix": claim.prefix, "rendered": msgspec.to_builtins(finished.rendered),
                "preview": msgspec.to_builtins(finished.preview), "ready_at": session.now, "due_at": None,
                "claimed_until": None, "stage": None, "share": None, "reason_id": None, "reason_fields": None,
            }  # fmt: skip
            await play(session, row, gettext("every rendition is there"), gettext("a newer one is ready"), **facts)
        await remove_files(self._objects, f"audio/{claim.id}", spared=claim.prefix)

    async def _fail(self, claim: Claim, why: Message) -> None:
        reason_id, fields = stored(why)
        async with self._database.write(self.name) as session:
            row = await _mine(session, claim)
            await machine.move(
                session, row, "failed", because=why, due_at=None, claimed_until=None, stage=None, share=None,
                reason_id=reason_id, reason_fields=fields, prefix=None, rendered=None,
            )  # fmt: skip
            await tell_catalogue(session, claim.track_id)
        await remove_files(self._objects, f"audio/{claim.id}")

    async def _put_off(self, claim: Claim, why: Message) -> None:
        """Try it again later: the file is not to blame, and the try does not count. An artist can take it back."""
        reason_id, fields = stored(why)
        # The exponent has an end, too: 2 ** 1,000 is no duration.
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(claim.attempt - 1, 10))
        async with self._database.write(self.name) as session:
            row = await _mine(session, claim)
            await machine.move(
                session, row, "uploaded", because=why, tries=claim.tries - 1, due_at=session.now + pause,
                claimed_until=None, stage=None, share=None, reason_id=reason_id, reason_fields=fields,
            )  # fmt: skip

    async def _give_up(self, claim: Claim) -> None:
        why = gettext(
            "it was tried {tries} times and came to no end: try it again later, or send another file", tries=MOST_TRIES
        )
        await self._fail(claim, why)

    async def _beat(self, claim: Claim) -> NoReturn:
        """Write progress down and renew the lease, until that raises: the row is not ours any more."""
        renew_at: datetime | None = None
        while True:
            await asyncio.sleep(min(BEAT, self._rules.lease / 6).total_seconds())
            now = self._database.clock.now()
            if claim.is_said and renew_at is not None and now < renew_at:
                continue
            claim.is_said = True
            try:
                async with self._database.write(self.name) as session:
                    row = await _mine(session, claim)
                    until = session.now + self._rules.lease
                    await machine.update(
                        session, row, claimed_until=until, due_at=until, stage=claim.stage, share=claim.share
                    )
            except DatabaseUnavailable:
                claim.is_said = False  # said with the next beat; the lease outlives some of them
                continue
            renew_at = now + self._rules.lease / 3


async def _mine(session: Session, claim: Claim) -> AudioVersion:
    """The version, locked behind its track, as everything that changes both does it. Raises _Lost."""
    is_there = await lock_track(session, claim.track_id)
    row = await session.get(AudioVersion, claim.id, with_for_update=True, populate_existing=True)
    if row is None or row.status != "processing" or row.attempt != claim.attempt:
        raise _Lost
    if not is_there:
        raise _TrackGone
    return row
