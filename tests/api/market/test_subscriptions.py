"""What follows from money is the same however often it is said and in every order; claims, disputes, the export."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.api.market.conftest import Shop, anonymous
from tests.api.visitors import visiting
from veza.kit.outbox import publish
from veza.library.grants import Grant
from veza.market.export import export_of
from veza.money import returns
from veza.money.payments import Payment
from veza.money.refunds import Refund


async def _say(shop: Shop, topic: str, payment_id: UUID, refund_id: UUID | None = None) -> None:
    said: dict[str, Any] = {"payment_id": str(payment_id), "order_ref": "any"}
    if refund_id is not None:
        said |= {"refund_id": str(refund_id), "lines": {}}
    async with shop.stage.database.write("repeat") as session:
        said["returned"] = returns.told_returned(await returns.returned(session, payment_id))
        await publish(session, topic, said)


async def test_events_that_are_repeated_in_any_order_change_nothing(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    buyer = visiting(await shop.person())
    order = await shop.buy(buyer, await act.selling("A"), await act.selling("B"))
    line = order["lines"][0]
    wanted = {"line_id": line["id"], "reason": "not mine"}
    asked = await shop.post(f"/orders/{order['id']}/refund-requests", wanted, by=buyer, expect=201)
    await shop.post(f"/refund-requests/{asked['id']}/grant", {"answer": "fine"}, by=act.who, expect=200)
    await shop.stage.settle()
    payment, refund = await shop.stage.one(Payment), await shop.stage.one(Refund)
    before = await shop.get(f"/orders/{order['id']}", by=buyer)
    for topic in ("payment.expired", "refund.succeeded", "payment.succeeded", "dispute.funds_withdrawn"):
        await _say(shop, topic, payment.id, refund.id)
    assert await shop.get(f"/orders/{order['id']}", by=buyer) == before
    assert before["status"] == "partly_refunded"
    assert await shop.library(buyer) == ["B"]
    (request,) = (await shop.get("/refund-requests", by=buyer))["items"]
    assert request["status"] == "refunded"
    assert len(await shop.stage.all(Grant)) == 2


async def test_a_payment_the_market_did_not_make_is_none_of_its_business(shop: Shop) -> None:
    await shop.stage.seller("dora")
    payment_id = await shop.stage.sold([("dora", 1000)])
    await shop.stage.refund(payment_id, 1000)
    await shop.stage.settle()
    assert await shop.stage.all(Grant) == []


async def test_what_a_dispute_takes_back_is_gone_until_it_is_won(any_shop: Shop) -> None:
    shop = any_shop
    buyer = visiting(await shop.person())
    order = await shop.buy(buyer, await (await shop.artist()).selling())
    payment = await shop.stage.one(Payment)
    dispute = shop.stage.sandbox.open_dispute(payment.stripe_charge_id)
    await shop.stage.settle()
    assert await shop.library(buyer) == []
    assert (await shop.get(f"/orders/{order['id']}", by=buyer))["status"] == "refunded"
    shop.stage.sandbox.close_dispute(dispute["id"], "won")
    await shop.stage.settle()
    assert await shop.library(buyer) == ["Blue Hours"]
    assert (await shop.get(f"/orders/{order['id']}", by=buyer))["status"] == "paid"


async def test_a_confirmed_address_claims_its_orders_without_the_link(any_shop: Shop) -> None:
    shop = any_shop
    product = await (await shop.artist()).selling()
    await shop.buy(anonymous(), product, email="bo@example.org")
    unconfirmed = visiting(await shop.person("other@example.org", confirmed=False))
    await shop.refused("POST", "/orders/claim", {}, 403, "address-unconfirmed", by=unconfirmed)
    stranger = visiting(await shop.person("stranger@example.org"))
    assert await shop.post("/orders/claim", by=stranger, expect=200) == {
        "orders": [],
        "bought_twice": [],
        "redeemed": [],
        "left": [],
    }
    bo = visiting(await shop.person("bo@example.org"))
    claims = await asyncio.gather(*(shop.post("/orders/claim", by=bo, expect=200) for _ in range(2)))
    assert sorted(len(one["orders"]) for one in claims) == [0, 1]
    assert await shop.library(bo) == ["Blue Hours"]
    await shop.refused("POST", "/orders/claim", {}, 401, "unauthorized", by={})


async def test_two_with_the_same_link_at_the_same_instant_are_one_owner(any_shop: Shop) -> None:
    shop = any_shop
    await shop.buy(anonymous(), await (await shop.artist()).selling(), email="bo@example.org")
    token = shop.mails[0][2].partition("token=")[2].split()[0]
    people = [visiting(await shop.person()) for _ in range(3)]
    answers = await asyncio.gather(*(shop.send("POST", "/orders/claim", {"token": token}, by=who) for who in people))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404]


async def test_a_payment_that_arrives_after_its_page_ended_is_given_all_the_same(shop: Shop) -> None:
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": await (await shop.artist()).selling()}, by=buyer, expect=200)
    (order,) = await shop.check_out(buyer)
    await shop.stage.pass_time(timedelta(hours=25))
    assert (await shop.get(f"/orders/{order['id']}", by=buyer))["status"] == "expired"
    payment = await shop.stage.one(Payment)
    shop.stage.sandbox.take_payment(
        payment.amount_minor, "eur", transfer_group=str(payment.id), metadata={"veza_payment": str(payment.id)}
    )
    await shop.stage.settle()
    assert (await shop.get(f"/orders/{order['id']}", by=buyer))["status"] == "paid"
    assert await shop.library(buyer) == ["Blue Hours"]


async def test_the_export_has_orders_owned_things_and_refunds_asked_for(shop: Shop) -> None:
    person = await shop.person()
    order = await shop.buy(visiting(person), await (await shop.artist()).selling())
    wanted = {"line_id": order["lines"][0]["id"], "reason": "not mine"}
    await shop.post(f"/orders/{order['id']}/refund-requests", wanted, by=visiting(person), expect=201)
    async with shop.stage.database.read() as session:
        found = await export_of(session, person)
        nothing = await export_of(session, _another(person))
    assert [one["id"] for one in found["orders"]] == [order["id"]]
    assert [one["title"] for one in found["library"]] == ["Blue Hours"]
    assert [one["reason"] for one in found["refund_requests"]] == ["not mine"]
    assert nothing == {"orders": [], "library": [], "cart": [], "refund_requests": [], "is_cut": False}


def _another(person: UUID) -> UUID:
    """Another person's id."""
    return UUID(int=person.int ^ 1)
