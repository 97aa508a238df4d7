"""Moderation: reports of one thing are decided together, with a reason, and everybody concerned learns of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.kit.listing import Slice, by_age
from veza.kit.text import one_line
from veza.moderation import hiding, notices, reported
from veza.moderation.reported import Report, SubjectKind, machine
from veza.moderation.reports import UnknownReport, find, lock_reporter

Decision = Literal["dismiss", "warn", "hide", "restore", "reopen"]
DECISIONS: tuple[str, ...] = get_args(Decision)
REASON_MOST = 500
CLAIM_KEPT = timedelta(hours=1)
"""After this a claim is forgotten: whoever made it went to lunch."""
DECIDED_AT_ONCE_MOST = 500
"""Reports moved by one decision; those beyond stay open, for the next."""


class ModerationEntry(Base):
    """One decision: about what, which, why, by whom, and how many reports it settled. Never changed."""

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


class Claimed(Exception):
    """Another moderator is at work on it."""

    def __init__(self, by: str, until: datetime) -> None:
        super().__init__(f"{by} is at work on this until {until:%H:%M} UTC")


class DecidedAlready(Exception):
    """Nothing about it is open any more."""

    def __init__(self, kind: str, subject_id: UUID, decision: str | None) -> None:
        super().__init__(f"no report of {kind} {subject_id} is open; last decision: {decision or 'none'}")


class OpenAlready(Exception):
    """There is nothing to reopen."""

    def __init__(self, report_id: UUID) -> None:
        super().__init__(f"report {report_id} is open, or the same person has opened another about the same thing")


async def claim(session: Session, report_id: UUID) -> Report:
    """The actor of this transaction takes every open report of the same thing for an hour.

    Raises UnknownReport, DecidedAlready, Claimed.
    """
    report, together = await _lock_open(session, report_id)
    for one in together:
        await machine.update(session, one, claimed_by=session.actor, claimed_at=session.now)
    return report


async def release(session: Session, report_id: UUID) -> Report:
    """Leave them to others again. Raises UnknownReport, DecidedAlready, Claimed."""
    report, together = await _lock_open(session, report_id)
    for one in together:
        await machine.update(session, one, claimed_by=None, claimed_at=None)
    return report


async def decide_report(session: Session, report_id: UUID, decision: Decision, reason: str) -> Report:
    """Decide a report and with it every open one of the same thing; `reopen` is for this one alone.

    Raises UnknownReport, DecidedAlready, OpenAlready, Claimed, NothingThere, NothingHidden, CannotHide, BadText.
    """
    report = await find(session, report_id)
    kind: SubjectKind = report.subject_kind  # type: ignore[assignment]  # the table knows no other
    if decision == "reopen":
        await _reopen(session, report_id, one_line(reason, "the reason", most=REASON_MOST))
    else:
        if decision != "restore":
            await _demand_open(session, report)
        await decide(session, kind, report.subject_id, decision, reason, label=report.label)
    return await _read_again(session, report_id)


async def decide(
    session: Session,
    kind: SubjectKind,
    subject_id: UUID,
    decision: Literal["dismiss", "warn", "hide", "restore"],
    reason: str,
    *,
    label: str = "",
) -> ModerationEntry:
    """Decide about a thing, reported or not: dismiss its reports, warn its owner, hide it, or restore it.

    Raises DecidedAlready (nothing to dismiss), Claimed, NothingThere, NothingHidden, CannotHide, BadText.
    """
    why = one_line(reason, "the reason", most=REASON_MOST)
    source, target = ("upheld", "dismissed") if decision == "restore" else ("open", _BECOMES[decision])
    together = await _lock_of(session, kind, subject_id, source)
    if decision in ("dismiss", "warn") and not together:
        raise DecidedAlready(kind, subject_id, await session.scalar(_LAST, _subject(kind, subject_id)))
    _nobody_else_claims(session, together)
    shown = label or (together[0].label if together else "")
    if decision == "hide":
        await hiding.hide(session, kind, subject_id)
    elif decision == "restore":
        await hiding.restore(session, kind, subject_id)
        together = [one for one in together if one.decision == "hide"]
    for one in together:
        await _settle(session, one, target, decision, why)
    if together and await hiding.is_gone(session, kind, subject_id):
        await reported.forget_labels(session, kind, [subject_id])
    entry = await _log(session, kind, subject_id, decision, why, len(together))
    if decision != "dismiss":
        told = await hiding.owners(session, kind, subject_id)
        await notices.tell(session, told, kind, subject_id, shown, decision, why)
    return entry


SORTS = by_age(ModerationEntry.id)


async def log(
    session: Session, page: Slice, *, kind: SubjectKind | None = None, subject_id: UUID | None = None
) -> Sequence[ModerationEntry]:
    """Decisions of everything or about one thing."""
    found = select(ModerationEntry)
    if kind is not None:
        found = found.where(ModerationEntry.subject_kind == kind)
    if subject_id is not None:
        found = found.where(ModerationEntry.subject_id == subject_id)
    return (await session.scalars(page.of(found))).all()


async def _demand_open(session: Session, report: Report) -> None:
    """Raises DecidedAlready: of two moderators who decide at once, the second must not overrule the first unseen."""
    await _lock_of(session, report.subject_kind, report.subject_id, "open")
    now = await _read_again(session, report.id)
    if now.status != "open":
        raise DecidedAlready(now.subject_kind, now.subject_id, now.decision)


async def _reopen(session: Session, report_id: UUID, why: str) -> None:
    report = await find(session, report_id)
    if report.reporter_id is not None:
        # As `reports.report` does: of two open reports of one person about one thing the second must not come to be.
        await lock_reporter(session, report.reporter_id)
    again = await _lock_of(session, report.subject_kind, report.subject_id, "open")
    report = await _read_again(session, report_id)
    if report.status == "open" or any(one.reporter_id == report.reporter_id is not None for one in again):
        raise OpenAlready(report_id)
    await _settle(session, report, "open", "reopen", why)
    await _log(session, report.subject_kind, report.subject_id, "reopen", why, 1)


async def _settle(session: Session, report: Report, target: str, decision: str, why: str) -> None:
    await machine.move(
        session,
        report,
        target,
        because=why,
        attempt=report.attempt + 1,
        decision=decision,
        decided_at=None if target == "open" else session.now,
        claimed_by=None,
        claimed_at=None,
        # Whoever wrote it deleted their account: it was kept for this decision only.
        **({"text": ""} if report.reporter_id is None and target != "open" else {}),
    )


async def _log(session: Session, kind: str, subject_id: UUID, decision: str, why: str, count: int) -> ModerationEntry:
    entry = ModerationEntry(
        id=session.new_id(),
        subject_kind=kind,
        subject_id=subject_id,
        decision=decision,
        reason=why,
        reports_count=count,
        by=session.actor,
        at=session.now,
    )
    session.add(entry)
    await session.flush()
    return entry


async def _lock_open(session: Session, report_id: UUID) -> tuple[Report, Sequence[Report]]:
    report = await find(session, report_id)
    together = await _lock_of(session, report.subject_kind, report.subject_id, "open")
    mine = next((one for one in together if one.id == report_id), None)
    if mine is None:
        raise DecidedAlready(report.subject_kind, report.subject_id, report.decision)
    _nobody_else_claims(session, together)
    return mine, together


def _nobody_else_claims(session: Session, together: Sequence[Report]) -> None:
    for one in together:
        if one.claimed_by not in (None, session.actor) and one.claimed_at is not None:
            until = one.claimed_at + CLAIM_KEPT
            if session.now < until:
                raise Claimed(str(one.claimed_by), until)


async def _lock_of(session: Session, kind: str, subject_id: UUID, status: str) -> Sequence[Report]:
    asked = {**_subject(kind, subject_id), "in_status": status}
    found = await session.execute(_LOCK, asked, execution_options={"populate_existing": True})
    return found.scalars().all()


async def _read_again(session: Session, report_id: UUID) -> Report:
    report = await session.get(Report, report_id, populate_existing=True, with_for_update=True)
    if report is None:
        raise UnknownReport(report_id)
    return report


def _subject(kind: str, subject_id: UUID) -> dict[str, object]:
    return {"kind": kind, "subject_id": subject_id}


_BECOMES = {"dismiss": "dismissed", "warn": "upheld", "hide": "upheld"}
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
_LAST = (
    select(ModerationEntry.decision)
    .where(ModerationEntry.subject_kind == bindparam("kind"), ModerationEntry.subject_id == bindparam("subject_id"))
    .order_by(ModerationEntry.id.desc())
    .limit(1)
)
