"""What of the catalogue an open report is about: a track is reported with its release."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select

from veza.catalog.tracks import Track
from veza.kit.database import Session
from veza.moderation.reports import Report

REPORTED_TRACK: ColumnElement[bool] = exists().where(
    Report.status == "open",
    or_(
        and_(Report.subject_kind == "track", Report.subject_id == Track.id),
        and_(Report.subject_kind == "release", Report.subject_id == Track.release_id),
    ),
)
"""For statements that read Track."""


async def reported_tracks(session: Session, track_ids: Collection[UUID]) -> set[UUID]:
    """Which of these tracks a report is open about."""
    return set((await session.scalars(select(Track.id).where(Track.id.in_(track_ids), REPORTED_TRACK))).all())
