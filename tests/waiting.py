"""Waiting for a condition, never for a time: for anything that can be asked, and for who waits for a lock."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from sqlalchemy import text

from veza.kit.database import Database

LOOKS_EVERY_SECONDS = 0.01
BOUND_SECONDS = 60.0
"""A machine that is shared takes its time; what never comes to pass fails all the same."""
LOCK_WAITERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class StillWaiting(AssertionError):
    """What was waited for did not come to pass in its time."""


async def until(
    holds: Callable[[], bool | Awaitable[bool]],
    what: str | Callable[[], str] = "it",
    *,
    every: float = LOOKS_EVERY_SECONDS,
    within: float = BOUND_SECONDS,
) -> None:
    """Return as soon as `holds` says so; raises StillWaiting after `within` seconds, which names `what`.

    `every` is for looks that are dear: a request, a process.
    """
    latest = time.monotonic() + within
    while True:
        found = holds()
        if await found if inspect.isawaitable(found) else found:
            return
        if time.monotonic() > latest:
            raise StillWaiting(_in_vain(what, within))
        await asyncio.sleep(every)


def wait_until(
    holds: Callable[[], bool],
    what: str | Callable[[], str] = "it",
    *,
    every: float = LOOKS_EVERY_SECONDS,
    within: float = BOUND_SECONDS,
) -> None:
    """The same where no event loop runs."""
    latest = time.monotonic() + within
    while not holds():
        if time.monotonic() > latest:
            raise StillWaiting(_in_vain(what, within))
        time.sleep(every)


async def until_locked_out(database: Database, count: int = 1) -> None:
    """Return once `count` transactions on this database wait for a lock."""
    await until(partial(are_locked_out, database, count), f"{count} transactions that wait for a lock")


async def are_locked_out(database: Database, count: int = 1) -> bool:
    """Whether `count` transactions on this database wait for a lock.

    On SQLite, where a process has one writer at a time, they wait for its turn.
    """
    if database.is_sqlite:
        return len(database._one_writer._waiters or ()) >= count
    async with database.engine.connect() as connection:
        return int((await connection.execute(LOCK_WAITERS)).scalar_one()) >= count


def _in_vain(what: str | Callable[[], str], within: float) -> str:
    return f"waited {within:.0f} s for {what if isinstance(what, str) else what()}, in vain"


class TimeSkippingLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer when nothing else is left to do: a long wait takes no time."""

    def __init__(self) -> None:
        super().__init__()
        self._skipped = 0.0
        select = self._selector.select

        def skip(timeout: float | None = None) -> list[Any]:
            found = select(None if timeout is None else 0)
            if not found and timeout:
                self._skipped += timeout
            return found

        self._selector.select = skip

    def time(self) -> float:
        return super().time() + self._skipped
