"""Reports for moderators: the queue, what is before them, and their decision with its reason."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts.permissions import Permission
from veza.community.comments import Comment
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.field_faults import FieldFault
from veza.kit.listing import start_of
from veza.kit.messages import gettext
from veza.moderation import claims, decisions, log, reports
from veza.moderation.facade import Moderation
from veza.moderation.reports import Report
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.moderation_words import DECISIONS, REASONS, STATES, SUBJECTS, page_of_subject
from veza.web.operator.actors import names_of
from veza.web.pages.turning import next_address, page_of

_ALL, _ONE = "/operator/reports", "/operator/reports/{report_id:uuid}"
ON_A_PAGE, ENTRIES = 50, 20


class NoDecision(FieldFault):
    """A report is decided by one of the decisions."""

    def __init__(self) -> None:
        super().__init__(gettext("choose what is decided"))


@page(_ALL, permission=Permission.MODERATE)
async def queue_page(session: Session, request: DoorRequest) -> Shown:
    """Open reports, the oldest first; or those that were decided, the newest first."""
    status: Any = request.query_params.get("status", "open")
    status = status if status in STATES else "open"
    sorts = reports.QUEUE_SORTS if status == "open" else {"newest": reports.QUEUE_SORTS["newest"]}
    asked = page_of(request, sorts, ON_A_PAGE).of("reports", {"status": status})
    shown = asked.filled(await reports.queue(session, asked.slice, status=status), lambda row: row)
    return Shown(
        "operator/reports.html", reports=shown.items, chosen=status, states=STATES, subjects=SUBJECTS, reasons=REASONS,
        more=next_address(request, shown.next_cursor),
    )  # fmt: skip


@page(_ONE, permission=Permission.MODERATE)
async def judging_page(session: Session, report_id: UUID, moderation: NamedDependency[Moderation], form: Form) -> Shown:
    """One report with what it is about, and what was decided about that before."""
    row = await reports.find(session, report_id)
    kind: Any = row.subject_kind
    is_hidden = bool(await moderation.subjects[kind].hidden(session, [row.subject_id]))
    entries = await log.listed(session, start_of(log.SORTS, ENTRIES), kind=kind, subject_id=row.subject_id)
    return Shown(
        "operator/report.html",
        report=row,
        at=await _page_of(session, row),
        is_hidden=is_hidden,
        entries=entries,
        named=await names_of(session, {entry.by for entry in entries} | {row.claimed_by or ""}),
        states=STATES,
        subjects=SUBJECTS,
        reasons=REASONS,
        decisions={one: said for one, said in DECISIONS.items() if one in _offered(row, is_hidden=is_hidden)},
        decisions_all=DECISIONS,
        reason_most=decisions.REASON_MOST,
    )  # fmt: skip


@form(f"{_ONE}/claim", permission=Permission.MODERATE, shows=judging_page)
async def claim_report(session: Session, report_id: UUID, form: Form) -> See:
    """It is this moderator's for an hour, or every moderator's again."""
    if form.value("claim") == "yes":
        await claims.claim(session, report_id)
    else:
        await claims.release(session, report_id)
    return See(f"{_ALL}/{report_id}")


@form(f"{_ONE}/decision", permission=Permission.MODERATE, shows=judging_page)
async def decide_report(session: Session, report_id: UUID, moderation: NamedDependency[Moderation], form: Form) -> See:
    """Decided with its reason; every open report of the same thing is decided with it."""
    decision: Any = form.value("decision")
    if decision not in DECISIONS:
        raise NoDecision
    await decisions.decide_report(session, moderation.subjects, report_id, decision, form.value("reason"))
    return See(f"{_ALL}/{report_id}", gettext("It is decided; who is concerned is told."))


def _offered(report: Report, *, is_hidden: bool) -> set[str]:
    """The decisions that can be made now."""
    now = {"dismiss", "warn", "hide"} if report.status == "open" else {"reopen"}
    return now | ({"restore"} if is_hidden else set())


async def _page_of(session: Session, report: Report) -> str | None:
    if report.subject_kind == "comment":
        comment = await session.get(Comment, report.subject_id)
        return None if comment is None else f"/tracks/{comment.track_id}#c{comment.id}"
    return page_of_subject(report.subject_kind, report.subject_id)
