"""What an operator watches: the timeline of a payment, the backlog, the breaker."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar.params import PathParameter, QueryParameter
from msgspec import Struct

from veza.accounts.permissions import Permission
from veza.api.operations import read
from veza.api.shapes import PLAIN, duration, show
from veza.http.endpoints import AnswerLanguage
from veza.http.problems import NOT_FOUND
from veza.kit.database import Session
from veza.kit.messages import render
from veza.money import backlog, breaker
from veza.money.timeline import payment_of, timeline

TAG = "operations"
MOST_STEPS = 240
"""Steps the answer has at most, however far back it goes: what a chart can show."""


class Happening(Struct, frozen=True):
    """One thing that happened; `request_id` is the provider's."""

    at: datetime
    kind: Literal["move", "attempt", "webhook", "posting", "operator", "finding"]
    subject: str
    what: str
    why: str
    by: str
    request_id: str | None
    detail: dict[str, Any]


class Timeline(Struct, frozen=True):
    """Everything that happened to a payment, oldest first."""

    payment_id: UUID
    entries: list[Happening]


class WaitingResponse(Struct, frozen=True):
    """Rows of one kind, state and currency that wait, the money they stand for, and how long the oldest has.

    A netting is `kept` until the debt it pays counts it.
    """

    kind: Literal["refund", "transfer", "reversal", "netting"]
    state: str
    currency: str
    rows: int
    amount_minor: int
    oldest_at: datetime
    oldest_seconds: int


class PeakResponse(Struct, frozen=True):
    """The most that waited within the step that began at `at`; kind `none` says that nothing did."""

    at: datetime
    kind: str
    state: str
    currency: str
    rows: int
    amount_minor: int
    oldest_seconds: int


class BacklogResponse(Struct, frozen=True):
    """What waits now, and how it was, in steps of `step_seconds`."""

    at: datetime
    waiting: list[WaitingResponse]
    step_seconds: int
    samples: list[PeakResponse]


class BreakerResponse(Struct, frozen=True):
    """The provider's breaker: while it is open one row probes per interval and no retry is used."""

    provider: str
    state: Literal["closed", "open", "half_open"]
    because: str | None
    opened_at: datetime | None
    probe_at: datetime | None
    ramp: int
    failed_in_a_row: int


TIMELINE_EXAMPLE = {
    "payment_id": "01890000-0000-7000-8000-000000000001",
    "entries": [
        {
            "at": "2026-01-02T10:31:02Z",
            "kind": "move",
            "subject": "transfer 01890000-0000-7000-8000-000000000004",
            "what": "pending → completed",
            "why": "done",
            "by": "transfer worker",
            "request_id": "req_1",
            "detail": {},
        }
    ],
}
_WAITING_EXAMPLE: dict[str, Any] = {
    "kind": "reversal",
    "state": "pending",
    "currency": "EUR",
    "rows": 500,
    "amount_minor": 315_000,
    "oldest_seconds": 7200,
}
BACKLOG_EXAMPLE = {
    "at": "2026-01-02T12:30:00Z",
    "waiting": [{**_WAITING_EXAMPLE, "oldest_at": "2026-01-02T10:30:00Z"}],
    "step_seconds": 60,
    "samples": [{**_WAITING_EXAMPLE, "at": "2026-01-02T12:29:00Z", "oldest_seconds": 7140}],
}
BREAKER_EXAMPLE = {
    "provider": "stripe",
    "state": "open",
    "because": "server_error on 5 rows in a row",
    "opened_at": "2026-01-02T10:30:00Z",
    "probe_at": "2026-01-02T12:31:00Z",
    "ramp": 0,
    "failed_in_a_row": 0,
}


@read(
    "/timeline/{wanted:str}",
    operation="showTimeline",
    summary="Show a timeline",
    permission=Permission.MONEY,
    gives=(Timeline, "Everything that happened, in order.", TIMELINE_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_timeline(
    session: Session,
    wanted: Annotated[
        str, PathParameter(max_length=200, pattern=PLAIN, description="Any of our ids, or any of the provider's.")
    ],
    language: AnswerLanguage,
) -> Timeline:
    """Every intent, attempt, webhook, posting, move and operator action of the payment an id belongs to: a payment,
    order, refund, transfer, reversal or dispute, or a request id of the provider."""
    payment_id = await payment_of(session, wanted)
    entries = await timeline(session, payment_id)
    return Timeline(
        payment_id,
        [show(Happening, one, what=render(one.what, language), why=render(one.why, language)) for one in entries],
    )


@read(
    "/backlog",
    operation="showBacklog",
    summary="Show the backlog",
    permission=Permission.MONEY,
    gives=(BacklogResponse, "What waits, and how it was.", BACKLOG_EXAMPLE),
)
async def show_backlog(
    session: Session,
    since: Annotated[
        str, QueryParameter(max_length=20, description="How far back the samples go: `30m`, `1h`, `7d`; at most `30d`.")
    ] = "1h",
) -> BacklogResponse:
    """Rows that are not final, by kind, state and currency, with the samples taken every minute."""
    back = duration(since, "query", "since", most=backlog.SAMPLES_KEPT)
    step = timedelta(minutes=max(1, math.ceil(back / timedelta(minutes=MOST_STEPS))))
    now = session.now
    waiting = await backlog.backlog(session)
    samples = await backlog.peaks(session, now - back, step)
    return BacklogResponse(
        at=now,
        waiting=[
            show(WaitingResponse, one, oldest_seconds=max(0, int((now - one.oldest_at).total_seconds())))
            for one in waiting
        ],
        step_seconds=int(step.total_seconds()),
        samples=[show(PeakResponse, one) for one in samples],
    )


@read(
    "/breaker",
    operation="showBreaker",
    summary="Show the breaker",
    permission=Permission.MONEY,
    gives=(BreakerResponse, "The breaker's state.", BREAKER_EXAMPLE),
)
async def show_breaker(session: Session, language: AnswerLanguage) -> BreakerResponse:
    """Whether requests to the provider are held back, since when and why."""
    row = await breaker.state(session)
    because = None if row.reason is None else render(row.reason, language)
    return show(BreakerResponse, row, because=because, failed_in_a_row=len(row.streak))
