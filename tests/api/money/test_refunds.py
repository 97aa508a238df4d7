"""A refund is reserved once per key, never above what is left, and its sellers' shares come back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api.money.conftest import ORDER, Counter
from tests.client import UNKNOWN_ID
from veza.money.refunds import Refund


def _wanted(payment: Any, **changes: Any) -> dict[str, Any]:
    return {
        "payment_id": payment["id"],
        "amount_minor": 700,
        "currency": "EUR",
        "reason": "asked by the buyer",
        **changes,
    }


async def test_a_refund_takes_the_sellers_share_back(any_counter: Counter) -> None:
    payment = await any_counter.buy()
    answer = await any_counter.send("POST", "/refunds", _wanted(payment))
    refund = answer.json()
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/api/v1/refunds/{refund['id']}"
    assert (refund["status"], refund["origin"], refund["requested_by"]) == ("requested", "requested", "operator")
    await any_counter.stage.settle()
    shown = await any_counter.get(f"/refunds/{refund['id']}")
    assert shown["status"] == "succeeded"
    assert shown["lines"] == [{"line_id": payment["lines"][0]["id"], "amount_minor": 700}]
    assert [change["target"] for change in shown["history"]] == ["requested", "succeeded"]
    after = await any_counter.get(f"/payments/{payment['id']}")
    assert after["sellers"] == [{"seller_id": "anna", "owed_minor": 270, "planned_minor": 270}]
    assert after["transfers"][0]["reversed_minor"] == 630


async def test_a_refund_may_name_its_lines(counter: Counter) -> None:
    lines = [
        {"seller_id": "anna", "product_ref": "a", "gross_minor": 1000},
        {"seller_id": "ben", "product_ref": "b", "gross_minor": 1000},
    ]
    payment = await counter.buy(lines=lines)
    ben = payment["lines"][1]["id"]
    wanted = _wanted(payment, lines=[{"line_id": ben, "amount_minor": 700}])
    refund = await counter.post("/refunds", wanted, expect=202)
    assert (await counter.get(f"/refunds/{refund['id']}"))["lines"] == [{"line_id": ben, "amount_minor": 700}]


async def test_the_same_key_twice_is_one_refund(any_counter: Counter) -> None:
    payment = await any_counter.buy()
    first = await any_counter.send("POST", "/refunds", _wanted(payment), key="k")
    again = await any_counter.send("POST", "/refunds", _wanted(payment), key="k")
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    other = await any_counter.send("POST", "/refunds", _wanted(payment, amount_minor=1), key="k")
    assert (other.status_code, other.json()["type"]) == (422, "urn:veza:problem:idempotency-key-reused")
    assert len(await any_counter.stage.all(Refund)) == 1


async def test_the_same_key_at_the_same_instant_is_one_refund(any_counter: Counter) -> None:
    payment = await any_counter.buy()
    answers = await asyncio.gather(*(any_counter.send("POST", "/refunds", _wanted(payment), key="k") for _ in range(6)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(await any_counter.stage.all(Refund)) == 1


async def test_two_clients_refunding_all_at_the_same_instant_get_one_refund_and_one_refusal(
    any_counter: Counter,
) -> None:
    payment = await any_counter.buy()
    everything = _wanted(payment, amount_minor=1000)
    answers = await asyncio.gather(*(any_counter.send("POST", "/refunds", everything) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [202, 422]
    (refused,) = [answer.json() for answer in answers if answer.status_code == 422]
    assert refused["type"] == "urn:veza:problem:refund-exceeds-payment"
    assert refused["detail"] == "asked to refund 10.00 EUR, only 0.00 EUR is left"
    assert len(await any_counter.stage.all(Refund)) == 1


@pytest.mark.parametrize(
    ("changes", "status", "kind", "sentence"),
    [
        ({"amount_minor": 0}, 422, "bad-amount", "above zero"),
        ({"amount_minor": -5}, 422, "bad-amount", "-0.05 EUR"),
        ({"amount_minor": 1001}, 422, "refund-exceeds-payment", "only 10.00 EUR is left"),
        ({"amount_minor": 2**63 - 1}, 422, "bad-amount", "at most"),
        ({"amount_minor": 2**63}, 400, "invalid-request", "amount_minor: a whole number of at most"),
        ({"amount_minor": 2**70}, 400, "invalid-request", "amount_minor: a whole number of at most"),
        ({"amount_minor": "many"}, 400, "invalid-request", "amount_minor"),
        ({"amount_minor": 0.5}, 400, "invalid-request", "amount_minor"),
        ({"amount_minor": None}, 400, "invalid-request", "amount_minor"),
        ({"currency": "USD"}, 422, "bad-amount", "made in EUR"),
        ({"currency": "KWD", "amount_minor": 15}, 422, "bad-amount", "last digit"),
        ({"currency": "€"}, 400, "invalid-request", "currency"),
        ({"reason": ""}, 400, "invalid-request", "reason"),
        ({"payment_id": UNKNOWN_ID}, 404, "not-found", "there is no payment"),
        ({"payment_id": "pi_1"}, 400, "invalid-request", "payment_id"),
        ({"lines": [{"line_id": UNKNOWN_ID, "amount_minor": 5}]}, 422, "not-refundable", "has no line"),
    ],
)
async def test_a_refund_that_makes_no_sense_is_refused_and_writes_nothing(
    counter: Counter, changes: dict[str, Any], status: int, kind: str, sentence: str
) -> None:
    payment = await counter.buy()
    assert sentence in await counter.refused("POST", "/refunds", _wanted(payment, **changes), status, kind)
    assert await counter.stage.all(Refund) == []


async def test_the_lines_of_a_refund_must_fit_it(counter: Counter) -> None:
    payment = await counter.buy()
    line = payment["lines"][0]["id"]
    for lines, kind in (
        ([{"line_id": line, "amount_minor": 0}], "bad-amount"),
        ([{"line_id": line, "amount_minor": 1001}], "refund-exceeds-payment"),
        ([{"line_id": line, "amount_minor": 701}], "bad-amount"),
    ):
        await counter.refused("POST", "/refunds", _wanted(payment, lines=lines), 422, kind)
    twice = [{"line_id": line, "amount_minor": 1}] * 2
    assert "twice" in await counter.refused("POST", "/refunds", _wanted(payment, lines=twice), 422, "not-refundable")


async def test_an_unpaid_payment_is_not_refundable(counter: Counter) -> None:
    payment = await counter.post("/payments", ORDER, expect=201)
    assert "is pending" in await counter.refused("POST", "/refunds", _wanted(payment), 422, "not-refundable")


async def test_refunds_are_listed_newest_first_by_status_and_payment(any_counter: Counter) -> None:
    one, other = await any_counter.buy(order_ref="a"), await any_counter.buy(order_ref="b")
    made = []
    for payment in (one, one, other):
        made.append((await any_counter.post("/refunds", _wanted(payment, amount_minor=100), expect=202))["id"])
        if len(made) == 1:
            await any_counter.stage.settle()
    assert [row["id"] for row in await any_counter.walk("/refunds")] == made[::-1]
    assert [row["id"] for row in await any_counter.walk("/refunds", payment=one["id"])] == [made[1], made[0]]
    assert [row["id"] for row in await any_counter.walk("/refunds", status="succeeded")] == [made[0]]


async def test_a_refund_made_in_the_dashboard_is_listed_too(counter: Counter) -> None:
    payment = await counter.buy()
    counter.stage.sandbox.refund_in_dashboard(payment["stripe_charge_id"], 300)
    await counter.stage.settle()
    (row,) = await counter.walk("/refunds", payment=payment["id"])
    assert (row["origin"], row["amount_minor"], row["status"]) == ("provider", 300, "succeeded")


async def test_an_unknown_refund_is_a_404(counter: Counter) -> None:
    assert UNKNOWN_ID in (await counter.get(f"/refunds/{UNKNOWN_ID}", expect=404))["detail"]
