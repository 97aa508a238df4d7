"""A buyer pays by bank debit: meanwhile nothing is sold twice; when it fails they are told and get a new pay page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.market.conftest import Shop, anonymous
from tests.api.visitors import visiting
from veza.lab.sandbox.delayed import DEBITS
from veza.market.orders import Order
from veza.money.payments import Payment
from veza.money.refunds import Refund

PAYS, FAILS = DEBITS[0].iban, DEBITS[1].iban
WEEK = timedelta(days=7)


async def debited(shop: Shop, who: dict[str, str], iban: str, **wanted: Any) -> Any:
    """An order that its buyer pays by debit; the bank has said nothing yet."""
    await shop.post("/cart/items", {"product_id": await (await shop.artist()).selling()}, by=who, expect=200)
    (order,) = await shop.check_out(who, **wanted)
    shop.stage.sandbox.pay_checkout(order["checkout_url"].rpartition("/")[2], card=iban)
    await shop.stage.settle()
    return order


async def status_of(shop: Shop, who: dict[str, str], order: Any) -> str:
    return str((await shop.get(f"/orders/{order['id']}", by=who))["status"])


async def test_a_debit_that_pays_gives_what_was_bought(any_shop: Shop) -> None:
    buyer = visiting(await any_shop.person())
    order = await debited(any_shop, buyer, PAYS)
    assert (await status_of(any_shop, buyer, order), await any_shop.library(buyer)) == ("processing", [])
    await any_shop.stage.pass_time(WEEK)
    assert (await status_of(any_shop, buyer, order), await any_shop.library(buyer)) == ("paid", ["Blue Hours"])


async def test_a_debit_that_fails_ends_the_order_tells_the_buyer_and_opens_a_new_page(any_shop: Shop) -> None:
    shop = any_shop
    buyer = visiting(await shop.person("bo@example.org"))
    order = await debited(shop, buyer, FAILS)
    await shop.stage.pass_time(WEEK)
    assert await status_of(shop, buyer, order) == "failed"
    (mail,) = shop.mails
    assert mail[:2] == ("bo@example.org", "Your payment to Veza did not go through")
    assert ("10.00 EUR" in mail[2], "Blue Hours · Anna Berg" in mail[2], "/cart" in mail[2]) == (True, True, True)
    (again,) = await shop.check_out(buyer)
    assert (again["status"], again["id"] != order["id"], again["checkout_url"] != order["checkout_url"]) == (
        "open", True, True,
    )  # fmt: skip
    await shop.pay(again)
    assert await shop.library(buyer) == ["Blue Hours"]
    assert [row.status for row in await shop.stage.all(Payment)] == ["failed", "succeeded"]


async def test_a_buyer_without_an_account_is_told_at_the_address_they_gave(shop: Shop) -> None:
    await debited(shop, anonymous(), FAILS, email="bo@example.org")
    await shop.stage.pass_time(WEEK)
    assert [mail[:2] for mail in shop.mails] == [("bo@example.org", "Your payment to Veza did not go through")]
    (again,) = await shop.check_out(anonymous(), email="bo@example.org")
    assert again["checkout_url"] is not None


async def test_the_same_is_not_sold_again_while_the_bank_takes_its_time(any_shop: Shop) -> None:
    shop = any_shop
    buyer = visiting(await shop.person())
    order = await debited(shop, buyer, PAYS)
    said = await shop.refused("POST", "/cart/checkout", {}, 409, "payment-under-way", by=buyer)
    assert f"“Blue Hours” by Anna Berg (order {order['id']})" in said
    (item,) = (await shop.get("/cart", by=buyer))["items"]
    await shop.send("DELETE", f"/cart/items/{item['product_id']}", by=buyer)
    other = await (await shop.artist("Ben")).selling("Night Bus")
    await shop.buy(buyer, other)
    await shop.stage.pass_time(WEEK)
    assert await shop.library(buyer) == ["Blue Hours", "Night Bus"]


async def test_the_repeated_request_shows_the_order_under_way_and_no_page(shop: Shop) -> None:
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": await (await shop.artist()).selling()}, by=buyer, expect=200)
    first = await shop.send("POST", "/cart/checkout", {}, by=buyer, key="click")
    (order,) = first.json()["orders"]
    shop.stage.sandbox.pay_checkout(order["checkout_url"].rpartition("/")[2], card=PAYS)
    await shop.stage.settle()
    again = await shop.send("POST", "/cart/checkout", {}, by=buyer, key="click")
    assert again.content == first.content, "the same request has the same answer"
    assert len(await shop.stage.all(Order)) == 1


async def test_an_account_that_is_deleted_meanwhile_gets_its_money_back(any_shop: Shop) -> None:
    from veza.accounts import deletion

    shop = any_shop
    person = await shop.person()
    await debited(shop, visiting(person), PAYS)
    async with shop.stage.database.write(f"person {person}") as session:
        await deletion.delete(session, "https://veza.test", person)
    await shop.stage.pass_time(WEEK)
    (order,) = await shop.stage.all(Order)
    refund: Refund = await shop.stage.one(Refund)
    assert (order.status, refund.status, refund.amount_minor) == ("refunded", "succeeded", 1000)


@pytest.mark.parametrize("how", ["expired", "failed"])
async def test_a_page_that_ended_unheard_is_not_given_out_again(any_shop: Shop, how: str) -> None:
    shop = any_shop
    shop.stage.sandbox.add_fault("webhook_lost", event="*", times=None)
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": await (await shop.artist()).selling()}, by=buyer, expect=200)
    (order,) = await shop.check_out(buyer)
    page = order["checkout_url"].rpartition("/")[2]
    if how == "expired":
        shop.stage.sandbox.expire_checkout(page)
    else:
        shop.stage.sandbox.pay_checkout(page, card=DEBITS[3].iban)
        shop.stage.clock.advance(timedelta(minutes=3))
    (again,) = await shop.check_out(buyer)
    assert (again["id"] != order["id"], again["checkout_url"] != order["checkout_url"]) == (True, True)
    assert await status_of(shop, buyer, order) == how
    await shop.pay(again)
    await shop.stage.pass_time(timedelta(days=2))
    assert await shop.library(buyer) == ["Blue Hours"]


async def test_a_page_that_was_paid_unheard_is_found_paid_at_the_next_checkout(shop: Shop) -> None:
    shop.stage.sandbox.add_fault("webhook_lost", event="*", times=None)
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": await (await shop.artist()).selling()}, by=buyer, expect=200)
    (order,) = await shop.check_out(buyer)
    shop.stage.sandbox.pay_checkout(order["checkout_url"].rpartition("/")[2])
    assert await shop.refused("POST", "/cart/checkout", {}, 409, "cart-empty", by=buyer)
    assert (await status_of(shop, buyer, order), await shop.library(buyer)) == ("paid", ["Blue Hours"])
