"""`Idempotency-Key` for every write: the handler's work and its stored answer commit in one transaction.

Same key and same request: the stored answer again, marked `Idempotent-Replayed: true`. Same key, other request:
refused. A refusal or an error stores nothing, because nothing happened: repeating the request asks again.
Work that asks the outside world goes in steps (`run_in_steps`): the intent is committed first, and a repeat resumes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeAlias, TypeVar

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import HeaderParameter
from litestar.serialization import encode_json
from sqlalchemy import Index, delete, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts.identity import Identity
from veza.http.faults import Fault
from veza.http.identity import identity_of
from veza.http.problems import KEY_IN_USE, KEY_MISSING, KEY_REUSED, Problem
from veza.http.tus import IS_TUS
from veza.http.whole_request import Found
from veza.kit import limits
from veza.kit.database import Base, Database, Session
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.digests import sha256_of
from veza.kit.limits import Allowance
from veza.kit.messages import Message, gettext

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT = timedelta(hours=24)
SWEEP_EVERY = timedelta(hours=1)
SWEEP_BATCH = 500
LONGEST_WAIT_MS = 5_000
"""How long a repeat waits on PostgreSQL for the first request of its key to end, before it is told to come back."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_LOCK_TIMEOUT = "55P03"  # PostgreSQL: lock_not_available

Intent = TypeVar("Intent")
Outcome = TypeVar("Outcome")


class IdempotentAnswer(Base):
    """The answer to one write; `status` is null while the work is being done, or was left half done.

    `caller` names a person or the operator; of a visitor it is a digest (`Idempotent`). `body` is sealed
    (`secret_box`): an answer may hold the token of a share link, or a code to download with.
    """

    __tablename__ = "api_idempotency"

    caller: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    status: Mapped[int | None]
    body: Mapped[bytes | None]
    location: Mapped[str | None]
    created_at: Mapped[datetime]


