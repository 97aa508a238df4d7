"""The memory of imports: each run, each file with the track it became, and the values written from it.

Names of any length are looked for by their hashes: an index takes no more than a few kilobytes.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base


class ImportRun(Base):
    """One `veza import` that changed anything; `source` is the folder or ZIP it read."""

    __tablename__ = "import_runs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    artist_id: Mapped[UUID]
    source: Mapped[str]
    started_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "artist_id"),)


class ImportedFile(Base):
    """A file and the track it became: where it lay (`path`, with its hash), what it held and what it said.

    Not `is_main`: another format of the same recording, from which nothing was written. `said` is what the file said
    of its track (`found.track_facts`) with its `disc`, `side`, `number` and `album`; empty for files of before this
    was kept, whose `path` is the one inside their source and whose `audio_hash` is null.
    """

    __tablename__ = "imports"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    artist_id: Mapped[UUID]
    run_id: Mapped[UUID | None]
    release_id: Mapped[UUID]
    track_id: Mapped[UUID]
    is_main: Mapped[bool]
    path: Mapped[str]
    path_hash: Mapped[str]
    file_hash: Mapped[str]
    audio_hash: Mapped[str | None]
    said: Mapped[dict[str, Any]]
    at: Mapped[datetime]

    __table_args__ = (
        Index(None, "artist_id", "file_hash"),
        Index(None, "artist_id", "path_hash"),
        Index(None, "artist_id", "audio_hash"),
        Index(None, "release_id"),
        Index(None, "run_id"),
    )


class ImportedRelease(Base):
    """A release that an import made or completed.

    `run_id` is the run that made it; `said` what its files said of the whole, with the `album_key`, `years`,
    `album_artists` and `root` it is compared by; `track_order` the ids of its tracks as its files order them;
    `cover_hash` the picture last made its cover of.
    """

    __tablename__ = "imported_releases"

    # No foreign key: a draft may be deleted, and nothing else refers to this.
    release_id: Mapped[UUID] = mapped_column(primary_key=True)
    artist_id: Mapped[UUID]
    run_id: Mapped[UUID | None]
    album_hash: Mapped[str]
    said: Mapped[dict[str, Any]]
    track_order: Mapped[list[Any]]
    cover_hash: Mapped[str | None]
    version: Mapped[int] = mapped_column("attempt")

    __table_args__ = (Index(None, "artist_id", "album_hash"), Index(None, "run_id"))


def hash_of_text(text: str) -> str:
    """The hash by which a path or key of any length is found."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
