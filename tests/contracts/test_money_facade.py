"""The money module keeps its promises on every database: each test runs on an SQLite file and on PostgreSQL."""

from __future__ import annotations

import pytest

from tests.money.acts import (
    DAY,
    HOUR,
    MINUTE,
    REVERSING,
    SENDING,
    attempts,
    findings,
    history,
    refund_once,
    refunded,
    refunded_there,
    retry,
    reverse_once,
    reversed_there,
    send_once,
    sent_there,
    transfer,
)
from veza.kit import worker
from veza.lab.simulator.stage import Stage
from veza.money import breaker
from veza.money.ledger import Account, balances
from veza.money.payments import PaymentLine
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer

FAILING_REFUNDS = "4000000000005126"


async def test_a_sale_is_sent_refunded_and_reversed(any_stage: Stage) -> None:
    payment_id = await any_stage.sold([("anna", 1000)])
    assert (sent_there(any_stage), (await transfer(any_stage)).status) == ([900], "completed")
    await any_stage.refund(payment_id, 1000)
    await any_stage.settle()
    sent = await transfer(any_stage)
    assert (refunded_there(any_stage), reversed_there(any_stage)) == ([1000], [900])
    assert await history(any_stage, sent.id) == ["pending", "completed", "reversal_pending", "reversed"]
    async with any_stage.database.read() as session:
        of = await balances(session, payment_id)
    still_open = (Account.SHARES_UNSENT, Account.SENT_TO_SELLERS, Account.TO_RECOVER, Account.PLATFORM_REVENUE)
    assert [of[account] for account in still_open] == [0, 0, 0, 0]


async def test_partial_refunds_over_two_sellers_take_back_exactly_what_was_sent(any_stage: Stage) -> None:
    payment_id = await any_stage.sold([("anna", 1001), ("ben", 499), ("anna", 250)])
    for amount in (333, 417, 1):
        await any_stage.refund(payment_id, amount)
        await any_stage.settle()
        assert await any_stage.violations() == []
    await any_stage.refund(payment_id, 1750 - 751)
    await any_stage.settle()
    assert sum(reversed_there(any_stage)) == sum(sent_there(any_stage)) == 901 + 450 + 225
    assert {row.status for row in await any_stage.all(SellerTransfer)} == {"reversed"}


async def test_a_refund_for_one_line_touches_only_its_seller(any_stage: Stage) -> None:
    payment_id = await any_stage.sold([("anna", 1000), ("ben", 1000)])
    line = (await any_stage.all(PaymentLine, seller_id="ben"))[0]
    await any_stage.refund(payment_id, 1000, lines={line.id: 1000})
    await any_stage.settle()
    statuses = {row.seller_id: row.status for row in await any_stage.all(SellerTransfer)}
    assert statuses == {"anna": "completed", "ben": "reversed"}


async def test_a_refund_before_the_transfer_is_sent_lowers_or_cancels_it(any_stage: Stage) -> None:
    payment_id = await any_stage.sell([("anna", 1000), ("ben", 500)])
    await any_stage.deliver()
    await worker.run_once(any_stage.money.check_worker)
    ben = (await any_stage.all(PaymentLine, seller_id="ben"))[0]
    await any_stage.refund(payment_id, 900, lines={ben.id: 500})
    await refund_once(any_stage)
    await any_stage.settle()
    assert (sent_there(any_stage), reversed_there(any_stage)) == ([540], [])
    assert (await transfer(any_stage, seller_id="ben")).status == "canceled"
    assert (await transfer(any_stage, seller_id="anna")).share_minor == 900


async def test_a_lost_dispute_takes_the_share_back(any_stage: Stage) -> None:
    payment_id = await any_stage.sold([("anna", 1000)])
    dispute = any_stage.sandbox.open_dispute((await any_stage.payment(payment_id)).stripe_charge_id or "")
    await any_stage.settle()
    any_stage.sandbox.close_dispute(dispute["id"], "lost")
    await any_stage.settle()
    assert (reversed_there(any_stage), (await transfer(any_stage)).status) == ([900], "reversed")


async def test_an_inquiry_moves_nothing_until_it_becomes_a_dispute(any_stage: Stage) -> None:
    payment_id = await any_stage.sold([("anna", 1000)])
    charge = (await any_stage.payment(payment_id)).stripe_charge_id or ""
    inquiry = any_stage.sandbox.open_dispute(charge, inquiry=True)
    await any_stage.settle()
    assert reversed_there(any_stage) == []
    any_stage.sandbox.escalate_dispute(inquiry["id"])
    await any_stage.settle()
    assert reversed_there(any_stage) == [900]


