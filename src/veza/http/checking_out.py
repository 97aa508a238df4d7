"""Checking a cart out, the same at every door: in steps, and no transaction is open while the provider is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID

from litestar import Response

from veza.http import limits
from veza.http.idempotency import Idempotent, Reply
from veza.http.identity import identity_of
from veza.http.limits import network_of
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.market import cart as carts
from veza.market import checkout, orders
from veza.market.cart import CartOwner
from veza.market.checkout import CheckoutRequest, Opening, PriceChanged
from veza.market.orders import Order, OrderLine
from veza.market.rules import MarketRules
from veza.money.checkout import CheckoutSession, PageOver, end
from veza.money.facade import Money
from veza.money.stripe.definite import ProviderRefused

MOST_PAGES = 10
"""So many pages of one cart, one for each currency, may be found to be over before the buyer is told to try again."""


@dataclass(frozen=True, slots=True)
class OpenedOrder:
    """An order as checked out; `checkout_url` is None where nothing is left to pay."""

    order: Order
    lines: Sequence[OrderLine]
    checkout_url: str | None


Answer: TypeAlias = Callable[[Sequence[OpenedOrder]], Reply]


async def check_out(
    request: DoorRequest, buyer: CartOwner, wanted: CheckoutRequest, idempotent: Idempotent, money: Money,
    rules: MarketRules, answer: Answer,
) -> Response[Any]:  # fmt: skip
    """Makes one order for each currency in the cart and opens the provider's pay page for it; what is free is given at
    once. A cart checked out twice, in two tabs too, is one order.

    Raises what `checkout.begin` and `checkout.ask` raise. After PriceChanged the cart keeps today's prices, so that
    checking out again says yes to them.
    """
    await limits.spend(money.database, checkout.CHECKOUT.of(identity_of(request).person_id or network_of(request)))
    refused: list[Opening] = []

    async def intend(session: Session) -> list[Opening]:
        return await checkout.begin(session, await carts.ready(session, buyer), buyer, wanted, rules)

    async def ask(openings: list[Opening]) -> list[CheckoutSession | None]:
        pages: list[CheckoutSession | None] = []
        for opening in openings:
            try:
                pages.append(await checkout.ask(money.gateway.for_people(), opening))
            except ProviderRefused:
                refused.append(opening)
                raise
        return pages

    async def record(session: Session, openings: list[Opening], pages: list[CheckoutSession | None]) -> Reply:
        urls: dict[UUID, str | None] = {}
        for opening, page in zip(openings, pages, strict=True):
            payment = await checkout.record(session, opening, page)
            urls[opening.order.id] = payment.checkout_url if payment is not None else None
        lines = await orders.lines_of(session, list(urls))
        return answer([OpenedOrder(await orders.find(session, one), lines[one], url) for one, url in urls.items()])

    async def withdraw(session: Session) -> None:
        for opening in refused:
            await checkout.withdraw(session, opening, because=gettext("the provider refused the pay page"))

    async def open_pages() -> Response[Any]:
        try:
            return await idempotent.run_in_steps(intend, ask, record)
        except PageOver as over:
            await idempotent.forget(partial(end, over=over))
            raise

    try:
        for _ in range(MOST_PAGES):
            with suppress(PageOver):  # ended before the event of it came: what is left to pay gets a new page
                return await open_pages()
        return await open_pages()
    except ProviderRefused:
        await idempotent.forget(withdraw)
        raise
    except PriceChanged:
        async with money.database.write("checkout") as session:
            await carts.reprice(session, await carts.ready(session, buyer))
        raise
