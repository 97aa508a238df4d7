"""Checkout: from the cart to the provider's pay page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from litestar import Response
from msgspec import Meta, Struct

from veza.accounts.people import clean_email
from veza.accounts.permissions import Permission
from veza.api.market.buyers import by_cart
from veza.api.market.orders import ORDER_EXAMPLE, OrderResponse, facts_of
from veza.api.operations import write
from veza.api.shapes import Url, show
from veza.http import checking_out
from veza.http.checking_out import OpenedOrder
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
from veza.http.problems import BAD_AMOUNT, CONFLICT, RATE_LIMITED, Problem
from veza.http.requests import DoorRequest
from veza.http.words import EMAIL
from veza.kit.messages import message_of
from veza.market import checkout
from veza.market.cart import CartOwner
from veza.market.checkout import PriceChanged
from veza.market.consent import TEXTS
from veza.market.rules import MarketRules
from veza.money.facade import Money

TAG = "orders"

Email = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=EMAIL,
        description="Where the link to what was bought goes.",
    ),
]
Consent = Annotated[
    Literal["withdrawal-1"],
    Meta(
        description="The buyer was shown this wording and agreed to it: “"
        f"{TEXTS['withdrawal-1'].template}” It is kept with its time, and the mail about the purchase confirms it. "
        "Sellers of digital things in the European Union need it; without it the right of withdrawal stays.",
    ),
]


class CheckoutRequest(Struct, forbid_unknown_fields=True):
    """How to check out. Who is not signed in gives `email`; the addresses are Veza's own pages without them."""

    email: Email | None = None
    consent: Consent | None = None
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
        consent=data.consent,
    )
    try:
        return await checking_out.check_out(request, buyer, wanted, idempotent, money, rules, _opened)
    except PriceChanged as changed:
        raise _new_prices(changed) from None


def _opened(opened: Sequence[OpenedOrder]) -> Reply:
    return Reply(
        201,
        CheckedOut(
            [
                show(OrderOpened, one.order, **facts_of(one.order, one.lines), checkout_url=one.checkout_url)
                for one in opened
            ]
        ),
    )


def _new_prices(changed: PriceChanged) -> Problem:
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
