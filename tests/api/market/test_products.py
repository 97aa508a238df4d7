"""Products: who may set prices, what is seen of them, and what is no price."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import update

from tests.api.market.conftest import OPERATOR, Shop
from tests.api.visitors import visiting
from tests.client import UNKNOWN_ID
from veza.accounts import links
from veza.accounts.links import Purpose
from veza.catalog.artists import Artist
from veza.catalog.limits import Limits
from veza.catalog.members import add_member
from veza.market.products import Product


async def test_what_can_be_bought_is_listed_for_everybody_and_the_rest_for_its_artist(shop: Shop) -> None:
    act = await shop.artist()
    shown = await act.selling("Shown")
    hidden = await act.product(await act.release("Draft", status="draft"))
    off = await act.product(await act.release("Off"), on_sale=False)
    assert [one["id"] for one in (await shop.get("/products", by={}))["items"]] == [shown]
    assert [one["id"] for one in (await shop.get(f"/artists/{act.id}/products", by=act.who))["items"]] == [
        off,
        hidden,
        shown,
    ]
    await shop.get(f"/products/{hidden}", 404, by={})
    assert (await shop.get(f"/products/{hidden}", by=act.who))["refusal"] == "“Draft” by Anna Berg is not published now"
    assert (await shop.get(f"/products/{off}", by={}))["on_sale"] is False


async def test_products_are_filtered_by_what_buyers_look_for(any_shop: Shop) -> None:
    shop = any_shop
    anna, ben = await shop.artist("Anna"), await shop.artist("Ben")
    album = await anna.release("Album")
    sold = {
        "album": await anna.product(album, 1000),
        "track": await anna.product((await anna.tracks(album))[0].id, 150, kind="track"),
        "pack": await anna.product(await anna.release("Pack", kind="sample_pack", licence="x"), 700, pricing="minimum"),
        "gift": await ben.product(await ben.release("Gift"), 0, pricing="free"),
        "yen": await ben.product(await ben.release("Yen"), 500, currency="JPY"),
    }
    names = {product: name for name, product in sold.items()}

    async def seen(who: dict[str, str], path: str, **asked: Any) -> list[str]:
        return [names[one["id"]] for one in (await shop.get(path, by=who, **asked))["items"]]

    for asked, expected in (
        ({"artist": str(anna.id)}, ["pack", "track", "album"]),
        ({"release": str(album)}, ["track", "album"]),
        ({"release_kind": "sample_pack"}, ["pack"]),
        ({"kind": "track"}, ["track"]),
        ({"pricing": "minimum"}, ["pack"]),
        ({"pricing": "free"}, ["gift"]),
        ({"currency": "jpy"}, ["yen"]),
        ({"sort": "oldest"}, ["album", "track", "pack", "gift", "yen"]),
        ({"sort": "cheapest", "currency": "EUR"}, ["gift", "track", "pack", "album"]),
        ({"sort": "dearest", "currency": "EUR", "artist": str(anna.id)}, ["album", "pack", "track"]),
    ):
        assert await seen({}, "/products", **asked) == expected, asked
    await shop.send("PATCH", f"/products/{sold['pack']}", {"on_sale": False}, by=anna.who)
    for asked, expected in (
        ({"on_sale": "false"}, ["pack"]),
        ({"on_sale": "true", "sort": "title"}, ["album", "track"]),
        ({"sort": "title"}, ["album", "track", "pack"]),
        ({"kind": "release", "sort": "cheapest", "currency": "EUR"}, ["pack", "album"]),
    ):
        assert await seen(anna.who, f"/artists/{anna.id}/products", **asked) == expected, asked


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"sort": "best"}, "sort: one of newest, oldest, cheapest, dearest, not “best”"),
        ({"sort": "cheapest"}, "currency: is missing: prices in two currencies have no order"),
        ({"pricing": "cheap"}, "pricing: one of fixed, minimum, free, not “cheap”"),
    ],
)
async def test_an_order_or_a_price_there_is_not_is_refused_with_those_there_are(
    shop: Shop, asked: dict[str, str], said: str
) -> None:
    problem = await shop.get("/products", 400, by={}, **asked)
    assert (problem["type"], problem["detail"]) == ("urn:veza:problem:invalid-request", said)


async def test_only_an_artists_people_and_operators_set_prices(shop: Shop) -> None:
    act, other = await shop.artist("Anna"), await shop.artist("Ben")
    release = await act.release()
    wanted = {"kind": "release", "item_id": str(release), "pricing": "fixed", "price_minor": 500}
    said = await shop.refused("POST", f"/artists/{act.id}/products", wanted, 403, "forbidden", by=other.who)
    assert said == "only the people of Anna may do this"
    await shop.refused("POST", f"/artists/{act.id}/products", wanted, 401, "unauthorized", by={})
    await shop.refused("POST", f"/artists/{act.id}/products", wanted, 403, "forbidden", by=visiting(act.person))
    await shop.refused("POST", f"/artists/{UNKNOWN_ID}/products", wanted, 404, "not-found", by=act.who)
    await shop.refused("POST", f"/artists/{other.id}/products", wanted, 404, "not-found", by=other.who)
    product = (await shop.post(f"/artists/{act.id}/products", wanted, by=OPERATOR, expect=201))["id"]
    await shop.refused("PATCH", f"/products/{product}", {"price_minor": 1}, 403, "forbidden", by=other.who)


async def test_a_release_is_one_product_when_several_requests_make_it_at_the_same_instant(any_shop: Shop) -> None:
    act = await any_shop.artist()
    wanted = {"kind": "release", "item_id": str(await act.release()), "pricing": "fixed", "price_minor": 500}
    answers = await asyncio.gather(
        *(any_shop.send("POST", f"/artists/{act.id}/products", wanted, by=act.who) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


@pytest.mark.parametrize(
    ("price", "status"),
    [
        ({"pricing": "fixed", "price_minor": 0}, 422),
        ({"pricing": "fixed", "price_minor": -1}, 400),
        ({"pricing": "fixed", "price_minor": 10**12}, 422),
        ({"pricing": "fixed", "price_minor": 99_999_999}, 201),
        ({"pricing": "fixed", "price_minor": 100_000_000}, 422),
        ({"pricing": "minimum", "price_minor": 100_000_000}, 422),
        ({"pricing": "free", "price_minor": 5}, 422),
        ({"pricing": "fixed", "price_minor": 5, "currency": "XXX"}, 422),
        ({"pricing": "fixed", "price_minor": 5, "currency": "SEK"}, 422),
        ({"pricing": "fixed", "price_minor": 500, "currency": "JPY"}, 422),
        ({"pricing": "gift", "price_minor": 5}, 400),
        ({"pricing": "fixed", "price_minor": 49}, 422),
        ({"pricing": "minimum", "price_minor": 49}, 422),
        ({"pricing": "fixed", "price_minor": 50}, 201),
        ({"pricing": "minimum", "price_minor": 0}, 201),
        ({"pricing": "fixed", "price_minor": 500, "currency": "eur"}, 201),
        ({"pricing": "fixed", "price_minor": 15, "sells in": "KWD"}, 422),
        ({"pricing": "fixed", "price_minor": 500, "currency": "jpy", "sells in": "JPY"}, 201),
        ({"pricing": "fixed", "price_minor": 500, "sells in": "SEK"}, 422),
    ],
)
async def test_a_price_is_one_the_currency_has(shop: Shop, price: dict[str, Any], status: int) -> None:
    act = await shop.artist()
    await act.sells_in(price.get("sells in", "EUR"))
    price = {name: value for name, value in price.items() if name != "sells in"}
    wanted = {"kind": "release", "item_id": str(await act.release()), **price}
    answer = await shop.send("POST", f"/artists/{act.id}/products", wanted, by=act.who)
    assert answer.status_code == status, answer.text
    assert len((await shop.get(f"/artists/{act.id}/products", by=act.who))["items"]) == (status == 201)


async def test_prices_are_in_their_artists_currency_and_stand_when_that_changes(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    album, single = await act.release("Album"), await act.release("Single")
    product = await act.product(album, 1000)
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": product}, by=buyer, expect=200)
    wanted = {"kind": "release", "item_id": str(single), "pricing": "fixed", "price_minor": 500}
    path = f"/artists/{act.id}/products"
    said = await shop.refused("POST", path, {**wanted, "currency": "JPY"}, 422, "bad-amount", by=act.who)
    assert said == "Anna Berg sells in EUR: a price in JPY cannot be set, change the artist's currency first"
    await act.sells_in("JPY")
    assert (await shop.post(path, wanted, by=act.who, expect=201))["currency"] == "JPY"

    async def changed(change: dict[str, Any]) -> tuple[int, Any]:
        answer = await shop.send("PATCH", f"/products/{product}", change, by=act.who)
        return answer.status_code, answer.json()

    for change in ({"price_minor": 900}, {"pricing": "minimum"}, {"currency": "JPY"}, {"currency": "EUR"}):
        status, problem = await changed(change)
        assert (status, problem["detail"]) == (
            422,
            "this price is in EUR and Anna Berg sells in JPY now: name the new price and its currency together",
        )
    assert (await changed({"price_minor": 900, "currency": "EUR"}))[0] == 422
    for on_sale in (False, True):
        status, shown = await changed({"on_sale": on_sale})
        assert (status, shown["price_minor"], shown["currency"]) == (200, 1000, "EUR")
    assert (await shop.check_out(buyer))[0]["currency"] == "EUR"
    assert (await changed({"price_minor": 900, "currency": "jpy"}))[1]["currency"] == "JPY"
    told = await shop.refused("POST", "/cart/checkout", {}, 409, "price-changed", by=buyer)
    assert told.startswith("“Album” was 10.00 EUR and is 900 JPY now")


async def test_what_the_platform_no_longer_settles_is_taken_off_sale_and_not_put_on(shop: Shop) -> None:
    act = await shop.artist()
    product = await act.selling()
    async with shop.stage.database.write() as session:
        await session.execute(update(Product).values(currency="SEK"))
    await act.sells_in("SEK")
    assert (await shop.send("PATCH", f"/products/{product}", {"on_sale": False}, by=act.who)).status_code == 200
    said = await shop.refused("PATCH", f"/products/{product}", {"on_sale": True}, 422, "bad-amount", by=act.who)
    assert said == "the platform does not settle in SEK, only in EUR, USD, JPY, KWD"


async def test_what_two_people_change_at_once_keeps_both_changes(any_shop: Shop) -> None:
    act = await any_shop.artist()
    product = await act.selling()
    await asyncio.gather(
        any_shop.send("PATCH", f"/products/{product}", {"price_minor": 700}, by=act.who),
        any_shop.send("PATCH", f"/products/{product}", {"on_sale": False}, by=act.who),
    )
    shown = await any_shop.get(f"/products/{product}", by=act.who)
    assert (shown["price_minor"], shown["on_sale"]) == (700, False)


async def test_an_artist_who_was_never_onboarded_is_sold_and_paid_later(shop: Shop) -> None:
    act = await shop.artist(onboarded=False)
    buyer = visiting(await shop.person())
    await shop.buy(buyer, await act.selling())
    payouts = await shop.get(f"/artists/{act.id}/payouts", by=act.who)
    assert (payouts["is_registered"], payouts["transfers_active"]) == (True, False)
    assert payouts["standing"][0]["coming_minor"] == 900
    async with shop.stage.database.write() as session:
        proof = {"X-Veza-Proof": links.make(session, Purpose.PROOF, act.person)}
    form = f"/artists/{act.id}/onboarding"
    await shop.refused("POST", form, {}, 422, "proof-needed", by=act.who)
    link = await shop.post(form, by={**act.who, **proof}, expect=201)
    assert link["onboarding_url"].startswith("http")
    await shop.refused("POST", form, {}, 422, "proof-needed", by={**act.who, **proof})
    member = await shop.person()
    async with shop.stage.database.write() as session:
        await add_member(session, await session.get_one(Artist, act.id), member, limits=Limits())
    said = await shop.refused("POST", form, {}, 403, "forbidden", by=visiting(member, "artist"))
    assert said == "only an owner of Anna Berg may do this"
    other = await shop.artist("Ben")
    await shop.refused("POST", f"/artists/{act.id}/onboarding", {}, 403, "forbidden", by=other.who)
