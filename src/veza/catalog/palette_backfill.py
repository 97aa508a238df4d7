"""Palettes of covers that have none yet: of those taken before there were any, and all of them when palettes are
computed in another way. No request waits for one: until then the pages of a release wear the house's colours.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select, update

from veza.catalog.covers import Cover
from veza.catalog.kept_palettes import keep_palette
from veza.catalog.palettes import VERSION, Palette
from veza.catalog.pictures import BadPicture, palette_file
from veza.kit.database import Database, table_of
from veza.kit.elsewhere import Busy, TookTooLong
from veza.kit.objects import NoSuchObject, Objects
from veza.kit.rows import Found, Rows, found_by

log = structlog.get_logger(__name__)

EVERY = timedelta(hours=1)
AT_ONCE = 50
"""Covers in one transaction; one cover takes the child process 10 to 25 ms."""
Compute = Callable[[bytes], Awaitable[Palette | None]]
"""The palette of a cover's file, computed by the child process. Raises BadPicture, Busy, TookTooLong."""
_ACTOR = "palette backfill"
_C = table_of(Cover)


async def compute_missing(database: Database, objects: Objects, compute: Compute, at_once: int = AT_ONCE) -> int:
    """Compute the palettes of all covers that have none of this version; returns how many covers it were.

    A cover whose file is missing or unreadable, and one that the child process is too busy for, is left until the next
    time. Raises ObjectsUnavailable.
    """
    done, after = 0, UUID(int=0)
    while rows := await _without(database, after, at_once):
        found = [(row.id, palettes[0]) for row in rows if (palettes := await _computed(objects, compute, row))]
        await _record(database, found)
        done, after = done + len(found), rows[-1].id
    if done:
        log.info("palettes.computed", covers=done)
    return done


async def _without(database: Database, after: UUID, at_once: int) -> Rows:
    """The next covers by their ids."""
    waiting = select(_C.c.id, _C.c.sizes, _C.c.objects).where(_C.c.palette_version < VERSION, _C.c.id > after)
    async with database.read() as session:
        return await found_by(session, waiting.order_by(_C.c.id).limit(at_once))


async def _computed(objects: Objects, compute: Compute, row: Found) -> list[Palette | None]:
    """The palette, which may be None, as the only element; no element for a cover that is left."""
    try:
        file = await objects.get(row.objects[palette_file(row.sizes)])
        return [await compute(file)]
    except (NoSuchObject, BadPicture, TookTooLong, Busy) as error:
        log.warning("palettes.left", cover=str(row.id), reason=str(error))
        return []


async def _record(database: Database, found: Sequence[tuple[UUID, Palette | None]]) -> None:
    async with database.write(_ACTOR) as session:
        for cover_id, palette in found:
            made = {"palette_hash": await keep_palette(session, palette), "palette_version": VERSION}
            await session.execute(update(_C).where(_C.c.id == cover_id).values(made))
