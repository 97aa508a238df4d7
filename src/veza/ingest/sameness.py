"""The rules by which two recordings are the same, and two folders (or a folder and an earlier import) one release.

docs/import.md has these rules as a table; each verdict says why, for the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from veza.catalog.text_fields import same_name
from veza.ingest.found import FoundFile, Slot, same_length


@dataclass(frozen=True, slots=True)
class Song:
    """A recording as it is compared, found now or remembered."""

    title_key: str
    lasts_ms: int | None
    slot: Slot
    audio_hash: str | None
    place: str
    is_disc_said: bool = False

    @classmethod
    def of(cls, one: FoundFile) -> Song:
        said = one.recording.disc is not None
        return cls(one.title_key, one.lasts_ms, one.slot, one.audio_hash, one.place, said)


@dataclass(frozen=True, slots=True)
class Part:
    """Recordings that belong together for certain: those of one folder that name one album, or of one release.

    `where` names it in a sentence; `root` is the folder of the whole album; sets hold what the files say.
    """

    where: str
    root: str
    album_key: str | None
    ids: frozenset[str]
    album_artists: frozenset[str]
    artists: frozenset[str]
    years: frozenset[int]
    songs: tuple[Song, ...]
    is_disc_folder: bool = False

    @classmethod
    def of(cls, files: Iterable[FoundFile], *, where: str, root: str, album_key: str | None, is_disc: bool) -> Part:
        said = [one.recording for one in files]
        return cls(
            where=where,
            root=root,
            album_key=album_key,
            ids=frozenset(str(one.album_id) for one in said if one.album_id),
            album_artists=frozenset(same_name(one.album_artist) for one in said if one.album_artist),
            artists=frozenset(same_name(one.artist) for one in said if one.artist),
            years=frozenset(one.date.first.year for one in said if one.date),
            songs=tuple(Song.of(one) for one in files),
            is_disc_folder=is_disc,
        )

    def joined(self, other: Part) -> Part:
        """Both parts as one."""
        return Part(
            self.where, self.root, self.album_key, self.ids | other.ids, self.album_artists | other.album_artists,
            self.artists | other.artists, self.years | other.years, self.songs + other.songs,
            self.is_disc_folder or other.is_disc_folder,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two are one release, and why, as the end of a sentence."""

    is_same: bool
    because: str


def is_same_song(one: Song, other: Song) -> bool:
    """The same sound; or the same title and length."""
    if one.audio_hash is not None and one.audio_hash == other.audio_hash:
        return True
    return one.title_key == other.title_key and same_length(one.lasts_ms, other.lasts_ms)


def is_same_place(one: Song, other: Song) -> bool:
    """Whether it has the other's path and a like title or length: the same recording, tagged or encoded anew."""
    alike = one.title_key == other.title_key or same_length(one.lasts_ms, other.lasts_ms)
    return one.place == other.place and alike


def compare(one: Part, other: Part) -> Verdict:
    """Whether two parts that name one album are one release. The first rule that decides, decides."""
    return next(verdict for rule in _RULES if (verdict := rule(one, other)) is not None)


def _ids(one: Part, other: Part) -> Verdict | None:
    if not one.ids or not other.ids:
        return None
    if one.ids & other.ids:
        return Verdict(True, "they have the same MusicBrainz release")
    return Verdict(False, "their MusicBrainz releases differ")


def _clash(one: Part, other: Part) -> Verdict | None:
    shared, clashes = _shared_and_clashing(one, other)
    if clashes and len(clashes) >= shared:
        first, second = clashes[0]
        return Verdict(
            False, f"they have different songs as {first.slot}: “{first.title_key}” and “{second.title_key}”"
        )
    return None


def _discs(one: Part, other: Part) -> Verdict | None:
    if one.root == other.root and one.is_disc_folder and other.is_disc_folder:
        return Verdict(True, "they are discs or sides in one folder")
    said = all(song.is_disc_said for song in one.songs + other.songs)
    if said and not _discs_of(one) & _discs_of(other) and _parent(one) == _parent(other):
        return Verdict(True, "their tags say that they are different discs")
    return None


def _years(one: Part, other: Part) -> Verdict | None:
    if len(one.years) == len(other.years) == 1 and one.years != other.years and not _share_sound(one, other):
        return Verdict(False, f"their years differ ({min(one.years)} and {min(other.years)})")
    return None


def _artists(one: Part, other: Part) -> Verdict | None:
    if one.album_artists and other.album_artists and not one.album_artists & other.album_artists:
        return Verdict(False, "their album artists differ")
    alone = len(one.artists) == len(other.artists) == 1
    if alone and one.artists != other.artists and not (one.album_artists and other.album_artists):
        return Verdict(False, "their artists differ")
    return None


def _songs(one: Part, other: Part) -> Verdict | None:
    shared, _ = _shared_and_clashing(one, other)
    if shared * 2 >= min(len(one.songs), len(other.songs)):
        return Verdict(True, "they have the same songs")
    return None


def _numbers(one: Part, other: Part) -> Verdict:
    if all(song.slot.number is not None for song in one.songs + other.songs):
        return Verdict(True, "no two songs have the same number")
    return Verdict(False, "nothing shows that they are one: not every song has a number")


_RULES: tuple[Callable[[Part, Part], Verdict | None], ...] = (
    _ids, _clash, _discs, _years, _artists, _songs, _numbers,
)  # fmt: skip


def _shared_and_clashing(one: Part, other: Part) -> tuple[int, list[tuple[Song, Song]]]:
    """How many songs of `one` are in `other`, and pairs that have the same slot and are not the same."""
    by_title: dict[str, list[Song]] = {}
    by_slot: dict[Slot, list[Song]] = {}
    by_place: dict[str, Song] = {}
    sounds = {song.audio_hash for song in other.songs if song.audio_hash}
    for song in other.songs:
        by_title.setdefault(song.title_key, []).append(song)
        by_slot.setdefault(song.slot, []).append(song)
        by_place[song.place] = song
    shared, clashes = 0, list[tuple[Song, Song]]()
    for song in one.songs:
        twin = by_place.get(song.place)
        if (
            song.audio_hash in sounds
            or any(is_same_song(song, like) for like in by_title.get(song.title_key, ()))
            or (twin is not None and is_same_place(song, twin))
        ):
            shared += 1
        elif song.slot.number is not None and song.slot in by_slot:
            clashes.append((song, by_slot[song.slot][0]))
    return shared, clashes


def _share_sound(one: Part, other: Part) -> bool:
    sounds = {song.audio_hash for song in one.songs if song.audio_hash}
    return any(song.audio_hash in sounds for song in other.songs)


def _discs_of(part: Part) -> set[int]:
    return {song.slot.disc for song in part.songs}


def _parent(part: Part) -> str:
    return part.root.rpartition("/")[0]
