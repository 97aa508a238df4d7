"""The comments of a track as they are read: by moment, or the newest first."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from veza.accounts.people import Person
from veza.catalog.comments import Comment
from veza.catalog.playlist_lists import DELETED_ACCOUNT
from veza.catalog.rows import Found, Query, Rows
from veza.kit.database import Session

_Reply = aliased(Comment)
_Parent = aliased(Comment)
_IS_REPLIED_TO = (
    select(_Reply.id)
    .where(_Reply.parent_id == Comment.id, _Reply.deleted_at.is_(None), _Reply.hidden_at.is_(None))
    .exists()
)
# A deleted one is shown where something still hangs on it, and where an account went.
_STANDS = or_(Comment.deleted_at.is_(None), Comment.person_id.is_(None), _IS_REPLIED_TO)
_SHOWN: Query = select(
    Comment.id,
    Comment.track_id,
    Comment.parent_id,
    Comment.person_id,
    func.coalesce(Person.name, DELETED_ACCOUNT).label("author"),
    Comment.at_ms,
    Comment.text,
    Comment.deleted_at.is_not(None).label("is_deleted"),
    Comment.hidden_at.is_not(None).label("is_hidden"),
    Comment.created_at,
    Comment.edited_at,
).outerjoin(Person, Person.id == Comment.person_id)
_PUBLIC = (
    _SHOWN.outerjoin(_Parent, _Parent.id == Comment.parent_id)
    .where(Comment.hidden_at.is_(None), _Parent.hidden_at.is_(None), _STANDS)
)  # fmt: skip


async def shown(session: Session, comment_id: UUID) -> Found:
    """One comment with its author's name, hidden or not."""
    return (await session.execute(_SHOWN.where(Comment.id == comment_id))).one()


async def by_moment(session: Session, track_id: UUID, limit: int, after: tuple[int, UUID] | None = None) -> Rows:
    """From the track's beginning to its end; `after` is (at_ms, id) of the row to go on after."""
    found = _PUBLIC.where(Comment.track_id == track_id)
    if after is not None:
        at_ms, comment_id = after
        found = found.where(or_(Comment.at_ms > at_ms, and_(Comment.at_ms == at_ms, Comment.id > comment_id)))
    return (await session.execute(found.order_by(Comment.at_ms, Comment.id).limit(limit))).all()


async def newest(session: Session, track_id: UUID, limit: int, after: UUID | None = None) -> Rows:
    """The newest first."""
    found = _PUBLIC.where(Comment.track_id == track_id)
    if after is not None:
        found = found.where(Comment.id < after)
    return (await session.execute(found.order_by(Comment.id.desc()).limit(limit))).all()
