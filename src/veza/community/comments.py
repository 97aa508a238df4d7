"""Comments at a moment of a track, and one level of replies to them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, and_, bindparam, func, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from veza.accounts.people import Person, UnknownPerson
from veza.catalog import visibility
from veza.catalog.acting import acts
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.catalog.visibility import VISIBLE_TRACK
from veza.kit import limits
from veza.kit.database import Base, Session
from veza.kit.field_faults import FieldChecks, FieldFault
from veza.kit.limits import Limit
from veza.kit.messages import gettext
from veza.kit.text import paragraphs
from veza.moderation import reports

TEXT_MOST = 2_000
LONGEST_TRACK = timedelta(hours=24)
"""How far into a track of unknown length a comment may point."""
EDITABLE = timedelta(minutes=15)
COMMENTING = Limit("comments of", 10, timedelta(seconds=6))
"""Of one person: ten a minute are more than others read."""


class Comment(Base):
    """`at_ms` of a reply is that of what it replies to. A deleted one keeps its place, without text.

    `person_id` is null once the account is gone; `hidden_by` says who hid it: the `artist` or a `moderator`.
    """

    __tablename__ = "comments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # No foreign key: a track may be deleted.
    track_id: Mapped[UUID]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("comments.id"))
    at_ms: Mapped[int]
    text: Mapped[str]
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    hidden_at: Mapped[datetime | None]
    hidden_by: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("at_ms >= 0", name="moment_possible"),
        CheckConstraint("hidden_by IS NULL OR hidden_by IN ('artist', 'moderator')", name="hidden_by_known"),
        CheckConstraint("(hidden_at IS NULL) = (hidden_by IS NULL)", name="hidden_by_somebody"),
        Index(None, "track_id", "at_ms", "id"),
        Index(None, "track_id", "id"),
        Index(None, "person_id", "created_at"),
        Index(None, "parent_id"),
    )

    @property
    def is_hidden(self) -> bool:
        """Whether the artist or a moderator hid the comment itself."""
        return self.hidden_at is not None


Parent = aliased(Comment)
"""What a comment replies to."""


def is_visible(comment: Any) -> ColumnElement[bool]:
    """This comment itself is not hidden; `comment` is Comment, or an alias of it."""
    return cast("ColumnElement[bool]", comment.hidden_at.is_(None))


NOT_HIDDEN = and_(is_visible(Comment), is_visible(Parent))
"""Neither the comment nor the one it replies to is hidden. For statements that outer-join Parent."""


class UnknownComment(LookupError):
    """No such comment, or not any more."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no comment {wanted}", wanted=wanted))


class AddressNotConfirmed(Exception):
    """Who comments must have confirmed their e-mail address."""

    def __init__(self) -> None:
        super().__init__(gettext("confirm your e-mail address first: comments are for those who did"))


class NotYourComment(Exception):
    """It can be read, not changed."""


class BadMoment(FieldFault):
    """The track is not that long."""

    def __init__(self, asked_ms: int, longest_ms: int) -> None:
        super().__init__(
            gettext(
                "asked for {asked_ms} ms into the track, it is {longest_ms} ms long",
                asked_ms=asked_ms,
                longest_ms=longest_ms,
            )
        )


class ReplyToReply(FieldFault):
    """Replies go one level deep."""

    def __init__(self) -> None:
        super().__init__(gettext("a reply cannot be replied to: reply to the comment it belongs to"))


class TooLateToEdit(Exception):
    """The time for corrections is over."""

    def __init__(self, minutes: int) -> None:
        most = int(EDITABLE.total_seconds()) // 60
        super().__init__(
            gettext(
                "a comment can be changed for {most} minutes, this one is {minutes} minutes old",
                most=most,
                minutes=minutes,
            )
        )


