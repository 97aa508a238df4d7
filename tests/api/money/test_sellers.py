"""A seller has one account, however often they are asked to onboard, and their standing adds up."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.api.money.conftest import Counter

CLARA = {"seller_id": "clara", "name": "Clara Kern", "country": "DE", "return_url": "https://shop.test/studio"}


async def test_a_new_seller_gets_an_account_and_a_link(any_counter: Counter) -> None:
    answer = await any_counter.send("POST", "/sellers", CLARA)
    seller = answer.json()
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == "/api/v1/sellers/clara"
    assert seller["stripe_account_id"].startswith("acct_")
    assert seller["onboarding_url"].startswith("http")
    assert seller["transfers_active"] is False
    any_counter.stage.sandbox.complete_onboarding(seller["stripe_account_id"])
    await any_counter.stage.settle()
    assert (await any_counter.get("/sellers/clara"))["transfers_active"] is True


async def test_asking_again_makes_a_link_for_the_same_account(counter: Counter) -> None:
    first = await counter.post("/sellers", CLARA, expect=201)
    again = await counter.post("/sellers", {**CLARA, "name": "Another Name"}, expect=201)
    assert again["stripe_account_id"] == first["stripe_account_id"]
    assert again["name"] == "Clara Kern"
    accounts = len(counter.stage.sandbox.world.accounts.rows)
    await counter.post("/sellers", CLARA, expect=201)
    assert len(counter.stage.sandbox.world.accounts.rows) == accounts


async def test_the_same_key_answers_the_same_link(counter: Counter) -> None:
    first = await counter.send("POST", "/sellers", CLARA, key="k")
    again = await counter.send("POST", "/sellers", CLARA, key="k")
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"


async def test_onboarding_at_the_same_instant_opens_one_account(any_counter: Counter) -> None:
    before = len(any_counter.stage.sandbox.world.accounts.rows)
    answers = await asyncio.gather(*(any_counter.send("POST", "/sellers", CLARA) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["stripe_account_id"] for answer in answers}) == 1
    assert len(any_counter.stage.sandbox.world.accounts.rows) == before + 1


async def test_a_lost_answer_is_a_503_and_the_repeat_finds_the_account(counter: Counter) -> None:
    before = len(counter.stage.sandbox.world.accounts.rows)
    counter.stage.sandbox.add_fault("timeout_after_effect", path=r"^/v1/accounts$", times=1)
    lost = await counter.send("POST", "/sellers", CLARA, key="k")
    assert (lost.status_code, lost.json()["type"]) == (503, "urn:veza:problem:provider-unavailable")
    await counter.post("/sellers", CLARA, expect=201, key="k")
    assert len(counter.stage.sandbox.world.accounts.rows) == before + 1


async def test_a_refused_account_can_be_mended(counter: Counter) -> None:
    counter.stage.sandbox.add_fault("refused", path=r"^/v1/accounts$")
    assert "opened no account" in await counter.refused(
        "POST", "/sellers", {**CLARA, "country": "FR"}, 422, "provider-refused"
    )
    assert (await counter.post("/sellers", CLARA, expect=201))["country"] == "DE"


@pytest.mark.parametrize(
    "changes",
    [
        {"seller_id": ""},
        {"seller_id": "with space"},
        {"seller_id": "line\n"},
        {"seller_id": "x" * 101},
        {"name": ""},
        {"country": "Germany"},
        {"country": "de"},
        {"return_url": "ftp://shop.test"},
        {"return_url": None},
    ],
)
async def test_a_seller_that_makes_no_sense_is_refused(counter: Counter, changes: dict[str, Any]) -> None:
    await counter.refused("POST", "/sellers", {**CLARA, **changes}, 400, "invalid-request")
    assert counter.stage.sandbox.log.requests == 0


async def test_a_sellers_standing_adds_up_in_every_currency(any_counter: Counter) -> None:
    payment = await any_counter.buy()
    await any_counter.buy(currency="USD")
    wanted = {"payment_id": payment["id"], "amount_minor": 1000, "currency": "EUR", "reason": "asked"}
    for amount in (200, 300):
        await any_counter.post("/refunds", {**wanted, "amount_minor": amount}, expect=202)
        if amount == 200:
            await any_counter.stage.settle()
        else:
            any_counter.stage.sandbox.add_fault("error_503", method="POST", path=r"/reversals$")
            await any_counter.stage.settle()
    euros, dollars = (await any_counter.get("/sellers/anna"))["standing"]
    assert euros == {
        "currency": "EUR",
        "coming_minor": 0,
        "given_up_minor": 0,
        "sent_minor": 900,
        "reversed_minor": 180,
        "to_reverse_minor": 270,
        "debt_minor": 0,
        "netted_minor": 0,
    }
    assert (dollars["currency"], dollars["sent_minor"]) == ("USD", 900)
    await any_counter.stage.pass_time(timedelta(hours=2))
    euros, _ = (await any_counter.get("/sellers/anna"))["standing"]
    assert (euros["reversed_minor"], euros["to_reverse_minor"]) == (450, 0)


async def test_what_could_not_be_taken_back_is_the_sellers_debt(counter: Counter) -> None:
    payment = await counter.buy()
    counter.stage.sandbox.add_fault("refused", method="POST", path=r"/reversals$")
    wanted = {"payment_id": payment["id"], "amount_minor": 500, "currency": "EUR", "reason": "asked"}
    await counter.post("/refunds", wanted, expect=202)
    await counter.stage.settle()
    (euros,) = (await counter.get("/sellers/anna"))["standing"]
    assert (euros["sent_minor"], euros["reversed_minor"], euros["debt_minor"]) == (900, 0, 450)


async def test_what_later_sales_paid_of_a_debt_is_listed_line_by_line(any_counter: Counter) -> None:
    refunded = await any_counter.buy()
    rule = any_counter.stage.sandbox.add_fault("refused", method="POST", path=r"/reversals$")
    wanted = {"payment_id": refunded["id"], "amount_minor": 500, "currency": "EUR", "reason": "asked"}
    await any_counter.post("/refunds", wanted, expect=202)
    await any_counter.stage.settle()
    any_counter.stage.sandbox.clear_faults(rule["id"])
    assert await any_counter.walk("/sellers/anna/nettings") == []
    sale = await any_counter.buy()
    (line,) = await any_counter.walk("/sellers/anna/nettings")
    sides = line["sale_payment_id"], line["sale_order_ref"], line["debt_payment_id"], line["debt_order_ref"]
    assert sides == (sale["id"], sale["order_ref"], refunded["id"], refunded["order_ref"])
    assert (line["amount_minor"], line["paid_at"] is not None) == (450, True)
    (euros,) = (await any_counter.get("/sellers/anna"))["standing"]
    assert (euros["sent_minor"], euros["debt_minor"], euros["netted_minor"]) == (1350, 0, 450)
    assert (await any_counter.get("/sellers/nobody/nettings", expect=404))["detail"] == "there is no seller nobody"


async def test_sellers_are_listed_by_id(any_counter: Counter) -> None:
    for seller_id in ("clara", "dora", "emil"):
        await any_counter.post("/sellers", {**CLARA, "seller_id": seller_id}, expect=201)
    assert [row["id"] for row in await any_counter.walk("/sellers")] == ["anna", "ben", "clara", "dora", "emil"]


async def test_an_unknown_seller_is_a_404(counter: Counter) -> None:
    assert (await counter.get("/sellers/nobody", expect=404))["detail"] == "there is no seller nobody"
    assert (await counter.get("/sellers/%00", expect=400))["type"] == "urn:veza:problem:invalid-request"
