"""Many small writes in few transactions: items that arrive while a batch is being written share the next one.

An item that is alone is written at once. Under load several items share the cost of a transaction.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """Hands items to `write` in batches of at most `batch_size`, at most `concurrency` batches at a time.

    `write` answers with one result for each, in order. `linger_seconds` says how long the next batch waits for more
    items: worth it while many others are under way.

    A batch that fails is written again one by one, so that an item fails only for a reason of its own. If it failed for
    one of `shared_reasons`, which every item would have as well, it is not written again.
    """

    def __init__(
        self,
        write: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
        batch_size: int,
        *,
        concurrency: int = 1,
        linger_seconds: Callable[[], float] = lambda: 0.0,
        shared_reasons: tuple[type[Exception], ...] = (),
    ) -> None:
        self._write = write
        self._batch_size = batch_size
        self._shared_reasons = shared_reasons
        self._concurrency = concurrency
        self._linger_seconds = linger_seconds
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._writers = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def add(self, item: T) -> R:
        """Returns when the item is written; raises what writing it raised."""
        written: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, written))
        if self._writers < self._concurrency:
            self._writers += 1
            # A task of its own: the caller that added the first item may be canceled while others wait for the batch.
            task = asyncio.create_task(self._write_waiting())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await written

    async def _write_waiting(self) -> None:
        try:
            while self._waiting:
                if linger := self._linger_seconds():
                    await asyncio.sleep(linger)
                batch = [self._waiting.popleft() for _ in range(min(self._batch_size, len(self._waiting)))]
                await self._write_batch(batch)
        finally:
            # At once, not when the task is found done: an item that came in between would never be written.
            self._writers -= 1

    async def _write_batch(self, batch: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results = await self._write([item for item, _ in batch])
            answered = list(zip(batch, results, strict=True))
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, self._shared_reasons):
                for one in batch:
                    await self._write_batch([one])
                return
            for _, written in batch:
                if not written.done():
                    written.set_exception(error)
        except BaseException:
            for _, written in (*batch, *self._waiting):
                written.cancel()
            self._waiting.clear()
            raise
        else:
            for (_, written), result in answered:
                if not written.done():
                    written.set_result(result)
