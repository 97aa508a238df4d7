"""An artist's sales: lines of paid orders with the platform's fee and the artist's share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


SORTS = by_age(OrderLine.id, "line.id")


async def of_artist(
    session: Session,
    artist_id: UUID,
    page: Slice,
    *,
    currency: str | None = None,
    kind: str | None = None,
    release_id: UUID | None = None,
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
    rows = await session.execute(page.of(wanted))
    return [Sale(line, order, fee or 0, share or 0) for line, order, fee, share in rows]
