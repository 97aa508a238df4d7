"""Writing the whole index anew, beside a process that serves.

Every thing is put as it is, then rows of things that are not public any more are dropped. A rebuild that was stopped
goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast
from uuid import UUID

import structlog
from sqlalchemy import exists, select, update

from veza.kit.database import Database, Session, table_of
from veza.kit.insert_ignore import insert_ignore
from veza.search import sources
from veza.search.counting import count_words
from veza.search.keeping import AT_ONCE, Thing, refresh
from veza.search.places import KINDS, Kind, kind_at
from veza.search.tables import SearchDoc, SearchRebuild
from veza.search.words import VERSION

log = structlog.get_logger(__name__)

EVERY_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rebuild is: `done` things of the `kind` it is at and of those before."""

    kind: Kind
    after_id: UUID | None = None
    done: int = 0


Tell = Callable[[Progress], None]


async def rebuild(database: Database, tell: Tell = lambda _: None, *, from_start: bool = False) -> Progress:
    """Put everything, or what a stopped rebuild of this analysis left; then drop what is not public any more."""
    progress = await _begin(database, from_start=from_start)
    for kind in KINDS[KINDS.index(progress.kind) :]:
        if kind != progress.kind:
            progress = replace(progress, kind=kind, after_id=None)
        while True:
            progress, is_over = await _put_some(database, progress)
            tell(progress)
            if is_over:
                break
    await _drop_others(database)
    await count_words(database)
    async with database.write("search") as session:
        await session.execute(update(_R).where(_R.c.analysis == VERSION).values(ended_at=session.now))
    return progress


async def keep_up(database: Database) -> None:
    """What is done each day: count words; after an update of Veza whose analysis is another, rebuild."""
    async with database.read() as session:
        is_built = await session.scalar(select(exists().where(_R.c.analysis == VERSION, _R.c.ended_at.is_not(None))))
    if is_built:
        await count_words(database)
    else:
        progress = await rebuild(database)
        log.info("search.rebuilt", things=progress.done)


async def _begin(database: Database, *, from_start: bool) -> Progress:
    async with database.write("search") as session:
        row = {"analysis": VERSION, "kind": KINDS[0], "after_id": None, "done": 0, "started_at": session.now}
        await insert_ignore(session, SearchRebuild, row)
        there = (await session.execute(select(_R).where(_R.c.analysis == VERSION))).one()
        if from_start or there.ended_at is not None:
            await session.execute(update(_R).where(_R.c.analysis == VERSION).values(**row, ended_at=None))
            return Progress(KINDS[0])
        return Progress(cast(Kind, there.kind), there.after_id, there.done)


async def _put_some(database: Database, progress: Progress) -> tuple[Progress, bool]:
    """The next things of a kind; how far it is then, and whether that was the last of them."""
    async with database.write("search") as session:
        ids = await sources.page(session, progress.kind, progress.after_id, AT_ONCE)
        await refresh(session, [(progress.kind, one) for one in ids])
        after_id = ids[-1] if ids else progress.after_id
        progress = replace(progress, after_id=after_id, done=progress.done + len(ids))
        now = {"kind": progress.kind, "after_id": progress.after_id, "done": progress.done}
        await session.execute(update(_R).where(_R.c.analysis == VERSION).values(**now))
    return progress, len(ids) < AT_ONCE


async def _drop_others(database: Database) -> None:
    """Rows of things that were deleted, which no page of things has."""
    after = 0
    while True:
        async with database.write("search") as session:
            rows = await _rows_after(session, after)
            gone: list[Thing] = []
            for kind in KINDS:
                there = [about_id for place, about_id in rows if kind_at(place) == kind]
                gone += [(kind, one) for one in set(there) - await sources.public(session, kind, there)]
            await refresh(session, gone)
        if len(rows) < AT_ONCE:
            return
        after = rows[-1][0]


async def _rows_after(session: Session, after: int) -> list[tuple[int, UUID]]:
    wanted = select(_D.c.place, _D.c.about_id).where(_D.c.place > after).order_by(_D.c.place).limit(AT_ONCE)
    return [(place, about_id) for place, about_id in await session.execute(wanted)]


_R, _D = table_of(SearchRebuild), table_of(SearchDoc)
