"""Notices to sellers about sales, and to buyers about purchases and refunds.

Notices about refund requests are in `refund_notices`. Each is sent after the transaction that made it true.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from veza.accounts.people import Person
from veza.catalog import members
from veza.community.preferences import NoticeKind, Recipient
from veza.kit.database import Database, Session
from veza.kit.messages import Message, gettext, joined, ngettext, paragraphs
from veza.kit.money import Amount
from veza.kit.subscriptions import Event
from veza.market import consent, orders
from veza.market.orders import DELETED_ADDRESS, Order, OrderLine
from veza.market.rules import MarketRules
from veza.money import payments, refunding
from veza.money.payment_frame import PaymentFrame

ACTOR = "market notices"


async def on_paid(database: Database, event: Event, rules: MarketRules) -> None:
    """A payment succeeded: tell the artists' people of the sale, and a signed-in buyer of the purchase.

    Lines that are being refunded already (bought twice, gone from the shop) are no sale. A buyer without an account is
    sent the link to the order instead, which no preference stops.
    """
    payment_id = UUID(event.payload["payment_id"])
    if not await _is_ours(database, payment_id):
        return
    async with database.write(ACTOR) as session:
        order = await orders.of_payment(session, payment_id)
        if order is None or order.status not in orders.PAID:
            return
        left = await refunding.unreserved(session, PaymentFrame(await payments.find(session, payment_id)))
        lines = (await orders.lines_of(session, [order.id]))[order.id]
        kept = [line for line in lines if line.payment_line_id is not None and left.get(line.payment_line_id, 0)]
        await _tell_sellers(session, order, kept, rules)
        if order.person_id is not None:
            await _confirm(session, order, lines, kept, rules)


async def on_refunded(database: Database, event: Event, rules: MarketRules) -> None:
    """A refund succeeded: tell the buyer how much and for which lines."""
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
        total = Amount(int(event.payload["amount_minor"]), order.currency)
        subject = gettext("{total} went back to you", total=total)
        back = [
            _with_amount(line, Amount(amounts[str(line.payment_line_id)], order.currency))
            for line in lines
            if str(line.payment_line_id) in amounts
        ]
        text = _went_back(order, total, back)
        await rules.notices.mail(session, [buyer], NoticeKind.REFUND, subject, text, about=order.id)


def _went_back(order: Order, total: Amount, lines: Sequence[Message]) -> Message:
    if not lines:
        said = gettext(
            "{total} of your order {order_id} went back to you.\nYour bank shows it within ten days.",
            total=total,
            order_id=order.id,
        )
        return paragraphs(said)
    return paragraphs(
        gettext("{total} of your order {order_id} went back to you, for:", total=total, order_id=order.id),
        joined(lines, by="\n"),
        gettext("Your bank shows it within ten days."),
    )


def _with_amount(line: OrderLine, amount: Amount) -> Message:
    return gettext("- {title} · {artist}: {amount}", title=line.title, artist=line.artist, amount=amount)


async def people_of(session: Session, artist_ids: Collection[UUID]) -> dict[UUID, list[Recipient]]:
    """Artist → the artist's people with a confirmed address."""
    addresses = await members.confirmed_addresses(session, artist_ids)
    return {
        one: [Recipient(to.address, to.person_id, to.language, to.time_zone) for to in of]
        for one, of in addresses.items()
    }


async def buyer_of(session: Session, order: Order) -> Recipient | None:
    """The buyer's address, language and time zone: the account's, else those given at checkout, which ask for no zone;
    None if the address was deleted."""
    if order.person_id is not None:
        person = await session.get(Person, order.person_id)
        if person is None or person.email is None:
            return None
        return Recipient(person.email, person.id, person.language or order.language, person.time_zone)
    if order.email is None or order.email == DELETED_ADDRESS:
        return None
    return Recipient(order.email, None, order.language)


async def _is_ours(database: Database, payment_id: UUID) -> bool:
    """Whether the payment is of an order; for any other no transaction is opened."""
    async with database.read() as session:
        return await orders.of_payment(session, payment_id) is not None


async def _tell_sellers(session: Session, order: Order, lines: Sequence[OrderLine], rules: MarketRules) -> None:
    """One mail to each person, also for several artists in the order."""
    if not lines:
        return
    shares = {line.id: line.share_minor for line in await payments.lines_of(session, _payment_of(order))}
    by_artist = await people_of(session, {line.artist_id for line in lines})
    sold: dict[Recipient, list[OrderLine]] = {}
    for line in lines:
        for recipient in by_artist[line.artist_id]:
            sold.setdefault(recipient, []).append(line)
    for recipient, theirs in sold.items():
        listed = [
            gettext(
                "- {title} · {artist}: {price}, the artist's share {share}",
                title=line.title,
                artist=line.artist,
                price=Amount(line.gross_minor, order.currency),
                share=Amount(shares.get(line.payment_line_id, 0) if line.payment_line_id else 0, order.currency),
            )
            for line in theirs
        ]
        text = paragraphs(
            gettext("A buyer paid for:"),
            joined(listed, by="\n"),
            gettext("It is order {order_id}.", order_id=order.id),
        )
        subject = _sold(theirs[0].title, len(theirs) - 1)
        await rules.notices.mail(session, [recipient], NoticeKind.SALE, subject, text)


def _sold(title: str, more: int) -> Message:
    if not more:
        return gettext("Sold: {title}", title=title)
    return ngettext("Sold: {title} and {n} more", "Sold: {title} and {n} more", more, title=title)


async def _confirm(
    session: Session, order: Order, lines: Sequence[OrderLine], kept: Sequence[OrderLine], rules: MarketRules
) -> None:
    buyer = await buyer_of(session, order)
    if buyer is None:
        return
    listed = [_confirmed(line, Amount(line.gross_minor, order.currency), is_kept=line in kept) for line in lines]
    is_theirs = gettext("It is in your library.")
    library = is_theirs if kept else gettext("You had it already, or it is gone from the shop.")
    text = paragraphs(
        gettext("Thank you. You paid {total} for:", total=Amount(order.amount_minor, order.currency)),
        joined(listed, by="\n"),
        gettext(
            "{library} The receipt of order {order_id}:\n{link}",
            library=library,
            order_id=order.id,
            link=f"{rules.base_url}/api/v1/orders/{order.id}/receipt.pdf",
        ),
        *consent.confirmed(order),
    )
    subject = gettext("What you bought at {platform_name}", platform_name=rules.platform_name)
    await rules.notices.mail(session, [buyer], NoticeKind.ORDER, subject, text, about=order.id)


def _confirmed(line: OrderLine, price: Amount, *, is_kept: bool) -> Message:
    if is_kept:
        return _with_amount(line, price)
    return gettext(
        "- {title} · {artist}: {price}, which goes back to you by itself",
        title=line.title,
        artist=line.artist,
        price=price,
    )


def _payment_of(order: Order) -> UUID:
    """The payment of an order that was paid for."""
    assert order.payment_id is not None
    return order.payment_id
