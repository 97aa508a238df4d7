"""An artist's plays by day and track."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from veza.catalog.tracks import Track
from veza.kit.database import Session
from veza.kit.listing import Slice, by_time
from veza.streaming.plays import PlayTotal


@dataclass(frozen=True, slots=True)
class PlaysOfDay:
    """How often a track was played on a day; `title` is None if the track is gone."""

    total: PlayTotal
    title: str | None


SORTS = by_time(PlayTotal.day, PlayTotal.id, "total.day", "total.id")


async def of_artist(
    session: Session,
    artist_id: UUID,
    page: Slice,
    *,
    first: date | None = None,
    last: date | None = None,
    track_id: UUID | None = None,
) -> Sequence[PlaysOfDay]:
    """The plays of an artist's tracks, from one day to another, both included."""
    wanted = (
        select(PlayTotal, Track.title)
        .outerjoin(Track, Track.id == PlayTotal.track_id)
        .where(PlayTotal.artist_id == artist_id)
    )
    if first is not None:
        wanted = wanted.where(PlayTotal.day >= first)
    if last is not None:
        wanted = wanted.where(PlayTotal.day <= last)
    if track_id is not None:
        wanted = wanted.where(PlayTotal.track_id == track_id)
    return [PlaysOfDay(total, title) for total, title in await session.execute(page.of(wanted))]
