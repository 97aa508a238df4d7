"""Finding the folders that are discs or sides of one album, by their names, their neighbours, and the album that their
files name. docs/import.md has the rules as a table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from veza.catalog.text_fields import same_name
from veza.ingest.disc_names import BONUS, DiscName, disc_name, numbers_of, side_name, without_disc
from veza.ingest.recording import Recording, agreed


@dataclass(frozen=True, slots=True)
class Home:
    """The album that a folder belongs to: its `folder` inside the source ("" is the outermost; of `Blue (Disc 1)` it
    is `Blue`, which need not exist) and its `root` on this machine, with the `disc` and `side` the folder is of it."""

    folder: str
    root: str
    disc: int | None = None
    side: str = ""
    is_part: bool = False


def homes(folders: Mapping[str, Sequence[Recording]], source_root: str, *, is_archive: bool) -> dict[str, Home]:
    """The home of each folder that holds recordings."""
    found = _Folders(folders)
    found.find_sides()
    found.find_discs()
    return _as_disc_itself(
        {folder: found.home(folder, source_root) for folder in folders}, source_root, is_archive=is_archive
    )


class _Folders:
    """Folders with recordings, and the decisions about them, made step by step."""

    def __init__(self, folders: Mapping[str, Sequence[Recording]]) -> None:
        self._recordings = folders
        self._children: dict[str, set[str]] = defaultdict(set)
        for folder in folders:
            while folder:
                self._children[_parent(folder)].add(folder)
                folder = _parent(folder)
        self._sides: dict[str, str] = {}
        self._discs: dict[str, tuple[str, int]] = {}
        """The folder of the album, and the number."""

    def find_sides(self) -> None:
        """Find sides: several side by side, or one without other music beside it."""
        for children in self._children.values():
            sides = {one: side for one in children if one in self._recordings and (side := side_name(_name(one)))}
            if len(set(sides.values())) == len(sides) and (len(sides) > 1 or len(sides) == len(children)):
                self._sides |= sides

    def find_discs(self) -> None:
        for parent, children in list(self._children.items()):
            named = {one: name for one in sorted(children) if self._is_leaf(one) and (name := disc_name(_name(one)))}
            for album, members in self._sets(named):
                self._consider(parent, album, {one: named[one] for one in members})

    def _is_leaf(self, folder: str) -> bool:
        """Whether it holds recordings, itself or in sides; a folder of folders is no disc."""
        if folder in self._sides:
            return False
        return folder in self._recordings or all(one in self._sides for one in self._children[folder])

    def _sets(self, named: Mapping[str, DiscName]) -> Iterator[tuple[str, list[str]]]:
        """Folders whose names say the same album ("" for none), and whose files do not name different ones."""
        for members in _parted(named, lambda one: same_name(named[one].rest)):
            for those in _parted(members, self._albums(members).get):
                if _differ(those, named):
                    yield named[those[0]].rest, those
                else:  # “CD1 (FLAC)” beside “CD1 (MP3)”
                    for titled in _parted(those, lambda one: same_name(named[one].title)):
                        if len(titled) > 1 and _differ(titled, named):
                            yield named[titled[0]].title.strip("([{}])"), titled

    def _albums(self, members: list[str]) -> dict[str, str | None]:
        """The album of each folder's files; where only one is named, it is that of files which name none as well."""
        albums = {one: self._album(one) for one in members}
        named = {album for album in albums.values() if album is not None}
        return dict.fromkeys(members, named.pop()) if len(named) == 1 else albums

    def _consider(self, parent: str, album: str, members: dict[str, DiscName]) -> None:
        """Record the folders as discs of `album` or of their parent, if the rules say so."""
        home = _join(parent, album) if album else parent
        has_first = home in self._recordings and home not in members and self._is_their_album(home, list(members))
        numbers = numbers_of([one.said for one in members.values()], 2 if has_first else 1)
        has_first = has_first and min(numbers) > 1
        is_alone = self._children[parent] == members.keys() and (parent not in self._recordings or has_first)
        is_weak = any(one.is_weak for one in members.values())
        if is_weak:
            is_set = self._is_weak_set(list(members), numbers, is_alone=is_alone)
        elif album:
            marked = [one for one in members.values() if one.is_marked and one.said != BONUS]
            is_set = len(members) > 1 or has_first or bool(marked)
        else:
            is_set = len(members) > 1 or is_alone
        if is_set:
            self._discs |= {one: (home, number) for one, number in zip(members, numbers, strict=True)}
            if has_first:
                self._discs[home] = (home, 1)

    def _is_their_album(self, folder: str, members: list[str]) -> bool:
        """Whether songs that lie beside disc folders, or in a folder of the album's name, may be its first disc."""
        album, theirs = self._album(folder), {self._album(one) for one in members} - {None}
        return album is None or not theirs or album in theirs

    def _is_weak_set(self, members: list[str], numbers: list[int], *, is_alone: bool) -> bool:
        """LP1 and LP2: one album by their files' tags, or where nothing names one, all from the first on and nothing
        else beside them."""
        albums = {self._album(one) for one in members}
        if albums == {None}:
            return len(members) > 1 and is_alone and sorted(numbers) == list(range(1, len(numbers) + 1))
        years = {year for one in members if (year := self._year(one)) is not None}
        return len(members) > 1 and None not in albums and len(years) < 2

    def _album(self, folder: str) -> str | None:
        named = [without_disc(one.album)[0] for one in self._all(folder) if one.album]
        return same_name(str(agreed(named))) if named else None

    def _year(self, folder: str) -> int | None:
        years = {one.date.first.year for one in self._all(folder) if one.date}
        return years.pop() if len(years) == 1 else None

    def _all(self, folder: str) -> list[Recording]:
        sides = [one for one in self._children[folder] if one in self._sides]
        return [recording for one in (folder, *sides) for recording in self._recordings.get(one, ())]

    def home(self, folder: str, source_root: str) -> Home:
        side = self._sides.get(folder, "")
        disc_folder = _parent(folder) if side else folder
        album, disc = self._discs.get(disc_folder, (disc_folder, None))
        return Home(album, _join(source_root, album), disc, side, bool(side) or disc is not None)


def _as_disc_itself(homes: dict[str, Home], source_root: str, *, is_archive: bool) -> dict[str, Home]:
    """A disc folder that is imported by itself is a disc of the album around it, as if that had been imported."""
    name = disc_name(source_root.rpartition("/")[2].removesuffix(".zip"))
    if name is None or name.is_weak or name.said == BONUS or any(one.folder or one.disc for one in homes.values()):
        return homes
    if not name.rest and is_archive:
        root = source_root  # what is around a ZIP is no album
    else:
        around = source_root.rpartition("/")[0]
        root = f"{around}/{name.rest}" if name.rest else around
    (number,) = numbers_of([name.said])
    return {folder: replace(one, root=root, disc=number, is_part=True) for folder, one in homes.items()}


def _differ(members: Sequence[str], named: Mapping[str, DiscName]) -> bool:
    numbers = numbers_of(named[one].said for one in members)
    return len(set(numbers)) == len(numbers)


def _parted(those: Iterable[str], by: Callable[[str], Hashable]) -> list[list[str]]:
    parts: dict[Hashable, list[str]] = {}
    for one in those:
        parts.setdefault(by(one), []).append(one)
    return list(parts.values())


def _parent(folder: str) -> str:
    parent = str(PurePosixPath(folder).parent)
    return "" if parent == "." else parent


def _name(folder: str) -> str:
    return PurePosixPath(folder).name


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}".strip("/") if not folder.startswith("/") else f"{folder}/{name}".rstrip("/")
