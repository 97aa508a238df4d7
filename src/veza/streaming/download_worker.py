"""The worker that makes downloads: claims one, encodes it in a process of its own, keeps the file.

Each attempt writes under a prefix of its own, a guarded move makes its file the download's, and a worker that lost its
lease keeps nothing (`ingest/track_jobs.py`).
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import structlog

from veza.audio import jobs
from veza.audio.apart import NotRendered, encode_apart, limits_for
from veza.audio.download_formats import DownloadFormat, suffix_of
from veza.audio.download_tags import Cover, Tags
from veza.audio.jobs import DownloadJob, Encoded
from veza.ingest.audio_files import remove_files
from veza.ingest.audio_versions import UnknownVersion, find_version
from veza.ingest.track_jobs import MOST_TRIES, Progress, TrackClaim, TrackJobs
from veza.ingest.track_sound import sound_of
from veza.kit.database import Database
from veza.kit.leased import run_leased
from veza.kit.messages import Message, gettext, message_of, stored
from veza.kit.objects import NoSuchObject, Objects, ObjectsUnavailable
from veza.kit.work_folders import trouble_of, work_folder
from veza.streaming.download_space import demand_space, most_bytes_of
from veza.streaming.downloads import WAKE, Download, machine
from veza.streaming.removing import remove_downloads_of
from veza.streaming.rules import DownloadRules
from veza.streaming.track_files import FileFacts

log = structlog.get_logger(__name__)

FIRST_PAUSE = timedelta(seconds=5)
"""After an attempt that a store or a disk ended, while a buyer waits; each further one is twice as long."""


@dataclass(slots=True)
class Claim(TrackClaim):
    """A download that is ours until its lease ends, and how far it is."""

    ROOT = "downloads"

    version_id: UUID
    wanted: DownloadFormat
    facts: FileFacts
    progress: Progress = field(default_factory=lambda: Progress({"share": None}))

    @classmethod
    def of(cls, row: Download) -> Claim:
        return cls(row.id, row.track_id, row.attempt, row.tries, row.version_id, row.wanted, row.said)

    @property
    def key(self) -> str:
        return f"{self.prefix}/track.{suffix_of(self.wanted)}"


class DownloadWorker:
    """Makes what was asked for, as many at once as its rules say."""

    name = "download worker"
    wake_topic = WAKE
    check_interval = timedelta(seconds=10)

    def __init__(self, database: Database, objects: Objects, rules: DownloadRules) -> None:
        self._database, self._objects, self._rules = database, objects, rules
        self.concurrency = self.batch_size = rules.concurrency
        self._jobs = TrackJobs(
            database, objects, machine, Claim.of, self.name, waits="waiting", works="making", progress=("share",),
            lease=rules.lease, first_pause=FIRST_PAUSE,
        )  # fmt: skip
        self.claim = self._jobs.claim

    async def work(self, claim: Claim) -> None:
        """Make and keep it, or say why not; a lost lease ends it without a word."""
        if claim.is_used_up:
            await self._jobs.recorded(claim, self._fail(claim, _GIVEN_UP), self._forget_track)
            return
        try:
            async with work_folder(self._rules.folder, f"{claim.id}-") as folder:
                made = await run_leased(self._make(claim, folder), self._jobs.beat(claim, claim.progress))
        except Exception as error:
            await self._jobs.recorded(claim, self._record_failure(claim, error), self._forget_track)
        else:
            await self._jobs.recorded(claim, self._finish(claim, made), self._forget_track)

    async def _forget_track(self, track_id: UUID) -> None:
        await remove_downloads_of(self._database, self._objects, [track_id])

    async def _record_failure(self, claim: Claim, error: Exception) -> None:
        if isinstance(error, NotRendered):
            await self._fail(claim, message_of(error))
        elif isinstance(error, (NoSuchObject, UnknownVersion)):
            await self._fail(claim, gettext("the original or its cover is gone"))
        elif isinstance(error, (ObjectsUnavailable, OSError)):
            log.warning("download.put_off", download=str(claim.id), reason=str(error))
            if claim.tries >= MOST_TRIES:  # who waits is told: it can be asked for again
                await self._fail(claim, trouble_of(error))
            else:
                await self._jobs.put_off(claim, trouble_of(error), counts=True)
        else:
            raise error

    async def _make(self, claim: Claim, folder: Path) -> Encoded:
        async with self._database.read() as session:
            version = await find_version(session, claim.version_id)
        sound = sound_of(version)
        if sound is None:
            raise UnknownVersion(claim.version_id)  # its files are being removed
        most_bytes = most_bytes_of(sound.rendered, claim.wanted)
        await demand_space(self._database, self._objects, self._rules, most_bytes)
        source = await self._objects.file_of(version.original_key, folder / "original")
        longest = self._rules.longest.total_seconds()
        path = folder / f"track.{suffix_of(claim.wanted)}"
        tags, limits = await self._tags(claim.facts), limits_for(version.original_bytes, longest)
        async with aclosing(
            encode_apart(DownloadJob(str(source), str(path), claim.wanted, tags, longest, limits))
        ) as process:
            async for said in process:
                if isinstance(said, jobs.Progress):
                    claim.progress.say(share=said.share)
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
            await self._jobs.end(
                session, claim, "ready", gettext("the file is there"), key=claim.key, size_bytes=made.size_bytes,
                crc32=made.crc32, file_hash=made.file_hash, ready_at=session.now, last_used_at=session.now,
                reason_id=None, reason_fields=None,
            )  # fmt: skip
        await remove_files(self._objects, claim.folder, spared=claim.prefix)

    async def _fail(self, claim: Claim, why: Message) -> None:
        reason_id, fields = stored(why)
        async with self._database.write(self.name) as session:
            await self._jobs.end(session, claim, "failed", why, reason_id=reason_id, reason_fields=fields)
        await remove_files(self._objects, claim.folder)


_GIVEN_UP = gettext("it was tried {tries} times and came to no end: ask for it again later", tries=MOST_TRIES)
