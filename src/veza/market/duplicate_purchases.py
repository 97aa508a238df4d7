"""Duplicate purchases: a product that its buyer paid for a second time is refunded at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from veza.kit.database import Session
from veza.kit.messages import Message, gettext
from veza.library import access
from veza.market import orders
from veza.market.orders import Order, OrderLine
from veza.money import payment_frame, payments, refunding
from veza.money.payment_frame import PaymentFrame
from veza.money.refunds import NotRefundable, RefundExceedsPayment

BOUGHT_TWICE = gettext("bought twice: the buyer has it already")


async def among(session: Session, order: Order, lines: Sequence[OrderLine]) -> list[OrderLine]:
    """Lines whose product the buyer has by another order or code: two tabs, an older pay page, a claim.

    Call it before the order's own products are given. A buyer without an account is known by the cart. A line that was
    refunded is no duplicate; a line being refunded makes none, so that one of the two stays.
    """
    items = {line.item_id for line in lines} | {line.release_id for line in lines}
    if order.person_id is not None:
        given: Mapping[UUID, set[UUID]] = await access.owned_of(session, order.person_id, items)
    else:
        given = await access.waiting_of(session, await orders.paid_from(session, order.cart_id), items)
    leaving = await _leaving(session, set().union(*given.values()))
    owned = {item for item, causes in given.items() if causes - leaving}
    return [
        line
        for line in lines
        if (line.item_id in owned or line.release_id in owned)
        and (line.refunded_minor < line.gross_minor or not line.gross_minor)
    ]


_LINES_PAID = (
    select(OrderLine.id, OrderLine.payment_line_id, Order.payment_id)
    .join(Order, Order.id == OrderLine.order_id)
    .where(Order.payment_id.is_not(None))
)


async def _leaving(session: Session, causes: set[UUID]) -> set[UUID]:
    """Those of these order lines that still have a grant while all of their money is being refunded."""
    if not causes:
        return set()
    rows = (await session.execute(_LINES_PAID.where(OrderLine.id.in_(causes)))).all()
    left: dict[UUID, int] = {}
    for payment_id in sorted({row.payment_id for row in rows}):
        left |= await refunding.unreserved(session, PaymentFrame(await payments.find(session, payment_id)))
    return {row.id for row in rows if left.get(row.payment_line_id) == 0}


async def refund_duplicates(session: Session, order: Order, lines: Sequence[OrderLine], *, because: Message) -> None:
    """Request the refund of what is left of these lines, in the transaction that found them (payment locked)."""
    if not lines or order.payment_id is None:
        return
    frame = await payment_frame.lock(session, order.payment_id)
    left = await refunding.refundable(session, frame)
    amounts: dict[Any, int] = {
        line.payment_line_id: left.of_lines[line.payment_line_id]
        for line in lines
        if line.payment_line_id is not None and left.of_lines.get(line.payment_line_id, 0)
    }
    if not amounts:
        return
    try:
        total, parts = sum(amounts.values()), amounts.items()
        await refunding.request(session, frame, total, order.currency, reason=because, line_amounts=parts, left=left)
    except (NotRefundable, RefundExceedsPayment):
        return  # the money is on its way back for another reason
