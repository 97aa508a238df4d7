"""Reports as people make and follow them, and the notices to whom they are about."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.community.playlist_shapes import AT
from veza.api.moderation.report_shapes import (
    NOTICE_EXAMPLE,
    REPORT_EXAMPLE,
    WANTED_EXAMPLE,
    NoticeResponse,
    ReportRequest,
    ReportResponse,
)
from veza.api.operations import listing, write
from veza.api.shapes import show
from veza.http.errors.kit import BAD_TEXT
from veza.http.errors.moderation import TOO_MANY_REPORTS
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND
from veza.kit.database import Session
from veza.moderation import notices, reporting, reports
from veza.moderation.facade import Moderation
from veza.moderation.reports import ReportStatus

TAG = "reports"


@write.post(
    "/reports",
    operation="createReport",
    summary="Report what breaks the rules",
    permission=Permission.REPORT,
    body=WANTED_EXAMPLE,
    gives=(201, ReportResponse, "Your open report: the new one, or the one you had.", REPORT_EXAMPLE),
    problems=(NOT_FOUND, BAD_TEXT, TOO_MANY_REPORTS),
)
async def create_report(
    session: Session, data: ReportRequest, identity: Identity, moderation: Moderation
) -> ReportResponse:
    """Puts it before the moderators. Reporting the same thing again while your report is open gives you that one."""
    row = await reporting.report(
        session, moderation.subjects, identity.person, data.subject_kind, data.subject_id, data.reason, data.text
    )
    return show(ReportResponse, row)


@listing(
    "/me/reports",
    operation="listMyReports",
    summary="List your reports",
    permission=Permission.REPORT,
    sorts=reports.SORTS,
    gives=(ReportResponse, "A page, newest first.", REPORT_EXAMPLE),
)
async def list_my_reports(
    session: Session,
    page_request: PageRequest,
    identity: Identity,
    status: Annotated[ReportStatus | None, QueryParameter(description="Only of this status.")] = None,
) -> Page[ReportResponse]:
    """What you reported, and what became of it."""
    filters = {"person": identity.person, "status": status}
    page = page_request.of("my reports", filters)
    rows = await reports.of_person(session, identity.person, page.slice, status=status)
    return page.filled(rows, lambda row: show(ReportResponse, row))


@listing(
    "/me/notices",
    operation="listNotices",
    summary="List what moderators decided about your things",
    permission=Permission.OWN_ACCOUNT,
    sorts=notices.SORTS,
    gives=(NoticeResponse, "A page, newest first.", NOTICE_EXAMPLE),
)
async def list_notices(
    session: Session,
    page_request: PageRequest,
    identity: Identity,
    is_read: Annotated[bool | None, QueryParameter(name="read", description="Only read ones, or unread ones.")] = None,
) -> Page[NoticeResponse]:
    """Notices about what you wrote or published, and what your artists did."""
    filters = {"person": identity.person, "read": is_read}
    page = page_request.of("notices", filters)
    rows = await notices.listed(session, identity.person, page.slice, is_read=is_read)
    return page.filled(rows, lambda row: show(NoticeResponse, row))


@write.put(
    "/me/notices/{notice_id:uuid}/read",
    operation="readNotice",
    summary="Mark a notice as read",
    permission=Permission.LISTEN,
    any_body=True,
    gives=(200, NoticeResponse, "The notice, read.", {**NOTICE_EXAMPLE, "read_at": AT}),
    problems=(NOT_FOUND,),
)
async def read_notice(session: Session, notice_id: UUID, identity: Identity) -> NoticeResponse:
    """Remembers when you first read it."""
    return show(NoticeResponse, await notices.mark_read(session, identity.person, notice_id))
