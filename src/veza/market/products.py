"""Products: a release or a track with its price, and whether it is on sale."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.catalog import visibility
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.catalog.visibility import HIDDEN_ITSELF
from veza.kit.database import Base, Session
from veza.kit.field_faults import FieldChecks
from veza.kit.messages import Message, gettext
from veza.kit.money import Amount, BadAmount, chargeable, known_currency
from veza.kit.outbox import publish
from veza.library.grants import ItemKind
from veza.market.rules import MarketRules
from veza.money import sellers

OFF_SALE = "product.off_sale"
"""Published with `product_id`: pay pages on which it is sold are closed after it."""
CHANGED = "product.changed"
"""Published with `kind` and `item_id` when a release or track has another price, or goes on or off sale."""


class Pricing(StrEnum):
    """The kind of a price: fixed, at least so much (“name your price”), or free."""

    FIXED = "fixed"
    MINIMUM = "minimum"
    FREE = "free"


class Product(Base):
    """What is sold: `item_id` is a release's or a track's; `release_id` is the release itself, or the track's."""

    __tablename__ = "products"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    artist_id: Mapped[UUID]
    kind: Mapped[str]
    item_id: Mapped[UUID]
    release_id: Mapped[UUID]
    pricing: Mapped[str]
    price_minor: Mapped[int]
    currency: Mapped[str]
    on_sale: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind IN ('release', 'track')", name="kind_known"),
        CheckConstraint("pricing IN ('fixed', 'minimum', 'free')", name="pricing_known"),
        CheckConstraint("price_minor >= 0", name="price_sane"),
        Index("uq_products_item", "kind", "item_id", unique=True),
        Index(None, "artist_id", "id"),
        Index(None, "release_id"),
        Index(None, "currency", "price_minor", "id"),
    )


@dataclass(frozen=True, slots=True)
class PriceDraft:
    """A price as an artist sets it: minor units of `currency`; the least one may pay where buyers name the price."""

    pricing: Pricing
    price_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class PriceChange:
    """The fields of a price to change; None leaves a field as it is."""

    pricing: Pricing | None = None
    price_minor: int | None = None
    currency: str | None = None


class UnknownProduct(LookupError):
    """No such product, or not one that this buyer may see."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no product {wanted}", wanted=wanted))


class UnknownItem(LookupError):
    """The release or track is not there, or not this artist's."""

    def __init__(self, kind: str, item_id: UUID) -> None:
        super().__init__(gettext("this artist has no {kind} {item_id}", kind=kind, item_id=item_id))


class ProductExists(Exception):
    """The release or track has a product already: change that one."""

    def __init__(self, kind: str, item_id: UUID) -> None:
        super().__init__(gettext("{kind} {item_id} has a product already: change that one", kind=kind, item_id=item_id))


class NotForSale(Exception):
    """The product cannot be bought now; says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A product with its release or track, as both are now."""

    product: Product
    release: Release
    artist: Artist
    track: Track | None
    track_is_hidden: bool = False

    @property
    def title(self) -> str:
        return self.track.title if self.track is not None else self.release.title

    @property
    def licence(self) -> str:
        """The licence of its sample pack; empty for other releases."""
        return self.release.licence

    @property
    def title_key(self) -> str:
        """What the title is sorted by."""
        return self.track.title_key if self.track is not None else self.release.title_key

    @property
    def refusal(self) -> Message | None:
        """Why the product cannot be bought now; None if it can."""
        if not self.product.on_sale:
            return gettext("“{title}” by {artist} is not on sale", title=self.title, artist=self.artist.name)
        return self.gone

    @property
    def gone(self) -> Message | None:
        """Why the product is gone; None if it is not. A product that is only off sale is not gone."""
        if self.product.kind == ItemKind.TRACK and self.track is None:
            return gettext(
                "a track of “{release}” by {artist} is gone", release=self.release.title, artist=self.artist.name
            )
        if not self.is_public:
            return gettext("“{title}” by {artist} is not published now", title=self.title, artist=self.artist.name)
        return None

    @property
    def is_hidden(self) -> bool:
        """Whether a moderator hid its track, release or artist."""
        return self.track_is_hidden or visibility.release_is_hidden(self.release, self.artist)

    @property
    def is_public(self) -> bool:
        """Whether its release or track is public."""
        return visibility.release_is_public(self.release, self.artist) and not self.track_is_hidden


