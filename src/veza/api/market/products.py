"""Products: look at what is sold; an artist's people set prices."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.market.filters import OfArtist, OfCurrency, OfKind, OfRelease, OfReleaseKind, currency_of
from veza.api.operations import listing, read, write
from veza.api.shapes import CurrencyCode
from veza.catalog import acting
from veza.http.endpoints import AnswerLanguage
from veza.http.errors.market import PRODUCT_EXISTS
from veza.http.paging import ListingPage, Page, PageRequest
from veza.http.problems import BAD_AMOUNT, NOT_FOUND
from veza.http.whole_request import one_fault
from veza.kit.database import Session
from veza.kit.messages import gettext, render
from veza.library.grants import ItemKind
from veza.market import listings, products
from veza.market.products import Offer, PriceChange, PriceDraft, Pricing
from veza.market.rules import MarketRules

TAG = "products"
OfPricing = Annotated[Literal["fixed", "minimum", "free"] | None, QueryParameter(description="Only at such a price.")]
Price = Annotated[int, Meta(ge=0, description="Whole minor units of `currency`; 0 for what is free.")]


class ProductDraft(Struct, forbid_unknown_fields=True):
    """A release or a track to be sold. `currency` is the artist's: named or not, no other is taken."""

    kind: ItemKind
    item_id: UUID
    pricing: Pricing
    price_minor: Price
    currency: CurrencyCode | None = None
    on_sale: bool = True


class ProductChange(Struct, forbid_unknown_fields=True):
    """What shall be different; the rest stays. A price is set in the artist's currency: where that was changed since
    this one was set, name `price_minor` and `currency` together."""

    pricing: Pricing | UnsetType = UNSET
    price_minor: Price | UnsetType = UNSET
    currency: CurrencyCode | UnsetType = UNSET
    on_sale: bool | UnsetType = UNSET


class ProductResponse(Struct, frozen=True):
    """A product: `fixed` costs `price_minor`, `minimum` at least that, `free` nothing. `refusal` says why it cannot
    be bought now."""

    id: UUID
    artist_id: UUID
    artist: str
    kind: ItemKind
    item_id: UUID
    release_id: UUID
    release_kind: str
    title: str
    pricing: Pricing
    price_minor: int
    currency: str
    on_sale: bool
    refusal: str | None
    created_at: datetime
    updated_at: datetime


WANTED_EXAMPLE = {
    "kind": "release",
    "item_id": "01890000-0000-7000-8000-000000000021",
    "pricing": "minimum",
    "price_minor": 700,
}
PRODUCT_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-000000000022",
    "artist_id": "01890000-0000-7000-8000-000000000020",
    "artist": "Anna Berg",
    "kind": "release",
    "item_id": "01890000-0000-7000-8000-000000000021",
    "release_id": "01890000-0000-7000-8000-000000000021",
    "release_kind": "album",
    "title": "Blue Hours",
    "pricing": "minimum",
    "price_minor": 700,
    "currency": "EUR",
    "on_sale": True,
    "refusal": None,
    "created_at": "2026-01-02T10:30:00Z",
    "updated_at": "2026-01-02T10:30:00Z",
}


def shown(offer: Offer, language: str) -> ProductResponse:
    """An offer in the shape of this door; why it cannot be bought, in `language`."""
    product, refusal = offer.product, offer.refusal
    return ProductResponse(
        id=product.id,
        artist_id=product.artist_id,
        artist=offer.artist.name,
        kind=ItemKind(product.kind),
        item_id=product.item_id,
        release_id=product.release_id,
        release_kind=offer.release.kind,
        title=offer.title,
        pricing=Pricing(product.pricing),
        price_minor=product.price_minor,
        currency=product.currency,
        on_sale=product.on_sale,
        refusal=None if refusal is None else render(refusal, language),
        created_at=product.created_at,
        updated_at=product.updated_at,
    )


@listing(
    "/products",
    operation="listProducts",
    summary="List products",
    permission=Permission.BROWSE,
    sorts=listings.PRODUCT_SORTS,
    gives=(ProductResponse, "A page, newest first.", PRODUCT_EXAMPLE),
)
async def list_products(
    session: Session,
    page_request: PageRequest,
    language: AnswerLanguage,
    artist: OfArtist = None,
    release: OfRelease = None,
    release_kind: OfReleaseKind = None,
    kind: OfKind = None,
    pricing: OfPricing = None,
    currency: OfCurrency = None,
) -> Page[ProductResponse]:
    """Everything that can be bought now. By price it is sorted within one currency: name it."""
    filters: dict[str, Any] = {
        "artist_id": artist, "release_id": release, "release_kind": release_kind, **_filters(kind, pricing, currency),
    }  # fmt: skip
    page = _page(page_request, "products", filters)
    rows = await listings.products(session, page.slice, **filters)
    return page.filled(rows, lambda row: shown(row, language))


