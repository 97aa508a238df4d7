"""Imports: tagged files become draft releases; doing it again, or after a crash, changes nothing.

One release is one transaction: what a killed import did not finish, the next one makes. A file is known by its
content; one whose tags were changed is known by its place in the folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from veza.catalog import imported
from veza.catalog.artists import Artist
from veza.catalog.covers import set_cover
from veza.catalog.import_groups import FoundFile, Group, each_once
from veza.catalog.imported import Known, is_changed
from veza.catalog.limits import Limits
from veza.catalog.pictures import CoverFiles
from veza.catalog.releases import Release, ReleaseWanted, create_release, edit_release
from veza.catalog.room import record_cover
from veza.catalog.tracks import add_tracks, edit_track, reorder_tracks, tracks_of
from veza.kit.database import Database, Session

ACTOR = "import"


@dataclass(slots=True)
class Outcome:
    """What became of one release: `made`, `updated`, `unchanged`, or `left alone` with the reason in `notes`."""

    title: str
    result: str
    release_id: UUID | None = None
    slug: str = ""
    tracks_made: int = 0
    tracks_updated: int = 0
    notes: list[str] = field(default_factory=list)


async def import_group(
    database: Database, artist_id: UUID, group: Group, cover: CoverFiles | None, limits: Limits
) -> Outcome:
    """Make or complete the draft of one release; `cover` is stored already, and given where there is a new one."""
    files, notes = each_once(group)
    outcome = Outcome(group.title, "unchanged", notes=notes)
    if len(files) > limits.tracks_per_release:
        outcome.result = "left alone"
        outcome.notes.append(f"{len(files)} files on one release, at most {limits.tracks_per_release} are possible")
        return outcome
    async with database.write(ACTOR) as session:
        # One import of an artist at a time: of two that run at once the second finds what the first made.
        artist = (await session.scalars(select(Artist).where(Artist.id == artist_id).with_for_update())).one()
        release = await imported.release_of(session, artist_id, group)
        if release is not None:
            await session.refresh(release, with_for_update=True)
        known = await imported.known_files(session, release, files)
        new = [one for one in files if one.file.path not in known]
        changed = [one for one in files if is_changed(one, known)]
        if release is not None:
            outcome.release_id, outcome.slug, outcome.title = release.id, release.slug, release.title
            if moved := imported.moved(files, known):  # found there when their tags are changed
                await imported.remember(session, artist_id, group, release.id, moved)
        if cover is not None and not await imported.takes_cover(session, release, cover.source_hash):
            cover = None  # somebody gave it another one in the meantime
        if not new and not changed and cover is None:
            return outcome
        if release is not None and release.status != "draft":
            outcome.result = "left alone"
            left = f"{len(new)} new and {len(changed)} changed files wait" if new or changed else "its new cover waits"
            outcome.notes.append(f"it is {release.status}: {left}")
            return outcome
        outcome.result = "made" if release is None else "updated"
        release = await _described(session, artist, release, group, is_said_anew=bool(changed))
        placed = await _update(session, changed, known) | await _make(session, release, new, limits)
        await imported.remember(session, artist_id, group, release.id, placed)
        await _in_order(session, release, files, known, placed)
        if cover is not None:
            await set_cover(session, release, await record_cover(session, artist_id, cover))
            await imported.remember_cover(session, release.id, cover.source_hash)
        outcome.release_id, outcome.slug, outcome.title = release.id, release.slug, release.title
        outcome.tracks_made, outcome.tracks_updated = len(new), len(changed)
    return outcome


async def takes_cover(database: Database, artist_id: UUID, group: Group, source_hash: str, limits: Limits) -> bool:
    """Whether a picture (by the hash of its file) would become the cover, so that none is worked on for nothing."""
    if len(each_once(group)[0]) > limits.tracks_per_release:
        return False
    async with database.read() as session:
        return await imported.takes_cover(session, await imported.release_of(session, artist_id, group), source_hash)


async def _described(
    session: Session, artist: Artist, release: Release | None, group: Group, *, is_said_anew: bool
) -> Release:
    """The draft with what its files say of the whole.

    Files that only came to it fill what is empty; people may have written the rest. Files whose tags were changed
    say it anew.
    """
    first = [one.recording for one in group.files]
    languages = {one.track.language for one in first}
    facts: dict[str, Any] = {
        "title": group.title,
        "language": languages.pop() if len(languages) == 1 else None,
        "musicbrainz_id": next((one.album_id for one in first if one.album_id), None),
        "tags": list(dict.fromkeys(tag for one in first for tag in one.track.tags))[:20],
        "release_date": next((one.day for one in first if one.day), None),
    }
    if release is None:
        return await create_release(session, artist, ReleaseWanted(kind=group.kind, **facts))
    said = {name: value for name, value in facts.items() if is_said_anew or not getattr(release, name)}
    if said:
        await edit_release(session, release, release.attempt, said)
    return release


async def _make(session: Session, release: Release, new: Sequence[FoundFile], limits: Limits) -> dict[UUID, FoundFile]:
    rows = await add_tracks(session, release, [one.recording.track for one in new], limits=limits)
    return {row.id: one for row, one in zip(rows, new, strict=True)}


async def _update(session: Session, changed: Sequence[FoundFile], known: Known) -> dict[UUID, FoundFile]:
    placed: dict[UUID, FoundFile] = {}
    for one in changed:
        said, track = one.recording.track, known[one.file.path].track
        await edit_track(session, track, {name: getattr(said, name) for name in said.__slots__})
        placed[track.id] = one
    return placed


async def _in_order(
    session: Session, release: Release, files: Sequence[FoundFile], known: Known, placed: dict[UUID, FoundFile]
) -> None:
    """The files' tracks in their files' order; what people added themselves stays behind them."""
    now = {one.file.path: track_id for track_id, one in placed.items()}
    before = {path: found.track_id for path, found in known.items()}
    wanted = [now.get(one.file.path) or before[one.file.path] for one in files]
    there = [row.id for row in await tracks_of(session, release.id)]
    ids = list(dict.fromkeys(track_id for track_id in wanted if track_id in there))
    await reorder_tracks(session, release, [*ids, *(track_id for track_id in there if track_id not in ids)])
    await session.refresh(release)
