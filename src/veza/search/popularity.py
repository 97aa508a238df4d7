"""Popularity: how often a thing was played, which is where it stands in the index.

A release and an artist have the plays of their tracks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select

from veza.catalog.tracks import Track
from veza.kit.database import Database, Session, table_of
from veza.search import index
from veza.search.places import Kind, bucket_at, bucket_of
from veza.search.tables import SearchDoc
from veza.streaming.plays import Play, PlayTotal

EVERY = timedelta(minutes=5)
LOOKED_BACK = timedelta(minutes=15)
"""Plays that a run looks at: those of the run before once more, and of one that failed."""
LOOKED_BACK_AT_START = timedelta(days=2)
AT_ONCE = 500


class Popularity:
    """Moves what was played lately to where it belongs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._back = LOOKED_BACK_AT_START

    async def follow_plays(self) -> int:
        """Returns how many things moved."""
        database, moved = self._database, 0
        async with database.read() as session:
            since = session.now - self._back
            tracks = list(await session.scalars(select(Play.track_id).where(Play.at >= since).distinct()))
        for start in range(0, len(tracks), AT_ONCE):
            some = tracks[start : start + AT_ONCE]
            async with database.read() as session:
                owners = await session.execute(select(Track.release_id, Track.artist_id).where(Track.id.in_(some)))
                releases, artists = set[UUID](), set[UUID]()
                for release_id, artist_id in owners:
                    releases.add(release_id)
                    artists.add(artist_id)
                plays = await plays_of(session, "track", some)
                plays |= await plays_of(session, "release", releases)
                plays |= await plays_of(session, "artist", artists)
                known = await known_buckets(session, plays)
            new = {one: bucket_of(count) for one, count in plays.items()}
            if changed := {one: bucket for one, bucket in new.items() if known.get(one, bucket) != bucket}:
                async with database.write("search") as session:
                    moved += await index.move(session, changed)
        self._back = LOOKED_BACK
        return moved


async def plays_of(session: Session, kind: Kind, ids: Collection[UUID]) -> dict[UUID, int]:
    """How often each of these tracks, releases or artists was played; other kinds are not played."""
    statement = _PLAYS.get(kind)
    if statement is None or not ids:
        return {}
    return {about_id: int(plays) for about_id, plays in await session.execute(statement, {"ids": list(ids)})}


async def known_buckets(session: Session, ids: Collection[UUID]) -> dict[UUID, int]:
    """Where the index has them."""
    wanted, found = list(ids), dict[UUID, int]()
    for start in range(0, len(wanted), AT_ONCE):
        some: Sequence[UUID] = wanted[start : start + AT_ONCE]
        rows = await session.execute(select(_D.c.about_id, _D.c.place).where(_D.c.about_id.in_(some)))
        found |= {about_id: bucket_at(place) for about_id, place in rows}
    return found


_D, _P, _T = table_of(SearchDoc), table_of(PlayTotal), table_of(Track)
_IDS = bindparam("ids", expanding=True, type_=Uuid())


def _sum_by(column: Any) -> Any:
    return select(column, func.sum(_P.c.plays)).where(column.in_(_IDS)).group_by(column)


_PLAYS: dict[Kind, Any] = {
    "track": _sum_by(_P.c.track_id),
    "release": _sum_by(_T.c.release_id).join(_T, _T.c.id == _P.c.track_id),
    "artist": _sum_by(_P.c.artist_id),
}
