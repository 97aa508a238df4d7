"""No buyer buys one thing twice: what is claimed or paid a second time goes back, and older pay pages are closed."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.api.market.conftest import Shop, anonymous
from tests.api.market.leaving import delete_account
from tests.api.visitors import visiting
from tests.pseudo_language import plain
from veza.market.orders import Order
from veza.money.payments import Payment
from veza.money.refunds import Refund

OTHER_CART = "another-cart-token-that-only-that-browser-knows-2"


async def _statuses(shop: Shop) -> dict[str, str]:
    return {str(order.id): order.status for order in await shop.stage.all(Order)}


async def _refunded(shop: Shop) -> list[tuple[int, str]]:
    return [(row.amount_minor, plain(row.why)) for row in await shop.stage.all(Refund)]


TWICE = "bought twice: the buyer has it already"


async def test_claiming_with_the_link_what_one_owns_already_gives_the_money_back(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    both, only = await act.selling("A", 1000), await act.selling("B", 500)
    buyer = visiting(await shop.person())
    await shop.buy(buyer, both)
    order = await shop.buy(anonymous(), both, only, email="bo@example.org")
    claimed = await shop.post("/orders/claim", {"token": shop.claim_token()}, by=buyer, expect=200)
    assert claimed["bought_twice"] == [line["id"] for line in order["lines"] if line["title"] == "A"]
    await shop.stage.settle()
    assert await shop.library(buyer) == ["A", "B"]
    assert await _refunded(shop) == [(1000, TWICE)]
    assert (await shop.get(f"/orders/{order['id']}", by=buyer))["status"] == "partly_refunded"


async def test_two_claimed_by_address_are_one_and_one_goes_back(any_shop: Shop) -> None:
    shop = any_shop
    product = await (await shop.artist()).selling("A", 1000)
    for token in (anonymous(), anonymous(OTHER_CART)):
        await shop.buy(token, product, email="bo@example.org")
    buyer = visiting(await shop.person("bo@example.org"))
    claimed = await shop.post("/orders/claim", by=buyer, expect=200)
    assert (len(claimed["orders"]), len(claimed["bought_twice"])) == (2, 1)
    await shop.stage.settle()
    assert await shop.library(buyer) == ["A"]
    assert await _refunded(shop) == [(1000, TWICE)]


async def test_two_links_claimed_at_the_same_instant_are_one_and_one_goes_back(any_shop: Shop) -> None:
    shop = any_shop
    product = await (await shop.artist()).selling("A", 1000)
    for token in (anonymous(), anonymous(OTHER_CART)):
        await shop.buy(token, product, email="bo@example.org")
    buyer = visiting(await shop.person())
    tokens = [shop.claim_token(which) for which in (0, 1)]
    answers = await asyncio.gather(
        *(shop.post("/orders/claim", {"token": token}, by=buyer, expect=200) for token in tokens)
    )
    assert sorted(len(one["bought_twice"]) for one in answers) == [0, 1]
    await shop.stage.settle()
    assert await shop.library(buyer) == ["A"]
    assert await _refunded(shop) == [(1000, TWICE)]


async def test_a_claim_while_the_same_thing_is_paid_leaves_one(any_shop: Shop) -> None:
    shop = any_shop
    product = await (await shop.artist()).selling("A", 1000)
    await shop.buy(anonymous(), product, email="bo@example.org")
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": product}, by=buyer, expect=200)
    (order,) = await shop.check_out(buyer)
    await asyncio.gather(
        shop.pay(order), shop.post("/orders/claim", {"token": shop.claim_token()}, by=buyer, expect=200)
    )
    await shop.stage.settle()
    assert await shop.library(buyer) == ["A"]
    assert await _refunded(shop) == [(1000, TWICE)]


async def test_a_cart_checked_out_anew_closes_the_older_pay_page(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": await act.selling("A", 1000)}, by=buyer, expect=200)
    (old,) = await shop.check_out(buyer)
    await shop.post("/cart/items", {"product_id": await act.selling("B", 500)}, by=buyer, expect=200)
    (new,) = await shop.check_out(buyer)
    await shop.stage.settle()
    pages = {one["id"]: one["status"] for one in shop.stage.sandbox.world.sessions.rows.values()}
    assert [pages[order["checkout_url"].rpartition("/")[2]] for order in (old, new)] == ["expired", "open"]
    assert await _statuses(shop) == {old["id"]: "canceled", new["id"]: "open"}
    await shop.pay(new)
    assert await shop.library(buyer) == ["A", "B"]
    assert await _refunded(shop) == []


async def test_a_checkout_of_which_one_order_was_refused_is_whole_when_repeated(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    buyer = visiting(await shop.person())
    for title, currency in (("A", "EUR"), ("B", "USD")):
        product = await act.selling(title, 1000, currency=currency)
        await shop.post("/cart/items", {"product_id": product}, by=buyer, expect=200)
    shop.stage.sandbox.add_fault("refused", method="POST", path=r"/checkout/sessions$", skip=1, times=1)
    first = await shop.send("POST", "/cart/checkout", by=buyer, key="the-same-request")
    assert first.status_code == 422, first.text
    again = await shop.send("POST", "/cart/checkout", by=buyer, key="the-same-request")
    opened = _orders(again)
    assert [order["currency"] for order in opened] == ["EUR", "USD"]
    assert sorted((await _statuses(shop)).values()) == ["expired", "open", "open"]
    await shop.pay(*opened)
    assert await shop.library(buyer) == ["A", "B"]
    assert len([row for row in await shop.stage.all(Payment) if row.status == "succeeded"]) == 2


def _orders(answer: httpx.Response) -> list[Any]:
    assert answer.status_code == 201, answer.text
    return sorted(answer.json()["orders"], key=lambda order: str(order["currency"]))


@pytest.mark.parametrize("is_late", [False, True], ids=["page closed in time", "paid all the same"])
async def test_no_buyer_pays_for_an_account_that_was_deleted(any_shop: Shop, is_late: bool) -> None:
    shop = any_shop
    person = await shop.person()
    buyer = visiting(person)
    await shop.post("/cart/items", {"product_id": await (await shop.artist()).selling()}, by=buyer, expect=200)
    (order,) = await shop.check_out(buyer)
    if is_late:
        shop.stage.sandbox.pay_checkout(order["checkout_url"].rpartition("/")[2])
    await delete_account(shop, person)
    await shop.stage.settle()
    expected = [(1000, "the buyer's account was deleted before the payment came")] if is_late else []
    assert await _refunded(shop) == expected
    assert await _statuses(shop) == {order["id"]: "refunded" if is_late else "canceled"}
    payment = await shop.stage.one(Payment)
    assert payment.status == ("succeeded" if is_late else "expired")


async def test_two_codes_for_one_thing_at_the_same_instant_use_one_up(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    wanted = {"kind": "release", "item_id": str(await act.release()), "count": 2, "note": "fair"}
    made = await shop.post(f"/artists/{act.id}/download-codes", wanted, by=act.who, expect=201)
    who = visiting(await shop.person())
    answers = await asyncio.gather(
        *(shop.send("POST", "/download-codes/redeem", {"code": code}, by=who) for code in made["codes"])
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (batch,) = (await shop.get(f"/artists/{act.id}/download-codes", by=act.who))["items"]
    assert batch["redeemed"] == 1


@pytest.mark.parametrize("status", ["draft", "scheduled", "withdrawn"])
async def test_a_code_gives_nothing_that_is_not_out_and_stays_good(shop: Shop, status: str) -> None:
    act = await shop.artist()
    release = await act.release()
    wanted = {"kind": "release", "item_id": str(release), "count": 1, "note": "press"}
    (code,) = (await shop.post(f"/artists/{act.id}/download-codes", wanted, by=act.who, expect=201))["codes"]
    await shop.status(release, status)
    who = visiting(await shop.person())
    await shop.refused("POST", "/download-codes/redeem", {"code": code}, 409, "not-out", by=who)
    await shop.status(release, "published")
    await shop.post("/download-codes/redeem", {"code": code}, by=who, expect=200)
    assert await shop.library(who) == ["Blue Hours"]
