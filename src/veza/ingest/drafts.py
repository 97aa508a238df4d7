"""A plan becomes a draft, or completes one.

One release is one transaction: what a killed import did not finish, the next one makes.
"""

from __future__ import annotations

from veza.catalog.artists import Artist
from veza.catalog.covers import set_cover
from veza.catalog.facade import record_cover
from veza.catalog.pictures import CoverFiles
from veza.catalog.releases import ReleaseDraft, create_release, edit_release
from veza.catalog.tracks import add_tracks, edit_track, reorder_tracks, tracks_of
from veza.ingest.columns import typed
from veza.ingest.memory import ImportedRelease
from veza.ingest.plans import Plan, Run, outcome_of
from veza.ingest.remembering import is_new_to_memory, note_run, remember
from veza.ingest.report import Outcome
from veza.ingest.track_order import new_order
from veza.kit.database import Session

CHANGED_BY_HAND = -1
"""The `version` that is remembered of a release which people changed before an import did again."""


async def carry_out(session: Session, run: Run, artist: Artist, plan: Plan, cover: CoverFiles | None) -> Outcome:
    """Write what was planned, and remember it. Raises BadValue, NoSlugFree, Outdated, Stale."""
    before = plan.before
    if before is not None and before.release.status != "draft" and (plan.writes or cover is not None):
        return outcome_of(plan, cover is not None)
    outcome = outcome_of(plan, cover is not None)
    if before is None:
        release = await create_release(session, artist, ReleaseDraft(**typed(plan.facts)))
        memory = ImportedRelease(
            release_id=release.id, artist_id=artist.id, run_id=run.run_id, album_hash="", said={}, track_order=[],
            cover_hash=None, version=0,
        )  # fmt: skip
        session.add(memory)
        release_version = release.version
    else:
        release, memory = before.release, before.memory
        release_version = release.version
        if plan.said:
            await edit_release(session, release, release.version, typed(plan.said))
    untouched = before is None or memory.version == release_version
    run.claimed.add(release.id)
    made = await add_tracks(session, release, [one.recording.track for one in plan.new], limits=run.limits)
    tracks = {one.file.path: row.id for one, row in zip(plan.new, made, strict=True)}
    for _, track, values in plan.changed:
        await edit_track(session, track, typed(values))
    tracks |= {path: row.track_id for path, row in (*plan.matched.known.items(), *plan.matched.others.items())}
    tracks |= {one.file.path: tracks[twin.file.path] for one, twin, _ in plan.again if one.file.path not in tracks}
    there = [row.id for row in await tracks_of(session, release.id)]
    order = new_order(plan, there, tracks)
    if cover is not None:
        await set_cover(session, release, await record_cover(session, artist.id, cover))
        memory.cover_hash = cover.source_hash
    if plan.writes or cover is not None or is_new_to_memory(plan):
        await remember(session, run, release, memory, plan, tracks, order)
    if outcome.result in {"made", "updated"}:
        await note_run(session, run)
        memory.version = release.version if untouched else CHANGED_BY_HAND
    outcome.release_id, outcome.slug, outcome.title = release.id, release.slug, release.title
    await session.flush()
    if order != there:
        await reorder_tracks(session, release, order)
    return outcome
