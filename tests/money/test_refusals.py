"""Every row of the outcome table for reversals that refuses: gone, taken by others, no balance, no more tries."""

from __future__ import annotations

import pytest

from tests.money.acts import (
    DAY,
    HOUR,
    MINUTE,
    REVERSING,
    findings,
    meanings,
    posts,
    refund_once,
    refunded,
    retry,
    reversal,
    reverse_once,
    reversed_there,
    set_columns,
    transfer,
)
from veza.lab.simulator.stage import Stage
from veza.money.reversals import TransferReversal


@pytest.fixture
async def waiting(stage: Stage) -> Stage:
    """A stage where one reversal of 9.00 waits for its worker."""
    await refunded(stage)
    return stage


async def test_404_is_permanently_failed(waiting: Stage) -> None:
    waiting.sandbox.add_fault("not_found", method="POST", path=REVERSING)
    await reverse_once(waiting)
    assert await meanings(waiting, "reversal") == ["no_such_object"]
    assert ((await reversal(waiting)).status, (await transfer(waiting)).status) == ("permanently_failed",) * 2


async def test_three_404s_in_a_row_over_different_transfers_act_like_401(stage: Stage) -> None:
    sales = [await stage.sold([("anna", 1000)]) for _ in range(4)]
    for sale in sales:
        await stage.refund(sale, 1000)
    await refund_once(stage)
    stage.sandbox.add_fault("not_found", method="POST", path=REVERSING, times=None)
    for _ in range(4):
        for claim in await stage.money.reversal_worker.claim(1):
            await stage.money.reversal_worker.work(claim)
    statuses = [row.status for row in await stage.all(TransferReversal)]
    assert statuses == ["permanently_failed", "permanently_failed", "pending", "pending"]
    assert "breaker_open" in await findings(stage)
    assert [row.retry_count for row in await stage.all(TransferReversal)] == [0, 0, 0, 0]


async def test_a_full_reversal_by_hand_covers_ours(waiting: Stage) -> None:
    theirs = waiting.sandbox.reverse_in_dashboard((await transfer(waiting)).stripe_transfer_id or "")
    await reverse_once(waiting)
    ours, recorded = await waiting.all(TransferReversal)
    assert await meanings(waiting, "reversal") == ["taken_by_others"]
    assert (ours.status, recorded.stripe_reversal_id) == ("canceled", theirs["id"])
    assert (await transfer(waiting)).status == "reversed"


async def test_an_amount_above_what_is_left_takes_what_is_left(stage: Stage) -> None:
    await refunded(stage, 800)
    sent = await transfer(stage)
    stage.sandbox.reverse_in_dashboard(sent.stripe_transfer_id or "", 500)
    await reverse_once(stage)
    await stage.settle()
    assert sorted(reversed_there(stage)) == [220, 500], "720 were needed; theirs covers 500 of it"
    assert (await transfer(stage)).status == "completed"


async def test_already_reversed_by_ourselves_is_adopted(waiting: Stage) -> None:
    waiting.sandbox.add_fault("timeout_after_effect", method="POST", path=REVERSING)
    await reverse_once(waiting)
    await set_columns(waiting, TransferReversal, (await reversal(waiting)).id, key_generation=2)
    waiting.clock.advance(MINUTE)
    await reverse_once(waiting)
    assert await meanings(waiting, "reversal") == ["silence", "taken_by_others"]
    (row,) = await waiting.all(TransferReversal)
    assert (row.status, (await transfer(waiting)).status) == ("succeeded", "reversed")
    assert reversed_there(waiting) == [900]


async def test_a_sellers_low_balance_waits_with_a_new_key_and_costs_no_retry(waiting: Stage) -> None:
    account = (await transfer(waiting)).stripe_account_id
    waiting.sandbox.set_balance(account, 0, "eur")
    await reverse_once(waiting)
    row = await reversal(waiting)
    assert await meanings(waiting, "reversal") == ["balance_too_low"]
    assert (row.status, row.retry_count, row.key_generation) == ("pending", 0, 2)
    assert row.next_retry_at == waiting.clock.now() + 6 * HOUR
    waiting.sandbox.add_balance(account, 900, "eur")
    await waiting.settle()
    assert (await transfer(waiting)).status == "reversed", "balance.available woke it before its time"


