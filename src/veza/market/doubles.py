"""Doubles: nobody buys the same thing twice by accident; what is paid for a second time goes back at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from veza.kit.database import Session
from veza.library import access
from veza.market import orders
from veza.market.orders import Order, OrderLine
from veza.money import payments, refunds
from veza.money.refunds import NotRefundable, RefundExceedsPayment

BOUGHT_TWICE = "bought twice: the buyer has it already"


async def among(session: Session, order: Order) -> list[OrderLine]:
    """Lines of the order for what its buyer was given by something else: two tabs, an older pay page, a claim.

    Ask before the order's own things are given. Who has no account is known by the cart.
    """
    lines = (await orders.lines_of(session, [order.id]))[order.id]
    items = {line.item_id for line in lines} | {line.release_id for line in lines}
    owned: Collection[Any]
    if order.person_id is not None:
        owned = await access.owned_of(session, order.person_id, items)
    else:
        owned = await access.waiting_of(session, await orders.paid_from(session, order.cart_id), items)
    return [line for line in lines if line.item_id in owned or line.release_id in owned]


async def give_back(session: Session, order: Order, lines: Sequence[OrderLine], *, because: str) -> None:
    """Request the refund of what is left of these lines, in the transaction that found them (payment locked)."""
    if not lines or order.payment_id is None:
        return
    payment = await payments.lock(session, order.payment_id)
    left = await refunds.unreserved(session, payment)
    amounts: dict[Any, int] = {
        line.payment_line_id: left.get(line.payment_line_id, 0)
        for line in lines
        if line.payment_line_id is not None and left.get(line.payment_line_id, 0)
    }
    if not amounts:
        return
    try:
        await refunds.request(
            session, payment, sum(amounts.values()), order.currency, reason=because, line_amounts=amounts
        )
    except (NotRefundable, RefundExceedsPayment):
        return  # the money is on its way back for another reason
