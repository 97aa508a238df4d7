"""An artist's plays by day and track."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from veza.catalog.titles import named
from veza.catalog.tracks import Track
from veza.kit.database import Session
from veza.kit.listing import Slice, by_time
from veza.streaming.plays import PlayTotal


@dataclass(frozen=True, slots=True)
class PlaysOfDay:
    """How often a track was played on a day; `title` is None if the track is gone."""

    total: PlayTotal
    title: str | None


@dataclass(frozen=True, slots=True)
class PlaysOfTrack:
    """How often a track was played in some days; `title` is None if the track is gone."""

    track_id: UUID
    title: str | None
    plays: int


MOST_TRACKS = 100
"""In a table of the most played ones."""
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


async def by_day(
    session: Session, artist_id: UUID, first: date, last: date, *, track_id: UUID | None = None
) -> Sequence[tuple[date, int]]:
    """The plays of all of an artist's tracks, or of one, on each day that has any."""
    plays = func.sum(PlayTotal.plays)
    wanted = select(PlayTotal.day, plays).where(*_within(artist_id, first, last))
    if track_id is not None:
        wanted = wanted.where(PlayTotal.track_id == track_id)
    rows = await session.execute(wanted.group_by(PlayTotal.day).order_by(PlayTotal.day))
    return [(day, int(count)) for day, count in rows]


async def by_track(session: Session, artist_id: UUID, first: date, last: date) -> Sequence[PlaysOfTrack]:
    """The tracks that were played most, at most MOST_TRACKS."""
    plays = func.sum(PlayTotal.plays)
    wanted = select(PlayTotal.track_id, plays).where(*_within(artist_id, first, last)).group_by(PlayTotal.track_id)
    rows = (await session.execute(wanted.order_by(plays.desc(), PlayTotal.track_id).limit(MOST_TRACKS))).all()
    titles = await named(session, [track_id for track_id, _ in rows])
    return [PlaysOfTrack(track_id, titles.get(track_id), int(count)) for track_id, count in rows]


def _within(artist_id: UUID, first: date, last: date) -> tuple[ColumnElement[bool], ...]:
    return PlayTotal.artist_id == artist_id, PlayTotal.day >= first, PlayTotal.day <= last
