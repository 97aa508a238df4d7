"""Imports: tagged files become draft releases; doing it again, or after a crash, changes nothing.

One release is one transaction: what a killed import did not finish, the next one makes. A file is known by its
content; one whose tags were changed is known by its place in the folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, delete, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.catalog.artists import Artist
from veza.catalog.covers import set_cover
from veza.catalog.import_source import SourceFile
from veza.catalog.import_tags import Recording
from veza.catalog.pictures import CoverFiles
from veza.catalog.releases import Release, ReleaseWanted, create_release, edit_release
from veza.catalog.room import record_cover
from veza.catalog.tracks import MOST_TRACKS, Track, add_tracks, edit_track, reorder_tracks, tracks_of
from veza.catalog.wording import sort_key
from veza.kit.database import Base, Database, Session

ACTOR = "import"


class Imported(Base):
    """A file that became a track: by what it holds, where it was, and the release it was grouped into."""

    __tablename__ = "imports"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    artist_id: Mapped[UUID]
    release_key: Mapped[str]
    file_hash: Mapped[str]
    path: Mapped[str]
    release_id: Mapped[UUID]
    track_id: Mapped[UUID]
    at: Mapped[datetime]

    __table_args__ = (
        Index("uq_imports_artist_id_release_key_file_hash", "artist_id", "release_key", "file_hash", unique=True),
        Index(None, "artist_id", "file_hash"),
        Index(None, "artist_id", "path"),
    )


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A recording where it lies, with the hash of its whole file."""

    file: SourceFile
    file_hash: str
    recording: Recording


@dataclass(frozen=True, slots=True)
class Group:
    """The files of one release, in the order of their discs and numbers."""

    key: str
    title: str
    files: tuple[FoundFile, ...]

    @property
    def kind(self) -> str:
        return "single" if len(self.files) <= 3 else "ep" if len(self.files) <= 6 else "album"


@dataclass(slots=True)
class Outcome:
    """What became of one release: `made`, `updated`, `unchanged`, or `left alone` with the reason in `notes`."""

    title: str
    result: str
    release_id: UUID | None = None
    slug: str = ""
    tracks_made: int = 0
    tracks_updated: int = 0
    notes: list[str] = field(default_factory=list)


def group_files(files: Sequence[FoundFile], name: str) -> list[Group]:
    """Releases by the album their files name, else by the folder they lie in (`name` is the outermost one's)."""
    groups: dict[str, list[FoundFile]] = {}
    titles: dict[str, str] = {}
    for found in files:
        said, folder = found.recording, found.file.folder
        if said.album_id is not None:
            key = f"musicbrainz:{said.album_id}"
        elif said.album is not None:
            key = f"album:{sort_key(said.album)}|{sort_key(said.album_artist or '')}"
        else:
            key = f"folder:{name}/{folder}"
        groups.setdefault(key, []).append(found)
        titles.setdefault(key, said.album or (folder.rpartition("/")[2] or name)[:200] or "Untitled")
    return [Group(key, titles[key], tuple(sorted(found, key=_place))) for key, found in sorted(groups.items())]


def _place(found: FoundFile) -> tuple[int, int, str]:
    return found.recording.disc, found.recording.number, found.file.path


async def import_group(database: Database, artist_id: UUID, group: Group, cover: CoverFiles | None) -> Outcome:
    """Make or complete the draft of one release; `cover` is stored already, and given where the draft has changed."""
    files, notes = _each_once(group)
    outcome = Outcome(group.title, "unchanged", notes=notes)
    if len(files) > MOST_TRACKS:
        outcome.result = "left alone"
        outcome.notes.append(f"{len(files)} files on one release, at most {MOST_TRACKS} are possible")
        return outcome
    async with database.write(ACTOR) as session:
        # One import of an artist at a time: of two that run at once the second finds what the first made.
        artist = (await session.scalars(select(Artist).where(Artist.id == artist_id).with_for_update())).one()
        release = await _release(session, artist_id, group)
        if release is not None:
            await session.refresh(release, with_for_update=True)
        known = await _known(session, release, files)
        new = [one for one in files if one.file.path not in known]
        changed = [one for one in files if _is_changed(one, known)]
        if release is not None:
            outcome.release_id, outcome.slug, outcome.title = release.id, release.slug, release.title
        if not new and not changed:
            return outcome
        if release is not None and release.status != "draft":
            outcome.result = "left alone"
            outcome.notes.append(f"it is {release.status}: {len(new)} new and {len(changed)} changed files wait")
            return outcome
        outcome.result = "made" if release is None else "updated"
        release = await _described(session, artist, release, group)
        placed = await _update(session, changed, known) | await _make(session, release, new)
        await _remember(session, artist_id, group.key, release.id, placed)
        await _in_order(session, release, files, known, placed)
        if cover is not None:
            await set_cover(session, release, await record_cover(session, artist_id, cover))
        outcome.release_id, outcome.slug, outcome.title = release.id, release.slug, release.title
        outcome.tracks_made, outcome.tracks_updated = len(new), len(changed)
    return outcome


