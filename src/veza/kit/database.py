"""Sessions over SQLite or PostgreSQL: short transactions, one instant and one source of ids in each.

`async with database.write() as session` is one transaction, committed at the end; on SQLite it begins
IMMEDIATE, behind a lock, so two writers of one process queue instead of spinning on the busy handler.
`database.read()` cannot write. No network call is ever made inside either.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeAlias, cast
from uuid import UUID

import msgspec
from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Insert, MetaData, Table, Uuid, event, insert, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import StaticPool
from sqlalchemy.types import TypeDecorator

from veza.kit import sqlite_driver, sqlite_pragmas
from veza.kit.clock import Clock, SystemClock
from veza.kit.database_trouble import ReaderWrites, database_errors_said, is_connection_lost
from veza.kit.ids import Ids
from veza.kit.refusals import Refusals
from veza.kit.secret_box import SecretBox, box_of_this_process
from veza.kit.shared_wakes import SharedWakes
from veza.kit.subscriptions import Subscriptions
from veza.kit.wakes import CHANNEL, Wakes

BUSY_TIMEOUT_MS = 5_000
IDLE_IN_TRANSACTION_MS = 60_000
LOCK_PATIENCE_MS = 50
"""How long a transaction that gives way waits for each lock: a claim's commit is shorter, and PostgreSQL looks for
transactions that wait for each other after a second only."""
READER = "reader"
"""The actor of a session that only reads."""
CONNECT_BOUND_SECONDS = 10.0
STATEMENT_BOUND_SECONDS = 15.0
"""A server that hangs, or a network that loses packets without a word, answers no statement: after this long ours
counts as unanswered. Our statements take milliseconds; migrations have an engine of their own without a bound."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant: timestamptz on PostgreSQL, ISO text (which sorts) on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        # asyncpg reads a timestamptz as an aware UTC instant: a call for each would change nothing.
        return _from_text if dialect.name == "sqlite" else None

    def bind_processor(self, dialect: Dialect) -> Any:
        return _as_text if dialect.name == "sqlite" else super().bind_processor(dialect)


