"""Carts: of a person, or of the holder of the cart's token."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Response
from msgspec import Meta, Struct

from veza.accounts.permissions import Permission
from veza.api.market.buyers import HEADER, ArrivedBuyer, by_cart, with_new_token
from veza.api.operations import read, write
from veza.http.endpoints import AnswerLanguage
from veza.http.errors.market import CART_FULL, CART_TOKEN_MISSING, NOT_FOR_SALE, OWNED_ALREADY
from veza.http.problems import BAD_AMOUNT, NOT_FOUND
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.messages import gettext, render
from veza.library.grants import ItemKind
from veza.market import cart as carts
from veza.market.cart import Cart, CartLine, CartOwner
from veza.market.products import Pricing
from veza.market.rules import MarketRules

TAG = "cart"


class CartItemDraft(Struct, forbid_unknown_fields=True):
    """A product to be put in; `amount_minor` is the buyer's own price where they name it."""

    product_id: UUID
    amount_minor: Annotated[int, Meta(ge=0, description="Whole minor units of the product's currency.")] | None = None


class OwnPrice(Struct, forbid_unknown_fields=True):
    """What the buyer will pay."""

    amount_minor: Annotated[int, Meta(ge=0, description="Whole minor units of the product's currency.")]


class CartItemResponse(Struct, frozen=True):
    """One thing in the cart as its buyer saw it. `now_minor` differs from `amount_minor` once the price changed;
    `refusal` says why it cannot be bought now, `licence` what may be done with it (a sample pack has one)."""

    product_id: UUID
    kind: ItemKind | None
    item_id: UUID | None
    release_id: UUID | None
    artist_id: UUID | None
    artist: str | None
    title: str | None
    pricing: Pricing
    price_minor: int
    amount_minor: int
    now_minor: int | None
    currency: str
    licence: str
    refusal: str | None


class Total(Struct, frozen=True):
    """What the things in one currency cost together: one payment."""

    currency: str
    amount_minor: int


class CartResponse(Struct, frozen=True):
    """The cart: its things in the order they were put in, and one total for each currency."""

    items: list[CartItemResponse]
    totals: list[Total]


ITEM_EXAMPLE: dict[str, Any] = {
    "product_id": "01890000-0000-7000-8000-000000000022",
    "kind": "release",
    "item_id": "01890000-0000-7000-8000-000000000021",
    "release_id": "01890000-0000-7000-8000-000000000021",
    "artist_id": "01890000-0000-7000-8000-000000000020",
    "artist": "Anna Berg",
    "title": "Blue Hours",
    "pricing": "minimum",
    "price_minor": 700,
    "amount_minor": 900,
    "now_minor": 900,
    "currency": "EUR",
    "licence": "",
    "refusal": None,
}
CART_EXAMPLE = {"items": [ITEM_EXAMPLE], "totals": [{"currency": "EUR", "amount_minor": 900}]}
WANTED_EXAMPLE = {"product_id": "01890000-0000-7000-8000-000000000022", "amount_minor": 900}


def cart_shown(held: list[CartLine], language: str) -> CartResponse:
    """A cart in the shape of this door; why something cannot be bought, in `language`."""
    totals: dict[str, int] = {}
    for one in held:
        totals[one.item.currency] = totals.get(one.item.currency, 0) + one.item.amount_minor
    return CartResponse(
        [_item(one, language) for one in held], [Total(currency, minor) for currency, minor in totals.items()]
    )


def _item(held: CartLine, language: str) -> CartItemResponse:
    item, offer = held.item, held.offer
    refusal = offer.refusal if offer else gettext("it is gone")
    return CartItemResponse(
        product_id=item.product_id,
        kind=ItemKind(offer.product.kind) if offer else None,
        item_id=offer.product.item_id if offer else None,
        release_id=offer.product.release_id if offer else None,
        artist_id=offer.artist.id if offer else None,
        artist=offer.artist.name if offer else None,
        title=offer.title if offer else None,
        pricing=Pricing(item.pricing),
        price_minor=item.price_minor,
        amount_minor=item.amount_minor,
        now_minor=carts.amount_now(item, offer).minor if offer else None,
        currency=item.currency,
        licence=offer.licence if offer else "",
        refusal=None if refusal is None else render(refusal, language),
    )


