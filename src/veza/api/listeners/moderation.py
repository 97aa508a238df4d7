"""Moderation: the queue of reports, who is at work on which, what is decided, and the log of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, QueryParameter

from veza.accounts.permissions import Permission
from veza.api.editing import editing
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.listeners.problems import BAD_TEXT, CANNOT_HIDE, DECIDED_ALREADY, REPORT_CLAIMED
from veza.api.listeners.report_shapes import (
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
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import CONFLICT, FORBIDDEN, NOT_FOUND
from veza.api.shapes import EDIT_PROBLEMS, LIST_PROBLEMS, WRITE_PROBLEMS, answers, changes, page_of, show
from veza.api.visitors import ANY_BODY, Visitor, needs
from veza.kit import moves
from veza.kit.database import Database, Session
from veza.moderation import claims, decisions, log, reports
from veza.moderation.facade import Moderation
from veza.moderation.reports import Report, ReportStatus
from veza.moderation.subjects import SubjectKind

TAG = "moderation"
JUDGES = needs(Permission.MODERATE)
BODYLESS = {**JUDGES, ANY_BODY: True}
DECISION_PROBLEMS = (FORBIDDEN, NOT_FOUND, CONFLICT, DECIDED_ALREADY, REPORT_CLAIMED, CANNOT_HIDE, BAD_TEXT)
DECISION_EXAMPLE = {"decision": "hide", "reason": "the recording is somebody else's"}

OfKind = Annotated[SubjectKind | None, QueryParameter(description="Only about things of this kind.")]


@get(
    "/moderation/reports",
    operation_id="listReports",
    tags=[TAG],
    summary="The queue of reports",
    opt=JUDGES,
    dependencies=paged(reports.QUEUE_SORTS),
    responses=answers(
        200, Page[ReportInQueue], "A page, oldest first.", page_of(IN_QUEUE_EXAMPLE), FORBIDDEN, *LIST_PROBLEMS
    ),
)
async def list_reports(
    page_request: NamedDependency[PageRequest],
    database: NamedDependency[Database],
    status: Annotated[ReportStatus | None, QueryParameter(description="Only of this status.")] = None,
    kind: OfKind = None,
) -> Page[ReportInQueue]:
    """All reports, the longest waiting first; of those about the same thing, deciding one decides all."""
    filters = {"status": status, "kind": kind}
    part = page_request.of("reports", filters)
    async with database.read() as session:
        rows = await reports.queue(session, part.slice, status=status, kind=kind)
    return part.page(rows, lambda row: show(ReportInQueue, row.Report, open_count=row.open_count))


@get(
    "/moderation/reports/{report_id:uuid}",
    operation_id="showReport",
    tags=[TAG],
    summary="Show a report",
    opt=JUDGES,
    responses=answers(200, ReportDetail, "The report and its history.", REPORT_DETAIL_EXAMPLE, FORBIDDEN, NOT_FOUND),
)
async def show_report(
    report_id: FromPath[UUID], database: NamedDependency[Database], moderation: NamedDependency[Moderation]
) -> ReportDetail:
    """One report: what it is about, whether that is hidden now, and every move the report made."""
    async with database.read() as session:
        return await _detail(session, moderation, await reports.find(session, report_id))


async def _report_to_edit(
    session: Session, path: Mapping[str, Any], _visitor: Visitor, moderation: Moderation
) -> ReportDetail:
    row = await reports.find(session, path["report_id"])
    await session.refresh(row, with_for_update=True)
    return await _detail(session, moderation, row)


@post(
    "/moderation/reports/{report_id:uuid}/claim",
    status_code=200,
    operation_id="claimReport",
    tags=[TAG],
    summary="Take a report",
    opt=BODYLESS,
    dependencies=editing(_report_to_edit),
    responses=answers(
        200, ReportDetail, "It is yours for an hour.", REPORT_DETAIL_EXAMPLE,
        FORBIDDEN, NOT_FOUND, CONFLICT, DECIDED_ALREADY, REPORT_CLAIMED, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def claim_report(
    report_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], moderation: NamedDependency[Moderation]
) -> Response[ReportDetail]:
    """Takes every open report of the same thing, so that no two moderators judge it at once; for an hour."""

    async def work(session: Session) -> Reply:
        return Reply(200, await _detail(session, moderation, await claims.claim(session, report_id)))

    return await idempotent.run(work)


@delete(
    "/moderation/reports/{report_id:uuid}/claim",
    status_code=200,
    operation_id="releaseReport",
    tags=[TAG],
    summary="Leave a report to others",
    opt=BODYLESS,
    dependencies=editing(_report_to_edit),
    responses=answers(
        200, ReportDetail, "Anybody may take it.", {**REPORT_DETAIL_EXAMPLE, "claimed_by": None, "claimed_at": None},
        FORBIDDEN, NOT_FOUND, CONFLICT, DECIDED_ALREADY, REPORT_CLAIMED, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def release_report(
    report_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], moderation: NamedDependency[Moderation]
) -> Response[ReportDetail]:
    """Gives back what you had taken; what another moderator took stays theirs."""

    async def work(session: Session) -> Reply:
        return Reply(200, await _detail(session, moderation, await claims.release(session, report_id)))

    return await idempotent.run(work)


@post(
    "/moderation/reports/{report_id:uuid}/decision",
    status_code=200,
    operation_id="decideReport",
    tags=[TAG],
    summary="Decide a report",
    opt=JUDGES,
    dependencies=editing(_report_to_edit),
    responses=answers(
        200, ReportDetail, "The report as it is now.", DECIDED_EXAMPLE, *DECISION_PROBLEMS, *EDIT_PROBLEMS
    ),
)
async def decide_report(
    report_id: FromPath[UUID],
    data: Annotated[DecisionRequest, BodyKwarg(examples=[Example(value=DECISION_EXAMPLE)])],
    idempotent: NamedDependency[Idempotent],
    moderation: NamedDependency[Moderation],
) -> Response[ReportDetail]:
    """Dismisses the report, warns the thing's owner, hides the thing, restores it, or reopens the report. Open
    reports of the same thing are decided with it; the owner is told what and why; the log keeps it."""

    async def work(session: Session) -> Reply:
        row = await decisions.decide_report(session, moderation.subjects, report_id, data.decision, data.reason)
        return Reply(200, await _detail(session, moderation, row))

    return await idempotent.run(work)


@post(
    "/moderation/decisions",
    operation_id="decide",
    tags=[TAG],
    summary="Decide about something",
    opt=JUDGES,
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(201, EntryResponse, "The decision.", ENTRY_EXAMPLE, *DECISION_PROBLEMS, *WRITE_PROBLEMS),
)
async def decide(
    data: Annotated[
        SubjectDecision,
        BodyKwarg(
            examples=[
                Example(
                    value={
                        "subject_kind": ENTRY_EXAMPLE["subject_kind"],
                        "subject_id": ENTRY_EXAMPLE["subject_id"],
                        **DECISION_EXAMPLE,
                    }
                )
            ]
        ),
    ],
    idempotent: NamedDependency[Idempotent],
    moderation: NamedDependency[Moderation],
) -> Response[EntryResponse]:
    """Hides or restores something whether it was reported or not; what is open about it is decided with it."""

    async def work(session: Session) -> Reply:
        entry = await decisions.decide(
            session, moderation.subjects, data.subject_kind, data.subject_id, data.decision, data.reason
        )
        return Reply(201, show(EntryResponse, entry))

    return await idempotent.run(work)


@get(
    "/moderation/log",
    operation_id="listDecisions",
    tags=[TAG],
    summary="The moderation log",
    opt=JUDGES,
    dependencies=paged(log.SORTS),
    responses=answers(
        200, Page[EntryResponse], "A page, newest first.", page_of(ENTRY_EXAMPLE), FORBIDDEN, *LIST_PROBLEMS
    ),
)
async def list_decisions(
    page_request: NamedDependency[PageRequest],
    database: NamedDependency[Database],
    kind: OfKind = None,
    subject: Annotated[UUID | None, QueryParameter(description="Only about this thing.")] = None,
) -> Page[EntryResponse]:
    """Every decision, newest first: who, when, about what, and why. Nobody changes it."""
    filters = {"kind": kind, "subject": subject}
    part = page_request.of("moderation log", filters)
    async with database.read() as session:
        rows = await log.listed(session, part.slice, kind=kind, subject_id=subject)
    return part.page(rows, lambda row: show(EntryResponse, row))


async def _detail(session: Session, moderation: Moderation, row: Report) -> ReportDetail:
    kind: SubjectKind = row.subject_kind  # type: ignore[assignment]  # the table knows no other
    is_hidden = bool(await moderation.subjects[kind].hidden(session, [row.subject_id]))
    return show(ReportDetail, row, is_hidden=is_hidden, history=changes(await moves.history_of(session, row.id)))
