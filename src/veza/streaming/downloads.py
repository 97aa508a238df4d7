"""Downloads: a track encoded into a format for who owns it, made once and kept for those who ask later.

There is one for each version of a track's audio, format, and what the file says of itself. A download that is kept too
long without use is evicted, and made again when it is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import CheckConstraint, Index, select, update
from sqlalchemy.orm import Mapped, mapped_column

from veza.audio.download_formats import DownloadFormat, formats_for
from veza.catalog.track_audio import lock_tracks
from veza.ingest.track_sound import Measured
from veza.kit.database import Base, Session
from veza.kit.limits import Limit, spend
from veza.kit.messages import Message, Packed, gettext, restored
from veza.kit.moves import Machine, Move
from veza.streaming.track_files import FileFacts, TrackFile, track_file_name

WAKE = "downloads"
LINK_LASTS = timedelta(hours=24)
"""From the last time that a download was asked for: so long its file stays, however much space is wanted."""
MADE = Limit("downloads", burst=1_000, per=timedelta(seconds=30))
"""Files that are made for one person: several large releases at once, then two a minute. What is kept costs nothing."""
STATUSES = ("waiting", "making", "ready", "failed", "evicted")


class Download(Base):
    """One file. `facts` is FileFacts. `key`, `size_bytes`, `crc32` and `file_hash` (SHA-256) are those of the file that
    is kept; the last three stay when it is evicted.

    `attempt` counts claims, `tries` those since it was last asked for. `share` is done, 0 to 1. `due_at` is null for
    what no worker has to look at.
    """

    __tablename__ = "downloads"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # No foreign keys: files are removed after what they are of.
    track_id: Mapped[UUID]
    version_id: Mapped[UUID]
    format: Mapped[str]
    facts_hash: Mapped[str]
    facts: Mapped[dict[str, Any]]
    status: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    share: Mapped[float | None]
    reason_id: Mapped[str | None] = mapped_column("reason")
    reason_fields: Mapped[Packed | None]
    due_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    key: Mapped[str | None]
    size_bytes: Mapped[int | None]
    crc32: Mapped[int | None]
    file_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("status IN ({})".format(", ".join(f"'{one}'" for one in STATUSES)), name="status_known"),
        Index("uq_downloads_version_id", "version_id", "format", "facts_hash", unique=True),
        Index(None, "track_id"),
        Index("ix_downloads_due", "due_at"),
        Index("ix_downloads_used", "status", "last_used_at"),
    )

    @property
    def wanted(self) -> DownloadFormat:
        return DownloadFormat(self.format)

    @property
    def reason(self) -> Message | None:
        """Why it failed or waits for another try."""
        return None if self.reason_id is None else restored(self.reason_id, self.reason_fields)

    @property
    def said(self) -> FileFacts:
        """What the file says of itself."""
        return msgspec.convert(self.facts, FileFacts, strict=False)

    @property
    def file_name(self) -> str:
        return track_file_name(self.said.tags, self.wanted)

    @property
    def etag(self) -> str:
        """Strong: the same bytes have the same, however often they were made."""
        return f'"{(self.file_hash or "")[:32]}"'

    @property
    def linked_until(self) -> datetime:
        """When a link to it ends, and its file may be evicted."""
        return self.last_used_at + LINK_LASTS


_WORKER, _OWNER = "download worker", "who may download it"
MOVES = (
    Move("waiting", "making", "a worker has a free place", _WORKER),
    Move("making", "making", "its lease ended: the worker before is gone", _WORKER),
    Move("making", "ready", "the file is there", _WORKER),
    Move("making", "failed", "no file comes of the original", _WORKER),
    Move("making", "waiting", "a store or a disk failed: it is tried again later", _WORKER),
    Move("failed", "waiting", "it is asked for again", _OWNER),
    Move("ready", "evicted", "it is the longest unused, or the store has lost its file", "download eviction"),
    Move("evicted", "waiting", "it is asked for again", _OWNER),
)
machine: Machine[Download] = Machine("download", Download, STATUSES, MOVES)


class FormatNotOffered(Exception):
    """The upload had lost something already: no format keeps what is not there."""

    def __init__(self, title: str, sound: Measured) -> None:
        said = gettext(
            "“{title}” was uploaded as {codec}: a file without loss would be no better, only larger; take {formats}",
            title=title[:60],
            codec=sound.codec,
            formats=", ".join(formats_for(is_lossless=sound.is_lossless)),
        )
        super().__init__(said)


class NoSuchDownload(LookupError):
    """No such download was asked for, or what it would hold has changed since."""

    def __init__(self, wanted: DownloadFormat) -> None:
        super().__init__(gettext("there is no download as {format}: ask for it first", format=wanted.value))


@dataclass(frozen=True, slots=True)
class FileRequest:
    """A track's file in a format."""

    file: TrackFile
    wanted: DownloadFormat

    @property
    def identity(self) -> tuple[UUID, str, str]:
        """What a download of it is known by."""
        return self.file.sound.version_id, self.wanted.value, self.file.facts.hash


