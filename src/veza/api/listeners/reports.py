"""Reports as people make and follow them, and the notices to whom they are about."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath

from veza.accounts.permissions import Permission
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.listeners.playlist_shapes import AT
from veza.api.listeners.problems import BAD_TEXT, TOO_MANY_REPORTS
from veza.api.listeners.report_shapes import (
    NOTICE_EXAMPLE,
    REPORT_EXAMPLE,
    WANTED_EXAMPLE,
    NoticeShown,
    ReportShown,
    ReportWanted,
)
from veza.api.pagination import PAGE_DEPENDENCY, Page, PageRequest
from veza.api.problems import FORBIDDEN, NOT_FOUND
from veza.api.shapes import LIST_PROBLEMS, WRITE_PROBLEMS, answers, page_of, show
from veza.api.visitors import ANY_BODY, Visitor, needs
from veza.catalog import notices, reports
from veza.kit.database import Database, Session

TAG = "reports"


@post(
    "/reports",
    operation_id="createReport",
    tags=[TAG],
    summary="Report what breaks the rules",
    opt=needs(Permission.REPORT),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        201, ReportShown, "Your open report: the new one, or the one you had.", REPORT_EXAMPLE,
        FORBIDDEN, NOT_FOUND, BAD_TEXT, TOO_MANY_REPORTS, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def create_report(
    data: Annotated[ReportWanted, BodyKwarg(examples=[Example(value=WANTED_EXAMPLE)])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[ReportShown]:
    """Puts it before the moderators. Reporting the same thing again while your report is open gives you that one."""

    async def work(session: Session) -> Reply:
        row = await reports.report(session, visitor.person, data.subject_kind, data.subject_id, data.reason, data.text)
        return Reply(201, show(ReportShown, row))

    return await idempotent.run(work)


@get(
    "/me/reports",
    operation_id="listMyReports",
    tags=[TAG],
    summary="List your reports",
    opt=needs(Permission.REPORT),
    dependencies=PAGE_DEPENDENCY,
    responses=answers(
        200, Page[ReportShown], "A page, newest first.", page_of(REPORT_EXAMPLE), FORBIDDEN, *LIST_PROBLEMS
    ),
)
async def list_my_reports(
    page_request: NamedDependency[PageRequest], visitor: NamedDependency[Visitor], database: NamedDependency[Database]
) -> Page[ReportShown]:
    """What you reported, newest first, and what became of it."""
    filters = {"person": visitor.person}
    after = page_request.after("my reports", filters)
    async with database.read() as session:
        rows = await reports.of_person(session, visitor.person, page_request.fetch, after)
    return page_request.page(rows, lambda row: show(ReportShown, row), lambda row: row.id, "my reports", filters)


@get(
    "/me/notices",
    operation_id="listNotices",
    tags=[TAG],
    summary="List what moderators decided about your things",
    opt=needs(Permission.OWN_ACCOUNT),
    dependencies=PAGE_DEPENDENCY,
    responses=answers(
        200, Page[NoticeShown], "A page, newest first.", page_of(NOTICE_EXAMPLE), FORBIDDEN, *LIST_PROBLEMS
    ),
)
async def list_notices(
    page_request: NamedDependency[PageRequest], visitor: NamedDependency[Visitor], database: NamedDependency[Database]
) -> Page[NoticeShown]:
    """Notices about what you wrote or published, and what your artists did, newest first."""
    filters = {"person": visitor.person}
    after = page_request.after("notices", filters)
    async with database.read() as session:
        rows = await notices.listed(session, visitor.person, page_request.fetch, after)
    return page_request.page(rows, lambda row: show(NoticeShown, row), lambda row: row.id, "notices", filters)


@put(
    "/me/notices/{notice_id:uuid}/read",
    operation_id="readNotice",
    tags=[TAG],
    summary="Mark a notice as read",
    opt={**needs(Permission.LISTEN), ANY_BODY: True},
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        200, NoticeShown, "The notice, read.", {**NOTICE_EXAMPLE, "read_at": AT},
        FORBIDDEN, NOT_FOUND, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def read_notice(
    notice_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[NoticeShown]:
    """Remembers when you first read it."""

    async def work(session: Session) -> Reply:
        return Reply(200, show(NoticeShown, await notices.mark_read(session, visitor.person, notice_id)))

    return await idempotent.run(work)
