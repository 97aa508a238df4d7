"""Every row of the outcome table for transfers, through the official SDK, to what its last column says."""

from __future__ import annotations

import pytest

from tests import factories
from tests.money.acts import (
    DAY,
    HOUR,
    MINUTE,
    SENDING,
    findings,
    history,
    meanings,
    posts,
    retry,
    send_once,
    sent_there,
    set_columns,
    transfer,
)
from tests.money.conftest import OpenStage
from veza.kit import worker
from veza.lab.simulator.stage import Stage
from veza.money.recording import SOON
from veza.money.sellers import Seller, record_account
from veza.money.transfers import SellerTransfer


@pytest.fixture
async def waiting(stage: Stage) -> Stage:
    """A stage where one transfer of 9.00 waits for its worker."""
    await _sold_but_not_sent(stage)
    return stage


async def _sold_but_not_sent(stage: Stage) -> None:
    await stage.sell([("anna", 1000)])
    await stage.deliver()
    await worker.run_once(stage.money.check_worker)
    assert (await transfer(stage)).status == "pending"


async def test_200_completes_it_and_stores_its_id(waiting: Stage) -> None:
    await send_once(waiting)
    row = await transfer(waiting)
    assert (row.status, await meanings(waiting, "transfer")) == ("completed", ["done"])
    assert (row.stripe_transfer_id or "").startswith("tr_")
    (there,) = waiting.sandbox.world.transfers.rows.values()
    assert there["source_transaction"] == row.source_transaction
    assert there["transfer_group"] == str(row.payment_id)


@pytest.mark.parametrize(
    "kind",
    ["timeout_before_effect", "timeout_after_effect", "reset_before_effect", "reset_after_effect", "garbage_body",
     "cut_body", "redirect", "failed_dependency"],
)  # fmt: skip
async def test_silence_counts_keeps_the_key_and_sends_once(waiting: Stage, kind: str) -> None:
    waiting.sandbox.add_fault(kind, method="POST", path=SENDING)
    await send_once(waiting)
    row = await transfer(waiting)
    assert await meanings(waiting, "transfer") == ["silence"]
    assert (row.status, row.retry_count, row.key_generation, row.unanswered) == ("failed", 1, 1, True)
    assert row.next_retry_at == waiting.clock.now() + MINUTE
    await waiting.pass_time(MINUTE)
    assert (sent_there(waiting), (await transfer(waiting)).status) == ([900], "completed")


async def test_5xx_counts_and_keeps_the_key(waiting: Stage) -> None:
    waiting.sandbox.add_fault("error_503", method="POST", path=SENDING)
    await send_once(waiting)
    row = await transfer(waiting)
    assert (await meanings(waiting, "transfer"), row.status, row.retry_count) == (["server_error"], "failed", 1)
    await waiting.pass_time(MINUTE)
    assert await history(waiting, row.id) == ["pending", "failed", "completed"]


@pytest.mark.parametrize(("kind", "sent_by"), [("error_500", 2), ("error_500_after_effect", 1)])
async def test_a_replayed_5xx_is_looked_up_before_a_new_key(waiting: Stage, kind: str, sent_by: int) -> None:
    waiting.sandbox.add_fault(kind, method="POST", path=SENDING)
    waiting.sandbox.add_fault("webhook_lost", event="transfer.*", times=None)
    await send_once(waiting)
    waiting.clock.advance(10 * MINUTE)
    await send_once(waiting)
    assert await meanings(waiting, "transfer") == ["server_error", "server_error_replayed"]
    assert (await transfer(waiting)).key_generation == sent_by
    await waiting.pass_time(HOUR)
    assert (sent_there(waiting), (await transfer(waiting)).status) == ([900], "completed")


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [("lock_timeout", "object_busy"), ("rate_limit", "slow_down"), ("key_in_use", "key_in_use")],
)
async def test_429_and_409_keep_the_key_and_cost_no_retry(waiting: Stage, kind: str, meaning: str) -> None:
    waiting.sandbox.add_fault(kind, method="POST", path=SENDING)
    await send_once(waiting)
    row = await transfer(waiting)
    assert (await meanings(waiting, "transfer"), row.status, row.retry_count) == ([meaning], "pending", 0)
    await waiting.pass_time(SOON)
    assert (await transfer(waiting)).status == "completed"


@pytest.mark.parametrize(("kind", "ends"), [("timeout_after_effect", "completed"), ("error_500", "permanently_failed")])
async def test_a_reused_key_is_looked_up_and_adopted_or_alarms(waiting: Stage, kind: str, ends: str) -> None:
    waiting.sandbox.add_fault(kind, method="POST", path=SENDING)
    waiting.sandbox.add_fault("webhook_lost", event="transfer.*", times=None)
    await send_once(waiting)
    row = await transfer(waiting)
    other = (row.request_body or "").replace('"veza_payment":"', '"veza_payment":"again ')
    await set_columns(waiting, SellerTransfer, row.id, request_body=other)
    waiting.clock.advance(MINUTE)
    await send_once(waiting)
    assert (await meanings(waiting, "transfer"))[-1] == "key_reused"
    assert (await transfer(waiting)).status == ends
    assert ("idempotency_key_reused" in await findings(waiting)) == (ends == "permanently_failed")


