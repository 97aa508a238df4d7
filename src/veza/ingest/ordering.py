"""The order of the files of a release as its tracks: by disc, side and number, from tags, folders and names.

| what | from the tag | else from the folder | else from the name |
|---|---|---|---|
| disc | `2`, `2/3`, or before the number, `2-07` | a disc by `disc_folders.py` | `2-07 Title`, in every name |
| side | `A1`, `B-2`, `AA` | `Side B` | `A1 Title`, in every name |
| number | `7`, `7/12` | | `07 Title`, in every name |

Names count only if every file of the folder without the tag has the number in its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from veza.ingest.disc_folders import Home, homes
from veza.ingest.disc_names import without_disc
from veza.ingest.found import FoundFile, Slot

_DIGITS = re.compile(r"(\d{1,18})")
_NAME_DISC = re.compile(r"(?:cd|disc|disk)?\s*(\d{1,2})[-.](\d{1,3})(?=[\s._-]|$)", re.IGNORECASE)
_NAME_SIDE = re.compile(r"([A-Z]{1,2})[-.]?(\d{1,2})(?=[\s._-]|$)", re.IGNORECASE)
_NAME_NUMBER = re.compile(r"(?:track\s*)?[\[(#]?(\d{1,4})[\])]?(?=[\s._-]|$)", re.IGNORECASE)


def placed(files: Sequence[FoundFile], source_root: str, *, is_archive: bool) -> list[FoundFile]:
    """The files with the home of their folder and the slot of each; those of one folder are looked at together."""
    by_folder: dict[str, list[FoundFile]] = {}
    for one in files:
        by_folder.setdefault(one.file.folder, []).append(one)
    said = {folder: [one.recording for one in group] for folder, group in by_folder.items()}
    found = homes(said, source_root, is_archive=is_archive)
    overruled = _overruled(by_folder, found)
    return [
        replace(one, slot=slot, home=found[folder])
        for folder, group in by_folder.items()
        for one, slot in zip(group, _slots(found[folder], group, trust_folder=folder in overruled), strict=True)
    ]


def in_order(files: Sequence[FoundFile]) -> list[FoundFile]:
    """The files of one release as its tracks."""
    return sorted(files, key=_key)


def order_note(files: Sequence[FoundFile]) -> list[str]:
    """A note that the order of several files is a guess, where tags do not say all of it."""
    unnumbered = sum(one.recording.number is None for one in files)
    if not unnumbered or len(files) < 2:
        return []
    return [f"the tags of {unnumbered} of its {len(files)} files have no track number: the names say the order"]


def _key(one: FoundFile) -> tuple[Any, ...]:
    slot = one.slot
    number = slot.number if slot.number is not None else 100_000
    return slot.disc, (len(slot.side) and slot.side), number, _natural(one.file.stem), _natural(one.file.path)


def _natural(text: str) -> list[tuple[int, str]]:
    """“2 Intro” before “10 Coda”: what people number without zeros, wherever in the name the number stands."""
    return [(int(part), "") if number % 2 else (0, part.lower()) for number, part in enumerate(_DIGITS.split(text))]


def _slots(home: Home, files: Sequence[FoundFile], *, trust_folder: bool) -> list[Slot]:
    names = _from_names([one for one in files if one.recording.number is None])
    side = home.side
    slots = []
    for one in files:
        said, named = one.recording, names.get(one.file.path)
        _, in_title = without_disc(said.album or "")
        tagged = None if trust_folder else said.disc
        disc = tagged or home.disc or in_title or (named.disc if named else None) or 1
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


def _overruled(by_folder: dict[str, list[FoundFile]], found: dict[str, Home]) -> set[str]:
    """Disc folders whose tags all say the same disc: the folders know better."""
    by_root: dict[str, list[str]] = {}
    for folder in by_folder:
        if found[folder].disc is not None:
            by_root.setdefault(found[folder].root, []).append(folder)
    overruled: set[str] = set()
    for folders in by_root.values():
        tagged = [frozenset(one.recording.disc for one in by_folder[folder]) for folder in folders]
        numbered = {found[folder].disc for folder in folders}
        if len(folders) > 1 and len(numbered) == len(folders) and len(set(tagged)) < len(folders):
            overruled |= set(folders)
    return overruled
