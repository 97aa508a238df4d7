"""What is gone while its pay page is open: the page is closed, and what is paid all the same goes back.

Gone is what a buyer could not have any more: withdrawn, hidden by a moderator, deleted. What its artist only took off
sale is there still: its pay pages are closed too, but a payment that comes all the same is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select

from veza.catalog import hiding, publishing
from veza.kit.database import Database, Session
from veza.kit.subscriptions import After, Event
from veza.market import orders, products
from veza.market.orders import Order, OrderLine

BECAUSE = "not available any more: it was withdrawn, hidden or deleted before the payment came"
BATCH = 100


async def among(session: Session, order: Order) -> list[OrderLine]:
    """Lines of the order whose buyer could not have what they are for now."""
    lines = (await orders.lines_of(session, [order.id]))[order.id]
    offers = await products.offers(session, {line.product_id for line in lines})
    return [line for line in lines if (offer := offers.get(line.product_id)) is None or offer.gone is not None]


def gone_acts() -> dict[str, tuple[After, ...]]:
    """Topic → orders with something of it are canceled, which closes their pay pages."""
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

    A line that can be bought again by now is left alone.
    """
    after, canceled = UUID(int=0), 0
    while True:
        async with database.write("market") as session:
            found = select(OrderLine.order_id).join(Order, Order.id == OrderLine.order_id).distinct()
            waiting = found.where(Order.status == "open", concerned, OrderLine.order_id > after)
            ids = list(await session.scalars(waiting.order_by(OrderLine.order_id).limit(BATCH)))
            for order_id in ids:
                canceled += await _cancel(session, await orders.lock(session, order_id), concerned)
        if len(ids) < BATCH:
            return canceled
        after = ids[-1]


async def _cancel(session: Session, order: Order, concerned: ColumnElement[bool]) -> bool:
    if order.status != "open":
        return False
    mine = select(OrderLine).where(OrderLine.order_id == order.id, concerned)
    lines: Sequence[OrderLine] = (await session.scalars(mine)).all()
    offers = await products.offers(session, {line.product_id for line in lines})
    for line in lines:
        offer = offers.get(line.product_id)
        refusal = f"“{line.title}” by {line.artist} is gone" if offer is None else offer.refusal
        if refusal is not None:
            await orders.cancel(session, order, because=refusal)
            return True
    return False