OFFERS = (
    select(Product, Release, Artist, Track, HIDDEN_ITSELF)
    .join(Release, Release.id == Product.release_id)
    .join(Artist, Artist.id == Product.artist_id)
    .outerjoin(Track, and_(Product.kind == "track", Track.id == Product.item_id))
    .execution_options(populate_existing=True)
)


async def offers(session: Session, product_ids: Collection[UUID]) -> dict[UUID, Offer]:
    """These products with their releases or tracks, in one statement; a product without a release is left out."""
    if not product_ids:
        return {}
    rows = await session.execute(OFFERS.where(Product.id.in_(list(product_ids))))
    return {row[0].id: Offer(*row) for row in rows}


async def find(session: Session, product_id: UUID) -> Offer:
    """One product as it stands; raises UnknownProduct."""
    offer = (await offers(session, [product_id])).get(product_id)
    if offer is None:
        raise UnknownProduct(product_id)
    return offer


async def for_sale_with(session: Session, release_id: UUID, track_id: UUID) -> list[Offer]:
    """The products on sale that hold a track: the track alone, then its whole release."""
    of_both = OFFERS.where(
        Product.release_id == release_id, or_(Product.kind == "release", Product.item_id == track_id)
    )
    found = [Offer(*row) for row in await session.execute(of_both)]
    return sorted((one for one in found if one.refusal is None), key=lambda one: one.track is None)


async def on_sale(session: Session, kind: ItemKind, item_ids: Collection[UUID]) -> dict[UUID, Product]:
    """The products on sale of these releases or tracks, which are public: item → its product."""
    if not item_ids:
        return {}
    mine = select(Product).where(Product.kind == kind.value, Product.item_id.in_(list(item_ids)), Product.on_sale)
    return {one.item_id: one for one in await session.scalars(mine)}


async def lock(session: Session, product_id: UUID) -> Product:
    """The product, locked: the second of two changes at once sees the first. Raises UnknownProduct."""
    mine = select(Product).where(Product.id == product_id).with_for_update()
    row = (await session.scalars(mine)).one_or_none()
    if row is None:
        raise UnknownProduct(product_id)
    return row


async def create(
    session: Session, artist: Artist, kind: ItemKind, item_id: UUID, price: PriceDraft, *, on_sale: bool,
    rules: MarketRules,
) -> Product:  # fmt: skip
    """Put a price in the artist's currency on a release or a track of theirs; with it they become a seller.

    Raises UnknownItem, ProductExists, BadAmount. The money module knows the seller from here on; what is sold before
    they have an account at the provider waits for it.
    """
    checks, release_id = FieldChecks(), item_id
    with checks.field("item_id", also=(UnknownItem,)):
        release_id = await release_of(session, artist, kind, item_id)
    with checks.field():
        currency = _checked(price, artist, rules)
    checks.demand()
    dialect = postgresql if session.dialect == "postgresql" else sqlite
    row = {
        "id": session.new_id(), "artist_id": artist.id, "kind": kind.value, "item_id": item_id,
        "release_id": release_id, "pricing": price.pricing.value, "price_minor": price.price_minor,
        "currency": currency, "on_sale": on_sale, "created_at": session.now, "updated_at": session.now,
    }  # fmt: skip
    new = dialect.insert(Product).values(row).on_conflict_do_nothing().returning(Product)
    made: Product | None = (await session.scalars(new)).one_or_none()
    if made is None:
        raise ProductExists(kind, item_id)
    await sellers.register(session, str(artist.id), artist.name, artist.country)
    await publish(session, CHANGED, {"kind": kind.value, "item_id": str(item_id)})
    return made


