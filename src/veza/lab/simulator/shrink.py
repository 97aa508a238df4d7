"""Shrinking a script that fails: leave out steps for as long as the rest still fails, chunks first, then one by one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


async def shrink(script: Sequence[T], fails: Callable[[list[T]], Awaitable[bool]], *, most_tries: int) -> list[T]:
    """The shortest script found that still fails, within `most_tries` runs (delta debugging)."""
    shortest, chunk, tries = list(script), max(1, len(script) // 2), 0
    while tries < most_tries:
        start, has_shrunk = 0, False
        while start < len(shortest) and tries < most_tries:
            shorter = shortest[:start] + shortest[start + chunk :]
            tries += 1
            if shorter and await fails(shorter):
                shortest, has_shrunk = shorter, True
            else:
                start += chunk
        if chunk == 1 and not has_shrunk:
            break
        chunk = max(1, chunk // 2)
    return shortest
