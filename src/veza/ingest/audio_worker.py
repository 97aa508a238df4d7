"""The worker that turns originals into sound: claims a version, renders it in a process of its own, keeps the files.

Each attempt writes under a prefix of its own, and only a guarded move makes its files the version's. The lease is
renewed as long as the process lives; a worker that lost it ends its process and keeps nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import structlog

from veza.audio import jobs
from veza.audio.apart import NotRendered, limits_for, render_apart
from veza.audio.jobs import Finished, FirstRung, Job
from veza.ingest.audio_files import keep_files, remove_files
from veza.ingest.audio_versions import AudioVersion, machine
from veza.ingest.originals import WAKE, play
from veza.ingest.removing import remove_audio_of
from veza.ingest.track_jobs import LEASE, MOST_TRIES, Progress, TrackClaim, TrackJobs
from veza.ingest.track_sound import tell_catalogue
from veza.kit.database import Database
from veza.kit.leased import run_leased
from veza.kit.messages import Message, gettext, message_of, stored
from veza.kit.objects import NoSuchObject, Objects, ObjectsUnavailable
from veza.kit.work_folders import trouble_of, work_folder

log = structlog.get_logger(__name__)

FIRST_PAUSE = timedelta(seconds=15)
"""After an attempt that a store or a disk ended; each further pause is twice as long, up to LONGEST_PAUSE."""


@dataclass(frozen=True, slots=True)
class AudioRules:
    """How originals are processed: how many at once, how long a track may be, and where files lie meanwhile."""

    folder: Path
    concurrency: int = 2
    longest: timedelta = timedelta(hours=6)
    lease: timedelta = LEASE


@dataclass(slots=True)
class Claim(TrackClaim):
    """A version that is ours until its lease ends, and how far it is."""

    ROOT = "audio"

    original_key: str
    original_bytes: int
    preview_start_ms: int | None
    progress: Progress = field(default_factory=lambda: Progress({"stage": None, "share": None}))

    @classmethod
    def of(cls, row: AudioVersion) -> Claim:
        return cls(
            row.id, row.track_id, row.attempt, row.tries, row.original_key, row.original_bytes, row.preview_start_ms
        )


class AudioWorker:
    """Renders what is uploaded, as many at once as its rules say."""

    name = "audio worker"
    wake_topic = WAKE
    check_interval = timedelta(seconds=10)

    def __init__(self, database: Database, objects: Objects, rules: AudioRules) -> None:
        self._database, self._objects, self._rules = database, objects, rules
        self.concurrency = self.batch_size = rules.concurrency
        self._jobs = TrackJobs(
            database, objects, machine, Claim.of, self.name, waits="uploaded", works="processing",
            progress=("stage", "share"), lease=rules.lease, first_pause=FIRST_PAUSE,
        )  # fmt: skip
        self.claim = self._jobs.claim

    async def work(self, claim: Claim) -> None:
        """Render and keep it, or say why not; a lost lease ends it without a word."""
        if claim.is_used_up:
            await self._jobs.recorded(claim, self._fail(claim, _GIVEN_UP), self._forget_track)
            return
        try:
            async with work_folder(self._rules.folder, f"{claim.id}-") as folder:
                # Its end ends the process; what that made is thrown away with its folder.
                finished = await run_leased(self._process(claim, folder), self._jobs.beat(claim, claim.progress))
        except Exception as error:
            await self._jobs.recorded(claim, self._record_failure(claim, error), self._forget_track)
        else:
            await self._jobs.recorded(claim, self._finish(claim, finished), self._forget_track)

    async def _forget_track(self, track_id: UUID) -> None:
        await remove_audio_of(self._database, self._objects, [track_id])

    async def _record_failure(self, claim: Claim, error: Exception) -> None:
        if isinstance(error, NotRendered):
            await self._fail(claim, message_of(error))
        elif isinstance(error, NoSuchObject):
            await self._fail(claim, gettext("the file that was sent is gone: send it again"))
        elif isinstance(error, (ObjectsUnavailable, OSError)):
            log.warning("audio.put_off", version=str(claim.id), reason=str(error))
            await self._jobs.put_off(claim, trouble_of(error), counts=False)  # what was sent waits as long as it must
        else:
            raise error

    async def _process(self, claim: Claim, folder: Path) -> Finished:
        source = await self._objects.file_of(claim.original_key, folder / "original")
        made = folder / "made"
        await asyncio.to_thread(made.mkdir)
        longest = self._rules.longest.total_seconds()
        start = None if claim.preview_start_ms is None else claim.preview_start_ms / 1000
        job = Job(str(source), str(made), longest, limits_for(claim.original_bytes, longest), start)
        kept: set[str] = set()
        async with aclosing(render_apart(job)) as process:
            async for said in process:
                if isinstance(said, jobs.Progress):
                    claim.progress.say(stage=said.stage.value, share=said.share)
                    continue
                kept |= await keep_files(self._objects, made, claim.prefix, kept)
                if isinstance(said, Finished):
                    return said
                await self._show_first_rung(claim, said)
        raise AssertionError("the process ended without a word")  # pragma: no cover  (render_apart raises)

    async def _show_first_rung(self, claim: Claim, said: FirstRung) -> None:
        """A track that had no sound can be played from now on."""
        async with self._database.write(self.name) as session:
            row = await self._jobs.mine(session, claim)
            await machine.update(session, row, prefix=claim.prefix, rendered=msgspec.to_builtins(said.rendered))
            await tell_catalogue(session, claim.track_id)

    async def _finish(self, claim: Claim, finished: Finished) -> None:
        async with self._database.write(self.name) as session:
            row = await self._jobs.mine(session, claim)
            await play(
                session, row, gettext("every rendition is there"), gettext("a newer one is ready"),
                prefix=claim.prefix, rendered=msgspec.to_builtins(finished.rendered),
                preview=msgspec.to_builtins(finished.preview), ready_at=session.now, due_at=None, claimed_until=None,
                stage=None, share=None, reason_id=None, reason_fields=None,
            )  # fmt: skip
        await remove_files(self._objects, claim.folder, spared=claim.prefix)

    async def _fail(self, claim: Claim, why: Message) -> None:
        reason_id, fields = stored(why)
        async with self._database.write(self.name) as session:
            facts = {"reason_id": reason_id, "reason_fields": fields, "prefix": None, "rendered": None}
            await self._jobs.end(session, claim, "failed", why, **facts)
            await tell_catalogue(session, claim.track_id)
        await remove_files(self._objects, claim.folder)


_GIVEN_UP = gettext(
    "it was tried {tries} times and came to no end: try it again later, or send another file", tries=MOST_TRIES
)
