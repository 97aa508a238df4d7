"""Carts: across sellers, once each, bounded, taken along when signing in."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

from tests.api.market.conftest import OPERATOR, Shop, anonymous
from tests.api.visitors import visiting
from tests.client import UNKNOWN_ID
from veza.catalog.visibility import HiddenTrack
from veza.market.cart import Cart, CartItem


async def test_who_is_not_signed_in_gets_a_token_and_keeps_a_cart_with_it(shop: Shop) -> None:
    answer = await shop.client.get("/api/v1/cart")
    token = answer.headers["x-veza-cart"]
    assert answer.json() == {"items": [], "totals": []}
    assert f"__Host-veza_cart={token}" in answer.headers["set-cookie"]
    assert {"HttpOnly", "Secure"} <= {part.strip() for part in answer.headers["set-cookie"].split(";")}
    shop.client.cookies.clear()
    assert await shop.stage.all(Cart) == []
    product = await (await shop.artist()).selling()
    await shop.post("/cart/items", {"product_id": product}, by=anonymous(token), expect=200)
    (item,) = (await shop.get("/cart", by=anonymous(token)))["items"]
    assert (item["title"], item["artist"], item["amount_minor"]) == ("Blue Hours", "Anna Berg", 1000)
    (cart,) = await shop.stage.all(Cart)
    assert token not in (cart.token_hash or "")
    by_cookie = await shop.client.get("/api/v1/cart", headers={"Cookie": f"__Host-veza_cart={token}"})
    assert len(by_cookie.json()["items"]) == 1


async def test_without_a_token_there_is_no_cart_to_change(shop: Shop) -> None:
    product = await (await shop.artist()).selling()
    await shop.refused("POST", "/cart/items", {"product_id": product}, 400, "cart-token-missing", by={})
    await shop.refused(
        "POST", "/cart/items", {"product_id": product}, 400, "invalid-request", by={"X-Veza-Cart": "short"}
    )
    await shop.refused("POST", "/cart/items", {"product_id": product}, 400, "cart-token-missing", by=OPERATOR)


async def test_the_same_product_is_in_the_cart_once_however_many_put_it_in(any_shop: Shop) -> None:
    shop = any_shop
    product = await (await shop.artist()).selling()
    buyer = visiting(await shop.person())
    await asyncio.gather(*(shop.post("/cart/items", {"product_id": product}, by=buyer, expect=200) for _ in range(4)))
    assert len((await shop.get("/cart", by=buyer))["items"]) == 1
    assert len(await _all_items(shop)) == 1


async def test_a_track_and_its_release_are_not_bought_together(shop: Shop) -> None:
    act = await shop.artist()
    release = await act.release()
    album = await act.product(release)
    track = await act.product((await act.tracks(release))[0].id, 150, kind="track")
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": track}, by=buyer, expect=200)
    said = await shop.refused("POST", "/cart/items", {"product_id": album}, 409, "owned-already", by=buyer)
    assert said == "“Blue Hours 1” comes with “Blue Hours”: the cart can hold the one or the other"
    await shop.send("DELETE", f"/cart/items/{track}", by=buyer)
    await shop.buy(buyer, album)
    await shop.refused("POST", "/cart/items", {"product_id": track}, 409, "owned-already", by=buyer)


async def test_who_has_a_track_may_still_buy_its_release(shop: Shop) -> None:
    act = await shop.artist()
    release = await act.release()
    track = await act.product((await act.tracks(release))[0].id, 150, kind="track")
    buyer = visiting(await shop.person())
    await shop.buy(buyer, track)
    await shop.buy(buyer, await act.product(release))
    assert await shop.library(buyer) == ["Blue Hours", "Blue Hours 1"]


@pytest.mark.parametrize(
    ("amount", "status", "kind"),
    [(699, 422, "bad-amount"), (10**12, 422, "bad-amount"), (-1, 400, "invalid-request"), (None, 200, 700)],
)
async def test_a_buyer_names_a_price_that_is_enough(shop: Shop, amount: Any, status: int, kind: Any) -> None:
    product = await (await shop.artist()).selling(price_minor=700, pricing="minimum")
    buyer = visiting(await shop.person())
    wanted = {"product_id": product, "amount_minor": amount}
    if status == 200:
        assert (await shop.post("/cart/items", wanted, by=buyer, expect=200))["totals"][0]["amount_minor"] == kind
    else:
        await shop.refused("POST", "/cart/items", wanted, status, kind, by=buyer)
        assert (await shop.get("/cart", by=buyer))["items"] == []


async def test_an_own_price_can_be_changed_and_stands_while_it_is_enough(shop: Shop) -> None:
    act = await shop.artist()
    product = await act.selling(price_minor=700, pricing="minimum")
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": product, "amount_minor": 800}, by=buyer, expect=200)
    answer = await shop.send("PATCH", f"/cart/items/{product}", {"amount_minor": 1500}, by=buyer)
    assert answer.json()["totals"][0]["amount_minor"] == 1500
    await shop.send("PATCH", f"/products/{product}", {"price_minor": 1200}, by=act.who)
    (order,) = await shop.check_out(buyer)
    assert order["amount_minor"] == 1500


async def test_a_fixed_price_is_not_the_buyers_to_name(shop: Shop) -> None:
    product = await (await shop.artist()).selling()
    buyer = visiting(await shop.person())
    await shop.refused("POST", "/cart/items", {"product_id": product, "amount_minor": 1}, 422, "bad-amount", by=buyer)


async def test_what_cannot_be_bought_does_not_get_in(shop: Shop) -> None:
    act = await shop.artist()
    buyer = visiting(await shop.person())
    draft = await act.product(await act.release(status="draft"))
    off_sale = await act.product(await act.release(), on_sale=False)
    await shop.refused("POST", "/cart/items", {"product_id": draft}, 409, "not-for-sale", by=buyer)
    await shop.refused("POST", "/cart/items", {"product_id": off_sale}, 409, "not-for-sale", by=buyer)
    await shop.refused("POST", "/cart/items", {"product_id": UNKNOWN_ID}, 404, "not-found", by=buyer)
    answer = await shop.send("PATCH", f"/cart/items/{off_sale}", {"amount_minor": 5}, by=buyer)
    assert answer.status_code == 404


async def test_a_track_that_was_hidden_is_neither_listed_nor_sold(any_shop: Shop) -> None:
    act = await any_shop.artist()
    track = (await act.tracks(await act.release()))[0].id
    product = await act.product(track, 100, kind="track")
    held = visiting(await any_shop.person())
    await any_shop.post("/cart/items", {"product_id": product}, by=held, expect=200)
    async with any_shop.stage.database.write() as session:
        await session.execute(insert(HiddenTrack), {"track_id": track, "hidden_at": session.now})
    buyer = visiting(await any_shop.person())
    await any_shop.refused("POST", "/cart/items", {"product_id": product}, 404, "not-found", by=buyer)
    await any_shop.refused("POST", "/cart/checkout", {}, 409, "not-for-sale", by=held)
    assert (await any_shop.get("/products", by={}))["items"] == []


async def test_a_cart_holds_a_hundred_things(shop: Shop) -> None:
    act = await shop.artist()
    release = await act.release(tracks=101)
    products = [await act.product(track.id, 100, kind="track") for track in await act.tracks(release)]
    buyer = visiting(await shop.person())
    for product in products[:100]:
        await shop.post("/cart/items", {"product_id": product}, by=buyer, expect=200)
    said = await shop.refused("POST", "/cart/items", {"product_id": products[100]}, 409, "cart-full", by=buyer)
    assert "at most 100 things" in said
    (order,) = await shop.check_out(buyer)
    assert len(order["lines"]) == 100


async def test_a_cart_is_taken_along_when_signing_in(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    mine, both, theirs, owned = [await act.selling(title) for title in ("M", "B", "T", "O")]
    buyer = visiting(await shop.person())
    await shop.buy(buyer, owned)
    for product in (mine, both):
        await shop.post("/cart/items", {"product_id": product}, by=buyer, expect=200)
    for product in (both, theirs, owned):
        await shop.post("/cart/items", {"product_id": product}, by=anonymous(), expect=200)
    tabs = await asyncio.gather(*(shop.post("/cart/merge", by={**buyer, **anonymous()}, expect=200) for _ in range(3)))
    assert {item["title"] for item in tabs[0]["items"]} == {"M", "B", "T"}
    assert (await shop.get("/cart", by=anonymous()))["items"] == []
    assert len(await shop.stage.all(Cart)) == 1


async def test_the_cart_of_before_is_there_at_the_first_look_after_signing_in(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    mine, both, theirs = [await act.selling(title) for title in ("M", "B", "T")]
    buyer = visiting(await shop.person())
    for product in (mine, both):
        await shop.post("/cart/items", {"product_id": product}, by=buyer, expect=200)
    for product in (both, theirs):
        await shop.post("/cart/items", {"product_id": product}, by=anonymous(), expect=200)
    signed_in = {**buyer, **anonymous()}
    looks = await asyncio.gather(*(shop.get("/cart", by=signed_in) for _ in range(3)))
    assert [{item["title"] for item in look["items"]} for look in looks] == [{"M", "B", "T"}] * 3
    assert [len(look["items"]) for look in looks] == [3, 3, 3]
    assert {item["title"] for item in (await shop.get("/cart", by=buyer))["items"]} == {"M", "B", "T"}  # on any device
    assert (await shop.get("/cart", by=anonymous()))["items"] == []
    assert len(await _all_items(shop)) == 3


async def test_an_order_begun_before_signing_in_is_among_the_carts_orders_after_it(any_shop: Shop) -> None:
    shop = any_shop
    await shop.post("/cart/items", {"product_id": await (await shop.artist()).selling()}, by=anonymous(), expect=200)
    (order,) = await shop.check_out(anonymous(), email="eve@example.org")
    buyer = visiting(await shop.person())
    seen = (await shop.get("/cart/orders", by={**buyer, **anonymous()}))["items"]
    assert [one["id"] for one in seen] == [order["id"]]
    await shop.pay(order)
    assert await shop.library(buyer) == ["Blue Hours"]


async def test_looking_at_a_cart_that_nothing_waits_for_writes_nothing(shop: Shop) -> None:
    buyer = visiting(await shop.person())
    assert (await shop.get("/cart", by={**buyer, **anonymous()}))["items"] == []
    assert await shop.stage.all(Cart) == []


async def test_the_cart_shows_the_licence_of_a_sample_pack(shop: Shop) -> None:
    act = await shop.artist()
    pack = await act.product(await act.release("Gulls", kind="sample_pack", licence="Royalty free.\nNo resale."))
    buyer = visiting(await shop.person())
    for product in (pack, await act.selling("Blue")):
        cart = await shop.post("/cart/items", {"product_id": product}, by=buyer, expect=200)
    assert [item["licence"] for item in cart["items"]] == ["Royalty free.\nNo resale.", ""]


async def test_taking_out_what_is_not_there_is_no_error(shop: Shop) -> None:
    answer = await shop.send("DELETE", f"/cart/items/{uuid4()}", by=visiting(await shop.person()))
    assert (answer.status_code, answer.json()["items"]) == (200, [])


async def _all_items(shop: Shop) -> list[Any]:
    async with shop.stage.database.read() as session:
        return list((await session.scalars(select(CartItem))).all())


async def test_two_browsers_at_one_address_have_keys_of_their_own(shop: Shop) -> None:
    product = await (await shop.artist()).selling()
    browsers = [anonymous(f"a-cart-token-of-the-browser-number-{i:04}") for i in range(2)]
    for browser in browsers:
        await shop.post("/cart/items", {"product_id": product}, by=browser, key="1", expect=200)
    opened = [
        await shop.post("/cart/checkout", {"email": "b@example.org"}, by=one, expect=201, key="2") for one in browsers
    ]
    assert opened[0]["orders"][0]["id"] != opened[1]["orders"][0]["id"]
