"""The longest stall of an event loop: how much processor time its thread took in one go, on a busy machine too."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

LONGEST_SECONDS = 0.05
TICK_SECONDS = 0.02


@dataclass
class Stall:
    """The longest callback or step of a task that ran, in seconds of its thread's processor."""

    longest_seconds: float = 0.0
    where: str = ""


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stall]:
    """Measures every callback of the loops of this process while the block runs.

    Processor time of the thread, not the clock: other processes and threads do not make a callback longer.
    """
    stall = Stall()
    run = asyncio.Handle._run

    def measured(handle: Any) -> None:
        start = time.thread_time()
        try:
            run(handle)
        finally:
            took = time.thread_time() - start
            if took > stall.longest_seconds:
                stall.longest_seconds, stall.where = took, repr(handle)

    with monkeypatch.context() as patch:
        patch.setattr(asyncio.Handle, "_run", measured)
        yield stall


@dataclass
class Late:
    """How late the machine let this process be at most, in seconds of the clock."""

    seconds: float = 0.0


@contextmanager
def lateness() -> Iterator[Late]:
    """Measures, while the block runs, how much later than asked for the event loop goes on."""
    late, loop = Late(), asyncio.get_running_loop()

    def ticked(due: float) -> None:
        nonlocal ticking
        late.seconds = max(late.seconds, loop.time() - due)
        ticking = loop.call_later(TICK_SECONDS, ticked, loop.time() + TICK_SECONDS)

    ticking = loop.call_later(TICK_SECONDS, ticked, loop.time() + TICK_SECONDS)
    try:
        yield late
    finally:
        ticking.cancel()
