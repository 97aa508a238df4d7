"""Receiving: an upload begins, and its bytes come in requests of any length, each going on where the last one ended."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from veza.accounts.identity import Identity
from veza.catalog import acting
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import find_track
from veza.ingest.facade import Ingest
from veza.ingest.store_trouble import store_failed
from veza.ingest.turns import Turn, until_asked
from veza.ingest.upload_parts import MOST_PARTS, cut, key_of
from veza.ingest.upload_space import TooLargeToUpload, demand_disk, demand_quota, demand_size
from veza.ingest.uploads import (
    LIFETIME,
    WAKE,
    Displaced,
    NotReceiving,
    Upload,
    WrongOffset,
    demand_there,
    machine,
    terminate,
    upload_of,
)
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.kit.moves import Stale
from veza.kit.objects import ObjectsUnavailable
from veza.kit.text import sanitize

log = structlog.get_logger(__name__)

CHECKSUMS = ("sha1", "sha256", "md5")
LONGEST_PATH = 1_000
LONGEST_FILE_NAME = 255
"""Code points of a file name that are kept."""


class WrongChecksum(Exception):
    """The bytes that came are not those that were sent; none of them is stored."""

    def __init__(self, algorithm: str) -> None:
        super().__init__(
            gettext(
                "the bytes that came have another {algorithm} than those that were sent: send them again",
                algorithm=algorithm,
            )
        )


class TooManyBytes(Exception):
    """More bytes came than the file has."""

    def __init__(self, upload: Upload) -> None:
        super().__init__(
            gettext("more came than the {length_bytes:,} bytes of the file", length_bytes=upload.length_bytes)
        )


class TooManyParts(Exception):
    """The file comes in smaller parts than can be kept."""

    def __init__(self) -> None:
        super().__init__(
            gettext("the file came in {most:,} parts already: send the rest in larger ones", most=MOST_PARTS)
        )


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """What is to be uploaded, for one of three: the sound of a track, that of a new track of a release, or a recording
    or ZIP that becomes drafts of an artist.

    Of an artist's `drop_files` files that are dropped at once each has the same `drop_id`: they become drafts together.
    `path` is where one lay in its folder.
    """

    length_bytes: int
    file_name: str
    track_id: UUID | None = None
    release_id: UUID | None = None
    artist_id: UUID | None = None
    drop_id: UUID | None = None
    drop_files: int | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a body is compared with: one of CHECKSUMS, and the digest."""

    algorithm: str
    digest: bytes


async def begin(session: Session, ingest: Ingest, wanted: UploadRequest, identity: Identity) -> Upload:
    """An upload of no byte yet. Raises UnknownTrack, UnknownRelease, NotYours, TooLargeToUpload, QuotaReached,
    DiskFull."""
    demand_size(ingest.limits, wanted.length_bytes)
    artist_id = await _artist_to_upload_for(session, wanted, identity)
    await demand_quota(session, ingest.limits, artist_id, wanted.length_bytes)
    await demand_disk(session, ingest.limits, wanted.length_bytes, ingest.objects.free_bytes())
    (row,) = await machine.create(
        session,
        [
            {
                "id": session.new_id(), "artist_id": artist_id, "person_id": identity.person_id,
                "track_id": wanted.track_id, "release_id": wanted.release_id,
                "file_name": sanitize(wanted.file_name).strip()[:LONGEST_FILE_NAME], "status": "receiving",
                "attempt": 0, "length_bytes": wanted.length_bytes, "offset_bytes": 0, "parts_count": 0,
                "drop_id": wanted.drop_id, "drop_files": wanted.drop_files,
                "path": None if wanted.path is None else sanitize(wanted.path).strip()[:LONGEST_PATH],
                "retry_count": 0, "due_at": session.now + LIFETIME, "expires_at": session.now + LIFETIME,
                "created_at": session.now,
            }
        ],
        because=gettext("begun"),
    )  # fmt: skip
    return row


