"""Notices of moderation: they tell people which decision was made about something of theirs, and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, ScalarSelect, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts.people import Person
from veza.kit.database import Base, Session
from veza.kit.listing import Slice, by_age
from veza.kit.messages import gettext


class Notice(Base):
    """One notice to one person: which decision was made about the subject, and why."""

    __tablename__ = "moderation_notices"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    label: Mapped[str]
    decision: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "person_id", "id"),)


class UnknownNotice(LookupError):
    """No such notice of this person."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no notice {wanted}", wanted=wanted))


async def tell(
    session: Session,
    people: Sequence[UUID],
    kind: str,
    subject_id: UUID,
    label: str,
    decision: str,
    reason: str,
) -> None:
    """Send one notice to each of these people; `label` is the subject's name."""
    for person_id in people:
        session.add(
            Notice(
                id=session.new_id(),
                person_id=person_id,
                subject_kind=kind,
                subject_id=subject_id,
                label=label,
                decision=decision,
                reason=reason,
                created_at=session.now,
            )
        )
    await session.flush()


SORTS = by_age(Notice.id)


async def listed(session: Session, person_id: UUID, page: Slice, *, is_read: bool | None = None) -> Sequence[Notice]:
    """What a person was told; only what they have read, or have not, where that is said."""
    found = select(Notice).where(Notice.person_id == person_id)
    if is_read is not None:
        found = found.where(Notice.read_at.is_not(None) if is_read else Notice.read_at.is_(None))
    return (await session.scalars(page.of(found))).all()


def unread(person_id: UUID) -> ScalarSelect[int]:
    """How many notices a person has not read, as a part of a statement: every page says it."""
    mine = select(func.count()).select_from(Notice).where(Notice.person_id == person_id, Notice.read_at.is_(None))
    return mine.scalar_subquery()


async def unread_of_each(session: Session, people: Collection[UUID]) -> dict[UUID, int]:
    """The same for many people."""
    theirs = select(Notice.person_id, func.count()).where(Notice.person_id.in_(people), Notice.read_at.is_(None))
    rows = await session.execute(theirs.group_by(Notice.person_id))
    return {**dict.fromkeys(people, 0), **{row[0]: row[1] for row in rows}}


async def mark_all_read(session: Session, person_id: UUID) -> None:
    """The person has seen every notice so far."""
    unseen = update(Notice).where(Notice.person_id == person_id, Notice.read_at.is_(None))
    await session.execute(unseen.values(read_at=session.now))


async def mark_read(session: Session, person_id: UUID, notice_id: UUID) -> Notice:
    """The person has seen it; the first time counts. Raises UnknownNotice."""
    notice = await session.get(Notice, notice_id, with_for_update=True)
    if notice is None or notice.person_id != person_id:
        raise UnknownNotice(notice_id)
    notice.read_at = notice.read_at or session.now
    await session.flush()
    return notice
