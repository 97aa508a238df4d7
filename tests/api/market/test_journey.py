"""The whole way: artists, a cart, the hosted page, the library, a refund, and the right seller's money."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from tests.api.market.conftest import Act, Shop, anonymous
from tests.api.visitors import visiting
from veza.money.transfers import SellerTransfer


async def _three(shop: Shop) -> tuple[list[Act], list[str]]:
    acts = [await shop.artist(name) for name in ("Anna", "Ben", "Cleo")]
    return acts, [await act.selling(f"Album of {i}", 1000 * i) for i, act in enumerate(acts, 1)]


async def _transfers(shop: Shop) -> dict[str, tuple[str, int]]:
    rows = await shop.stage.all(SellerTransfer)
    return {row.seller_id: (row.status, row.reversed_minor) for row in rows}


async def test_a_buyer_of_three_artists_gets_one_thing_refunded_and_loses_exactly_that(any_shop: Shop) -> None:
    shop = any_shop
    acts, products = await _three(shop)
    buyer = visiting(await shop.person())
    order = await shop.buy(buyer, *products)
    assert await shop.library(buyer) == ["Album of 1", "Album of 2", "Album of 3"]
    assert (await shop.get("/cart", by=buyer))["items"] == []

    line = next(one for one in order["lines"] if one["title"] == "Album of 2")
    asked = await shop.post(
        f"/orders/{order['id']}/refund-requests", {"line_id": line["id"], "reason": "not mine"}, by=buyer, expect=201
    )
    granted = await shop.post(
        f"/refund-requests/{asked['id']}/grant", {"answer": "of course"}, by=acts[1].who, expect=200
    )
    assert granted["status"] == "granted"
    await shop.stage.settle()

    assert await shop.library(buyer) == ["Album of 1", "Album of 3"]
    shown = await shop.get(f"/orders/{order['id']}", by=buyer)
    assert shown["status"] == "partly_refunded"
    assert [one["refunded_minor"] for one in shown["lines"]] == [0, 2000, 0]
    assert await _transfers(shop) == {
        str(acts[0].id): ("completed", 0),
        str(acts[1].id): ("reversed", 1800),
        str(acts[2].id): ("completed", 0),
    }
    (request,) = (await shop.get("/refund-requests", by=buyer))["items"]
    assert request["status"] == "refunded"

    await shop.fail_refund_later(granted["refund_id"])
    assert await shop.library(buyer) == ["Album of 1", "Album of 2", "Album of 3"]
    assert (await shop.get(f"/orders/{order['id']}", by=buyer))["status"] == "paid"
    (request,) = (await shop.get("/refund-requests", by=buyer))["items"]
    assert request["status"] == "failed"


async def test_a_buyer_without_an_account_claims_by_the_link_and_is_refunded_all_the_same(any_shop: Shop) -> None:
    shop = any_shop
    acts, products = await _three(shop)
    order = await shop.buy(anonymous(), *products, email="Buyer@Example.org")
    ((to, _, text),) = shop.mails
    assert to == "buyer@example.org"
    token = _token(text)

    person = visiting(await shop.person())
    claimed = await shop.post("/orders/claim", {"token": token}, by=person, expect=200)
    assert [one["id"] for one in claimed["orders"]] == [order["id"]]
    assert await shop.library(person) == ["Album of 1", "Album of 2", "Album of 3"]
    await shop.refused("POST", "/orders/claim", {"token": token}, 404, "not-found", by=visiting(await shop.person()))

    line = claimed["orders"][0]["lines"][0]["id"]
    asked: Any = await shop.post(
        f"/orders/{order['id']}/refund-requests", {"line_id": line, "reason": "not mine"}, by=person, expect=201
    )
    await shop.post(f"/refund-requests/{asked['id']}/grant", {"answer": "of course"}, by=acts[0].who, expect=200)
    await shop.stage.settle()
    assert await shop.library(person) == ["Album of 2", "Album of 3"]
    assert {seller: taken for seller, (_, taken) in (await _transfers(shop)).items()} == {
        str(acts[0].id): 900,
        str(acts[1].id): 0,
        str(acts[2].id): 0,
    }


def _token(text: str) -> str:
    found = re.search(r"token=([A-Za-z0-9_-]+)", text)
    assert found is not None
    return found[1]


async def test_what_is_refunded_before_it_is_claimed_is_not_claimed(shop: Shop) -> None:
    (_, ben, _), products = await _three(shop)
    order = await shop.buy(anonymous(), *products, email="buyer@example.org")
    line = next(one for one in order["lines"] if one["artist_id"] == str(ben.id))
    await shop.post(f"/order-lines/{line['id']}/refund", {"answer": "by phone"}, by=visiting(None, "admin"), expect=202)
    await shop.stage.settle()
    person = visiting(await shop.person())
    await shop.post("/orders/claim", {"token": _token(shop.mails[0][2])}, by=person, expect=200)
    assert await shop.library(person) == ["Album of 1", "Album of 3"]
    assert UUID(order["id"])
