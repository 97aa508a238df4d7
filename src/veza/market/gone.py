"""Products that are gone while their pay page is open: the page is closed, and a payment made all the same is refunded.

A product is gone if a buyer could not have it any more: withdrawn, hidden by a moderator, deleted. A product that is
only off sale is not gone: its pay pages are closed too, but a payment made all the same is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select

from veza.catalog import publishing
from veza.kit.database import Database, Session
from veza.kit.messages import Message, gettext, joined, message_of
from veza.kit.one_by_one import one_by_one
from veza.kit.subscriptions import After, Event
from veza.market import orders, products
from veza.market.orders import Order, OrderLine
from veza.moderation import hiding

BECAUSE = gettext("not available any more: it was withdrawn, hidden or deleted before the payment came")
BATCH = 100


class OrdersStay(Exception):
    """Some orders could not be canceled, with the reasons; all others were."""

    def __init__(self, odd: Sequence[tuple[UUID, Exception]]) -> None:
        named = joined(
            gettext(
                "order {order_id}: {kind}: {error}",
                order_id=order_id,
                kind=type(error).__name__,
                error=message_of(error),
            )
            for order_id, error in odd[:5]
        )
        super().__init__(gettext("{odd_count} orders could not be canceled ({named})", odd_count=len(odd), named=named))


async def among(session: Session, lines: Sequence[OrderLine]) -> list[OrderLine]:
    """Lines of an order whose product is gone."""
    offers = await products.offers(session, {line.product_id for line in lines})
    return [line for line in lines if (offer := offers.get(line.product_id)) is None or offer.gone is not None]


def gone_acts() -> dict[str, tuple[After, ...]]:
    """Topic → cancel the open orders with the product, which closes their pay pages."""
    return {
        publishing.WITHDRAWN: (_on_withdrawn,),
        hiding.HIDDEN: (_on_hidden,),
        products.OFF_SALE: (_on_off_sale,),
    }


async def _on_withdrawn(database: Database, event: Event) -> None:
    await cancel_open(database, OrderLine.release_id == UUID(event.payload["release_id"]))


async def _on_hidden(database: Database, event: Event) -> None:
    column = _SOLD.get(event.payload["kind"])
    if column is not None:
        await cancel_open(database, column == UUID(event.payload["subject_id"]))


async def _on_off_sale(database: Database, event: Event) -> None:
    await cancel_open(database, OrderLine.product_id == UUID(event.payload["product_id"]))


_SOLD = {"artist": OrderLine.artist_id, "release": OrderLine.release_id, "track": OrderLine.item_id}


async def cancel_open(database: Database, concerned: ColumnElement[bool]) -> int:
    """Cancel the open orders that have such a line, a batch at a time; returns how many.

    A line that can be bought again by now is left alone. Raises OrdersStay at the end for those that could not be.
    """

    async def cancel(session: Session, order_id: UUID) -> bool:
        return await _cancel(session, await orders.lock(session, order_id), concerned)

    after, canceled, stay = UUID(int=0), 0, list[tuple[UUID, Exception]]()
    while True:
        async with database.read() as session:
            found = select(OrderLine.order_id).join(Order, Order.id == OrderLine.order_id).distinct()
            waiting = found.where(Order.status == "open", concerned, OrderLine.order_id > after)
            ids = list(await session.scalars(waiting.order_by(OrderLine.order_id).limit(BATCH)))
        done, odd = await one_by_one(database, "market", ids, cancel) if ids else ([], [])
        canceled += sum(done)
        stay += odd
        if len(ids) < BATCH:
            break
        after = ids[-1]
    if stay:
        raise OrdersStay(stay)
    return canceled


async def _cancel(session: Session, order: Order, concerned: ColumnElement[bool]) -> bool:
    if order.status != "open":
        return False
    mine = select(OrderLine).where(OrderLine.order_id == order.id, concerned)
    lines: Sequence[OrderLine] = (await session.scalars(mine)).all()
    offers = await products.offers(session, {line.product_id for line in lines})
    for line in lines:
        offer = offers.get(line.product_id)
        refusal = _missing(line) if offer is None else offer.refusal
        if refusal is not None:
            await orders.cancel(session, order, because=refusal)
            return True
    return False


def _missing(line: OrderLine) -> Message:
    return gettext("“{title}” by {artist} is gone", title=line.title, artist=line.artist)
