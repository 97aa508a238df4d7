"""Findings: what a person should know, the open ones first to be looked at."""

from __future__ import annotations

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from veza.money.findings import Finding
from veza.web.operator.office import Office, PageRequest
from veza.web.operator.paging import page_of


def finding_handlers(office: Office) -> list[HTTPRouteHandler]:
    """The list of findings."""

    @get("/findings")
    async def listed(request: PageRequest) -> Response[bytes]:
        """Open findings, or with `show=all` the resolved ones too, newest first."""
        shows_all = request.query_params.get("show") == "all"
        query = select(Finding) if shows_all else select(Finding).where(Finding.resolved_at.is_(None))
        async with office.database.read() as session:
            page = await page_of(session, query, Finding.id, request, {"show": "all"} if shows_all else {})
        return office.show(request, "findings.html", live=page.here, page=page, shows_all=shows_all)

    return [listed]