def _as_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _from_text(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if value else None


def _as_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


JSON_BY_MSGSPEC: dict[str, Any] = {"json_deserializer": msgspec.json.decode, "json_serializer": _as_json}
"""Options of an engine."""
Json = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    """Every table of every module; constraint names are fixed so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy reads it as a class attribute)
        datetime: UtcDateTime,
        UUID: Uuid,
        int: BigInteger,
        dict[str, Any]: Json,
        list[Any]: Json,
    }


def table_of(model: type[Base]) -> Table:
    """The model's table. A statement on it skips the ORM's own work, which is half the time of a hot insert."""
    return cast(Table, model.__table__)


LastAct: TypeAlias = "Callable[[Session, Collection[Any]], Awaitable[None]]"


class Session(AsyncSession):
    """One transaction: its instant, its ids, its actor, and the topics it wakes when it commits."""

    now: datetime
    ids: Ids
    subscriptions: Subscriptions
    actor: str
    event_id: str | None
    """The provider's event that is being handled, if it is one that acts here."""
    dialect: str
    box: SecretBox
    refusals: Refusals
    appended: dict[type[Base], list[Mapping[str, Any]]]
    """Rows of tables that are only appended to, written at the end."""
    last_acts: dict[LastAct, dict[Any, None]]
    """What is done at the end, and about what."""
    wakes: dict[str, bool]
    """Topics to ring after the commit, and whether other processes are to hear them too."""

    def act_for_event(self, event_id: str) -> None:
        """From here on the provider's event acts here, not who began the transaction."""
        self.actor, self.event_id = f"webhook {event_id}", event_id

    def new_id(self) -> UUID:
        return self.ids.new()

    def append(self, journal: type[Base], *rows: Mapping[str, Any]) -> None:
        """Write `rows` (every column named) to an append-only table, with all others of this transaction at its end.

        One statement a table instead of one a row. A query of this transaction that must see them calls
        `write_appended` first.
        """
        if rows:
            self.appended.setdefault(journal, []).extend(rows)

    def act_last(self, act: LastAct, *about: Any) -> None:
        """Have `act(session, about)` called at the end of this transaction, once, about all that it is asked for."""
        self.last_acts.setdefault(act, {}).update(dict.fromkeys(about))

    async def finish(self) -> None:
        """Do what was put off to the end of the transaction."""
        while self.last_acts:
            act = next(iter(self.last_acts))
            await act(self, self.last_acts.pop(act))
        await self.write_appended()

    async def write_appended(self) -> None:
        """Write what was appended so far; the end of the transaction does it too."""
        appended, self.appended = self.appended, {}
        for journal, rows in appended.items():
            await self.execute(_insert_into(journal), rows)

    def wake(self, topic: str, *, elsewhere: bool = True) -> None:
        """Ring `topic` once this transaction has committed: in this process and, unless told not to, the others."""
        self.wakes[topic] = elsewhere or self.wakes.get(topic, False)


class Database:
    """An engine with the two kinds of sessions, the wake bells, and the world its sessions live in."""

    session_class: type[Session] = Session

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        ids: Ids,
        subscriptions: Subscriptions,
        box: SecretBox | None = None,
    ) -> None:
        self.engine = engine
        self.box = box or box_of_this_process()
        self.clock = clock
        self.ids = ids
        self.subscriptions = subscriptions
        self.dialect = engine.dialect.name
        self.wakes = Wakes(SharedWakes.beside(engine.url))
        self.refusals = Refusals()
        # PostgreSQL shows a statement what is committed by then, inside a transaction (READ COMMITTED) as outside one:
        # without BEGIN and ROLLBACK a reader of one statement goes there once instead of three times.
        reading = engine.execution_options(**({} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}))
        event.listen(reading.sync_engine, "before_cursor_execute", _only_reads)
        self._reader = async_sessionmaker(reading, class_=self.session_class, expire_on_commit=False, autoflush=False)
        writing = engine.execution_options(veza_begin="BEGIN IMMEDIATE") if self.is_sqlite else engine
        self._writer = async_sessionmaker(writing, class_=self.session_class, expire_on_commit=False, autoflush=False)
        self._one_writer = asyncio.Lock()
        # An in-memory database is one connection: its readers queue with the writers.
        one_connection = isinstance(engine.sync_engine.pool, StaticPool)
        self._readers_turn: AbstractAsyncContextManager[Any] = self._one_writer if one_connection else nullcontext()

    @property
    def is_sqlite(self) -> bool:
        return self.dialect == "sqlite"

    @classmethod
    def open(
        cls,
        url: str,
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
        subscriptions: Subscriptions | None = None,
        pool_size: int = 10,
        box: SecretBox | None = None,
    ) -> Database:
        """Open `url` (sqlite+aiosqlite:///… or postgresql+asyncpg://…); connects at the first use, and raises
        DatabaseMissing then where there is no such file.

        `box` seals what is stored as a secret; without one nothing of that can be read after this process ended.
        """
        parsed = make_url(url)
        options: dict[str, Any] = {}
        if parsed.get_backend_name() == "sqlite":
            if parsed.database in (None, "", ":memory:"):
                options["poolclass"] = StaticPool
            else:
                options["pool_size"] = pool_size
            options["connect_args"] = {"isolation_level": None, "timeout": BUSY_TIMEOUT_MS / 1000}
            if parsed.drivername == "sqlite+aiosqlite":
                parsed = parsed.set(drivername=sqlite_driver.DRIVER)
        else:
            options |= {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": 30, "pool_pre_ping": False}
            options["connect_args"] = {
                "timeout": CONNECT_BOUND_SECONDS,
                "command_timeout": STATEMENT_BOUND_SECONDS,
                "server_settings": {
                    "application_name": "veza",
                    "jit": "off",
                    # No transaction of ours waits for anything but the database: one that does belongs to a process
                    # that is frozen or cut off, and others wait for its locks.
                    "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS),
                },
            }
        # Parameters are digests of tokens, people's addresses and the like: no error repeats them.
        engine = create_async_engine(parsed, hide_parameters=True, **options, **JSON_BY_MSGSPEC)
        event.listen(engine.sync_engine, "handle_error", _forget_lost_connections)
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "connect", sqlite_pragmas.say_pragmas)
            event.listen(engine.sync_engine, "begin", sqlite_pragmas.begin)
        clock = clock or SystemClock()
        return cls(engine, clock, ids or Ids(clock), subscriptions or Subscriptions(), box)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Session]:
        """A session that only reads; raises ReaderWrites when it is asked for more.

        On PostgreSQL each of its statements is a transaction of its own, and none is open between them.
        """
        with database_errors_said():
            async with self._readers_turn, self._reader() as session:
                self._equip(session, READER)
                yield session

    @asynccontextmanager
    async def write(self, actor: str = "veza", *, gives_way: bool = False) -> AsyncIterator[Session]:
        """One writing transaction in the name of `actor`; commits at the end, or changes nothing.

        One that `gives_way` raises RowLocked where a lock is not free within LOCK_PATIENCE_MS: it works on several
        subjects in an order of its own, and could otherwise hold what the holder of that lock waits for.
        """
        with database_errors_said():
            if self.is_sqlite:
                async with self._one_writer, self._writer() as session:
                    self._equip(session, actor)
                    yield session
                    await session.finish()
                    await session.commit()
            else:
                async with self._writer() as session:
                    self._equip(session, actor)
                    if gives_way:
                        await session.execute(_GIVE_WAY)
                    yield session
                    await session.finish()
                    for topic, elsewhere in session.wakes.items():
                        if elsewhere and not self.wakes.goes_by_broker(topic):
                            await session.execute(_NOTIFY, {"channel": CHANNEL, "topic": topic})
                    await session.commit()
        for topic, elsewhere in session.wakes.items():
            self.wakes.ring(topic)
            if elsewhere:
                self.wakes.nudge(topic)

    async def close(self) -> None:
        await self.engine.dispose()
        self.wakes.close()

    def _equip(self, session: Session, actor: str) -> None:
        session.now = self.clock.now()
        session.ids = self.ids
        session.subscriptions = self.subscriptions
        session.actor = actor
        session.event_id = None
        session.dialect = self.dialect
        session.box = self.box
        session.refusals = self.refusals
        session.appended = {}
        session.last_acts = {}
        session.wakes = {}


_LOCKS = (" FOR UPDATE", " FOR NO KEY UPDATE", " FOR SHARE", " FOR KEY SHARE")


def _only_reads(_connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:
    if context.isinsert or context.isupdate or context.isdelete:
        raise ReaderWrites(f"this session only reads, and was asked to {' '.join(statement.split()[:3])}")
    if any(lock in statement for lock in _LOCKS):  # it would end with the statement
        raise ReaderWrites("this session only reads, and was asked to lock rows")


@cache
def _insert_into(journal: type[Base]) -> Insert:
    return insert(table_of(journal))


def _forget_lost_connections(context: Any) -> None:
    """Drops a lost connection from the pool. The driver calls a connection open until its end has arrived (for ever, if
    the server hangs), so the pool would lend it again."""
    if is_connection_lost(context.original_exception):
        context.is_disconnect = True


_GIVE_WAY = text(f"SET LOCAL lock_timeout = {LOCK_PATIENCE_MS}")
_NOTIFY = text("SELECT pg_notify(:channel, :topic)")
