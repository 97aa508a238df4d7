"""A checkout is one payment and one session, through crashes, repeats and requests in vain."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.api.money.conftest import ORDER, Counter
from veza.http.idempotency import sweep_once
from veza.money import checkout
from veza.money.payments import Payment

SESSIONS = r"^/v1/checkout/sessions$"


def _line(**changes: Any) -> dict[str, Any]:
    return {**ORDER["lines"][0], **changes}


async def test_a_payment_is_opened_paid_and_shared_out(any_counter: Counter) -> None:
    lines = [_line(gross_minor=1000), _line(seller_id="ben", gross_minor=150, fee_bps=500)]
    answer = await any_counter.send("POST", "/payments", {**ORDER, "lines": lines})
    opened = answer.json()
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/v1/payments/{opened['id']}"
    assert opened["status"] == "pending"
    assert opened["amount_minor"] == 1150
    assert opened["checkout_url"].startswith("http")
    any_counter.stage.sandbox.pay_checkout(opened["stripe_checkout_session_id"])
    await any_counter.stage.settle()
    paid = await any_counter.get(f"/payments/{opened['id']}")
    assert paid["status"] == "succeeded"
    assert [(line["gross_minor"], line["fee_minor"], line["share_minor"]) for line in paid["lines"]] == [
        (1000, 100, 900),
        (150, 7, 143),
    ]
    assert paid["sellers"] == [
        {"seller_id": "anna", "owed_minor": 900, "planned_minor": 900},
        {"seller_id": "ben", "owed_minor": 143, "planned_minor": 143},
    ]
    assert [transfer["status"] for transfer in paid["transfers"]] == ["completed", "completed"]
    assert paid["ledger"]["sent_to_sellers"] == -1043


async def test_the_provider_hears_which_payment_a_charge_belongs_to(counter: Counter) -> None:
    paid = await counter.buy()
    (charge,) = counter.stage.sandbox.world.charges.rows.values()
    (session,) = counter.stage.sandbox.world.sessions.rows.values()
    assert charge["transfer_group"] == paid["id"]
    ours = {"veza_payment": paid["id"], "veza_order": "order-1"}
    assert charge["metadata"] == session["metadata"] == ours
    assert session["client_reference_id"] == "order-1"


async def test_the_same_key_twice_is_one_payment(any_counter: Counter) -> None:
    first = await any_counter.send("POST", "/payments", ORDER, key="k")
    again = await any_counter.send("POST", "/payments", ORDER, key="k")
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    assert len(await any_counter.stage.all(Payment)) == 1
    assert len(any_counter.stage.sandbox.world.sessions.rows) == 1


async def test_the_same_key_at_the_same_instant_is_one_payment(any_counter: Counter) -> None:
    answers = await asyncio.gather(*(any_counter.send("POST", "/payments", ORDER, key="k") for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(await any_counter.stage.all(Payment)) == 1
    assert len(any_counter.stage.sandbox.world.sessions.rows) == 1


async def test_the_same_key_for_another_order_is_refused(counter: Counter) -> None:
    await counter.post("/payments", ORDER, expect=201, key="k")
    answer = await counter.send("POST", "/payments", {**ORDER, "order_ref": "order-2"}, key="k")
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:veza:problem:idempotency-key-reused"
    assert len(await counter.stage.all(Payment)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        *("timeout_before_effect", "timeout_after_effect", "error_502", "error_502_after_effect", "error_503"),
        *("reset_after_effect", "garbage_body", "cut_body", "redirect", "failed_dependency"),
        *("rate_limit", "key_in_use", "unauthorized", "forbidden"),
    ],
)
async def test_a_lost_answer_is_a_503_and_the_repeat_gives_the_same_payment(counter: Counter, fault: str) -> None:
    counter.stage.sandbox.add_fault(fault, path=SESSIONS, times=1)
    lost = await counter.send("POST", "/payments", ORDER, key="k")
    assert (lost.status_code, lost.json()["type"]) == (503, "urn:veza:problem:provider-unavailable"), lost.text
    other = await counter.send("POST", "/payments", {**ORDER, "order_ref": "other"}, key="k")
    assert other.status_code == 422
    found = await counter.post("/payments", ORDER, expect=201, key="k")
    (row,) = await counter.stage.all(Payment)
    assert str(row.id) == found["id"]
    assert len(counter.stage.sandbox.world.sessions.rows) == 1


async def test_an_error_the_provider_keeps_repeating_is_got_over_by_a_new_payment(counter: Counter) -> None:
    counter.stage.sandbox.add_fault("error_500_after_effect", path=SESSIONS)
    for status, kind in ((503, "provider-unavailable"), (422, "provider-refused")):
        answer = await counter.send("POST", "/payments", ORDER, key="k")
        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:veza:problem:{kind}")
    opened = await counter.post("/payments", ORDER, expect=201, key="k")
    given_up, row = await counter.stage.all(Payment)
    assert (given_up.status, given_up.checkout_url) == ("expired", None)
    assert (str(row.id), row.status) == (opened["id"], "pending")


async def test_a_repeat_after_the_answer_was_forgotten_still_gives_the_same_payment(counter: Counter) -> None:
    first = await counter.post("/payments", ORDER, expect=201, key="k")
    counter.stage.clock.advance(timedelta(hours=24, seconds=1))
    assert await sweep_once(counter.stage.database) == 1
    assert (await counter.post("/payments", ORDER, expect=201, key="k"))["id"] == first["id"]


async def test_what_the_provider_refuses_ends_the_payment_and_frees_the_key(counter: Counter) -> None:
    detail = await counter.refused(
        "POST", "/payments", {**ORDER, "lines": [_line(gross_minor=1)]}, 422, "provider-refused"
    )
    assert "opened no checkout for order order-1" in detail
    (row,) = await counter.stage.all(Payment)
    assert row.status == "expired"
    for _ in range(2):
        again = await counter.send("POST", "/payments", {**ORDER, "lines": [_line(gross_minor=1)]}, key="k")
        assert again.json()["type"] == "urn:veza:problem:provider-refused"
    assert {row.status for row in await counter.stage.all(Payment)} == {"expired"}


@pytest.mark.parametrize(
    ("changes", "status", "kind", "sentence"),
    [
        ({"lines": []}, 400, "invalid-request", "lines: at least 1 item, these are 0"),
        ({"lines": [_line()] * 101}, 400, "invalid-request", "lines: at most 100 items"),
        ({"lines": [_line(gross_minor=0)]}, 422, "bad-amount", "above zero"),
        ({"lines": [_line(gross_minor=-500)]}, 422, "bad-amount", "-5.00 EUR"),
        ({"lines": [_line(gross_minor=2**63 - 1)]}, 422, "bad-amount", "at most"),
        ({"lines": [_line(gross_minor=2**63)]}, 400, "invalid-request", "gross_minor: a whole number of at most"),
        ({"lines": [_line(gross_minor=10**30)]}, 400, "invalid-request", "gross_minor: a whole number of at most"),
        ({"lines": [_line(gross_minor=99_999_999_999)] * 2}, 422, "bad-amount", "at most"),
        ({"lines": [_line(gross_minor=1234)], "currency": "KWD"}, 422, "bad-amount", "last digit of KWD"),
        ({"lines": [_line(fee_bps=10_001)]}, 422, "bad-payment", "0 to 10000 basis points"),
        ({"lines": [_line(fee_bps=-1)]}, 422, "bad-payment", "0 to 10000 basis points"),
        ({"lines": [_line(seller_id="nobody")]}, 422, "bad-payment", "no seller “nobody”"),
        ({"lines": [_line(seller_id="a\nb")]}, 400, "invalid-request", "seller_id"),
        ({"lines": [_line(gross_minor="much")]}, 400, "invalid-request", "gross_minor"),
        ({"lines": [_line(gross_minor=9.99)]}, 400, "invalid-request", "gross_minor"),
        ({"lines": [_line(extra=1)]}, 400, "invalid-request", "extra"),
        ({"currency": "SEK"}, 422, "bad-payment", "only in EUR, USD, JPY, KWD"),
        ({"currency": "XXX"}, 422, "bad-amount", "not a currency"),
        ({"currency": "EURO"}, 400, "invalid-request", "currency"),
        ({"order_ref": ""}, 400, "invalid-request", "order_ref"),
        ({"order_ref": "a\u0000b"}, 400, "malformed-body", "order_ref: holds a NUL character"),
        ({"order_ref": "x" * 201}, 400, "invalid-request", "order_ref"),
        ({"success_url": "javascript:alert(1)"}, 400, "invalid-request", "success_url"),
        ({"cancel_url": "shop.test"}, 400, "invalid-request", "cancel_url"),
    ],
)
async def test_a_payment_that_makes_no_sense_is_refused_and_writes_nothing(
    counter: Counter, changes: dict[str, Any], status: int, kind: str, sentence: str
) -> None:
    detail = await counter.refused("POST", "/payments", {**ORDER, **changes}, status, kind)
    assert sentence in detail
    assert await counter.stage.all(Payment) == []
    assert counter.stage.sandbox.log.requests == 0


async def test_a_currency_without_minor_units_is_charged_whole(counter: Counter) -> None:
    paid = await counter.buy(currency="JPY", lines=[_line(gross_minor=1200)])
    assert paid["amount_minor"] == 1200
    assert counter.stage.sandbox.world.charges.rows[paid["stripe_charge_id"]]["amount"] == 1200


async def test_walking_the_payments_shows_each_once_though_more_arrive(any_counter: Counter) -> None:
    made = [(await any_counter.post("/payments", ORDER, expect=201))["id"] for _ in range(5)]
    first = await any_counter.get("/payments", limit=2)
    await any_counter.post("/payments", ORDER, expect=201)
    second = await any_counter.get("/payments", limit=2, cursor=first["next_cursor"])
    third = await any_counter.get("/payments", limit=2, cursor=second["next_cursor"])
    seen = [item["id"] for page in (first, second, third) for item in page["items"]]
    assert seen == list(reversed(made))
    assert third["next_cursor"] is None


async def test_payments_are_found_by_status_seller_and_order(any_counter: Counter) -> None:
    paid = await any_counter.buy(order_ref="a", lines=[_line(seller_id="ben")])
    await any_counter.post("/payments", {**ORDER, "order_ref": "b"}, expect=201)
    assert [row["order_ref"] for row in await any_counter.walk("/payments", status="succeeded")] == ["a"]
    assert [row["order_ref"] for row in await any_counter.walk("/payments", status="pending")] == ["b"]
    assert [row["id"] for row in await any_counter.walk("/payments", seller="ben")] == [paid["id"]]
    assert [row["order_ref"] for row in await any_counter.walk("/payments", order_ref="b")] == ["b"]
    assert await any_counter.walk("/payments", seller="nobody") == []
    assert (await any_counter.get("/payments", expect=400, status="lost"))["type"] == "urn:veza:problem:invalid-request"
    assert (await any_counter.get("/payments", expect=400, order_ref="a\x00"))["type"].endswith("invalid-request")


async def test_an_unknown_payment_is_a_404(counter: Counter) -> None:
    for wanted in ("01890000-0000-7000-8000-000000000000", "not-an-id"):
        problem = await counter.get(f"/payments/{wanted}", expect=404)
        assert problem["type"] == "urn:veza:problem:not-found"


async def test_a_nul_in_the_id_of_a_payment_is_refused(counter: Counter) -> None:
    problem = await counter.get("/payments/%00", expect=400)
    assert problem["type"] == "urn:veza:problem:invalid-request"
    assert problem["detail"] == "path: holds a NUL character"


@pytest.mark.parametrize("step", ["ask", "record"])
async def test_a_crash_on_either_side_of_the_provider_is_resumed_by_the_repeat(
    any_counter: Counter, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    async def crash(*_: Any, **__: Any) -> None:
        raise SystemError("the power went out")

    with monkeypatch.context() as broken:
        broken.setattr(checkout, step, crash)
        assert (await any_counter.send("POST", "/payments", ORDER, key="k")).status_code == 500
    (intent,) = await any_counter.stage.all(Payment)
    assert intent.stripe_checkout_session_id is None
    found = await any_counter.post("/payments", ORDER, expect=201, key="k")
    assert found["id"] == str(intent.id)
    assert len(any_counter.stage.sandbox.world.sessions.rows) == 1
