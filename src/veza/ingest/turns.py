"""One writer of an upload at a time in this process: the newer one asks the older to store what it has and to stop.

A line that is cut looks open to the server for a minute or more, and its sender comes back at once. Between processes
the rows decide (`Upload.attempt`); here the older writer's last bytes are kept as well.

Writers are few, for each holds a part in memory: a person has some of the places, and waits for one of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID
from weakref import WeakValueDictionary

from veza.ingest.uploads import Displaced
from veza.kit.messages import gettext
from veza.kit.turns import NoTurn
from veza.kit.turns import Turns as FairTurns

GIVES_WAY_SECONDS = 10.0
"""For the older writer to store its part; after it, the newer one goes on all the same."""
MOST_WRITERS = 16
"""Requests that send bytes at once: each holds a part in memory, twice for a moment."""
MOST_OF_A_PERSON = 4
"""Of these: more do not make a line faster, and one person with slow lines leaves places for others."""
WAITS_SECONDS = 20.0
"""For a place: a proxy waits for an answer as long as half a minute (HAProxy's `timeout server`)."""
MOST_WAITING = 64


class TooManyWriters(Exception):
    """As many requests send bytes to this process, or of this person, as may at once, and none of them ended soon."""

    retry_after_seconds = 5

    def __init__(self) -> None:
        super().__init__(gettext("too many files are sent at once: this one goes on where it is, a little later"))


@dataclass(eq=False)
class Turn:
    """One writer's time; `asked` is set once a newer writer waits. It `is_writing` once it has a place."""

    is_writing: bool = False
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Turns:
    """Who writes which upload in this process."""

    def __init__(self) -> None:
        self._writers: dict[UUID, Turn] = {}
        self._places = FairTurns(MOST_WRITERS, MOST_WAITING)
        self._own_places: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, upload_id: UUID, person: str) -> AsyncIterator[Turn]:
        """The writer's turn, once there is a place for one more of this `person`. Raises TooManyWriters, and Displaced
        if a newer writer of the upload came meanwhile."""
        older = self._writers.get(upload_id)
        turn = self._writers[upload_id] = Turn()
        try:
            if older is not None:
                older.asked.set()
            async with self._place(person):
                if turn.asked.is_set():
                    raise Displaced
                turn.is_writing = True
                if older is not None and older.is_writing:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(older.ended.wait(), GIVES_WAY_SECONDS)
                yield turn
        finally:
            turn.ended.set()
            if self._writers.get(upload_id) is turn:
                del self._writers[upload_id]

    @asynccontextmanager
    async def _place(self, person: str) -> AsyncIterator[None]:
        """One of the person's places, then one of all: persons take turns for those."""
        own = self._own_places.setdefault(person, asyncio.Semaphore(MOST_OF_A_PERSON))
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(WAITS_SECONDS):
                    await held.enter_async_context(own)
                    await held.enter_async_context(self._places.of(person))
            except (TimeoutError, NoTurn):
                raise TooManyWriters from None
            yield


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
