"""Moderation: the queue of reports, who is at work on which, what is decided, and the log of it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter

from veza.accounts.permissions import Permission
from veza.api.moderation.report_shapes import (
    DECIDED_EXAMPLE,
    ENTRY_EXAMPLE,
    IN_QUEUE_EXAMPLE,
    REPORT_DETAIL_EXAMPLE,
    DecisionRequest,
    EntryResponse,
    ReportDetail,
    ReportInQueue,
    SubjectDecision,
)
from veza.api.operations import listing, read, write
from veza.api.shapes import changes, show
from veza.http.endpoints import AnswerLanguage
from veza.http.errors.kit import BAD_TEXT
from veza.http.errors.moderation import CANNOT_HIDE, DECIDED_ALREADY, REPORT_CLAIMED
from veza.http.paging import Page, PageRequest
from veza.http.problems import CONFLICT, FORBIDDEN, NOT_FOUND
from veza.kit import moves
from veza.kit.database import Session
from veza.moderation import claims, decisions, log, reports
from veza.moderation.facade import Moderation
from veza.moderation.reports import Report, ReportStatus
from veza.moderation.subjects import SubjectKind

TAG = "moderation"
DECISION_PROBLEMS = (FORBIDDEN, NOT_FOUND, CONFLICT, DECIDED_ALREADY, REPORT_CLAIMED, CANNOT_HIDE, BAD_TEXT)
DECISION_EXAMPLE = {"decision": "hide", "reason": "the recording belongs to another artist"}

OfKind = Annotated[SubjectKind | None, QueryParameter(description="Only about things of this kind.")]


@listing(
    "/moderation/reports",
    operation="listReports",
    summary="The queue of reports",
    permission=Permission.MODERATE,
    sorts=reports.QUEUE_SORTS,
    gives=(ReportInQueue, "A page, oldest first.", IN_QUEUE_EXAMPLE),
)
async def list_reports(
    session: Session,
    page_request: PageRequest,
    status: Annotated[ReportStatus | None, QueryParameter(description="Only of this status.")] = None,
    kind: OfKind = None,
) -> Page[ReportInQueue]:
    """All reports, the longest waiting first; of those about the same thing, deciding one decides all."""
    filters = {"status": status, "kind": kind}
    page = page_request.of("reports", filters)
    rows = await reports.queue(session, page.slice, status=status, kind=kind)
    return page.filled(rows, lambda row: show(ReportInQueue, row.Report, open_count=row.open_count))


@read(
    "/moderation/reports/{report_id:uuid}",
    operation="showReport",
    summary="Show a report",
    permission=Permission.MODERATE,
    gives=(ReportDetail, "The report and its history.", REPORT_DETAIL_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_report(
    session: Session, report_id: UUID, moderation: Moderation, language: AnswerLanguage
) -> ReportDetail:
    """One report: what it is about, whether that is hidden now, and every move the report made."""
    return await _detail(session, moderation, await reports.find(session, report_id), language)


async def _report_to_edit(
    session: Session, report_id: UUID, moderation: Moderation, language: AnswerLanguage
) -> ReportDetail:
    row = await reports.find(session, report_id)
    await session.refresh(row, with_for_update=True)
    return await _detail(session, moderation, row, language)


@write.post(
    "/moderation/reports/{report_id:uuid}/claim",
    operation="claimReport",
    summary="Take a report",
    permission=Permission.MODERATE,
    edits=_report_to_edit,
    any_body=True,
    gives=(200, ReportDetail, "It is yours for an hour.", REPORT_DETAIL_EXAMPLE),
    problems=(NOT_FOUND, CONFLICT, DECIDED_ALREADY, REPORT_CLAIMED),
)
async def claim_report(
    session: Session, report_id: UUID, moderation: Moderation, language: AnswerLanguage
) -> ReportDetail:
    """Takes every open report of the same thing, so that no two moderators judge it at once; for an hour."""
    return await _detail(session, moderation, await claims.claim(session, report_id), language)


@write.delete(
    "/moderation/reports/{report_id:uuid}/claim",
    operation="releaseReport",
    summary="Leave a report to others",
    permission=Permission.MODERATE,
    edits=_report_to_edit,
    any_body=True,
    gives=(
        200,
        ReportDetail,
        "Every moderator may take it.",
        {**REPORT_DETAIL_EXAMPLE, "claimed_by": None, "claimed_at": None},
    ),
    problems=(NOT_FOUND, CONFLICT, DECIDED_ALREADY, REPORT_CLAIMED),
)
async def release_report(
    session: Session, report_id: UUID, moderation: Moderation, language: AnswerLanguage
) -> ReportDetail:
    """Gives back what you had taken; what another moderator took stays theirs."""
    return await _detail(session, moderation, await claims.release(session, report_id), language)


@write.post(
    "/moderation/reports/{report_id:uuid}/decision",
    operation="decideReport",
    summary="Decide a report",
    permission=Permission.MODERATE,
    edits=_report_to_edit,
    body=DECISION_EXAMPLE,
    gives=(200, ReportDetail, "The report as it is now.", DECIDED_EXAMPLE),
    problems=(*DECISION_PROBLEMS,),
)
async def decide_report(
    session: Session, report_id: UUID, data: DecisionRequest, moderation: Moderation, language: AnswerLanguage
) -> ReportDetail:
    """Dismisses the report, warns the thing's owner, hides the thing, restores it, or reopens the report. Open
    reports of the same thing are decided with it; the owner is told what and why; the log keeps it."""
    row = await decisions.decide_report(session, moderation.subjects, report_id, data.decision, data.reason)
    return await _detail(session, moderation, row, language)


@write.post(
    "/moderation/decisions",
    operation="decide",
    summary="Decide about something",
    permission=Permission.MODERATE,
    body={
        "subject_kind": ENTRY_EXAMPLE["subject_kind"],
        "subject_id": ENTRY_EXAMPLE["subject_id"],
        **DECISION_EXAMPLE,
    },
    gives=(201, EntryResponse, "The decision.", ENTRY_EXAMPLE),
    problems=(*DECISION_PROBLEMS,),
)
async def decide(session: Session, data: SubjectDecision, moderation: Moderation) -> EntryResponse:
    """Hides or restores something whether it was reported or not; what is open about it is decided with it."""
    entry = await decisions.decide(
        session, moderation.subjects, data.subject_kind, data.subject_id, data.decision, data.reason
    )
    return show(EntryResponse, entry)


@listing(
    "/moderation/log",
    operation="listDecisions",
    summary="The moderation log",
    permission=Permission.MODERATE,
    sorts=log.SORTS,
    gives=(EntryResponse, "A page, newest first.", ENTRY_EXAMPLE),
)
async def list_decisions(
    session: Session,
    page_request: PageRequest,
    kind: OfKind = None,
    subject: Annotated[UUID | None, QueryParameter(description="Only about this thing.")] = None,
) -> Page[EntryResponse]:
    """Every decision, newest first: who, when, about what, and why. It is never changed."""
    filters = {"kind": kind, "subject": subject}
    page = page_request.of("moderation log", filters)
    rows = await log.listed(session, page.slice, kind=kind, subject_id=subject)
    return page.filled(rows, lambda row: show(EntryResponse, row))


async def _detail(session: Session, moderation: Moderation, row: Report, language: str) -> ReportDetail:
    kind: SubjectKind = row.subject_kind  # type: ignore[assignment]  # the table knows no other
    is_hidden = bool(await moderation.subjects[kind].hidden(session, [row.subject_id]))
    history = changes(await moves.history_of(session, row.id), language)
    return show(ReportDetail, row, is_hidden=is_hidden, history=history)