Index("ix_api_idempotency_created_at", IdempotentAnswer.created_at)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a write answers: a status, a body that becomes JSON, and where the new thing is."""

    status: int
    body: Any
    location: str | None = None


class Idempotent:
    """One write: `run` does the work at most once per key.

    `actor` is how histories name who asks; `owner`, where it says more, whose key it is. That is kept as a digest with
    the key in it: a visitor's network address cannot be read there, nor be found by trying all there are.
    """

    def __init__(self, database: Database, actor: str, key: str, fingerprint: str, *, owner: str = "") -> None:
        self._database, self._actor, self._key, self._fingerprint = database, actor, key, fingerprint
        self._owner = owner or actor
        self._demand: Callable[[Session], Awaitable[None]] | None = None
        digest = hashlib.sha256(f"{self._owner}\n{key}".encode()).hexdigest()
        self._kept_as = actor if self._owner == actor else f"{actor} {digest[:32]}"

    def on_condition(self, demand: Callable[[Session], Awaitable[None]]) -> Idempotent:
        """The same write, done only if `demand` raises nothing in the transaction that begins it."""
        self._demand = demand
        return self

    @property
    def has_condition(self) -> bool:
        """Whether its sender said which state of the thing they have read (`If-Match`)."""
        return self._demand is not None

    def within(self, part: str) -> Idempotent:
        """The same write, under a key of this part of the sender's keys: visitors who share an address share no
        keys."""
        owner = f"{self._owner} {part}"
        write = Idempotent(self._database, self._actor, self._key, self._fingerprint, owner=owner)
        write._demand = self._demand
        return write

    async def is_done(self) -> bool:
        """Whether this very request was answered already, before anything is done for it; `run` finds out for good."""
        async with self._database.read() as session:
            mine = select(IdempotentAnswer.status).where(*self._mine())
            same = mine.where(IdempotentAnswer.fingerprint == self._fingerprint)
            return (await session.scalars(same)).one_or_none() is not None

    async def run(self, work: Callable[[Session], Awaitable[Reply]], *spends: Allowance) -> Response[Any]:
        """Do `work` and store its reply in one transaction, or replay the stored one.

        `spends` are the limits that `work` spends: while one is known to be refused, no transaction is opened.

        Raises Problem `idempotency-key-reused` for another request under this key, `idempotency-key-in-use` when
        the first one does not end in time, and what `work` raises (nothing is stored then).
        """
        async with limits.turn(self._database, *spends), self._database.write(self._actor) as session:
            if not await self._is_first(session):
                return _replayed(session, await self._stored(session))
            if self._demand is not None:
                await self._demand(session)
            return await self._keep(session, await work(session))

    async def run_in_steps(
        self,
        intend: Callable[[Session], Awaitable[Intent]],
        ask: Callable[[Intent], Awaitable[Outcome]],
        record: Callable[[Session, Intent, Outcome], Awaitable[Reply]],
    ) -> Response[Any]:
        """Work that asks the outside world: commit the intent, `ask` with no transaction open, record and answer.

        A repeat after a crash or an error goes through the same steps: `intend` must find what it made before,
        `ask` must have one effect however often it is called, `record` may find it recorded. Raises as `run` does.
        """
        async with self._database.write(self._actor) as session:
            if not await self._is_first(session):
                stored = await self._stored(session)
                if stored.status is not None:
                    return _replayed(session, stored)
            if self._demand is not None:
                await self._demand(session)
            intent = await intend(session)
        outcome = await ask(intent)
        async with self._database.write(self._actor) as session:
            stored = await self._stored(session)
            if stored.status is not None:  # a twin was quicker
                return _replayed(session, stored)
            return await self._keep(session, await record(session, intent, outcome))

    async def forget(self, undo: Callable[[Session], Awaitable[None]] | None = None) -> None:
        """The intent was refused for good: `undo` it, and let the same key ask anew."""
        async with self._database.write(self._actor) as session:
            await session.execute(delete(IdempotentAnswer).where(*self._mine(), IdempotentAnswer.status.is_(None)))
            if undo is not None:
                await undo(session)

    @property
    def intent_key(self) -> str:
        """What an intent's row is found by: the same for the same request under the same key, and no other."""
        return f"{self._kept_as}:{self._key}:{self._fingerprint[:32]}"

    async def _keep(self, session: Session, reply: Reply) -> Response[Any]:
        body = b"" if reply.status == 204 else encode_json(reply.body)  # 204 has no body at all
        mine = update(IdempotentAnswer).where(*self._mine())
        sealed = session.box.seal_bytes(body) if body else b""
        await session.execute(mine.values(status=reply.status, body=sealed, location=reply.location))
        return _response(reply.status, body, reply.location)

    async def _is_first(self, session: Session) -> bool:
        """Insert the key; a concurrent twin makes PostgreSQL wait here until the first one has ended."""
        on_postgres = session.dialect == "postgresql"
        insert = postgresql.insert if on_postgres else sqlite.insert
        row = {
            "caller": self._kept_as,
            "key": self._key,
            "fingerprint": self._fingerprint,
            "created_at": session.now,
        }
        statement = insert(IdempotentAnswer).values(row).on_conflict_do_nothing().returning(IdempotentAnswer.key)
        if on_postgres:
            await session.execute(text(f"SET LOCAL lock_timeout = {LONGEST_WAIT_MS}"))
        try:
            first = (await session.execute(statement)).first() is not None
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == _LOCK_TIMEOUT:
                raise Problem(KEY_IN_USE, gettext("the first request with this key is still running")) from None
            raise
        if on_postgres:
            await session.execute(text("SET LOCAL lock_timeout = DEFAULT"))
        return first

    async def _stored(self, session: Session) -> IdempotentAnswer:
        """The row of this key, locked; raises Problem when it is another request's, or has just gone."""
        mine = select(IdempotentAnswer).where(*self._mine()).with_for_update()
        stored = (await session.scalars(mine.execution_options(populate_existing=True))).one_or_none()
        if stored is None:
            # Swept, or rolled back, between our insert and this look: the repeat will find it clear.
            raise Problem(KEY_IN_USE, gettext("the first request with this key has only just ended"))
        if stored.fingerprint != self._fingerprint:
            raise Problem(
                KEY_REUSED,
                gettext("this {header} was used for another request: take a new one for a new intent", header=HEADER),
            )
        return stored

    def _mine(self) -> tuple[Any, Any]:
        return IdempotentAnswer.caller == self._kept_as, IdempotentAnswer.key == self._key