async def write(
    session: Session, person_id: UUID, track_id: UUID, at_ms: int, text: str, *, reply_to: UUID | None = None
) -> Comment:
    """A new comment, or a reply (its moment is then the other's).

    Raises NothingThere, AddressNotConfirmed, RateLimited, BadMoment, ReplyToReply, UnknownComment, BadText.
    """
    await _may_write_now(session, person_id)
    checks, kept = FieldChecks(), ""
    with checks.field("text"):
        kept = paragraphs(text, gettext("the comment"), most=TEXT_MOST, least=1)
    with checks.field("track_id", also=(visibility.NothingThere,)):
        await visibility.must_be_visible(session, "track", track_id)
    with checks.field("reply_to", also=(UnknownComment,)):
        if reply_to is not None:
            at_ms = (await _open_to_replies(session, track_id, reply_to)).at_ms
    with checks.field("at_ms"):
        if reply_to is None:
            await _demand_within(session, track_id, at_ms)
    checks.demand()
    comment = Comment(
        id=session.new_id(),
        track_id=track_id,
        person_id=person_id,
        parent_id=reply_to,
        at_ms=at_ms,
        text=kept,
        created_at=session.now,
    )
    session.add(comment)
    await session.flush()
    return comment


async def _demand_within(session: Session, track_id: UUID, at_ms: int) -> None:
    longest_ms = await session.scalar(_DURATION, {"track_id": track_id})
    if longest_ms is None:
        longest_ms = int(LONGEST_TRACK.total_seconds()) * 1000
    if not 0 <= at_ms <= longest_ms:
        raise BadMoment(at_ms, longest_ms)


