"""Reports as they are kept: their states, and what is forgotten of what they are about."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, update
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts.people import DELETED_NAME
from veza.kit.database import Base, Session
from veza.kit.moves import Machine, Move

SubjectKind = Literal["artist", "release", "track", "comment", "playlist", "person"]
ReportReason = Literal["spam", "abuse", "copyright", "illegal", "misleading", "other"]
ReportStatus = Literal["open", "upheld", "dismissed"]
STATUSES: tuple[str, ...] = get_args(ReportStatus)


class Report(Base):
    """`label` is how the subject called itself then, empty once it is forgotten; `claimed_by` is the moderator at work
    on it.

    `reporter_id` is null once the account is gone. `decision` is the last one made, of moderation.DECISIONS.
    """

    __tablename__ = "reports"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=0)
    reporter_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    label: Mapped[str]
    reason: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime]
    claimed_by: Mapped[str | None]
    claimed_at: Mapped[datetime | None]
    decision: Mapped[str | None]
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("status IN ({})".format(", ".join(f"'{s}'" for s in STATUSES)), name="status_known"),
        CheckConstraint(
            "subject_kind IN ({})".format(", ".join(f"'{s}'" for s in get_args(SubjectKind))), name="subject_kind_known"
        ),
        Index(None, "status", "id"),
        Index(None, "subject_kind", "subject_id"),
        Index(None, "reporter_id", "id"),
    )


Index(
    "uq_reports_open",
    Report.reporter_id,
    Report.subject_kind,
    Report.subject_id,
    unique=True,
    postgresql_where=Report.status == "open",
    sqlite_where=Report.status == "open",
)

MOVES = (
    Move("open", "upheld", "it broke the rules: hidden, or its owner was warned", "moderator"),
    Move("open", "dismissed", "it broke no rule", "moderator"),
    Move("upheld", "dismissed", "what was hidden was restored", "moderator"),
    Move("upheld", "open", "reopened for another look", "moderator"),
    Move("dismissed", "open", "reopened for another look", "moderator"),
)
machine: Machine[Report] = Machine("report", Report, STATUSES, MOVES)


async def forget_labels(
    session: Session, kind: SubjectKind, ids: Collection[UUID] | Select[UUID], *, even_open: bool = False
) -> None:
    """These things are gone: no report says any more how they called themselves.

    An open one still does, unless `even_open`: whoever takes back what was reported must not take the evidence along.
    It is forgotten with the decision.
    """
    theirs = update(Report).where(Report.subject_kind == kind, Report.subject_id.in_(ids))
    if not even_open:
        theirs = theirs.where(Report.status != "open")
    await session.execute(theirs.values(label=""))


async def forget_person(session: Session, person_id: UUID) -> None:
    """An account is gone: no report names it or has its id, and what it wrote stays in open ones only."""
    about = update(Report).where(Report.subject_kind == "person", Report.subject_id == person_id)
    await session.execute(about.values(label=DELETED_NAME))
    theirs = update(Report).where(Report.reporter_id == person_id)
    await session.execute(theirs.where(Report.status != "open").values(text=""))
    await session.execute(theirs.values(reporter_id=None))
