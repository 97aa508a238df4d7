"""Undoing an import: the drafts that a run made are deleted, unless people have changed or published them since."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select, update

from veza.catalog.deleting import delete_release
from veza.catalog.releases import Release
from veza.catalog.tracks import Track, remove_track, tracks_of
from veza.ingest.columns import track_there
from veza.ingest.memory import ImportedFile, ImportedRelease, ImportRun
from veza.ingest.report import LEFT_ALONE, Outcome, Report
from veza.kit.database import Database, Session
from veza.kit.messages import gettext

ACTOR = "import"


class UnknownRun(LookupError):
    """There is no such run of an import, or it was taken back already."""

    def __init__(self, wanted: object, *, is_undone: bool = False) -> None:
        super().__init__(
            gettext("import {wanted} was taken back already", wanted=wanted)
            if is_undone
            else gettext("there is no import {wanted}", wanted=wanted)
        )


async def undo(database: Database, run_id: UUID) -> Report:
    """Delete what the run made: whole drafts, and tracks it added to drafts of before. Raises UnknownRun.

    A release that is no draft any more, or that people changed, is left alone and named.
    """
    report = Report(run_id=run_id)
    async with database.read() as session:
        run = await session.get(ImportRun, run_id)
        if run is None or run.undone_at is not None:
            raise UnknownRun(run_id, is_undone=run is not None)
        made = select(ImportedRelease.release_id).where(ImportedRelease.run_id == run_id)
        added = select(ImportedFile.release_id).where(ImportedFile.run_id == run_id).distinct()
        ids = sorted({*(await session.scalars(made)), *(await session.scalars(added))})
    for release_id in ids:
        async with database.write(ACTOR) as session:
            outcome = await _undo_release(session, run_id, release_id)
        if outcome is not None:
            report.releases.append(outcome)
    if report.ok:
        async with database.write(ACTOR) as session:
            await session.execute(update(ImportRun).where(ImportRun.id == run_id).values(undone_at=session.now))
    return report


async def _undo_release(session: Session, run_id: UUID, release_id: UUID) -> Outcome | None:
    mine = select(Release).where(Release.id == release_id).with_for_update()
    release = (await session.scalars(mine.execution_options(populate_existing=True))).one_or_none()
    memory = await session.get(ImportedRelease, release_id)
    if release is None or memory is None:
        await _forget(session, release_id)
        return None
    outcome = Outcome(release.title, "taken back", release.id, release.slug)
    if release.status != "draft":
        outcome.result, outcome.notes = LEFT_ALONE, [f"it is {release.status}: withdraw it instead"]
    elif release.version != memory.version or await _is_changed(session, memory):
        outcome.result = LEFT_ALONE
        outcome.notes = [f"people changed it since: to delete it all the same, DELETE /api/v1/releases/{release.id}"]
    elif memory.run_id == run_id:
        await delete_release(session, release)
        await _forget(session, release_id)
    else:
        outcome.result = "updated"
        outcome.tracks_updated = await _remove_tracks(session, run_id, release, memory)
        count = "1 track" if outcome.tracks_updated == 1 else f"{outcome.tracks_updated} tracks"
        outcome.notes = [f"{count} that this import added went; what it changed stays"]
    return outcome


async def _is_changed(session: Session, memory: ImportedRelease) -> bool:
    """Whether people added, removed, moved or edited tracks since the release was imported."""
    tracks = await tracks_of(session, memory.release_id)
    if [str(row.id) for row in tracks] != memory.track_order:
        return True
    files = await session.scalars(select(ImportedFile).where(ImportedFile.release_id == memory.release_id))
    said = {row.track_id: row.said for row in files if row.is_main}
    return any(
        track_there(row)[name] != value and not (name == "explicit" and value is None)
        for row in tracks
        for name, value in said.get(row.id, {}).items()
        if name in track_there(row)
    )


async def _remove_tracks(session: Session, run_id: UUID, release: Release, memory: ImportedRelease) -> int:
    added = (ImportedFile.release_id == release.id, ImportedFile.run_id == run_id)
    ids = (await session.scalars(select(ImportedFile.track_id).where(*added, ImportedFile.is_main))).all()
    gone = set(map(str, ids))
    memory.track_order = [one for one in memory.track_order if one not in gone]
    await session.execute(delete(ImportedFile).where(*added))
    await session.flush()
    removed = 0
    for track_id in ids:
        await session.refresh(release)  # taking a track out renumbers the rest, and expires every row
        track = await session.get(Track, track_id)
        if track is not None:
            await remove_track(session, release, track)
            removed += 1
    return removed


async def _forget(session: Session, release_id: UUID) -> None:
    await session.execute(delete(ImportedFile).where(ImportedFile.release_id == release_id))
    await session.execute(delete(ImportedRelease).where(ImportedRelease.release_id == release_id))
