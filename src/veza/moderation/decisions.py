"""Decisions: open reports of one subject are decided together, with a reason, and its owners learn of it."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from veza.kit.database import Session
from veza.kit.messages import gettext, verbatim
from veza.kit.text import one_line
from veza.moderation import claims, hiding, log, notices, reports
from veza.moderation.log import Decision, ModerationEntry
from veza.moderation.reporting import lock_reporter
from veza.moderation.reports import DecidedAlready, Report, ReportStatus, machine
from veza.moderation.subjects import SubjectKind, Subjects

REASON_MOST = 500


class OpenAlready(Exception):
    """There is nothing to reopen."""

    def __init__(self, report_id: UUID) -> None:
        super().__init__(
            gettext(
                "report {report_id} is open, or the same person has opened another about the same thing",
                report_id=report_id,
            )
        )


async def decide_report(
    session: Session, subjects: Subjects, report_id: UUID, decision: Decision, reason: str
) -> Report:
    """Decide a report and with it every open one of the same subject; `reopen` is for this report alone.

    Raises UnknownReport, OpenAlready, and what `decide` raises.
    """
    report = await reports.find(session, report_id)
    kind: SubjectKind = report.subject_kind  # type: ignore[assignment]  # the table knows no other
    if decision == "reopen":
        await _reopen(session, report_id, one_line(reason, gettext("the reason"), most=REASON_MOST))
    else:
        if decision != "restore":
            await _demand_open(session, report)
        await decide(session, subjects, kind, report.subject_id, decision, reason, label=report.label)
    return await reports.lock(session, report_id)


async def decide(
    session: Session,
    subjects: Subjects,
    kind: SubjectKind,
    subject_id: UUID,
    decision: Literal["dismiss", "warn", "hide", "restore"],
    reason: str,
    *,
    label: str = "",
) -> ModerationEntry:
    """Decide about a subject, reported or not: dismiss its reports, warn its owners, hide it, or restore it.

    Raises DecidedAlready (nothing to dismiss), Claimed, NothingHidden, CannotHide, BadText, and an error of the
    subject's module where there is no such subject to hide.
    """
    why = one_line(reason, gettext("the reason"), most=REASON_MOST)
    source, target = _BECOMES[decision]
    together = await reports.lock_those_of(session, kind, subject_id, source)
    if decision in ("dismiss", "warn") and not together:
        raise DecidedAlready(kind, subject_id, await log.last_decision(session, kind, subject_id))
    claims.demand_unclaimed(session, together)
    shown = label or (together[0].label if together else "")
    if decision == "hide":
        await hiding.hide(session, subjects, kind, subject_id)
    elif decision == "restore":
        await hiding.restore(session, subjects, kind, subject_id)
        together = [one for one in together if one.decision == "hide"]
    for one in together:
        await _move(session, one, target, decision, why)
    if together and await subjects[kind].is_gone(session, subject_id):
        await reports.forget_labels(session, kind, [subject_id])
    entry = await log.write(session, kind, subject_id, decision, why, len(together))
    if decision != "dismiss":
        told = await subjects[kind].owners(session, subject_id)
        await notices.tell(session, told, kind, subject_id, shown, decision, why)
    return entry


_BECOMES: dict[str, tuple[ReportStatus, ReportStatus]] = {
    "dismiss": ("open", "dismissed"),
    "warn": ("open", "upheld"),
    "hide": ("open", "upheld"),
    "restore": ("upheld", "dismissed"),
}
"""Decision → the status of the reports that it moves, and what they become."""


async def _demand_open(session: Session, report: Report) -> None:
    """Raises DecidedAlready: of two moderators who decide at once, the second must not overrule the first unseen."""
    await reports.lock_those_of(session, report.subject_kind, report.subject_id, "open")
    now = await reports.lock(session, report.id)
    if now.status != "open":
        raise DecidedAlready(now.subject_kind, now.subject_id, now.decision)


async def _reopen(session: Session, report_id: UUID, why: str) -> None:
    report = await reports.find(session, report_id)
    if report.reporter_id is not None:
        # As `reporting.report` does: one person never has two open reports about one subject.
        await lock_reporter(session, report.reporter_id)
    again = await reports.lock_those_of(session, report.subject_kind, report.subject_id, "open")
    report = await reports.lock(session, report_id)
    if report.status == "open" or any(one.reporter_id == report.reporter_id is not None for one in again):
        raise OpenAlready(report_id)
    await _move(session, report, "open", "reopen", why)
    await log.write(session, report.subject_kind, report.subject_id, "reopen", why, 1)


async def _move(session: Session, report: Report, target: ReportStatus, decision: Decision, why: str) -> None:
    await machine.move(
        session,
        report,
        target,
        because=verbatim(why),
        version=report.version + 1,
        decision=decision,
        decided_at=None if target == "open" else session.now,
        claimed_by=None,
        claimed_at=None,
        # The reporter's account is gone: the text was kept for this decision only.
        **({"text": ""} if report.reporter_id is None and target != "open" else {}),
    )
