"""Carts, orders and payments that another request changes at the same instant, and processes that die half-way."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from tests.api.market.conftest import Shop, anonymous
from tests.api.market.leaving import delete_account, end_account
from tests.api.visitors import visiting
from tests.pseudo_language import plain
from tests.waiting import are_locked_out, until, until_locked_out
from veza.accounts import people
from veza.kit import outbox
from veza.kit.database import Database, Session
from veza.kit.messages import verbatim
from veza.kit.subscriptions import Event
from veza.market import cart as carts
from veza.market import claims, fulfilment, orders
from veza.market.cart import Cart, CartOwner
from veza.market.orders import Order, OrderLine
from veza.market.rules import MarketRules
from veza.money import payment_frame, sales
from veza.money.payments import Payment
from veza.money.refunds import Refund

OTHER_CART = "another-cart-token-that-only-that-browser-knows-2"
PROVIDER = "the provider"
TWICE = "bought twice: the buyer has it already"


async def test_an_order_that_moves_to_another_cart_while_it_is_paid_sees_what_that_cart_was_given(
    postgres_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signing in takes the order from the browser's cart to the person's, who claims the same thing just then."""
    shop = postgres_shop
    product = await (await shop.artist()).selling("A", 1000)
    person = await shop.person()
    await shop.buy(anonymous(OTHER_CART), product, email="bo@example.org")
    await shop.post("/cart/items", {"product_id": product}, by=anonymous(), expect=200)
    (opened,) = await shop.check_out(anonymous(), email="bo@example.org")
    (payment,) = await shop.stage.all(Payment, status="pending")
    database = shop.stage.database
    merged, claimed, paid = asyncio.Event(), asyncio.Event(), asyncio.Event()
    is_there = people.is_there

    async def claimed_or_waits() -> bool:
        return claimed.is_set() or await are_locked_out(database)

    async def paid_or_waits() -> bool:
        return paid.is_set() or await are_locked_out(database)

    async def looked_slowly(session: Session, person_id: UUID) -> bool:
        if session.actor == PROVIDER:
            # Between locking and looking what there is: the claim has given by then, and is not committed, or
            # it waits for what was locked.
            await until(claimed_or_waits, "the claim")
        return await is_there(session, person_id)

    monkeypatch.setattr(people, "is_there", looked_slowly)

    async def signing_in() -> None:
        async with shop.stage.database.write("test") as session:
            await carts.ready(session, CartOwner(person, anonymous()["X-Veza-Cart"]))
            merged.set()
            await until_locked_out(database, 2)

    async def claiming() -> None:
        await merged.wait()
        async with shop.stage.database.write("test") as session:
            await claims.claim(session, shop.claim_token(), person)
            claimed.set()
            await until(paid_or_waits, "the payment")

    async def paying() -> None:
        await merged.wait()
        await until_locked_out(database)  # the claim comes first
        await _pay(shop, payment.id)
        paid.set()

    await asyncio.gather(signing_in(), claiming(), paying())
    assert [(row.amount_minor, plain(row.why)) for row in await shop.stage.all(Refund)] == [(1000, TWICE)]
    assert (await shop.get(f"/orders/{opened['id']}", by=visiting(person)))["status"] == "paid"


async def _pay(shop: Shop, payment_id: UUID) -> None:
    """The charge succeeds at the provider, and is seen by us alone."""
    stage = shop.stage
    payment = await stage.payment(payment_id)
    meta = {"veza_payment": str(payment.id)}
    currency = payment.currency.lower()
    charge = stage.sandbox.take_payment(payment.amount_minor, currency, transfer_group=str(payment.id), metadata=meta)
    async with stage.database.write(PROVIDER) as session:
        frame = await payment_frame.lock(session, payment_id)
        await sales.charge_seen(session, frame, charge, because=verbatim("seen by the test"))


