"""Equal requests answered together: a wave of link previews, or six tabs that ask for news, cost two renderings.

A request joins only an answer whose making has not begun when it comes: what it is told is never older than itself, and
who has just changed something sees it changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from copy import copy
from typing import Any, TypeAlias

from litestar import Response

from veza.http.requests import DoorRequest

Key: TypeAlias = tuple[str, bytes, bytes, frozenset[tuple[bytes, bytes]]]
Made: TypeAlias = Response[Any]

SAME_FOR_ALL = frozenset({
    b"user-agent", b"connection", b"keep-alive", b"from", b"via", b"x-forwarded-for", b"x-real-ip", b"forwarded",
    b"x-request-id", b"traceparent", b"tracestate", b"cache-control", b"pragma", b"dnt", b"sec-gpc",
})  # fmt: skip
"""Headers that change nothing in a page. By every other one, known or not, requests are told apart."""


class Together:
    """The answers of one process that are being made, and those that are to be made next."""

    def __init__(self) -> None:
        self._made: dict[Key, asyncio.Task[Made]] = {}
        self._next: dict[Key, asyncio.Task[Made]] = {}

    async def answer(self, request: DoorRequest, make: Callable[[], Awaitable[Made]]) -> Made:
        """What `make` makes, by this call or by that of an equal request; raises what it raises."""
        key = _key_of(request)
        mine = self._next.get(key)
        if mine is None:
            mine = self._next[key] = asyncio.create_task(self._make(key, self._made.get(key), make))
            mine.add_done_callback(_heard)
        # One whose browser has gone takes no other's answer with it.
        return copy(await asyncio.shield(mine))

    async def _make(
        self, key: Key, before: asyncio.Task[Made] | None, make: Callable[[], Awaitable[Made]]
    ) -> Made:  # fmt: skip
        if before is not None:
            await asyncio.wait({before})
        mine = self._made[key] = self._next.pop(key)
        try:
            return await make()
        finally:
            if self._made.get(key) is mine:
                del self._made[key]


def _heard(made: asyncio.Task[Made]) -> None:
    """That it failed is known, where all who asked have gone."""
    if not made.cancelled():
        made.exception()


def _key_of(request: DoorRequest) -> Key:
    scope = request.scope
    told = frozenset((name, value) for name, value in scope["headers"] if name not in SAME_FOR_ALL)
    return str(scope["method"]), scope["raw_path"], scope["query_string"], told
