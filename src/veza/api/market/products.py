"""Products: look at what is sold; an artist's people set prices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from veza.accounts.permissions import Permission
from veza.api.editing import editing
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.market.filters import OfArtist, OfCurrency, OfKind, OfRelease, OfReleaseKind, currency_of
from veza.api.market.problems import PRODUCT_EXISTS, SELLING_PROBLEMS
from veza.api.pagination import Page, PageRequest, Part, paged
from veza.api.problems import BAD_AMOUNT, FORBIDDEN, NOT_FOUND
from veza.api.shapes import EDIT_PROBLEMS, LIST_PROBLEMS, WRITE_PROBLEMS, CurrencyCode, answers, page_of
from veza.api.visitors import Visitor, needs
from veza.http.whole_request import one_fault
from veza.kit.database import Database, Session
from veza.library.grants import ItemKind
from veza.market import listings, products, sellers
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


def shown(offer: Offer) -> ProductResponse:
    """An offer in the shape of this door."""
    product = offer.product
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
        refusal=offer.refusal,
        created_at=product.created_at,
        updated_at=product.updated_at,
    )


def is_operator(visitor: Visitor) -> bool:
    """Operators may do for any artist what its own people may."""
    return visitor.may(Permission.MONEY)


@get(
    "/products",
    operation_id="listProducts",
    tags=[TAG],
    summary="List products",
    opt=needs(Permission.BROWSE),
    dependencies=paged(listings.PRODUCT_SORTS),
    responses=answers(200, Page[ProductResponse], "A page, newest first.", page_of(PRODUCT_EXAMPLE), *LIST_PROBLEMS),
)
async def list_products(
    page_request: NamedDependency[PageRequest],
    database: NamedDependency[Database],
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
    part = _part(page_request, "products", filters)
    async with database.read() as session:
        rows = await listings.products(session, part.slice, **filters)
    return part.page(rows, shown)


@get(
    "/products/{product_id:uuid}",
    operation_id="showProduct",
    tags=[TAG],
    summary="Show a product",
    opt=needs(Permission.BROWSE),
    responses=answers(200, ProductResponse, "The product.", PRODUCT_EXAMPLE, NOT_FOUND),
)
async def show_product(
    product_id: FromPath[UUID], database: NamedDependency[Database], visitor: NamedDependency[Visitor]
) -> ProductResponse:
    """One product; what is not published is there for its artist's people only."""
    async with database.read() as session:
        offer = await products.find(session, product_id)
        if offer.release.status != "published" or offer.is_hidden:
            try:
                await sellers.artist_for(session, offer.artist.id, visitor.person_id, is_operator=is_operator(visitor))
            except (sellers.NotTheirArtist, sellers.UnknownArtist):
                raise products.UnknownProduct(product_id) from None
    return shown(offer)


@get(
    "/artists/{artist_id:uuid}/products",
    operation_id="listArtistsProducts",
    tags=[TAG],
    summary="List an artist's own products",
    opt=needs(Permission.SELL),
    dependencies=paged(listings.OWN_PRODUCT_SORTS),
    responses=answers(
        200, Page[ProductResponse], "A page, newest first.", page_of(PRODUCT_EXAMPLE), *SELLING_PROBLEMS, *LIST_PROBLEMS
    ),
)
async def list_own_products(
    artist_id: FromPath[UUID],
    page_request: NamedDependency[PageRequest],
    database: NamedDependency[Database],
    visitor: NamedDependency[Visitor],
    kind: OfKind = None,
    pricing: OfPricing = None,
    currency: OfCurrency = None,
    on_sale: Annotated[bool | None, QueryParameter(description="Only what is on sale, or off it.")] = None,
) -> Page[ProductResponse]:
    """For an artist's people: every product, those off sale or of unpublished releases included."""
    filters = {**_filters(kind, pricing, currency), "on_sale": on_sale}
    part = _part(page_request, f"products of {artist_id}", filters)
    async with database.read() as session:
        await sellers.artist_for(session, artist_id, visitor.person_id, is_operator=is_operator(visitor))
        rows = await listings.products(session, part.slice, artist_id=artist_id, is_public=False, **filters)
    return part.page(rows, shown)


def _filters(kind: str | None, pricing: str | None, currency: str | None) -> dict[str, Any]:
    return {"kind": kind, "pricing": pricing, "currency": currency_of(currency)}


def _part(page_request: PageRequest, listing: str, filters: dict[str, Any]) -> Part:
    if page_request.sort in listings.BY_PRICE and filters["currency"] is None:
        raise one_fault("query", "currency", "is missing: prices in two currencies have no order")
    return page_request.of(listing, filters)


@post(
    "/artists/{artist_id:uuid}/products",
    operation_id="createProduct",
    tags=[TAG],
    summary="Put a price on a release or track",
    opt=needs(Permission.SELL),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        201, ProductResponse, "The product.", PRODUCT_EXAMPLE,
        *SELLING_PROBLEMS, PRODUCT_EXISTS, BAD_AMOUNT, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def create_product(
    artist_id: FromPath[UUID],
    data: Annotated[ProductDraft, BodyKwarg(examples=[Example(value=WANTED_EXAMPLE)])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    rules: NamedDependency[MarketRules],
) -> Response[ProductResponse]:
    """Makes a release or track of the artist a product. It can be bought once its release is published and it is on
    sale; what is sold before the artist has an account at the payment provider waits for it."""

    async def work(session: Session) -> Reply:
        artist = await sellers.artist_for(session, artist_id, visitor.person_id, is_operator=is_operator(visitor))
        price = PriceDraft(data.pricing, data.price_minor, data.currency or artist.currency)
        product = await products.create(
            session, artist, data.kind, data.item_id, price, on_sale=data.on_sale, rules=rules
        )
        offer = await products.find(session, product.id)
        return Reply(201, shown(offer), location=f"/api/v1/products/{product.id}")

    return await idempotent.run(work)


async def _product_to_edit(session: Session, path: Mapping[str, Any], visitor: Visitor) -> ProductResponse:
    product = await products.lock(session, path["product_id"])
    await sellers.artist_for(session, product.artist_id, visitor.person_id, is_operator=is_operator(visitor))
    return shown(await products.find(session, product.id))


@patch(
    "/products/{product_id:uuid}",
    operation_id="changeProduct",
    tags=[TAG],
    summary="Change a price, or take it off sale",
    opt=needs(Permission.SELL),
    dependencies=editing(_product_to_edit),
    responses=answers(
        200, ProductResponse, "The product as it is now.", PRODUCT_EXAMPLE,
        NOT_FOUND, FORBIDDEN, BAD_AMOUNT, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def change_product(
    product_id: FromPath[UUID],
    data: Annotated[ProductChange, BodyKwarg(examples=[Example(value={"pricing": "fixed", "price_minor": 900})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    rules: NamedDependency[MarketRules],
) -> Response[ProductResponse]:
    """Carts that hold it are told at checkout; who has paid keeps what was paid for. Of two who change it at once the
    later one's wish stands."""

    async def work(session: Session) -> Reply:
        product = await products.lock(session, product_id)
        artist = await sellers.artist_for(
            session, product.artist_id, visitor.person_id, is_operator=is_operator(visitor)
        )
        price = PriceChange(
            None if data.pricing is UNSET else data.pricing,
            None if data.price_minor is UNSET else data.price_minor,
            None if data.currency is UNSET else data.currency,
        )
        on_sale = product.on_sale if data.on_sale is UNSET else data.on_sale
        await products.change(session, product, artist, price, on_sale=on_sale, rules=rules)
        return Reply(200, shown(await products.find(session, product_id)))

    return await idempotent.run(work)
