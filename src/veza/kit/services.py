"""Things that run beside the web server until they are told to stop: worker loops, periodic chores, the relay."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog

from veza.kit import outbox, worker
from veza.kit.database import Database
from veza.kit.database_trouble import DatabaseUnavailable, database_errors_said
from veza.kit.wakes import CHANNEL, Wakes

log = structlog.get_logger(__name__)

RECONNECT = timedelta(seconds=2)
ANSWER_SECONDS = 10.0
CLOSE_SECONDS = 2.0
LISTEN_CHECK = timedelta(seconds=30)
LOOKED_EVERY = timedelta(seconds=0.5)
"""How long what another process commits to an SQLite file waits for a worker. A look for 20 topics takes 11 µs."""
RELAY_INTERVAL = timedelta(seconds=5)
GATHERED = timedelta(milliseconds=100)
"""Events this close together are delivered together: one by one, two transactions each were a fifth of a worker."""


class WorkerService:
    """A worker's loop as a service."""

    def __init__(self, database: Database, work: worker.Worker[Any], grace: timedelta) -> None:
        self.name, self.wake_topic = work.name, work.wake_topic
        self._database = database
        self._worker = work
        self._grace = grace

    async def run(self, stop: asyncio.Event) -> None:
        await worker.run(self._worker, self._database.wakes, stop, grace=self._grace)


class Periodic:
    """A chore done at a steady interval; its failures are logged, never fatal, and the next time comes anyway."""

    def __init__(
        self, name: str, interval: timedelta, chore: Callable[[], Awaitable[object]], *, at_start: bool = False
    ) -> None:
        self.name = name
        self._interval = interval
        self._chore = chore
        self._at_start = at_start

    async def run(self, stop: asyncio.Event) -> None:
        if not self._at_start:
            await _until(stop, self._interval)
        while not stop.is_set():
            try:
                await self._chore()
            except DatabaseUnavailable as error:
                log.warning("chore.database", chore=self.name, reason=str(error))
            except Exception:
                log.exception("chore.failed", chore=self.name)
            await _until(stop, self._interval)


class OutboxRelay:
    """Delivers events to their *after* subscribers as soon as they are committed."""

    name = "outbox relay"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self, stop: asyncio.Event) -> None:
        bell = self._database.wakes.bell(outbox.WAKE)
        try:
            while not stop.is_set():
                bell.clear()
                try:
                    if await outbox.deliver_once(self._database) == outbox.BATCH:
                        continue
                except DatabaseUnavailable as error:
                    log.warning("outbox.database", reason=str(error))
                except Exception:
                    log.exception("outbox.failed")
                await _first_of(RELAY_INTERVAL, stop, bell)
                await _until(stop, GATHERED)
        finally:
            self._database.wakes.hush(outbox.WAKE, bell)


class WakeListener:
    """Rings the bells of this process when another one commits new work (PostgreSQL's LISTEN).

    A missed nudge costs a waiting worker one check interval, so losing the connection stops nothing: it is made again,
    and every bell is rung then, for what was committed meanwhile.
    """

    name = "wake listener"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                with database_errors_said():
                    await self._listen(stop)
            except DatabaseUnavailable as error:
                log.warning("wakes.not_listening", reason=str(error))
            except Exception:
                log.exception("wakes.failed")
            await _until(stop, RECONNECT)

    async def _listen(self, stop: asyncio.Event) -> None:
        """Listen until `stop` or until the connection is lost."""
        import asyncpg  # type: ignore[import-untyped]  # only PostgreSQL has other processes to listen to

        # The driver's own URL form; the password must not be masked.
        url = self._database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        wakes, lost = self._database.wakes, asyncio.Event()
        connection = await asyncpg.connect(url, timeout=ANSWER_SECONDS, command_timeout=ANSWER_SECONDS)
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, lambda *said: wakes.ring(str(said[3])))
            wakes.ring_all()
            while not stop.is_set() and not lost.is_set():
                await _first_of(LISTEN_CHECK, stop, lost)
                if not lost.is_set():
                    await connection.execute("SELECT 1")  # a server that hangs ends no connection
        finally:
            with suppress(Exception):
                await connection.close(timeout=CLOSE_SECONDS)
            connection.terminate()


class SharedWakeListener:
    """The same on SQLite: looks every LOOKED_EVERY whether another process noted new work beside the database."""

    name = "wake listener"

    def __init__(self, wakes: Wakes) -> None:
        self._wakes = wakes

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._wakes.ring_shared()
            await _until(stop, LOOKED_EVERY)


async def _until(stop: asyncio.Event, limit: timedelta) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), limit.total_seconds())


async def _first_of(limit: timedelta, *events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, timeout=limit.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
