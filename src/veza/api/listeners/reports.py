"""Reports as people make and follow them, and the notices to whom they are about."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, QueryParameter

from veza.accounts.permissions import Permission
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.listeners.playlist_shapes import AT
from veza.api.listeners.problems import BAD_TEXT, TOO_MANY_REPORTS
from veza.api.listeners.report_shapes import (
    NOTICE_EXAMPLE,
    REPORT_EXAMPLE,
    WANTED_EXAMPLE,
    NoticeResponse,
    ReportRequest,
    ReportResponse,
)
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import FORBIDDEN, NOT_FOUND
from veza.api.shapes import LIST_PROBLEMS, WRITE_PROBLEMS, answers, page_of, show
from veza.api.visitors import ANY_BODY, Visitor, needs
from veza.kit.database import Database, Session
from veza.moderation import notices, reporting, reports
from veza.moderation.facade import Moderation
from veza.moderation.reports import ReportStatus

TAG = "reports"


@post(
    "/reports",
    operation_id="createReport",
    tags=[TAG],
    summary="Report what breaks the rules",
    opt=needs(Permission.REPORT),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        201, ReportResponse, "Your open report: the new one, or the one you had.", REPORT_EXAMPLE,
        FORBIDDEN, NOT_FOUND, BAD_TEXT, TOO_MANY_REPORTS, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def create_report(
    data: Annotated[ReportRequest, BodyKwarg(examples=[Example(value=WANTED_EXAMPLE)])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    moderation: NamedDependency[Moderation],
) -> Response[ReportResponse]:
    """Puts it before the moderators. Reporting the same thing again while your report is open gives you that one."""

    async def work(session: Session) -> Reply:
        row = await reporting.report(
            session, moderation.subjects, visitor.person, data.subject_kind, data.subject_id, data.reason, data.text
        )
        return Reply(201, show(ReportResponse, row))

    return await idempotent.run(work)


@get(
    "/me/reports",
    operation_id="listMyReports",
    tags=[TAG],
    summary="List your reports",
    opt=needs(Permission.REPORT),
    dependencies=paged(reports.SORTS),
    responses=answers(
        200, Page[ReportResponse], "A page, newest first.", page_of(REPORT_EXAMPLE), FORBIDDEN, *LIST_PROBLEMS
    ),
)
async def list_my_reports(
    page_request: NamedDependency[PageRequest],
    visitor: NamedDependency[Visitor],
    database: NamedDependency[Database],
    status: Annotated[ReportStatus | None, QueryParameter(description="Only of this status.")] = None,
) -> Page[ReportResponse]:
    """What you reported, and what became of it."""
    filters = {"person": visitor.person, "status": status}
    part = page_request.of("my reports", filters)
    async with database.read() as session:
        rows = await reports.of_person(session, visitor.person, part.slice, status=status)
    return part.page(rows, lambda row: show(ReportResponse, row))


@get(
    "/me/notices",
    operation_id="listNotices",
    tags=[TAG],
    summary="List what moderators decided about your things",
    opt=needs(Permission.OWN_ACCOUNT),
    dependencies=paged(notices.SORTS),
    responses=answers(
        200, Page[NoticeResponse], "A page, newest first.", page_of(NOTICE_EXAMPLE), FORBIDDEN, *LIST_PROBLEMS
    ),
)
async def list_notices(
    page_request: NamedDependency[PageRequest],
    visitor: NamedDependency[Visitor],
    database: NamedDependency[Database],
    is_read: Annotated[bool | None, QueryParameter(name="read", description="Only read ones, or unread ones.")] = None,
) -> Page[NoticeResponse]:
    """Notices about what you wrote or published, and what your artists did."""
    filters = {"person": visitor.person, "read": is_read}
    part = page_request.of("notices", filters)
    async with database.read() as session:
        rows = await notices.listed(session, visitor.person, part.slice, is_read=is_read)
    return part.page(rows, lambda row: show(NoticeResponse, row))


@put(
    "/me/notices/{notice_id:uuid}/read",
    operation_id="readNotice",
    tags=[TAG],
    summary="Mark a notice as read",
    opt={**needs(Permission.LISTEN), ANY_BODY: True},
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        200, NoticeResponse, "The notice, read.", {**NOTICE_EXAMPLE, "read_at": AT},
        FORBIDDEN, NOT_FOUND, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def read_notice(
    notice_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[NoticeResponse]:
    """Remembers when you first read it."""

    async def work(session: Session) -> Reply:
        return Reply(200, show(NoticeResponse, await notices.mark_read(session, visitor.person, notice_id)))

    return await idempotent.run(work)