def file_requests(files: Sequence[TrackFile], wanted: DownloadFormat) -> list[FileRequest]:
    """These files in a format. Raises FormatNotOffered."""
    for one in files:
        if wanted not in formats_for(is_lossless=one.sound.is_lossless):
            raise FormatNotOffered(one.title, one.sound)
    return [FileRequest(one, wanted) for one in files]


async def ask_for(session: Session, files: Sequence[FileRequest], asked_by: UUID | None) -> list[Download]:
    """The downloads of these files, in order; those that are not there are begun. Each counts as used now. `asked_by`
    is the person, or the order or code without an account. Raises RateLimited."""
    there = await lock_tracks(session, [one.file.track_id for one in files])
    files = [one for one in files if one.file.track_id in there]
    found = {(one.version_id, one.format, one.facts_hash): one for one in await _found(session, files)}
    new = [_row(session, one) for one in files if one.identity not in found]
    again = [one for one in found.values() if one.status in ("failed", "evicted")]
    if new or again:
        await spend(session, MADE.of(asked_by), tries=len(new) + len(again))
    for made in await machine.create(session, new, because=gettext("asked for")):
        found[made.version_id, made.format, made.facts_hash] = made
    for one in again:
        await machine.move(
            session, one, "waiting", because=gettext("asked for again"), tries=0, due_at=session.now, key=None,
            reason_id=None, reason_fields=None,
        )  # fmt: skip
    downloads = [found[one.identity] for one in files]
    await _use(session, downloads)
    if any(one.status == "waiting" for one in downloads):
        session.wake(WAKE)
    return downloads


async def find_each(session: Session, files: Sequence[FileRequest]) -> list[Download]:
    """The downloads of these files, in order. Raises NoSuchDownload."""
    found = {(one.version_id, one.format, one.facts_hash): one for one in await _found(session, files)}
    missing = next((one for one in files if one.identity not in found), None)
    if missing is not None:
        raise NoSuchDownload(missing.wanted)
    return [found[one.identity] for one in files]


async def find_known(session: Session, files: Sequence[FileRequest]) -> dict[UUID, Download]:
    """Track → its download, for those of these files that were asked for."""
    return {one.track_id: one for one in await _found(session, files)}


async def downloads_by_id(session: Session, ids: Collection[UUID]) -> dict[UUID, Download]:
    """Those of these downloads that are there."""
    mine = select(Download).where(Download.id.in_(ids)).execution_options(populate_existing=True)
    return {one.id: one for one in (await session.scalars(mine)).all()}


async def _found(session: Session, files: Sequence[FileRequest]) -> Sequence[Download]:
    if not files:
        return []
    versions = {one.file.sound.version_id for one in files}
    hashes = {one.file.facts.hash for one in files}
    mine = select(Download).where(
        Download.version_id.in_(versions), Download.format == files[0].wanted.value, Download.facts_hash.in_(hashes)
    )
    return (await session.scalars(mine.execution_options(populate_existing=True))).all()


def _row(session: Session, one: FileRequest) -> dict[str, Any]:
    version_id, wanted, facts_hash = one.identity
    return {
        "id": session.new_id(),
        "track_id": one.file.track_id,
        "version_id": version_id,
        "format": wanted,
        "facts_hash": facts_hash,
        "facts": msgspec.to_builtins(one.file.facts),
        "status": "waiting",
        "attempt": 0,
        "tries": 0,
        "due_at": session.now,
        "created_at": session.now,
        "last_used_at": session.now,
    }


async def _use(session: Session, downloads: Sequence[Download]) -> None:
    mine = update(Download).where(Download.id.in_([one.id for one in downloads])).values(last_used_at=session.now)
    await session.execute(mine.execution_options(synchronize_session="evaluate"))
