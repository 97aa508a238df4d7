"""What an artist sold: lines of paid orders with the platform's fee and the artist's share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from veza.kit.database import Session
from veza.market.orders import PAID, Order, OrderLine
from veza.money.payments import PaymentLine
from veza.money.reversals import TransferReversal


@dataclass(frozen=True, slots=True)
class Sale:
    """One line sold; gross = fee + share, all in the order's currency."""

    line: OrderLine
    order: Order
    fee_minor: int
    share_minor: int


async def of_artist(
    session: Session, artist_id: UUID, limit: int, after: UUID | None = None, *, currency: str | None = None
) -> Sequence[Sale]:
    """An artist's sales, newest first, in one statement; what was free is there with nothing earned."""
    wanted = (
        select(OrderLine, Order, PaymentLine.fee_minor, PaymentLine.share_minor)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(PaymentLine, PaymentLine.id == OrderLine.payment_line_id)
        .where(OrderLine.artist_id == artist_id, Order.status.in_(PAID))
        .order_by(OrderLine.id.desc())
        .limit(limit)
    )
    if currency is not None:
        wanted = wanted.where(Order.currency == currency)
    if after is not None:
        wanted = wanted.where(OrderLine.id < after)
    return [Sale(line, order, fee or 0, share or 0) for line, order, fee, share in await session.execute(wanted)]


async def reversals_of(
    session: Session, artist_id: UUID, limit: int, after: UUID | None = None
) -> Sequence[TransferReversal]:
    """What is or was taken back from an artist's transfers, newest first."""
    mine = select(TransferReversal).where(TransferReversal.seller_id == str(artist_id))
    if after is not None:
        mine = mine.where(TransferReversal.id < after)
    return (await session.scalars(mine.order_by(TransferReversal.id.desc()).limit(limit))).all()
