"""The one loop around every worker: claim into free slots, work with no transaction open, record, repeat."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol, TypeVar

import structlog

from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.wakes import Wakes

log = structlog.get_logger(__name__)

PAUSE_AFTER_ERROR = timedelta(seconds=2)
"""How long a loop rests after its database failed: long enough not to spin, short enough not to be noticed."""

SECOND_LOOK = timedelta(seconds=0.5)
"""A wake that led to nothing may be about a row that its neighbour in a transaction still held locked: PostgreSQL's
SKIP LOCKED passes it over, and no second ring comes. One more look this much later finds it."""

GATHERED = timedelta(milliseconds=50)
"""With many slots taken, one claim refills all slots freed within this time: a claim each cost as much as the work."""
MANY_SLOTS = 8

C = TypeVar("C")


class Worker(Protocol[C]):
    """What the loop drives: rows are claimed in one short transaction and worked on one by one."""

    name: str
    wake_topic: str
    check_interval: timedelta
    concurrency: int
    batch_size: int

    async def claim(self, limit: int) -> Sequence[C]: ...

    async def work(self, claim: C) -> None: ...


async def run_once(worker: Worker[C], limit: int | None = None) -> int:
    """Claim one batch and work on it to the end; returns how many rows were claimed."""
    claims = await worker.claim(limit or worker.batch_size)
    await asyncio.gather(*(worker.work(claim) for claim in claims))
    return len(claims)


async def run(worker: Worker[C], wakes: Wakes, stop: asyncio.Event, *, grace: timedelta) -> None:
    """Drive `worker` until `stop`; then finish what is in flight within `grace`, claim nothing new.

    A freed slot refills at once; with nothing due, waits for a wake or at most the check interval.
    What is still running after `grace` is canceled: its rows come back when their lease ends.
    """
    running: set[asyncio.Task[None]] = set()
    woken = False
    bell = wakes.bell(worker.wake_topic)
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            bell.clear()
            claimed = await _fill(worker, running)
            if claimed is None:
                await _first(PAUSE_AFTER_ERROR, stopping)
            elif len(running) >= worker.concurrency:
                if claimed:
                    wakes.nudge(worker.wake_topic)  # what is left over may be done elsewhere
                await _first(worker.check_interval, stopping, *running)
                if worker.concurrency >= MANY_SLOTS:
                    await _first(GATHERED, stopping)
            elif not claimed:
                patience = min(SECOND_LOOK, worker.check_interval) if woken else worker.check_interval
                woken = await _wait_for_work(patience, stopping, bell, running)
            running = {task for task in running if not task.done()}
        await _drain(worker, running, grace)
    finally:
        stopping.cancel()
        wakes.hush(worker.wake_topic, bell)


async def _fill(worker: Worker[C], running: set[asyncio.Task[None]]) -> int | None:
    """Claim into the free slots; None when the database could not be asked."""
    free = worker.concurrency - sum(not task.done() for task in running)
    if free <= 0:
        return 0
    try:
        claims = await worker.claim(min(free, worker.batch_size))
    except DatabaseUnavailable as error:
        log.warning("worker.cannot_claim", worker=worker.name, reason=str(error))
        return None
    except Exception:
        log.exception("worker.claim_failed", worker=worker.name)
        return None
    for claim in claims:
        running.add(asyncio.create_task(_guarded(worker, claim)))
    return len(claims)


async def _guarded(worker: Worker[C], claim: C) -> None:
    try:
        await worker.work(claim)
    except DatabaseUnavailable as error:
        # The row comes back with its lease, and the same key: nothing is lost, nothing is doubled.
        log.warning("worker.cannot_record", worker=worker.name, reason=str(error))
    except Exception:
        log.exception("worker.work_failed", worker=worker.name)


async def _wait_for_work(
    interval: timedelta, stopping: asyncio.Task[bool], bell: asyncio.Event, running: set[asyncio.Task[None]]
) -> bool:
    """Wait; True if the bell ended the wait."""
    ringing = asyncio.create_task(bell.wait())
    try:
        await _first(interval, stopping, ringing, *running)
    finally:
        ringing.cancel()
    return bell.is_set()


async def _first(limit: timedelta, *tasks: asyncio.Task[bool] | asyncio.Task[None]) -> None:
    await asyncio.wait(tasks, timeout=limit.total_seconds(), return_when=asyncio.FIRST_COMPLETED)


async def _drain(worker: Worker[C], running: set[asyncio.Task[None]], grace: timedelta) -> None:
    if not running:
        return
    _done, late = await asyncio.wait(running, timeout=grace.total_seconds())
    if late:
        log.warning("worker.left_in_flight", worker=worker.name, rows=len(late), grace_seconds=grace.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
