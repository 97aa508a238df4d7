"""Nudges through RabbitMQ: of the workers that wait for a topic, on whichever machine, one is woken by each message.

A message is a nudge and nothing more: the waiting row is the queue. Without the broker, PostgreSQL's notifications wake
the workers of all processes, and a lost message costs one check interval.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from veza.kit.wakes import Wakes

log = structlog.get_logger(__name__)

RECONNECT = timedelta(seconds=2)
CONNECT_SECONDS = 10.0
HEARD_WITHIN = timedelta(seconds=1)
"""A worker with a free place looks for work at once. One that has none by then leaves the message to another."""
_LOOKED_SECONDS = 0.02
MOST_WAITING = 1_000
"""Nudges of a topic on their way, and messages of a queue: workers that were woken look on until nothing is due."""
KEPT = timedelta(hours=1)
"""A queue that no worker reads ends after as long."""


class Broker:
    """A service: sends the nudges of this process, and rings for its workers what it is sent.

    `consumed` are the topics of the workers that run here, asked when it connects; `topics` those of all workers.
    """

    name = "broker"

    def __init__(
        self, url: str, wakes: Wakes, topics: Collection[str], consumed: Callable[[], Collection[str]]
    ) -> None:
        self._url, self._wakes, self._consumed = url, wakes, consumed
        self._topics = frozenset(topics)
        self._waiting: Counter[str] = Counter()
        self._has_waiting = asyncio.Event()
        self.connected = asyncio.Event()

    def carries(self, topic: str) -> bool:
        """Whether nudges of the topic go this way now."""
        return topic in self._topics and self.connected.is_set()

    def nudge(self, topic: str) -> None:
        """Send a nudge soon; dropped where too many wait already."""
        if self.carries(topic) and self._waiting[topic] < MOST_WAITING:
            self._waiting[topic] += 1
            self._has_waiting.set()

    async def run(self, stop: asyncio.Event) -> None:
        self._wakes.broker = self
        while not stop.is_set():
            try:
                await self._converse(stop)
            except Exception as error:  # of the network, or of what the broker refuses: the reason is in the log
                log.warning("broker.lost", reason=str(error) or type(error).__name__)
            finally:
                self.connected.clear()
                self._waiting.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RECONNECT.total_seconds())

    async def _converse(self, stop: asyncio.Event) -> None:
        """Send and ring until `stop`, or until the connection is lost."""
        import aio_pika  # only where a broker is used

        lost = asyncio.Event()
        connection = await aio_pika.connect(self._url, timeout=CONNECT_SECONDS)
        async with connection:
            connection.close_callbacks.add(lambda *_: lost.set())
            channel = await connection.channel(publisher_confirms=False)
            channel.close_callbacks.add(lambda *_: lost.set())
            await channel.set_qos(prefetch_count=1)  # a worker is sent the next when it has looked for the last
            for topic in self._topics:
                queue = await channel.declare_queue(_queue_of(topic), durable=True, arguments=_ARGUMENTS)
                if topic in self._consumed():
                    await queue.consume(partial(self._woken, topic))
            self.connected.set()
            for topic in self._consumed():
                self._wakes.ring(topic)  # for what was committed meanwhile
            log.info("broker.connected", topics=len(self._topics))
            while not stop.is_set() and not lost.is_set():
                await self._send(aio_pika, channel)
                await _first_of(stop, lost, self._has_waiting)

    async def _send(self, aio_pika: Any, channel: Any) -> None:
        self._has_waiting.clear()
        waiting, self._waiting = self._waiting, Counter()
        for topic in waiting.elements():
            await channel.default_exchange.publish(aio_pika.Message(b""), routing_key=_queue_of(topic))

    async def _woken(self, topic: str, message: Any) -> None:
        self._wakes.ring(topic)
        if await self._is_heard(topic):
            await message.ack()
        else:
            await message.reject(requeue=True)

    async def _is_heard(self, topic: str) -> bool:
        """Whether a worker of this process looked for work."""
        with suppress(TimeoutError):
            async with asyncio.timeout(HEARD_WITHIN.total_seconds()):
                while self._wakes.is_rung(topic):  # noqa: ASYNC110  (an event tells when it is set, not when cleared)
                    await asyncio.sleep(_LOOKED_SECONDS)
                return True
        return False


_ARGUMENTS: dict[str, Any] = {
    "x-max-length": MOST_WAITING,
    "x-message-ttl": int(KEPT.total_seconds() * 1000),
    "x-expires": int(KEPT.total_seconds() * 1000),
}


def _queue_of(topic: str) -> str:
    return f"veza.wake.{topic}"


async def _first_of(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
