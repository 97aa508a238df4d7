"""One import from beginning to end: read every file, group the files, make the drafts, report each."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select

from veza.catalog.artists import Artist
from veza.catalog.facade import Catalog
from veza.catalog.pictures import MOST_BYTES, BadPicture, CoverFiles, hash_of
from veza.catalog.releases import Outdated
from veza.catalog.slugs import NoSlugFree
from veza.catalog.text_fields import BadValue
from veza.catalog.tracks import Track
from veza.ingest.artwork import Candidate, candidates, not_taken, of_source, unread_covers
from veza.ingest.cue_sheets import tell_of_sheets
from veza.ingest.drafts import carry_out
from veza.ingest.file_reading import ReadFile
from veza.ingest.forms import AUDIO, form_of
from veza.ingest.found import FoundFile
from veza.ingest.grouping import Group, group_files
from veza.ingest.import_originals import send_originals
from veza.ingest.plans import Plan, Run, make_plan, outcome_of
from veza.ingest.readers import Reader, ReaderHere
from veza.ingest.remembering import remembered_of
from veza.ingest.report import LEFT_ALONE, Outcome, Report
from veza.ingest.sources import Source, SourceFile, UnreadableFile
from veza.kit.messages import gettext
from veza.kit.moves import Stale

ACTOR = "import"
HERE = ReaderHere()

OnStep = Callable[[str, int, int], None]
"""Told what is being done, how many are done, and of how many."""


async def run_import(
    catalog: Catalog,
    artist_id: UUID | None,
    source: Source,
    on_step: OnStep,
    *,
    encoding: str | None = None,
    is_dry: bool = False,
    reader: Reader = HERE,
) -> Report:
    """Import everything in `source` for an artist; a dry run writes nothing, and needs no artist. Files are read by
    `reader`.

    Raises ObjectsUnavailable, DatabaseUnavailable, and OSError where the server is short of space, memory or open
    files; doing it again then goes on where it stopped.
    """
    listed = source.listed
    report = Report(
        is_dry=is_dry, refused=[*listed.refused], films=[*listed.films], passed_over=[*listed.others],
        notes=[*listed.notes],
    )  # fmt: skip
    found = await _read(source, report, on_step, encoding, reader)
    report.sheets = await asyncio.to_thread(tell_of_sheets, source, found, report.refused, encoding)
    places = {one.place for one in found} | {source.place(file) for file in listed.files}
    run = Run(
        catalog.database.ids.new(), artist_id, source.root, catalog.limits, is_gone=_Gone(source, places), is_dry=is_dry
    )
    before = await _tracks_before(catalog, artist_id)
    groups = group_files(found, source.name, source.root, before, is_archive=source.is_archive)
    for number, group in enumerate(groups):
        on_step("importing", number, len(groups))
        outcome = await _imported(catalog, run, source, group, report, reader)
        report.releases.append(outcome)
        if artist_id is not None and not is_dry and outcome.result != LEFT_ALONE:
            report.sent += await _sounds(catalog, artist_id, source, group, report)
    on_step("importing", len(groups), len(groups))
    if artist_id is not None:
        await _name_gone(catalog, run, source, places, report)
    if any(one.result in {"made", "updated"} for one in report.releases) and not is_dry:
        report.run_id = run.run_id
    return report


async def _read(
    source: Source, report: Report, on_step: OnStep, encoding: str | None, reader: Reader
) -> list[FoundFile]:
    found: list[FoundFile] = []
    recordings = [file for file in source.listed.files if file.form in AUDIO]
    for number, file in enumerate(recordings):
        on_step("reading", number, len(recordings))
        try:
            found.append(_found(source, file, await reader.file(source, file, encoding)))
        except UnreadableFile as unreadable:
            report.refused.append((file.path, str(unreadable)))
    return found


def _found(source: Source, file: SourceFile, read: ReadFile) -> FoundFile:
    return FoundFile(
        file=file,
        place=source.place(file),
        file_hash=read.file_hash,
        audio_hash=read.audio_hash,
        recording=read.recording,
        sheet=read.sheet,
        pictures=read.pictures,
    )


async def _imported(
    catalog: Catalog, run: Run, source: Source, group: Group, report: Report, reader: Reader
) -> Outcome:
    async with catalog.database.read() as session:
        plan = await make_plan(session, run, group)
    try:
        cover, where = await _cover(catalog, run, plan, source, report, reader)
        if run.is_dry:
            run.take(plan)
            outcome = outcome_of(plan, bool(where))
        else:
            outcome = await _written(catalog, run, group, cover)
    except (BadValue, NoSlugFree, Outdated, Stale) as refusal:
        return Outcome(group.title, LEFT_ALONE, notes=[*group.notes, str(refusal)])
    if plan.before is None and not where and (note := not_taken(group, of_source(source))):
        outcome.notes.append(note)
    if not where and plan.cover_now is None:
        for path in unread_covers(group, report.passed_over):
            report.passed_over.remove(path)
            report.refused.append((path, f"a {form_of(path)[1:].upper()} makes no cover: send a JPEG, PNG or WebP"))
    outcome.cover = where if outcome.result in {"made", "updated"} else ""
    return outcome


async def _sounds(catalog: Catalog, artist_id: UUID, source: Source, group: Group, report: Report) -> int:
    try:
        return await send_originals(catalog, artist_id, source, group, ACTOR)
    except UnreadableFile as unreadable:  # it was read a moment ago
        report.refused.append((group.title, str(unreadable)))
        return 0


async def _written(catalog: Catalog, run: Run, group: Group, cover: CoverFiles | None) -> Outcome:
    async with catalog.database.write(ACTOR) as session:
        # One import of an artist at a time: of two that run at once the second finds what the first made.
        artist = (await session.scalars(select(Artist).where(Artist.id == run.artist_id).with_for_update())).one()
        plan = await make_plan(session, run, group)
        if plan.before is not None:
            await session.refresh(plan.before.release, with_for_update=True)
        if cover is not None and not plan.takes_cover(cover.source_hash):
            cover = None  # people gave it another one in the meantime
        run.take(plan)
        return await carry_out(session, run, artist, plan, cover)


async def _cover(
    catalog: Catalog, run: Run, plan: Plan, source: Source, report: Report, reader: Reader
) -> tuple[CoverFiles | None, str]:
    """The first picture that can be made the cover, and where it is; neither when the cover is that one already, or
    is not the import's to change. In a dry run nothing is made of it."""
    for candidate in candidates(plan.group, of_source(source)):
        try:
            data = await _picture(source, candidate, reader)
            if not plan.takes_cover(hash_of(data)):
                return None, ""
            return (None if run.is_dry else await catalog.keep_picture(data)), candidate.where
        except (BadPicture, UnreadableFile) as refusal:
            _refuse_once(report, candidate, refusal)
    return None, ""


