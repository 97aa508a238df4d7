"""What a person owns, as a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select

from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.text_fields import AFTER_ALL, sort_key
from veza.catalog.tracks import Track
from veza.kit.database import Session
from veza.kit.listing import Slice, Sort, by_age
from veza.kit.messages import Message
from veza.library.grants import ALIVE, LAST_GIVEN, Grant


@dataclass(frozen=True, slots=True)
class Owned:
    """One thing a person owns, or owned; `release_id` is a track's release, or the release itself."""

    grant_id: UUID
    title_key: str
    kind: str
    item_id: UUID
    release_id: UUID
    title: str
    artist_id: UUID
    artist: str
    given_at: datetime
    cause_kind: str
    cause_id: UUID
    why_revoked: Message | None = None
    """Why it is theirs no more; None while it is."""


_TITLE_KEY = func.coalesce(Track.title_key, Release.title_key)
SORTS = {
    **by_age(Grant.id, "grant_id"),
    # One person's things are few enough to be sorted by what other tables hold.
    "title": Sort(Grant.id, _TITLE_KEY, key_of="title_key", id_of="grant_id"),
}
_SHELF = (
    select(Grant, _TITLE_KEY, Release.id, Release.title, Track.title, Artist.id, Artist.name)
    .outerjoin(Track, and_(Grant.kind == "track", Track.id == Grant.item_id))
    .join(Release, Release.id == Grant.release_id)
    .join(Artist, Artist.id == Release.artist_id)
)


async def owned_by(
    session: Session,
    person_id: UUID,
    page: Slice,
    *,
    kind: str | None = None,
    artist_id: UUID | None = None,
    release_kind: str | None = None,
    text: str | None = None,
    release_id: UUID | None = None,
    with_revoked: bool = False,
) -> Sequence[Owned]:
    """What the person owns now, in one statement; `text` is how the title begins. `with_revoked` also what was refunded
    or taken back, each thing once."""
    mine = _SHELF.where(Grant.person_id == person_id, LAST_GIVEN if with_revoked else ALIVE)
    wanted = (Grant.kind, kind), (Artist.id, artist_id), (Release.kind, release_kind), (Grant.release_id, release_id)
    for column, value in wanted:
        if value is not None:
            mine = mine.where(column == value)
    if text is not None:
        begins = sort_key(text)
        mine = mine.where(begins <= _TITLE_KEY, begins + AFTER_ALL > _TITLE_KEY)
    rows = await session.execute(page.of(mine))
    return [
        Owned(
            grant.id,
            title_key,
            grant.kind,
            grant.item_id,
            release_id,
            track_title or title,
            artist_id,
            artist,
            grant.given_at,
            grant.cause_kind,
            grant.cause_id,
            grant.why_revoked,
        )
        for grant, title_key, release_id, title, track_title, artist_id, artist in rows
    ]
