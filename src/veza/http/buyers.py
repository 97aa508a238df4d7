"""The cart of a buyer who has not signed in: a token in a cookie, the same for the API and for pages; and what becomes
of it once they have."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from veza.accounts.identity import actor_of
from veza.http.host_cookies import HostCookie
from veza.kit.database import Database
from veza.kit.secret import digest
from veza.market import cart as carts
from veza.market.cart import CartOwner, looks_like_token

Connection = ASGIConnection[Any, Any, Any, Any]

CART_COOKIE = "veza_cart"
CART_LASTS = timedelta(days=30)


def cart_token_of(connection: Connection, base_url: str) -> str | None:
    """The token in the cookie, if there is one that looks like ours."""
    token = HostCookie(CART_COOKIE, base_url).read(connection)
    return token if token is not None and looks_like_token(token) else None


def cart_cookie(connection: Connection, base_url: str, token: str) -> Cookie:
    """The cookie that keeps a cart."""
    return HostCookie(CART_COOKIE, base_url).make(connection, token, CART_LASTS)


def keys_of_cart(buyer: CartOwner) -> str | None:
    """The part of a visitor's idempotency keys that are those of the cart; None for a person, who has their own."""
    return None if buyer.person_id is not None else f"cart {digest(buyer.cart_token or '')[:16]}"


async def take_along(database: Database, buyer: CartOwner) -> None:
    """Before the cart of a person is looked at: what the token's cart holds comes into it.

    However they signed in, this is the first that the market sees of it. Nothing is written once it has come over.
    """
    if buyer.person_id is None or buyer.cart_token is None:
        return
    async with database.read() as session:
        waits = await carts.find(session, CartOwner(None, buyer.cart_token)) is not None
    if waits:
        async with database.write(actor_of(buyer.person_id)) as session:
            await carts.ready(session, buyer)
