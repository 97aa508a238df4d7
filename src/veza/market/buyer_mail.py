"""Mails to an order's buyer about a failed payment, and about refunds for products that are gone."""

from __future__ import annotations

from collections.abc import Sequence

from veza.kit.database import Session
from veza.kit.messages import Joined, Message, gettext, joined, paragraphs
from veza.kit.money import Amount
from veza.market import notices, orders
from veza.market.orders import Order, OrderLine
from veza.market.rules import MarketRules


async def tell(session: Session, order: Order, rules: MarketRules, subject: Message, text: Message) -> None:
    """Mail the buyer, if there is an address. It is about their money, so no preference stops it."""
    buyer = await notices.buyer_of(session, order)
    if buyer is not None:
        await rules.send_mail(session, buyer.address, subject, text, order.id, buyer.language)


async def tell_failed(session: Session, order: Order, rules: MarketRules) -> None:
    """Tell the buyer that the bank did not pay."""
    lines = (await orders.lines_of(session, [order.id]))[order.id]
    await tell(
        session,
        order,
        rules,
        gettext("Your payment to {platform_name} did not go through", platform_name=rules.platform_name),
        paragraphs(
            gettext(
                "Your bank did not carry out the payment of {total} for:",
                total=Amount(order.amount_minor, order.currency),
            ),
            listed(lines),
            gettext(
                "Nothing was taken and nothing is owed. The things are still in your cart: check out again, and you "
                "can pay in another way."
            ),
            order.cancel_url,
        ),
    )


async def tell_gone(session: Session, order: Order, rules: MarketRules, lines: Sequence[OrderLine]) -> None:
    """Tell the buyer that products of the order are gone and are refunded."""
    total = Amount(sum(line.gross_minor for line in lines), order.currency)
    await tell(
        session,
        order,
        rules,
        gettext("Money goes back to you from {platform_name}", platform_name=rules.platform_name),
        paragraphs(
            gettext("You paid for what was taken down before your payment came:"),
            listed(lines),
            gettext("The {total} for it goes back by itself, in the way that you paid.", total=total),
        ),
    )


def listed(lines: Sequence[OrderLine]) -> Joined:
    """One line each: title and artist."""
    return joined((gettext("- {title} · {artist}", title=line.title, artist=line.artist) for line in lines), by="\n")
