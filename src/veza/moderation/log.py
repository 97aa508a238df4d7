"""The moderation log: one entry for each decision, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.kit.listing import Slice, by_age
from veza.moderation.subjects import SubjectKind

Decision = Literal["dismiss", "warn", "hide", "restore", "reopen"]
DECISIONS: tuple[str, ...] = get_args(Decision)


class ModerationEntry(Base):
    """One decision: about what, which, why, by whom, and how many reports it decided. Never changed."""

    __tablename__ = "moderation_log"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    decision: Mapped[str]
    reason: Mapped[str]
    reports_count: Mapped[int]
    by: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("decision IN ({})".format(", ".join(f"'{one}'" for one in DECISIONS)), name="decision_known"),
        Index(None, "subject_kind", "subject_id"),
    )


async def write(
    session: Session, kind: str, subject_id: UUID, decision: Decision, reason: str, reports_count: int
) -> ModerationEntry:
    """The entry of a decision that the actor of this transaction made."""
    entry = ModerationEntry(
        id=session.new_id(),
        subject_kind=kind,
        subject_id=subject_id,
        decision=decision,
        reason=reason,
        reports_count=reports_count,
        by=session.actor,
        at=session.now,
    )
    session.add(entry)
    await session.flush()
    return entry


async def last_decision(session: Session, kind: str, subject_id: UUID) -> str | None:
    """The latest decision about a subject; None before the first."""
    decision: str | None = await session.scalar(_LAST, {"kind": kind, "subject_id": subject_id})
    return decision


SORTS = by_age(ModerationEntry.id)


async def listed(
    session: Session, page: Slice, *, kind: SubjectKind | None = None, subject_id: UUID | None = None
) -> Sequence[ModerationEntry]:
    """Decisions about everything, about one kind or about one subject."""
    found = select(ModerationEntry)
    if kind is not None:
        found = found.where(ModerationEntry.subject_kind == kind)
    if subject_id is not None:
        found = found.where(ModerationEntry.subject_id == subject_id)
    return (await session.scalars(page.of(found))).all()


_LAST = (
    select(ModerationEntry.decision)
    .where(ModerationEntry.subject_kind == bindparam("kind"), ModerationEntry.subject_id == bindparam("subject_id"))
    .order_by(ModerationEntry.id.desc())
    .limit(1)
)
