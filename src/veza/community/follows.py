"""Follows of artists, and the feed of what followed artists published."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, bindparam, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts.people import Person
from veza.catalog import visibility
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.text_fields import AFTER_ALL, sort_key
from veza.catalog.visibility import VISIBLE_ARTIST, VISIBLE_RELEASE
from veza.kit.database import Base, Session
from veza.kit.insert_ignore import insert_ignore
from veza.kit.listing import Slice, Sort, by_age, by_time
from veza.kit.rows import Query, Rows, found_by


class Follow(Base):
    """One person follows one artist; `id` sorts one's follows by when they began."""

    __tablename__ = "follows"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    # No foreign key: an artist's page may be deleted.
    artist_id: Mapped[UUID]
    since: Mapped[datetime]

    __table_args__ = (
        Index("uq_follows_person_id_artist_id", "person_id", "artist_id", unique=True),
        Index(None, "artist_id"),
    )


async def follow(session: Session, person_id: UUID, artist_id: UUID) -> None:
    """Following twice is following once. Raises NothingThere."""
    await visibility.must_be_visible(session, "artist", artist_id)
    row = {"id": session.new_id(), "person_id": person_id, "artist_id": artist_id, "since": session.now}
    await insert_ignore(session, Follow, row)


async def unfollow(session: Session, person_id: UUID, artist_id: UUID) -> None:
    """Not following any more, whether one did or not."""
    await session.execute(delete(Follow).where(Follow.person_id == person_id, Follow.artist_id == artist_id))


async def counts(session: Session, artist_ids: Collection[UUID]) -> dict[UUID, int]:
    """Artist id → the number of followers; 0 also for an artist that is not public."""
    found = (await session.execute(_COUNTS, {"ids": list(artist_ids)})).all() if artist_ids else []
    return dict.fromkeys(artist_ids, 0) | {artist_id: int(count) for artist_id, count in found}


async def followed(session: Session, person_id: UUID, artist_ids: Collection[UUID]) -> set[UUID]:
    """Which of these artists the person follows, public artists only."""
    if not artist_ids:
        return set()
    return set((await session.scalars(_FOLLOWED, {"person_id": person_id, "ids": list(artist_ids)})).all())


SORTS = {**by_age(Follow.id), "name": Sort(Follow.id, Artist.name_key, key_of="name_key")}
FEED_SORTS = by_time(Release.published_at, Release.id, "published_at")


async def listed(session: Session, person_id: UUID, page: Slice, *, text: str | None = None) -> Rows:
    """Artists the person follows (id, artist_id, name, name_key, slug, since), without hidden ones; `text` is how the
    name begins."""
    found = _LISTED.where(Follow.person_id == person_id)
    if text is not None:
        begins = sort_key(text)
        found = found.where(begins <= Artist.name_key, begins + AFTER_ALL > Artist.name_key)
    return await found_by(session, page.of(found))


async def feed(session: Session, person_id: UUID, page: Slice, *, kind: str | None = None) -> Rows:
    """Releases of followed artists, by when they were published.

    Columns: id, title, slug, kind, artist_id, artist_name, artist_slug, published_at.
    """
    found = _FEED.where(Follow.person_id == person_id)
    if kind is not None:
        found = found.where(Release.kind == kind)
    return await found_by(session, page.of(found))


_COUNTS = (
    select(Follow.artist_id, func.count())
    .join(Artist, Artist.id == Follow.artist_id)
    .where(VISIBLE_ARTIST, Follow.artist_id.in_(bindparam("ids", expanding=True)))
    .group_by(Follow.artist_id)
)
_FOLLOWED = (
    select(Follow.artist_id)
    .join(Artist, Artist.id == Follow.artist_id)
    .where(
        VISIBLE_ARTIST,
        Follow.person_id == bindparam("person_id"),
        Follow.artist_id.in_(bindparam("ids", expanding=True)),
    )
)
_LISTED: Query = (
    select(Follow.id, Follow.artist_id, Artist.name, Artist.name_key, Artist.slug, Follow.since)
    .join(Artist, Artist.id == Follow.artist_id)
    .where(VISIBLE_ARTIST)
)
_FEED: Query = (
    select(
        Release.id,
        Release.title,
        Release.slug,
        Release.kind,
        Artist.id.label("artist_id"),
        Artist.name.label("artist_name"),
        Artist.slug.label("artist_slug"),
        Release.published_at,
    )
    .join(Artist, Artist.id == Release.artist_id)
    .join(Follow, Follow.artist_id == Release.artist_id)
    .where(VISIBLE_RELEASE, Release.published_at.is_not(None))
)
