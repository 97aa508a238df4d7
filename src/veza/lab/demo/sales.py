"""A month of orders in every state, over the wire: paid on the sandbox's page, refunded, disputed, left unpaid."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import func, select

from veza.accounts.identity import actor_of
from veza.catalog.artists import find_artist
from veza.kit.database import Session
from veza.lab.demo import month
from veza.lab.demo.month import Sale
from veza.lab.demo.opening import LISTENER, address_of
from veza.lab.demo.stage import Label, Modules
from veza.library.grants import ItemKind
from veza.market import cart as carts
from veza.market import checkout, codes, orders, refund_asking, refund_requests
from veza.market.cart import CartOwner
from veza.market.checkout import CheckoutRequest, Opening
from veza.market.orders import Order
from veza.money import payments
from veza.money.payments import Payment
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer

STRANGER = "somebody"
"""The mailbox of a buyer without an account: the order waits to be claimed by the link mailed there."""
PRESS = 10
"""Download codes made for those who write about music; one of them was used."""


async def a_month(modules: Modules, label: Label) -> int:
    """Make every sale and what follows it; returns how many orders were paid."""
    await _present(modules, label)
    *before, newest = label.month
    made = [await _buy(modules, label, sale) for sale in before]
    await _check_out(modules, label, month.FREE)
    paid = [order.id for order in made]
    await modules.until("the orders are paid", lambda session: _all_paid(session, paid))
    await modules.until("the sellers are paid", _sellers_paid)
    await _refunded(modules, label, made)
    await _in_trouble(modules, label, made)
    await _not_paid(modules, label)
    await _buy(modules, label, newest)
    await modules.until("the newest seller is paid", _sellers_paid)
    return len(label.month)


async def _present(modules: Modules, label: Label) -> None:
    """Download codes, one of them redeemed."""
    listener, where = month.PRESENT
    async with modules.database.write(actor_of(label.owner)) as session:
        artist = await find_artist(session, label.artists[where[0]])
        _, made = await codes.make(session, artist, ItemKind.RELEASE, label.releases[where], PRESS, "for the press")
    async with modules.database.write(actor_of(label.listeners[listener])) as session:
        await codes.redeem(session, label.listeners[listener], made[0])


async def _refunded(modules: Modules, label: Label, made: Sequence[Order]) -> None:
    """One whole order refunded, one line of three, one request that waits and one that was declined."""
    ask = partial(_ask, modules, label, made)
    await ask(month.RETURNED, 0, "bought twice by accident", granted="of course")
    await ask(month.THREE_ARTISTS, 1, "the third song skips on my player", granted="sorry about that")
    await ask(month.DECLINED, 0, "not what I expected", declined="all of it can be heard before")
    await ask(month.ASKED, 0, "the wrong record, I meant the album")
    await modules.until("the first refunds are settled", lambda session: _refunds_settled(session, 2))


async def _in_trouble(modules: Modules, label: Label, made: Sequence[Order]) -> None:
    """A dispute, a seller who has paid everything out, and a reversal the provider refuses for good."""
    ask = partial(_ask, modules, label, made)
    async with modules.database.read() as session:
        disputed = await payments.find(session, _payment(made[month.DISPUTED]))
    modules.sandbox.open_dispute(str(disputed.stripe_charge_id))

    paid_out = label.month[month.PAID_OUT].things[0].act
    modules.sandbox.set_balance(label.accounts[paid_out], 0, label.roster.acts[paid_out].currency.lower())
    await ask(month.PAID_OUT, 0, "over before I could sit down", granted="fair enough")
    await modules.until("a reversal waits for balance", _one_waits)

    transfer = await _transfer_of(modules, made[month.REFUSED])
    path = f"/v1/transfers/{transfer.stripe_transfer_id}/reversals"
    modules.sandbox.add_fault("refused", method="POST", path=path, times=1)
    await ask(month.REFUSED, 0, "the wrong album", granted="no problem")
    await modules.until("a reversal is given up", _one_given_up)


async def _not_paid(modules: Modules, label: Label) -> None:
    """Unpaid orders: one still open, one expired, one replaced by another cart."""
    await _check_out(modules, label, month.LEFT_UNPAID)
    given_up = await _check_out(modules, label, month.GAVE_UP)
    modules.sandbox.expire_checkout(await _session_of(modules, given_up))
    for sale in month.CHANGED_THEIR_MIND:
        await _check_out(modules, label, sale)
    await modules.until("an order has expired", lambda session: _is(session, given_up.order.id, "expired"))


async def _check_out(modules: Modules, label: Label, sale: Sale) -> Opening:
    who = (
        CartOwner(None, f"demo {label.dice.random()}")
        if sale.buyer is None
        else CartOwner(label.listeners[sale.buyer], None)
    )
    base_url, key = modules.market.base_url, f"demo {label.dice.random()}"
    email = address_of(STRANGER) if sale.buyer is None else None
    wanted = CheckoutRequest(email, f"{base_url}/checkout/done", f"{base_url}/cart", key)
    actor = "anonymous" if who.person_id is None else actor_of(who.person_id)
    async with modules.database.write(actor) as session:
        cart = await carts.ensure(session, who)
        for thing in sale.things:
            product_id = label.products[*thing.release, thing.song]
            await carts.add(session, cart, who, product_id, thing.paid_minor)
        openings = await checkout.begin(session, cart, who, wanted, modules.market)
    for opening in openings:
        page = await checkout.ask(modules.money.gateway, opening)
        async with modules.database.write(actor) as session:
            await checkout.record(session, opening, page)
    return openings[0]


async def _buy(modules: Modules, label: Label, sale: Sale) -> Order:
    opening = await _check_out(modules, label, sale)
    mailbox = STRANGER if sale.buyer is None else f"{LISTENER}-{sale.buyer + 1}"
    modules.sandbox.pay_checkout(await _session_of(modules, opening), email=address_of(mailbox))
    order_id = opening.order.id
    await modules.until("the order is paid", lambda session: _is(session, order_id, "paid"))
    return opening.order


async def _session_of(modules: Modules, opening: Opening) -> str:
    async with modules.database.read() as session:
        payment = await payments.find(session, _payment(opening.order))
    return str(payment.stripe_checkout_session_id)


async def _ask(
    modules: Modules, label: Label, made: Sequence[Order], sale: int, position: int, reason: str,
    *, granted: str | None = None, declined: str | None = None,
) -> None:  # fmt: skip
    """The buyer requests the refund of one line, and the artist may answer."""
    order, person_id = made[sale], label.listeners[label.month[sale].buyer or 0]
    async with modules.database.write(actor_of(person_id)) as session:
        fresh = await orders.find(session, order.id)
        line = (await orders.lines_of(session, [order.id]))[order.id][position]
        request = await refund_asking.ask(session, fresh, line.id, person_id, reason, modules.market)
    async with modules.database.write(actor_of(label.owner)) as session:
        request, frame = await refund_requests.lock(session, request.id)
        if granted is not None:
            await refund_requests.grant(session, request, frame, because=granted)
        elif declined is not None:
            await refund_requests.decline(session, request, because=declined)


def _payment(order: Order) -> UUID:
    if order.payment_id is None:
        raise LookupError(f"order {order.id} has no payment: all of it was free")
    return order.payment_id


async def _transfer_of(modules: Modules, order: Order) -> SellerTransfer:
    async with modules.database.read() as session:
        mine = select(SellerTransfer).where(SellerTransfer.payment_id == _payment(order))
        return (await session.scalars(mine)).one()


async def _is(session: Session, order_id: UUID, status: str) -> bool:
    return await session.scalar(select(Order.status).where(Order.id == order_id)) == status


async def _all_paid(session: Session, ids: Sequence[UUID]) -> bool:
    paid = select(func.count()).select_from(Order).where(Order.id.in_(ids), Order.status == "paid")
    return await session.scalar(paid) == len(ids)


async def _sellers_paid(session: Session) -> bool:
    uncleared = (
        select(func.count()).select_from(Payment).where(Payment.status == "succeeded", Payment.cleared_at.is_(None))
    )
    waiting = select(func.count()).select_from(SellerTransfer).where(SellerTransfer.status == "pending")
    return await session.scalar(uncleared) == 0 and await session.scalar(waiting) == 0


async def _refunds_settled(session: Session, count: int) -> bool:
    done = select(func.count()).select_from(Refund).where(Refund.status == "succeeded")
    open_rows = select(func.count()).select_from(TransferReversal).where(TransferReversal.status == "pending")
    return await session.scalar(done) == count and await session.scalar(open_rows) == 0


async def _one_waits(session: Session) -> bool:
    waiting = select(TransferReversal.id).where(TransferReversal.waiting_since.is_not(None))
    return (await session.execute(waiting)).first() is not None


async def _one_given_up(session: Session) -> bool:
    lost = select(TransferReversal.id).where(TransferReversal.status == "permanently_failed")
    return (await session.execute(lost)).first() is not None
