"""Transfers can be found and read; what was given up is tried again once, by the request that is first."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api.money.conftest import ORDER, Counter
from tests.client import UNKNOWN_ID

WHY = {"reason": "the seller asked"}


async def _given_up(counter: Counter) -> Any:
    """A refunded payment whose reversal was refused for good; the transfer."""
    payment = await counter.buy()
    counter.stage.sandbox.add_fault("refused", method="POST", path=r"/reversals$")
    wanted = {"payment_id": payment["id"], "amount_minor": 1000, "currency": "EUR", "reason": "asked"}
    await counter.post("/refunds", wanted, expect=202)
    await counter.stage.settle()
    (transfer,) = await counter.walk("/transfers", payment=payment["id"])
    assert (transfer["status"], transfer["failed_step"]) == ("permanently_failed", "reversal")
    return transfer


async def test_a_transfer_is_shown_with_its_reversals_and_its_history(any_counter: Counter) -> None:
    payment = await any_counter.buy()
    wanted = {"payment_id": payment["id"], "amount_minor": 1000, "currency": "EUR", "reason": "asked"}
    await any_counter.post("/refunds", wanted, expect=202)
    await any_counter.stage.settle()
    transfer = await any_counter.get(f"/transfers/{payment['transfers'][0]['id']}")
    assert (transfer["status"], transfer["sent_minor"], transfer["reversed_minor"]) == ("reversed", 900, 900)
    (reversal,) = transfer["reversals"]
    assert (reversal["status"], reversal["amount_minor"], reversal["cause_kind"]) == ("succeeded", 900, "refund")
    assert reversal["stripe_reversal_id"].startswith("trr_")
    moves = [change["target"] for change in transfer["history"]]
    assert moves == ["pending", "completed", "reversal_pending", "reversed"]


async def test_transfers_are_found_by_state_and_seller(any_counter: Counter) -> None:
    lines = [
        {"seller_id": "anna", "product_ref": "a", "gross_minor": 1000},
        {"seller_id": "ben", "product_ref": "b", "gross_minor": 500},
    ]
    payment = await any_counter.buy(lines=lines)
    line = payment["lines"][1]["id"]
    wanted = {"payment_id": payment["id"], "amount_minor": 500, "currency": "EUR", "reason": "asked"}
    await any_counter.post(
        "/refunds", {**wanted, "lines": [{"line_id": line, "amount_minor": 500}]}, expect=202
    )  # fmt: skip
    await any_counter.stage.settle()
    assert [row["seller_id"] for row in await any_counter.walk("/transfers", status="reversed")] == ["ben"]
    assert [row["seller_id"] for row in await any_counter.walk("/transfers", status="completed")] == ["anna"]
    assert [row["status"] for row in await any_counter.walk("/transfers", seller="ben")] == ["reversed"]
    assert await any_counter.walk("/transfers", seller="ben", status="completed") == []
    assert len(await any_counter.walk("/transfers", limit=1)) == 2
    problem = await any_counter.get("/transfers", expect=400, status="gone")
    assert problem["type"] == "urn:veza:problem:invalid-request"


async def test_a_given_up_reversal_is_retried_and_lands(any_counter: Counter) -> None:
    transfer = await _given_up(any_counter)
    retried = await any_counter.post(f"/transfers/{transfer['id']}/retry", WHY, expect=200)
    assert retried["status"] == "reversal_pending"
    assert retried["history"][-1]["because"] == "retried by operator: the seller asked"
    await any_counter.stage.settle()
    assert (await any_counter.get(f"/transfers/{transfer['id']}"))["status"] == "reversed"


async def test_of_two_operators_one_retries_and_the_other_is_told_what_happened(any_counter: Counter) -> None:
    transfer = await _given_up(any_counter)
    path = f"/transfers/{transfer['id']}/retry"
    answers = await asyncio.gather(*(any_counter.send("POST", path, WHY) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (problem,) = [answer.json() for answer in answers if answer.status_code == 409]
    assert problem["type"] == "urn:veza:problem:nothing-to-retry"
    assert "permanently_failed → reversal_pending, retried by operator: the seller asked" in problem["detail"]


async def test_the_same_key_retries_once(counter: Counter) -> None:
    transfer = await _given_up(counter)
    path = f"/transfers/{transfer['id']}/retry"
    first = await counter.send("POST", path, WHY, key="k")
    await counter.stage.settle()
    again = await counter.send("POST", path, WHY, key="k")
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_final_transfer_is_not_retried(counter: Counter) -> None:
    payment = await counter.buy()
    path = f"/transfers/{payment['transfers'][0]['id']}/retry"
    assert "is completed" in await counter.refused("POST", path, WHY, 409, "nothing-to-retry")


async def test_a_retry_says_why(counter: Counter) -> None:
    transfer = await _given_up(counter)
    path = f"/transfers/{transfer['id']}/retry"
    for body in ({}, {"reason": ""}, {"reason": "  x "}, {"reason": "x" * 501}, {"reason": 5}):
        await counter.refused("POST", path, body, 400, "invalid-request")
    detail = await counter.refused("POST", path, {"reason": "a\x00bc"}, 400, "malformed-body")
    assert detail == "reason: holds a NUL character"
    assert (await counter.get(f"/transfers/{transfer['id']}"))["status"] == "permanently_failed"


async def test_an_unknown_transfer_is_a_404(counter: Counter) -> None:
    await counter.get(f"/transfers/{UNKNOWN_ID}", expect=404)
    await counter.refused("POST", f"/transfers/{UNKNOWN_ID}/retry", WHY, 404, "not-found")
    assert ORDER


async def test_nothing_is_shown_or_done_without_the_token(counter: Counter) -> None:
    payment = await counter.buy()
    counter.client.headers.pop("Authorization")
    for path in (
        *("/payments", f"/payments/{payment['id']}", "/refunds", "/transfers", "/sellers", "/findings"),
        *("/backlog", "/breaker", "/webhook-events", f"/timeline/{payment['id']}"),
    ):
        assert (await counter.get(path, expect=401))["type"] == "urn:veza:problem:unauthorized"
    for path in ("/payments", "/refunds", "/sellers", "/reconciliations", f"/transfers/{UNKNOWN_ID}/retry"):
        await counter.refused("POST", path, {}, 401, "unauthorized")


@pytest.mark.parametrize("asked", [{"state": "reversed"}, {"status": "reversed", "sellers": "anna"}, {"Limit": "1"}])
async def test_an_unknown_parameter_is_refused_instead_of_listing_everything(
    counter: Counter, asked: dict[str, str]
) -> None:
    problem = await counter.get("/transfers", expect=400, **asked)
    assert problem["type"] == "urn:veza:problem:invalid-request"
    said = "is no parameter here: it takes cursor, limit, payment, seller, sort, status"
    assert said in problem["detail"]
    assert [error["message"] for error in problem["errors"]] == [said]