async def _shown(session: Session, cart: Cart, language: str) -> CartResponse:
    return cart_shown(await carts.contents(session, cart), language)


@read(
    "/cart",
    operation="showCart",
    summary="Show the cart",
    permission=Permission.BUY,
    gives=(CartResponse, f"The cart; `{HEADER}` has a new token where none was sent.", CART_EXAMPLE),
)
async def show_cart(
    session: Session, request: DoorRequest, buyer: ArrivedBuyer, rules: MarketRules, language: AnswerLanguage
) -> Response[CartResponse]:
    """The person's cart, or the token's. Who has signed in since finds what they put in before in their own. Who is
    not signed in and sends no token gets one, in a header and a cookie: nothing is kept of it before something is put
    in."""
    shown = cart_shown(await carts.contents(session, await carts.find(session, buyer)), language)
    return Response(shown) if buyer.has_cart else with_new_token(request, shown, rules)


@write.post(
    "/cart/items",
    operation="addToCart",
    summary="Put a product in the cart",
    permission=Permission.BUY,
    keyed=by_cart,
    body=WANTED_EXAMPLE,
    gives=(200, CartResponse, "The cart.", CART_EXAMPLE),
    problems=(CART_TOKEN_MISSING, NOT_FOUND, NOT_FOR_SALE, OWNED_ALREADY, CART_FULL, BAD_AMOUNT),
)
async def add_item(session: Session, data: CartItemDraft, buyer: CartOwner, language: AnswerLanguage) -> CartResponse:
    """The same product is in a cart once; what one owns, or gets with a release in the cart, is refused. Putting it in
    again names another own price."""
    cart = await carts.ready(session, buyer)
    await carts.add(session, cart, buyer, data.product_id, data.amount_minor)
    return await _shown(session, cart, language)


@write.patch(
    "/cart/items/{product_id:uuid}",
    operation="nameOwnPrice",
    summary="Name one's own price",
    permission=Permission.BUY,
    keyed=by_cart,
    body={"amount_minor": 1200},
    gives=(200, CartResponse, "The cart.", CART_EXAMPLE),
    problems=(CART_TOKEN_MISSING, NOT_FOUND, NOT_FOR_SALE, BAD_AMOUNT),
)
async def change_item(
    session: Session, product_id: UUID, data: OwnPrice, buyer: CartOwner, language: AnswerLanguage
) -> CartResponse:
    """For a product with a minimum: what the buyer will pay, at least the minimum."""
    cart = await carts.ready(session, buyer)
    await carts.name_price(session, cart, product_id, data.amount_minor)
    return await _shown(session, cart, language)


@write.delete(
    "/cart/items/{product_id:uuid}",
    operation="removeFromCart",
    summary="Take a product out of the cart",
    permission=Permission.BUY,
    keyed=by_cart,
    gives=(200, CartResponse, "The cart.", CART_EXAMPLE),
    problems=(CART_TOKEN_MISSING, NOT_FOUND),
)
async def remove_item(session: Session, product_id: UUID, buyer: CartOwner, language: AnswerLanguage) -> CartResponse:
    """What is not in the cart is out of it: that is no error."""
    cart = await carts.ready(session, buyer)
    await carts.remove(session, cart, product_id)
    return await _shown(session, cart, language)


@write.post(
    "/cart/merge",
    operation="mergeCarts",
    summary="Take along the cart of before signing in",
    permission=Permission.OWN_ORDERS,
    keyed=by_cart,
    gives=(200, CartResponse, "The person's cart.", CART_EXAMPLE),
    problems=(CART_TOKEN_MISSING,),
)
async def merge_carts(session: Session, buyer: CartOwner, language: AnswerLanguage) -> CartResponse:
    """Moves what the token's cart holds into the person's, and lets an order begun there go on as the person's. What
    they own, or have in the cart, stays out. Looking at the cart does it too, and every change of it."""
    return await _shown(session, await carts.ready(session, buyer), language)