async def test_a_won_dispute_is_given_back_as_a_new_transfer(any_stage: Stage) -> None:
    any_stage.sandbox.add_balance(None, 10_000, "eur")
    payment_id = await any_stage.sold([("anna", 1000)])
    dispute = any_stage.sandbox.open_dispute((await any_stage.payment(payment_id)).stripe_charge_id or "")
    await any_stage.settle()
    any_stage.sandbox.close_dispute(dispute["id"], "won")
    await any_stage.settle()
    _first, again = await any_stage.all(SellerTransfer)
    assert (sent_there(any_stage), reversed_there(any_stage)) == ([900, 900], [900])
    assert (again.cause_kind, again.source_transaction, again.status) == ("dispute", None, "completed")


async def test_a_dispute_won_after_a_refund_leaves_the_seller_without_the_share(any_stage: Stage) -> None:
    payment_id = await refunded(any_stage)
    await any_stage.settle()
    charge = (await any_stage.payment(payment_id)).stripe_charge_id or ""
    dispute = any_stage.sandbox.open_dispute(charge, 1000)
    await any_stage.settle()
    any_stage.sandbox.close_dispute(dispute["id"], "won")
    await any_stage.settle()
    assert (sent_there(any_stage), reversed_there(any_stage)) == ([900], [900])
    async with any_stage.database.read() as session:
        of = await balances(session, payment_id)
    assert (of[Account.LOSS], of[Account.DISPUTED]) == (0, 0)


async def test_a_refund_that_fails_late_is_given_back(any_stage: Stage) -> None:
    any_stage.sandbox.add_balance(None, 10_000, "eur")
    payment_id = await any_stage.sold([("anna", 1000)], card=FAILING_REFUNDS)
    await any_stage.refund(payment_id, 400)
    await any_stage.settle()
    await any_stage.pass_time(3 * DAY)
    assert (sent_there(any_stage), reversed_there(any_stage)) == ([900, 360], [360])
    assert (await any_stage.one(Refund)).status == "failed"


async def test_a_foreign_reversal_covers_what_we_wanted_back(any_stage: Stage) -> None:
    await refunded(any_stage, 500)
    sent = await transfer(any_stage)
    any_stage.sandbox.reverse_in_dashboard(sent.stripe_transfer_id or "", 450)
    await any_stage.deliver()
    rows = await any_stage.all(TransferReversal)
    assert [row.status for row in rows] == ["canceled", "succeeded"]
    await any_stage.settle()
    assert reversed_there(any_stage) == [450]
    assert await history(any_stage, rows[0].id) == ["pending", "canceled"]


async def test_a_foreign_reversal_beyond_the_plan_is_a_finding_and_is_used_by_the_next_refund(any_stage: Stage) -> None:
    payment_id = await any_stage.sold([("anna", 1000)])
    any_stage.sandbox.reverse_in_dashboard((await transfer(any_stage)).stripe_transfer_id or "", 450)
    await any_stage.settle()
    assert "surplus_nobody_planned" in await findings(any_stage)
    assert sent_there(any_stage) == [900], "never an automatic re-credit"
    await any_stage.refund(payment_id, 700)
    await any_stage.settle()
    assert sorted(reversed_there(any_stage)) == [180, 450]
    assert "surplus_nobody_planned" not in await findings(any_stage)


async def test_a_transfer_wholly_reversed_by_hand_ends_reversed(any_stage: Stage) -> None:
    await any_stage.sold([("anna", 1000)])
    any_stage.sandbox.reverse_in_dashboard((await transfer(any_stage)).stripe_transfer_id or "")
    await any_stage.settle()
    assert (await transfer(any_stage)).status == "reversed"


async def test_a_low_balance_waits_and_wakes_when_money_comes(any_stage: Stage) -> None:
    await refunded(any_stage)
    account = (await transfer(any_stage)).stripe_account_id
    any_stage.sandbox.set_balance(account, 0, "eur")
    for _ in range(3):
        await any_stage.pass_time(6 * HOUR)
    row = await any_stage.one(TransferReversal)
    assert (row.status, row.retry_count, row.last_outcome) == ("pending", 0, "balance_too_low")
    any_stage.sandbox.add_balance(account, 900, "eur")
    await any_stage.settle()
    assert (await transfer(any_stage)).status == "reversed"


