"""Removing versions of audio that no one plays any more: replaced 30 days ago, or taken back before they were ready."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from veza.catalog.track_audio import lock_track
from veza.ingest.audio_versions import REPLACED_KEPT, AudioVersion, machine
from veza.ingest.removing import remove_version
from veza.kit.database import Database, Session
from veza.kit.objects import Objects

EVERY = timedelta(hours=1)
CANCELED_KEPT = timedelta(days=1)
"""How long a file that was taken back is remembered."""
BATCH = 100
"""Versions looked at together."""
_ACTOR = "audio sweep"

Spared = Callable[[Session, Collection[UUID], Collection[UUID]], Awaitable[set[UUID]]]
"""Of these versions and their tracks, the versions and tracks that are still needed: a link leads to them, or a report
about them is open."""


async def sweep(database: Database, objects: Objects, spared: Spared, batch: int = BATCH) -> int:
    """Remove every version that is over and not spared, with its files; returns how many. Raises ObjectsUnavailable."""
    removed, after = 0, UUID(int=0)
    while True:
        async with database.read() as session:
            page = select(AudioVersion.id, AudioVersion.track_id, AudioVersion.original_key).where(
                _is_over(session.now), AudioVersion.id > after
            )
            rows = (await session.execute(page.order_by(AudioVersion.id).limit(batch))).all()
            needed = await spared(session, [row.id for row in rows], [row.track_id for row in rows])
        for row in rows:
            is_needed = row.id in needed or row.track_id in needed
            if not is_needed and await _give_up(database, row.id, row.track_id, spared):
                await remove_version(database, objects, row.id, row.original_key)
                removed += 1
        if len(rows) < batch:
            return removed
        after = rows[-1].id


async def _give_up(database: Database, version_id: UUID, track_id: UUID, spared: Spared) -> bool:
    """Say that a version has no files any more, before they go; False if it was restored or is needed meanwhile."""
    async with database.write(_ACTOR) as session:
        await lock_track(session, track_id)
        mine = select(AudioVersion).where(AudioVersion.id == version_id, _is_over(session.now)).with_for_update()
        version = await session.scalar(mine)
        if version is None or await spared(session, [version_id], [track_id]) & {version_id, track_id}:
            return False
        await machine.update(session, version, prefix=None, rendered=None, preview=None)
        return True


def _is_over(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(AudioVersion.status == "replaced", AudioVersion.replaced_at <= now - REPLACED_KEPT),
        and_(AudioVersion.status == "canceled", AudioVersion.created_at <= now - CANCELED_KEPT),
    )
