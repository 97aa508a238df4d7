"""A month of orders in every state, over the wire: paid on the sandbox's page, refunded, disputed, left unpaid."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from veza.kit.database import Session
from veza.market import cart as carts
from veza.market import checkout, orders, refund_requests
from veza.market.cart import Buyer
from veza.market.checkout import Opening, Wanted
from veza.market.orders import Order
from veza.money import payments
from veza.money.payments import Payment
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer
from veza.ops.demo.opening import address_of
from veza.ops.demo.roster import LISTENERS
from veza.ops.demo.stage import Label, Rooms

BOUGHT: tuple[tuple[str, tuple[str, ...]], ...] = (
    (LISTENERS[0], ("Low Water",)),
    (LISTENERS[1], ("Departures", "Rue des Ombres", "Head First")),
    (LISTENERS[2], ("Head First",)),
    (LISTENERS[3], ("Mezzanine Standards",)),
    (LISTENERS[4], ("Rue des Ombres",)),
    (LISTENERS[5], ("Nine in a Cellar", "Rounds")),
    (LISTENERS[0], ("Tidal Charts", "Перевал")),
    (LISTENERS[1], ("سطوح",)),
    (LISTENERS[2], ("Winter Timetable", "Harbour Recordings")),
    (LISTENERS[3], ("Service Lift", "Stairwell Drums")),
    (LISTENERS[4], ("Nobody Sleeps (Remixes)", "Deux Valses")),
    (LISTENERS[5], ("Low Water", "Перевал")),
)
"""Who bought what, in one currency an order; what happens to some of them afterwards is told below."""
NEWEST = (LISTENERS[0], ("Departures",))
"""The last sale is one a newcomer can refund at once: its seller has the money."""
LEFT_UNPAID = (LISTENERS[3], "Departures")
GAVE_UP = (LISTENERS[4], "Head First")
CHANGED_THEIR_MIND = (LISTENERS[5], "Head First", "Winter Timetable")


async def a_month(rooms: Rooms, label: Label) -> int:
    """Every sale and what became of it; returns how many orders were paid."""
    made = [await _buy(rooms, label, buyer, titles) for buyer, titles in BOUGHT]
    paid = [order.id for order in made if order.payment_id is not None]
    await rooms.until("the orders are paid", lambda session: _all_paid(session, paid))
    await rooms.until("the sellers are paid", _sellers_paid)
    await _refunded(rooms, label, made)
    await _in_trouble(rooms, label, made)
    await _not_paid(rooms, label)
    await _buy(rooms, label, *NEWEST)
    await rooms.until("the newest seller is paid", _sellers_paid)
    return len(paid) + 1


async def _refunded(rooms: Rooms, label: Label, made: Sequence[Order]) -> None:
    """One whole order given back, one line of three, a request that waits and one that was declined."""
    await _ask(rooms, label, made[0], BOUGHT[0][0], 0, "bought twice by accident", granted="of course")
    await _ask(rooms, label, made[1], BOUGHT[1][0], 1, "the pressing skips on my player", granted="sorry about that")
    await _ask(rooms, label, made[5], BOUGHT[5][0], 0, "not what I expected", declined="all of it can be heard before")
    await _ask(rooms, label, made[6], BOUGHT[6][0], 0, "the wrong record, I meant the album")
    await rooms.until("the first refunds are settled", lambda session: _refunds_settled(session, 2))


async def _in_trouble(rooms: Rooms, label: Label, made: Sequence[Order]) -> None:
    """A dispute, a seller who has paid everything out, and a reversal the provider refuses for good."""
    async with rooms.database.read() as session:
        disputed = await payments.find(session, _payment(made[4]))
    rooms.sandbox.open_dispute(str(disputed.stripe_charge_id))

    paid_out = label.shelf[BOUGHT[2][1][0]]
    rooms.sandbox.set_balance(label.accounts[paid_out.artist], 0, paid_out.currency.lower())
    await _ask(rooms, label, made[2], BOUGHT[2][0], 0, "over before I could sit down", granted="fair enough")
    await rooms.until("a reversal waits for balance", _one_waits)

    transfer = await _transfer_of(rooms, made[3])
    path = f"/v1/transfers/{transfer.stripe_transfer_id}/reversals"
    rooms.sandbox.add_fault("refused", method="POST", path=path, times=1)
    await _ask(rooms, label, made[3], BOUGHT[3][0], 0, "the wrong album", granted="no problem")
    await rooms.until("a reversal is given up", _one_given_up)


async def _not_paid(rooms: Rooms, label: Label) -> None:
    """Orders nobody paid: one still open, one expired, one replaced by another cart."""
    buyer, title = LEFT_UNPAID
    await _check_out(rooms, label, buyer, (title,))
    buyer, title = GAVE_UP
    given_up = await _check_out(rooms, label, buyer, (title,))
    rooms.sandbox.expire_checkout(await _session_of(rooms, given_up))
    buyer, first, more = CHANGED_THEIR_MIND
    await _check_out(rooms, label, buyer, (first,))
    await _check_out(rooms, label, buyer, (more,))
    await rooms.until("an order has expired", lambda session: _is(session, given_up.order.id, "expired"))


async def _check_out(rooms: Rooms, label: Label, buyer: str, titles: Sequence[str]) -> Opening:
    who = Buyer(label.people[buyer], None)
    base_url = rooms.market.base_url
    wanted = Wanted(None, f"{base_url}/orders", f"{base_url}/cart", f"demo {buyer} {' '.join(titles)}")
    async with rooms.database.write(f"person {who.person_id}") as session:
        cart = await carts.ensure(session, who)
        for title in titles:
            await carts.add(session, cart, who, label.shelf[title].product_id, None)
        openings = await checkout.begin(session, cart, who, wanted, rooms.market)
    for opening in openings:
        page = await checkout.ask(rooms.money.gateway, opening)
        async with rooms.database.write(f"person {who.person_id}") as session:
            await checkout.record(session, opening, page)
    return next((one for one in openings if one.payment is not None), openings[0])


async def _buy(rooms: Rooms, label: Label, buyer: str, titles: Sequence[str]) -> Order:
    opening = await _check_out(rooms, label, buyer, titles)
    rooms.sandbox.pay_checkout(await _session_of(rooms, opening), email=address_of(buyer))
    order_id = opening.order.id
    await rooms.until("the order is paid", lambda session: _is(session, order_id, "paid"))
    return opening.order


async def _session_of(rooms: Rooms, opening: Opening) -> str:
    async with rooms.database.read() as session:
        payment = await payments.find(session, _payment(opening.order))
    return str(payment.stripe_checkout_session_id)


async def _ask(
    rooms: Rooms, label: Label, order: Order, buyer: str, position: int, reason: str,
    *, granted: str | None = None, declined: str | None = None,
) -> None:  # fmt: skip
    """The buyer asks for one line's money, and the artist may answer."""
    person_id = label.people[buyer]
    async with rooms.database.write(f"person {person_id}") as session:
        fresh = await orders.find(session, order.id)
        line = (await orders.lines_of(session, [order.id]))[order.id][position]
        request = await refund_requests.ask(session, fresh, line.id, person_id, reason, rooms.market)
    async with rooms.database.write("artist") as session:
        request = await refund_requests.lock(session, request.id)
        if granted is not None:
            await refund_requests.grant(session, request, because=granted)
        elif declined is not None:
            await refund_requests.decline(session, request, because=declined)


def _payment(order: Order) -> UUID:
    if order.payment_id is None:
        raise LookupError(f"order {order.id} has no payment: all of it was free")
    return order.payment_id


async def _transfer_of(rooms: Rooms, order: Order) -> SellerTransfer:
    async with rooms.database.read() as session:
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
