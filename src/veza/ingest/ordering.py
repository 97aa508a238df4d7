"""In which order the files of a release are its tracks: by disc, side and number, from tags, folders and names.

| what | from the tag | else from the folder | else from the name |
|---|---|---|---|
| disc | `2`, `2/3`, or before the number, `2-07` | `CD2`, `Disc 2`, `Album (CD 2)` | `2-07 Title`, in every name |
| side | `A1`, `B-2`, `AA` | `Side B` | `A1 Title`, in every name |
| number | `7`, `7/12` | | `07 Title`, in every name |

A name counts where every file of its folder that lacks the tag has it in its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from veza.ingest.found import FoundFile, Slot

_DISC_WORD = (
    r"(?:cd|dvd|disc|disk|disque|disco|diskas|disko|dysk|disc[oă]|schijf|skiva|levy|lemez|deska|platte"
    r"|lp|vinyl|record|диск|кд|ディスク|碟|唱片|디스크|δίσκος)"
)
_DISC_FOLDER = re.compile(rf"{_DISC_WORD}[\s._-]*(\d{{1,3}})(?!\d)", re.IGNORECASE)
_DISC_END = re.compile(
    r"[\s._-]*[(\[]?\s*\b(?:cd|disc|disk|disque|диск|ディスク)[\s._-]*(\d{1,3})\b[^)\]]*[)\]]?\s*$", re.IGNORECASE
)
_SIDE_FOLDER = re.compile(r"(?:side|seite|face|lado|lato|kant|strana|сторона)[\s._-]*([a-z]{1,2})\b", re.IGNORECASE)
_DIGITS = re.compile(r"(\d{1,18})")
_NAME_DISC = re.compile(r"(?:cd|disc|disk)?\s*(\d{1,2})[-.](\d{1,3})(?=[\s._-]|$)", re.IGNORECASE)
_NAME_SIDE = re.compile(r"([A-Z]{1,2})[-.]?(\d{1,2})(?=[\s._-]|$)", re.IGNORECASE)
_NAME_NUMBER = re.compile(r"(?:track\s*)?[\[(#]?(\d{1,4})[\])]?(?=[\s._-]|$)", re.IGNORECASE)


def disc_folder(name: str) -> int | None:
    """The disc a folder is when its name says little else, such as `CD2` or `Disc 2 - Live`."""
    found = _DISC_FOLDER.match(name)
    return int(found[1]) if found else None


def is_part_folder(name: str) -> bool:
    """Whether a folder is a disc or a side of the album its parent is."""
    return disc_folder(name) is not None or _SIDE_FOLDER.fullmatch(name.strip()) is not None


def root_of(folder: str) -> str:
    """The folder of the whole album that `folder` is, or is a disc or side of."""
    path = PurePosixPath(folder)
    while path.name and is_part_folder(path.name) and str(path.parent) not in {".", ""}:
        path = path.parent
    if path.name and is_part_folder(path.name):
        return ""
    return "" if str(path) == "." else str(path)


def without_disc(album: str) -> tuple[str, int | None]:
    """An album's title without the disc that some programs write behind it: “Blue (Disc 2)” is Blue, 2."""
    found = _DISC_END.search(album)
    if found is None or not album[: found.start()].strip():
        return album, None
    return album[: found.start()].strip(), int(found[1])


def placed(files: Sequence[FoundFile]) -> list[FoundFile]:
    """The files with the slot of each; those of one folder are looked at together."""
    by_folder: dict[str, list[FoundFile]] = {}
    for one in files:
        by_folder.setdefault(one.file.folder, []).append(one)
    overruled = _overruled(by_folder)
    return [
        replace(one, slot=slot)
        for folder, group in by_folder.items()
        for one, slot in zip(group, _slots(folder, group, trust_folder=folder in overruled), strict=True)
    ]


def in_order(files: Sequence[FoundFile]) -> list[FoundFile]:
    """The files of one release as its tracks."""
    return sorted(files, key=_key)


def _key(one: FoundFile) -> tuple[Any, ...]:
    slot = one.slot
    number = slot.number if slot.number is not None else 100_000
    return slot.disc, (len(slot.side) and slot.side), number, _natural(one.file.stem), _natural(one.file.path)


def _natural(text: str) -> list[tuple[int, str]]:
    """“2 Intro” before “10 Coda”: what people number without zeros, wherever in the name the number stands."""
    return [(int(part), "") if number % 2 else (0, part.lower()) for number, part in enumerate(_DIGITS.split(text))]


def _slots(folder: str, files: Sequence[FoundFile], *, trust_folder: bool) -> list[Slot]:
    names = _from_names([one for one in files if one.recording.number is None])
    there, side = _disc_of_folder(folder), _side_of_folder(folder)
    slots = []
    for one in files:
        said, named = one.recording, names.get(one.file.path)
        _, in_title = without_disc(said.album or "")
        tagged = None if trust_folder else said.disc
        disc = tagged or there or in_title or (named.disc if named else None) or 1
        if said.number is not None:
            slots.append(Slot(disc, said.side or side, said.number))
        elif named is not None:
            slots.append(Slot(disc, named.side or side, named.number))
        else:
            slots.append(Slot(disc, side, None))
    return slots


_IN_NAMES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Slot]], ...] = (
    (_NAME_DISC, lambda found: Slot(int(found[1]), "", int(found[2]))),
    (_NAME_SIDE, lambda found: Slot(1, found[1].upper(), int(found[2]))),
    (_NAME_NUMBER, lambda found: Slot(1, "", int(found[1]))),
)


def _from_names(files: Sequence[FoundFile]) -> dict[str, Slot]:
    """Slots from the files' names, where every one of them has a number at its beginning and no two the same."""
    for pattern, slot_of in _IN_NAMES:
        slots = {one.file.path: slot_of(match) for one in files if (match := pattern.match(one.file.stem))}
        if not slots or len(slots) < len(files) or len(set(slots.values())) < len(slots):
            continue
        # A name such as “99 Luftballons” begins with a number, too: alone it is none.
        return slots if len(slots) > 1 or pattern is not _NAME_NUMBER or _is_padded(files[0]) else {}
    return {}


def _is_padded(one: FoundFile) -> bool:
    """Whether the name begins as numbered names do, `01`, and not as a title may, `1979`."""
    return re.match(r"(?:track\s*)?\d{1,2}(?!\d)[\s._-]", one.file.stem, re.IGNORECASE) is not None


def _disc_of_folder(folder: str) -> int | None:
    for name in reversed(PurePosixPath(folder).parts):
        if (disc := disc_folder(name)) is not None:
            return disc
        if _SIDE_FOLDER.fullmatch(name.strip()):
            continue
        return without_disc(name)[1]
    return None


def _side_of_folder(folder: str) -> str:
    found = _SIDE_FOLDER.fullmatch(PurePosixPath(folder).name.strip())
    return found[1].upper() if found else ""


def _overruled(by_folder: dict[str, list[FoundFile]]) -> set[str]:
    """Disc folders whose tags all say the same disc: the folders know better."""
    by_root: dict[str, list[str]] = {}
    for folder in by_folder:
        if _disc_of_folder(folder) is not None:
            by_root.setdefault(str(PurePosixPath(folder).parent), []).append(folder)
    overruled: set[str] = set()
    for folders in by_root.values():
        tagged = [frozenset(one.recording.disc for one in by_folder[folder]) for folder in folders]
        numbered = {_disc_of_folder(folder) for folder in folders}
        if len(folders) > 1 and len(numbered) == len(folders) and len(set(tagged)) < len(folders):
            overruled |= set(folders)
    return overruled
