"""Writes whose request or answer holds a secret: done once per key, and nothing of either is kept.

`idempotency` keeps an answer for 24 hours, and a digest of the request to compare repeats with. A password must not be
kept even as a fast digest, nor a session cookie or a token's text at all. So here the key alone is remembered: a repeat
of what was done is told so (409 `done-already`), and never does it again. What was refused may be asked again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from litestar import Request
from litestar.di import NamedDependency, Provide
from litestar.params import HeaderParameter

from veza.api.idempotency import HEADER, Idempotent, Reply
from veza.api.problems import Kind, Problem
from veza.api.visitors import visitor_of
from veza.kit.database import Database, Session
from veza.kit.limits import Allowance

Done = TypeVar("Done")

DONE_ALREADY = Kind(
    "done-already",
    409,
    "This was done already",
    "The first request with this key succeeded; its answer is not kept. To do it again, take a new key.",
    "this was done already under this Idempotency-Key; its answer is not kept, because it held a secret",
)


class OneShot:
    """One write with a secret in it: `run` does the work at most once per key."""

    def __init__(self, write: Idempotent) -> None:
        self._write = write

    async def run(self, work: Callable[[Session], Awaitable[Done]], *spends: Allowance) -> Done:
        """Do `work` in one transaction that uses up the key; what it returns is for the answer and not stored.

        `spends` are the limits that `work` spends: while one is known to be refused, no transaction is opened.

        Raises Problem `done-already` for a repeat, `idempotency-key-reused` for another address under this key, and
        whatever `work` raises (the key is free again then).
        """
        done: list[Done] = []

        async def keep_nothing(session: Session) -> Reply:
            done.append(await work(session))
            return Reply(204, None)

        await self._write.run(keep_nothing, *spends)
        if not done:
            raise Problem(DONE_ALREADY, DONE_ALREADY.example)
        return done[0]


async def _once(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    idempotency_key: Annotated[
        str,
        HeaderParameter(
            name=HEADER,
            min_length=1,
            max_length=255,
            description="New for each intent. A repeat of what succeeded answers 409: the answer held a secret.",
        ),
    ],
) -> OneShot:
    said = hashlib.sha256(f"{request.method} {request.url.path}".encode()).hexdigest()
    visitor = visitor_of(request)
    write = Idempotent(database, visitor.actor, idempotency_key, said, caller=visitor.caller)
    # Before the password or link of a repeat is looked at: they were used up, and would be refused as wrong.
    if await write.is_done():
        raise Problem(DONE_ALREADY, DONE_ALREADY.example)
    return OneShot(write)


ONE_SHOT_DEPENDENCY: dict[str, Any] = {"one_shot": Provide(_once)}
"""Give it to a writing handler as `dependencies`, and take `one_shot: NamedDependency[Once]`."""
