"""What the box shows in which a release or a track is bought: the price, prices to choose from, and who gets what."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from veza.kit.amount import decimals
from veza.kit.database import Session
from veza.kit.money import BadAmount, typed
from veza.market import owned, products
from veza.market.products import Offer, Pricing, Product
from veza.market.rules import MarketRules
from veza.money.payments import fee_of
from veza.web.answers import Form

_SUGGESTED = 130
"""Percent of the least price that a buyer who names it is shown first; it may always be the least."""
_CHIPS = (130, 170, 250)
"""Percent of the least price that a click chooses, beside the least itself."""


async def offer_of(session: Session, product: Product | None) -> Offer | None:
    """The product with its release or track, if it can be bought."""
    if product is None:
        return None
    offer = (await products.offers(session, [product.id])).get(product.id)
    return offer if offer is not None and offer.refusal is None else None


async def is_owned(session: Session, person_id: UUID | None, offer: Offer | None) -> bool:
    """Whether the person has what is offered already."""
    return person_id is not None and offer is not None and bool(await owned.among(session, person_id, [offer]))


def buy_box(offer: Offer | None, rules: MarketRules, form: Form) -> dict[str, Any]:
    """The values of the template's box."""
    if offer is None:
        return {"offer": None}
    product = offer.product
    fee_bps = rules.fee_bps if offer.artist.fee_bps is None else offer.artist.fee_bps
    suggested = _suggested(product)
    chosen = _typed(form, product) or suggested
    fee = fee_of(chosen, fee_bps, product.currency)
    return {
        "offer": offer,
        "fee_bps": fee_bps,
        "suggested": suggested,
        "chips": _chips(product),
        "digits": decimals(product.currency),
        "share": chosen - fee,
        "fee": fee,
    }


def typed_amount(form: Form, product: Product) -> int | None:
    """The own price that was typed, in minor units; None where buyers do not name it. Raises BadAmount."""
    if product.pricing != Pricing.MINIMUM:
        return None
    return typed(form.value("amount"), product.currency).minor


def _typed(form: Form, product: Product) -> int | None:
    try:
        return typed_amount(form, product) if form.given else None
    except BadAmount:
        return None


def _suggested(product: Product) -> int:
    if product.pricing != Pricing.MINIMUM:
        return product.price_minor
    return _round(product.price_minor * _SUGGESTED // 100, product.currency) or _whole(5, product.currency)


def _chips(product: Product) -> list[int]:
    if not product.price_minor:
        return [_whole(one, product.currency) for one in (1, 5, 10, 20)]
    more = (_round(product.price_minor * one // 100, product.currency) for one in _CHIPS)
    return sorted({product.price_minor, *more})


def _round(minor: int, currency: str) -> int:
    """Up to a whole unit, so that a chip is a short number."""
    unit = _whole(1, currency)
    return -(-minor // unit) * unit


def _whole(units: int, currency: str) -> int:
    return units * int(10 ** decimals(currency))
