"""How much may be uploaded: by file, by artist, and by what the disk holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from veza.ingest.audio_versions import ON_ITS_WAY, AudioVersion
from veza.ingest.uploads import PENDING, Upload
from veza.kit.database import Session
from veza.kit.limits import Limit
from veza.kit.messages import Message, gettext

GIB = 1024**3
RENDITIONS = 3
"""What is made of an original takes at most so many times its size: of WAV 1.3 (0.4 GB of AAC an hour, and FLAC no
larger than the original), of FLAC about 2, of MP3 at 320 kbit/s 2.8."""
UPLOADED = 1 + RENDITIONS
"""The same of an upload, with its original. Its parts lie beside the original while they are joined, and are gone
before more than the original is made of it."""
MOST_PENDING = 500
"""Uploads of one artist at a time: a release has at most so many tracks unless an operator says otherwise."""
UPLOADS = Limit("uploads", burst=600, per=timedelta(seconds=5))
"""Begun by one person: a box set at once, then twelve a minute."""


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """Bytes, each at most; of `free_disk_bytes`, at least. The defaults are those of the settings."""

    file_bytes: int = 4 * GIB
    artist_bytes: int = 500 * GIB
    free_disk_bytes: int = 2 * GIB


class TooLargeToUpload(Exception):
    """The file is larger than any may be, or has no byte."""

    def __init__(self, said: Message) -> None:
        super().__init__(said)


class QuotaReached(Exception):
    """The artist's originals and uploads would take more than an artist may have."""

    def __init__(self, said: Message) -> None:
        super().__init__(said)


class DiskFull(Exception):
    """The disk has no space for the file beside what is kept free, and what other uploads will take."""

    def __init__(self, said: Message) -> None:
        super().__init__(said)


def demand_size(limits: UploadLimits, length_bytes: int) -> None:
    """Raises TooLargeToUpload."""
    if length_bytes == 0:
        raise TooLargeToUpload(gettext("the file is empty: there is nothing to hear in it"))
    if length_bytes > limits.file_bytes:
        raise TooLargeToUpload(
            gettext(
                "the file has {length_bytes:,} bytes, at most {most_bytes:,} are taken (UPLOAD_MAX_BYTES)",
                length_bytes=length_bytes,
                most_bytes=limits.file_bytes,
            )
        )


async def demand_quota(session: Session, limits: UploadLimits, artist_id: UUID, length_bytes: int) -> None:
    """Raises QuotaReached unless a locked artist may upload so many bytes more."""
    count, pending_bytes = await _pending(session, artist_id)
    if count >= MOST_PENDING:
        raise QuotaReached(
            gettext("{count} uploads of this artist have not ended: let one of them end, or give one up", count=count)
        )
    used_bytes = pending_bytes + await originals_bytes(session, artist_id)
    if used_bytes + length_bytes > limits.artist_bytes:
        raise QuotaReached(
            gettext(
                "the file has {length_bytes:,} bytes, and of the {most_bytes:,} that an artist may have "
                "(UPLOAD_QUOTA_BYTES) {left_bytes:,} are left",
                length_bytes=length_bytes,
                most_bytes=limits.artist_bytes,
                left_bytes=max(0, limits.artist_bytes - used_bytes),
            )
        )


async def left_bytes(session: Session, limits: UploadLimits, artist_id: UUID) -> int:
    """What the artist may upload yet."""
    _, pending_bytes = await _pending(session, artist_id)
    return max(0, limits.artist_bytes - pending_bytes - await originals_bytes(session, artist_id))


async def _pending(session: Session, artist_id: UUID) -> tuple[int, int]:
    """How many uploads of the artist have not ended, and their bytes."""
    mine = select(func.count(), func.coalesce(func.sum(Upload.length_bytes), 0)).where(
        Upload.artist_id == artist_id, Upload.status.in_(PENDING)
    )
    count, pending_bytes = (await session.execute(mine)).one()
    return int(count), int(pending_bytes)


async def originals_bytes(session: Session, artist_id: UUID) -> int:
    """What the artist's originals take; two versions of one original take it once."""
    each = (
        select(func.max(AudioVersion.original_bytes).label("bytes"))
        .where(AudioVersion.artist_id == artist_id)
        .group_by(AudioVersion.original_key)
        .subquery()
    )
    return int(await session.scalar(select(func.coalesce(func.sum(each.c.bytes), 0))) or 0)


async def demand_disk(session: Session, limits: UploadLimits, length_bytes: int, free_bytes: int | None) -> None:
    """Raises DiskFull. `free_bytes` is None where the store has no disk of ours."""
    if free_bytes is None:
        return
    left_bytes = free_bytes - limits.free_disk_bytes - await promised_bytes(session)
    if left_bytes < UPLOADED * length_bytes:
        raise DiskFull(
            gettext(
                "the server's disk has no room for {length_bytes:,} bytes more: try again later, or tell its operator",
                length_bytes=length_bytes,
            )
        )


async def promised_bytes(session: Session) -> int:
    """What the disk will still take for what has been begun: of every upload the bytes to come and what is made of it,
    of every version that waits or is processed what is made of it."""
    uploads: Any = func.sum(UPLOADED * Upload.length_bytes - Upload.offset_bytes)
    versions: Any = func.sum(RENDITIONS * AudioVersion.original_bytes)
    coming = await session.scalar(select(uploads).where(Upload.status.in_(PENDING)))
    waiting = await session.scalar(select(versions).where(AudioVersion.status.in_(ON_ITS_WAY)))
    return int(coming or 0) + int(waiting or 0)
