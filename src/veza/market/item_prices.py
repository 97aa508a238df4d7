"""The price of a release or track, whether it is its first one or another."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from veza.catalog.artists import Artist
from veza.kit.database import Session
from veza.library.grants import ItemKind
from veza.market import products
from veza.market.products import PriceChange, PriceDraft, Product
from veza.market.rules import MarketRules


async def of_item(session: Session, kind: ItemKind, item_id: UUID) -> Product | None:
    """The product of a release or track, on sale or not; None where it has no price yet."""
    mine = select(Product).where(Product.kind == kind.value, Product.item_id == item_id)
    return (await session.scalars(mine)).one_or_none()


async def set_price(
    session: Session, artist: Artist, kind: ItemKind, item_id: UUID, price: PriceDraft, *, on_sale: bool,
    rules: MarketRules,
) -> Product:  # fmt: skip
    """A price for what may have one already. Raises what `create` and `change` raise."""
    known = await of_item(session, kind, item_id)
    if known is None:
        return await products.create(session, artist, kind, item_id, price, on_sale=on_sale, rules=rules)
    wanted = PriceChange(price.pricing, price.price_minor, price.currency)
    locked = await products.lock(session, known.id)
    return await products.change(session, locked, artist, wanted, on_sale=on_sale, rules=rules)
