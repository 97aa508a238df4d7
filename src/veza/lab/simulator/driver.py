"""SQLite in this thread, for the simulator and tests: no thread hop per statement, and nothing to wait for.

aiosqlite hands every statement to a thread and waits; here the very same SQL runs at once through the
standard library's driver, which makes a simulated run several times faster and leaves every point at which
another task may run to the simulator. One in-memory database per engine; `sqlite+inthread://` is its URL.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Insert, Pool, StaticPool, Table, bindparam, insert, select
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, NoResultFound
from sqlalchemy.orm import Mapper, class_mapper
from sqlalchemy.orm import Session as SyncSession
from sqlalchemy.orm.util import identity_key
from sqlalchemy.util import await_
from sqlalchemy.util.concurrency import in_greenlet

from veza.kit.database import JSON_BY_MSGSPEC, Session
from veza.lab.simulator.shortcut import Shortcut

URL_IN_THREAD = "sqlite+inthread://"


class _Cursor(sqlite3.Cursor):
    async def _async_soft_close(self) -> None:
        """Asked for by SQLAlchemy once a result leaves its greenlet; the rows can be read from anywhere here."""


class _Connection(sqlite3.Connection):
    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)


class InThreadDialect(SQLiteDialect_pysqlite):
    """The standard driver behind SQLAlchemy's async sessions: to them it is a driver that never has to wait."""

    driver = "inthread"
    is_async = True
    supports_statement_cache = True
    raw: sqlite3.Connection
    """The one connection of its engine, once there is one."""

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:
        return StaticPool

    def connect(self, *cargs: Any, **cparams: Any) -> Any:
        self.raw = cast(sqlite3.Connection, super().connect(*cargs, factory=_Connection, **cparams))
        return self.raw

    def get_driver_connection(self, connection: Any) -> Any:
        return connection

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        _wait_for_nothing()
        super().do_execute(cursor, statement, parameters, context)  # type: ignore[no-untyped-call]  # SQLAlchemy says no types here

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        _wait_for_nothing()
        super().do_executemany(cursor, statement, parameters, context)  # type: ignore[no-untyped-call]  # SQLAlchemy says no types here


def _wait_for_nothing() -> None:
    # A plain asynchronous connection takes a driver that never waits for a synchronous one, and refuses it.
    if in_greenlet():
        await_(_nothing())


async def _nothing() -> None: ...


class InThreadSession(Session):
    """Statements by the shortcut where they have a plan, else by the synchronous session under this one.

    Both use the one connection, so a transaction that either began is the transaction of both.
    """

    raw: sqlite3.Connection
    only_reads: bool
    """Both are set by the database that makes sessions."""
    _was_ordinary = False

    @property
    def _ordinary(self) -> SyncSession:
        self._was_ordinary = True
        return self.sync_session

    async def execute(self, statement: Any, params: Any = None, **more: Any) -> Any:
        planned = None if more else SHORTCUT.plan(statement, params)
        if planned is None or (self.only_reads and not planned[0].only_reads):
            return self._ordinary.execute(statement, params, **more)
        plan, carried = planned
        if not self.only_reads and not self.raw.in_transaction:
            self.raw.execute("BEGIN IMMEDIATE")
        try:
            return plan.run(self.raw, self.sync_session, params, carried)
        except sqlite3.Error as error:
            raise DBAPIError.instance(plan.compiled.string, params, error, sqlite3.Error) from error

    async def scalars(self, statement: Any, params: Any = None, **more: Any) -> Any:
        return (await self.execute(statement, params, **more)).scalars()

    async def scalar(self, statement: Any, params: Any = None, **more: Any) -> Any:
        return (await self.execute(statement, params, **more)).scalars().first()

    async def get(self, entity: Any, ident: Any, **more: Any) -> Any:
        if more:
            return self._ordinary.get(entity, ident, **more)
        known = self.sync_session.identity_map.get(identity_key(entity, ident))
        return known or (await self.scalars(_by_id(entity), {"the_id": ident})).one_or_none()

    async def get_one(self, entity: Any, ident: Any, **more: Any) -> Any:
        found = await self.get(entity, ident, **more)
        if found is None:
            raise NoResultFound(f"there is no {entity.__name__} {ident}")
        return found

    async def refresh(self, instance: object, *args: Any, **more: Any) -> None:
        self._ordinary.refresh(instance, *args, **more)

    async def flush(self, objects: Any = None) -> None:
        new: list[Any] = list(self.sync_session._new)  # in the order they were added
        unset = [_unset(state.mapper) for state in new]
        if self.sync_session.dirty or self.sync_session.deleted or None in unset:
            self._ordinary.flush(objects)
            return
        # The unit of work would look for what is new in each column: all of it is.
        for state, defaults in zip(new, unset, strict=True):
            row = {column: state.dict.setdefault(name, value) for name, (column, value) in (defaults or {}).items()}
            await self.execute(_insert_into(state.mapper), row)
        self.sync_session._register_persistent(set(new))

    async def commit(self) -> None:
        if self.sync_session._new or self.sync_session.identity_map._modified:
            await self.flush()
        if self._was_ordinary:
            self.sync_session.commit()
        if self.raw.in_transaction:
            self.raw.commit()

    async def close(self) -> None:
        if self._was_ordinary:
            self.sync_session.close()
        if self.raw.in_transaction:
            self.raw.rollback()

    async def __aexit__(self, *_: Any) -> None:
        # SQLAlchemy shields this against being cancelled; no task is cancelled here.
        await self.close()


@cache
def _insert_into(mapper: Mapper[Any]) -> Insert:
    return insert(cast(Table, mapper.local_table))


@cache
def _unset(mapper: Mapper[Any]) -> Mapping[str, tuple[str, Any]] | None:
    """Attribute → its column, and what that holds of a new row that says nothing of it; None if that has to be worked
    out."""
    defaults: list[tuple[str, str, Any]] = [(name, one.key, one.default) for name, one in mapper.columns.items()]
    if any(default is not None and not default.is_scalar for _, _, default in defaults):
        return None
    return {name: (column, default.arg if default is not None else None) for name, column, default in defaults}


@cache
def _by_id(entity: Any) -> Any:
    (column,) = class_mapper(entity).primary_key
    return select(entity).where(column == bindparam("the_id"))


SHORTCUT = Shortcut(InThreadDialect(paramstyle="qmark", dbapi=sqlite3, **JSON_BY_MSGSPEC))


def fetched(raw: sqlite3.Connection, query: Any, params: Any) -> Sequence[Any]:
    """What a query of columns finds, outside any session."""
    planned = SHORTCUT.plan(query, params)
    if planned is None:
        raise TypeError(f"no plan for {query}")
    plan, carried = planned
    return plan.run(raw, None, params, carried)


registry.register("sqlite.inthread", __name__, InThreadDialect.__name__)
