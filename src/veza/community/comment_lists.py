"""The comments of a track as they are read: by moment, or the newest first."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import aliased

from veza.accounts.people import DELETED_NAME, Person
from veza.catalog.artists import Artist
from veza.catalog.covers import Cover
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.catalog.visibility import VISIBLE_TRACK
from veza.community.comments import NOT_HIDDEN, Comment, Parent, is_visible
from veza.kit.database import Session
from veza.kit.listing import Slice, Sort, by_age
from veza.kit.rows import Found, Query, Rows, found_by
from veza.moderation.reports import is_reported

_Reply = aliased(Comment)
_IS_REPLIED_TO = (
    select(_Reply.id).where(_Reply.parent_id == Comment.id, _Reply.deleted_at.is_(None), is_visible(_Reply)).exists()
)
# A deleted one is shown where something still hangs on it, and where an account went.
_STANDS = or_(Comment.deleted_at.is_(None), Comment.person_id.is_(None), _IS_REPLIED_TO)
_SHOWN: Query = select(
    Comment.id,
    Comment.track_id,
    Comment.parent_id,
    Comment.person_id,
    func.coalesce(Person.name, DELETED_NAME).label("author"),
    Comment.at_ms,
    Comment.text,
    Comment.deleted_at.is_not(None).label("is_deleted"),
    (~is_visible(Comment)).label("is_hidden"),
    Comment.created_at,
    Comment.edited_at,
).outerjoin(Person, Person.id == Comment.person_id)
_PUBLIC = (
    _SHOWN.outerjoin(Parent, Parent.id == Comment.parent_id)
    .where(NOT_HIDDEN, _STANDS)
)  # fmt: skip

_EVEN_HIDDEN = _SHOWN.where(_STANDS)


async def shown(session: Session, comment_id: UUID) -> Found:
    """One comment with its author's name, hidden or not."""
    return (await session.execute(_SHOWN.where(Comment.id == comment_id))).one()


SORTS = {"moment": Sort(Comment.id, Comment.at_ms, key_of="at_ms"), **by_age(Comment.id)}
"""By moment is from the track's beginning to its end."""


async def of_track(session: Session, track_id: UUID, page: Slice, *, even_hidden: bool = False) -> Rows:
    """What was said about a track; `even_hidden` is for the artist's people, who may show it again."""
    found = _EVEN_HIDDEN if even_hidden else _PUBLIC
    return await found_by(session, page.of(found.where(Comment.track_id == track_id)))


_MOMENTS = (
    select(
        Comment.id, Comment.track_id, Comment.at_ms, Comment.text, Person.name.label("author"),
        Track.title.label("track_title"), Release.cover_id, Cover.sizes, Cover.palette_hash,
    )
    .join(Person, Person.id == Comment.person_id)
    .join(Track, Track.id == Comment.track_id)
    .join(Release, Release.id == Track.release_id)
    .join(Artist, Artist.id == Release.artist_id)
    .outerjoin(Cover, Cover.id == Release.cover_id)
    .where(
        Comment.parent_id.is_(None), Comment.deleted_at.is_(None), is_visible(Comment), VISIBLE_TRACK,
        Track.audio_state == "ready",
    )
    .limit(bindparam("limit"))
)  # fmt: skip
_NEWEST_MOMENTS = _MOMENTS.where(~is_reported("comment", Comment.id)).order_by(Comment.id.desc())
_MOMENTS_OF_RELEASE = _MOMENTS.where(Track.release_id == bindparam("release")).order_by(Comment.id.desc())


async def newest_moments(session: Session, limit: int) -> Rows:
    """What was said last at moments of public tracks that can be heard. Words under report stay where they were said,
    and are not shown on the first page before a moderator has looked at them."""
    return await found_by(session, _NEWEST_MOMENTS, {"limit": limit})


async def moments_of_release(session: Session, release_id: UUID, limit: int) -> Rows:
    """The same for the tracks of one release."""
    return await found_by(session, _MOMENTS_OF_RELEASE, {"release": release_id, "limit": limit})
