"""Writes whose request or answer holds a secret: done once for each key; neither request nor answer is stored.

`idempotency` keeps an answer for 24 hours, and a digest of the request to compare repeats with. A password must not be
kept even as a fast digest, nor a session cookie or a token's text at all. So only the key is stored: a repeat
of a write that was done is answered 409 `done-already` and changes nothing; a refused write may be sent again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeAlias, TypeVar

from litestar import Request
from litestar.params import HeaderParameter

from veza.http.idempotency import HEADER, Idempotent, Reply, owner_of
from veza.http.identity import identity_of
from veza.http.problems import DONE_ALREADY, Problem
from veza.kit.database import Database, Session
from veza.kit.limits import Allowance
from veza.kit.messages import gettext

Done = TypeVar("Done")

DONE = gettext("this was done already under this Idempotency-Key; its answer is not kept, because it held a secret")


class OneShot:
    """One write with a secret in it: `run` does the work at most once per key."""

    def __init__(self, write: Idempotent) -> None:
        self._write = write

    async def run(self, work: Callable[[Session], Awaitable[Done]], *spends: Allowance) -> Done:
        """Do `work` in one transaction that uses up the key; its result is for the answer and not stored.

        `spends` are the limits that `work` spends: while one is known to be spent, no transaction is opened.

        Raises Problem `done-already` for a repeat, `idempotency-key-reused` for another address under this key, and
        what `work` raises (the key is free again then).
        """
        done: list[Done] = []

        async def keep_nothing(session: Session) -> Reply:
            done.append(await work(session))
            return Reply(204, None)

        await self._write.run(keep_nothing, *spends)
        if not done:
            raise Problem(DONE_ALREADY, DONE)
        return done[0]


OneShotKey: TypeAlias = Annotated[
    str,
    HeaderParameter(
        name=HEADER,
        min_length=1,
        max_length=255,
        description="New for each intent. A repeat of what succeeded answers 409: the answer held a secret.",
    ),
]


async def one_shot_of(request: Request[Any, Any, Any], database: Database, key: str) -> OneShot:
    """The write that `request` asks for under this key; raises Problem `done-already` for a repeat."""
    said = hashlib.sha256(f"{request.method} {request.url.path}".encode()).hexdigest()
    identity = identity_of(request)
    write = Idempotent(database, identity.actor, key, said, owner=owner_of(identity))
    # Before the password or link of a repeat is looked at: they were used up, and would be refused as wrong.
    if await write.is_done():
        raise Problem(DONE_ALREADY, DONE)
    return OneShot(write)
