"""Which files make one release: by the album they name, else by the folder they lie in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from veza.catalog.import_source import SourceFile
from veza.catalog.import_tags import Recording
from veza.catalog.wording import sort_key

_NUMBERS = re.compile(r"(\d{1,18})")


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


def _place(found: FoundFile) -> tuple[Any, ...]:
    return found.recording.disc, found.recording.number, _natural(found.file.path), found.file.path


def _natural(path: str) -> list[tuple[int, str]]:
    """“2 Intro” before “10 Coda”: what people number without zeros."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in _NUMBERS.split(path)]


def hash_file(opened: Any) -> str:
    """What a whole file is known by."""
    return hashlib.file_digest(opened, "sha256").hexdigest()


def each_once(group: Group) -> tuple[list[FoundFile], list[str]]:
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
