"""An operator sees what happened to a payment by any of its ids, what waits, and whether the provider is up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.money.conftest import Counter
from veza.money import backlog


async def _refunded(counter: Counter, amount_minor: int = 1000) -> Any:
    payment = await counter.buy()
    wanted = {"payment_id": payment["id"], "amount_minor": amount_minor, "currency": "EUR", "reason": "asked"}
    return payment, await counter.post("/refunds", wanted, expect=202)


async def test_the_timeline_is_the_same_by_any_id(any_counter: Counter) -> None:
    payment, refund = await _refunded(any_counter)
    await any_counter.stage.settle()
    transfer = await any_counter.get(f"/transfers/{payment['transfers'][0]['id']}")
    reversal = transfer["reversals"][0]
    (event,) = await any_counter.walk("/webhook-events", type="charge.succeeded")
    by_payment = await any_counter.get(f"/timeline/{payment['id']}")
    for wanted in (
        *(payment["order_ref"], payment["stripe_charge_id"], refund["id"], transfer["id"], reversal["id"]),
        *(transfer["stripe_transfer_id"], reversal["stripe_reversal_id"], event["id"]),
    ):
        assert await any_counter.get(f"/timeline/{wanted}") == by_payment
    assert by_payment["payment_id"] == payment["id"]
    entries = by_payment["entries"]
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
    assert {entry["kind"] for entry in entries} == {"move", "attempt", "webhook", "posting"}
    assert any(entry["what"] == "reversal_pending → reversed" for entry in entries)


async def test_an_unknown_id_has_no_timeline(counter: Counter) -> None:
    assert "tr_none" in (await counter.get("/timeline/tr_none", expect=404))["detail"]
    assert (await counter.get("/timeline/%00", expect=400))["type"] == "urn:veza:problem:invalid-request"


async def test_the_backlog_shows_what_waits_now_and_how_it_was(any_counter: Counter) -> None:
    await _refunded(any_counter)
    await backlog.sample(any_counter.stage.database)
    any_counter.stage.clock.advance(timedelta(minutes=5))
    shown = await any_counter.get("/backlog")
    (waiting,) = shown["waiting"]
    assert (waiting["kind"], waiting["state"], waiting["rows"], waiting["amount_minor"], waiting["currency"]) == (
        *("refund", "requested", 1, 1000, "EUR"),
    )
    assert waiting["oldest_seconds"] == 300
    assert [(one["kind"], one["rows"]) for one in shown["samples"]] == [("refund", 1)]
    assert shown["step_seconds"] == 60
    assert (await any_counter.get("/backlog", since="30d"))["step_seconds"] == 3 * 3600
    await any_counter.stage.settle()
    assert (await any_counter.get("/backlog"))["waiting"] == []


@pytest.mark.parametrize("since", ["soon", "31d", "0s"])
async def test_a_backlog_of_a_stretch_that_makes_no_sense_is_refused(counter: Counter, since: str) -> None:
    assert "since" in (await counter.get("/backlog", expect=400, since=since))["detail"]


async def test_the_breaker_says_why_it_is_open(any_counter: Counter) -> None:
    assert (await any_counter.get("/breaker"))["state"] == "closed"
    any_counter.stage.sandbox.add_fault("unauthorized", method="POST", path=r"/reversals$")
    await _refunded(any_counter)
    await any_counter.stage.settle()
    opened = await any_counter.get("/breaker")
    assert (opened["provider"], opened["state"]) == ("stripe", "open")
    assert "not_allowed" in opened["because"]
    assert opened["opened_at"] < opened["probe_at"]
    (finding,) = await any_counter.walk("/findings", kind="breaker_open", state="open")
    assert opened["because"] in finding["message"]
