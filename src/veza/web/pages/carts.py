"""The cart: one payment for each currency, and who gets what."""

from __future__ import annotations

from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.http.buyers import cart_cookie, cart_token_of
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.market import cart as carts
from veza.market import products
from veza.market.cart import CartLine, CartOwner
from veza.market.rules import MarketRules
from veza.market.tokens import new_token
from veza.web.answers import Form, See, Shown
from veza.web.buying import typed_amount
from veza.web.declared import form, page


@page("/cart", permission=Permission.BUY)
async def cart_page(
    session: Session, request: DoorRequest, identity: Identity, rules: NamedDependency[MarketRules]
) -> Shown:
    """What is in the cart, by currency."""
    owner = CartOwner(identity.person_id, cart_token_of(request, rules.base_url))
    held = await carts.contents(session, await carts.find(session, owner))
    return Shown("cart.html", groups=by_currency(held), fee_bps=rules.fee_bps)


@form("/cart/{product_id:uuid}", permission=Permission.BUY, shows=cart_page)
async def add_to_cart(
    session: Session, request: DoorRequest, product_id: UUID, identity: Identity, form: Form,
    rules: NamedDependency[MarketRules],
) -> See:  # fmt: skip
    """Put a product in, at its price or one's own. `then` says whether to go to the cart or back to the product."""
    token = cart_token_of(request, rules.base_url)
    new = None if token is not None or identity.person_id is not None else new_token()
    owner = CartOwner(identity.person_id, token or new)
    offer = await products.find(session, product_id)
    cart = await carts.ready(session, owner)
    await carts.add(session, cart, owner, product_id, typed_amount(form, offer.product))
    cookies = [cart_cookie(request, rules.base_url, new)] if new is not None else []
    if form.value("then") == "cart":
        return See("/cart", cookies=cookies)
    back = f"/tracks/{offer.track.id}" if offer.track is not None else f"/releases/{offer.release.id}"
    return See(back, gettext("“{title}” is in your cart.", title=offer.title), cookies)


@form("/cart/{product_id:uuid}/remove", permission=Permission.BUY, shows=cart_page)
async def take_out(
    session: Session, request: DoorRequest, product_id: UUID, identity: Identity, rules: NamedDependency[MarketRules]
) -> See:
    """Take a product out."""
    owner = CartOwner(identity.person_id, cart_token_of(request, rules.base_url))
    cart = await carts.find(session, owner)
    if cart is not None:
        await carts.remove(session, await carts.ready(session, owner), product_id)
    return See("/cart")


def by_currency(held: list[CartLine]) -> dict[str, list[CartLine]]:
    """Currency → its lines: each currency is a payment of its own."""
    groups: dict[str, list[CartLine]] = {}
    for line in held:
        groups.setdefault(line.item.currency, []).append(line)
    return groups
