"""Who comes to the market's door: a person, the holder of a cart's token, or both just after signing in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

from litestar import Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import HeaderParameter

from veza.http.buyers import CART_COOKIE, cart_cookie, cart_token_of, keys_of_cart, take_along
from veza.http.endpoints import Around
from veza.http.errors.market import CART_TOKEN_MISSING
from veza.http.identity import identity_of
from veza.http.problems import Problem
from veza.http.whole_request import one_fault
from veza.kit.database import Database
from veza.kit.messages import gettext
from veza.kit.secret import new_secret
from veza.market.cart import CartOwner, looks_like_token
from veza.market.rules import MarketRules

HEADER = "X-Veza-Cart"

Body = TypeVar("Body")


async def _buyer(
    request: Request[Any, Any, Any],
    rules: NamedDependency[MarketRules],
    cart_token: Annotated[
        str | None,
        HeaderParameter(
            name=HEADER,
            max_length=200,
            description=f"Whose cart, without signing in; the cookie `{CART_COOKIE}` says the same.",
        ),
    ] = None,
) -> CartOwner:
    if cart_token is not None and not looks_like_token(cart_token):
        raise one_fault("header", HEADER, gettext("32 to 128 letters, digits, - or _, as GET /cart gives it"))
    return CartOwner(identity_of(request).person_id, cart_token or cart_token_of(request, rules.base_url))


BUYER_DEPENDENCY: dict[str, Any] = {"buyer": Provide(_buyer)}
"""Take `buyer: NamedDependency[CartOwner]`: the person, the holder of a cart's token, or both."""


def known(buyer: CartOwner) -> CartOwner:
    """The buyer, when there is a cart to speak of; raises Problem (cart-token-missing)."""
    if not buyer.has_cart:
        raise Problem(
            CART_TOKEN_MISSING, gettext("the request has no session and no cart token: GET /api/v1/cart gives one")
        )
    return buyer


def by_cart(buyer: CartOwner) -> str | None:
    """For `keyed`: a visitor's keys are those of the cart; raises Problem (cart-token-missing)."""
    return keys_of_cart(known(buyer))


@asynccontextmanager
async def _arrived(buyer: CartOwner, database: Database) -> AsyncIterator[CartOwner]:
    await take_along(database, buyer)
    yield buyer


ArrivedBuyer = Annotated[CartOwner, Around(_arrived)]
"""Take `buyer: ArrivedBuyer` to look at a cart: what the token's cart holds came into the person's before."""


def with_new_token(request: Request[Any, Any, Any], shown: Body, rules: MarketRules) -> Response[Body]:
    """The answer to who has no cart yet: with a token for one, in a header and a cookie."""
    token = new_secret()
    headers = {HEADER: token, "Cache-Control": "no-store"}
    return Response(shown, headers=headers, cookies=[cart_cookie(request, rules.base_url, token)])