class IdempotencySweep:
    """Forgets answers after `KEPT`, a bounded batch at a time."""

    name = "idempotency-sweep"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            with contextlib.suppress(DatabaseUnavailable):
                while not stop.is_set() and await sweep_once(self._database) == SWEEP_BATCH:
                    pass
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), SWEEP_EVERY.total_seconds())


async def sweep_once(database: Database) -> int:
    """Delete up to SWEEP_BATCH answers older than `KEPT`; returns how many went."""
    async with database.write("idempotency-sweep") as session:
        old = (
            select(IdempotentAnswer.caller, IdempotentAnswer.key)
            .where(IdempotentAnswer.created_at < session.now - KEPT)
            .order_by(IdempotentAnswer.created_at)
            .limit(SWEEP_BATCH)
        )
        rows = (await session.execute(old)).all()
        for caller, key in rows:
            mine = (IdempotentAnswer.caller == caller, IdempotentAnswer.key == key)
            await session.execute(delete(IdempotentAnswer).where(*mine))
        return len(rows)


async def forget_answers(session: Session, actor: str) -> None:
    """Delete every answer that was kept for `actor`: it says who they are. What is being answered now stays."""
    mine = delete(IdempotentAnswer).where(IdempotentAnswer.caller == actor, IdempotentAnswer.status.is_not(None))
    await session.execute(mine)


def usable_key(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> Sequence[Found]:
    """A check: no write without a usable key, but for those of tus."""
    if connection.scope.get("method") not in _WRITES or handler.opt.get(IS_TUS):
        return ()
    sentence = _unusable(connection.headers.getall(HEADER, []))
    return [] if sentence is None else [(KEY_MISSING, Fault("header", (HEADER,), sentence))]


def _unusable(keys: Sequence[str]) -> Message | None:
    """What is wrong with the keys that came; None for one good one."""
    if len(keys) > 1:
        return gettext("one {header} says which request this is, and {count} came", header=HEADER, count=len(keys))
    if not keys or not keys[0]:
        return gettext("every write needs a header {header}: 1 to 255 characters, new for each intent", header=HEADER)
    if not _KEY.fullmatch(keys[0]):
        return gettext(
            "{header} must be 1 to 255 visible ASCII characters, this one has {count}",
            header=HEADER,
            count=len(keys[0]),
        )
    return None


IdempotencyKey: TypeAlias = Annotated[
    str,
    HeaderParameter(
        name=HEADER,
        min_length=1,
        max_length=255,
        description="New for each intent, the same when repeating it; answers are kept for 24 hours.",
    ),
]


async def fingerprint_of(request: Request[Any, Any, Any]) -> str:
    """By what a request is compared with the one before it under the same key."""
    said = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + await request.body()
    return await sha256_of(said)


async def idempotent_of(request: Request[Any, Any, Any], database: Database, key: str) -> Idempotent:
    """The write that `request` asks for under this key."""
    identity = identity_of(request)
    return Idempotent(database, identity.actor, key, await fingerprint_of(request), owner=owner_of(identity))


def owner_of(identity: Identity) -> str:
    """Whose keys these are: visitors are told apart by the network address they come from."""
    return f"{identity.actor} {identity.address}" if identity.address else identity.actor


def _replayed(session: Session, stored: IdempotentAnswer) -> Response[Any]:
    if stored.status is None:
        raise Problem(KEY_IN_USE, gettext("the first request with this key has only just ended"))
    response = _response(stored.status, session.box.open_bytes(stored.body) if stored.body else b"", stored.location)
    response.headers[REPLAYED] = "true"
    return response


def _response(status: int, body: bytes, location: str | None) -> Response[Any]:
    headers = {"Location": location} if location else {}
    return Response(content=body, status_code=status, media_type="application/json", headers=headers)
