"""Fulfilment: a payment that succeeds gives the order's products, numbers its receipt and empties the cart.

A refund or dispute that returns a whole line revokes its grant at once; if the return fails later, the grant is
restored. Every function follows the sum that *is* returned, so repeats and any order of events end the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update

from veza.accounts import people
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.library import grants
from veza.library.grants import CauseKind, Given, ItemKind
from veza.market import buyer_mail, claims, duplicate_purchases, gone, orders, receipts, refund_requests
from veza.market.cart import Cart, CartItem
from veza.market.orders import Order, OrderLine
from veza.market.rules import MarketRules
from veza.money import returns

ACCOUNT_GONE = gettext("the buyer's account was deleted before the payment came")


async def paid(session: Session, payment_id: UUID, rules: MarketRules) -> Order | None:
    """The payment succeeded (locked): fulfil its order, once. None if it is not of an order."""
    order = await orders.of_payment(session, payment_id)
    if order is None or order.status in orders.PAID:
        return order
    # Before any cart is locked: the transaction that counts next waits here and holds no cart or order meanwhile. The
    # payment's lock keeps another transaction from paying the order.
    number = await receipts.next_number(session, session.now.year)
    order = await _lock_with_cart(session, payment_id)
    facts: dict[str, Any] = {"paid_at": session.now, "receipt_year": session.now.year, "receipt_count": number}
    await orders.move(
        session, order, "paid", because=gettext("payment {payment_id} succeeded", payment_id=payment_id), **facts
    )
    lines = (await orders.lines_of(session, [order.id]))[order.id]
    if order.person_id is not None and not await people.is_there(session, order.person_id):
        await give_lines(session, order, lines)
        await duplicate_purchases.refund_duplicates(session, order, lines, because=ACCOUNT_GONE)
    else:
        await _give_what_is_there(session, order, lines, rules)
    await follow_returns(session, payment_id)
    return order


async def _give_what_is_there(session: Session, order: Order, lines: Sequence[OrderLine], rules: MarketRules) -> None:
    """Give the lines; the money of what is gone, or was bought already, goes back, and the buyer is told."""
    taken_down = await gone.among(session, lines)
    missing = {line.id for line in taken_down}
    twice = [line for line in await duplicate_purchases.among(session, order, lines) if line.id not in missing]
    await give_lines(session, order, lines)
    await duplicate_purchases.refund_duplicates(session, order, taken_down, because=gone.BECAUSE)
    await duplicate_purchases.refund_duplicates(session, order, twice, because=duplicate_purchases.BOUGHT_TWICE)
    if taken_down:
        await buyer_mail.tell_gone(session, order, rules, taken_down)
    await send_claim(session, order, rules, twice=twice, gone=taken_down)


async def _lock_with_cart(session: Session, payment_id: UUID) -> Order:
    """The order, under its cart's lock as at checkout: of two that are paid at once, one sees what the other gave."""
    for _ in range(2):
        # Gone while it was waited for: signing in took the order along to the person's cart, which happens once.
        if (await session.execute(_LOCKED_CART, {"payment_id": payment_id})).first():
            break
    order = await orders.lock_by_payment(session, payment_id)
    assert order is not None
    return order


_LOCKED_CART = (
    select(Cart.id)
    .where(Cart.id == select(Order.cart_id).where(Order.payment_id == bindparam("payment_id")).scalar_subquery())
    .with_for_update()
)


async def expired(session: Session, payment_id: UUID) -> None:
    """The payment ended unpaid: the order expires, and its cart can be checked out anew."""
    order = await orders.lock_by_payment(session, payment_id)
    if order is not None and order.status == "open":
        await orders.move(
            session, order, "expired", because=gettext("payment {payment_id} ended unpaid", payment_id=payment_id)
        )


async def under_way(session: Session, payment_id: UUID) -> None:
    """The buyer is done at the pay page and the bank takes days: the same products cannot be checked out meanwhile."""
    order = await orders.lock_by_payment(session, payment_id)
    if order is not None and order.status == "open":
        await orders.move(
            session, order, "processing", because=gettext("payment {payment_id} is under way", payment_id=payment_id)
        )


async def failed(session: Session, payment_id: UUID, rules: MarketRules) -> None:
    """The buyer's bank did not pay: the order is over, its cart can be checked out anew, and the buyer is told."""
    order = await orders.lock_by_payment(session, payment_id)
    if order is None or order.status in orders.PAID:
        return
    if order.status in orders.WAITING:
        await orders.move(
            session, order, "failed", because=gettext("payment {payment_id} failed", payment_id=payment_id)
        )
    await buyer_mail.tell_failed(session, order, rules)


async def follow_returns(session: Session, payment_id: UUID, returned: Mapping[UUID, int] | None = None) -> None:
    """Set lines, grants and the order's status by what was returned to the buyer (payment locked).

    `returned` says what that is by payment line, in minor units, where it is known already.
    """
    order = await orders.lock_by_payment(session, payment_id)
    if order is None or order.status not in orders.PAID:
        return
    back = await returns.returned(session, payment_id) if returned is None else returned
    lines = (await orders.lines_of(session, [order.id]))[order.id]
    gone: list[UUID] = []
    kept: list[UUID] = []
    for line in lines:
        refunded = max(0, min(line.gross_minor, back.get(line.payment_line_id, 0) if line.payment_line_id else 0))
        (gone if refunded == line.gross_minor else kept).append(line.id)
        if refunded != line.refunded_minor:
            mine = update(OrderLine).where(OrderLine.id == line.id).values(refunded_minor=refunded)
            await session.execute(mine.execution_options(synchronize_session=False))
    because = gettext("what order {order_id} says of its lines", order_id=order.id)
    if gone:
        money_back = gettext("the buyer got the money for it back")
        await grants.revoke(session, CauseKind.ORDER_LINE, gone, because=money_back)
    if kept:
        money_kept = gettext("the money did not go back after all")
        await grants.restore(session, CauseKind.ORDER_LINE, kept, because=money_kept)
    await refund_requests.follow(session, order.id, gone, because=because)
    total = sum(back.values())
    target = "paid" if total <= 0 else "refunded" if not kept else "partly_refunded"
    if target != order.status:
        await orders.move(session, order, target, because=because)


async def give_lines(session: Session, order: Order, lines: Sequence[OrderLine]) -> None:
    """Grant the products of the order's lines, and remove them from the order's cart."""
    for line in lines:
        await grants.give(
            session,
            Given(
                ItemKind(line.kind),
                line.item_id,
                line.release_id,
                CauseKind.ORDER_LINE,
                line.id,
                person_id=order.person_id,
                claim_id=order.id if order.person_id is None else None,
            ),
            because=gettext("order {order_id}", order_id=order.id),
        )
    bought = [line.product_id for line in lines]
    await session.execute(delete(CartItem).where(CartItem.cart_id == order.cart_id, CartItem.product_id.in_(bought)))


async def send_claim(
    session: Session,
    order: Order,
    rules: MarketRules,
    *,
    twice: Sequence[OrderLine] = (),
    gone: Sequence[OrderLine] = (),
) -> None:
    """Mail the buyer of an order without an account the link that claims it.

    Lines that were bought `twice` are told apart, those that are `gone` are left out: their money goes back.
    """
    if order.person_id is None and order.claim_hash is None:
        await claims.send_link(session, order, rules, twice, gone)