@pytest.mark.parametrize("kind", ["forbidden", "other_mode"])
async def test_403_and_the_other_mode_on_two_rows_open_the_breaker_and_cost_no_retry(waiting: Stage, kind: str) -> None:
    await waiting.sell([("anna", 500)])
    await waiting.deliver()
    await worker.run_once(waiting.money.check_worker)
    waiting.sandbox.add_fault(kind, method="POST", path=SENDING, times=2)
    await send_once(waiting)
    rows = await waiting.all(SellerTransfer)
    assert [(row.status, row.retry_count, row.key_generation) for row in rows] == [("pending", 0, 1)] * 2
    assert await findings(waiting) == ["breaker_open"]
    await waiting.pass_time(2 * MINUTE)
    assert [row.status for row in await waiting.all(SellerTransfer)] == ["completed"] * 2


@pytest.mark.parametrize("kind", ["forbidden", "other_mode"])
async def test_one_row_refused_alone_holds_up_no_other_and_is_told(waiting: Stage, kind: str) -> None:
    bad = await transfer(waiting)
    for _ in range(6):
        await waiting.sell([("anna", 500)])
    rule = waiting.sandbox.add_fault(kind, method="POST", path=SENDING, object=str(bad.payment_id), times=None)
    for _ in range(4):
        await waiting.settle()
        waiting.clock.advance(MINUTE)
    by_id = {row.id: row for row in await waiting.all(SellerTransfer)}
    refused = by_id.pop(bad.id)
    assert {row.status for row in by_id.values()} == {"completed"}
    assert (refused.status, refused.retry_count, refused.key_generation) == ("pending", 0, 1)
    assert await findings(waiting) == ["refused_alone"]
    waiting.sandbox.clear_faults(rule["id"])
    await waiting.pass_time(MINUTE)
    assert ((await transfer(waiting, id=bad.id)).status, await findings(waiting)) == ("completed", [])


async def test_too_little_platform_balance_waits_with_a_new_key_and_costs_no_retry(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)], card="4000000000005126")
    await stage.refund(payment_id, 1000)
    await stage.settle()
    stage.sandbox.set_balance(None, -5000, "eur")
    await stage.pass_time(3 * DAY)
    _first, again = await stage.all(SellerTransfer)
    assert (again.status, again.last_outcome, again.retry_count) == ("pending", "balance_too_low", 0)
    assert again.key_generation == 2
    assert again.next_retry_at == again.waiting_since + 6 * HOUR
    stage.sandbox.add_balance(None, 9000, "eur")
    await stage.settle()
    _first, again = await stage.all(SellerTransfer)
    assert again.status == "completed", "balance.available woke it"


async def test_an_account_without_the_capability_waits_until_it_has_it(waiting: Stage) -> None:
    account = (await waiting.one(Seller)).stripe_account_id
    waiting.sandbox.set_capability(account, "inactive")
    await send_once(waiting)
    row = await transfer(waiting)
    assert (row.status, row.last_outcome, row.retry_count) == ("pending", "balance_too_low", 0)
    waiting.sandbox.set_capability(account, "active")
    await waiting.settle()
    assert (await transfer(waiting)).status == "completed"


async def test_a_seller_without_an_account_waits_and_nothing_is_asked(open_stage: OpenStage) -> None:
    stage = await open_stage()
    await factories.seller(stage.database, "anna", "Anna", None)
    await _sold_but_not_sent(stage)
    before = posts(stage)
    await send_once(stage)
    waiting = await transfer(stage)
    assert (waiting.status, waiting.last_outcome, waiting.unanswered) == ("pending", "no_account", False)
    assert posts(stage) == before
    account = str(stage.sandbox.new_account()["id"])
    async with stage.database.write() as session:
        (await session.get_one(Seller, "anna")).stripe_account_id = account
    async with stage.database.write() as session:
        await record_account(session, account, True)
    await stage.settle()
    assert (await transfer(stage)).status == "completed"


async def test_after_thirty_days_a_transfer_that_waits_is_given_up_and_can_be_retried(waiting: Stage) -> None:
    account = (await waiting.one(Seller)).stripe_account_id
    waiting.sandbox.set_capability(account, "inactive")
    await send_once(waiting)
    await waiting.pass_time(30 * DAY)
    row = await transfer(waiting)
    assert (row.status, row.failed_step, await findings(waiting)) == ("permanently_failed", "transfer", ["given_up"])
    waiting.sandbox.set_capability(account, "active")
    await retry(waiting, row.id)
    await waiting.settle()
    assert await history(waiting, row.id) == ["pending", "permanently_failed", "failed", "completed"]
    assert await findings(waiting) == []


async def test_any_other_4xx_is_looked_up_and_then_permanently_failed(waiting: Stage) -> None:
    waiting.sandbox.add_fault("refused", method="POST", path=SENDING)
    before = posts(waiting)
    await send_once(waiting)
    row = await transfer(waiting)
    assert posts(waiting) == before + 2
    assert (row.status, row.failed_step, row.unanswered) == ("permanently_failed", "transfer", False)
    assert await findings(waiting) == ["given_up"]


async def test_retries_exhausted_end_permanently_failed_and_unpaid(waiting: Stage) -> None:
    waiting.sandbox.add_fault("error_503", method="POST", path=SENDING, times=None)
    for _ in range(5):
        await send_once(waiting)
        waiting.clock.advance(8 * MINUTE)
    row = await transfer(waiting)
    assert (row.status, row.failed_step, row.retry_count) == ("permanently_failed", "transfer", 5)
    assert sent_there(waiting) == []
    await waiting.pass_time(HOUR)
    assert (await transfer(waiting)).unanswered is False, "looked for once more, and known not to exist"
