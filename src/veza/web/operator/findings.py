"""Findings: what an operator should know, the open ones first to be looked at."""

from __future__ import annotations

from litestar.di import NamedDependency
from sqlalchemy import select

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.http.problems import NOT_FOUND
from veza.http.requests import DoorRequest
from veza.kit.database import Database, Session
from veza.kit.messages import gettext
from veza.money.charge_returns import return_charge
from veza.money.findings import Finding
from veza.money.listings import FINDING_SORTS
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.operator import finding_mends
from veza.web.operator.naming import by_name, named
from veza.web.operator.office import Office, leading
from veza.web.operator.paging import page_of
from veza.web.rendering import Refused

ALL = ("/operator/findings", gettext("See the findings"))


@page("/operator/findings", permission=Permission.MONEY)
async def findings_page(session: Session, request: DoorRequest, office: NamedDependency[Office]) -> Shown:
    """Open findings, or with `show=all` the resolved ones too, newest first."""
    shows_all = request.query_params.get("show") == "all"
    query = select(Finding) if shows_all else select(Finding).where(Finding.resolved_at.is_(None))
    shown = await page_of(session, query, FINDING_SORTS, request, {"show": "all"} if shows_all else {})
    return Shown(
        "operator/findings.html",
        live=shown.here,
        page=shown,
        shows_all=shows_all,
        compared=finding_mends.COMPARED,
        compares=office.comparison.is_running,
        failed=await finding_mends.failed_transfers(session, shown.rows),
        named=await named(session, {one.payment_id for one in shown.rows if one.payment_id is not None}),
        by_name=await by_name(session, [one.said for one in shown.rows]),
        returned=request.query_params.get("returned", "")[:60],
    )


@form("/operator/findings/{charge_id:str}/return-charge", permission=Permission.MONEY, shows=findings_page)
async def return_all(
    charge_id: str, identity: Identity, form: Form, database: NamedDependency[Database],
    office: NamedDependency[Office],
) -> See:  # fmt: skip
    """Give the buyer all that is left of a charge no payment is booked with."""
    if not charge_id.replace("_", "").isalnum() or not charge_id.isascii():
        raise Refused(NOT_FOUND, gettext("a charge is named like ch_1"), way_on=ALL)
    with leading(ALL, gettext("The charge was not given back")):
        done = await return_charge(database, office.gateway, charge_id, form.value("reason"), actor=identity.actor)
    return See(f"/operator/findings?show=all&returned={done.charge_id}")


@form("/operator/findings/compare", permission=Permission.MONEY, shows=findings_page)
async def compare(office: NamedDependency[Office]) -> See:
    """Compare with the provider and record what is found, in the background: the page follows it."""
    office.comparison.start()
    return See("/operator/findings")
