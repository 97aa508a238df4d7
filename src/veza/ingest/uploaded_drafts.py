"""A recording or a ZIP that was uploaded for an artist becomes drafts, as `veza import` makes them of a folder.

An upload that is done again, because its worker was killed, finds what it made and completes it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

from veza.catalog.facade import Catalog
from veza.ingest.joining import NoTrack
from veza.ingest.opening import is_zip, open_source
from veza.ingest.reading_apart import ReaderApart
from veza.ingest.report import Report
from veza.ingest.run import run_import
from veza.ingest.sources import BadSource, Bounds, Source
from veza.ingest.upload_space import DiskFull, QuotaReached, UploadLimits, demand_disk, demand_quota
from veza.ingest.uploads import Upload
from veza.kit.messages import Message, gettext, joined, message_of, verbatim
from veza.kit.work_folders import work_folder

MOST_FILES = 2_000
"""Recordings and pictures in one ZIP: a box set."""
MOST_TIMES = 10
"""What a ZIP unpacks to at most, by its size: audio that is not compressed has hardly two times, silence more."""
MOST_DEPTH = 8
"""Folders of a path that are kept: a disc of an album of an artist is three deep."""
NAMELESS = "Untitled"
"""The folder of files that lay in none."""
MOST_SAID = 5
"""Files that a reason names."""
MOST_NOTES = 100
"""Kept of an upload: a box set of old files has one for each file."""


BytesOf = Callable[[Upload], AsyncIterator[bytes]]
"""The bytes of an upload that has come."""


@dataclass(frozen=True, slots=True)
class Drafts:
    """The first draft that was made of an upload, or completed; a sentence for what was left out, if any was; and what
    was guessed or changed."""

    release_id: UUID
    left_out: Message | None
    notes: Sequence[Message]


async def drafts_of(catalog: Catalog, limits: UploadLimits, folder: Path, upload: Upload, key: str) -> Drafts:
    """Import the file stored under `key`, by way of a folder in `folder`.

    Raises NoTrack, ObjectsUnavailable and OSError.
    """
    return await _made_of(catalog, limits, folder, [upload], partial(_opened, catalog, limits, upload, key))


async def drafts_of_drop(
    catalog: Catalog, limits: UploadLimits, folder: Path, uploads: Sequence[Upload], bytes_of: BytesOf
) -> Drafts:
    """Import the files of several uploads as the folder that they lay in; likewise."""
    return await _made_of(catalog, limits, folder, uploads, partial(_laid_out, limits, uploads, bytes_of))


async def _made_of(
    catalog: Catalog, limits: UploadLimits, folder: Path, uploads: Sequence[Upload],
    opened: Callable[[Path], Awaitable[Source]],
) -> Drafts:  # fmt: skip
    # Locked, or the first audio job would take it for one that was left behind, with the recordings not yet stored.
    async with work_folder(folder, f"upload-{uploads[-1].id}-") as own:
        source = await opened(own)
        try:
            await _demand_space(catalog, limits, uploads, source)
            reader = ReaderApart(own)
            report = await run_import(catalog, uploads[0].artist_id, source, lambda *_: None, reader=reader)
        finally:
            source.close()
    return _drafts_in(report)


async def _laid_out(limits: UploadLimits, uploads: Sequence[Upload], bytes_of: BytesOf, folder: Path) -> Source:
    """A folder with every file where it lay; what has the same place as another gets one beside it."""
    own, taken = folder / "source" / NAMELESS, set[Path]()
    for upload in uploads:
        names = [_file_name(name) for name in (upload.path or upload.file_name).split("/") if name.strip(". ")]
        place = own.joinpath(*names[-MOST_DEPTH:] or [NAMELESS])
        if place in taken:
            place = place.with_name(f"{upload.id.hex[-6:]} {place.name}")
        taken.add(place)
        await asyncio.to_thread(place.parent.mkdir, parents=True, exist_ok=True)
        with await asyncio.to_thread(place.open, "xb") as file:
            async for chunk in bytes_of(upload):
                await asyncio.to_thread(file.write, chunk)
    bounds = Bounds(files=MOST_FILES, file_bytes=limits.file_bytes)
    return await asyncio.to_thread(open_source, own, bounds)


async def _opened(catalog: Catalog, limits: UploadLimits, upload: Upload, key: str, folder: Path) -> Source:
    """The source: the ZIP itself, or a folder with the one recording; both have the name of the file that was sent."""
    name = _file_name(upload.file_name)
    own = folder / "source" / Path(name).stem
    await asyncio.to_thread(own.mkdir, parents=True)
    path, local = own / name, catalog.objects.local_path(key)
    if local is None:
        await catalog.objects.copy_to_file(key, path)
    else:
        await asyncio.to_thread(_linked, local, path)
    is_archive = await asyncio.to_thread(is_zip, path)
    bounds = Bounds(
        files=MOST_FILES, file_bytes=limits.file_bytes, total_bytes=max(MOST_TIMES * upload.length_bytes, 1 << 30)
    )
    try:
        return await asyncio.to_thread(open_source, path if is_archive else own, bounds, spool=folder)
    except BadSource:
        # Its sentence names a place on this machine.
        raise NoTrack(gettext("the ZIP cannot be read: it is damaged, or more comes out of it than may")) from None


def _file_name(sent: str) -> str:
    """A name for a file in a folder of ours; what is behind its last dot stays."""
    stem, dot, ending = sent.replace("/", "_").replace("\0", "_").strip(". ").rpartition(".")
    kept = (stem or ending).encode()[:150].decode(errors="ignore")
    return f"{kept}{dot}{ending}" if stem and len(ending.encode()) <= 10 else kept or "Untitled"


def _linked(there: Path, path: Path) -> None:
    """The same file under another name; a copy, where the two lie on different disks."""
    try:
        os.link(there, path)
    except OSError:
        shutil.copyfile(there, path)


async def _demand_space(catalog: Catalog, limits: UploadLimits, uploads: Sequence[Upload], source: Source) -> None:
    """The files that come out of a ZIP have to fit, too."""
    out_bytes = sum(file.size for file in source.listed.files)
    sent_bytes = sum(upload.length_bytes for upload in uploads)
    try:
        async with catalog.database.read() as session:
            await demand_quota(session, limits, uploads[0].artist_id, max(0, out_bytes - sent_bytes))
            await demand_disk(session, limits, out_bytes // 2, catalog.objects.free_bytes())
    except (QuotaReached, DiskFull) as error:
        raise NoTrack(message_of(error)) from None


def _drafts_in(report: Report) -> Drafts:
    left = [gettext("{path}: {reason}", path=path, reason=reason) for path, reason in report.refused]
    more = len(left) - MOST_SAID
    said = joined([*left[:MOST_SAID], *([gettext("and {more} more", more=more)] if more > 0 else [])])
    made = [one.release_id for one in report.releases if one.release_id is not None]
    if not made:
        if left:
            raise NoTrack(gettext("no draft was made: {said}", said=said))
        raise NoTrack(gettext("there is no recording in it"))
    return Drafts(made[0], gettext("left out: {said}", said=said) if left else None, _notes_in(report))


def _notes_in(report: Report) -> list[Message]:
    """The notes about the whole, then those about each release, which is named if there are several."""
    notes = [verbatim(note) for note in report.notes]
    for one in report.releases:
        own = [verbatim(note) for note in one.notes]
        if len(report.releases) > 1:
            own = [gettext("{title}: {note}", title=one.title, note=note) for note in own]
        notes += own
    more = len(notes) - MOST_NOTES
    return [*notes[:MOST_NOTES], *([gettext("and {more} more", more=more)] if more > 0 else [])]
