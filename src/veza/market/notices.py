"""What sellers and buyers are told by mail: a sale, what was bought, money that went back.

Refund requests have theirs in `refund_notices`. All of it is said after the transaction that made it true.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from veza.accounts.people import Person
from veza.catalog import members
from veza.community.preferences import NoticeKind, Recipient
from veza.kit.database import Database, Session
from veza.kit.money import Amount
from veza.kit.subscriptions import Event
from veza.market import orders
from veza.market.orders import NOBODYS_ADDRESS, Order, OrderLine
from veza.market.rules import MarketRules
from veza.money import payments, refunds

ACTOR = "market notices"


async def on_paid(database: Database, event: Event, rules: MarketRules) -> None:
    """A payment succeeded: tell the artists' people what they sold, and a signed-in buyer what they bought.

    Lines whose money is on its way back already (bought twice, gone from the shop) are no sale.
    A buyer without an account is sent the link to what they bought instead, which no preference stops.
    """
    payment_id = UUID(event.payload["payment_id"])
    if not await _is_ours(database, payment_id):
        return
    async with database.write(ACTOR) as session:
        order = await orders.of_payment(session, payment_id)
        if order is None or order.status not in orders.PAID:
            return
        left = await refunds.unreserved(session, await payments.find(session, payment_id))
        lines = (await orders.lines_of(session, [order.id]))[order.id]
        kept = [line for line in lines if line.payment_line_id is not None and left.get(line.payment_line_id, 0)]
        await _tell_sellers(session, order, kept, rules)
        if order.person_id is not None:
            await _confirm(session, order, lines, kept, rules)


async def on_refunded(database: Database, event: Event, rules: MarketRules) -> None:
    """Money went back: tell the buyer how much and for what."""
    payment_id = UUID(event.payload["payment_id"])
    if not await _is_ours(database, payment_id):
        return
    async with database.write(ACTOR) as session:
        order = await orders.of_payment(session, payment_id)
        buyer = await buyer_of(session, order) if order is not None else None
        if order is None or buyer is None:
            return
        amounts: dict[str, int] = event.payload["lines"]
        lines = (await orders.lines_of(session, [order.id]))[order.id]
        of = "\n".join(
            f"- {line.title} · {line.artist}: {Amount(amounts[str(line.payment_line_id)], order.currency)}"
            for line in lines
            if str(line.payment_line_id) in amounts
        )
        total = Amount(int(event.payload["amount_minor"]), order.currency)
        text = (
            f"{total} of your order {order.id} went back to you"
            f"{f', for:{chr(10)}{chr(10)}{of}{chr(10)}' if of else '.'}\n"
            "Your bank shows it within ten days.\n"
        )
        await rules.notices.mail(session, [buyer], NoticeKind.REFUND, f"{total} went back to you", text, about=order.id)


async def people_of(session: Session, artist_ids: Collection[UUID]) -> dict[UUID, list[Recipient]]:
    """Artist → the people who act for them and have a confirmed address."""
    addresses = await members.confirmed_addresses(session, artist_ids)
    return {one: [Recipient(email, person_id) for person_id, email in of] for one, of in addresses.items()}


async def buyer_of(session: Session, order: Order) -> Recipient | None:
    """Where the order's buyer is told things: the account's address, else the one given at checkout; None when gone."""
    if order.person_id is not None:
        person = await session.get(Person, order.person_id)
        return Recipient(person.email, person.id) if person is not None and person.email is not None else None
    if order.email is None or order.email == NOBODYS_ADDRESS:
        return None
    return Recipient(order.email)


async def _is_ours(database: Database, payment_id: UUID) -> bool:
    """Whether an order was paid with it: a payment made without the market takes no writer's turn."""
    async with database.read() as session:
        return await orders.of_payment(session, payment_id) is not None


async def _tell_sellers(session: Session, order: Order, lines: Sequence[OrderLine], rules: MarketRules) -> None:
    """One mail to each person, however many of their artists are in the order."""
    if not lines:
        return
    shares = {line.id: line.share_minor for line in await payments.lines_of(session, _payment_of(order))}
    by_artist = await people_of(session, {line.artist_id for line in lines})
    sold: dict[Recipient, list[OrderLine]] = {}
    for line in lines:
        for recipient in by_artist[line.artist_id]:
            sold.setdefault(recipient, []).append(line)
    for recipient, theirs in sold.items():
        listed = "\n".join(
            f"- {line.title} · {line.artist}: {Amount(line.gross_minor, order.currency)}, the artist's share "
            f"{Amount(shares.get(line.payment_line_id, 0) if line.payment_line_id else 0, order.currency)}"
            for line in theirs
        )
        first = f"Sold: {theirs[0].title}"
        subject = first if len(theirs) == 1 else f"{first} and {len(theirs) - 1} more"
        text = f"A buyer paid for:\n\n{listed}\n\nIt is order {order.id}.\n"
        await rules.notices.mail(session, [recipient], NoticeKind.SALE, subject, text)


async def _confirm(
    session: Session, order: Order, lines: Sequence[OrderLine], kept: Sequence[OrderLine], rules: MarketRules
) -> None:
    buyer = await buyer_of(session, order)
    if buyer is None:
        return
    listed = "\n".join(
        f"- {line.title} · {line.artist}: {Amount(line.gross_minor, order.currency)}"
        f"{'' if line in kept else ', which goes back to you by itself'}"
        for line in lines
    )
    library = "It is in your library." if kept else "You had it already, or it is gone from the shop."
    text = (
        f"Thank you. You paid {Amount(order.amount_minor, order.currency)} for:\n\n{listed}\n\n"
        f"{library} The receipt of order {order.id}:\n"
        f"{rules.base_url}/api/v1/orders/{order.id}/receipt.pdf\n"
    )
    subject = f"What you bought at {rules.platform_name}"
    await rules.notices.mail(session, [buyer], NoticeKind.ORDER, subject, text, about=order.id)


def _payment_of(order: Order) -> UUID:
    """The payment of an order that was paid for."""
    assert order.payment_id is not None
    return order.payment_id
