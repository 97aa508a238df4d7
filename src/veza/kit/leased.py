"""A job that runs as long as its lease is renewed, and not a moment longer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

Result = TypeVar("Result")


async def run_leased(job: Coroutine[Any, Any, Result], renewing: Coroutine[Any, Any, NoReturn]) -> Result:
    """What the job returns; raises what it raises, or what `renewing` raises when the lease is lost before.

    Both have ended then, and when this is cancelled.
    """
    working, renewal = asyncio.create_task(job), asyncio.create_task(renewing)
    try:
        await asyncio.wait({working, renewal}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else renewal.result()
    finally:
        for task in (renewal, working):
            await _end(task)


async def _end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task