async def test_the_breaker_opens_probes_once_per_interval_ramps_and_costs_no_row_a_retry(any_stage: Stage) -> None:
    sales = [await any_stage.sell([("anna", 1000)]) for _ in range(9)]
    await any_stage.settle()
    for sale in sales:
        await any_stage.refund(sale, 1000)
    await refund_once(any_stage)
    any_stage.sandbox.add_fault("error_503", path=REVERSING, times=None)
    await any_stage.settle()
    async with any_stage.database.read() as session:
        assert (await breaker.state(session)).state == "open"
    before = any_stage.sandbox.log.requests
    for _ in range(20):
        any_stage.clock.advance(MINUTE)
        await reverse_once(any_stage)
    assert any_stage.sandbox.log.requests - before == 20, "one probe per interval"
    rows = await any_stage.all(TransferReversal)
    assert {row.status for row in rows} == {"pending"}
    assert {row.retry_count for row in rows} == {0}
    any_stage.sandbox.clear_faults()
    claimed = []
    for _ in range(8):
        any_stage.clock.advance(MINUTE)
        claimed.append(await reverse_once(any_stage))
    assert claimed[:4] == [1, 1, 2, 4]
    assert sum(claimed) == 9
    assert reversed_there(any_stage) == [900] * 9


async def test_an_unwanted_transfer_that_happened_is_taken_back(any_stage: Stage) -> None:
    payment_id = await any_stage.sell([("anna", 1000)])
    any_stage.sandbox.add_fault("timeout_after_effect", method="POST", path=SENDING)
    any_stage.sandbox.add_fault("webhook_lost", event="transfer.*", times=None)
    await any_stage.settle()
    await any_stage.refund(payment_id, 1000)
    await any_stage.settle()
    sent = await transfer(any_stage)
    assert (sent.status, sent.unwanted_at) == ("failed", any_stage.clock.now())
    await any_stage.pass_time(HOUR)
    assert (sent_there(any_stage), reversed_there(any_stage)) == ([900], [900])
    assert (await transfer(any_stage)).status == "reversed"


async def test_an_unwanted_transfer_that_never_happened_is_canceled(any_stage: Stage) -> None:
    payment_id = await any_stage.sell([("anna", 1000)])
    any_stage.sandbox.add_fault("timeout_before_effect", method="POST", path=SENDING)
    await any_stage.settle()
    await any_stage.refund(payment_id, 1000)
    await any_stage.settle()
    await any_stage.pass_time(9 * MINUTE)
    assert (await transfer(any_stage)).status == "failed", "its request may still run"
    await any_stage.pass_time(HOUR)
    assert ((await transfer(any_stage)).status, sent_there(any_stage)) == ("canceled", [])


async def test_an_unwanted_transfer_that_happens_late_is_taken_back(any_stage: Stage) -> None:
    payment_id = await any_stage.sell([("anna", 1000)])
    any_stage.sandbox.add_fault("timeout_then_effect", method="POST", path=SENDING, delay_seconds=500)
    any_stage.sandbox.add_fault("webhook_lost", event="transfer.*", times=None)
    await any_stage.settle()
    await any_stage.refund(payment_id, 1000)
    for _ in range(6):
        await any_stage.pass_time(3 * MINUTE)
    assert (sent_there(any_stage), reversed_there(any_stage)) == ([900], [900])


async def test_a_partly_unwanted_transfer_is_lowered_once_its_request_is_certainly_dead(any_stage: Stage) -> None:
    payment_id = await any_stage.sell([("anna", 1000)])
    any_stage.sandbox.add_fault("timeout_before_effect", method="POST", path=SENDING)
    await any_stage.settle()
    await any_stage.refund(payment_id, 400)
    await any_stage.settle()
    await any_stage.pass_time(HOUR)
    assert (sent_there(any_stage), reversed_there(any_stage)) == ([540], [])
    assert (await transfer(any_stage)).key_generation == 2