async def test_a_low_balance_is_tried_again_by_itself(waiting: Stage) -> None:
    account = (await transfer(waiting)).stripe_account_id
    waiting.sandbox.set_balance(account, 0, "eur")
    await reverse_once(waiting)
    waiting.sandbox.add_fault("webhook_lost", event="balance.available", times=None)
    waiting.sandbox.add_balance(account, 900, "eur")
    await waiting.settle()
    assert (await transfer(waiting)).status == "reversal_pending"
    await waiting.pass_time(6 * HOUR)
    assert (await transfer(waiting)).status == "reversed"


async def test_after_thirty_days_a_low_balance_becomes_seller_debt(waiting: Stage) -> None:
    waiting.sandbox.set_balance((await transfer(waiting)).stripe_account_id, 0, "eur")
    await reverse_once(waiting)
    await waiting.pass_time(30 * DAY - 6 * HOUR)
    assert (await reversal(waiting)).status == "pending"
    await waiting.pass_time(6 * HOUR)
    assert (await reversal(waiting)).status == "permanently_failed"
    assert await findings(waiting) == ["seller_debt"]


async def test_any_other_4xx_is_looked_up_and_then_permanently_failed(waiting: Stage) -> None:
    waiting.sandbox.add_fault("refused", method="POST", path=REVERSING)
    before = posts(waiting)
    await reverse_once(waiting)
    assert posts(waiting) == before + 2, "the request and the look"
    row, sent = await reversal(waiting), await transfer(waiting)
    assert await meanings(waiting, "reversal") == ["refused"]
    assert (row.status, sent.status, sent.failed_step) == ("permanently_failed", "permanently_failed", "reversal")


async def test_a_refusal_is_not_believed_while_the_look_up_fails(waiting: Stage) -> None:
    waiting.sandbox.add_fault("refused", method="POST", path=REVERSING)
    waiting.sandbox.add_fault("error_503", method="GET", path=REVERSING)
    await reverse_once(waiting)
    assert (await reversal(waiting)).status == "pending"
    await waiting.pass_time(HOUR)
    assert (await transfer(waiting)).status == "reversed"


async def test_a_refusal_that_happened_earlier_is_adopted(waiting: Stage) -> None:
    waiting.sandbox.add_fault("timeout_after_effect", method="POST", path=REVERSING)
    waiting.sandbox.add_fault("refused", method="POST", path=REVERSING)
    await reverse_once(waiting)
    waiting.clock.advance(MINUTE)
    await reverse_once(waiting)
    assert await meanings(waiting, "reversal") == ["silence", "refused"]
    assert ((await reversal(waiting)).status, reversed_there(waiting)) == ("succeeded", [900])


async def test_exhausted_while_the_look_up_is_impossible_stays_with_an_alarm(waiting: Stage) -> None:
    waiting.sandbox.add_fault("timeout_before_effect", path=REVERSING, times=None)
    for _ in range(5):
        await reverse_once(waiting)
        waiting.clock.advance(8 * MINUTE)
    row = await reversal(waiting)
    assert (row.status, row.retry_count) == ("pending", 5)
    assert await findings(waiting) == ["look_up_impossible"]
    before = list(waiting.sandbox.log.arrivals)
    waiting.sandbox.clear_faults()
    await waiting.pass_time(HOUR)
    assert (await reversal(waiting)).status == "permanently_failed", "only looked up, never sent a sixth time"
    assert reversed_there(waiting) == []
    assert len(waiting.sandbox.log.arrivals) > len(before)


async def test_an_operators_retry_looks_up_before_it_sends(stage: Stage) -> None:
    await refunded(stage)
    stage.sandbox.add_fault("refused", method="POST", path=REVERSING)
    await reverse_once(stage)
    sent = await transfer(stage)
    ours = await reversal(stage)
    body = {"amount": 900, "metadata": {"veza_reversal": str(ours.id)}}
    await stage.money.gateway.create_reversal(sent.stripe_transfer_id or "", body, key="by-hand")
    await retry(stage, sent.id)
    await reverse_once(stage)
    assert (await meanings(stage, "reversal"))[-1] == "looked_up_found"
    assert ((await reversal(stage)).status, reversed_there(stage)) == ("succeeded", [900])
