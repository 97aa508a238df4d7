"""What a person owns, as a list: last given first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select

from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.kit.database import Session
from veza.library.grants import Grant


@dataclass(frozen=True, slots=True)
class Owned:
    """One thing a person owns; `release_id` is a track's release, or the release itself."""

    grant_id: UUID
    kind: str
    item_id: UUID
    release_id: UUID
    title: str
    artist_id: UUID
    artist: str
    given_at: datetime
    cause_kind: str


_SHELF = (
    select(Grant, Release.id, Release.title, Track.title, Artist.id, Artist.name)
    .outerjoin(Track, and_(Grant.kind == "track", Track.id == Grant.item_id))
    .join(Release, Release.id == Grant.release_id)
    .join(Artist, Artist.id == Release.artist_id)
    .where(Grant.revoked_at.is_(None))
    .order_by(Grant.id.desc())
)


async def owned_by(
    session: Session, person_id: UUID, limit: int, after: UUID | None = None, *, kind: str | None = None
) -> Sequence[Owned]:
    """What the person owns now, in one statement, going on after a grant."""
    mine = _SHELF.where(Grant.person_id == person_id).limit(limit)
    if kind is not None:
        mine = mine.where(Grant.kind == kind)
    if after is not None:
        mine = mine.where(Grant.id < after)
    return [
        Owned(
            grant.id,
            grant.kind,
            grant.item_id,
            release_id,
            track_title or title,
            artist_id,
            artist,
            grant.given_at,
            grant.cause_kind,
        )
        for grant, release_id, title, track_title, artist_id, artist in await session.execute(mine)
    ]
