"""The cart of a buyer who has not signed in: a token in a cookie, the same for the API and for pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from veza.http.host_cookies import HostCookie
from veza.market.tokens import looks_like_token

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
