"""Refused tries, remembered in this process: a flood of them costs the database one transaction and not one each.

A limit knows until when a key has no try left. Until then, or for a second if that is less (another process may restore
a try), the key is refused without asking the database. Tries of the same key at the same time wait for each other and
not for the database: once the first is refused, the others are refused as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

REMEMBERED_MS = 1_000
"""At most this long a key stays refused after another process has restored a try."""
MOST_KEYS = 10_000
"""Some 2 MB; with more, the one remembered longest is asked for at the database again."""


class Refusals:
    """Keys without a try, with the instant (ms since 1970) at which the next one opens."""

    def __init__(self) -> None:
        self._by_key: dict[str, tuple[int, int]] = {}
        self._turns: dict[str, tuple[asyncio.Lock, int]] = {}

    def note(self, key: str, now_ms: int, opens_ms: int) -> None:
        """The database refused `key` at `now_ms`."""
        self._by_key.pop(key, None)
        self._by_key[key] = (now_ms, opens_ms)
        if len(self._by_key) > MOST_KEYS:
            del self._by_key[next(iter(self._by_key))]

    def opens_ms(self, key: str, now_ms: int) -> int | None:
        """When the next try of `key` opens, if it is known to have none now."""
        noted_ms, opens_ms = self._by_key.get(key, (now_ms, 0))
        # A clock that was set back knows nothing of what is noted.
        if noted_ms <= now_ms < min(opens_ms, noted_ms + REMEMBERED_MS):
            return opens_ms
        self._by_key.pop(key, None)
        return None

    def forget(self, key: str) -> None:
        """A try of `key` was restored."""
        self._by_key.pop(key, None)

    @asynccontextmanager
    async def turn(self, keys: Iterable[str]) -> AsyncIterator[None]:
        """Wait until no other of this process has one of these keys; in order, so that no two wait for each other."""
        async with AsyncExitStack() as stack:
            for key in sorted(set(keys)):
                await stack.enter_async_context(self._turn(key))
            yield

    @asynccontextmanager
    async def _turn(self, key: str) -> AsyncIterator[None]:
        lock, wanting = self._turns.get(key, (asyncio.Lock(), 0))
        self._turns[key] = (lock, wanting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, wanting = self._turns[key]
            if wanting == 1:
                del self._turns[key]
            else:
                self._turns[key] = (lock, wanting - 1)