async def edit(session: Session, comment_id: UUID, person_id: UUID, text: str) -> Comment:
    """The author corrects it, soon after. Raises UnknownComment, NotYourComment, TooLateToEdit, BadText."""
    comment = await _lock_own(session, comment_id, person_id)
    age = session.now - comment.created_at
    if age > EDITABLE:
        raise TooLateToEdit(int(age.total_seconds()) // 60)
    comment.text = paragraphs(text, gettext("the comment"), most=TEXT_MOST, least=1)
    comment.edited_at = session.now
    await session.flush()
    return comment


async def seen(session: Session, comment_id: UUID, person_id: UUID | None, *, lock: bool = False) -> Comment:
    """A comment, if this reader may read it: a public one, or a hidden one where the reader is its author or one of the
    artist's people. `lock` it to change it afterwards. Raises UnknownComment."""
    comment = await (_lock(session, comment_id) if lock else session.get(Comment, comment_id))
    if comment is None or comment.deleted_at is not None:
        raise UnknownComment(comment_id)
    is_own = person_id is not None and comment.person_id == person_id
    runs = {"track_id": comment.track_id, "person_id": person_id}
    if is_own or await _is_readable(session, comment) or (person_id and await session.scalar(_RUNS, runs)):
        return comment
    raise UnknownComment(comment_id)


async def remove(session: Session, comment_id: UUID, person_id: UUID) -> None:
    """The author takes it back: its text is gone for good. Raises UnknownComment, NotYourComment."""
    comment = await _lock_own(session, comment_id, person_id)
    comment.text, comment.deleted_at = "", session.now
    await session.flush()
    await reports.forget_labels(session, "comment", [comment_id])


async def hide(session: Session, comment_id: UUID, person_id: UUID) -> Comment:
    """The artist's people hide it. Raises UnknownComment, NotYourComment."""
    comment = await _lock_for_artist(session, comment_id, person_id)
    if not comment.is_hidden:
        comment.hidden_at, comment.hidden_by = session.now, "artist"
        await session.flush()
    return comment


async def show_again(session: Session, comment_id: UUID, person_id: UUID) -> Comment:
    """The artist's people show again what they hid. Raises UnknownComment, NotYourComment."""
    comment = await _lock_for_artist(session, comment_id, person_id)
    if comment.hidden_by == "moderator":
        raise NotYourComment(gettext("a moderator hid this comment: only they can show it again"))
    comment.hidden_at = comment.hidden_by = None
    await session.flush()
    return comment


async def counts(session: Session, track_ids: Collection[UUID]) -> dict[UUID, int]:
    """Track id → how many public comments and replies it has, 0 included."""
    found = (await session.execute(_COUNTS, {"ids": list(track_ids)})).all() if track_ids else []
    return dict.fromkeys(track_ids, 0) | {track_id: int(count) for track_id, count in found}


async def hidden(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Which of these comments are hidden, by themselves or with the comment or the track they belong to."""
    found = select(Comment.id, Comment.track_id, (~NOT_HIDDEN).label("is_hidden"))
    found = found.outerjoin(Parent, Parent.id == Comment.parent_id).where(Comment.id.in_(list(ids)))
    rows = (await session.execute(found)).all()
    on_hidden = await visibility.hidden(session, "track", {row.track_id for row in rows})
    return {row.id for row in rows if row.is_hidden or row.track_id in on_hidden}


async def _is_readable(session: Session, comment: Comment) -> bool:
    """Whether the comment is public: its track is, and neither it nor the comment it replies to is hidden."""
    if not await visibility.visible(session, "track", [comment.track_id]):
        return False
    return not await hidden(session, [comment.id])


async def _may_write_now(session: Session, person_id: UUID) -> None:
    # The person's row is the lock: two comments at the same instant count each other.
    found = await session.execute(_LOCK_PERSON, {"id": person_id})
    person = found.one_or_none()
    if person is None or person.deleted_at is not None:
        raise UnknownPerson(person_id)
    if person.email_confirmed_at is None:
        raise AddressNotConfirmed
    await limits.spend(session, COMMENTING.of(person_id))


async def _open_to_replies(session: Session, track_id: UUID, comment_id: UUID) -> Comment:
    comment = await _lock(session, comment_id)
    if comment.track_id != track_id or comment.is_hidden:
        raise UnknownComment(comment_id)
    if comment.parent_id is not None:
        raise ReplyToReply
    return comment


async def _lock_own(session: Session, comment_id: UUID, person_id: UUID) -> Comment:
    comment = await _lock(session, comment_id)
    if comment.person_id == person_id:
        return comment
    if not await _is_readable(session, comment):
        raise UnknownComment(comment_id)
    raise NotYourComment(gettext("only its author may change this comment"))


async def _lock_for_artist(session: Session, comment_id: UUID, person_id: UUID) -> Comment:
    comment = await _lock(session, comment_id)
    if await session.scalar(_RUNS, {"track_id": comment.track_id, "person_id": person_id}):
        return comment
    if not await _is_readable(session, comment):
        raise UnknownComment(comment_id)
    raise NotYourComment(gettext("only the artist's people and moderators may hide this comment"))


async def _lock(session: Session, comment_id: UUID) -> Comment:
    """The comment, locked, unless it was deleted. Raises UnknownComment."""
    found = await session.execute(_LOCK, {"id": comment_id}, execution_options={"populate_existing": True})
    comment = found.scalars().one_or_none()
    if comment is None or comment.deleted_at is not None:
        raise UnknownComment(comment_id)
    return comment


_LOCK = select(Comment).where(Comment.id == bindparam("id")).with_for_update()
_LOCK_PERSON = (
    select(Person.deleted_at, Person.email_confirmed_at)
    .where(Person.id == bindparam("id"))
    .with_for_update(key_share=True)
)
_DURATION = select(Track.duration_ms).where(Track.id == bindparam("track_id"))
_RUNS = select(acts(Track.artist_id, bindparam("person_id"))).where(Track.id == bindparam("track_id"))
_COUNTS = (
    select(Comment.track_id, func.count())
    .join(Track, Track.id == Comment.track_id)
    .join(Release, Release.id == Track.release_id)
    .join(Artist, Artist.id == Release.artist_id)
    .outerjoin(Parent, Parent.id == Comment.parent_id)
    .where(
        VISIBLE_TRACK,
        Comment.track_id.in_(bindparam("ids", expanding=True)),
        NOT_HIDDEN,
        Comment.deleted_at.is_(None),
    )
    .group_by(Comment.track_id)
)
