"""No two transactions of the market wait for each other."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import select, update

from tests.api.market.conftest import Shop
from tests.api.visitors import visiting
from tests.waiting import until_locked_out
from veza.kit.database_trouble import RowLocked
from veza.kit.messages import verbatim
from veza.market import fulfilment, orders
from veza.market.cart import Cart
from veza.market.orders import Order, OrderLine
from veza.market.receipts import next_number
from veza.money import payments


async def test_a_refund_is_asked_for_while_another_one_returns(postgres_shop: Shop) -> None:
    shop = postgres_shop
    buyer = visiting(await shop.person())
    await shop.buy(buyer, await (await shop.artist()).selling())
    order, line = await shop.stage.one(Order), await shop.stage.one(OrderLine)
    assert order.payment_id is not None
    holds = asyncio.Event()

    async def returning(payment_id: UUID) -> None:
        async with shop.stage.database.write() as session:
            await payments.lock(session, payment_id)
            await orders.lock_by_payment(session, payment_id)
            holds.set()
            await until_locked_out(shop.stage.database)
            await session.execute(update(OrderLine).where(OrderLine.id == line.id).values(refunded_minor=0))

    async def asking() -> None:
        await holds.wait()
        wanted = {"line_id": str(line.id), "reason": "bought by mistake"}
        await shop.post(f"/orders/{order.id}/refund-requests", wanted, by=buyer, expect=201)

    await asyncio.gather(returning(order.payment_id), asking())


async def test_two_orders_paid_in_one_transaction_while_another_of_the_same_cart_is(postgres_shop: Shop) -> None:
    shop = postgres_shop
    act = await shop.artist()
    anna, ben = visiting(await shop.person()), visiting(await shop.person())
    paid_by: list[UUID] = []
    for who, currencies in ((anna, ["EUR"]), (ben, ["EUR", "USD"])):
        for currency in currencies:
            product = await act.product(await act.release(currency), 1000, currency=currency)
            await shop.post("/cart/items", {"product_id": product}, by=who, expect=200)
        for opened in await shop.check_out(who):
            async with shop.stage.database.read() as session:
                paid_by.append((await orders.find(session, UUID(opened["id"]))).payment_id or UUID(int=0))
    first_is_paid = asyncio.Event()

    async def together() -> None:
        async with shop.stage.database.write(gives_way=True) as session:
            for payment_id in paid_by[:2]:
                await payments.lock(session, payment_id)
            await fulfilment.paid(session, paid_by[0], shop.rules)
            first_is_paid.set()
            await until_locked_out(shop.stage.database)
            await fulfilment.paid(session, paid_by[1], shop.rules)

    async def alone() -> None:
        await first_is_paid.wait()
        async with shop.stage.database.write() as session:
            await payments.lock(session, paid_by[2])
            await fulfilment.paid(session, paid_by[2], shop.rules)

    await asyncio.gather(together(), alone())
    assert sorted(order.receipt_count or 0 for order in await shop.stage.all(Order)) == [1, 2, 3]


async def test_who_holds_an_order_does_not_wait_for_the_counter_of_receipts(postgres_shop: Shop) -> None:
    """One transaction counts and waits for a cart, another has that cart and waits for the order: the three would wait
    for ever."""
    shop = postgres_shop
    act = await shop.artist()
    anna, ben = visiting(await shop.person()), visiting(await shop.person())
    found: dict[str, Order] = {}
    for name, who, currency in (("first", anna, "EUR"), ("second", anna, "USD"), ("third", ben, "EUR")):
        product = await act.product(await act.release(name), 1000, currency=currency)
        await shop.post("/cart/items", {"product_id": product}, by=who, expect=200)
        if name != "first":
            await shop.check_out(who)
    async with shop.stage.database.read() as session:
        for order in await shop.stage.all(Order):
            found[(await orders.lines_of(session, [order.id]))[order.id][0].title] = order
    paid_by = {name: order.payment_id or UUID(int=0) for name, order in found.items()}
    has_cart, has_order, counts = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def checking_out() -> None:
        async with shop.stage.database.write() as session:
            await session.execute(select(Cart.id).where(Cart.id == found["second"].cart_id).with_for_update())
            has_cart.set()
            await counts.wait()
            await until_locked_out(shop.stage.database)
            await orders.cancel(
                session, await orders.lock(session, found["second"].id), because=verbatim("checked out anew")
            )

    async def paying() -> None:
        await has_cart.wait()
        await has_order.wait()
        counts.set()
        async with shop.stage.database.write() as session:
            await payments.lock(session, paid_by["first"])
            await fulfilment.paid(session, paid_by["first"], shop.rules)

    async def together() -> None:
        async with shop.stage.database.write(gives_way=True) as session:
            for name in ("second", "third"):
                await payments.lock(session, paid_by[name])
            await orders.lock_by_payment(session, paid_by["second"])
            has_order.set()
            await counts.wait()
            await until_locked_out(shop.stage.database, 2)
            await fulfilment.paid(session, paid_by["third"], shop.rules)

    checked_out, paid, gave_way = await asyncio.gather(checking_out(), paying(), together(), return_exceptions=True)
    assert (checked_out, paid) == (None, None)
    assert isinstance(gave_way, RowLocked)
    async with shop.stage.database.write() as session:
        await payments.lock(session, paid_by["third"])
        await fulfilment.paid(session, paid_by["third"], shop.rules)
    assert sorted(order.receipt_count or 0 for order in await shop.stage.all(Order)) == [0, 1, 2]


async def test_no_transaction_that_holds_an_order_waits_for_the_first_receipt_of_a_year(postgres_shop: Shop) -> None:
    database = postgres_shop.stage.database
    async with database.write() as session:
        assert await next_number(session, 2031) == 1
        with pytest.raises(RowLocked):
            async with database.write(gives_way=True) as another:
                await next_number(another, 2031)
        assert await next_number(session, 2031) == 2
