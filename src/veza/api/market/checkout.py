"""Checkout: from the cart to the provider's pay page."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Annotated
from uuid import UUID

from litestar import Response
from msgspec import Meta, Struct

from veza.accounts.identity import Identity
from veza.accounts.people import clean_email
from veza.accounts.permissions import Permission
from veza.api.market.buyers import by_cart
from veza.api.market.orders import ORDER_EXAMPLE, OrderResponse, facts_of
from veza.api.operations import write
from veza.api.shapes import Url, show
from veza.http import limits
from veza.http.endpoints import Language
from veza.http.errors.accounts import BAD_EMAIL
from veza.http.errors.market import (
    ADDRESS_NEEDED,
    CART_EMPTY,
    CART_TOKEN_MISSING,
    NOT_FOR_SALE,
    OWNED_ALREADY,
    PAYMENT_UNDER_WAY,
    PRICE_CHANGED,
)
from veza.http.errors.money import BAD_PAYMENT, PROVIDER_REFUSED, PROVIDER_UNAVAILABLE
from veza.http.idempotency import Idempotent, Reply
from veza.http.limits import network_of
from veza.http.problems import BAD_AMOUNT, CONFLICT, RATE_LIMITED, Problem
from veza.http.requests import DoorRequest
from veza.http.words import EMAIL
from veza.kit.database import Database, Session
from veza.kit.messages import gettext, message_of
from veza.market import cart as carts
from veza.market import checkout, orders
from veza.market.cart import CartOwner
from veza.market.checkout import Opening, PriceChanged
from veza.market.rules import MarketRules
from veza.money.checkout import CheckoutSession, PageOver, end
from veza.money.facade import Money
from veza.money.stripe.definite import ProviderRefused

TAG = "orders"

Email = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=EMAIL,
        description="Where the link to what was bought goes.",
    ),
]


MOST_PAGES = 10
"""So many pages of one cart, one for each currency, may be found to be over before the buyer is told to try again."""


class CheckoutRequest(Struct, forbid_unknown_fields=True):
    """How to check out. Who is not signed in gives `email`; the addresses are Veza's own pages without them."""

    email: Email | None = None
    success_url: Url | None = None
    cancel_url: Url | None = None


class OrderOpened(OrderResponse, frozen=True):
    """An order as checked out: send the buyer to `checkout_url`; null where nothing is left to pay there."""

    checkout_url: str | None


class CheckedOut(Struct, frozen=True):
    """One order for each currency, and one for what was free."""

    orders: list[OrderOpened]


OPENED_EXAMPLE = {
    **ORDER_EXAMPLE,
    "status": "open",
    "receipt": None,
    "paid_at": None,
    "checkout_url": "https://checkout.stripe.com/c/pay/cs_test_a1",
}


@write.post(
    "/cart/checkout",
    operation="checkOut",
    summary="Check the cart out",
    permission=Permission.BUY,
    keyed=by_cart,
    body={"email": "buyer@example.org"},
    gives=(201, CheckedOut, "The orders; send the buyer to each `checkout_url`.", {"orders": [OPENED_EXAMPLE]}),
    problems=(
        CART_TOKEN_MISSING,
        CART_EMPTY,
        ADDRESS_NEEDED,
        NOT_FOR_SALE,
        OWNED_ALREADY,
        PAYMENT_UNDER_WAY,
        PRICE_CHANGED,
        CONFLICT,
        BAD_PAYMENT,
        BAD_AMOUNT,
        BAD_EMAIL,
        RATE_LIMITED,
        PROVIDER_REFUSED,
        PROVIDER_UNAVAILABLE,
    ),
)
async def check_out(
    data: CheckoutRequest,
    request: DoorRequest,
    identity: Identity,
    buyer: CartOwner,
    idempotent: Idempotent,
    money: Money,
    rules: MarketRules,
    language: Language,
) -> Response[CheckedOut]:
    """Makes one order for each currency in the cart and opens the provider's pay page for it; what is free is given at
    once. A cart checked out twice, in two tabs too, is one order. When a price changed since the cart showed it, the
    answer is `price-changed`, the cart shows the new price, and checking out again says yes to it."""
    wanted = checkout.CheckoutRequest(
        clean_email(data.email) if data.email is not None else None,
        data.success_url or f"{rules.base_url}/checkout/done",
        data.cancel_url or f"{rules.base_url}/cart",
        idempotent.intent_key,
        language,
    )
    whom = identity.person_id or network_of(request)
    await limits.spend(money.database, checkout.CHECKOUT.of(whom))
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
        rows = [await orders.find(session, order_id) for order_id in urls]
        opened = [show(OrderOpened, row, **facts_of(row, lines[row.id]), checkout_url=urls[row.id]) for row in rows]
        return Reply(201, CheckedOut(opened))

    async def withdraw(session: Session) -> None:
        for opening in refused:
            await checkout.withdraw(session, opening, because=gettext("the provider refused the pay page"))

    async def open_pages() -> Response[CheckedOut]:
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
    except PriceChanged as changed:
        raise await _show_new_prices(money.database, buyer, changed) from None


async def _show_new_prices(database: Database, buyer: CartOwner, changed: PriceChanged) -> Problem:
    """The cart keeps today's prices, so that checking out again says yes to them."""
    async with database.write("checkout") as session:
        await carts.reprice(session, await carts.ready(session, buyer))
    said = [
        {
            "product_id": str(one.product_id),
            "title": one.title,
            "old_minor": one.old.minor,
            "old_currency": one.old.currency,
            "new_minor": one.new.minor,
            "new_currency": one.new.currency,
        }
        for one in changed.changes
    ]
    return Problem(PRICE_CHANGED, message_of(changed), changes=said)
