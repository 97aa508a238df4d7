"""Work on several rows in one transaction; if that fails, on each row in its own, so that one bad row stops no
other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog

from veza.kit.database import Database, Session
from veza.kit.database_trouble import DatabaseUnavailable

log = structlog.get_logger(__name__)

T = TypeVar("T")
R = TypeVar("R")


async def one_by_one(
    database: Database, actor: str, items: Sequence[T], work: Callable[[Session, T], Awaitable[R]]
) -> tuple[list[R], list[tuple[T, Exception]]]:
    """The results of `work`, and the items that failed with their errors. `work` reads and locks its row itself.

    Raises DatabaseUnavailable, which is the fault of no item.
    """
    try:
        async with database.write(actor) as session:
            return [await work(session, item) for item in items], []
    except DatabaseUnavailable:
        raise
    except Exception as error:
        if len(items) == 1:
            log.exception("one_by_one.odd", actor=actor, item=str(items[0]))
            return [], [(items[0], error)]
    done: list[R] = []
    odd: list[tuple[T, Exception]] = []
    for item in items:
        more, wrong = await one_by_one(database, actor, [item], work)
        done += more
        odd += wrong
    return done, odd
