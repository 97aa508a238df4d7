"""Parts: how an object of any length gets into a store in bounded memory, whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from obstore.store import ObjectStore

PART_BYTES = 5 << 20
"""The least that S3 takes as a part, except for the last; its 10,000 parts are 48 GiB."""
PARTS_ON_THE_WAY = 2
"""One is sent while the next is gathered; each is held in memory until the store has it."""


class GivenUp(Exception):
    """What is being written has no end: the store drops the parts that it has."""


async def begun(chunks: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """The first chunks, a part's worth, and whether that is all there is."""
    first = bytearray()
    async for chunk in chunks:
        first += chunk
        if len(first) > PART_BYTES:
            return bytes(first), False
    return bytes(first), True


class PartedWrite:
    """One object on its way into the store: `send` its chunks, then `finish`, or `give_up`.

    obstore pulls chunks from an iterator, in tasks of its own. Here chunks are pushed: their source runs in the
    writer's task, and its errors and its cancellation stay apart from the store's.
    """

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._chunks: asyncio.Queue[bytes | GivenUp | None] = asyncio.Queue(1)
        self._put: asyncio.Future[Any] = asyncio.ensure_future(
            store.put_async(
                key,
                self._pulled(),
                use_multipart=True,
                chunk_size=PART_BYTES,
                max_concurrency=PARTS_ON_THE_WAY,
            )
        )
        # Looked at here, or asyncio complains about errors of a write that was given up.
        self._put.add_done_callback(lambda put: put.cancelled() or put.exception())

    async def send(self, chunk: bytes) -> None:
        """Returns when the chunk is taken; raises what the store says."""
        await self._hand_over(chunk)

    async def finish(self) -> None:
        """Returns when the object is there."""
        await self._hand_over(None)
        await asyncio.wait({self._put})
        self._put.result()

    async def give_up(self) -> None:
        """Returns when the store has dropped what it has; what was under the key before stays."""
        while not self._chunks.empty():
            self._chunks.get_nowait()
        self._chunks.put_nowait(GivenUp())
        await asyncio.wait({self._put})

    async def _hand_over(self, chunk: bytes | None) -> None:
        handing = asyncio.ensure_future(self._chunks.put(chunk))
        try:
            await asyncio.wait({handing, self._put}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            handing.cancel()
        if self._put.done():
            self._put.result()

    async def _pulled(self) -> AsyncIterator[bytes]:
        while (chunk := await self._chunks.get()) is not None:
            if isinstance(chunk, GivenUp):
                raise chunk
            yield chunk
