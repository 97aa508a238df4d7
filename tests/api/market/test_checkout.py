"""One order however often one clicks; prices as they were seen; no buyer buys the same thing twice by accident."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.api.market.conftest import CART, Shop, anonymous
from tests.api.visitors import visiting
from tests.pseudo_language import plain
from veza.lab.sandbox.webhooks import sign_payload
from veza.lab.simulator.stage import SECRET
from veza.market.orders import Order
from veza.money.payments import Payment
from veza.money.refunds import Refund

OTHER_CART = "another-cart-token-of-another-browser-0002"


async def test_two_clicks_with_one_key_at_the_same_instant_are_one_order(any_shop: Shop) -> None:
    shop = any_shop
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": await (await shop.artist()).selling()}, by=buyer, expect=200)
    clicks = [shop.send("POST", "/cart/checkout", {}, by=buyer, key="click") for _ in range(4)]
    answers = await asyncio.gather(*clicks)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert (len(await shop.stage.all(Order)), len(await shop.stage.all(Payment))) == (1, 1)


async def test_two_tabs_at_the_same_instant_are_one_order_and_one_pay_page(any_shop: Shop) -> None:
    shop = any_shop
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": await (await shop.artist()).selling()}, by=buyer, expect=200)
    tabs = await asyncio.gather(
        *(
            shop.check_out(buyer, success_url=f"https://tab{tab}.test/", cancel_url=f"https://tab{tab}.test/")
            for tab in range(4)
        )
    )
    assert len({opened[0]["id"] for opened in tabs}) == 1
    assert len({opened[0]["checkout_url"] for opened in tabs}) == 1
    assert len(await shop.stage.all(Payment)) == 1


async def test_one_order_and_one_payment_for_each_currency(shop: Shop) -> None:
    act = await shop.artist()
    buyer = visiting(await shop.person())
    for title, price, currency in (("A", 1000, "EUR"), ("B", 500, "JPY"), ("C", 700, "EUR")):
        product = await act.product(await act.release(title), price, currency=currency)
        cart = await shop.post("/cart/items", {"product_id": product}, by=buyer, expect=200)
    assert cart["totals"] == [{"currency": "EUR", "amount_minor": 1700}, {"currency": "JPY", "amount_minor": 500}]
    opened = await shop.check_out(buyer)
    assert [(order["currency"], order["amount_minor"]) for order in opened] == [("EUR", 1700), ("JPY", 500)]
    await shop.pay(opened[1])
    assert await shop.library(buyer) == ["B"]
    assert [item["title"] for item in (await shop.get("/cart", by=buyer))["items"]] == ["A", "C"]
    await shop.pay(opened[0])
    assert await shop.library(buyer) == ["A", "B", "C"]


async def test_a_price_that_changed_is_told_shown_and_then_accepted(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    product = await act.selling(price_minor=900)
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": product}, by=buyer, expect=200)
    await shop.send("PATCH", f"/products/{product}", {"price_minor": 1100}, by=act.who)
    answer = await shop.send("POST", "/cart/checkout", {}, by=buyer)
    told = answer.json()
    assert (answer.status_code, told["type"]) == (409, "urn:veza:problem:price-changed")
    assert "was 9.00 EUR and is 11.00 EUR now" in told["detail"]
    assert (told["changes"][0]["old_minor"], told["changes"][0]["new_minor"]) == (900, 1100)
    assert (await shop.get("/cart", by=buyer))["totals"] == [{"currency": "EUR", "amount_minor": 1100}]
    assert await shop.stage.all(Order) == []
    assert (await shop.check_out(buyer))[0]["amount_minor"] == 1100


async def test_a_price_that_changes_after_checkout_is_paid_as_it_was(shop: Shop) -> None:
    act = await shop.artist()
    product = await act.selling(price_minor=900)
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": product}, by=buyer, expect=200)
    (order,) = await shop.check_out(buyer)
    await shop.send("PATCH", f"/products/{product}", {"price_minor": 1100}, by=act.who)
    await shop.pay(order)
    assert (await shop.get(f"/orders/{order['id']}", by=buyer))["amount_minor"] == 900
    assert await shop.library(buyer) == ["Blue Hours"]


async def test_what_was_withdrawn_cannot_be_checked_out(shop: Shop) -> None:
    act = await shop.artist()
    release = await act.release()
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": await act.product(release)}, by=buyer, expect=200)
    await shop.status(release, "withdrawn")
    said = await shop.refused("POST", "/cart/checkout", {}, 409, "not-for-sale", by=buyer)
    assert said == "“Blue Hours” by Anna Berg is not published now: take it out of the cart"
    assert "not published" in (await shop.get("/cart", by=buyer))["items"][0]["refusal"]


async def test_what_is_withdrawn_after_it_was_paid_stays_its_buyers(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    release = await act.release()
    product = await act.product(release)
    buyer = visiting(await shop.person())
    await shop.buy(buyer, product)
    await shop.send("PATCH", f"/products/{product}", {"on_sale": False}, by=act.who)
    await shop.status(release, "withdrawn")
    assert await shop.library(buyer) == ["Blue Hours"]
    track = (await act.tracks(release))[0]
    access = await shop.get(f"/library/tracks/{track.id}", by=buyer)
    access["because"] = plain(access["because"])
    assert access == {"stream": False, "preview": False, "download": False, "has_sound": False, "because": "owned"}
    await shop.get(f"/library/tracks/{track.id}", 404, by={})


async def test_what_was_just_bought_is_refused_in_the_cart_and_at_checkout(any_shop: Shop) -> None:
    shop = any_shop
    product = await (await shop.artist()).selling()
    buyer = visiting(await shop.person())
    await shop.buy(buyer, product)
    said = await shop.refused("POST", "/cart/items", {"product_id": product}, 409, "owned-already", by=buyer)
    assert said == "you own “Blue Hours” by Anna Berg already: it is in your library"
    await shop.refused("POST", "/cart/checkout", {}, 409, "cart-empty", by=buyer)


async def test_what_is_paid_twice_on_two_pages_goes_back_once_and_stays_owned(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    first, second = await act.selling("A", 1000), await act.selling("B", 500)
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": first}, by=buyer, expect=200)
    (old,) = await shop.check_out(buyer)
    await shop.post("/cart/items", {"product_id": second}, by=buyer, expect=200)
    (new,) = await shop.check_out(buyer)
    assert (await shop.get(f"/orders/{old['id']}", by=buyer))["status"] == "canceled"
    await shop.pay(new, old)  # the older page was still open in another tab
    assert await shop.library(buyer) == ["A", "B"]
    assert (await shop.get(f"/orders/{old['id']}", by=buyer))["status"] == "refunded"
    assert (await shop.get(f"/orders/{new['id']}", by=buyer))["status"] == "paid"
    refund = await shop.stage.one(Refund)
    assert (refund.amount_minor, plain(refund.why)) == (1000, "bought twice: the buyer has it already")


async def test_what_is_paid_twice_without_an_account_goes_back_once(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    first, second = await act.selling("A", 1000), await act.selling("B", 500)
    await shop.post("/cart/items", {"product_id": first}, by=anonymous(), expect=200)
    (old,) = await shop.check_out(anonymous(), email="buyer@example.org")
    await shop.post("/cart/items", {"product_id": second}, by=anonymous(), expect=200)
    (new,) = await shop.check_out(anonymous(), email="buyer@example.org")
    await shop.pay(new, old)  # the older page was still open in another tab
    refund = await shop.stage.one(Refund)
    assert (refund.amount_minor, plain(refund.why)) == (1000, "bought twice: the buyer has it already")
    made = {str(order.id): order.status for order in await shop.stage.all(Order)}
    assert made == {old["id"]: "refunded", new["id"]: "paid"}
    told = {subject: text for _, subject, text in shop.mails}
    assert set(told) == {"What you bought at Veza", "You paid twice at Veza"}
    said = (
        "You paid 10.00 EUR for what you had bought already:\n\n- A · Anna Berg\n\nWhat they cost this time goes back"
    )
    assert told["You paid twice at Veza"].startswith(said)
    buyer = visiting(await shop.person("buyer@example.org"))
    await shop.post("/orders/claim", by=buyer, expect=200)
    assert await shop.library(buyer) == ["A", "B"]


async def test_the_mail_says_what_of_an_order_was_bought_before(shop: Shop) -> None:
    act = await shop.artist()
    products = [await act.selling(title, 500) for title in "ABC"]
    opened = []
    for taken_out, put_in in ((None, products[:2]), (products[0], products[2:])):
        if taken_out:
            await shop.send("DELETE", f"/cart/items/{taken_out}", by=anonymous())
        for product in put_in:
            await shop.post("/cart/items", {"product_id": product}, by=anonymous(), expect=200)
        opened += await shop.check_out(anonymous(), email="buyer@example.org")
    await shop.pay(*reversed(opened))
    text = shop.mails[1][2]
    assert text.startswith("Thank you. You bought, for 10.00 EUR:\n\n- A · Anna Berg\n- B · Anna Berg\n\n")
    assert "Of these you had bought already:\n\n- B · Anna Berg\n\nWhat they cost this time goes back to you" in text


async def test_two_pages_paid_at_the_same_instant_give_the_thing_once_and_return_one(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    first, second = await act.selling("A", 1000), await act.selling("B", 500)
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": first}, by=buyer, expect=200)
    (old,) = await shop.check_out(buyer)
    await shop.post("/cart/items", {"product_id": second}, by=buyer, expect=200)
    (new,) = await shop.check_out(buyer)
    for order in (old, new):
        shop.stage.sandbox.pay_checkout(order["checkout_url"].rpartition("/")[2])
    stamp = int(shop.stage.clock.now().timestamp())
    due = shop.stage.sandbox.due_deliveries()
    await asyncio.gather(
        *(shop.stage.money.inbox.receive(one.payload, sign_payload(SECRET, one.payload, stamp)) for one in due)
    )
    for one in due:
        shop.stage.sandbox.record_delivery(one.id, 200)
    await shop.stage.settle()
    assert await shop.library(buyer) == ["A", "B"]
    assert (await shop.stage.one(Refund)).amount_minor == 1000


async def test_an_order_begun_before_signing_in_is_paid_into_the_account(any_shop: Shop) -> None:
    shop = any_shop
    product = await (await shop.artist()).selling()
    await shop.post("/cart/items", {"product_id": product}, by=anonymous(), expect=200)
    (begun,) = await shop.check_out(anonymous(), email="buyer@example.org")
    buyer = visiting(await shop.person())
    merged = await shop.post("/cart/merge", by={**buyer, **anonymous()}, expect=200)
    assert [item["product_id"] for item in merged["items"]] == [product]
    assert [order["id"] for order in await shop.check_out(buyer)] == [begun["id"]]
    await shop.pay(begun)
    assert await shop.library(buyer) == ["Blue Hours"]
    assert shop.mails == []


async def test_a_checkout_that_ends_unpaid_expires_and_can_be_made_anew(shop: Shop) -> None:
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": await (await shop.artist()).selling()}, by=buyer, expect=200)
    (old,) = await shop.check_out(buyer)
    await shop.stage.pass_time(timedelta(hours=25))
    assert (await shop.get(f"/orders/{old['id']}", by=buyer))["status"] == "expired"
    (new,) = await shop.check_out(buyer)
    assert new["id"] != old["id"]
    await shop.pay(new)
    assert await shop.library(buyer) == ["Blue Hours"]


async def test_what_the_provider_refuses_ends_its_order_and_nothing_else(shop: Shop) -> None:
    act = await shop.artist()
    buyer = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": await act.selling(price_minor=500)}, by=buyer, expect=200)
    shop.stage.sandbox.add_fault("refused", method="POST", path=r"/checkout/sessions$", times=1)
    await shop.refused("POST", "/cart/checkout", {}, 422, "provider-refused", by=buyer)
    assert [order.status for order in await shop.stage.all(Order)] == ["expired"]
    (order,) = await shop.check_out(buyer)
    await shop.pay(order)
    assert await shop.library(buyer) == ["Blue Hours"]


async def test_free_things_are_given_at_once_and_pay_what_you_want_may_be_nothing(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    free = await act.selling("Free", 0, pricing="free")
    named = await act.selling("Named", 0, pricing="minimum")
    paid = await act.selling("Paid", 500)
    buyer = visiting(await shop.person())
    for product in (free, named, paid):
        await shop.post("/cart/items", {"product_id": product}, by=buyer, expect=200)
    opened = await shop.check_out(buyer)
    assert [(order["status"], order["checkout_url"] is None) for order in opened] == [("paid", True), ("open", False)]
    assert await shop.library(buyer) == ["Free", "Named"]
    assert opened[0]["receipt"] is None
    await shop.pay(opened[1])
    assert await shop.library(buyer) == ["Free", "Named", "Paid"]


async def test_a_free_checkout_repeated_with_its_key_is_the_same_answer(any_shop: Shop) -> None:
    shop = any_shop
    buyer = visiting(await shop.person())
    await shop.post(
        "/cart/items", {"product_id": await (await shop.artist()).selling("F", 0, pricing="free")}, by=buyer, expect=200
    )
    answers = await asyncio.gather(*(shop.send("POST", "/cart/checkout", {}, by=buyer, key="k") for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert len(await shop.stage.all(Order)) == 1


@pytest.mark.parametrize("body", [{}, {"email": "no address"}, {"email": ""}])
async def test_no_visitor_buys_without_an_account_and_without_an_address(shop: Shop, body: dict[str, Any]) -> None:
    await shop.post("/cart/items", {"product_id": await (await shop.artist()).selling()}, by=anonymous(), expect=200)
    answer = await shop.send("POST", "/cart/checkout", body, by=anonymous())
    assert answer.status_code in (400, 422)
    assert await shop.stage.all(Order) == []


async def test_who_waits_after_paying_sees_what_became_of_the_cart(shop: Shop) -> None:
    order = await shop.buy(anonymous(), await (await shop.artist()).selling(), email="buyer@example.org")
    shown = (await shop.get("/cart/orders", by=anonymous()))["items"]
    assert [(one["id"], one["status"]) for one in shown] == [(order["id"], "paid")]
    assert (await shop.get("/cart/orders", by=anonymous(OTHER_CART)))["items"] == []
    assert CART not in str(await shop.stage.all(Order))


async def test_the_platforms_fee_is_the_artists_own_where_there_is_one(shop: Shop) -> None:
    plain, special = await shop.artist("Anna"), await shop.artist("Ben", fee_bps=250)
    buyer = visiting(await shop.person())
    await shop.buy(buyer, await plain.selling(), await special.selling())
    for act, fee in ((plain, 100), (special, 25)):
        (sale,) = (await shop.get(f"/artists/{act.id}/sales", by=act.who))["items"]
        assert (sale["gross_minor"], sale["fee_minor"], sale["share_minor"]) == (1000, fee, 1000 - fee)
        payouts = await shop.get(f"/artists/{act.id}/payouts", by=act.who)
        assert payouts["standing"][0]["sent_minor"] == 1000 - fee


async def test_what_is_free_does_not_fill_a_strangers_mailbox(shop: Shop) -> None:
    product = await (await shop.artist()).selling(price_minor=0, pricing="free")
    for i in range(6):
        browser = anonymous(f"a-cart-token-of-the-browser-number-{i:04}")
        await shop.post("/cart/items", {"product_id": product}, by=browser, expect=200)
        answer = await shop.send("POST", "/cart/checkout", {"email": "Stranger@example.org"}, by=browser)
        assert answer.status_code == (201 if i < 5 else 429)
    assert len(shop.mails) == 5


@pytest.mark.parametrize("email", ["<v@example.org>", "x,v@example.org", 'v"@example.org', "v@-.org"])
async def test_an_address_that_would_reach_another_person_is_refused(shop: Shop, email: str) -> None:
    product = await (await shop.artist()).selling()
    await shop.post("/cart/items", {"product_id": product}, by=anonymous(), expect=200)
    await shop.refused("POST", "/cart/checkout", {"email": email}, 422, "bad-email", by=anonymous())


async def test_an_international_address_is_claimed_as_its_account_writes_it(shop: Shop) -> None:
    product = await (await shop.artist()).selling()
    await shop.buy(anonymous(), product, email="Anna@München.example")
    buyer = visiting(await shop.person("anna@xn--mnchen-3ya.example"))
    await shop.post("/orders/claim", by=buyer, expect=200)
    assert await shop.library(buyer) == ["Blue Hours"]


async def test_one_network_of_strangers_opens_so_many_pay_pages_and_others_are_not_held_up(shop: Shop) -> None:
    product = await (await shop.artist()).selling()
    statuses = []
    for number in range(31):
        stranger = anonymous(f"cart-token-of-browser-number-{number:08}")
        await shop.post("/cart/items", {"product_id": product}, by=stranger, expect=200)
        answer = await shop.send("POST", "/cart/checkout", {"email": f"buyer{number}@example.org"}, by=stranger)
        statuses.append(answer.status_code)
    assert statuses == [201] * 30 + [429]
    assert answer.headers["retry-after"] == "10"
    assert len(await shop.stage.all(Payment)) == 30
    person = visiting(await shop.person())
    await shop.post("/cart/items", {"product_id": product}, by=person, expect=200)
    await shop.check_out(person)
    shop.stage.clock.advance(timedelta(seconds=10))
    again = await shop.send("POST", "/cart/checkout", {"email": "buyer@example.org"}, by=stranger)
    assert again.status_code == 201, again.text
