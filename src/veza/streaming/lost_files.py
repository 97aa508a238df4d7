"""Downloads whose file the store has lost: found where one is asked for or sent, and by `veza storage check`.

They are evicted, and so made again when a person asks for them the next time. They are never made again without being
asked for: a store that loses every file costs one file for each asking, and no more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import select

from veza.catalog.track_audio import lock_tracks
from veza.kit.database import Database, Session
from veza.kit.messages import gettext
from veza.kit.objects import NoSuchObject, Objects
from veza.streaming.downloads import Download, machine

log = structlog.get_logger(__name__)

HEADS_AT_ONCE = 16
"""Questions to the store at a time: a bucket answers each in some 10 ms."""
PAGE = 500
"""Downloads looked at together, where all are."""
_ACTOR = "download check"


async def lost_of(objects: Objects, downloads: Collection[Download]) -> list[Download]:
    """Those of the `ready` ones whose file the store has not, or not all of. Raises ObjectsUnavailable."""
    places = asyncio.Semaphore(HEADS_AT_ONCE)

    async def is_lost(row: Download) -> bool:
        async with places:
            return row.status == "ready" and not await _is_kept(objects, row)

    found = await asyncio.gather(*(is_lost(row) for row in downloads))
    return [row for row, is_lost in zip(downloads, found, strict=True) if is_lost]


async def evict_lost(session: Session, lost: Collection[Download]) -> None:
    """Evict those that still name the file that was looked for."""
    there = await lock_tracks(session, {row.track_id for row in lost})
    files = {row.id: row.key for row in lost if row.track_id in there}
    mine = select(Download).where(Download.id.in_(files), Download.status == "ready").order_by(Download.id)
    for row in (await session.scalars(mine.execution_options(populate_existing=True))).all():
        if row.key == files[row.id]:
            log.warning("download.lost", download=str(row.id), key=row.key)
            await machine.move(session, row, "evicted", because=gettext("its file is gone from the store"))


@dataclass(frozen=True)
class LostDownloads:
    """The downloads of one database, and the store that their files are in."""

    database: Database
    objects: Objects

    async def evict(self, ids: Collection[UUID]) -> bool:
        """Evict those of these downloads whose file is lost; whether there was one. Raises ObjectsUnavailable."""
        async with self.database.read() as session:
            rows = (await session.scalars(select(Download).where(Download.id.in_(ids)))).all()
        lost = await lost_of(self.objects, rows)
        await self._evict(lost)
        return bool(lost)

    async def check(self, fixes: bool) -> list[str]:
        """The keys of all that is lost; with `fixes` they are evicted. Raises ObjectsUnavailable."""
        keys: list[str] = []
        after: UUID | None = None
        while rows := await self._page(after):
            lost = await lost_of(self.objects, rows)
            keys += [row.key or "" for row in lost]
            if fixes:
                await self._evict(lost)
            after = rows[-1].id
        return keys

    async def _page(self, after: UUID | None) -> Sequence[Download]:
        ready = select(Download).where(Download.status == "ready").order_by(Download.id).limit(PAGE)
        async with self.database.read() as session:
            return (await session.scalars(ready if after is None else ready.where(Download.id > after))).all()

    async def _evict(self, lost: Collection[Download]) -> None:
        if lost:
            async with self.database.write(_ACTOR) as session:
                await evict_lost(session, lost)


async def _is_kept(objects: Objects, row: Download) -> bool:
    try:
        return row.key is not None and (await objects.head(row.key)).size_bytes == row.size_bytes
    except NoSuchObject:
        return False
