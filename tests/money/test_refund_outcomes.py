"""Every row of the outcome table for refunds, through the official SDK, to what its last column says."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.money.acts import (
    HOUR,
    MINUTE,
    REFUNDING,
    findings,
    history,
    meanings,
    posts,
    refund_once,
    refunded_there,
    reversed_there,
    set_columns,
    transfer,
)
from veza.kit.outbox import OutboxEvent
from veza.lab.simulator.stage import Stage
from veza.money.recording import SOON
from veza.money.refunds import Refund


@pytest.fixture
async def payment_id(stage: Stage) -> UUID:
    """A payment of 10.00, paid out, with a refund of all of it waiting for its worker."""
    payment = await stage.sold([("anna", 1000)])
    await stage.refund(payment, 1000)
    return payment


async def refund(stage: Stage) -> Refund:
    row: Refund = await stage.one(Refund)
    return row


async def test_200_succeeded_stores_its_id_and_rebalances(stage: Stage, payment_id: UUID) -> None:
    await refund_once(stage)
    row = await refund(stage)
    assert (row.status, await meanings(stage, "refund")) == ("succeeded", ["done"])
    assert (row.stripe_refund_id or "").startswith("re_")
    assert (await transfer(stage, payment_id=payment_id)).status == "reversal_pending"


async def test_200_pending_moves_nothing_until_it_succeeds(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)], card="4000000000007726")
    await stage.refund(payment_id, 1000)
    await stage.settle()
    assert (await refund(stage)).status == "pending"
    assert (await transfer(stage)).status == "completed"
    await stage.pass_time(MINUTE)
    assert await history(stage, (await refund(stage)).id) == ["requested", "pending", "succeeded"]
    assert reversed_there(stage) == [900]


async def test_a_pending_refund_whose_webhooks_are_lost_is_asked_for(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)], card="4000000000007726")
    stage.sandbox.add_fault("webhook_lost", times=None)
    await stage.refund(payment_id, 1000)
    await stage.settle()
    await stage.pass_time(6 * HOUR)
    assert ((await refund(stage)).status, reversed_there(stage)) == ("succeeded", [900])


@pytest.mark.parametrize("status", ["requires_action", "failed", "canceled"])
async def test_200_with_another_status_gives_the_refund_that_status(stage: Stage, status: str) -> None:
    payment_id = await stage.sold([("anna", 1000)], card="4000000000007726")
    stage.sandbox.add_fault("timeout_after_effect", method="POST", path=REFUNDING)
    stage.sandbox.add_fault("webhook_lost", times=None)
    await stage.refund(payment_id, 1000)
    await refund_once(stage)
    (there,) = stage.sandbox.world.refunds.rows.values()
    there["status"] = status
    stage.clock.advance(24 * HOUR)  # the key is forgotten: looked up
    there["status"] = status
    await refund_once(stage)
    assert (await refund(stage)).status == status
    assert (await transfer(stage)).status == "completed"
    assert refunded_there(stage) == [1000]


@pytest.mark.parametrize(
    "kind",
    ["timeout_before_effect", "timeout_after_effect", "reset_before_effect", "reset_after_effect", "garbage_body",
     "cut_body", "redirect", "failed_dependency"],
)  # fmt: skip
@pytest.mark.usefixtures("payment_id")
async def test_silence_counts_keeps_the_key_and_refunds_once(stage: Stage, kind: str) -> None:
    stage.sandbox.add_fault(kind, method="POST", path=REFUNDING)
    await refund_once(stage)
    row = await refund(stage)
    assert await meanings(stage, "refund") == ["silence"]
    assert (row.status, row.retry_count, row.key_generation, row.unanswered) == ("requested", 1, 1, True)
    await stage.pass_time(MINUTE)
    assert (refunded_there(stage), reversed_there(stage)) == ([1000], [900])
    assert (await refund(stage)).status == "succeeded"


@pytest.mark.usefixtures("payment_id")
async def test_5xx_counts_and_keeps_the_key(stage: Stage) -> None:
    stage.sandbox.add_fault("error_503", method="POST", path=REFUNDING)
    await refund_once(stage)
    row = await refund(stage)
    assert (await meanings(stage, "refund"), row.status, row.retry_count) == (["server_error"], "requested", 1)
    await stage.pass_time(MINUTE)
    assert refunded_there(stage) == [1000]


@pytest.mark.parametrize(("kind", "generation"), [("error_500", 2), ("error_500_after_effect", 1)])
@pytest.mark.usefixtures("payment_id")
async def test_a_replayed_5xx_is_looked_up_before_a_new_key(stage: Stage, kind: str, generation: int) -> None:
    stage.sandbox.add_fault(kind, method="POST", path=REFUNDING)
    stage.sandbox.add_fault("webhook_lost", times=None)
    await refund_once(stage)
    stage.clock.advance(10 * MINUTE)
    await refund_once(stage)
    assert await meanings(stage, "refund") == ["server_error", "server_error_replayed"]
    assert (await refund(stage)).key_generation == generation
    await stage.pass_time(HOUR)
    assert (refunded_there(stage), reversed_there(stage)) == ([1000], [900])


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [("lock_timeout", "object_busy"), ("rate_limit", "slow_down"), ("key_in_use", "key_in_use")],
)
@pytest.mark.usefixtures("payment_id")
async def test_429_and_409_keep_the_key_and_cost_no_retry(stage: Stage, kind: str, meaning: str) -> None:
    stage.sandbox.add_fault(kind, method="POST", path=REFUNDING)
    await refund_once(stage)
    row = await refund(stage)
    assert (await meanings(stage, "refund"), row.status, row.retry_count) == ([meaning], "requested", 0)
    await stage.pass_time(SOON)
    assert (await refund(stage)).status == "succeeded"


@pytest.mark.parametrize(("kind", "ends"), [("timeout_after_effect", "succeeded"), ("error_500", "refused")])
@pytest.mark.usefixtures("payment_id")
async def test_a_reused_key_is_looked_up_and_adopted_or_alarms(stage: Stage, kind: str, ends: str) -> None:
    stage.sandbox.add_fault(kind, method="POST", path=REFUNDING)
    await refund_once(stage)
    row = await refund(stage)
    other = (row.request_body or "").replace('"veza_payment":"', '"veza_payment":"again ')
    await set_columns(stage, Refund, row.id, request_body=other)
    stage.clock.advance(MINUTE)
    await refund_once(stage)
    assert (await meanings(stage, "refund"))[-1] == "key_reused"
    assert (await refund(stage)).status == ends
    assert await findings(stage) == ([] if ends == "succeeded" else ["idempotency_key_reused"])


@pytest.mark.parametrize("kind", ["forbidden", "other_mode"])
@pytest.mark.usefixtures("payment_id")
async def test_403_and_the_other_mode_on_two_rows_open_the_breaker_and_cost_no_retry(stage: Stage, kind: str) -> None:
    other = await stage.sold([("anna", 1000)])
    halves = [await stage.refund(other, 500) for _ in range(2)]
    stage.sandbox.add_fault(kind, method="POST", path=REFUNDING, times=2)
    await refund_once(stage)
    rows = [await stage.refund_row(half) for half in halves]
    assert [(row.status, row.retry_count) for row in rows] == [("requested", 0)] * 2
    assert await findings(stage) == ["breaker_open"]
    await stage.pass_time(2 * MINUTE)
    assert {row.status for row in await stage.all(Refund)} == {"succeeded"}


async def test_already_refunded_by_hand_is_adopted_and_ours_refused(stage: Stage, payment_id: UUID) -> None:
    theirs = stage.sandbox.refund_in_dashboard((await stage.payment(payment_id)).stripe_charge_id or "")
    await refund_once(stage)
    assert await meanings(stage, "refund") == ["taken_by_others"]
    ours, adopted = await stage.all(Refund)
    assert (ours.status, adopted.status, adopted.origin) == ("refused", "succeeded", "provider")
    assert adopted.stripe_refund_id == theirs["id"]
    await stage.settle()
    assert (refunded_there(stage), reversed_there(stage)) == ([1000], [900])


async def test_more_than_is_left_is_refused_after_theirs_is_recorded(stage: Stage, payment_id: UUID) -> None:
    stage.sandbox.refund_in_dashboard((await stage.payment(payment_id)).stripe_charge_id or "", 300)
    await refund_once(stage)
    ours, adopted = await stage.all(Refund)
    assert (ours.status, adopted.status, adopted.amount_minor) == ("refused", "succeeded", 300)
    await stage.settle()
    assert reversed_there(stage) == [270]


@pytest.mark.usefixtures("payment_id")
async def test_already_refunded_by_ourselves_is_adopted(stage: Stage) -> None:
    stage.sandbox.add_fault("timeout_after_effect", method="POST", path=REFUNDING)
    await refund_once(stage)
    await set_columns(stage, Refund, (await refund(stage)).id, key_generation=2)
    stage.clock.advance(MINUTE)
    await refund_once(stage)
    assert await meanings(stage, "refund") == ["silence", "taken_by_others"]
    assert (await refund(stage)).status == "succeeded"
    await stage.settle()
    assert (refunded_there(stage), reversed_there(stage)) == ([1000], [900])


@pytest.mark.usefixtures("payment_id")
async def test_too_little_platform_balance_waits_with_a_new_key_and_costs_no_retry(stage: Stage) -> None:
    stage.sandbox.set_switches({"refunds_need_balance": True})
    stage.sandbox.set_balance(None, -50_000, "eur")
    await refund_once(stage)
    row = await refund(stage)
    assert (await meanings(stage, "refund"), row.status, row.retry_count) == (["balance_too_low"], "requested", 0)
    assert row.key_generation == 2
    assert row.next_retry_at == stage.clock.now() + 6 * HOUR
    stage.sandbox.add_balance(None, 100_000, "eur")
    await stage.pass_time(6 * HOUR)
    assert (await refund(stage)).status == "succeeded"


@pytest.mark.usefixtures("payment_id")
async def test_any_other_4xx_is_looked_up_then_refused_and_what_it_reserved_is_free_again(stage: Stage) -> None:
    stage.sandbox.add_fault("refused", method="POST", path=REFUNDING)
    before = posts(stage)
    await refund_once(stage)
    row = await refund(stage)
    assert posts(stage) == before + 2
    assert row.status == "refused"
    assert "refund.failed" in [event.topic for event in await stage.all(OutboxEvent)]
    await stage.refund(row.payment_id, 1000)
    await stage.settle()
    assert (refunded_there(stage), reversed_there(stage)) == ([1000], [900])


@pytest.mark.usefixtures("payment_id")
async def test_retries_exhausted_end_refused_and_unrefunded(stage: Stage) -> None:
    stage.sandbox.add_fault("error_503", method="POST", path=REFUNDING, times=None)
    for _ in range(5):
        await refund_once(stage)
        stage.clock.advance(8 * MINUTE)
    assert ((await refund(stage)).status, refunded_there(stage)) == ("refused", [])


async def test_a_refused_refund_that_happens_after_all_reserves_and_reverses(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    await stage.refund(payment_id, 1000)
    stage.sandbox.add_fault("timeout_before_effect", method="POST", path=REFUNDING, times=4)
    stage.sandbox.add_fault("timeout_then_effect", method="POST", path=REFUNDING, delay_seconds=300)
    for _ in range(5):
        await refund_once(stage)
        stage.clock.advance(8 * MINUTE)
    stage.clock.advance(-8 * MINUTE)
    assert (await refund(stage)).status == "refused"
    stage.sandbox.add_fault("webhook_lost", times=None)
    await stage.pass_time(HOUR)
    assert (await refund(stage)).status == "succeeded"
    assert (refunded_there(stage), reversed_there(stage)) == ([1000], [900])
