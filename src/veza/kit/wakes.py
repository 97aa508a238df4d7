"""Nudges: new work wakes its worker at once in this process, and in the others: by PostgreSQL, or a file beside SQLite.

A nudge is only that. The waiting row is the queue; a lost nudge costs one check interval, nothing else.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Protocol

from veza.kit.shared_wakes import SharedWakes

CHANNEL = "veza_wake"


class Nudger(Protocol):
    """Wakes one worker of a topic on whichever machine (`kit.broker`)."""

    def carries(self, topic: str) -> bool: ...

    def nudge(self, topic: str) -> None: ...


class Wakes:
    """One event per topic and waiter; `ring` sets them all."""

    def __init__(self, shared: SharedWakes | None = None) -> None:
        """`shared` is what the processes of an SQLite database tell each other by."""
        self._bells: dict[str, list[asyncio.Event]] = defaultdict(list)
        self.broker: Nudger | None = None
        self._shared = shared

    def goes_by_broker(self, topic: str) -> bool:
        """Whether a broker wakes the topic's workers of other processes now."""
        return self.broker is not None and self.broker.carries(topic)

    def nudge(self, topic: str) -> None:
        """Wake one worker of the topic if there is a broker to do so, and on SQLite those of every other process."""
        if self.broker is not None:
            self.broker.nudge(topic)
        if self._shared is not None:
            self._shared.note(topic)

    def is_rung(self, topic: str) -> bool:
        """Whether a waiter of the topic has not looked yet since it was rung."""
        return any(event.is_set() for event in self._bells[topic])

    def bell(self, topic: str) -> asyncio.Event:
        """A new event that `ring(topic)` sets; its waiter clears it."""
        event = asyncio.Event()
        self._bells[topic].append(event)
        return event

    def hush(self, topic: str, bell: asyncio.Event) -> None:
        """Forget a bell got from `bell(topic)`."""
        self._bells[topic].remove(bell)

    def ring(self, topic: str) -> None:
        for event in self._bells[topic]:
            event.set()

    def ring_shared(self) -> None:
        """Ring the topics that other processes of an SQLite database woke."""
        if self._shared is not None:
            for topic in self._shared.woken(tuple(self._bells)):
                self.ring(topic)

    def close(self) -> None:
        if self._shared is not None:
            self._shared.close()

    def ring_all(self) -> None:
        """Ring every topic: nudges may have been missed."""
        for topic in self._bells:
            self.ring(topic)