@pytest.mark.parametrize(("kind", "sent"), [("timeout_after_effect", [900, 900]), ("timeout_before_effect", [900])])
async def test_an_unwanted_reversal_is_looked_up_then_canceled_or_given_back(
    any_stage: Stage, kind: str, sent: list[int]
) -> None:
    any_stage.sandbox.add_balance(None, 10_000, "eur")
    payment_id = await any_stage.sold([("anna", 1000)], card=FAILING_REFUNDS)
    await any_stage.refund(payment_id, 1000)
    await refund_once(any_stage)
    any_stage.sandbox.add_fault(kind, method="POST", path=REVERSING)
    any_stage.sandbox.add_fault("webhook_lost", event="transfer.*", times=None)
    await reverse_once(any_stage)
    any_stage.sandbox.fail_refund((await any_stage.one(Refund)).stripe_refund_id or "")
    await any_stage.deliver()
    assert (await any_stage.one(TransferReversal)).unwanted_at is not None
    await any_stage.pass_time(HOUR)
    assert (await any_stage.one(TransferReversal)).status == ("succeeded" if len(sent) == 2 else "canceled")
    assert sent_there(any_stage) == sent
    assert len(reversed_there(any_stage)) == len(sent) - 1


async def test_an_exhausted_silent_attempt_that_happened_is_adopted(any_stage: Stage) -> None:
    await refunded(any_stage)
    any_stage.sandbox.add_fault("timeout_after_effect", method="POST", path=REVERSING)
    any_stage.sandbox.add_fault("timeout_before_effect", method="POST", path=REVERSING, times=None)
    for _ in range(5):
        await reverse_once(any_stage)
        any_stage.clock.advance(8 * MINUTE)
    assert (reversed_there(any_stage), (await transfer(any_stage)).status) == ([900], "reversed")


async def test_a_reversal_given_up_is_seller_debt_until_an_operators_retry_gets_it(any_stage: Stage) -> None:
    payment_id = await refunded(any_stage)
    any_stage.sandbox.add_fault("refused", method="POST", path=REVERSING)
    await any_stage.settle()
    async with any_stage.database.read() as session:
        assert (await balances(session, payment_id))[Account.SELLER_DEBT] == 900
    await retry(any_stage, (await transfer(any_stage)).id)
    await any_stage.settle()
    async with any_stage.database.read() as session:
        assert (await balances(session, payment_id))[Account.SELLER_DEBT] == 0
    assert (reversed_there(any_stage), await findings(any_stage)) == ([900], [])
    assert [attempt.meaning for attempt in await attempts(any_stage, "reversal")] == ["refused", "done"]


async def test_more_is_needed_back_while_one_reversal_is_given_up(any_stage: Stage) -> None:
    payment_id = await refunded(any_stage, 400)
    any_stage.sandbox.add_fault("refused", method="POST", path=REVERSING)
    await any_stage.settle()
    await any_stage.refund(payment_id, 300)
    await any_stage.settle()
    sent = await transfer(any_stage)
    assert reversed_there(any_stage) == [270]
    assert (sent.status, sent.failed_step) == ("permanently_failed", "reversal")
    await retry(any_stage, sent.id)
    await any_stage.settle()
    assert (reversed_there(any_stage), (await transfer(any_stage)).status) == ([270, 360], "completed")


async def test_two_given_up_silent_reversals_of_one_transfer_are_retried_one_after_the_other(any_stage: Stage) -> None:
    payment_id = await any_stage.sold([("anna", 1000)])
    for amount in (200, 300):
        await any_stage.refund(payment_id, amount)
        await refund_once(any_stage)  # one after the other: two at a time may plan their reversals in either order
    any_stage.sandbox.add_fault("timeout_before_effect", method="POST", path=REVERSING, times=None)
    for _ in range(10):
        await reverse_once(any_stage)
        any_stage.clock.advance(8 * MINUTE)
    rows = await any_stage.all(TransferReversal)
    assert [row.status for row in rows] == ["permanently_failed", "permanently_failed"]
    assert [row.unanswered for row in rows] == [True, True]
    any_stage.sandbox.clear_faults()
    await retry(any_stage, rows[0].transfer_id)
    await any_stage.settle()
    assert (reversed_there(any_stage), (await transfer(any_stage)).status) == ([180], "permanently_failed")
    await retry(any_stage, rows[0].transfer_id)
    await any_stage.settle()
    assert reversed_there(any_stage) == [180, 270]


async def test_more_rows_than_a_batch_are_worked_through(any_stage: Stage) -> None:
    for _ in range(12):
        await any_stage.sell([("anna", 1000), ("ben", 500)])
    await any_stage.settle()
    assert len(sent_there(any_stage)) == 24
    assert await send_once(any_stage) == 0