async def receive(
    ingest: Ingest,
    upload_id: UUID,
    identity: Identity,
    offset_bytes: int,
    chunks: AsyncIterator[bytes],
    *,
    body_bytes: int | None = None,
    checksum: Checksum | None = None,
    is_form: bool = False,
) -> Upload:
    """Store `chunks`, which are the file from `offset_bytes` on; `body_bytes` is how many come, where that was said.
    A form's file has come when its form ends, not at a certain byte.

    If `chunks` fails, the bytes before are stored, and its error is raised; with a `checksum`, all are stored or none.
    Raises UnknownUpload, UploadGone, NotReceiving, WrongOffset, TooManyBytes, TooManyParts, TooManyWriters, Displaced,
    WrongChecksum, StoreFailed and StoreFull.
    """
    async with ingest.turns.of(upload_id, str(identity.person_id or identity.actor)) as turn:
        row = await _taken_over(ingest, upload_id, identity, offset_bytes, body_bytes)
        writer = _Writer(ingest, row, identity.actor, is_form=is_form)
        if checksum is None:
            await writer.write(chunks, turn)
        else:
            await writer.write_checked(chunks, turn, checksum)
        return row


async def receive_whole(
    ingest: Ingest, wanted: UploadRequest, identity: Identity, chunks: AsyncIterator[bytes]
) -> Upload:
    """An upload of a form, which is sent at once: `length_bytes` of `wanted` is the most that may come. It waits for
    `finish`; if `chunks` fails it is given up, and its error raised. Raises what `begin` and `receive` do."""
    async with ingest.database.write(identity.actor) as session:
        row = await begin(session, ingest, wanted, identity)
    try:
        return await receive(ingest, row.id, identity, 0, chunks, is_form=True)
    except BaseException:
        await give_up(ingest, row.id, identity)
        raise


async def finish(session: Session, upload: Upload) -> Upload:
    """The file of a form has come to its end. Raises Stale, TooLargeToUpload for an empty one."""
    row = await session.get_one(Upload, upload.id, with_for_update=True, populate_existing=True)
    length_bytes = row.offset_bytes
    if length_bytes == 0:
        raise TooLargeToUpload(gettext("the file is empty: there is nothing to hear in it"))
    whole = gettext("all {length_bytes:,} bytes have come", length_bytes=length_bytes)
    await machine.move(session, row, "received", because=whole, length_bytes=length_bytes, due_at=session.now)
    session.wake(WAKE)
    return row


async def give_up(ingest: Ingest, upload_id: UUID, identity: Identity) -> None:
    """Give up an upload that still receives; one that does not is left as it is."""
    async with ingest.database.write(identity.actor) as session:
        row = await session.get(Upload, upload_id, with_for_update=True, populate_existing=True)
        if row is not None and row.status == "receiving":
            await terminate(session, row)


