"""What is claimed: one of two stays, none is lost, and nothing goes to an account that is gone."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from tests.api.market.conftest import OPERATOR, Shop, anonymous
from tests.api.market.leaving import delete_account
from tests.api.visitors import visiting
from veza.accounts.people import DELETED_NAME, UnknownPerson
from veza.kit import worker
from veza.market import claims, codes
from veza.market.cart import Cart
from veza.market.codes import DownloadCode
from veza.market.orders import DELETED_ADDRESS, Order
from veza.money.refunds import Refund

OTHER_CART = "another-cart-token-that-only-that-browser-knows-2"
PENDING = "4000000000007726"
"""A card whose refunds stay under way until the bank has said how they end."""


async def _bought(shop: Shop, who: dict[str, str], product: str, **wanted: Any) -> Any:
    """Buy it with a card whose refunds stay under way; the order."""
    await shop.post("/cart/items", {"product_id": product}, by=who, expect=200)
    (order,) = await shop.check_out(who, **wanted)
    shop.stage.sandbox.pay_checkout(order["checkout_url"].rpartition("/")[2], PENDING)
    await shop.stage.settle()
    return order


async def _refund_order(shop: Shop, order: Any) -> None:
    await shop.post(f"/order-lines/{order['lines'][0]['id']}/refund", {"answer": "sorry"}, by=OPERATOR, expect=202)
    await shop.stage.settle()


async def _refunds(shop: Shop) -> list[tuple[int, str]]:
    return [(row.amount_minor, row.status) for row in await shop.stage.all(Refund)]


async def test_what_is_claimed_stays_when_the_other_one_is_on_its_way_back(any_shop: Shop) -> None:
    shop = any_shop
    product = await (await shop.artist()).selling("A", 1000)
    buyer = visiting(await shop.person())
    first = await _bought(shop, buyer, product)
    await _bought(shop, anonymous(), product, email="bo@example.org")
    await _refund_order(shop, first)
    claimed = await shop.post("/orders/claim", {"token": shop.claim_token()}, by=buyer, expect=200)
    assert claimed["bought_twice"] == []
    (refund,) = await shop.stage.all(Refund)
    shop.stage.sandbox.succeed_refund(str(refund.stripe_refund_id))
    await shop.stage.settle()
    assert await _refunds(shop) == [(1000, "succeeded")]
    assert await shop.library(buyer) == ["A"]


async def test_of_three_claimed_at_once_the_one_on_its_way_back_is_not_the_one_kept(any_shop: Shop) -> None:
    shop = any_shop
    product = await (await shop.artist()).selling("A", 1000)
    bought = [await _bought(shop, anonymous(f"{OTHER_CART}{i}"), product, email="bo@example.org") for i in range(3)]
    await _refund_order(shop, bought[0])
    buyer = visiting(await shop.person("bo@example.org"))
    claimed = await shop.post("/orders/claim", by=buyer, expect=200)
    assert claimed["bought_twice"] == [bought[2]["lines"][0]["id"]]
    await shop.stage.settle()
    for refund in await shop.stage.all(Refund):
        shop.stage.sandbox.succeed_refund(str(refund.stripe_refund_id))
    await shop.stage.settle()
    assert await _refunds(shop) == [(1000, "succeeded")] * 2
    assert await shop.library(buyer) == ["A"]


async def test_an_order_that_cannot_be_claimed_keeps_no_other_and_is_told(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    product, other = await act.selling("A", 1000), await act.selling("B", 1000)
    first, odd, last = [
        await _bought(shop, anonymous(f"{OTHER_CART}{i}"), one, email="bo@example.org")
        for i, one in enumerate((product, product, other))
    ]
    async with shop.stage.database.write() as session:  # damaged: its second purchase can be refunded in no currency
        await session.execute(update(Order).where(Order.id == UUID(odd["id"])).values(currency="USD"))
    buyer = visiting(await shop.person("bo@example.org"))
    claimed = await shop.post("/orders/claim", by=buyer, key="once", expect=200)
    assert [one["id"] for one in claimed["orders"]] == [first["id"], last["id"]]
    assert claimed["left"] == [odd["id"]]
    assert await shop.library(buyer) == ["A", "B"]
    assert await shop.post("/orders/claim", by=buyer, key="once", expect=200) == claimed
    async with shop.stage.database.write() as session:
        await session.execute(update(Order).where(Order.id == UUID(odd["id"])).values(currency="EUR"))
    again = await shop.post("/orders/claim", by=buyer, expect=200)
    assert ([one["id"] for one in again["orders"]], again["left"]) == ([odd["id"]], [])
    assert again["bought_twice"] == [odd["lines"][0]["id"]]


async def test_of_two_pages_of_one_browser_the_one_that_does_not_go_back_is_claimed(any_shop: Shop) -> None:
    """The older page is paid last, so that is the one on its way back when both are claimed, oldest first."""
    shop = any_shop
    act = await shop.artist()
    product, other = await act.selling("A", 1000), await act.selling("B", 500)
    opened = []
    for one in (product, other):
        await shop.post("/cart/items", {"product_id": one}, by=anonymous(), expect=200)
        opened += await shop.check_out(anonymous(), email="bo@example.org")
    pages = [order["checkout_url"].rpartition("/")[2] for order in opened]
    for page in reversed(pages):
        shop.stage.sandbox.pay_checkout(page, PENDING)
    await shop.stage.deliver()
    await worker.run_once(shop.stage.money.check_worker)
    await shop.stage.settle()
    assert [row.amount_minor for row in await shop.stage.all(Refund)] == [1000]
    buyer = visiting(await shop.person("bo@example.org"))
    assert (await shop.post("/orders/claim", by=buyer, expect=200))["bought_twice"] == []
    for refund in await shop.stage.all(Refund):
        shop.stage.sandbox.succeed_refund(str(refund.stripe_refund_id))
    await shop.stage.settle()
    assert await _refunds(shop) == [(1000, "succeeded")]
    assert await shop.library(buyer) == ["A", "B"]


async def test_what_went_back_before_it_was_claimed_is_not_said_to_go_back_now(any_shop: Shop) -> None:
    shop = any_shop
    product = await (await shop.artist()).selling("A", 1000)
    buyer = visiting(await shop.person())
    await shop.buy(buyer, product)
    order = await shop.buy(anonymous(), product, email="bo@example.org")
    await _refund_order(shop, order)
    assert (await shop.post("/orders/claim", {"token": shop.claim_token()}, by=buyer, expect=200))["bought_twice"] == []
    assert await shop.library(buyer) == ["A"]


async def test_a_track_bought_before_its_release_was_claimed_stays(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    release = await act.release("Long")
    track = (await act.tracks(release))[0]
    whole, part = await act.product(release, 1000), await act.product(track.id, 300, kind="track")
    buyer = visiting(await shop.person())
    await shop.buy(buyer, part)
    await shop.buy(anonymous(), whole, email="bo@example.org")
    assert (await shop.post("/orders/claim", {"token": shop.claim_token()}, by=buyer, expect=200))["bought_twice"] == []
    await shop.buy(anonymous(OTHER_CART), part, email="bo@example.org")
    later = await shop.post("/orders/claim", {"token": shop.claim_token(1)}, by=buyer, expect=200)
    assert len(later["bought_twice"]) == 1, "who has the release has its tracks"
    await shop.stage.settle()
    assert await shop.library(buyer) == ["Long", "Long 1"]
    assert await _refunds(shop) == [(300, "succeeded")]


async def test_no_claim_goes_into_an_account_that_was_deleted(any_shop: Shop) -> None:
    shop = any_shop
    await shop.buy(anonymous(), await (await shop.artist()).selling("A", 1000), email="bo@example.org")
    gone, there = await shop.person(), await shop.person()
    await delete_account(shop, gone)
    with pytest.raises(UnknownPerson):
        async with shop.stage.database.write("test") as session:
            await claims.claim(session, shop.claim_token(), gone)
    await shop.post("/orders/claim", {"token": shop.claim_token()}, by=visiting(there), expect=200)
    assert await shop.library(visiting(there)) == ["A"]


async def test_a_claim_while_the_account_is_deleted_is_the_one_or_the_other(postgres_shop: Shop) -> None:
    shop = postgres_shop
    await shop.buy(anonymous(), await (await shop.artist()).selling("A", 1000), email="bo@example.org")
    person = await shop.person()

    async def claiming() -> bool:
        try:
            async with shop.stage.database.write("test") as session:
                await claims.claim(session, shop.claim_token(), person)
        except UnknownPerson:
            return False
        return True

    is_claimed, _ = await asyncio.gather(claiming(), delete_account(shop, person))
    order = await shop.stage.one(Order)
    assert (order.person_id, order.claim_hash is None) == ((person, True) if is_claimed else (None, False))
    assert order.email == (None if is_claimed else "bo@example.org"), "no address of a deleted account is kept"
    assert await shop.stage.all(Cart, person_id=person) == []


async def test_a_deleted_account_uses_no_code_up(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    wanted = {"kind": "release", "item_id": str(await act.release()), "count": 1, "note": "fair"}
    (code,) = (await shop.post(f"/artists/{act.id}/download-codes", wanted, by=act.who, expect=201))["codes"]
    gone = await shop.person()
    await delete_account(shop, gone)
    with pytest.raises(UnknownPerson):
        async with shop.stage.database.write("test") as session:
            await codes.redeem(session, gone, code)
    assert (await shop.stage.one(DownloadCode)).redeemed_at is None


async def test_what_a_forgotten_buyer_bought_has_no_owner_and_its_receipt_says_so(any_shop: Shop) -> None:
    shop = any_shop
    order = await shop.buy(anonymous(), await (await shop.artist()).selling(), email="bo@example.org")
    token = shop.claim_token()
    async with shop.stage.database.write() as session:
        await session.execute(update(Order).values(email=DELETED_ADDRESS))
    stranger = visiting(await shop.person(DELETED_ADDRESS))
    await shop.refused("POST", "/orders/claim", {}, 403, "address-unconfirmed", by=stranger)
    page = await shop.client.get(f"/api/v1/cart/orders/{order['id']}/receipt.html", params={"token": token})
    assert DELETED_NAME in page.text
    assert DELETED_ADDRESS not in page.text
