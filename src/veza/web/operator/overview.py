"""The overview: what waits and for how long, whether the provider can be asked, what a person should know."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select

from veza.http.language import say
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.messages import Message, gettext
from veza.money import backlog, breaker, invariants
from veza.money.backlog import BacklogSample, Peak
from veza.money.findings import Finding, FindingKind
from veza.money.webhook_inbox import EventStatus, WebhookEvent, lag_seconds
from veza.web.operator.chart import AGE, RANGES, ROWS, Range, charts, currencies
from veza.web.operator.office import Office

FINDINGS_SHOWN = 5
LAW_CHECK_BOUND = timedelta(seconds=20)
"""How long a browser waits; a larger check belongs on the command line."""


@dataclass(frozen=True, slots=True)
class LawChecked:
    """What a check on demand found."""

    payments: int
    broken: Sequence[Message]


def overview_handlers(office: Office) -> list[HTTPRouteHandler]:
    """The overview, and the check of the invariants on demand."""
    past = Past()

    @get("/")
    async def overview(request: DoorRequest) -> Response[bytes]:
        """Backlog, chart, breaker, findings, invariants and inbox."""
        return await _show(request, None, None)

    @post("/")
    async def check_law(request: DoorRequest) -> Response[bytes]:
        """Check every payment's books now; what is broken becomes a finding."""
        try:
            checking = invariants.check_all(office.database, report=True)
            payments, broken = await asyncio.wait_for(checking, LAW_CHECK_BOUND.total_seconds())
        except TimeoutError:
            too_many = gettext(
                "There are too many payments to check within {seconds} s: use “veza money check”.",
                seconds=LAW_CHECK_BOUND.seconds,
            )
            return await _show(request, None, too_many)
        return await _show(request, LawChecked(payments, [one.said for one in broken]), None)

    async def _show(request: DoorRequest, checked: LawChecked | None, said: Message | None) -> Response[bytes]:
        async with office.database.read() as session:
            now = session.now
            chosen = RANGES.get(request.query_params.get("range", "")) or await _fitting_range(session)
            peaks = await past.peaks(session, chosen)
            provider = await breaker.state(session)
            values = {
                "waiting": await backlog.backlog(session),
                "breaker": provider,
                "inbox_lag": await lag_seconds(session),
                "events": await _events_by_state(session),
                "findings": await _newest_findings(session),
                "findings_open": await _open_findings(session),
                "law_broken": await _open_findings(session, FindingKind.LAW_BROKEN),
            }
        amounts = {code: gettext("Amount in {currency}", currency=code) for code in currencies(peaks)}
        measures = {ROWS: gettext("Rows"), **amounts, AGE: gettext("Oldest age")}
        measure = request.query_params.get("show", ROWS)
        measure = measure if measure in measures else ROWS
        return office.show(
            request,
            "overview.html",
            live=_address(chosen.name, measure),
            charts=charts(peaks, chosen, now, measure),
            has_samples=bool(peaks),
            ranges=RANGES.values(),
            chosen=chosen,
            measures=measures,
            measure=measure,
            address=_address,
            checked=checked,
            said=None if said is None else say(request, said),
            why_open=None if provider.reason is None else say(request, provider.reason),
            **values,
        )

    return [overview, check_law]


class Past:
    """The samples behind the charts, kept until there is a newer one: pages ask every few seconds."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[datetime, datetime | None], list[Peak]]] = {}

    async def peaks(self, session: Session, chosen: Range) -> list[Peak]:
        begins = chosen.begins(session.now)
        stamp = begins, await session.scalar(select(func.max(BacklogSample.at)))
        kept = self._kept.get(chosen.name)
        if kept is None or kept[0] != stamp:
            kept = self._kept[chosen.name] = stamp, await backlog.peaks(session, begins, chosen.step)
        return kept[1]


async def _fitting_range(session: Session) -> Range:
    """A day, but an hour where there is no more history yet: a new shop's chart would be a sliver at its edge."""
    oldest = await session.scalar(select(func.min(BacklogSample.at)))
    hour = RANGES["1h"]
    return hour if oldest is not None and oldest >= hour.begins(session.now) else RANGES["24h"]


def _address(chosen: str, measure: str) -> str:
    return f"/operator?range={chosen}&show={measure}"


async def _events_by_state(session: Session) -> dict[str, int]:
    """How many webhooks wait or failed; the handled ones are not counted, they are the history."""
    open_states = (EventStatus.RECEIVED.value, EventStatus.FAILED.value)
    counted = (
        select(WebhookEvent.state, func.count()).where(WebhookEvent.state.in_(open_states)).group_by(WebhookEvent.state)
    )
    return dict.fromkeys(open_states, 0) | {row[0]: row[1] for row in await session.execute(counted)}


async def _newest_findings(session: Session) -> Sequence[Finding]:
    mine = select(Finding).where(Finding.resolved_at.is_(None)).order_by(Finding.id.desc()).limit(FINDINGS_SHOWN)
    return (await session.scalars(mine)).all()


async def _open_findings(session: Session, kind: FindingKind | None = None) -> int:
    mine = select(func.count()).select_from(Finding).where(Finding.resolved_at.is_(None))
    return int(await session.scalar(mine.where(Finding.kind == kind) if kind else mine) or 0)