async def needs_work(database: Database, artist_id: UUID, group: Group) -> bool:
    """Whether any file of the group is new or changed, so that a picture need not be worked on for nothing."""
    files, _ = _each_once(group)
    if len(files) > MOST_TRACKS:
        return False
    async with database.read() as session:
        known = await _known(session, await _release(session, artist_id, group), files)
    return any(one.file.path not in known or _is_changed(one, known) for one in files)


def hash_file(opened: Any) -> str:
    """What a whole file is known by."""
    return hashlib.file_digest(opened, "sha256").hexdigest()


def _each_once(group: Group) -> tuple[list[FoundFile], list[str]]:
    """The files without copies of one another, and a note for each copy and each tag that could not be taken."""
    first: dict[str, FoundFile] = {}
    notes: list[str] = []
    for one in group.files:
        twin = first.setdefault(one.file_hash, one)
        if twin is not one:
            notes.append(f"{one.file.path} is the same file as {twin.file.path}")
        else:
            notes += [f"{one.file.path}: {note}" for note in one.recording.notes]
    return list(first.values()), notes


@dataclass(frozen=True, slots=True)
class Before:
    """What a file became: its track, and the hash it had then."""

    track: Track
    track_id: UUID
    file_hash: str


Known = dict[str, Before]
"""What files, by their path, became on this release: found by their content, else by their place."""


async def _known(session: Session, release: Release | None, files: Sequence[FoundFile]) -> Known:
    if release is None:
        return {}
    mine = select(Imported).where(Imported.release_id == release.id).order_by(Imported.id)
    rows = (await session.scalars(mine)).all()
    there = {row.id: row for row in await tracks_of(session, release.id)}
    by_hash, by_path = {row.file_hash: row for row in rows}, {row.path: row for row in rows}
    found = {one.file.path: by_hash.get(one.file_hash) or by_path.get(one.file.path) for one in files}
    return {
        path: Before(there[row.track_id], row.track_id, row.file_hash)
        for path, row in found.items()
        if row is not None and row.track_id in there
    }


def _is_changed(one: FoundFile, known: Known) -> bool:
    return one.file.path in known and known[one.file.path].file_hash != one.file_hash


async def _release(session: Session, artist_id: UUID, group: Group) -> Release | None:
    """The release the group became before: by its key, else the one that was made of just these places or contents.

    A song on a single and on an album is the same file on two releases: sharing one does not make them the same.
    """
    mine = Imported.artist_id == artist_id
    paths, hashes = {one.file.path for one in group.files}, {one.file_hash for one in group.files}
    by_key = await session.scalars(
        select(Imported.release_id).where(mine, Imported.release_key == group.key).distinct()
    )
    near = await session.scalars(
        select(Imported.release_id)
        .where(mine, or_(Imported.path.in_(paths), Imported.file_hash.in_(hashes)))
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
    return {row.path for row in rows} <= paths or {row.file_hash for row in rows} == hashes


async def _described(session: Session, artist: Artist, release: Release | None, group: Group) -> Release:
    """The draft with what its files say of the whole."""
    first = [one.recording for one in group.files]
    languages = {one.track.language for one in first}
    facts: dict[str, Any] = {
        "title": group.title,
        "language": languages.pop() if len(languages) == 1 else None,
        "musicbrainz_id": next((one.album_id for one in first if one.album_id), None),
        "tags": list(dict.fromkeys(tag for one in first for tag in one.track.tags))[:20],
        "release_date": next((one.day for one in first if one.day), None),
    }
    if release is None:
        return await create_release(session, artist, ReleaseWanted(kind=group.kind, **facts))
    await edit_release(session, release, release.attempt, facts)
    return release


async def _make(session: Session, release: Release, new: Sequence[FoundFile]) -> dict[UUID, FoundFile]:
    rows = await add_tracks(session, release, [one.recording.track for one in new])
    return {row.id: one for row, one in zip(rows, new, strict=True)}


async def _update(session: Session, changed: Sequence[FoundFile], known: Known) -> dict[UUID, FoundFile]:
    placed: dict[UUID, FoundFile] = {}
    for one in changed:
        said, track = one.recording.track, known[one.file.path].track
        await edit_track(session, track, {name: getattr(said, name) for name in said.__slots__})
        placed[track.id] = one
    return placed


async def _remember(
    session: Session, artist_id: UUID, key: str, release_id: UUID, placed: dict[UUID, FoundFile]
) -> None:
    """The files that became these tracks, instead of what they became before."""
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
            release_id=release_id, track_id=track_id, at=session.now,
        )
        for track_id, one in placed.items()
    )  # fmt: skip
    await session.flush()


async def _in_order(
    session: Session, release: Release, files: Sequence[FoundFile], known: Known, placed: dict[UUID, FoundFile]
) -> None:
    """The files' tracks in their files' order; what people added themselves stays behind them."""
    now = {one.file.path: track_id for track_id, one in placed.items()}
    before = {path: found.track_id for path, found in known.items()}
    wanted = [now.get(one.file.path) or before[one.file.path] for one in files]
    there = [row.id for row in await tracks_of(session, release.id)]
    ids = list(dict.fromkeys(track_id for track_id in wanted if track_id in there))
    await reorder_tracks(session, release, [*ids, *(track_id for track_id in there if track_id not in ids)])
    await session.refresh(release)
