"""Nudges: new work wakes its worker at once, in this process and, on PostgreSQL, in the others.

A nudge is only that. The waiting row is the queue; a lost nudge costs one check interval, nothing else.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict

CHANNEL = "veza_wake"


class Wakes:
    """One event per topic and waiter; `ring` sets them all."""

    def __init__(self) -> None:
        self._bells: dict[str, list[asyncio.Event]] = defaultdict(list)

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

    def ring_all(self) -> None:
        """Ring every topic: nudges may have been missed."""
        for topic in self._bells:
            self.ring(topic)