@pytest.mark.parametrize("other", ["signing in", "deleting the account"])
async def test_what_several_payments_say_in_one_transaction_stops_no_other(
    postgres_shop: Shop, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    """It holds one cart or order already when it comes to one locked by a request that waits for what it holds."""
    shop = postgres_shop
    act, sandbox = await shop.artist(), shop.stage.sandbox
    person = await shop.person()
    buyer = visiting(person)
    for title, currency in (("A", "EUR"), ("B", "USD")):
        product = await act.selling(title, 1000, currency=currency)
        await shop.post("/cart/items", {"product_id": product}, by=buyer, expect=200)
    await shop.post("/cart/items", {"product_id": await act.selling("C", 700)}, by=anonymous(), expect=200)
    pages = {
        order["currency"] + order["lines"][0]["title"]: order["checkout_url"].rpartition("/")[2]
        for order in [*await shop.check_out(buyer), *await shop.check_out(anonymous(), email="bo@example.org")]
    }
    before = len(sandbox.pending_events())
    if other == "signing in":
        sandbox.pay_checkout(pages["EURC"])
    else:
        sandbox.expire_checkout(pages["USDB"])
    sandbox.pay_checkout(pages["EURA"])
    heard = ("charge.succeeded", "checkout.session.expired")
    events = [event for event in sandbox.pending_events()[before:] if event["type"] in heard]
    holds, paid, calls = asyncio.Event(), fulfilment.paid, []

    async def paid_slowly(session: Session, payment_id: UUID, rules: MarketRules) -> Order | None:
        calls.append(payment_id)
        if len(calls) == (2 if other == "signing in" else 1):
            holds.set()
            await until_locked_out(shop.stage.database)
        return await paid(session, payment_id, rules)

    monkeypatch.setattr(fulfilment, "paid", paid_slowly)

    async def meanwhile() -> None:
        await holds.wait()
        if other == "signing in":
            await shop.post("/cart/merge", by={**buyer, **anonymous()}, expect=200)
        else:
            await delete_account(shop, person)

    arrived = [(event, json.dumps(event)) for event in events]
    states, _ = await asyncio.gather(shop.stage.money.inbox.accept(arrived, source="webhook"), meanwhile())
    assert states == ["handled", "handled"]
    await shop.stage.settle()
    by_title = {line.title: line.order_id for line in await shop.stage.all(OrderLine)}
    statuses = {order.id: order.status for order in await shop.stage.all(Order)}
    expected = {"A": "paid", "B": "open", "C": "paid"}
    if other != "signing in":
        # The account was quicker than the money.
        expected = {"A": "refunded", "B": "canceled", "C": "open"}
    assert {title: statuses[by_title[title]] for title in "ABC"} == expected


async def test_the_page_that_signing_in_makes_superfluous_is_closed(any_shop: Shop) -> None:
    shop = any_shop
    product = await (await shop.artist()).selling("A", 1000)
    buyer = visiting(await shop.person())
    opened = []
    for who, more in ((buyer, {}), (anonymous(), {"email": "bo@example.org"})):
        await shop.post("/cart/items", {"product_id": product}, by=who, expect=200)
        opened += await shop.check_out(who, **more)
    await shop.post("/cart/merge", by={**buyer, **anonymous()}, expect=200)
    await shop.stage.settle()
    pages = {one["id"]: one["status"] for one in shop.stage.sandbox.world.sessions.rows.values()}
    assert [pages[order["checkout_url"].rpartition("/")[2]] for order in opened] == ["open", "expired"]
    assert [order.status for order in await shop.stage.all(Order)] == ["open", "canceled"]


@pytest.mark.parametrize("gone", ["merged into a person's", "with its account"])
@pytest.mark.parametrize("is_late", [False, True])
async def test_a_cart_that_goes_while_another_tab_waits_for_it_is_answered(
    postgres_shop: Shop, gone: str, is_late: bool
) -> None:
    shop = postgres_shop
    act = await shop.artist()
    person = await shop.person()
    who = anonymous() if gone == "merged into a person's" else visiting(person)
    await shop.post("/cart/items", {"product_id": await act.selling("A", 1000)}, by=who, expect=200)
    later = await act.selling("B", 1000)
    holds = asyncio.Event()

    async def going() -> None:
        async with shop.stage.database.write("test") as session:
            if who != anonymous():
                await people.lock(session, person)
            await session.execute(select(Cart).with_for_update())
            if is_late:
                holds.set()
                await until_locked_out(shop.stage.database)
            if who == anonymous():
                await carts.ready(session, CartOwner(person, who["X-Veza-Cart"]))
            else:
                await end_account(session, person)
            holds.set()
            await until_locked_out(shop.stage.database)

    async def in_another_tab() -> httpx.Response:
        await holds.wait()
        return await shop.send("POST", "/cart/items", {"product_id": later}, by=who)

    _, answer = await asyncio.gather(going(), in_another_tab())
    if who == anonymous():
        assert [item["title"] for item in answer.json()["items"]] == ["B"]
    else:
        assert answer.status_code == 404, answer.text
        assert await shop.stage.all(Cart) == []


async def test_a_checkout_repeated_after_it_was_paid_opens_no_second_page(any_shop: Shop) -> None:
    """The process died before it wrote the page down; the buyer had it all the same, and the key is forgotten there."""
    shop = any_shop
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": await (await shop.artist()).selling("A", 1000)}, by=buyer, expect=200)
    shop.stage.sandbox.add_fault("timeout_after_effect", method="POST", path="/checkout/sessions$", times=None)
    first = await shop.send("POST", "/cart/checkout", by=buyer, key="the-same-request")
    assert first.status_code == 503, first.text
    shop.stage.sandbox.clear_faults()
    await _pay(shop, (await shop.stage.one(Payment)).id)
    shop.stage.clock.advance(timedelta(days=2))
    again = await shop.send("POST", "/cart/checkout", by=buyer, key="the-same-request")
    assert again.status_code == 201, again.text
    assert [order["status"] for order in again.json()["orders"]] == ["paid"]
    assert len(shop.stage.sandbox.world.sessions.rows) == 1


async def test_an_outbox_that_fails_between_two_steps_closes_the_page_the_next_time(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": await act.selling("A", 1000)}, by=buyer, expect=200)
    (old,) = await shop.check_out(buyer)
    failing = [True]

    async def fails(_: Database, event: Event) -> None:
        if event.topic == orders.CANCELED and failing:
            failing.clear()
            raise RuntimeError("the process died here")

    database = shop.stage.database
    heard = database.subscriptions.after[orders.CANCELED]
    database.subscriptions = replace(database.subscriptions, after={orders.CANCELED: (*heard, fails)})
    await shop.post("/cart/items", {"product_id": await act.selling("B", 500)}, by=buyer, expect=200)
    await shop.check_out(buyer)
    await outbox.deliver_once(database)
    assert not failing
    await shop.stage.pass_time(outbox.RETRY_AFTER)
    pages = {one["id"]: one["status"] for one in shop.stage.sandbox.world.sessions.rows.values()}
    assert pages[old["checkout_url"].rpartition("/")[2]] == "expired"
    told = await shop.stage.one(outbox.OutboxEvent, topic=orders.CANCELED)
    assert (told.delivered_at is not None, told.attempts) == (True, 1)
