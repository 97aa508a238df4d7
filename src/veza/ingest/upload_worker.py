"""The worker of uploads: joins the parts of what has come into an original, and deletes the bytes of what has ended.

The name of the original is written down before the original is. Killed at any point, the worker finds the upload
again when its lease ends and does the same once more, to the same objects.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import structlog
from sqlalchemy import select

from veza.catalog.facade import Catalog
from veza.ingest.joining import NoTrack, Prepared, prepared, put_on_track
from veza.ingest.originals import Original, original_key
from veza.ingest.track_jobs import JobLost
from veza.ingest.upload_parts import PartsMissing, parts_of, remove_parts
from veza.ingest.upload_space import UploadLimits
from veza.ingest.uploaded_drafts import Drafts, drafts_of, drafts_of_drop
from veza.ingest.uploads import WAKE, Upload, machine, uploads_of_drop
from veza.kit.database import Session
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.leased import run_leased
from veza.kit.messages import Message, gettext, message_of, stored
from veza.kit.moves import Stale
from veza.kit.objects import NoSuchObject, ObjectsUnavailable, StoredObject
from veza.kit.work_folders import trouble_of

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)
"""Between two tries while the store or the disk fails. There is no last one: the bytes are there, and the artist can
give them up."""


@dataclass(frozen=True, slots=True)
class UploadRules:
    """How uploads become tracks: the folder for files that are read, how much may be uploaded, and the lease."""

    folder: Path
    limits: UploadLimits = field(default_factory=UploadLimits)
    lease: timedelta = LEASE


class UploadWorker:
    """Looks at uploads that are due: those that have come, that have expired, and whose bytes are to be deleted."""

    name = "upload worker"
    wake_topic = WAKE
    check_interval = timedelta(seconds=10)
    concurrency = batch_size = 2

    def __init__(self, catalog: Catalog, rules: UploadRules) -> None:
        self._catalog, self._rules = catalog, rules
        self._database, self._objects = catalog.database, catalog.objects

    async def claim(self, limit: int) -> Sequence[Upload]:
        """Up to `limit` uploads, those that wait longest first; each is ours until its lease ends. Those that have
        come get the name of their original; those that were abandoned have expired."""
        async with self._database.write(self.name) as session:
            due = (
                select(Upload)
                .where(Upload.due_at <= session.now)
                .order_by(Upload.due_at, Upload.id)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            rows = (await session.scalars(due)).all()
            for row in rows:
                ours: dict[str, Any] = {"attempt": row.attempt + 1, "due_at": session.now + self._rules.lease}
                if row.status == "receiving":
                    await machine.move(session, row, "expired", because=gettext("no byte came for a day"), **ours)
                elif row.status == "received":
                    await machine.update(session, row, original_id=row.original_id or session.new_id(), **ours)
                else:
                    await machine.update(session, row, **ours)
            return rows

    async def work(self, claim: Upload) -> None:
        """Join it, or delete its bytes, while the lease is renewed; what another request was first to change is left
        to that."""
        with suppress(JobLost, Stale):
            await run_leased(self._work(claim), self._beat(claim.id, claim.attempt))

    async def _work(self, row: Upload) -> None:
        try:
            if row.status == "received" and row.drop_id is not None:
                if not await self._join_drop(row):
                    return  # it waits for the others
            elif row.status == "received":
                await self._join(row)
            await self._clean(row)
        except Stale:
            log.info("upload.lost", upload=str(row.id), attempt=row.attempt)
            await self._clean_after_loss(row)
        except (ObjectsUnavailable, OSError) as error:
            log.warning("upload.put_off", upload=str(row.id), reason=str(error))
            await self._put_off(row, trouble_of(error))

    async def _join(self, row: Upload) -> None:
        assert row.original_id is not None  # named by the claim
        key = original_key(row.original_id)
        try:
            parts = await parts_of(self._objects, row.id, row.length_bytes)
            digest = hashlib.sha256()
            await self._objects.write(key, self._bytes_of(parts, digest))
            original = Original(key, row.length_bytes, digest.hexdigest(), row.file_name, "upload")
            if row.track_id is None and row.release_id is None:
                made = await drafts_of(self._catalog, self._rules.limits, self._rules.folder, row, key)
                async with self._database.write(self.name) as session:
                    await self._take_drafts(session, row, made, original)
            else:
                found = await prepared(self._objects, self._rules.folder, original) if row.track_id is None else None
                await self._take(row, original, found)
        except (PartsMissing, NoSuchObject, NoTrack) as error:
            async with self._database.write(self.name) as session:
                await self._refuse(session, row, message_of(error))

    async def _join_drop(self, row: Upload) -> bool:
        """Make drafts of all the files that were dropped at once, if this is the one that does it; else False: it
        looks again when the drop has had its time, or another of its files is given up."""
        async with self._database.write(self.name) as session:
            drop = await uploads_of_drop(session, row)
            come = [one for one in drop if one.status == "received"]
            none_is_awaited = len(drop) >= (row.drop_files or 1) and all(one.status != "receiving" for one in drop)
            is_whole = none_is_awaited or session.now >= row.expires_at
            if not is_whole or come[-1].id != row.id:
                await machine.update(session, row, due_at=max(row.expires_at, session.now + self._rules.lease))
                if is_whole and come[-1].due_at == come[-1].expires_at:  # the last to begin makes them, and waits
                    await machine.update(session, come[-1], due_at=session.now)
                    session.wake(WAKE)
                return False
        come[-1] = row
        try:
            made = await drafts_of_drop(self._catalog, self._rules.limits, self._rules.folder, come, self._whole)
        except (PartsMissing, NoSuchObject, NoTrack) as error:
            await self._end_drop(row, come, partial(self._refuse, why=message_of(error)))
        else:
            await self._end_drop(row, come, partial(self._take_drafts, made=made))
        return row.status != "received"

    async def _end_drop(
        self, row: Upload, come: Sequence[Upload], end: Callable[[Session, Upload], Awaitable[None]]
    ) -> None:
        """End all files of a drop at once but those that were given up meanwhile, `row` itself among them. Raises
        Stale if another worker has it."""
        async with self._database.write(self.name) as session:
            for now in await uploads_of_drop(session, row):
                if now.status != "received" or now.id not in {one.id for one in come}:
                    continue
                await end(session, row if now.id == row.id else now)
                if now.id != row.id:
                    await machine.update(session, now, due_at=session.now)  # its parts are deleted as this one's are
            session.wake(WAKE)

    async def _whole(self, row: Upload) -> AsyncIterator[bytes]:
        parts = await parts_of(self._objects, row.id, row.length_bytes)
        async for chunk in self._bytes_of(parts, hashlib.sha256()):
            yield chunk

    async def _bytes_of(self, parts: Sequence[StoredObject], digest: hashlib._Hash) -> AsyncIterator[bytes]:
        for part in parts:
            async for chunk in self._objects.chunks(part.key):
                await asyncio.to_thread(digest.update, chunk)
                yield chunk

    async def _take(self, row: Upload, original: Original, found: Prepared | None) -> None:
        async with self._database.write(self.name) as session:
            track_id = await put_on_track(session, row, original, found, self._catalog.limits)
            await machine.move(
                session, row, "taken", because=gettext("its parts are one file, and its track has it"),
                track_id=track_id, sha256=original.file_hash, due_at=self._until(session), retry_count=0,
                reason_id=None, reason_fields=None,
            )  # fmt: skip

    async def _take_drafts(self, session: Session, row: Upload, made: Drafts, original: Original | None = None) -> None:
        reason_id, fields = (None, None) if made.left_out is None else stored(made.left_out)
        await machine.move(
            session, row, "taken", because=gettext("its recordings are in drafts"), release_id=made.release_id,
            sha256=original.file_hash if original else None, due_at=self._until(session), retry_count=0,
            reason_id=reason_id, reason_fields=fields, stored_notes=[[*stored(note)] for note in made.notes],
        )  # fmt: skip

    async def _refuse(self, session: Session, row: Upload, why: Message) -> None:
        reason_id, fields = stored(why)
        await machine.move(
            session, row, "refused", because=why, due_at=self._until(session), reason_id=reason_id,
            reason_fields=fields,
        )  # fmt: skip

    async def _clean(self, row: Upload) -> None:
        """Delete its parts, and the original that no track has."""
        await remove_parts(self._objects, row.id)
        is_a_tracks = row.status == "taken" and row.track_id is not None
        if not is_a_tracks and row.original_id is not None:
            await self._objects.remove(original_key(row.original_id))
        async with self._database.write(self.name) as session:
            await machine.update(session, row, due_at=None)
            if row.status == "terminated" and row.drop_id is not None:  # the drop may wait for nothing more
                come = [one for one in await uploads_of_drop(session, row) if one.status == "received"]
                for one in come[-1:]:
                    await machine.update(session, one, due_at=session.now)
                    session.wake(WAKE)

    async def _clean_after_loss(self, row: Upload) -> None:
        """Delete what was written of an upload that was given up meanwhile: the worker that cleaned up was earlier."""
        async with self._database.read() as session:
            now = await session.get(Upload, row.id)
        if now is not None and now.status == "terminated" and row.original_id is not None:
            with suppress(ObjectsUnavailable):
                await self._objects.remove(original_key(row.original_id))

    async def _put_off(self, row: Upload, why: Message) -> None:
        """Try it again later: the file is not to blame."""
        reason_id, fields = stored(why)
        said = {"reason_id": reason_id, "reason_fields": fields} if row.status == "received" else {}
        # The exponent has an end, too: 2 ** 1,000 is no duration.
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.retry_count, 10))
        with suppress(Stale):
            async with self._database.write(self.name) as session:
                await machine.update(
                    session, row, due_at=session.now + pause, retry_count=row.retry_count + 1, **said
                )  # fmt: skip

    async def _beat(self, upload_id: object, attempt: int) -> NoReturn:
        """Renew the lease. Raises JobLost and Stale once the row is not ours any more."""
        while True:
            await asyncio.sleep((self._rules.lease / 3).total_seconds())
            try:
                async with self._database.write(self.name) as session:
                    row = await session.get(Upload, upload_id, with_for_update=True)
                    if row is None or row.attempt != attempt:
                        raise JobLost
                    if row.due_at is not None:  # null: the last thing was just done
                        await machine.update(session, row, due_at=self._until(session))
            except DatabaseUnavailable:
                continue  # the lease outlives two beats

    def _until(self, session: Session) -> datetime:
        return session.now + self._rules.lease