async def _picture(source: Source, candidate: Candidate, reader: Reader) -> bytes:
    if candidate.size > MOST_BYTES:
        raise BadPicture(
            gettext(
                "it has {size:,} bytes, at most {most_bytes:,} are taken", size=candidate.size, most_bytes=MOST_BYTES
            )
        )
    return await reader.picture(source, candidate, MOST_BYTES)


def _refuse_once(report: Report, candidate: Candidate, why: Exception) -> None:
    said = (candidate.where, f"it makes no cover: {why}")
    if said not in report.refused:
        report.refused.append(said)


async def _tracks_before(catalog: Catalog, artist_id: UUID | None) -> dict[str, set[UUID]]:
    """Hash of a sound → the tracks it became in earlier imports."""
    tracks: dict[str, set[UUID]] = {}
    if artist_id is not None:
        async with catalog.database.read() as session:
            for row in await remembered_of(session, artist_id):
                if row.audio_hash is not None:
                    tracks.setdefault(row.audio_hash, set()).add(row.track_id)
    return tracks


class _Gone:
    """Whether what lay at a place lies there no more: in this source it is known, elsewhere the disk is asked."""

    def __init__(self, source: Source, places: set[str]) -> None:
        self._root, self._places = source.root, places

    def __call__(self, place: str) -> bool:
        if _is_under(place, self._root):
            return place not in self._places
        outside = place.partition("!/")[0]
        return not os.path.exists(outside)


def _is_under(place: str, root: str) -> bool:
    return place.startswith((f"{root}/", f"{root}!/"))


async def _name_gone(catalog: Catalog, run: Run, source: Source, places: set[str], report: Report) -> None:
    """Name the files of this source whose tracks are there and which are not: a label should know what it lacks."""
    assert run.artist_id is not None
    hidden = [source.root + mark + path for path, _ in source.listed.refused for mark in ("/", "!/")]
    async with catalog.database.read() as session:
        rows = await remembered_of(session, run.artist_id)
        lost = [
            row for row in rows
            if row.is_main and row.id not in run.seen and row.said and _is_under(row.path, source.root)
            and row.path not in places and not any(_is_within(row.path, place) for place in hidden)
        ]  # fmt: skip
        for row in lost:
            track = await session.get(Track, row.track_id)
            if track is not None:
                path = row.path[len(source.root) :].lstrip("!/")
                report.gone.append((path, f"it is gone since {row.at:%Y-%m-%d}; its track “{track.title}” stays"))


def _is_within(place: str, folder: str) -> bool:
    return place == folder or place.startswith(f"{folder}/")
