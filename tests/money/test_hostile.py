"""Scenes made to break the money module: each failed once, and holds now."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from tests.money.acts import (
    DAY,
    HOUR,
    MINUTE,
    REVERSING,
    attempts,
    findings,
    refund_once,
    refunded,
    retry,
    reversal,
    reverse_once,
    set_columns,
    transfer,
)
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.messages import verbatim
from veza.lab.simulator.stage import Stage
from veza.money import breaker, sellers
from veza.money.breaker import ProviderBreaker
from veza.money.catch_up import CatchUpFailed, catch_up
from veza.money.findings import FindingKind, report
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import WebhookEvent


async def breaker_row(stage: Stage) -> ProviderBreaker:
    async with stage.database.read() as session:
        return await breaker.state(session)


async def force_breaker(stage: Stage, **columns: Any) -> None:
    async with stage.database.write("test") as session:
        await breaker._set(session, **columns)


async def with_seller(stage: Stage, seller_id: str = "anna") -> int:
    """What a seller has, over all transfers."""
    rows = await stage.all(SellerTransfer, seller_id=seller_id)
    return sum(row.sent_minor - row.reversed_minor for row in rows if row.stripe_transfer_id is not None)


# --- breaker


async def test_a_ramp_slot_lost_by_a_crash_is_found_again_however_often_workers_ask(stage: Stage) -> None:
    await refunded(stage)
    await force_breaker(
        stage, state="half_open", ramp=1, ramp_in_flight=1, ramp_succeeded=0, ramp_renewed_at=stage.clock.now()
    )
    claimed = 0
    for _ in range(5):
        claimed += await reverse_once(stage)
        stage.clock.advance(MINUTE)
    assert claimed == 1
    await stage.settle()


async def test_an_unknown_object_gives_its_ramp_slot_back(stage: Stage) -> None:
    await refunded(stage)
    await force_breaker(
        stage, state="half_open", ramp=1, ramp_in_flight=0, ramp_succeeded=0, ramp_renewed_at=stage.clock.now()
    )
    stage.sandbox.add_fault("not_found", method="POST", path=REVERSING)
    assert await reverse_once(stage) == 1
    assert (await breaker_row(stage)).ramp_in_flight == 0


async def test_opening_the_breaker_gives_back_only_retries_that_opened_it(stage: Stage) -> None:
    await refunded(stage)
    row = await reversal(stage)
    await set_columns(stage, TransferReversal, row.id, retry_count=3)
    stage.sandbox.add_fault("unauthorized", method="POST", path=REVERSING)
    await reverse_once(stage)
    assert (await breaker_row(stage)).state == "open"
    assert (await reversal(stage)).retry_count == 3


async def test_a_clock_set_back_does_not_close_the_breaker_to_probes_for_a_day(stage: Stage) -> None:
    await refunded(stage)
    stage.clock.advance(DAY)
    stage.sandbox.add_fault("unauthorized", method="POST", path=REVERSING)
    row = await reversal(stage)
    await reverse_once(stage)
    stage.clock.advance(-DAY)
    await set_columns(stage, TransferReversal, row.id, next_retry_at=stage.clock.now())
    assert await reverse_once(stage) == 1
    assert (await reversal(stage)).status == "succeeded"


# --- rows that could never leave


async def test_retrying_a_reversal_of_an_unknown_transfer_ends_again(stage: Stage) -> None:
    await refunded(stage)
    stage.sandbox.add_fault("not_found", path=REVERSING, times=None)
    await reverse_once(stage)
    assert (await transfer(stage)).status == "permanently_failed"
    await retry(stage, (await transfer(stage)).id)
    await stage.settle()
    assert (await transfer(stage)).status == "permanently_failed"
    assert (await reversal(stage)).next_retry_at is None


async def exhausted(stage: Stage) -> None:
    """The open reversal is sent in silence until the worker gives up."""
    stage.sandbox.add_fault("timeout_before_effect", method="POST", path=REVERSING, times=5)
    for _ in range(5):
        await reverse_once(stage)
        stage.clock.advance(HOUR)


async def test_a_retry_of_two_reversals_does_not_let_them_wait_for_each_other(stage: Stage) -> None:
    payment_id = await refunded(stage, 400)
    await exhausted(stage)
    await stage.settle()  # looked for again: known absent
    await stage.refund(payment_id, 300)
    await refund_once(stage)
    await exhausted(stage)
    rows = await stage.all(TransferReversal)
    assert [(row.status, row.unanswered) for row in rows] == [
        ("permanently_failed", False),
        ("permanently_failed", True),
    ]
    await retry(stage, (await transfer(stage)).id)
    await stage.settle()
    assert (await transfer(stage)).status == "completed"
    assert await with_seller(stage) == 900 - 630


async def test_two_silent_reversals_can_be_retried_one_after_the_other(stage: Stage) -> None:
    payment_id = await refunded(stage, 400)
    await exhausted(stage)
    await stage.refund(payment_id, 300)
    await refund_once(stage)
    await exhausted(stage)
    assert all(row.unanswered for row in await stage.all(TransferReversal))
    await retry(stage, (await transfer(stage)).id)
    await stage.settle()
    if (await transfer(stage)).status == "permanently_failed":
        await retry(stage, (await transfer(stage)).id)
        await stage.settle()
    assert (await transfer(stage)).status == "completed"
    assert await with_seller(stage) == 900 - 630


async def test_a_legacy_reversal_not_wanted_any_more_is_canceled_though_it_was_claimed(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    sent = await transfer(stage)
    refund_id = await stage.refund(payment_id, 1000)
    await refund_once(stage)
    await set_columns(stage, SellerTransfer, sent.id, stripe_transfer_id=None)
    (claim,) = await stage.money.reversal_worker.claim(10)
    refund = await stage.refund_row(refund_id)
    stage.sandbox.fail_refund(str(refund.stripe_refund_id))
    await stage.deliver()
    await stage.money.reversal_worker.work(claim)
    await stage.settle()
    assert (await reversal(stage)).status == "canceled"
    assert (await transfer(stage)).status == "completed"
    assert "seller_debt" not in await findings(stage)


async def test_an_unwanted_reversal_that_waited_too_long_for_a_balance_is_canceled(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    sent = await transfer(stage)
    stage.sandbox.set_balance(str(sent.stripe_account_id), 0, "eur")
    refund_id = await stage.refund(payment_id, 1000)
    await refund_once(stage)
    await reverse_once(stage)
    stage.clock.advance(31 * DAY)
    (claim,) = await stage.money.reversal_worker.claim(10)
    refund = await stage.refund_row(refund_id)
    stage.sandbox.fail_refund(str(refund.stripe_refund_id))
    await stage.deliver()
    await stage.money.reversal_worker.work(claim)
    await stage.settle()
    assert (await reversal(stage)).status == "canceled"


# --- nudges


async def test_money_that_arrives_while_a_request_is_in_flight_does_not_send_it_twice(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    account = str((await transfer(stage)).stripe_account_id)
    stage.sandbox.set_balance(account, 0, "eur")
    await stage.refund(payment_id, 1000)
    await stage.settle()
    stage.clock.advance(6 * HOUR)
    (claim,) = await stage.money.reversal_worker.claim(10)
    stage.sandbox.add_balance(account, 5000, "eur")
    await stage.deliver()
    assert await stage.money.reversal_worker.claim(10) == []
    await stage.money.reversal_worker.work(claim)
    assert (await reversal(stage)).status == "succeeded"


# --- the clock


async def test_a_silent_request_sent_in_the_future_is_looked_up_before_it_is_sent_again(stage: Stage) -> None:
    await refunded(stage)
    stage.clock.advance(2 * DAY)
    stage.sandbox.add_fault("timeout_after_effect", method="POST", path=REVERSING)
    await reverse_once(stage)
    stage.clock.advance(-2 * DAY)
    row = await reversal(stage)
    await set_columns(stage, TransferReversal, row.id, next_retry_at=stage.clock.now())
    await reverse_once(stage)
    assert [one.meaning for one in await attempts(stage, "reversal")] == ["silence", "looked_up_found"]


# --- catching up


async def test_events_listed_before_the_list_broke_off_are_handled(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    charge = str((await stage.payment(payment_id)).stripe_charge_id)
    stage.sandbox.pause_webhooks()
    stage.sandbox.refund_in_dashboard(charge, 1000)
    stage.sandbox.add_fault("error_503", method="GET", path="/events")
    money = stage.money
    with pytest.raises(CatchUpFailed):
        await catch_up(stage.database, money.gateway, money.inbox, DAY)
    stage.sandbox.add_fault("error_503", method="GET", path="/events", skip=1)
    for i in range(120):
        stage.sandbox.take_payment(100 + i, "eur")
    with pytest.raises(CatchUpFailed):
        await catch_up(stage.database, money.gateway, money.inbox, DAY)
    assert len(await stage.all(WebhookEvent, source="catch-up")) == 100


# --- two at once, on PostgreSQL


async def test_a_deadlock_is_said_in_a_sentence_so_that_settling_tries_again(postgres_url: str) -> None:
    database = Database.open(postgres_url, clock=ManualClock())
    async with database.write() as session:
        for seller_id in ("anna", "ben"):
            await sellers.register(session, seller_id, seller_id, "DE")
    both = asyncio.Barrier(2)

    async def take(first: str, second: str) -> None:
        async with database.write() as session:
            for seller_id in (first, second):
                mine = select(sellers.Seller).where(sellers.Seller.id == seller_id)
                await session.execute(mine.with_for_update())
                if seller_id == first:
                    await both.wait()

    ended = await asyncio.gather(take("anna", "ben"), take("ben", "anna"), return_exceptions=True)
    await database.close()
    (error,) = [one for one in ended if one is not None]
    assert isinstance(error, DatabaseUnavailable)


async def test_two_may_report_the_same_finding_at_once(postgres_url: str) -> None:
    database = Database.open(postgres_url, clock=ManualClock())
    both = asyncio.Barrier(2)

    async def tell() -> bool:
        async with database.write() as session:
            await session.execute(select(1))
            await both.wait()
            return await report(
                session, FindingKind.LAW_BROKEN, "payment x", verbatim("it is broken"), mend=verbatim("mend it")
            )

    told = await asyncio.gather(tell(), tell())
    await database.close()
    assert sorted(told) == [False, True]
