"""The overview: what waits and for how long, whether the provider can be asked, what an operator should know."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from litestar.di import NamedDependency
from sqlalchemy import select

from veza.accounts.permissions import Permission
from veza.http.requests import DoorRequest
from veza.kit.database import Database, Session
from veza.kit.messages import gettext, ngettext
from veza.money import backlog, breaker, invariants
from veza.money.findings import Finding
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.operator.chart import AGE, RANGES, ROWS, charts, currencies
from veza.web.operator.glance import glance
from veza.web.operator.naming import by_name
from veza.web.operator.office import Office
from veza.web.operator.samples import fitting_range

FINDINGS_SHOWN = 5
CHECK_BOUND = timedelta(seconds=20)
"""How long a browser waits; a larger check belongs on the command line."""


@page("/operator", permission=Permission.MONEY)
async def overview_page(session: Session, request: DoorRequest, office: NamedDependency[Office], form: Form) -> Shown:
    """Backlog, charts, breaker, findings, invariants and inbox."""
    seen = await glance(session)
    chosen = RANGES.get(request.query_params.get("range", "")) or fitting_range(session.now, seen.first_sample)
    peaks = await office.samples.peaks(session, chosen, seen.last_sample)
    amounts = {code: gettext("Amount in {currency}", currency=code) for code in currencies(peaks)}
    measures = {ROWS: gettext("Rows"), **amounts, AGE: gettext("Oldest age")}
    measure = request.query_params.get("show", ROWS)
    measure = measure if measure in measures else ROWS
    sent_by_state, back_by_state = await office.counts.read(session)
    newest = await _newest_findings(session)
    return Shown(
        "operator/overview.html",
        sent_by_state=sent_by_state,
        back_by_state=back_by_state,
        live=_address(chosen.name, measure),
        charts=charts(peaks, chosen, session.now, measure),
        has_samples=bool(peaks),
        ranges=RANGES.values(),
        chosen=chosen,
        measures=measures,
        measure=measure,
        address=_address,
        waiting=await backlog.backlog(session),
        breaker=await breaker.state(session),
        inbox_lag=seen.lag_seconds(session.now),
        seen=seen,
        findings=newest,
        by_name=await by_name(session, [one.said for one in newest]),
        keeps_mails=office.keeps_mails,
    )


@form("/operator/checks", permission=Permission.MONEY, shows=overview_page)
async def check_books(database: NamedDependency[Database]) -> See:
    """Check every payment's books now; what is broken becomes a finding."""
    try:
        checking = invariants.check_all(database, report=True)
        payments, broken = await asyncio.wait_for(checking, CHECK_BOUND.total_seconds())
    except TimeoutError:
        too_many = gettext(
            "There are too many payments to check within {seconds} s: use “veza money check”.",
            seconds=CHECK_BOUND.seconds,
        )
        return See("/operator", too_many)
    if broken:
        said = gettext(
            "{n} payments were checked; the books of {broken} do not balance.", n=payments, broken=len(broken)
        )
        return See("/operator/findings", said)
    said = ngettext(
        "{n} payment was checked just now; all books balance.",
        "{n} payments were checked just now; all books balance.",
        payments,
    )
    return See("/operator", said)


@page("/operator/mailbox", permission=Permission.MONEY)
async def way_to_mailbox(office: NamedDependency[Office]) -> See:
    """The mailbox has a cookie of its own, which this link sets."""
    return See(office.mailbox_way)


def _address(chosen: str, measure: str) -> str:
    return f"/operator?range={chosen}&show={measure}"


async def _newest_findings(session: Session) -> Sequence[Finding]:
    return (await session.scalars(_NEWEST)).all()


_NEWEST = select(Finding).where(Finding.resolved_at.is_(None)).order_by(Finding.id.desc()).limit(FINDINGS_SHOWN)
