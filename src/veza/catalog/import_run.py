"""One import from beginning to end: read every file, group them, make the drafts, say what became of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from uuid import UUID

from veza.catalog.import_groups import FoundFile, Group, group_files, hash_file
from veza.catalog.import_source import AUDIO, PICTURES, Source, SourceFile, UnreadableFile
from veza.catalog.import_tags import read_picture, read_recording
from veza.catalog.importing import Outcome, import_group, takes_cover
from veza.catalog.pictures import MOST_BYTES, BadPicture, CoverFiles, hash_of
from veza.catalog.releases import Outdated
from veza.catalog.room import CatalogRoom
from veza.catalog.slugs import NoSlugFree
from veza.catalog.wording import BadValue
from veza.kit.moves import Stale

COVER_NAMES = ("cover", "folder", "front", "albumart")
"""What a picture beside the recordings is called when it is the cover; one alone may be called anything."""

DOUBLED = "another file comes after it under the same name, and that one is taken"

Pictures = dict[str, list[SourceFile]]
"""The pictures of a source by the folder they lie in."""

OnStep = Callable[[str, int, int], None]
"""Told what is being done, how many are done, and of how many."""


@dataclass(slots=True)
class Report:
    """What an import made, and what it did not and why: (path, reason)."""

    releases: list[Outcome] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    passed_over: int = 0
    """Files that are no recordings and no covers."""

    @property
    def ok(self) -> bool:
        return not self.refused and all(one.result != "left alone" for one in self.releases)


async def run_import(room: CatalogRoom, artist_id: UUID, source: Source, on_step: OnStep) -> Report:
    """Import everything in `source` for an artist. Raises ObjectsUnavailable and DatabaseUnavailable; doing it
    again then goes on where it stopped."""
    report = Report()
    found: list[FoundFile] = []
    recordings = [file for file in source.files if file.form in AUDIO]
    report.passed_over = sum(file.form not in AUDIO | PICTURES for file in (*source.files, *source.doubled))
    report.refused += source.unseen
    report.refused += [(file.path, DOUBLED) for file in source.doubled if file.form in AUDIO | PICTURES]
    for number, file in enumerate(recordings):
        on_step("reading", number, len(recordings))
        try:
            found.append(await asyncio.to_thread(_found, source, file))
        except UnreadableFile as unreadable:
            report.refused.append((file.path, str(unreadable)))
    groups = group_files(found, source.name)
    pictures: Pictures = {}
    for file in source.files:
        if file.form in PICTURES:
            pictures.setdefault(file.folder, []).append(file)
    for number, group in enumerate(groups):
        on_step("importing", number, len(groups))
        report.releases.append(await _imported(room, artist_id, source, pictures, group))
    on_step("importing", len(groups), len(groups))
    return report


async def _imported(room: CatalogRoom, artist_id: UUID, source: Source, pictures: Pictures, group: Group) -> Outcome:
    cover, notes = await _cover(room, artist_id, source, pictures, group)
    try:
        outcome = await import_group(room.database, artist_id, group, cover, room.limits)
    except (BadValue, NoSlugFree, Outdated, Stale) as refusal:
        outcome = Outcome(group.title, "left alone", notes=[str(refusal)])
    outcome.notes += notes
    return outcome


def _found(source: Source, file: SourceFile) -> FoundFile:
    with source.open(file) as opened:
        file_hash = hash_file(opened)
        return FoundFile(file, file_hash, read_recording(opened, file))


async def _cover(
    room: CatalogRoom, artist_id: UUID, source: Source, pictures: Pictures, group: Group
) -> tuple[CoverFiles | None, list[str]]:
    """The first picture that can be made into a cover: beside the recordings by its name, else inside the first. None
    when that one is the cover already, or the cover is not the import's to change."""
    notes: list[str] = []
    for file in (*_beside(pictures, group), group.files[0].file):
        try:
            picture = await asyncio.to_thread(_picture, source, file)
            if picture is not None:
                is_new = await takes_cover(room.database, artist_id, group, hash_of(picture), room.limits)
                return await room.keep_picture(picture) if is_new else None, notes
        except (BadPicture, UnreadableFile) as refusal:
            notes.append(f"{file.path} makes no cover: {refusal}")
    return None, notes


def _beside(pictures: Pictures, group: Group) -> Sequence[SourceFile]:
    folders = {one.file.folder for one in group.files}
    # The cover of an album in several parts may lie one folder up.
    if len(folders) > 1:
        folders |= {str(PurePosixPath(folder).parent).removeprefix(".") for folder in folders}
    near = [file for folder in sorted(folders) for file in pictures.get(folder, ())]
    named = [file for name in COVER_NAMES for file in near if file.stem.lower() == name]
    return named or (near if len(near) == 1 else [])


def _picture(source: Source, file: SourceFile) -> bytes | None:
    with source.open(file) as opened:
        if file.form in AUDIO:
            return read_picture(opened, file)
        if file.size > MOST_BYTES:
            raise BadPicture(f"it has {file.size:,} bytes, at most {MOST_BYTES:,} are taken")
        return opened.read(MOST_BYTES + 1)
