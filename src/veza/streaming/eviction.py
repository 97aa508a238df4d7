"""Making space: of the downloads that are kept, those go first that were not used for the longest time.

A file that a live link names stays, even if more is kept then than may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import func, select, update

from veza.kit.database import Database, Session
from veza.kit.messages import gettext
from veza.kit.objects import Objects
from veza.streaming.downloads import LINK_LASTS, Download, machine
from veza.streaming.release_archives import forget_archives

log = structlog.get_logger(__name__)

EVERY = timedelta(minutes=5)
AT_ONCE = 100
"""Downloads evicted in one transaction."""
_ACTOR = "download eviction"


async def make_space(database: Database, objects: Objects, most_bytes: int) -> int:
    """Evict until no more than `most_bytes` are kept, or all that is left is spared; returns how many downloads went.

    What an eviction before this one left in the store is removed first. Raises ObjectsUnavailable.
    """
    await _remove_evicted(database, objects)
    evicted = 0
    while rows := await _evict_some(database, most_bytes):
        await _remove_evicted(database, objects)
        evicted += len(rows)
    await forget_archives(database)
    if evicted:
        log.info("downloads.evicted", downloads=evicted, most_bytes=most_bytes)
    return evicted


async def kept_bytes_of(session: Session) -> int:
    """What the files of downloads take."""
    return int(await session.scalar(select(func.sum(Download.size_bytes)).where(Download.status == "ready")) or 0)


async def _evict_some(database: Database, most_bytes: int) -> Sequence[Download]:
    """Moves rows first: their files are not handed out any more when they are removed."""
    async with database.write(_ACTOR) as session:
        kept = await kept_bytes_of(session)
        if kept <= most_bytes:
            return []
        unused = (
            select(Download)
            .where(Download.status == "ready", Download.last_used_at <= session.now - LINK_LASTS)
            .order_by(Download.last_used_at, Download.id)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        gone: list[Download] = []
        for row in (await session.scalars(unused)).all():
            if kept <= most_bytes:
                break
            await machine.move(session, row, "evicted", because=gettext("the room is wanted"))
            kept -= row.size_bytes or 0
            gone.append(row)
        return gone


async def _remove_evicted(database: Database, objects: Objects) -> None:
    """Remove the files of evicted downloads; a row names its file until it is gone."""
    async with database.read() as session:
        left = select(Download.id, Download.key).where(Download.status == "evicted", Download.key.is_not(None))
        rows = (await session.execute(left)).all()
    for download_id, key in rows:
        assert key is not None
        await objects.remove(key)
        async with database.write(_ACTOR) as session:
            mine = update(Download).where(Download.id == download_id, Download.key == key)
            await session.execute(mine.where(Download.status == "evicted").values(key=None))
