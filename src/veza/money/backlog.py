"""The backlog: what waits, since when, how much money it is; sampled over time for the operator's chart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Select, cast, delete, extract, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Database, Session
from veza.kit.moves import StatusChange
from veza.money.nettings import Netting
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer

SAMPLES_KEPT = timedelta(days=30)
WAITING = {
    "refund": ("requested", "pending", "requires_action"),
    "transfer": ("pending", "failed", "permanently_failed", "reversal_pending"),
    "reversal": ("pending", "permanently_failed"),
    "netting": ("kept",),
}
"""States of rows that wait. A netting is `kept` until the debt counts it."""


class BacklogSample(Base):
    """How many rows of one kind and state waited at one minute, and how much money they stood for.

    Kind `none`: nothing waited.
    """

    __tablename__ = "backlog_samples"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    state: Mapped[str]
    currency: Mapped[str]
    rows: Mapped[int]
    amount_minor: Mapped[int]
    oldest_seconds: Mapped[int]

    __table_args__ = (Index(None, "at"),)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows of one kind, state and currency; `oldest_at` is when the oldest of them came into its state."""

    kind: str
    state: str
    currency: str
    rows: int
    amount_minor: int
    oldest_at: datetime


async def backlog(session: Session) -> list[Waiting]:
    """What waits now. Only states that are not final are counted, so the cost follows the backlog, not the history."""
    found = [
        Waiting(kind, state, currency, int(count), int(total), oldest or session.now)
        for kind, statement in _WAITING.items()
        for state, currency, count, total, oldest in await session.execute(statement)
    ]
    kept = [Waiting("netting", "kept", *row) for row in await session.execute(_KEPT)]
    return [*found, *kept]


_KEPT = (
    select(Netting.currency, func.count(), func.sum(Netting.amount_minor), func.min(Netting.created_at))
    .where(Netting.paid_at.is_(None))
    .group_by(Netting.currency)
    .order_by(Netting.currency)
)


def _waiting(kind: str, model: Any, amount: Any) -> Select[Any]:
    """Rows of a machine that wait, by state and currency, and when the oldest of them came into its state."""
    since = (
        select(StatusChange.row_id, func.max(StatusChange.at).label("at"))
        .join(model, model.id == StatusChange.row_id)
        .where(model.status.in_(WAITING[kind]))
        .group_by(StatusChange.row_id)
        .subquery()
    )
    return (
        select(model.status, model.currency, func.count(), func.sum(amount), func.min(since.c.at))
        .outerjoin(since, since.c.row_id == model.id)
        .where(model.status.in_(WAITING[kind]))
        .group_by(model.status, model.currency)
        .order_by(model.status, model.currency)
    )


_WAITING = {
    "refund": _waiting("refund", Refund, Refund.amount_minor),
    "transfer": _waiting("transfer", SellerTransfer, SellerTransfer.sent_minor),
    "reversal": _waiting("reversal", TransferReversal, TransferReversal.amount_minor),
}


async def sample(database: Database) -> None:
    """Write one sample of the backlog and forget those past their time."""
    async with database.write("backlog") as session:
        # An empty backlog is a sample too: without it the chart would show a time without samples.
        waiting = await backlog(session) or [Waiting("none", "none", "", 0, 0, session.now)]
        rows = [
            {
                "id": session.new_id(),
                "at": session.now,
                "kind": one.kind,
                "state": one.state,
                "currency": one.currency,
                "rows": one.rows,
                "amount_minor": one.amount_minor,
                "oldest_seconds": int((session.now - one.oldest_at).total_seconds()),
            }
            for one in waiting
        ]
        await session.execute(insert(BacklogSample), rows)
        await session.execute(delete(BacklogSample).where(BacklogSample.at < session.now - SAMPLES_KEPT))


@dataclass(frozen=True, slots=True)
class Peak:
    """The most that waited of one kind, state and currency within `step`, which began at `at`.

    Kind `none` means that a sample was taken and nothing waited.
    """

    at: datetime
    kind: str
    state: str
    currency: str
    rows: int
    amount_minor: int
    oldest_seconds: int


async def peaks(session: Session, since: datetime, step: timedelta) -> list[Peak]:
    """The samples since a time, put together by `step` (whole seconds), oldest first."""
    seconds = int(step.total_seconds())
    nth = cast(extract("epoch", BacklogSample.at), BigInteger).op("/")(seconds).label("nth")
    what = (BacklogSample.kind, BacklogSample.state, BacklogSample.currency)
    most = (
        func.max(column) for column in (BacklogSample.rows, BacklogSample.amount_minor, BacklogSample.oldest_seconds)
    )
    found = await session.execute(
        select(nth, *what, *most).where(BacklogSample.at >= since).group_by(nth, *what).order_by(nth, *what)
    )
    return [Peak(datetime.fromtimestamp(int(row[0]) * seconds, UTC), *row[1:]) for row in found]
