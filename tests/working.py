"""Work that a test looks at while it lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from veza.kit.worker import Worker

C = TypeVar("C")


@asynccontextmanager
async def working(worker: Worker[C], claim: C) -> AsyncIterator[asyncio.Task[None]]:
    """A worker at work on one claim; what is not done at the end is canceled."""
    task = asyncio.create_task(worker.work(claim))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
