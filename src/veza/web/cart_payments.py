"""A cart as its pages show it: one payment for each currency, and who gets what of each.

Prices are today's. What changed since it was put in is told beside its line, and what cannot be bought any more stands
apart: the buyer who pays has seen both (`seen`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from veza.catalog import listings
from veza.kit.database import Session
from veza.kit.money import Amount
from veza.kit.rows import Found
from veza.market import cart as carts
from veza.market.cart import CartItem, CartLine
from veza.market.products import Offer, Pricing
from veza.market.rules import MarketRules
from veza.money.payments import fee_of

BAR_UNITS = 1_000
"""How wide the bar of a payment is drawn."""
GAP_UNITS = 8
"""Between two parts of the bar."""


@dataclass(frozen=True, slots=True)
class CartRow:
    """A line that can be bought. `was` is the amount as the buyer saw it last, None where it is the same."""

    item: CartItem
    offer: Offer
    card: Found | None
    now: Amount
    was: Amount | None

    @property
    def is_named(self) -> bool:
        """Whether its buyer names the price."""
        return self.offer.product.pricing == Pricing.MINIMUM

    @property
    def address(self) -> str:
        """The page of what it is."""
        track = self.offer.track
        return f"/tracks/{track.id}" if track is not None else f"/releases/{self.offer.release.id}"


@dataclass(frozen=True, slots=True)
class Part:
    """What one artist gets of a payment, and where it is in the bar."""

    artist: str
    palette_hash: str | None
    minor: int
    left: int
    width: int


@dataclass(frozen=True, slots=True)
class CartPayment:
    """All lines of one currency, which are paid together."""

    currency: str
    rows: Sequence[CartRow]
    total_minor: int
    parts: Sequence[Part]
    fee_minor: int
    fee_left: int


@dataclass(frozen=True, slots=True)
class CartView:
    """The payments in the order in which they are offered, and the lines whose product is gone."""

    payments: Sequence[CartPayment]
    gone: Sequence[CartLine]
    seen: str
    """Another for other things or prices: a form that says it back was sent by who saw these."""

    @property
    def count(self) -> int:
        """Things that can be bought."""
        return sum(len(one.rows) for one in self.payments)


async def shown_cart(
    session: Session, held: Sequence[CartLine], rules: MarketRules, first: str | None = None
) -> CartView:
    """The cart with its covers; the payment in the currency `first` comes first."""
    buyable = [(one, one.offer) for one in held if one.offer is not None and one.offer.refusal is None]
    cards = await listings.release_cards(session, {offer.release.id for _, offer in buyable})
    groups: dict[str, list[CartRow]] = {}
    for one, offer in buyable:
        now, was = carts.amount_now(one.item, offer), Amount(one.item.amount_minor, one.item.currency)
        row = CartRow(one.item, offer, cards.get(offer.release.id), now, was if was != now else None)
        groups.setdefault(now.currency, []).append(row)
    payments = [_payment(currency, rows, rules) for currency, rows in groups.items()]
    payments.sort(key=lambda one: one.currency != first)
    gone = [one for one in held if one.offer is None or one.offer.refusal is not None]
    return CartView(payments, gone, seen_of(held))


def seen_of(held: Sequence[CartLine]) -> str:
    """What a form says of the cart that was shown with it."""
    lines = sorted((str(one.item.product_id), str(_now(one))) for one in held)
    return hashlib.sha256(repr(lines).encode()).hexdigest()[:32]


def _now(one: CartLine) -> Amount | None:
    is_gone = one.offer is None or one.offer.refusal is not None
    return None if is_gone or one.offer is None else carts.amount_now(one.item, one.offer)


def _payment(currency: str, rows: Sequence[CartRow], rules: MarketRules) -> CartPayment:
    shares: dict[UUID, int] = {}
    named: dict[UUID, CartRow] = {}
    fees = 0
    for row in rows:
        artist = row.offer.artist
        fee = fee_of(row.now.minor, rules.fee_bps if artist.fee_bps is None else artist.fee_bps, currency)
        shares[artist.id] = shares.get(artist.id, 0) + row.now.minor - fee
        named.setdefault(artist.id, row)
        fees += fee
    total = sum(row.now.minor for row in rows)
    parts, left = _parts(shares, named, total)
    return CartPayment(currency, rows, total, parts, fees, left)


def _parts(shares: Mapping[UUID, int], named: Mapping[UUID, CartRow], total: int) -> tuple[list[Part], int]:
    parts: list[Part] = []
    sum_minor = left = 0
    for artist_id, minor in shares.items():
        row, sum_minor = named[artist_id], sum_minor + minor
        end = BAR_UNITS * sum_minor // total if total else 0
        palette = row.card.palette_hash if row.card is not None else None
        parts.append(Part(row.offer.artist.name, palette, minor, left, max(0, end - left - GAP_UNITS)))
        left = end
    return parts, left
