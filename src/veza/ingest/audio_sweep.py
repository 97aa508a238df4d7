"""Removing versions of audio that no one plays any more: replaced 30 days ago, or taken back before they were ready."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select

from veza.ingest.audio_versions import AudioVersion
from veza.ingest.removing import remove_version
from veza.kit.database import Database, Session
from veza.kit.objects import Objects

EVERY = timedelta(hours=1)
REPLACED_KEPT, CANCELED_KEPT = timedelta(days=30), timedelta(days=1)
"""How long a replaced version can be restored, and how long a file that was taken back is remembered."""
BATCH = 100

Spared = Callable[[Session, Collection[UUID], Collection[UUID]], Awaitable[set[UUID]]]
"""Of these versions and their tracks, the versions and tracks that are still needed: a link leads to them, or a report
about them is open."""


async def sweep(database: Database, objects: Objects, spared: Spared) -> int:
    """Remove up to BATCH versions with their files; returns how many. Raises ObjectsUnavailable."""
    async with database.read() as session:
        now = session.now
        over = or_(
            and_(AudioVersion.status == "replaced", AudioVersion.replaced_at <= now - REPLACED_KEPT),
            and_(AudioVersion.status == "canceled", AudioVersion.created_at <= now - CANCELED_KEPT),
        )
        mine = select(AudioVersion.id, AudioVersion.track_id, AudioVersion.original_key).where(over)
        rows = (await session.execute(mine.order_by(AudioVersion.id).limit(BATCH))).all()
        needed = await spared(session, [row.id for row in rows], [row.track_id for row in rows])
    gone = [row for row in rows if row.id not in needed and row.track_id not in needed]
    for row in gone:
        await remove_version(database, objects, row.id, row.original_key)
    return len(gone)
