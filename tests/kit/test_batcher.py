"""Small writes in few transactions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from veza.kit.batcher import Batcher

BOUND_SECONDS = 10


class Book:
    """Writes down batches; holds each until `go` is set."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = asyncio.Event()
        self.most_at_once = self._at_once = 0

    async def write(self, items: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(items))
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        await self.go.wait()
        self._at_once -= 1
        if any(item < 0 for item in items):
            raise ValueError(f"no such item: {min(items)}")
        return [item * 10 for item in items]


async def started(batcher: Batcher[int, int], *items: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(batcher.add(item)) for item in items]
    await asyncio.sleep(0)
    return tasks


async def test_what_arrives_while_one_is_written_goes_with_the_next() -> None:
    book = Book()
    batcher = Batcher(book.write, 32)
    first = await started(batcher, 1)
    await asyncio.sleep(0)
    rest = await started(batcher, 2, 3, 4)
    book.go.set()
    async with asyncio.timeout(BOUND_SECONDS):
        assert await asyncio.gather(*first, *rest) == [10, 20, 30, 40]
    assert book.batches == [[1], [2, 3, 4]]


async def test_a_batch_is_never_larger_than_allowed() -> None:
    book = Book()
    batcher = Batcher(book.write, 2)
    tasks = await started(batcher, *range(7))
    book.go.set()
    async with asyncio.timeout(BOUND_SECONDS):
        await asyncio.gather(*tasks)
    assert max(map(len, book.batches)) == 2
    assert sorted(item for batch in book.batches for item in batch) == list(range(7))


async def test_so_many_batches_are_written_concurrency_and_no_more() -> None:
    book = Book()
    batcher = Batcher(book.write, 1, concurrency=3)
    tasks = await started(batcher, *range(6))
    await asyncio.sleep(0)
    assert len(book.batches) == 3
    book.go.set()
    async with asyncio.timeout(BOUND_SECONDS):
        await asyncio.gather(*tasks)
    assert book.most_at_once == 3


async def test_one_that_comes_as_another_was_just_written_is_written_too() -> None:
    book = Book()
    book.go.set()
    batcher = Batcher(book.write, 32)
    async with asyncio.timeout(BOUND_SECONDS):
        assert [await batcher.add(number) for number in range(50)] == [number * 10 for number in range(50)]


async def test_one_that_fails_spoils_no_other() -> None:
    book = Book()
    batcher = Batcher(book.write, 32)
    tasks = await started(batcher, 1, 2, -3, 4)
    book.go.set()
    async with asyncio.timeout(BOUND_SECONDS):
        said = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(one) for one in said] == ["10", "20", "no such item: -3", "40"]


async def test_a_reason_that_is_everybodys_is_not_tried_one_by_one() -> None:
    book = Book()
    batcher = Batcher(book.write, 32, shared_reasons=(ValueError,))
    first = await started(batcher, 1)
    await asyncio.sleep(0)
    rest = await started(batcher, -2, 3)
    book.go.set()
    async with asyncio.timeout(BOUND_SECONDS):
        said = await asyncio.gather(*first, *rest, return_exceptions=True)
    assert [str(one) for one in said] == ["10", "no such item: -2", "no such item: -2"]
    assert book.batches == [[1], [-2, 3]]


async def test_a_canceled_caller_cancels_no_other() -> None:
    book = Book()
    batcher = Batcher(book.write, 32)
    first, second = await started(batcher, 1, 2)
    await asyncio.sleep(0)
    first.cancel()
    book.go.set()
    async with asyncio.timeout(BOUND_SECONDS):
        assert await second == 20
        with pytest.raises(asyncio.CancelledError):
            await first