@read(
    "/products/{product_id:uuid}",
    operation="showProduct",
    summary="Show a product",
    permission=Permission.BROWSE,
    gives=(ProductResponse, "The product.", PRODUCT_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_product(
    session: Session, product_id: UUID, identity: Identity, language: AnswerLanguage
) -> ProductResponse:
    """One product; what is not published is there for its artist's people only."""
    offer = await products.find(session, product_id)
    if not offer.is_public and not await acting.acts_for(session, offer.artist.id, identity):
        raise products.UnknownProduct(product_id)
    return shown(offer, language)


@listing(
    "/artists/{artist_id:uuid}/products",
    operation="listArtistsProducts",
    summary="List an artist's own products",
    permission=Permission.SELL,
    sorts=listings.OWN_PRODUCT_SORTS,
    gives=(ProductResponse, "A page, newest first.", PRODUCT_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def list_own_products(
    session: Session,
    artist_id: UUID,
    page_request: PageRequest,
    identity: Identity,
    language: AnswerLanguage,
    kind: OfKind = None,
    pricing: OfPricing = None,
    currency: OfCurrency = None,
    on_sale: Annotated[bool | None, QueryParameter(description="Only what is on sale, or off it.")] = None,
) -> Page[ProductResponse]:
    """For an artist's people: every product, those off sale or of unpublished releases included."""
    filters = {**_filters(kind, pricing, currency), "on_sale": on_sale}
    page = _page(page_request, f"products of {artist_id}", filters)
    await acting.artist_for(session, artist_id, identity)
    rows = await listings.products(session, page.slice, artist_id=artist_id, is_public=False, **filters)
    return page.filled(rows, lambda row: shown(row, language))


def _filters(kind: str | None, pricing: str | None, currency: str | None) -> dict[str, Any]:
    return {"kind": kind, "pricing": pricing, "currency": currency_of(currency)}


def _page(page_request: PageRequest, listing: str, filters: dict[str, Any]) -> ListingPage:
    if page_request.sort in listings.BY_PRICE and filters["currency"] is None:
        raise one_fault("query", "currency", gettext("is missing: prices in two currencies have no order"))
    return page_request.of(listing, filters)


@write.post(
    "/artists/{artist_id:uuid}/products",
    operation="createProduct",
    summary="Put a price on a release or track",
    permission=Permission.SELL,
    body=WANTED_EXAMPLE,
    gives=(201, ProductResponse, "The product.", PRODUCT_EXAMPLE),
    location="/api/v1/products/{shown.id}",
    problems=(NOT_FOUND, PRODUCT_EXISTS, BAD_AMOUNT),
)
async def create_product(
    session: Session,
    artist_id: UUID,
    data: ProductDraft,
    identity: Identity,
    rules: MarketRules,
    language: AnswerLanguage,
) -> ProductResponse:
    """Makes a release or track of the artist a product. It can be bought once its release is published and it is on
    sale; what is sold before the artist has an account at the payment provider waits for it."""
    artist = await acting.artist_for(session, artist_id, identity)
    price = PriceDraft(data.pricing, data.price_minor, data.currency or artist.currency)
    product = await products.create(session, artist, data.kind, data.item_id, price, on_sale=data.on_sale, rules=rules)
    offer = await products.find(session, product.id)
    return shown(offer, language)


async def _product_to_edit(
    session: Session, product_id: UUID, identity: Identity, language: AnswerLanguage
) -> ProductResponse:
    product = await products.lock(session, product_id)
    await acting.artist_for(session, product.artist_id, identity)
    return shown(await products.find(session, product.id), language)


@write.patch(
    "/products/{product_id:uuid}",
    operation="changeProduct",
    summary="Change a price, or take it off sale",
    permission=Permission.SELL,
    edits=_product_to_edit,
    body={"pricing": "fixed", "price_minor": 900},
    gives=(200, ProductResponse, "The product as it is now.", PRODUCT_EXAMPLE),
    problems=(NOT_FOUND, BAD_AMOUNT),
)
async def change_product(
    session: Session,
    product_id: UUID,
    data: ProductChange,
    identity: Identity,
    rules: MarketRules,
    language: AnswerLanguage,
) -> ProductResponse:
    """Carts that hold it are told at checkout; who has paid keeps what was paid for. Of two who change it at once the
    later one's wish stands."""
    product = await products.lock(session, product_id)
    artist = await acting.artist_for(session, product.artist_id, identity)
    price = PriceChange(
        None if data.pricing is UNSET else data.pricing,
        None if data.price_minor is UNSET else data.price_minor,
        None if data.currency is UNSET else data.currency,
    )
    on_sale = product.on_sale if data.on_sale is UNSET else data.on_sale
    await products.change(session, product, artist, price, on_sale=on_sale, rules=rules)
    return shown(await products.find(session, product_id), language)
