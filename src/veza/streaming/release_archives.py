"""Archives of releases: which files a ZIP holds, and under which names. It is packed while it is sent, and never kept.

What an archive holds does not change: a link leads to the same bytes for as long as it lives, also where a title
changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Index, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from veza.audio.download_formats import DownloadFormat
from veza.kit.database import Base, Database, Session
from veza.kit.insert_ignore import insert_ignore
from veza.streaming.downloads import LINK_LASTS, Download, NoSuchDownload
from veza.streaming.file_names import different
from veza.streaming.track_files import ReleaseFiles

COVER, LICENCE = "cover.jpg", "License.txt"
KEPT = timedelta(days=7)
"""After it was last asked for: long after its last link ended."""


class ArchiveFile(Struct, frozen=True):
    """A track's file in the archive."""

    download_id: UUID
    track_id: UUID
    name: str


class Contents(Struct, frozen=True):
    """What is packed: files in a `folder` of the archive, the cover's object and the licence's text, if there are."""

    folder: str
    files: list[ArchiveFile]
    cover_key: str | None
    licence: str

    @property
    def file_name(self) -> str:
        """What the archive is called."""
        return f"{self.folder.encode()[:_MOST_FOLDER].decode(errors='ignore')}.zip"

    @property
    def hash(self) -> str:
        """Another for other contents, as 64 hex digits."""
        return sha256(msgspec.json.encode(self)).hexdigest()


_MOST_FOLDER = 251


class ReleaseArchive(Base):
    """One ZIP that was asked for; `contents` is Contents."""

    __tablename__ = "release_archives"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # No foreign key: a link may outlive a draft.
    release_id: Mapped[UUID]
    format: Mapped[str]
    contents_hash: Mapped[str]
    contents: Mapped[dict[str, Any]]
    last_used_at: Mapped[datetime]

    __table_args__ = (
        Index("uq_release_archives_release_id", "release_id", "format", "contents_hash", unique=True),
        Index(None, "last_used_at"),
    )

    @property
    def packed(self) -> Contents:
        return msgspec.convert(self.contents, Contents, strict=False)

    @property
    def linked_until(self) -> datetime:
        """When a link to it ends; the files in it are kept at least as long."""
        return self.last_used_at + LINK_LASTS


def contents_of(files: ReleaseFiles, downloads: Sequence[Download]) -> Contents:
    """An archive of these downloads of a release."""
    names = different([COVER, LICENCE, *(one.file_name for one in downloads)])[2:]
    packed = [ArchiveFile(one.id, one.track_id, name) for one, name in zip(downloads, names, strict=True)]
    cover_key = next((one.said.cover_key for one in downloads), None)
    return Contents(files.name, packed, cover_key, files.release.licence)


async def keep_archive(
    session: Session, release_id: UUID, wanted: DownloadFormat, contents: Contents
) -> ReleaseArchive:
    """The archive of these contents, which counts as used now."""
    row = {
        "id": session.new_id(), "release_id": release_id, "format": wanted.value, "contents_hash": contents.hash,
        "contents": msgspec.to_builtins(contents), "last_used_at": session.now,
    }  # fmt: skip
    await insert_ignore(session, ReleaseArchive, row)
    found = await find_archive(session, release_id, wanted, contents)
    mine = update(ReleaseArchive).where(ReleaseArchive.id == found.id).values(last_used_at=session.now)
    await session.execute(mine.execution_options(synchronize_session="evaluate"))
    return found


async def find_archive(
    session: Session, release_id: UUID, wanted: DownloadFormat, contents: Contents
) -> ReleaseArchive:
    """Raises NoSuchDownload."""
    mine = select(ReleaseArchive).where(
        ReleaseArchive.release_id == release_id, ReleaseArchive.format == wanted.value,
        ReleaseArchive.contents_hash == contents.hash,
    )  # fmt: skip
    found = (await session.scalars(mine)).one_or_none()
    if found is None:
        raise NoSuchDownload(wanted)
    return found


async def forget_archives(database: Database) -> None:
    """Delete archives that were not asked for in KEPT."""
    async with database.write("download eviction") as session:
        await session.execute(delete(ReleaseArchive).where(ReleaseArchive.last_used_at < session.now - KEPT))
