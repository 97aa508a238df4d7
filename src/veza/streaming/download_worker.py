"""The worker that makes downloads: claims one, encodes it in a process of its own, keeps the file.

It works as ingest's does (`ingest/audio_worker.py`): each attempt writes under a prefix of its own, a guarded move
makes its file the download's, and a worker that lost its lease keeps nothing.
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

from veza.audio.apart import DownloadJob, Encoded, NotRendered, Progress, encode_apart, limits_for
from veza.audio.download_formats import DownloadFormat, suffix_of
from veza.audio.download_tags import Cover, Tags
from veza.catalog.track_audio import lock_track
from veza.ingest.audio_files import remove_files
from veza.ingest.audio_versions import UnknownVersion, find_version
from veza.kit.database import Database, Session
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.leased import run_leased
from veza.kit.messages import Message, gettext, message_of, stored
from veza.kit.moves import Stale
from veza.kit.objects import NoSuchObject, Objects, ObjectsUnavailable
from veza.kit.work_folders import trouble_of, work_folder
from veza.streaming.downloads import WAKE, Download, machine
from veza.streaming.removing import remove_downloads_of
from veza.streaming.track_files import FileFacts

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
BEAT = timedelta(seconds=1)
"""How often progress is written down, where there is any; the lease is renewed by it at least every third of it."""
MOST_TRIES = 5
FIRST_PAUSE = timedelta(seconds=5)
"""After an attempt that failed without a fault of the file, while a buyer waits; each further one is twice as long."""


@dataclass(frozen=True, slots=True)
class DownloadRules:
    """How downloads are made: how many at once, how long a track may be, where files lie meanwhile; and how many bytes
    of them are kept."""

    folder: Path
    concurrency: int = 2
    longest: timedelta = timedelta(hours=6)
    most_bytes: int = 50 * 1024**3
    lease: timedelta = LEASE


@dataclass(slots=True)
class Claim:
    """A download that is ours until its lease ends, and how far it is."""

    id: UUID
    track_id: UUID
    version_id: UUID
    attempt: int
    tries: int
    wanted: DownloadFormat
    facts: FileFacts
    share: float | None = None
    is_said: bool = True
    """Whether the share is written down."""

    @classmethod
    def of(cls, row: Download) -> Claim:
        return cls(row.id, row.track_id, row.version_id, row.attempt, row.tries, row.wanted, row.said)

    @property
    def prefix(self) -> str:
        return f"downloads/{self.id}/{self.attempt}"

    @property
    def key(self) -> str:
        return f"{self.prefix}/track.{suffix_of(self.wanted)}"


class _Lost(Exception):
    """Another worker was first: nothing more is to be done here."""


class _TrackGone(Exception):
    """The track was deleted, and its downloads are to go with it."""


class DownloadWorker:
    """Makes what was asked for, as many at once as its rules say."""

    name = "download worker"
    wake_topic = WAKE
    check_interval = timedelta(seconds=10)

    def __init__(self, database: Database, objects: Objects, rules: DownloadRules) -> None:
        self._database, self._objects, self._rules = database, objects, rules
        self.concurrency = self.batch_size = rules.concurrency

    async def claim(self, limit: int) -> Sequence[Claim]:
        """Up to `limit` downloads that wait or whose worker is gone, those that wait longest first."""
        claims = []
        async with self._database.write(self.name) as session:
            due = (
                select(Download)
                .where(Download.due_at <= session.now)
                .order_by(Download.due_at, Download.id)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            for row in (await session.scalars(due)).all():
                until = session.now + self._rules.lease
                is_again = row.status == "making"
                why = gettext("the worker before is gone") if is_again else gettext("a worker has a free place")
                await machine.move(
                    session, row, "making", because=why, attempt=row.attempt + 1, tries=row.tries + 1,
                    claimed_until=until, due_at=until, share=None,
                )  # fmt: skip
                claims.append(Claim.of(row))
        return claims

    async def work(self, claim: Claim) -> None:
        """Make and keep it, or say why not; a lost lease ends it without a word."""
        if claim.tries > MOST_TRIES:
            await self._unless_lost(claim, self._fail(claim, _GIVEN_UP))
            return
        try:
            async with work_folder(self._rules.folder, f"{claim.id}-") as folder:
                made = await run_leased(self._make(claim, folder), self._beat(claim))
        except Exception as error:
            await self._unless_lost(claim, self._record_failure(claim, error))
        else:
            await self._unless_lost(claim, self._finish(claim, made))

    async def _record_failure(self, claim: Claim, error: Exception) -> None:
        if isinstance(error, NotRendered):
            await self._fail(claim, message_of(error))
        elif isinstance(error, (NoSuchObject, UnknownVersion)):
            await self._fail(claim, gettext("the original or its cover is gone"))
        elif isinstance(error, (ObjectsUnavailable, OSError)):
            log.warning("download.put_off", download=str(claim.id), reason=str(error))
            await self._put_off(claim, trouble_of(error))
        else:
            raise error

    async def _unless_lost(self, claim: Claim, recording: Coroutine[Any, Any, None]) -> None:
        """Record the end; what was made is removed if the download is not ours any more, or its track is gone."""
        try:
            await recording
        except _TrackGone:
            await remove_downloads_of(self._database, self._objects, [claim.track_id])
        except (_Lost, Stale):
            log.info("download.lost", download=str(claim.id), attempt=claim.attempt)
            await remove_files(self._objects, claim.prefix)

    async def _make(self, claim: Claim, folder: Path) -> Encoded:
        async with self._database.read() as session:
            version = await find_version(session, claim.version_id)
        await self._objects.head(version.original_key)
        source = self._objects.local_path(version.original_key)
        if source is None:
            source = folder / "original"
            await self._objects.copy_to_file(version.original_key, source)
        longest = self._rules.longest.total_seconds()
        path = folder / f"track.{suffix_of(claim.wanted)}"
        tags, limits = await self._tags(claim.facts), limits_for(version.original_bytes, longest)
        async with aclosing(
            encode_apart(DownloadJob(str(source), str(path), claim.wanted, tags, longest, limits))
        ) as process:
            async for said in process:
                if isinstance(said, Progress):
                    claim.share, claim.is_said = said.share, False
                else:
                    await self._objects.write_file(claim.key, path)
                    return said
        raise AssertionError("the process ended without a word")  # pragma: no cover  (encode_apart raises)

    async def _tags(self, facts: FileFacts) -> Tags:
        """With the picture, as a file has them."""
        if facts.cover_key is None:
            return facts.tags
        picture = await self._objects.get(facts.cover_key)
        cover = Cover(picture, "image/jpeg", facts.cover_side, facts.cover_side)
        return msgspec.structs.replace(facts.tags, cover=cover)

    async def _finish(self, claim: Claim, made: Encoded) -> None:
        async with self._database.write(self.name) as session:
            row = await _mine(session, claim)
            await machine.move(
                session, row, "ready", because=gettext("the file is there"), key=claim.key, size_bytes=made.size_bytes,
                crc32=made.crc32, file_hash=made.file_hash, ready_at=session.now, last_used_at=session.now, due_at=None,
                claimed_until=None, share=None, reason_id=None, reason_fields=None,
            )  # fmt: skip
        await remove_files(self._objects, f"downloads/{claim.id}", spared=claim.prefix)

    async def _fail(self, claim: Claim, why: Message) -> None:
        reason_id, fields = stored(why)
        async with self._database.write(self.name) as session:
            row = await _mine(session, claim)
            await machine.move(
                session, row, "failed", because=why, due_at=None, claimed_until=None, share=None,
                reason_id=reason_id, reason_fields=fields,
            )  # fmt: skip
        await remove_files(self._objects, f"downloads/{claim.id}")

    async def _put_off(self, claim: Claim, why: Message) -> None:
        """Try it again later: the file is not to blame."""
        if claim.tries >= MOST_TRIES:
            await self._fail(claim, why)
            return
        reason_id, fields = stored(why)
        pause = FIRST_PAUSE * 2 ** (claim.tries - 1)
        async with self._database.write(self.name) as session:
            row = await _mine(session, claim)
            await machine.move(
                session, row, "waiting", because=why, due_at=session.now + pause, claimed_until=None, share=None,
                reason_id=reason_id, reason_fields=fields,
            )  # fmt: skip

    async def _beat(self, claim: Claim) -> NoReturn:
        """Write progress down and renew the lease. Raises _Lost, _TrackGone and Stale once the row is not ours."""
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
                    await machine.update(session, row, claimed_until=until, due_at=until, share=claim.share)
            except DatabaseUnavailable:
                claim.is_said = False  # said with the next beat; the lease outlives some of them
                continue
            renew_at = now + self._rules.lease / 3


_GIVEN_UP = gettext("it was tried {tries} times and came to no end: ask for it again later", tries=MOST_TRIES)


async def _mine(session: Session, claim: Claim) -> Download:
    """The download, locked behind its track, as `ask_for` does it. Raises _Lost, _TrackGone."""
    is_there = await lock_track(session, claim.track_id)
    row = await session.get(Download, claim.id, with_for_update=True, populate_existing=True)
    if row is None or row.status != "making" or row.attempt != claim.attempt:
        raise _Lost
    if not is_there:
        raise _TrackGone
    return row
