"""The market's lists: products, orders, refund requests and batches of codes; each one statement, read in slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.catalog.visibility import VISIBLE_TRACK
from veza.kit.database import Session
from veza.kit.listing import Slice, Sort, by_age
from veza.kit.messages import Message
from veza.market.codes import BatchCount, CodeBatch, DownloadCode
from veza.market.orders import Order, OrderLine
from veza.market.products import OFFERS, Offer, Product
from veza.market.refund_requests import FAILED_BECAUSE, RefundRequest
from veza.money.refunds import Refund

PRODUCT_SORTS = {
    **by_age(Product.id, "product.id"),
    "cheapest": Sort(Product.id, Product.price_minor, key_of="product.price_minor", id_of="product.id"),
    "dearest": Sort(
        Product.id, Product.price_minor, is_descending=True, key_of="product.price_minor", id_of="product.id"
    ),
}
BY_PRICE = ("cheapest", "dearest")
"""Prices of two currencies have no order: these need the currency."""
OWN_PRODUCT_SORTS = {
    **PRODUCT_SORTS,
    # One artist's products are few enough to be sorted by what other tables hold.
    "title": Sort(
        Product.id, func.coalesce(Track.title_key, Release.title_key), key_of="title_key", id_of="product.id"
    ),
}
ORDER_SORTS = by_age(Order.id)
REQUEST_SORTS = by_age(RefundRequest.id, "request.id")
BATCH_SORTS = by_age(CodeBatch.id, "batch.id")


@dataclass(frozen=True, slots=True)
class ListedRequest:
    """A refund request with what it is about; `failed_because` is a sentence where its refund came to nothing."""

    request: RefundRequest
    line: OrderLine
    order: Order
    failed_because: Message | None


async def products(
    session: Session,
    page: Slice,
    *,
    artist_id: UUID | None = None,
    release_id: UUID | None = None,
    release_kind: str | None = None,
    kind: str | None = None,
    pricing: str | None = None,
    currency: str | None = None,
    on_sale: bool | None = None,
    is_public: bool = True,
) -> Sequence[Offer]:
    """Products; those of one release include its tracks'. Public: only what can be bought now."""
    wanted = _equal(
        (Product.artist_id, artist_id),
        (Product.release_id, release_id),
        (Release.kind, release_kind),
        (Product.kind, kind),
        (Product.pricing, pricing),
        (Product.currency, currency),
        (Product.on_sale, True if is_public else on_sale),
    )
    if is_public:
        wanted.append(VISIBLE_TRACK)  # of a product that is a release, no track is hidden
    rows = await session.execute(page.of(OFFERS.where(*wanted)))
    return [Offer(*row) for row in rows]


async def orders(
    session: Session,
    page: Slice,
    *,
    person_id: UUID | None = None,
    cart_id: UUID | None = None,
    status: str | None = None,
    currency: str | None = None,
) -> Sequence[Order]:
    """A person's or a cart's orders."""
    wanted = _equal(
        (Order.person_id, person_id), (Order.cart_id, cart_id), (Order.status, status), (Order.currency, currency)
    )
    return (await session.scalars(page.of(select(Order).where(*wanted)))).all()


async def refund_requests(
    session: Session,
    page: Slice,
    *,
    person_id: UUID | None = None,
    artist_id: UUID | None = None,
    order_id: UUID | None = None,
    status: str | None = None,
) -> Sequence[ListedRequest]:
    """Requests with their lines and orders, and why their refund came to nothing."""
    found = (
        select(RefundRequest, OrderLine, Order, Refund.status)
        .join(OrderLine, OrderLine.id == RefundRequest.line_id)
        .join(Order, Order.id == RefundRequest.order_id)
        .outerjoin(Refund, Refund.id == RefundRequest.refund_id)
    )
    wanted = _equal(
        (RefundRequest.person_id, person_id),
        (RefundRequest.artist_id, artist_id),
        (RefundRequest.order_id, order_id),
        (RefundRequest.status, status),
    )
    rows = await session.execute(page.of(found.where(*wanted)))
    return [
        ListedRequest(request, line, order, FAILED_BECAUSE.get(refund) if request.status == "failed" else None)
        for request, line, order, refund in rows
    ]


async def batches(
    session: Session,
    page: Slice,
    artist_id: UUID,
    *,
    kind: str | None = None,
    item_id: UUID | None = None,
    is_revoked: bool | None = None,
) -> Sequence[BatchCount]:
    """An artist's batches of codes, each with how many were redeemed."""
    used = (
        select(func.count())
        .where(DownloadCode.batch_id == CodeBatch.id, DownloadCode.redeemed_at.is_not(None))
        .correlate(CodeBatch)
        .scalar_subquery()
    )
    wanted = _equal((CodeBatch.artist_id, artist_id), (CodeBatch.kind, kind), (CodeBatch.item_id, item_id))
    if is_revoked is not None:
        wanted.append(CodeBatch.revoked_at.is_not(None) if is_revoked else CodeBatch.revoked_at.is_(None))
    rows = await session.execute(page.of(select(CodeBatch, used).where(*wanted)))
    return [BatchCount(batch, int(count)) for batch, count in rows]


def _equal(*pairs: tuple[Any, Any]) -> list[ColumnElement[bool]]:
    return [column == value for column, value in pairs if value is not None]
