"""Gauges of the sound in the making, read from its rows at each scrape: every process shows the same figures."""

from __future__ import annotations

import structlog
from sqlalchemy import func, select

from veza.ingest.audio_versions import STATUSES, AudioVersion
from veza.kit.database import Database
from veza.kit.database_trouble import DatabaseUnavailable
from veza.ops.metrics import Metrics, Refresh

log = structlog.get_logger(__name__)

_COUNTS = select(AudioVersion.status, func.count().label("versions")).group_by(AudioVersion.status)
_OLDEST = select(func.min(AudioVersion.due_at)).where(AudioVersion.status == "uploaded")


def audio_gauges(database: Database) -> Refresh:
    """What sets how many recordings are in which status, and how long the first of the queue has been due."""

    async def refresh(metrics: Metrics) -> None:
        try:
            async with database.read() as session:
                counts = {row.status: row.versions for row in await session.execute(_COUNTS)}
                oldest, now = await session.scalar(_OLDEST), session.now
        except DatabaseUnavailable as error:
            log.warning("metrics.stale", reason=str(error))
            return
        for status in STATUSES:
            metrics.audio.labels(status).set(counts.get(status, 0))
        metrics.audio_oldest.set(0 if oldest is None else max(0.0, (now - oldest).total_seconds()))

    return refresh
