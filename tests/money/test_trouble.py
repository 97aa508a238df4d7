"""A clock that jumps, and a database that fails at the worst moment: late at most, never lost and never twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from tests.money.acts import (
    DAY,
    HOUR,
    MINUTE,
    REFUNDING,
    REVERSING,
    SENDING,
    refunded,
    refunded_there,
    reverse_once,
    reversed_there,
    sent_there,
    transfer,
)
from tests.money.conftest import OpenStage
from veza.kit import worker
from veza.kit.database import Session
from veza.kit.database_trouble import DatabaseUnavailable
from veza.lab.sandbox.core import Request
from veza.lab.simulator.stage import Stage
from veza.money.attempt_worker import RECORD_TRIES
from veza.money.attempts import STILL_RUNNING
from veza.money.reversals import TransferReversal

JUMPS = [
    pytest.param([DAY, -2 * DAY, 3 * DAY], id="ahead, far back, ahead"),
    pytest.param([-HOUR, -HOUR, -HOUR, 4 * HOUR], id="back again and again"),
    pytest.param([400 * DAY, -400 * DAY, DAY], id="a year ahead and back"),
    pytest.param([timedelta(seconds=-1)] * 5 + [HOUR], id="a second back at every step"),
]


@pytest.mark.parametrize("jumps", JUMPS)
@pytest.mark.parametrize("kind", ["timeout_after_effect", "error_503", "timeout_before_effect"])
async def test_a_clock_that_jumps_neither_loses_nor_doubles(
    open_stage: OpenStage, jumps: list[timedelta], kind: str
) -> None:
    stage = await open_stage()
    await stage.seller("anna")
    for path in (SENDING, REFUNDING, REVERSING):
        stage.sandbox.add_fault(kind, method="POST", path=path)
    payment_id = await stage.sell([("anna", 1000)])
    await stage.settle()
    for jump in jumps:
        stage.clock.advance(jump)
        await stage.settle()
    await stage.pass_time(DAY)
    await stage.refund(payment_id, 1000)
    for jump in jumps:
        stage.clock.advance(jump)
        await stage.settle()
    # A row written by a clock that was ahead is due once real time has caught up with it.
    for _ in range(4):
        await stage.pass_time(150 * DAY)
    assert (refunded_there(stage), sum(sent_there(stage)), sum(reversed_there(stage))) in (
        ([1000], 900, 900),
        ([1000], 0, 0),
    )


async def test_a_worker_whose_clock_jumped_past_its_lease_sends_nothing(stage: Stage) -> None:
    await refunded(stage)
    (claim,) = await stage.money.reversal_worker.claim(1)
    stage.clock.advance(DAY)
    before = stage.sandbox.log.requests
    await stage.money.reversal_worker.work(claim)
    assert stage.sandbox.log.requests == before
    await stage.settle()
    assert reversed_there(stage) == [900]


Fail = Callable[[int], None]


@pytest.fixture
def fail_writes(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Fail:
    """Let the next so many writing transactions fail at their commit."""
    left = 0
    write = stage.database.write

    @asynccontextmanager
    async def failing(actor: str = "veza", *, gives_way: bool = False) -> AsyncIterator[Session]:
        nonlocal left
        if left == 0:
            async with write(actor, gives_way=gives_way) as session:
                yield session
            return
        left -= 1
        async with write(actor, gives_way=gives_way) as session:
            yield session
            raise ConnectionResetError

    def fail(times: int) -> None:
        nonlocal left
        left = times

    monkeypatch.setattr(stage.database, "write", failing)
    return fail


async def test_a_claim_that_cannot_be_committed_sends_nothing(stage: Stage, fail_writes: Fail) -> None:
    await refunded(stage)
    before = stage.sandbox.log.requests
    fail_writes(1)
    with pytest.raises(DatabaseUnavailable):
        await reverse_once(stage)
    assert stage.sandbox.log.requests == before
    assert await reverse_once(stage) == 1
    assert reversed_there(stage) == [900]


async def test_an_answer_is_recorded_anew_when_the_database_stumbles(stage: Stage, fail_writes: Fail) -> None:
    await refunded(stage)
    (claim,) = await stage.money.reversal_worker.claim(1)
    fail_writes(RECORD_TRIES - 1)
    await stage.money.reversal_worker.work(claim)
    assert ((await transfer(stage)).status, reversed_there(stage)) == ("reversed", [900])


async def test_an_answer_that_cannot_be_recorded_comes_back_with_the_lease(stage: Stage, fail_writes: Fail) -> None:
    await refunded(stage)
    (claim,) = await stage.money.reversal_worker.claim(1)
    fail_writes(RECORD_TRIES)
    with pytest.raises(DatabaseUnavailable):
        await stage.money.reversal_worker.work(claim)
    row = await stage.one(TransferReversal)
    assert (row.status, row.unanswered, reversed_there(stage)) == ("pending", True, [900])
    await stage.pass_time(2 * MINUTE)
    assert ((await transfer(stage)).status, reversed_there(stage)) == ("reversed", [900])


@pytest.mark.parametrize("path", ["/v1/transfers", "/v1/refunds", "/reversals"])
async def test_a_process_that_dies_between_effect_and_answer_repeats_nothing(open_stage: OpenStage, path: str) -> None:
    seen = 0

    async def die(request: Request) -> None:
        nonlocal seen
        if request.method == "POST" and request.path.endswith(path):
            seen += 1
            if seen == 2:  # the second call of the gate is after the effect
                raise Crash

    stage = await open_stage(gate=die)
    await stage.seller("anna")
    payment_id = await stage.sell([("anna", 1000)])
    for _ in range(8):
        try:
            await stage.settle()
        except Crash:
            stage.clock.advance(2 * MINUTE)
    await stage.refund(payment_id, 1000)
    for _ in range(8):
        try:
            await stage.settle()
        except Crash:
            stage.clock.advance(2 * MINUTE)
    await stage.pass_time(HOUR)
    assert (refunded_there(stage), sent_there(stage), reversed_there(stage)) == ([1000], [900], [900])


async def test_a_share_of_a_process_that_ended_is_canceled_once_its_request_cannot_be_alive(stage: Stage) -> None:
    """The claim is committed, and the process ends before it sends. A refund comes: whether the request is under way is
    not known before STILL_RUNNING has passed, however short the lease is."""
    payment_id = await stage.sell([("anna", 1000)])
    await stage.deliver()
    await worker.run_once(stage.money.check_worker)
    (claim,) = await stage.money.transfer_worker.claim(1)
    await stage.refund(payment_id, 1000)
    await stage.settle()
    stage.clock.advance(stage.money.rules.transfers.lease)
    await stage.settle()
    waiting = await transfer(stage)
    assert (waiting.status, waiting.unanswered) == ("pending", True)
    assert waiting.next_retry_at == claim.claimed_at + STILL_RUNNING
    stage.clock.advance(STILL_RUNNING)
    await stage.settle()
    assert ((await transfer(stage)).status, sent_there(stage)) == ("canceled", [])


class Crash(BaseException):
    """What nothing catches: the process is gone."""
