"""Successes that arrive at the same time share a transaction, and each is still recorded exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.money.acts import attempts, refund_once
from tests.waiting import BOUND_SECONDS, until
from veza.kit import worker
from veza.kit.database import Database, Session
from veza.lab.simulator.stage import Stage
from veza.money import payments
from veza.money.payment_frame import PaymentFrame
from veza.money.payments import Payment
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer

SALES = 6


async def backlog(stage: Stage, sales: int = SALES) -> None:
    """So many refunded payments whose reversals wait."""
    for payment_id in [await stage.sold([("anna", 1000)]) for _ in range(sales)]:
        await stage.refund(payment_id, 1000)
    await refund_once(stage)
    assert [row.status for row in await stage.all(TransferReversal)] == ["pending"] * sales


def counted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who wrote, a line per transaction."""
    write, seen = Database.write, list[str]()

    @asynccontextmanager
    async def watched(self: Database, actor: str = "veza", *, gives_way: bool = False) -> AsyncIterator[Session]:
        seen.append(actor)
        async with write(self, actor, gives_way=gives_way) as session:
            yield session

    monkeypatch.setattr(Database, "write", watched)
    return seen


async def everything_is_back(stage: Stage, sales: int = SALES) -> None:
    assert [row.status for row in await stage.all(TransferReversal)] == ["succeeded"] * sales
    assert [row.status for row in await stage.all(SellerTransfer)] == ["reversed"] * sales
    assert len(stage.sandbox.world.reversals.rows) == sales
    assert [attempt.stale for attempt in await attempts(stage, "reversal")] == [False] * sales
    assert await stage.violations() == []


async def test_successes_carried_out_together_share_one_transaction(
    any_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await backlog(any_stage)
    claims = await any_stage.money.reversal_worker.claim(SALES)
    seen = counted(any_stage, monkeypatch)
    await any_stage.money.reversal_worker.carry_out(claims)
    assert seen == ["reversal worker"]
    await everything_is_back(any_stage)


async def test_side_by_side_each_is_recorded_once(any_stage: Stage) -> None:
    await backlog(any_stage)
    assert await worker.run_once(any_stage.money.reversal_worker) == SALES
    await everything_is_back(any_stage)


async def test_two_reversals_of_one_payment_share_a_transaction(any_stage: Stage) -> None:
    payment_id = await any_stage.sold([("anna", 1000), ("ben", 500)])
    await any_stage.refund(payment_id, 1500)
    await refund_once(any_stage)
    claims = await any_stage.money.reversal_worker.claim(2)
    assert len(claims) == 2
    await any_stage.money.reversal_worker.carry_out(claims)
    await everything_is_back(any_stage, 2)


async def test_a_payment_that_another_process_locks_keeps_no_other_waiting(postgres_stage: Stage) -> None:
    await backlog(postgres_stage)
    claims = await postgres_stage.money.reversal_worker.claim(SALES)
    held, holds, released = claims[2].payment_id, asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with postgres_stage.database.write("another process") as session:
            await payments.lock(session, held)
            holds.set()
            await released.wait()

    async def all_others_are_reversed() -> bool:
        rows = await postgres_stage.all(TransferReversal)
        return sum(row.status == "succeeded" for row in rows) == SALES - 1

    holding = asyncio.create_task(hold())
    await holds.wait()
    working = asyncio.create_task(postgres_stage.money.reversal_worker.carry_out(claims))
    await until(all_others_are_reversed, "the other reversals")
    assert not working.done()
    released.set()
    await asyncio.gather(holding, working)
    await everything_is_back(postgres_stage)


async def test_one_that_cannot_be_recorded_spoils_no_other(any_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await backlog(any_stage)
    money = any_stage.money
    doomed = (await any_stage.all(Payment))[3].id
    intent = money.reversal_worker.intent
    done = intent.record_done

    async def failing(session: Session, frame: PaymentFrame, row: Any, answer: Any) -> None:
        await done(session, frame, row, answer)
        if frame.payment.id == doomed:
            raise RuntimeError("a bug in what follows from this one")

    monkeypatch.setattr(intent, "record_done", failing)
    claims = await money.reversal_worker.claim(SALES)
    said = await asyncio.gather(*(money.reversal_worker.work(claim) for claim in claims), return_exceptions=True)
    assert [str(one) for one in said if one is not None] == ["a bug in what follows from this one"]
    rows = await any_stage.all(TransferReversal)
    assert [row.status for row in rows if row.payment_id != doomed] == ["succeeded"] * (SALES - 1)
    assert [row.status for row in rows if row.payment_id == doomed] == ["pending"]


async def test_no_more_requests_are_in_flight_than_allowed(stage: Stage) -> None:
    await backlog(stage, 12)
    money = stage.again(reversals=_of_concurrency(stage, 4))
    intent = money.reversal_worker.intent
    send, in_flight, most, full = intent.send, 0, 0, asyncio.Barrier(4)

    async def watched(*told: Any) -> Any:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        async with asyncio.timeout(BOUND_SECONDS):
            await full.wait()  # no request goes on before as many as are allowed are in flight
        in_flight -= 1
        return await send(*told)

    intent.send = watched  # type: ignore[method-assign]
    assert await worker.run_once(money.reversal_worker, 12) == 12
    assert most == 4
    await everything_is_back(stage, 12)


def _of_concurrency(stage: Stage, requests: int) -> Any:
    return replace(stage.money.rules.reversals, concurrency=requests)
