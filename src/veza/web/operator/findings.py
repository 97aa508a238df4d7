"""Findings: what a person should know, the open ones first to be looked at."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy import select

from veza.http.problems import NOT_FOUND
from veza.http.requests import DoorRequest
from veza.kit.messages import gettext
from veza.money.charge_returns import return_charge
from veza.money.findings import Finding
from veza.money.listings import FINDING_SORTS
from veza.money.stripe.gateway import Gateway
from veza.web.operator import finding_mends
from veza.web.operator.finding_mends import Comparison
from veza.web.operator.naming import named
from veza.web.operator.office import ACTOR, Office, fields, go_to, leading
from veza.web.operator.paging import page_of
from veza.web.rendering import Refused

ALL = ("/operator/findings", gettext("See the findings"))


def finding_handlers(office: Office, gateway: Gateway) -> list[HTTPRouteHandler]:
    """The list of findings, each with the buttons that mend it."""
    comparison = Comparison(office.database, gateway)

    @get("/findings")
    async def listed(request: DoorRequest) -> Response[bytes]:
        """Open findings, or with `show=all` the resolved ones too, newest first."""
        shows_all = request.query_params.get("show") == "all"
        query = select(Finding) if shows_all else select(Finding).where(Finding.resolved_at.is_(None))
        async with office.database.read() as session:
            page = await page_of(session, query, FINDING_SORTS, request, {"show": "all"} if shows_all else {})
            failed = await finding_mends.failed_transfers(session, page.rows)
            said = await named(session, {one.payment_id for one in page.rows if one.payment_id is not None})
        told: dict[str, Any] = {
            "shows_all": shows_all, "failed": failed, "compared": finding_mends.COMPARED,
            "compares": comparison.is_running, "named": said,
        }  # fmt: skip
        returned = request.query_params.get("returned", "")[:60]
        return office.show(request, "findings.html", live=page.here, page=page, returned=returned, **told)

    @post("/findings/{charge_id:str}/return-charge")
    async def return_all(request: DoorRequest, charge_id: FromPath[str]) -> Redirect:
        """Give the buyer all that is left of a charge no payment is booked with."""
        reason = (await fields(request)).get("reason", "")
        if not charge_id.replace("_", "").isalnum() or not charge_id.isascii():
            raise Refused(NOT_FOUND, gettext("a charge is named like ch_1"), way_on=ALL)
        with leading(ALL, gettext("The charge was not given back")):
            done = await return_charge(office.database, gateway, charge_id, reason, actor=ACTOR)
        return go_to(f"/operator/findings?show=all&returned={done.charge_id}")

    @post("/findings/compare")
    async def compare(request: DoorRequest) -> Redirect:
        """Compare with the provider and record what is found, in the background: the page follows it."""
        comparison.start()
        return go_to("/operator/findings")

    return [listed, return_all, compare]
