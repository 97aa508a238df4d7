"""Files of covers that the store has lost: the picture that was sent is not kept, so that no one makes them again."""

from __future__ import annotations

import asyncio
from uuid import UUID

from sqlalchemy import select

from veza.catalog.covers import Cover
from veza.kit.database import Database, table_of
from veza.kit.objects import NoSuchObject, Objects
from veza.kit.rows import Rows, found_by

HEADS_AT_ONCE = 16
"""Questions to the store at a time: a bucket answers each in some 10 ms."""
PAGE = 500
"""Covers looked at together."""
_C = table_of(Cover)


async def missing_covers(database: Database, objects: Objects) -> list[str]:
    """The keys of files that covers name and the store has not. Raises ObjectsUnavailable."""
    places, missing, after = asyncio.Semaphore(HEADS_AT_ONCE), list[str](), UUID(int=0)

    async def is_there(key: str) -> bool:
        async with places:
            try:
                await objects.head(key)
            except NoSuchObject:
                return False
            return True

    while rows := await _page(database, after):
        keys = sorted({str(key) for row in rows for key in row.objects.values()})
        there = await asyncio.gather(*(is_there(key) for key in keys))
        missing += [key for key, is_kept in zip(keys, there, strict=True) if not is_kept]
        after = rows[-1].id
    return list(dict.fromkeys(missing))  # two covers of one picture share its files


async def _page(database: Database, after: UUID) -> Rows:
    async with database.read() as session:
        page = select(_C.c.id, _C.c.objects).where(_C.c.id > after).order_by(_C.c.id)
        return await found_by(session, page.limit(PAGE))
