"""Runs on several cores: seeds are dealt out in stretches to processes of their own, whose reports are added up."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process

from veza.lab.simulator.play import Played
from veza.lab.simulator.simulate import Report, simulate

MOST_IN_A_STRETCH = 50
"""Seeds a process takes at once: a database is made for each stretch, and progress is shown after it."""


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


async def simulate_on(
    jobs: int, seed: int, runs: int, database_url: str | None = None, on_run: Callable[[Played], None] | None = None
) -> Report:
    """`simulate` in `jobs` processes at once; the report's seconds are those that passed here."""
    if jobs == 1 or runs == 1:
        return await simulate(seed, runs, database_url, on_run)
    each = max(1, min(MOST_IN_A_STRETCH, -(-runs // (jobs * 4))))
    stretches = [(first, min(each, seed + runs - first)) for first in range(seed, seed + runs, each)]
    began, report = time.perf_counter(), Report(jobs=jobs)
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(min(jobs, len(stretches)), get_context("spawn"), _begin) as pool:
        with _interrupts_ignored():  # by the processes that start now; they would else end in tracebacks of their own
            asked = [loop.run_in_executor(pool, _stretch, first, some, database_url) for first, some in stretches]
        try:
            for done in asyncio.as_completed(asked):
                part, played = await done
                report.add(part)
                if on_run is not None:
                    for one in played:
                        on_run(one)
        except BaseException:
            children = list(pool._processes.values())
            pool.shutdown(wait=False, cancel_futures=True)
            for child in children:
                child.terminate()
            raise
    report.seconds = time.perf_counter() - began
    report.failures.sort(key=lambda failure: failure.seed)
    return report


def _stretch(seed: int, runs: int, database_url: str | None) -> tuple[Report, list[Played]]:
    played: list[Played] = []
    report = asyncio.run(simulate(seed, runs, database_url, played.append))
    return report, played


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _begin() -> None:
    logging.disable(logging.CRITICAL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A pool's process whose parent was killed would wait for its next stretch for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
