"""Which files make one release, and why: folders are looked at first, then folders that name one album."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

from veza.catalog.text_fields import same_name
from veza.ingest.disc_names import without_disc
from veza.ingest.found import FoundFile
from veza.ingest.ordering import in_order, placed
from veza.ingest.recording import agreed
from veza.ingest.sameness import Part, Song, Verdict, compare, is_same_song

TITLE_MOST = 200


@dataclass(frozen=True, slots=True)
class Group:
    """The files of one release in order; `title_is_folder` where no file names an album."""

    part: Part
    title: str
    title_is_folder: bool
    files: tuple[FoundFile, ...]
    notes: tuple[str, ...] = field(default=())


def group_files(
    files: Sequence[FoundFile],
    source_name: str,
    source_root: str,
    tracks_before: Mapping[str, Collection[UUID]] = MappingProxyType({}),
    *,
    is_archive: bool = False,
) -> list[Group]:
    """Releases of a source. `source_name` stands for the outermost folder's, `source_root` for its place.

    `tracks_before` are the tracks that each sound was taken for by earlier imports, by its hash.
    """
    bunches = [_Bunch.of(bunch) for bunch in _bunches(placed(files, source_root, is_archive=is_archive))]
    for one in bunches:
        one.tracks_before = {track for file in one.files for track in tracks_before.get(file.audio_hash, ())}
    grown = _Grown()
    for bunch in _with_album_of_their_discs(bunches):
        _join(grown, bunch)
    return [one.group(source_name, source_root) for one in grown.bunches]


@dataclass(slots=True, eq=False)
class _Bunch:
    """Files that belong together for certain, and what was decided about them."""

    files: list[FoundFile]
    part: Part
    notes: list[str] = field(default_factory=list)
    tracks_before: set[UUID] = field(default_factory=set)

    @classmethod
    def of(cls, files: list[FoundFile]) -> _Bunch:
        folder, home = files[0].file.folder, files[0].home
        album = agreed([without_disc(one.recording.album)[0] for one in files if one.recording.album])
        part = Part.of(
            files,
            where=folder or "the outermost folder",
            root=home.root,
            album_key=same_name(album) if album else None,
            is_disc=home.is_part,
        )
        return cls(files, part)

    def group(self, source_name: str, source_root: str) -> Group:
        files = in_order(self.files)
        album = agreed([one.recording.album for one in copies(files)[0]])
        discs = {one.slot.disc for one in files}
        root = files[0].home.root
        if album is not None and len(discs) > 1:
            album = without_disc(album)[0]
        folder = "" if root == source_root else root.rpartition("/")[2]
        title = album or folder or source_name or "Untitled"
        part = _named(self.part, same_name(without_disc(album)[0])) if album else self.part
        return Group(part, title[:TITLE_MOST], album is None, tuple(files), tuple(self.notes))


def _bunches(files: Sequence[FoundFile]) -> list[list[FoundFile]]:
    """The files of each folder by the album they name. Files that name none are of their folder's, if that has one and
    their numbers are free in it: loose songs beside an album are not on it."""
    folders: dict[str, list[FoundFile]] = {}
    for one in files:
        folders.setdefault(one.file.folder, []).append(one)
    found: list[list[FoundFile]] = []
    for _, group in sorted(folders.items()):
        albums = _parted(group, _album_key)
        nameless = albums.pop(None, [])
        if nameless and len(albums) == 1 and _fit_in(nameless, next(iter(albums.values()))):
            (only,) = albums.values()
            only += nameless
        elif nameless:
            found.append(nameless)
        for album in albums.values():
            found += _told_apart(album)
    return found


def _fit_in(files: list[FoundFile], album: list[FoundFile]) -> bool:
    """Whether every file has a number, and one that no other song of the album has."""
    numbered = all(one.slot.number is not None for one in files)
    return numbered and (not _is_crowded([*album, *files]) or _is_crowded(album))


def _told_apart(album: list[FoundFile]) -> list[list[FoundFile]]:
    """Files of one folder that name one album: several releases only where their ids say so, or where different songs
    have the same number and album artist or year tell them apart."""
    by_id = _parted(album, lambda one: one.recording.album_id)
    nameless = by_id.pop(None, [])
    if len(by_id) > 1:
        first = max(by_id.values(), key=len)
        first += nameless
        return list(by_id.values())
    if not _is_crowded(album):
        return [album]
    for tells in (_album_artist_key, _year):
        parts = _parted(album, tells)
        if len(parts) > 1 and None not in parts and not any(map(_is_crowded, parts.values())):
            return list(parts.values())
    return [album]


def _is_crowded(files: list[FoundFile]) -> bool:
    """Whether different songs have the same place, or none has one and their album artists differ."""
    by_slot = _parted([one for one in files if one.slot.number is not None], lambda one: one.slot)
    for rivals in by_slot.values():
        first = Song.of(rivals[0])
        if any(not is_same_song(first, Song.of(one)) for one in rivals[1:]):
            return True
    return not by_slot and len({_album_artist_key(one) for one in files} - {None}) > 1


def _with_album_of_their_discs(bunches: list[_Bunch]) -> list[_Bunch]:
    """Discs whose files name no album are of the album that the other discs of their folder name."""
    named: dict[str, set[str]] = {}
    for one in bunches:
        if one.part.album_key is not None and one.part.is_disc_folder:
            named.setdefault(one.part.root, set()).add(one.part.album_key)
    for one in bunches:
        albums = named.get(one.part.root, set())
        if one.part.album_key is None and one.part.is_disc_folder and len(albums) == 1:
            one.part = _named(one.part, next(iter(albums)))
    return bunches


def _named(part: Part, album_key: str) -> Part:
    return Part(
        part.where, part.root, album_key, part.ids, part.album_artists, part.artists, part.years, part.songs,
        part.is_disc_folder,
    )  # fmt: skip


class _Grown:
    """The releases so far, found by what another folder may share with them: each is compared with few others."""

    def __init__(self) -> None:
        self.bunches: list[_Bunch] = []
        self._sharing: dict[Hashable, list[int]] = {}

    def like(self, bunch: _Bunch) -> list[_Bunch]:
        """The releases a folder's files may be part of, the first of them first."""
        numbers = {number for key in _shareable(bunch) for number in self._sharing.get(key, ())}
        return [self.bunches[number] for number in sorted(numbers)]

    def add(self, bunch: _Bunch) -> None:
        self.bunches.append(bunch)
        self._note(len(self.bunches) - 1, bunch)

    def grew(self, into: _Bunch, bunch: _Bunch) -> None:
        self._note(self.bunches.index(into), bunch)

    def _note(self, number: int, bunch: _Bunch) -> None:
        for key in _shareable(bunch):
            self._sharing.setdefault(key, []).append(number)


