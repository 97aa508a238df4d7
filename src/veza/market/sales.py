"""An artist's sales: lines of paid orders with the platform's fee and the artist's share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from veza.kit.database import Session
from veza.kit.listing import Slice, by_age
from veza.market.orders import PAID, Order, OrderLine
from veza.money.payments import PaymentLine


@dataclass(frozen=True, slots=True)
class Sale:
    """One line sold; gross = fee + share, all in the order's currency."""

    line: OrderLine
    order: Order
    fee_minor: int
    share_minor: int


class Refunded(StrEnum):
    """Whether anything of a sale was returned to its buyer."""

    NOT = "kept"
    SOME = "returned"


@dataclass(frozen=True, slots=True)
class SoldOfDay:
    """What was paid for at an instant, less what was returned since."""

    at: datetime
    release_id: UUID
    kept_minor: int


SORTS = by_age(OrderLine.id, "line.id")
MOST_DRAWN = 5_000
"""Sales of a chart: beyond that many the oldest are left out."""


async def of_artist(
    session: Session,
    artist_id: UUID,
    page: Slice,
    *,
    currency: str | None = None,
    kind: str | None = None,
    release_id: UUID | None = None,
    refunded: Refunded | None = None,
) -> Sequence[Sale]:
    """An artist's sales in one statement; free lines are listed with a share of zero."""
    wanted = (
        select(OrderLine, Order, PaymentLine.fee_minor, PaymentLine.share_minor)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(PaymentLine, PaymentLine.id == OrderLine.payment_line_id)
        .where(OrderLine.artist_id == artist_id, Order.status.in_(PAID))
    )
    for column, value in ((Order.currency, currency), (OrderLine.kind, kind), (OrderLine.release_id, release_id)):
        if value is not None:
            wanted = wanted.where(column == value)
    if refunded is not None:
        wanted = wanted.where(
            OrderLine.refunded_minor == 0 if refunded is Refunded.NOT else OrderLine.refunded_minor > 0
        )
    rows = await session.execute(page.of(wanted))
    return [Sale(line, order, fee or 0, share or 0) for line, order, fee, share in rows]


async def sold_since(session: Session, artist_id: UUID, since: datetime, currency: str) -> Sequence[SoldOfDay]:
    """What was sold in one currency since then, the newest first, at most MOST_DRAWN lines."""
    wanted = (
        select(Order.paid_at, OrderLine.release_id, OrderLine.gross_minor - OrderLine.refunded_minor)
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.artist_id == artist_id, Order.status.in_(PAID), Order.currency == currency)
        .where(Order.paid_at >= since)
        .order_by(OrderLine.id.desc())
        .limit(MOST_DRAWN)
    )
    return [SoldOfDay(at, release_id, kept) for at, release_id, kept in await session.execute(wanted) if at]
