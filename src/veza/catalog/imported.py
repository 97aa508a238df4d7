"""What imports remember: which file became which track of which release, and which picture its cover.

Names of any length are looked for by their hashes: an index takes no more than a few kilobytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, delete, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.catalog.covers import Cover
from veza.catalog.import_groups import FoundFile, Group
from veza.catalog.releases import Release
from veza.catalog.tracks import Track, tracks_of
from veza.kit.database import Base, Session


class Imported(Base):
    """A file that became a track: by what it holds, where it was, and the release it was grouped into.

    `release_key` is the hash of the group's key, `path_hash` that of `path`.
    """

    __tablename__ = "imports"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    artist_id: Mapped[UUID]
    release_key: Mapped[str]
    file_hash: Mapped[str]
    path: Mapped[str]
    path_hash: Mapped[str]
    release_id: Mapped[UUID]
    track_id: Mapped[UUID]
    at: Mapped[datetime]

    __table_args__ = (
        Index("uq_imports_artist_id_release_key_file_hash", "artist_id", "release_key", "file_hash", unique=True),
        Index(None, "artist_id", "file_hash"),
        Index(None, "artist_id", "path_hash"),
    )


class ImportedCover(Base):
    """The picture (by the hash of its file) that an import last made a release's cover of."""

    __tablename__ = "imported_covers"

    # No foreign key: a draft may be deleted, and nothing else refers to this.
    release_id: Mapped[UUID] = mapped_column(primary_key=True)
    source_hash: Mapped[str]


@dataclass(frozen=True, slots=True)
class Before:
    """What a file became: its track, and the hash and place it had then."""

    track: Track
    track_id: UUID
    file_hash: str
    path: str


Known = dict[str, Before]
"""What files, by their path, became on this release: found by their content, else by their place, unless the content
that lay there lies elsewhere now."""


async def known_files(session: Session, release: Release | None, files: Sequence[FoundFile]) -> Known:
    """What the release's files became, as far as their tracks are still there."""
    if release is None:
        return {}
    mine = select(Imported).where(Imported.release_id == release.id).order_by(Imported.id)
    rows = (await session.scalars(mine)).all()
    there = {row.id: row for row in await tracks_of(session, release.id)}
    still_there = {one.file_hash for one in files}
    by_hash = {row.file_hash: row for row in rows}
    by_path = {row.path: row for row in rows if row.file_hash not in still_there}
    found = {one.file.path: by_hash.get(one.file_hash) or by_path.get(one.file.path) for one in files}
    return {
        path: Before(there[row.track_id], row.track_id, row.file_hash, row.path)
        for path, row in found.items()
        if row is not None and row.track_id in there
    }


def is_changed(one: FoundFile, known: Known) -> bool:
    """Whether the file at a known place holds something else than it did."""
    return one.file.path in known and known[one.file.path].file_hash != one.file_hash


def moved(files: Sequence[FoundFile], known: Known) -> dict[UUID, FoundFile]:
    """By their tracks: the files that hold what they did and lie somewhere else now."""
    return {
        known[one.file.path].track_id: one
        for one in files
        if one.file.path in known and not is_changed(one, known) and known[one.file.path].path != one.file.path
    }


async def release_of(session: Session, artist_id: UUID, group: Group) -> Release | None:
    """The release the group became before: by its key, else the one that was made of just these places or contents.

    A song on a single and on an album is the same file on two releases: sharing one does not make them the same.
    """
    mine = Imported.artist_id == artist_id
    paths = {hash_of_text(one.file.path) for one in group.files}
    hashes = {one.file_hash for one in group.files}
    by_key = await session.scalars(
        select(Imported.release_id).where(mine, Imported.release_key == hash_of_text(group.key)).distinct()
    )
    near = await session.scalars(
        select(Imported.release_id)
        .where(mine, or_(Imported.path_hash.in_(paths), Imported.file_hash.in_(hashes)))
        .distinct()
    )
    candidates = [(release_id, True) for release_id in by_key] + [(release_id, False) for release_id in near]
    for release_id, is_sure in candidates:
        row = await session.get(Release, release_id)
        if row is not None and (is_sure or await _made_of(session, release_id, paths, hashes)):
            return row
    return None


async def _made_of(session: Session, release_id: UUID, paths: set[str], hashes: set[str]) -> bool:
    rows = (await session.scalars(select(Imported).where(Imported.release_id == release_id))).all()
    return {row.path_hash for row in rows} <= paths or {row.file_hash for row in rows} == hashes


async def remember(
    session: Session, artist_id: UUID, group: Group, release_id: UUID, placed: dict[UUID, FoundFile]
) -> None:
    """The files that became these tracks, instead of what they became before."""
    key = hash_of_text(group.key)
    hashes = [one.file_hash for one in placed.values()]
    await session.execute(
        delete(Imported).where(
            Imported.artist_id == artist_id,
            or_(Imported.track_id.in_(placed), Imported.file_hash.in_(hashes) & (Imported.release_key == key)),
        )
    )
    session.add_all(
        Imported(
            id=session.new_id(), artist_id=artist_id, release_key=key, file_hash=one.file_hash, path=one.file.path,
            path_hash=hash_of_text(one.file.path), release_id=release_id, track_id=track_id, at=session.now,
        )
        for track_id, one in placed.items()
    )  # fmt: skip
    await session.flush()


async def takes_cover(session: Session, release: Release | None, source_hash: str) -> bool:
    """Whether an import may make this picture the cover: it is another one than it took last, and nobody has given
    the release a cover by hand since."""
    if release is None:
        return True
    last = await session.get(ImportedCover, release.id, populate_existing=True)
    if last is not None and last.source_hash == source_hash:
        return False
    now = await session.get(Cover, release.cover_id) if release.cover_id else None
    return now is None or (last is not None and last.source_hash == now.source_hash)


async def remember_cover(session: Session, release_id: UUID, source_hash: str) -> None:
    """The release has its cover from this picture now."""
    await session.merge(ImportedCover(release_id=release_id, source_hash=source_hash))


def hash_of_text(text: str) -> str:
    """What a path or key of any length is looked for by."""
    return hashlib.sha256(text.encode()).hexdigest()