async def change(
    session: Session, product: Product, artist: Artist, price: PriceChange, *, on_sale: bool, rules: MarketRules
) -> Product:
    """Another price, or off and on sale. Raises BadAmount. Carts that hold it are told at checkout.

    A price stands in the currency it was set in until it is set anew, also when its artist sells in another one since.
    """
    new: dict[str, Any] = {"on_sale": on_sale}
    if price != PriceChange():
        wanted = _draft_of(product, artist, price)
        new |= {"currency": _checked(wanted, artist, rules)}
        new |= {"pricing": wanted.pricing.value, "price_minor": wanted.price_minor}
    elif on_sale:
        _settled(product.currency, rules)
    goes_off_sale = product.on_sale and not on_sale
    mine = update(Product).where(Product.id == product.id)
    await session.execute(mine.values(**new, updated_at=session.now))
    if goes_off_sale:
        await publish(session, OFF_SALE, {"product_id": str(product.id)})
    await publish(session, CHANGED, {"kind": product.kind, "item_id": str(product.item_id)})
    await session.refresh(product)
    return product


def _draft_of(product: Product, artist: Artist, price: PriceChange) -> PriceDraft:
    if product.currency != artist.currency and None in (price.price_minor, price.currency):
        # 900 yen are not 9.00 EUR: a number without its currency is refused, never guessed.
        raise BadAmount(
            gettext(
                "this price is in {currency} and {artist_name} sells in {own_currency} now: name the "
                "new price and its currency together",
                currency=product.currency,
                artist_name=artist.name,
                own_currency=artist.currency,
            )
        )
    return PriceDraft(
        Pricing(product.pricing) if price.pricing is None else price.pricing,
        product.price_minor if price.price_minor is None else price.price_minor,
        product.currency if price.currency is None else price.currency,
    )


def _checked(price: PriceDraft, artist: Artist, rules: MarketRules) -> str:
    """The currency of a price that can be set; raises BadAmount for everything that is wrong with it."""
    checks = FieldChecks()
    currency = artist.currency
    with checks.field("currency"):
        currency = known_currency(price.currency)
        if currency != artist.currency:
            raise BadAmount(
                gettext(
                    "{artist_name} sells in {currency}: a price in {wanted_currency} cannot be set, change "
                    "the artist's currency first",
                    artist_name=artist.name,
                    currency=artist.currency,
                    wanted_currency=currency,
                )
            )
        _settled(currency, rules)
    with checks.field("price_minor"):
        _chargeable(price, currency)
    checks.demand()
    return currency


def _chargeable(price: PriceDraft, currency: str) -> None:
    if price.pricing is Pricing.FREE:
        if price.price_minor:
            raise BadAmount(
                gettext("what is free has no price, this one has {price}", price=Amount(price.price_minor, currency))
            )
    elif price.pricing is Pricing.FIXED or price.price_minor:
        # Below it no pay page could be opened, for nothing else in the cart either.
        chargeable(price.price_minor, currency)


def _settled(currency: str, rules: MarketRules) -> None:
    if currency not in rules.currencies:
        raise BadAmount(
            gettext(
                "the platform does not settle in {currency}, only in {currencies}",
                currency=currency,
                currencies=", ".join(rules.currencies),
            )
        )


async def release_of(session: Session, artist: Artist, kind: ItemKind, item_id: UUID) -> UUID:
    if kind is ItemKind.RELEASE:
        found = select(Release.id).where(Release.id == item_id, Release.artist_id == artist.id)
    else:
        found = select(Track.release_id).where(Track.id == item_id, Track.artist_id == artist.id)
    release_id = await session.scalar(found)
    if release_id is None:
        raise UnknownItem(kind, item_id)
    return release_id
