"""Finding the release and tracks that the files of a group became in earlier imports.

The rules are those of `sameness.py`, with an earlier import in the place of a folder, and one more: an album that
was given another name is known by its sound, unless its files still lie where they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import or_, select

from veza.catalog.releases import Release
from veza.catalog.text_fields import same_name
from veza.catalog.tracks import Track, tracks_of
from veza.ingest.found import FoundFile, Slot
from veza.ingest.grouping import Group
from veza.ingest.memory import ImportedFile, ImportedRelease, hash_of_text
from veza.ingest.sameness import Part, Song, compare, is_same_place, is_same_song
from veza.kit.database import Session

LOOKED_UP_AT_ONCE = 5_000
"""Hashes in one query: databases take some 30,000 parameters."""


@dataclass(slots=True)
class Before:
    """A release of an earlier import: its row, its remembered values, its files, and its tracks now."""

    release: Release
    memory: ImportedRelease
    files: list[ImportedFile]
    tracks: dict[UUID, Track]
    because: str = ""

    @property
    def main_files(self) -> list[ImportedFile]:
        return [one for one in self.files if one.is_main]


@dataclass(slots=True)
class Matched:
    """Path → the remembered row of the same file in an earlier import.

    `others` are rows of the same recording in another format, by the path of the file that is one now.
    """

    known: dict[str, ImportedFile] = field(default_factory=dict)
    others: dict[str, ImportedFile] = field(default_factory=dict)


async def find_before(
    session: Session, artist_id: UUID, group: Group, claimed: set[UUID], is_gone: Callable[[str], bool]
) -> Before | None:
    """The release that the group became before, unless another group of this import has `claimed` it."""
    named: list[Before] = []
    renamed: list[tuple[int, Before]] = []
    for release_id in await _candidates(session, artist_id, group):
        if release_id in claimed:
            continue
        before = await _before(session, release_id)
        if before is None:
            continue
        if because := _has_same_name(group, before):
            before.because = because
            named.append(before)
        elif shared := _is_renamed(group, before, is_gone):
            before.because = "they hold the same sound, though their album has another name now"
            renamed.append((shared, before))
    if named:
        return max(named, key=lambda one: _shared_sound(group, one))
    return max(renamed, key=lambda one: one[0])[1] if renamed else None


async def _candidates(session: Session, artist_id: UUID, group: Group) -> list[UUID]:
    mine = ImportedFile.artist_id == artist_id
    found: dict[UUID, None] = {}
    for start in range(0, len(group.files), LOOKED_UP_AT_ONCE):
        files = group.files[start : start + LOOKED_UP_AT_ONCE]
        alike = or_(
            ImportedFile.file_hash.in_({one.file_hash for one in files}),
            ImportedFile.audio_hash.in_({one.audio_hash for one in files}),
            ImportedFile.path_hash.in_({hash_of_text(one.place) for one in files}),
        )
        rows = await session.scalars(select(ImportedFile.release_id).where(mine, alike).distinct())
        found |= dict.fromkeys(rows)
    key = hash_of_text(key_of(group.part))
    by_name = select(ImportedRelease.release_id).where(
        ImportedRelease.artist_id == artist_id, ImportedRelease.album_hash == key
    )
    found |= dict.fromkeys(await session.scalars(by_name.order_by(ImportedRelease.release_id)))
    ids = {UUID(one) for one in group.part.ids}
    if ids:
        same = select(Release.id).join(ImportedRelease, ImportedRelease.release_id == Release.id)
        found |= dict.fromkeys(
            await session.scalars(same.where(Release.artist_id == artist_id, Release.musicbrainz_id.in_(ids)))
        )
    return sorted(found)


async def _before(session: Session, release_id: UUID) -> Before | None:
    release = await session.get(Release, release_id, populate_existing=True)
    memory = await session.get(ImportedRelease, release_id, populate_existing=True)
    if release is None or memory is None:
        return None
    mine = select(ImportedFile).where(ImportedFile.release_id == release_id).order_by(ImportedFile.id)
    files = list((await session.scalars(mine.execution_options(populate_existing=True))).all())
    return Before(release, memory, files, {row.id: row for row in await tracks_of(session, release_id)})


def key_of(part: Part) -> str:
    """The first key by which a release is searched: the album its files name, else their folder."""
    return f"album:{part.album_key}" if part.album_key is not None else f"folder:{part.root}"


def _has_same_name(group: Group, before: Before) -> str:
    """Why a group is the release of the same album, or of the same folder where no album is named; "" when not."""
    said, part = before.memory.said, _part_of(before)
    if group.part.ids & part.ids:
        return "they have the same MusicBrainz release"
    if not said:  # of before it was kept what files say: the files themselves decide
        mains, hashes = before.main_files, {one.file_hash for one in group.files}
        paths = {one.file.path for one in group.files}
        same = sum(one.file_hash in hashes or one.path in paths for one in mains)
        return "most of its files are the same" if mains and same * 2 > len(mains) else ""
    if key_of(group.part) != key_of(part):
        return ""
    if group.part.album_key is None:
        return "" if _holds_other_songs(group, before) else "they lie in the same folder"
    verdict = compare(group.part, part)
    return verdict.because if verdict.is_same else ""


def _holds_other_songs(group: Group, before: Before) -> bool:
    """Whether what lay in the folder was replaced by something else under the same names."""
    songs = {song.place: song for song in _part_of(before).songs}
    pairs = [(Song.of(one), songs[one.place]) for one in group.files if one.place in songs]
    return bool(pairs) and not any(is_same_place(*pair) or is_same_song(*pair) for pair in pairs)


def _is_renamed(group: Group, before: Before, is_gone: Callable[[str], bool]) -> int:
    """How many recordings a group shares with a release of another name, if it is that one renamed, or a format of it
    that is not; else 0."""
    places = {one.place for one in group.files}
    sounds = {one.audio_hash for one in group.files}
    shared = [row for row in before.files if row.audio_hash is not None and row.audio_hash in sounds]
    moved = all(row.path in places or is_gone(row.path) for row in shared)
    tracks = {row.track_id for row in shared}
    is_most = len(tracks) * 2 > len({row.track_id for row in before.main_files})
    knows_most = len({row.audio_hash for row in shared}) * 2 > len(sounds)
    return len(shared) if is_most and knows_most and moved else 0


def _shared_sound(group: Group, before: Before) -> int:
    sounds = {one.audio_hash for one in group.files} | {one.file_hash for one in group.files}
    return sum(row.audio_hash in sounds or row.file_hash in sounds for row in before.files)


def _part_of(before: Before) -> Part:
    said = before.memory.said
    release_id = before.release.musicbrainz_id
    return Part(
        where=f"the release “{before.release.title}”",
        root=str(said.get("root", "")),
        album_key=said.get("album_key"),
        ids=frozenset({str(release_id)} if release_id else ()),
        album_artists=frozenset(said.get("album_artists", ())),
        artists=frozenset(said.get("artists", ())),
        years=frozenset(said.get("years", ())),
        # Of every format: each may be tagged in its own way.
        songs=tuple(_song_of(row) for row in before.files if row.said),
        is_disc_folder=bool(said.get("is_disc_folder")),
    )


def _song_of(row: ImportedFile) -> Song:
    said = row.said
    slot = Slot(int(said.get("disc") or 1), str(said.get("side") or ""), said.get("number"))
    title, lasts_ms = same_name(str(said.get("title", ""))), said.get("duration_ms")
    return Song(title, lasts_ms, slot, row.audio_hash, row.path, bool(said.get("is_disc_said")))


def match_files(before: Before | None, files: Sequence[FoundFile], again: Iterable[FoundFile]) -> Matched:
    """Match each file of a group with a remembered one: by content, else by sound, else by path, else as another
    format."""
    matched = Matched()
    if before is None:
        return matched
    left = {row.id: row for row in before.files}

    def take(fits: Callable[[FoundFile, ImportedFile], bool], into: dict[str, ImportedFile]) -> None:
        for one in everything:
            if one.file.path in matched.known or one.file.path in matched.others:
                continue
            row = next((row for row in left.values() if fits(one, row)), None)
            if row is not None:
                into[one.file.path] = left.pop(row.id)

    everything = [*files, *again]
    take(lambda one, row: one.file_hash == row.file_hash and one.place == row.path, matched.known)
    take(lambda one, row: one.file_hash == row.file_hash, matched.known)
    take(lambda one, row: one.audio_hash == row.audio_hash and one.place == row.path, matched.known)
    take(lambda one, row: one.audio_hash == row.audio_hash and _alike(one, row), matched.known)
    take(lambda one, row: one.audio_hash == row.audio_hash, matched.known)
    take(_is_in_place, matched.known)
    # What is left lies elsewhere and sounds otherwise: the same number, title and length make it another format.
    kept = [(row, _song_of(row)) for row in before.main_files if row.said]
    for one in files:
        if one.file.path not in matched.known:
            row = next((row for row, song in kept if _is_other_format(one, song)), None)
            if row is not None:
                matched.others[one.file.path] = row
    return matched


def _alike(one: FoundFile, row: ImportedFile) -> bool:
    song = _song_of(row)
    return song.slot == one.slot or song.title_key == one.title_key


def _is_in_place(one: FoundFile, row: ImportedFile) -> bool:
    if not row.said:  # remembered by its path inside the source alone
        return row.audio_hash is None and row.path == one.file.path
    if one.place != row.path:
        return False
    song = _song_of(row)
    return is_same_place(Song.of(one), song) or song.slot == one.slot


def _is_other_format(one: FoundFile, song: Song) -> bool:
    return one.slot.may_be(song.slot) and is_same_song(Song.of(one), song)
