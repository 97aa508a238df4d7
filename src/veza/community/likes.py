"""Likes of tracks and releases: one of each per person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts.people import Person
from veza.catalog import visibility
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.catalog.visibility import VISIBLE_RELEASE, VISIBLE_TRACK
from veza.kit.database import Base, Session
from veza.kit.insert_ignore import insert_ignore
from veza.kit.listing import Slice, by_age
from veza.kit.rows import Query, Rows, found_by

Liked = Literal["track", "release"]


class Like(Base):
    """One person likes one track or release; `id` sorts one's likes by when they were given."""

    __tablename__ = "likes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    kind: Mapped[str]
    # No foreign key: it is a track or a release, and either may be deleted.
    subject_id: Mapped[UUID]
    since: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind IN ('track', 'release')", name="kind_known"),
        Index("uq_likes_person_id_kind_subject_id", "person_id", "kind", "subject_id", unique=True),
        Index(None, "kind", "subject_id"),
        Index(None, "person_id", "kind", "id"),
    )


async def like(session: Session, person_id: UUID, kind: Liked, subject_id: UUID) -> None:
    """Liking twice is liking once. Raises NothingThere."""
    await visibility.must_be_visible(session, kind, subject_id)
    row = {
        "id": session.new_id(),
        "person_id": person_id,
        "kind": kind,
        "subject_id": subject_id,
        "since": session.now,
    }
    await insert_ignore(session, Like, row)


async def unlike(session: Session, person_id: UUID, kind: Liked, subject_id: UUID) -> None:
    """Not liking it any more, whether one did or not."""
    mine = (Like.person_id == person_id, Like.kind == kind, Like.subject_id == subject_id)
    await session.execute(delete(Like).where(*mine))


async def set_liked(session: Session, person_id: UUID, kind: Liked, subject_id: UUID, *, likes: bool) -> None:
    """Like it, or no longer. Raises NothingThere for liking what is not public."""
    await (like if likes else unlike)(session, person_id, kind, subject_id)


async def counts(session: Session, kind: Liked, ids: Collection[UUID]) -> dict[UUID, int]:
    """Track or release id → the number of likes; 0 also for what is not public."""
    found = (await session.execute(_COUNTS[kind], {"ids": list(ids)})).all() if ids else []
    return dict.fromkeys(ids, 0) | {subject_id: int(count) for subject_id, count in found}


async def liked(session: Session, person_id: UUID, kind: Liked, ids: Collection[UUID]) -> set[UUID]:
    """Which of these the person likes, public ones only."""
    if not ids:
        return set()
    return set((await session.scalars(_LIKED[kind], {"person_id": person_id, "ids": list(ids)})).all())


SORTS = by_age(Like.id)


async def listed(session: Session, person_id: UUID, kind: Liked, page: Slice) -> Rows:
    """The public tracks or releases that the person likes.

    Columns: id (of the like), subject_id, title, artist_id, artist_name, release_id, release_title, since.
    """
    found = _LISTED[kind].where(Like.person_id == person_id)
    return await found_by(session, page.of(found))


def _visible(*columns: Any) -> dict[str, Query]:
    """By kind: these columns of the likes of public tracks and releases."""
    found: Query = select(*columns)
    of_tracks = found.join(Track, Track.id == Like.subject_id).join(Release, Release.id == Track.release_id)
    of_releases = found.join(Release, Release.id == Like.subject_id)
    return {
        "track": of_tracks.join(Artist, Artist.id == Release.artist_id).where(Like.kind == "track", VISIBLE_TRACK),
        "release": of_releases.join(Artist, Artist.id == Release.artist_id).where(
            Like.kind == "release", VISIBLE_RELEASE
        ),
    }


_AMONG = Like.subject_id.in_(bindparam("ids", expanding=True))
_COUNTS = {
    kind: found.where(_AMONG).group_by(Like.subject_id)
    for kind, found in _visible(Like.subject_id, func.count()).items()
}
_LIKED = {
    kind: found.where(_AMONG, Like.person_id == bindparam("person_id"))
    for kind, found in _visible(Like.subject_id).items()
}
_SHOWN = (
    Like.id,
    Like.subject_id,
    Like.since,
    Artist.id.label("artist_id"),
    Artist.name.label("artist_name"),
    Release.id.label("release_id"),
    Release.title.label("release_title"),
)
_LISTED: dict[str, Query] = {
    "track": _visible(*_SHOWN, Track.title)["track"],
    "release": _visible(*_SHOWN, Release.title)["release"],
}