def _shareable(bunch: _Bunch) -> Iterator[Hashable]:
    part = bunch.part
    yield ("album", part.album_key) if part.album_key is not None else ("folder", part.root)
    yield from (("id", one) for one in part.ids)
    yield from (("track", one) for one in bunch.tracks_before)


def _join(grown: _Grown, bunch: _Bunch) -> None:
    """Add a folder's files to the release they are part of, or as one of their own; either way say why."""
    apart: list[str] = []
    for one in grown.like(bunch):
        is_alike = _may_be_one(one.part, bunch.part)
        if not is_alike and not (_forms(one).isdisjoint(_forms(bunch)) and _were_one(one, bunch)):
            continue
        verdict = compare(one.part, bunch.part)
        if not is_alike or (not verdict.is_same and _were_one(one, bunch)):
            verdict = Verdict(True, "an earlier import took them for the same tracks")
        if verdict.is_same:
            one.files += bunch.files
            one.notes += [
                *bunch.notes,
                f"“{bunch.part.where}” and “{one.part.where}” are one release: {verdict.because}",
            ]
            one.part = one.part.joined(bunch.part)
            one.tracks_before |= bunch.tracks_before
            grown.grew(one, bunch)
            return
        apart.append(f"it is kept apart from “{one.part.where}”: {verdict.because}")
    bunch.notes += apart
    grown.add(bunch)


def _forms(bunch: _Bunch) -> set[str]:
    return {one.file.form for one in bunch.files}


def _were_one(one: _Bunch, other: _Bunch) -> bool:
    """Whether they are formats of one release, known from before: tags that were mended in one format only do not make
    the other a release of its own."""
    if one.part.ids and other.part.ids and not one.part.ids & other.part.ids:
        return False
    sounds = {file.audio_hash for file in one.files}
    if any(file.audio_hash in sounds for file in other.files):
        return False  # a song that is on two releases has tracks on both
    shared = len(one.tracks_before & other.tracks_before)
    return shared > 0 and shared * 2 >= min(len(one.files), len(other.files))


def _may_be_one(one: Part, other: Part) -> bool:
    """Whether there is anything to compare: one album's name, one MusicBrainz release, or discs of one folder."""
    if one.ids & other.ids:
        return True
    if one.album_key is None or other.album_key is None:
        return one.album_key is other.album_key and one.root == other.root
    return one.album_key == other.album_key


def _parted(files: Sequence[FoundFile], by: Callable[[FoundFile], Hashable]) -> dict[Hashable, list[FoundFile]]:
    parts: dict[Hashable, list[FoundFile]] = {}
    for one in files:
        parts.setdefault(by(one), []).append(one)
    return parts


def _album_key(one: FoundFile) -> str | None:
    return same_name(without_disc(one.recording.album)[0]) if one.recording.album else None


def _album_artist_key(one: FoundFile) -> str | None:
    said = one.recording.album_artist
    return same_name(said) if said else None


def _year(one: FoundFile) -> int | None:
    return one.recording.date.first.year if one.recording.date else None


def copies(files: Sequence[FoundFile]) -> tuple[list[FoundFile], list[tuple[FoundFile, FoundFile, str]]]:
    """The files of one release that become tracks, and (copy, of which, why) for each that is another's sound again.

    Of one recording in several formats the lossless one is taken, else the one with most bits a second.
    """
    kept: dict[str, list[FoundFile]] = {}
    again: list[tuple[FoundFile, FoundFile, str]] = []
    best_first = sorted(files, key=lambda one: (not one.recording.is_lossless, -one.recording.bitrate, one.file.path))
    for one in best_first:
        rivals = kept.setdefault(one.title_key, [])  # the same file and the same recording have the same title
        twin, because = next(((other, why) for other in rivals if (why := _why_same(one, other))), (None, ""))
        if twin is None:
            rivals.append(one)
        else:
            again.append((one, twin, because))
    return in_order([one for rivals in kept.values() for one in rivals]), again


def _why_same(one: FoundFile, other: FoundFile) -> str:
    """Why two files of one release are one recording; "" where they are two."""
    if one.file_hash == other.file_hash:
        return "it is the same file"
    same_title, same_slot = one.title_key == other.title_key, one.slot == other.slot
    if one.audio_hash == other.audio_hash and same_title and same_slot:
        return "it has the same sound, title and number"
    songs = Song.of(one), Song.of(other)
    elsewhere = one.file.form != other.file.form or one.file.folder != other.file.folder
    if elsewhere and one.slot.may_be(other.slot) and same_title and is_same_song(*songs):
        album = "album, " if _album_key(one) == _album_key(other) else ""
        return f"it has the same {album}number, title and length"
    return ""
