"""One writer of an upload at a time in this process: the newer one asks the older to store what it has and to stop.

A line that is cut looks open to the server for a minute or more, and its sender comes back at once. Between processes
the rows decide (`Upload.attempt`); here the older writer's last bytes are kept as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

from veza.ingest.uploads import Displaced

GIVES_WAY_SECONDS = 10.0
"""For the older writer to store its part; after it, the newer one goes on all the same."""
MOST_WRITERS = 16
"""Requests that send bytes at once: each holds a part in memory, twice for a moment."""


class TooManyWriters(Exception):
    """As many requests send bytes to this process as may at once."""

    retry_after_seconds = 5


@dataclass(eq=False)
class Turn:
    """One writer's time; `asked` is set once a newer writer waits."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Turns:
    """Who writes which upload in this process."""

    def __init__(self) -> None:
        self._writers: dict[UUID, Turn] = {}

    @asynccontextmanager
    async def of(self, upload_id: UUID) -> AsyncIterator[Turn]:
        """The writer's turn. Raises TooManyWriters."""
        older = self._writers.get(upload_id)
        if older is None and len(self._writers) >= MOST_WRITERS:
            raise TooManyWriters
        turn = self._writers[upload_id] = Turn()
        try:
            if older is not None:
                older.asked.set()
                with suppress(TimeoutError):
                    await asyncio.wait_for(older.ended.wait(), GIVES_WAY_SECONDS)
            yield turn
        finally:
            turn.ended.set()
            if self._writers.get(upload_id) is turn:
                del self._writers[upload_id]


async def until_asked(chunks: AsyncIterator[bytes], turn: Turn) -> AsyncGenerator[bytes, None]:
    """The chunks, until a newer writer waits: then Displaced is raised."""
    asked = asyncio.ensure_future(turn.asked.wait())
    try:
        while True:
            reading = asyncio.ensure_future(anext(chunks, None))
            await asyncio.wait({reading, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                reading.cancel()
                await asyncio.wait({reading})
                raise Displaced
            chunk = reading.result()
            if chunk is None:
                return
            yield chunk
    finally:
        asked.cancel()
