"""Plays: a track was played once in a hearing in which enough of it was heard.

A hearing is a stream session, or what a later door names as one. The rules, in the order they are asked:

1. NEEDED of the track was heard, or half of it if that is less; and as much of the server's time has passed since the
   hearing began.
2. It is no hearing of staff, and none of the artist's own people. A preview is no hearing.
3. A hearing is one play, however often it is told of.
4. Of one person, a track counts once within its length; of the visitors of one network, VISITORS times.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Index, UniqueConstraint
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.catalog import acting
from veza.catalog.tracks import Track
from veza.kit import limits
from veza.kit.database import Base, Session, table_of
from veza.kit.limits import Allowance, Limit

NEEDED = timedelta(seconds=30)
KEPT = timedelta(days=90)
"""How long a row says which person played what; totals stay."""
VISITORS = 20
"""People behind one address that listen to the same track at once; a bot there counts as many times a length."""
_NEARLY = 0.9
"""Of the length: a player that repeats a track tells of it a little earlier or later each time."""
_SHORTEST = timedelta(seconds=1)
_DIALECTS: dict[str, Any] = {"postgresql": postgresql, "sqlite": sqlite}


class Play(Base):
    """A track was played in a hearing; `heard_ms` of it are known of. `person_id` is null for a visitor."""

    __tablename__ = "plays"

    hearing_id: Mapped[UUID] = mapped_column(primary_key=True)
    track_id: Mapped[UUID]
    artist_id: Mapped[UUID]
    person_id: Mapped[UUID | None]
    at: Mapped[datetime]
    heard_ms: Mapped[int]

    __table_args__ = (Index(None, "person_id", "at"), Index(None, "at"))


class PlayTotal(Base):
    """How often a track was played on a day (UTC); it names no person, and stays."""

    __tablename__ = "play_totals"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    artist_id: Mapped[UUID]
    track_id: Mapped[UUID]
    day: Mapped[date] = mapped_column(Date)
    plays: Mapped[int]

    __table_args__ = (UniqueConstraint("track_id", "day"), Index(None, "artist_id", "day", "id"))


class Verdict(StrEnum):
    """What became of what was told: it counts; it does not yet, and may later; it never will."""

    COUNTED = "counted"
    NOT_YET = "not_yet"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Listening:
    """A hearing of a whole track that began at an instant. `hearing_id` is its own; `network` is that of a visitor,
    which bounds plays and is not kept with them."""

    hearing_id: UUID
    track_id: UUID
    person_id: UUID | None
    is_staff: bool
    began_at: datetime
    length: timedelta
    network: str


def needed(length: timedelta) -> timedelta:
    """How much of a track of this length is heard for a play."""
    return min(NEEDED, length / 2)


async def count(session: Session, listening: Listening, heard: timedelta) -> Verdict:
    """Count the hearing as a play if the rules say so; `heard` is how much of the track was."""
    wanted = needed(listening.length)
    if heard < wanted or session.now - listening.began_at < wanted:
        return Verdict.NOT_YET
    track = await session.get(Track, listening.track_id)
    if track is None or listening.is_staff or await acting.role_of(session, track.artist_id, listening.person_id):
        return Verdict.NEVER
    if await session.get(Play, listening.hearing_id) is not None:
        return Verdict.COUNTED
    if not await limits.try_spend(session, _allowance(listening)):
        return Verdict.NOT_YET
    session.add(
        Play(
            hearing_id=listening.hearing_id, track_id=track.id, artist_id=track.artist_id,
            person_id=listening.person_id, at=session.now, heard_ms=round(heard.total_seconds() * 1000),
        )
    )  # fmt: skip
    await session.flush()
    await _add_to_total(session, track)
    return Verdict.COUNTED


def _allowance(listening: Listening) -> Allowance:
    """Of a person, one play within the length; of visitors of one network, VISITORS."""
    whom, burst = (listening.person_id, 1) if listening.person_id else (listening.network, VISITORS)
    within = max(listening.length * _NEARLY, _SHORTEST)
    return Limit("play", burst, within / burst).of((listening.track_id, whom))


async def _add_to_total(session: Session, track: Track) -> None:
    row = {
        "id": session.new_id(), "artist_id": track.artist_id, "track_id": track.id, "day": session.now.date(),
        "plays": 1,
    }  # fmt: skip
    added = _DIALECTS[session.dialect].insert(table_of(PlayTotal)).values(**row)
    more = {"plays": PlayTotal.plays + 1}
    await session.execute(added.on_conflict_do_update(index_elements=["track_id", "day"], set_=more))
