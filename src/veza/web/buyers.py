"""Who comes to the pages of a cart: a person, the holder of a cart's cookie, or both just after signing in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.http.buyers import cart_token_of, take_along
from veza.http.endpoints import Around
from veza.http.requests import DoorRequest
from veza.kit.database import Database
from veza.market.cart import CartOwner
from veza.market.rules import MarketRules


@asynccontextmanager
async def _arrived(
    request: DoorRequest, identity: Identity, rules: NamedDependency[MarketRules], database: NamedDependency[Database]
) -> AsyncIterator[CartOwner]:
    buyer = CartOwner(identity.person_id, cart_token_of(request, rules.base_url))
    await take_along(database, buyer)
    yield buyer


Buyer = Annotated[CartOwner, Around(_arrived)]
"""Take `buyer: Buyer` for a page of the cart: what the cookie's cart holds came into the person's before."""
