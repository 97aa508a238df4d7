"""Mails to an order's buyer about a payment that failed and about money that goes back for what is gone."""

from __future__ import annotations

from collections.abc import Sequence

from veza.kit.database import Session
from veza.kit.money import Amount
from veza.market import notices, orders
from veza.market.orders import Order, OrderLine
from veza.market.rules import MarketRules


async def tell(session: Session, order: Order, rules: MarketRules, subject: str, text: str) -> None:
    """Mail the buyer, if there is an address. It is about their money, so no preference stops it."""
    buyer = await notices.buyer_of(session, order)
    if buyer is not None:
        await rules.send_mail(session, buyer.address, subject, text, order.id)


async def tell_failed(session: Session, order: Order, rules: MarketRules) -> None:
    """The buyer's bank did not carry the payment out."""
    lines = (await orders.lines_of(session, [order.id]))[order.id]
    await tell(
        session,
        order,
        rules,
        f"Your payment to {rules.platform_name} did not go through",
        f"Your bank did not carry out the payment of {Amount(order.amount_minor, order.currency)} for:\n\n"
        f"{listed(lines)}\n\n"
        "Nothing was taken and nothing is owed. The things are still in your cart: check out again, and you can pay"
        f" in another way.\n\n{order.cancel_url}\n",
    )


async def tell_gone(session: Session, order: Order, rules: MarketRules, lines: Sequence[OrderLine]) -> None:
    """Some of what was paid for is gone; its money is on its way back."""
    total = Amount(sum(line.gross_minor for line in lines), order.currency)
    await tell(
        session,
        order,
        rules,
        f"Money goes back to you from {rules.platform_name}",
        f"You paid for what was taken down before your payment came:\n\n{listed(lines)}\n\n{goes_back(total)}",
    )


def goes_back(total: Amount) -> str:
    return f"The {total} for it goes back by itself, in the way that you paid.\n"


def listed(lines: Sequence[OrderLine]) -> str:
    """One line each: title and artist."""
    return "\n".join(f"- {line.title} · {line.artist}" for line in lines)
