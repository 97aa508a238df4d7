"""The loop around every worker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from tests.waiting import TimeSkippingLoop
from veza.kit import worker
from veza.kit.wakes import Wakes

BOUND_SECONDS = 10
AN_HOUR = timedelta(hours=1)


class OneRow:
    """A worker with a single row, which another transaction holds locked for the first `locked` looks."""

    name = "one row"
    wake_topic = "rows"
    check_interval = AN_HOUR
    concurrency = 1
    batch_size = 1

    def __init__(self, locked: int) -> None:
        self.locked = locked
        self.looks = 0
        self.looked = asyncio.Semaphore(0)
        self.done = asyncio.Event()

    async def claim(self, limit: int) -> Sequence[str]:
        self.looks += 1
        self.looked.release()
        if self.looks <= self.locked or self.done.is_set():
            return []
        return ["the row"]

    async def work(self, claim: str) -> None:
        self.done.set()


async def test_a_row_that_was_locked_when_the_bell_rang_is_found_soon_after() -> None:
    rows, wakes, stop = OneRow(locked=2), Wakes(), asyncio.Event()
    running = asyncio.create_task(worker.run(rows, wakes, stop, grace=timedelta(seconds=1)))
    async with asyncio.timeout(BOUND_SECONDS):
        await rows.looked.acquire()
        wakes.ring("rows")
        await rows.done.wait()
    assert rows.looks >= 3
    stop.set()
    await running


def test_a_wake_for_nothing_costs_one_more_look_and_no_third() -> None:
    with asyncio.Runner(loop_factory=TimeSkippingLoop) as runner:
        runner.run(_a_wake_for_nothing())


async def _a_wake_for_nothing() -> None:
    rows, wakes, stop = OneRow(locked=1000), Wakes(), asyncio.Event()
    running = asyncio.create_task(worker.run(rows, wakes, stop, grace=timedelta(seconds=1)))
    async with asyncio.timeout(BOUND_SECONDS):
        await rows.looked.acquire()
        wakes.ring("rows")
        await rows.looked.acquire()
        await rows.looked.acquire()
    await asyncio.sleep(3 * worker.SECOND_LOOK.total_seconds())  # of a clock that skips
    assert rows.looks == 3
    stop.set()
    await running
