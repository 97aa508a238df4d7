"""Answers under way: one that is read slowly ends with the right to it, in its middle too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

log = structlog.get_logger(__name__)

StillAllowed = Callable[[], Awaitable[bool]]


@contextmanager
def ended_with_its_right(allowed: StillAllowed, abort: Callable[[], None], every: timedelta) -> Iterator[None]:
    """Within the block, ask `allowed` again and again, `every` so often; `abort` the answer where it says no.

    A timer alone until then, some 2 µs: most answers are over before it rings.
    """
    watch = _Watch(allowed, abort, every.total_seconds())
    try:
        yield
    finally:
        watch.close()


class _Watch:
    __slots__ = ("_abort", "_allowed", "_every_seconds", "_look", "_timer")

    def __init__(self, allowed: StillAllowed, abort: Callable[[], None], every_seconds: float) -> None:
        self._allowed, self._abort, self._every_seconds = allowed, abort, every_seconds
        self._look: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(every_seconds, self._begin)

    def close(self) -> None:
        self._timer.cancel()
        if self._look is not None:
            self._look.cancel()

    def _begin(self) -> None:
        self._look = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        try:
            is_allowed = await self._allowed()
        except Exception:  # no database: no right is taken back in it meanwhile either
            log.warning("answer.right_unknown", exc_info=True)
            is_allowed = True
        if not is_allowed:
            self._abort()
            return
        self._timer = asyncio.get_running_loop().call_later(self._every_seconds, self._begin)
