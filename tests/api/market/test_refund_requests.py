"""Refunds asked for: within the window, by line, decided by who may, asked again once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.api.market.conftest import OPERATOR, Shop
from tests.api.visitors import visiting
from veza.market.refund_requests import RefundRequest
from veza.money.payments import Payment
from veza.money.refunds import Refund


async def _bought(shop: Shop, price: int = 1000) -> tuple[Any, dict[str, str], Any]:
    act = await shop.artist()
    buyer = visiting(await shop.person())
    return act, buyer, await shop.buy(buyer, await act.selling(price_minor=price))


async def _ask(shop: Shop, buyer: dict[str, str], order: Any, expect: int = 201) -> Any:
    wanted = {"line_id": order["lines"][0]["id"], "reason": "bought by mistake"}
    return await shop.post(f"/orders/{order['id']}/refund-requests", wanted, by=buyer, expect=expect)


async def test_asking_twice_at_the_same_instant_is_one_request(any_shop: Shop) -> None:
    _, buyer, order = await _bought(any_shop)
    wanted = {"line_id": order["lines"][0]["id"], "reason": "bought by mistake"}
    path = f"/orders/{order['id']}/refund-requests"
    answers = await asyncio.gather(*(any_shop.send("POST", path, wanted, by=buyer) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert len(await any_shop.stage.all(RefundRequest)) == 1


async def test_granting_twice_at_the_same_instant_is_one_refund(any_shop: Shop) -> None:
    act, buyer, order = await _bought(any_shop)
    asked = await _ask(any_shop, buyer, order)
    path = f"/refund-requests/{asked['id']}/grant"
    answers = await asyncio.gather(
        *(any_shop.send("POST", path, {"answer": "fine"}, by=who) for who in (act.who, OPERATOR, act.who))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert (await any_shop.stage.one(Refund)).amount_minor == 1000
    await any_shop.stage.settle()
    assert await any_shop.library(buyer) == []


async def test_a_no_can_be_asked_again_once(shop: Shop) -> None:
    act, buyer, order = await _bought(shop)
    asked = await _ask(shop, buyer, order)
    for times in (1, 2):
        declined = await shop.post(
            f"/refund-requests/{asked['id']}/decline", {"answer": "no, sorry"}, by=act.who, expect=200
        )
        assert (declined["status"], declined["answer"], declined["times_asked"]) == ("declined", "no, sorry", times)
        again = {"reason": "please"}
        if times == 1:
            shown = await shop.post(f"/refund-requests/{asked['id']}/ask-again", again, by=buyer, expect=200)
            assert (shown["status"], shown["reason"], shown["answer"]) == ("asked", "please", None)
    said = await shop.refused("POST", f"/refund-requests/{asked['id']}/ask-again", again, 409, "no-refund", by=buyer)
    assert "the answer stands" in said
    await _ask(shop, buyer, order, expect=409)


async def test_the_window_ends(shop: Shop) -> None:
    _, buyer, order = await _bought(shop)
    await shop.stage.pass_time(timedelta(days=14, seconds=1))
    wanted = {"line_id": order["lines"][0]["id"], "reason": "too late"}
    said = await shop.refused("POST", f"/orders/{order['id']}/refund-requests", wanted, 409, "no-refund", by=buyer)
    assert "14d after it was paid" in said
    refund = await shop.post(
        f"/order-lines/{order['lines'][0]['id']}/refund", {"answer": "kindness"}, by=OPERATOR, expect=202
    )
    await shop.stage.settle()
    assert refund["amount_minor"] == 1000
    assert await shop.library(buyer) == []
    await shop.refused(
        "POST", f"/order-lines/{order['lines'][0]['id']}/refund", {"answer": "again"}, 409, "no-refund", by=OPERATOR
    )


async def test_no_person_asks_or_decides_for_another(shop: Shop) -> None:
    act, buyer, order = await _bought(shop)
    stranger, other = visiting(await shop.person()), await shop.artist("Ben")
    wanted = {"line_id": order["lines"][0]["id"], "reason": "not mine"}
    await shop.refused("POST", f"/orders/{order['id']}/refund-requests", wanted, 404, "not-found", by=stranger)
    await shop.get(f"/orders/{order['id']}", 404, by=stranger)
    asked = await _ask(shop, buyer, order)
    path = f"/refund-requests/{asked['id']}"
    await shop.refused("POST", f"{path}/grant", {"answer": "fine"}, 404, "not-found", by=other.who)
    await shop.refused("POST", f"{path}/grant", {"answer": "fine"}, 403, "forbidden", by=buyer)
    await shop.refused("POST", f"{path}/ask-again", {"reason": "please"}, 404, "not-found", by=stranger)
    await shop.refused(
        "POST", f"/order-lines/{wanted['line_id']}/refund", {"answer": "fine"}, 403, "forbidden", by=act.who
    )
    assert (await shop.get("/refund-requests", by=stranger))["items"] == []
    (seen,) = (await shop.get(f"/artists/{act.id}/refund-requests", by=act.who, status="asked"))["items"]
    assert seen["id"] == asked["id"]


async def test_a_part_that_went_back_keeps_the_thing_and_the_rest_takes_it(any_shop: Shop) -> None:
    shop = any_shop
    act, buyer, order = await _bought(shop)
    paid = await shop.stage.one(Payment)
    await shop.stage.refund(paid.id, 400)
    await shop.stage.settle()
    shown = await shop.get(f"/orders/{order['id']}", by=buyer)
    assert (shown["status"], shown["lines"][0]["refunded_minor"]) == ("partly_refunded", 400)
    assert await shop.library(buyer) == ["Blue Hours"]
    asked = await _ask(shop, buyer, order)
    await shop.post(f"/refund-requests/{asked['id']}/grant", {"answer": "fine"}, by=act.who, expect=200)
    assert [refund.amount_minor for refund in await shop.stage.all(Refund)] == [400, 600]
    await shop.stage.settle()
    assert (await shop.get(f"/orders/{order['id']}", by=buyer))["status"] == "refunded"
    assert await shop.library(buyer) == []


@pytest.mark.parametrize("reason", ["", "no", "x" * 501, "line\nbreak", 5, None])
async def test_a_reason_is_a_sentence(shop: Shop, reason: Any) -> None:
    _, buyer, order = await _bought(shop)
    wanted = {"line_id": order["lines"][0]["id"], "reason": reason}
    await shop.refused("POST", f"/orders/{order['id']}/refund-requests", wanted, 400, "invalid-request", by=buyer)


async def test_a_reason_with_a_nul_in_it_is_a_body_that_cannot_be_read(shop: Shop) -> None:
    _, buyer, order = await _bought(shop)
    wanted = {"line_id": order["lines"][0]["id"], "reason": "a\x00b"}
    await shop.refused("POST", f"/orders/{order['id']}/refund-requests", wanted, 400, "malformed-body", by=buyer)


async def test_a_thing_that_was_free_has_nothing_to_give_back(shop: Shop) -> None:
    act = await shop.artist()
    buyer = visiting(await shop.person())
    order = await shop.buy(buyer, await act.selling("F", 0, pricing="free"))
    wanted = {"line_id": order["lines"][0]["id"], "reason": "do not want it"}
    await shop.refused("POST", f"/orders/{order['id']}/refund-requests", wanted, 409, "no-refund", by=buyer)


async def test_an_admins_token_for_the_shop_is_no_operators(shop: Shop) -> None:
    act = await shop.artist()
    buyer = visiting(await shop.person())
    order = await shop.buy(buyer, await act.selling())
    wanted = {"line_id": order["lines"][0]["id"], "reason": "bought by mistake"}
    request = await shop.post(f"/orders/{order['id']}/refund-requests", wanted, by=buyer, expect=201)
    admin = await shop.person()
    shop_only, everything = visiting(admin, "admin", scopes="shop"), visiting(admin, "admin", scopes="shop,admin")
    grant = f"/refund-requests/{request['id']}/grant"
    await shop.refused("POST", grant, {"answer": "of course"}, 404, "not-found", by=shop_only)
    await shop.get(f"/orders/{order['id']}/receipt.html", 404, by=shop_only)
    await shop.get(f"/artists/{act.id}/sales", 403, by=shop_only)
    await shop.post(grant, {"answer": "of course"}, by=everything, expect=200)


async def test_what_was_free_has_nothing_to_give_back(shop: Shop) -> None:
    buyer = visiting(await shop.person())
    order = await shop.buy(buyer, await (await shop.artist()).selling(price_minor=0, pricing="free"))
    wanted = {"line_id": order["lines"][0]["id"], "reason": "bought by mistake"}
    said = await shop.refused("POST", f"/orders/{order['id']}/refund-requests", wanted, 409, "no-refund", by=buyer)
    assert said == "“Blue Hours” was free: there is nothing to give back"


async def test_an_operators_own_refund_grants_the_request_that_waits(any_shop: Shop) -> None:
    shop = any_shop
    _, buyer, order = await _bought(shop)
    asked = await _ask(shop, buyer, order)
    refund = await shop.post(
        f"/order-lines/{order['lines'][0]['id']}/refund", {"answer": "by phone"}, by=OPERATOR, expect=202
    )
    (request,) = (await shop.get("/refund-requests", by=buyer))["items"]
    assert (request["id"], request["status"], request["answer"]) == (asked["id"], "granted", "by phone")
    await shop.stage.settle()
    (request,) = (await shop.get("/refund-requests", by=buyer))["items"]
    assert (request["status"], request["refund_id"]) == ("refunded", refund["id"])


async def test_a_request_follows_money_that_goes_back_for_another_reason(any_shop: Shop) -> None:
    shop = any_shop
    act, buyer, order = await _bought(shop)
    asked = await _ask(shop, buyer, order)
    refund_id = await shop.stage.refund((await shop.stage.one(Payment)).id, 1000)
    await shop.stage.settle()
    (request,) = (await shop.get("/refund-requests", by=buyer))["items"]
    assert request["status"] == "refunded"
    await shop.refused(
        "POST",
        f"/refund-requests/{asked['id']}/decline",
        {"answer": "no, sorry"},
        409,
        "awaits-no-decision",
        by=act.who,
    )
    await shop.fail_refund_later(str(refund_id))
    (request,) = (await shop.get("/refund-requests", by=buyer))["items"]
    assert request["status"] == "asked"


async def test_a_refund_a_dispute_came_before_is_refunded_by_that_and_granted_anew_once_it_is_won(
    any_shop: Shop,
) -> None:
    shop = any_shop
    act, buyer, order = await _bought(shop)
    asked = await _ask(shop, buyer, order)
    dispute = shop.stage.sandbox.open_dispute(str((await shop.stage.one(Payment)).stripe_charge_id))["id"]
    grant = f"/refund-requests/{asked['id']}/grant"
    assert (await shop.post(grant, {"answer": "of course"}, by=act.who, expect=200))["failed_because"] is None
    await shop.stage.settle()
    (request,) = (await shop.get("/refund-requests", by=buyer))["items"]
    assert (request["status"], request["refunded_minor"]) == ("refunded", 1000)
    assert (await shop.stage.one(Refund)).status == "refused"
    shop.stage.sandbox.close_dispute(dispute, "won")
    await shop.stage.settle()
    (request,) = (await shop.get("/refund-requests", by=buyer))["items"]
    assert (request["status"], request["failed_because"]) == ("failed", "the payment provider refused the refund")
    assert await shop.library(buyer) == ["Blue Hours"]
    said = await shop.refused(
        "POST", f"/refund-requests/{asked['id']}/ask-again", {"reason": "please"}, 409, "no-refund", by=buyer
    )
    assert said == "a refund of “Blue Hours” was granted and failed: the artist or an operator may grant it once more"
    await shop.post(grant, {"answer": "once more"}, by=act.who, expect=200)
    await shop.stage.settle()
    (request,) = (await shop.get(f"/artists/{act.id}/refund-requests", by=act.who))["items"]
    assert (request["status"], request["failed_because"]) == ("refunded", None)
    assert await shop.library(buyer) == []


async def test_a_request_whose_refund_the_bank_did_not_take_says_so(shop: Shop) -> None:
    act, buyer, order = await _bought(shop)
    asked = await _ask(shop, buyer, order)
    granted = await shop.post(f"/refund-requests/{asked['id']}/grant", {"answer": "fine"}, by=act.who, expect=200)
    await shop.stage.settle()
    await shop.fail_refund_later(granted["refund_id"])
    (request,) = (await shop.get("/refund-requests", by=buyer))["items"]
    assert (request["status"], request["failed_because"]) == ("failed", "the buyer's bank did not take the money")


@pytest.mark.parametrize(
    "written", ["turned\u202e around", "next\u0085line", "two\u2028lines", "\u200b\u200b\u200b", " no "]
)
async def test_what_is_written_about_a_refund_can_be_read(shop: Shop, written: str) -> None:
    act, buyer, order = await _bought(shop)
    path = f"/orders/{order['id']}/refund-requests"
    await shop.refused("POST", path, {"line_id": order["lines"][0]["id"], "reason": written}, 422, "bad-text", by=buyer)
    asked = await _ask(shop, buyer, order)
    for decision in ("grant", "decline"):
        path = f"/refund-requests/{asked['id']}/{decision}"
        await shop.refused("POST", path, {"answer": written}, 422, "bad-text", by=act.who)
    line = f"/order-lines/{order['lines'][0]['id']}/refund"
    await shop.refused("POST", line, {"answer": written}, 422, "bad-text", by=OPERATOR)
    declined = await shop.post(
        f"/refund-requests/{asked['id']}/decline", {"answer": "  cafe\u0301 "}, by=act.who, expect=200
    )
    assert (declined["status"], declined["answer"]) == ("declined", "café")
    again = f"/refund-requests/{asked['id']}/ask-again"
    await shop.refused("POST", again, {"reason": written}, 422, "bad-text", by=buyer)
    assert await shop.stage.all(Refund) == []
