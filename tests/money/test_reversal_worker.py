"""What money.md proves by name of the reversal worker."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from tests.money.acts import (
    HOUR,
    MINUTE,
    REVERSING,
    attempts,
    findings,
    history,
    posts,
    refund_once,
    refunded,
    reversal,
    reverse_once,
    reversed_there,
    set_columns,
    transfer,
)
from veza.lab.simulator.stage import Stage
from veza.money.attempts import key_of
from veza.money.claims import Answered, RetryPolicy
from veza.money.reversals import TransferReversal
from veza.money.stripe.outcomes import Meaning
from veza.money.transfers import SellerTransfer


async def test_the_happy_path_stores_the_reversal_id(stage: Stage) -> None:
    await refunded(stage)
    assert (await transfer(stage)).status == "reversal_pending"
    assert await reverse_once(stage) == 1
    row, sent = await reversal(stage), await transfer(stage)
    assert (row.status, sent.status, sent.reversed_minor) == ("succeeded", "reversed", 900)
    assert row.stripe_reversal_id in stage.sandbox.world.reversals.rows
    assert await history(stage, sent.id) == ["pending", "completed", "reversal_pending", "reversed"]


async def test_already_reversed_at_the_provider_ends_reversed_and_logs(stage: Stage) -> None:
    await refunded(stage)
    theirs = stage.sandbox.reverse_in_dashboard((await transfer(stage)).stripe_transfer_id or "")
    await reverse_once(stage)
    ours, recorded = await stage.all(TransferReversal)
    assert (await transfer(stage)).status == "reversed"
    assert (ours.status, recorded.status, recorded.cause_kind) == ("canceled", "succeeded", "provider")
    assert recorded.stripe_reversal_id == theirs["id"]
    (attempt,) = await attempts(stage, "reversal")
    assert attempt.meaning == "taken_by_others"
    assert "already fully reversed" in attempt.detail
    assert "made_in_dashboard" in await findings(stage)


async def test_not_found_ends_permanently_failed(stage: Stage) -> None:
    await refunded(stage)
    sent = await transfer(stage)
    await set_columns(stage, SellerTransfer, sent.id, stripe_transfer_id="tr_gone")
    await reverse_once(stage)
    row, sent = await reversal(stage), await transfer(stage)
    assert (row.status, sent.status, sent.failed_step) == ("permanently_failed", "permanently_failed", "reversal")
    assert "No such transfer" in (row.last_error or "")
    assert await findings(stage) == ["seller_debt"]


async def test_a_503_counts_a_retry_sets_next_retry_at_by_the_backoff_and_stays_reversal_pending(stage: Stage) -> None:
    await refunded(stage)
    stage.sandbox.add_fault("error_503", path=REVERSING)
    await reverse_once(stage)
    row = await reversal(stage)
    assert (row.status, row.retry_count) == ("pending", 1)
    assert row.next_retry_at == stage.clock.now() + MINUTE
    assert (await transfer(stage)).status == "reversal_pending"


async def test_the_backoff_doubles_and_is_capped(stage: Stage) -> None:
    await refunded(stage)
    row = await reversal(stage)
    for count, wait in ((0, 1), (1, 2), (2, 4), (3, 8)):
        await set_columns(stage, TransferReversal, row.id, retry_count=count, next_retry_at=stage.clock.now())
        stage.sandbox.add_fault("error_503", path=REVERSING)
        await reverse_once(stage)
        row = await reversal(stage)
        assert row.next_retry_at == stage.clock.now() + wait * MINUTE
    slow = stage.again(reversals=_policy(stage, max_retries=9, backoff_max=timedelta(seconds=10)))
    await set_columns(stage, TransferReversal, row.id, retry_count=4, next_retry_at=stage.clock.now())
    stage.sandbox.add_fault("error_503", path=REVERSING)
    for claim in await slow.reversal_worker.claim(1):
        await slow.reversal_worker.work(claim)
    assert (await reversal(stage)).next_retry_at == stage.clock.now() + timedelta(seconds=10)


async def test_retries_exhausted_end_permanently_failed(stage: Stage) -> None:
    payment_id = await refunded(stage)
    stage.sandbox.add_fault("error_503", method="POST", path=REVERSING, times=None)
    for expected in (1, 2, 3, 4):
        await reverse_once(stage)
        row = await reversal(stage)
        assert (row.status, row.retry_count) == ("pending", expected)
        stage.clock.advance(row.next_retry_at - stage.clock.now())  # type: ignore[operator]
    await reverse_once(stage)
    row, sent = await reversal(stage), await transfer(stage)
    assert (row.status, row.retry_count, row.next_retry_at) == ("permanently_failed", 5, None)
    assert (sent.status, sent.failed_step) == ("permanently_failed", "reversal")
    assert {attempt.idempotency_key for attempt in await attempts(stage, "reversal")} == {key_of("reversal", row.id, 1)}
    assert payment_id == row.payment_id


async def test_a_legacy_row_without_a_transfer_id_ends_permanently_failed_and_makes_no_call(stage: Stage) -> None:
    await refunded(stage)
    await set_columns(stage, SellerTransfer, (await transfer(stage)).id, stripe_transfer_id=None)
    before = posts(stage)
    await reverse_once(stage)
    row, sent = await reversal(stage), await transfer(stage)
    assert (row.status, sent.status, sent.failed_step) == ("permanently_failed", "permanently_failed", "reversal")
    assert posts(stage) == before
    assert [attempt.meaning for attempt in await attempts(stage, "reversal")] == ["no_call_made"]


@pytest.mark.parametrize("status", ["pending", "completed", "failed", "permanently_failed", "reversed", "canceled"])
async def test_only_reversal_pending_rows_are_picked_up(stage: Stage, status: str) -> None:
    await refunded(stage)
    sent = await transfer(stage)
    step = "reversal" if status == "permanently_failed" else None
    await set_columns(stage, SellerTransfer, sent.id, status=status, failed_step=step)
    assert await reverse_once(stage) == 0
    await set_columns(stage, SellerTransfer, sent.id, status="reversal_pending", failed_step=None)
    assert await reverse_once(stage) == 1


async def test_a_future_next_retry_at_is_respected(stage: Stage) -> None:
    await refunded(stage)
    await set_columns(stage, TransferReversal, (await reversal(stage)).id, next_retry_at=stage.clock.now() + HOUR)
    assert await reverse_once(stage) == 0
    stage.clock.advance(HOUR - timedelta(microseconds=1))
    assert await reverse_once(stage) == 0
    stage.clock.advance(timedelta(microseconds=1))
    assert await reverse_once(stage) == 1
    assert (await transfer(stage)).status == "reversed"


async def test_a_refund_webhook_leaves_the_row_at_reversal_pending_with_next_retry_at_set(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    charge = (await stage.payment(payment_id)).stripe_charge_id
    stage.sandbox.refund_in_dashboard(charge or "")
    before = posts(stage)
    assert await stage.deliver() > 0
    row, sent = await reversal(stage), await transfer(stage)
    assert (sent.status, row.status) == ("reversal_pending", "pending")
    assert row.next_retry_at == stage.clock.now()
    assert posts(stage) == before, "a webhook handler asks the provider nothing; it is the worker's job to finish"
    await stage.settle()
    assert (await transfer(stage)).status == "reversed"


async def test_two_reversals_of_one_transfer_are_carried_out_one_after_the_other(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    for amount in (200, 300):
        await stage.refund(payment_id, amount)
    await refund_once(stage)
    assert await reverse_once(stage) == 1, "at most one reversal per transfer is in flight"
    assert await reverse_once(stage) == 1
    assert reversed_there(stage) == [180, 270]
    assert (await transfer(stage)).status == "completed"


async def test_a_second_reversal_waits_while_the_first_may_be_alive(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    for amount in (200, 300):
        await stage.refund(payment_id, amount)
    await refund_once(stage)
    stage.sandbox.add_fault("timeout_before_effect", path=REVERSING)
    await reverse_once(stage)
    assert await reverse_once(stage) == 0
    await stage.pass_time(2 * MINUTE)
    assert reversed_there(stage) == [180, 270]


async def test_a_claim_whose_lease_is_nearly_over_is_given_back_unsent(stage: Stage) -> None:
    await refunded(stage)
    (claim,) = await stage.money.reversal_worker.claim(1)
    stage.clock.advance(timedelta(seconds=80))
    before = posts(stage)
    await stage.money.reversal_worker.work(claim)
    row = await reversal(stage)
    assert posts(stage) == before
    assert (row.status, row.unanswered, row.retry_count, row.last_sent_at) == ("pending", False, 0, None)
    assert row.next_retry_at == stage.clock.now()
    assert await reverse_once(stage) == 1
    assert reversed_there(stage) == [900]


async def test_a_crash_after_the_answer_and_before_the_record_reverses_once(stage: Stage) -> None:
    await refunded(stage)
    (claim,) = await stage.money.reversal_worker.claim(1)
    key = key_of("reversal", claim.id, 1)
    answer = await stage.money.reversal_worker.intent.send(claim, claim.row.request_body or "", key, lambda: True)
    assert answer.is_ok
    assert await reverse_once(stage) == 0, "the lease holds the row"
    stage.clock.advance(2 * MINUTE)
    assert await reverse_once(stage) == 1
    assert reversed_there(stage) == [900]
    assert (await transfer(stage)).status == "reversed"
    (attempt,) = await attempts(stage, "reversal")
    assert attempt.replayed


async def test_a_stale_worker_that_succeeded_is_adopted_never_dropped(stage: Stage) -> None:
    await refunded(stage)
    (old,) = await stage.money.reversal_worker.claim(1)
    stage.clock.advance(2 * MINUTE)
    (new,) = await stage.money.reversal_worker.claim(1)
    assert new.attempt == old.attempt + 1
    key = key_of("reversal", old.id, 1)
    answer = await stage.money.reversal_worker.intent.send(old, old.row.request_body or "", key, lambda: True)
    async with stage.database.write("old worker") as session:
        late = Answered(old, key, answer, Meaning.DONE, None)
        await stage.money.reversal_worker.outcomes.record_outcome(session, late)
    assert (await transfer(stage)).status == "reversed"
    await stage.money.reversal_worker.work(new)
    assert [attempt.stale for attempt in await attempts(stage, "reversal")] == [True, True]
    assert reversed_there(stage) == [900]


async def test_a_stale_worker_that_failed_changes_nothing(stage: Stage) -> None:
    await refunded(stage)
    (old,) = await stage.money.reversal_worker.claim(1)
    async with stage.database.write("other worker") as session:
        mine = update(TransferReversal).where(TransferReversal.id == old.id)
        await session.execute(mine.values(attempt=TransferReversal.attempt + 1))
    stage.sandbox.add_fault("error_503", path=REVERSING)
    await stage.money.reversal_worker.work(old)
    row = await reversal(stage)
    assert (row.status, row.retry_count) == ("pending", 0)
    (attempt,) = await attempts(stage, "reversal")
    assert attempt.stale


def _policy(stage: Stage, **changes: Any) -> RetryPolicy:
    return replace(stage.money.rules.reversals, **changes)
