"""Reports: their states, their lists, and what is forgotten of what they are about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    SQLColumnExpression,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts.people import Person
from veza.kit.database import Base, Session
from veza.kit.listing import Slice, by_age
from veza.kit.messages import gettext
from veza.kit.moves import Machine, Move
from veza.kit.rows import Rows, found_by
from veza.moderation.subjects import SUBJECT_KINDS, SubjectKind

ReportReason = Literal["spam", "abuse", "copyright", "illegal", "misleading", "other"]
ReportStatus = Literal["open", "upheld", "dismissed"]
STATUSES: tuple[str, ...] = get_args(ReportStatus)
DECIDED_AT_ONCE_MOST = 500
"""Reports that one decision moves; those beyond stay open, for the next."""


class Report(Base):
    """`label` is how the subject called itself then, empty once it is forgotten; `claimed_by` is the moderator at work
    on it.

    `reporter_id` is null once the account is gone. `decision` is the last one made, of log.DECISIONS.
    """

    __tablename__ = "reports"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str]
    version: Mapped[int] = mapped_column("attempt", default=0)
    reporter_id: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
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
            "subject_kind IN ({})".format(", ".join(f"'{s}'" for s in SUBJECT_KINDS)), name="subject_kind_known"
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
machine: Machine[Report] = Machine("report", Report, STATUSES, MOVES, version="version")


def is_reported(kind: SubjectKind, subject_id: SQLColumnExpression[UUID]) -> ColumnElement[bool]:
    """SQL: a report of the subject is open."""
    of_it = (Report.subject_kind == kind, Report.subject_id == subject_id)
    return select(Report.id).where(*of_it, Report.status == "open").exists()


class UnknownReport(LookupError):
    """No such report."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no report {wanted}", wanted=wanted))


class DecidedAlready(Exception):
    """No report of the subject is open any more."""

    def __init__(self, kind: str, subject_id: UUID, decision: str | None) -> None:
        super().__init__(
            gettext(
                "no report of {kind} {subject_id} is open; last decision: {decision}",
                kind=kind,
                subject_id=subject_id,
                decision=decision or gettext("none"),
            )
        )


async def find(session: Session, report_id: UUID) -> Report:
    """The report; raises UnknownReport."""
    row = await session.get(Report, report_id)
    if row is None:
        raise UnknownReport(report_id)
    return row


async def lock(session: Session, report_id: UUID) -> Report:
    """The report as it is now, locked; raises UnknownReport."""
    row = await session.get(Report, report_id, populate_existing=True, with_for_update=True)
    if row is None:
        raise UnknownReport(report_id)
    return row


async def lock_those_of(session: Session, kind: str, subject_id: UUID, status: ReportStatus) -> Sequence[Report]:
    """The reports of one subject in this status, locked; the oldest DECIDED_AT_ONCE_MOST."""
    asked = {"kind": kind, "subject_id": subject_id, "in_status": status}
    found = await session.execute(_LOCK, asked, execution_options={"populate_existing": True})
    return found.scalars().all()


SORTS = by_age(Report.id)
_AGES = by_age(Report.id, "Report.id")
QUEUE_SORTS = {name: _AGES[name] for name in ("oldest", "newest")}


async def of_person(
    session: Session, reporter_id: UUID, page: Slice, *, status: ReportStatus | None = None
) -> Sequence[Report]:
    """What one person reported."""
    found = select(Report).where(Report.reporter_id == reporter_id)
    if status is not None:
        found = found.where(Report.status == status)
    return (await session.scalars(page.of(found))).all()


async def queue(
    session: Session, page: Slice, *, status: ReportStatus | None = None, kind: SubjectKind | None = None
) -> Rows:
    """Reports for moderators, each (Report,) with how many are open about the same subject (open_count)."""
    open_count = (
        select(func.count())
        .where(
            _Same.c.subject_kind == Report.subject_kind,
            _Same.c.subject_id == Report.subject_id,
            _Same.c.status == "open",
        )
        .scalar_subquery()
    )
    found = select(Report, open_count.label("open_count"))
    if status is not None:
        found = found.where(Report.status == status)
    if kind is not None:
        found = found.where(Report.subject_kind == kind)
    return await found_by(session, page.of(found))


async def reported_of(session: Session, kind: SubjectKind, ids: Collection[UUID]) -> set[UUID]:
    """About which of these a report is open."""
    mine = (Report.subject_kind == kind, Report.subject_id.in_(ids), Report.status == "open")
    return set((await session.scalars(select(Report.subject_id).where(*mine).distinct())).all())


async def forget_labels(
    session: Session, kind: SubjectKind, ids: Collection[UUID] | Select[UUID], *, even_open: bool = False
) -> None:
    """These subjects are gone: no report says any more what they were called.

    An open report still does, unless `even_open`: an author who takes back a reported comment must not take the
    evidence along. The label of an open report is forgotten with the decision.
    """
    theirs = update(Report).where(Report.subject_kind == kind, Report.subject_id.in_(ids))
    if not even_open:
        theirs = theirs.where(Report.status != "open")
    await session.execute(theirs.values(label=""))


_Same = Report.__table__.alias()
_LOCK = (
    select(Report)
    .where(
        Report.subject_kind == bindparam("kind"),
        Report.subject_id == bindparam("subject_id"),
        Report.status == bindparam("in_status"),
    )
    .order_by(Report.id)
    .limit(DECIDED_AT_ONCE_MOST)
    .with_for_update()
)
