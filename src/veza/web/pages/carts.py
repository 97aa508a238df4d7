"""The cart: one payment for each currency, and who gets what."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.http.buyers import cart_cookie
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.ids import id_of
from veza.kit.messages import gettext
from veza.kit.money import Amount
from veza.kit.secret import new_secret
from veza.market import cart as carts
from veza.market import consent, products
from veza.market.cart import CartLine, CartOwner, NotInCart
from veza.market.products import Offer, Pricing
from veza.market.rules import MarketRules
from veza.web.answers import Form, See, Shown
from veza.web.buyers import Buyer
from veza.web.buying import typed_amount
from veza.web.cart_payments import shown_cart
from veza.web.declared import form, page
from veza.web.words import units


@page("/cart", permission=Permission.BUY)
async def cart_page(
    session: Session, request: DoorRequest, buyer: Buyer, form: Form, rules: NamedDependency[MarketRules]
) -> Shown:
    """What is in the cart, by currency. `first` names the currency to pay first, `canceled` says that the provider's
    page was left without paying, `undo` and `amount` what was taken out last."""
    asked = request.query_params
    held = await carts.contents(session, await carts.find(session, buyer))
    first = form.value("currency", asked.get("first", ""))[:3].upper()
    return Shown(
        "cart.html",
        cart=await shown_cart(session, held, rules, first),
        was_canceled="canceled" in asked,
        taken_out=await _taken_out(session, asked.get("undo", ""), held),
        taken_amount=asked.get("amount", "")[:20],
        refund_days=rules.refund_window.days,
        consent=consent.TEXTS[consent.CURRENT],
        key=str(session.new_id()),
    )


@form("/cart/{product_id:uuid}", permission=Permission.BUY, shows=cart_page)
async def add_to_cart(
    session: Session, request: DoorRequest, product_id: UUID, identity: Identity, buyer: Buyer, form: Form,
    rules: NamedDependency[MarketRules],
) -> See:  # fmt: skip
    """Put a product in, at its price or one's own. `then` says whether to go to the cart or back to the product."""
    new = None if buyer.cart_token is not None or identity.person_id is not None else new_secret()
    owner = CartOwner(buyer.person_id, buyer.cart_token or new)
    offer = await products.find(session, product_id)
    cart = await carts.ready(session, owner)
    await carts.add(session, cart, owner, product_id, typed_amount(form, offer.product))
    cookies = [cart_cookie(request, rules.base_url, new)] if new is not None else []
    if form.value("then") == "cart":
        return See("/cart", cookies=cookies)
    back = f"/tracks/{offer.track.id}" if offer.track is not None else f"/releases/{offer.release.id}"
    return See(back, gettext("“{title}” is in your cart.", title=offer.title), cookies)


@form("/cart/{product_id:uuid}/price", permission=Permission.BUY, shows=cart_page)
async def name_price(session: Session, product_id: UUID, buyer: Buyer, form: Form) -> See:
    """Name another price of one's own for what is in the cart."""
    offer = await products.find(session, product_id)
    minor = typed_amount(form, offer.product)
    if minor is None or not buyer.has_cart:
        raise NotInCart(product_id)
    await carts.name_price(session, await carts.ready(session, buyer), product_id, minor)
    named = Amount(minor, offer.product.currency)
    return See("/cart", gettext("You pay {amount} for “{title}”.", amount=named, title=offer.title))


@form("/cart/{product_id:uuid}/remove", permission=Permission.BUY, shows=cart_page)
async def take_out(session: Session, product_id: UUID, buyer: Buyer) -> See:
    """Take a product out; the next page offers to put it back."""
    cart = await carts.find(session, buyer)
    line = next((one for one in await carts.contents(session, cart) if one.item.product_id == product_id), None)
    if line is None:
        return See("/cart")
    await carts.remove(session, await carts.ready(session, buyer), product_id)
    if line.offer is None:
        return See("/cart", gettext("It is out of your cart."))
    undo = {"undo": str(product_id)}
    if line.item.pricing == Pricing.MINIMUM:
        undo["amount"] = units(line.item.amount_minor, line.item.currency)
    return See(f"/cart?{urlencode(undo)}", gettext("“{title}” is out of your cart.", title=line.offer.title))


async def _taken_out(session: Session, wanted: str, held: list[CartLine]) -> Offer | None:
    """What was taken out and can be put back."""
    product_id = id_of(wanted)
    if product_id is None:
        return None
    offer = (await products.offers(session, [product_id])).get(product_id)
    is_in = any(one.item.product_id == product_id for one in held)
    return offer if offer is not None and offer.refusal is None and not is_in else None