class _Writer:
    """Stores parts of one upload, and moves its offset while it is its writer."""

    def __init__(self, ingest: Ingest, row: Upload, actor: str, *, is_form: bool) -> None:
        self._ingest, self._row, self._actor, self._is_form = ingest, row, actor, is_form

    async def write(self, chunks: AsyncIterator[bytes], turn: Turn) -> None:
        row = self._row
        async for part in cut(until_asked(chunks, turn)):
            self._demand_fits(row.offset_bytes, row.parts_count, part)
            key = await self._put(row.offset_bytes, part)
            await self._move_offset(row.offset_bytes + len(part), row.parts_count + 1, [key])

    async def write_checked(self, chunks: AsyncIterator[bytes], turn: Turn, checksum: Checksum) -> None:
        row = self._row
        digest = hashlib.new(checksum.algorithm, usedforsecurity=False)
        end, keys = row.offset_bytes, list[str]()
        try:
            async for part in cut(until_asked(chunks, turn)):
                self._demand_fits(end, row.parts_count + len(keys), part)
                digest.update(part)
                keys.append(await self._put(end, part))
                end += len(part)
            if digest.digest() != checksum.digest:
                raise WrongChecksum(checksum.algorithm)
        except Exception:
            await self._remove(keys)
            raise
        if keys:
            await self._move_offset(end, row.parts_count + len(keys), keys)

    def _demand_fits(self, start: int, parts_count: int, part: bytearray) -> None:
        if start + len(part) > self._row.length_bytes:
            raise TooManyBytes(self._row)
        if parts_count >= MOST_PARTS:
            raise TooManyParts

    async def _put(self, start: int, part: bytearray) -> str:
        row = self._row
        key = key_of(row.id, start, row.attempt)
        try:
            await self._ingest.objects.put(key, part)
        except ObjectsUnavailable as error:
            log.warning("upload.not_stored", upload=str(row.id), offset=row.offset_bytes, reason=str(error))
            raise store_failed(error, row.offset_bytes, is_form=self._is_form) from error
        return key

    async def _move_offset(self, to: int, parts_count: int, keys: list[str]) -> None:
        """Say that the parts of `keys` are stored; the last byte makes it a file that has come."""
        row = self._row
        try:
            async with self._ingest.database.write(self._actor) as session:
                facts: dict[str, Any] = {"offset_bytes": to, "parts_count": parts_count}
                if self._is_form or to < row.length_bytes:
                    expires_at = session.now + LIFETIME
                    await machine.update(session, row, **facts, due_at=expires_at, expires_at=expires_at)
                else:
                    whole = gettext("all {length_bytes:,} bytes have come", length_bytes=row.length_bytes)
                    await machine.move(session, row, "received", because=whole, **facts, due_at=session.now)
                    session.wake(WAKE)
        except Stale:
            await self._remove(keys)
            raise Displaced from None

    async def _remove(self, keys: list[str]) -> None:
        # Left where the store does not answer: a worker deletes all parts in the end.
        with suppress(ObjectsUnavailable):
            for key in keys:
                await self._ingest.objects.remove(key)


async def _taken_over(
    ingest: Ingest, upload_id: UUID, identity: Identity, offset_bytes: int, body_bytes: int | None
) -> Upload:
    """The upload, whose only writer is this request from now on."""
    async with ingest.database.write(identity.actor) as session:
        row = await upload_of(session, upload_id, identity, to_change=True)
        demand_there(row)
        if row.offset_bytes != offset_bytes:
            raise WrongOffset(offset_bytes, row.offset_bytes)
        if row.status != "receiving":
            raise NotReceiving(row)
        if offset_bytes + (body_bytes or 0) > row.length_bytes:
            raise TooManyBytes(row)
        expires_at = session.now + LIFETIME
        await machine.update(session, row, attempt=row.attempt + 1, due_at=expires_at, expires_at=expires_at)
        return row


async def _artist_to_upload_for(session: Session, wanted: UploadRequest, identity: Identity) -> UUID:
    """The artist, locked. Raises UnknownTrack, UnknownRelease, UnknownArtist, NotYours."""
    if wanted.artist_id is not None:
        return (await acting.artist_to_change(session, str(wanted.artist_id), identity)).id
    release_id = wanted.release_id
    if wanted.track_id is not None:
        release_id = (await find_track(session, wanted.track_id)).release_id
    artist_id = await session.scalar(select(Release.artist_id).where(Release.id == release_id))
    # Of two uploads that begin at once, the second sees the first. The artist before its release, as imports lock them.
    await session.execute(select(Artist.id).where(Artist.id == artist_id).with_for_update())
    if wanted.track_id is not None:
        return (await acting.track_to_change(session, wanted.track_id, identity))[0].artist_id
    if release_id is None:
        raise TypeError("an upload is for a track, a release or an artist")
    return (await acting.release_to_change(session, release_id, identity)).artist_id
