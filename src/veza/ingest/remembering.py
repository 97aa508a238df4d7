"""Writing the memory of an import, by which the next import knows what it wrote."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from veza.catalog.releases import Release
from veza.ingest.matching import key_of
from veza.ingest.memory import ImportedFile, ImportedRelease, ImportRun, hash_of_text
from veza.ingest.plans import Plan, Run, facts_against
from veza.ingest.track_order import files_order, woven
from veza.kit.database import Session


def is_new_to_memory(plan: Plan) -> bool:
    """Whether a file moved, was tagged anew, or is another format: to be remembered, though no track changes."""
    rows = plan.matched.known
    everything = [*plan.files, *(one for one, _, _ in plan.again)]
    return any(
        (row := rows.get(one.file.path)) is None or row.path != one.place or row.file_hash != one.file_hash
        for one in everything
    )


async def remember(
    session: Session,
    run: Run,
    release: Release,
    memory: ImportedRelease,
    plan: Plan,
    tracks: dict[str, UUID],
    order: list[UUID],
) -> None:
    if not plan.is_other_format:
        _remember_whole(memory, plan)
    remembered, said = [UUID(one) for one in memory.track_order], files_order(plan, tracks)
    if plan.by_hand and plan.order != "files":  # what people did stays told from what an import did
        memory.track_order = [str(one) for one in woven(remembered, said)]
    else:
        ours = {*remembered, *said}
        memory.track_order = [str(one) for one in order if one in ours]
    mains = {one.file.path for one in plan.new}
    for one in (*plan.files, *(one for one, _, _ in plan.again)):
        row = plan.matched.known.get(one.file.path)
        if row is None:
            row = ImportedFile(
                id=session.new_id(), artist_id=release.artist_id, run_id=run.run_id, release_id=release.id,
                track_id=tracks[one.file.path], is_main=one.file.path in mains, path="", path_hash="", file_hash="",
                audio_hash=None, said={}, at=session.now,
            )  # fmt: skip
            session.add(row)
        facts_now = facts_against(row.said, one)
        kept = {name: value for name, value in row.said.items() if name in facts_now and facts_now[name] in (None, [])}
        row.path, row.path_hash = one.place, hash_of_text(one.place)
        row.file_hash, row.audio_hash, row.at = one.file_hash, one.audio_hash, session.now
        row.said = {
            **facts_now, **kept, "disc": one.slot.disc, "side": one.slot.side, "number": one.slot.number,
            "is_disc_said": one.recording.disc is not None, "title_is_name": facts_now["title"] is not None
            and one.recording.title_is_name,
        }  # fmt: skip
    await session.flush()


def _remember_whole(memory: ImportedRelease, plan: Plan) -> None:
    part, facts = plan.group.part, dict(memory.said.get("facts", {}))
    facts |= {name: value for name, value in plan.facts.items() if value not in (None, [])}
    memory.album_hash = hash_of_text(key_of(part))
    memory.said = {
        "facts": facts,
        "album_key": part.album_key,
        "root": part.root,
        "years": sorted(part.years),
        "album_artists": sorted(part.album_artists),
        "artists": sorted(part.artists),
        "is_disc_folder": part.is_disc_folder,
    }


async def note_run(session: Session, run: Run) -> None:
    """The run, once: the first release that it changes writes it down."""
    dialect: Any = postgresql if session.dialect == "postgresql" else sqlite
    row = {"id": run.run_id, "artist_id": run.artist_id, "source": run.source, "started_at": session.now}
    await session.execute(dialect.insert(ImportRun).values(**row).on_conflict_do_nothing())


async def remembered_of(session: Session, artist_id: UUID) -> list[ImportedFile]:
    """Every file remembered for an artist."""
    mine = select(ImportedFile).where(ImportedFile.artist_id == artist_id).order_by(ImportedFile.path)
    return list((await session.scalars(mine)).all())
