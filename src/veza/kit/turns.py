"""Turns: bounded concurrency, shared fairly between names.

Each piece of work has a name (a network address, a person). Names take turns in the order they came, one piece of work
each, so that a name that asks a thousand times delays another name by one piece of work and not by a thousand. The
queue is bounded; when it is full, the name with the most waiting pieces gives up a place.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class NoTurn(Exception):
    """The queue is full, and no other name has more pieces in it than this one."""


class Turns:
    """`at_once` pieces of work run together, at most `most_waiting` wait. For one event loop."""

    def __init__(self, at_once: int, most_waiting: int) -> None:
        self._free, self._most_waiting = at_once, most_waiting
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._count = 0

    @asynccontextmanager
    async def of(self, name: str) -> AsyncIterator[None]:
        """Wait for a turn and hold it while the block runs; raises NoTurn."""
        await self._take(name)
        try:
            yield
        finally:
            self._pass_on()

    async def _take(self, name: str) -> None:
        if self._free:
            self._free -= 1
            return
        if self._count >= self._most_waiting:
            self._make_space_for(name)
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(name, deque()).append(turn)
        self._count += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._pass_on()  # the turn came in the same instant as the end: the next one has it
            else:
                self._forget(name, turn)
            raise

    def _make_space_for(self, name: str) -> None:
        longest = max(self._waiting, key=lambda one: len(self._waiting[one]))
        if len(self._waiting[longest]) <= len(self._waiting.get(name, ())) + 1:
            raise NoTurn
        latest = self._waiting[longest][-1]
        self._forget(longest, latest)
        latest.set_exception(NoTurn())

    def _pass_on(self) -> None:
        if not self._waiting:
            self._free += 1
            return
        name, turns = self._waiting.popitem(last=False)
        turn = turns.popleft()
        if turns:
            self._waiting[name] = turns  # behind the others
        self._count -= 1
        turn.set_result(None)

    def _forget(self, name: str, turn: asyncio.Future[None]) -> None:
        turns = self._waiting.get(name)
        if turns is None or turn not in turns:
            return
        turns.remove(turn)
        self._count -= 1
        if not turns:
            del self._waiting[name]
