"""aiosqlite with one trip to its thread per statement, and none for what cannot wait.

SQLAlchemy's own adapter makes a trip each for opening the cursor, executing, fetching and closing, and one more
to roll back what is not open. A trip costs more than most statements, and while the event loop is busy each one waits
for Python's lock twice: settling a reversal made about sixty. Once BEGIN IMMEDIATE has been granted nothing can make a
statement wait but COMMIT, which waits for the disk: those between run at once, in the thread that asks.
`sqlite+onetrip://` is the URL; kit.database uses it wherever sqlite+aiosqlite is asked for.

SQLAlchemy has hooks for making a connection and none for a cursor, and aiosqlite none for running a whole cursor in one
trip: this file subclasses classes and uses names that are not public. pyproject.toml therefore takes SQLAlchemy 2.1 and
aiosqlite 0.22 alone, and a test names both versions and each name that is used (tests/kit/test_sqlite_driver.py).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from typing import Any, NamedTuple

import aiosqlite
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
    SQLiteDialect_aiosqlite,
)
from sqlalchemy.util.concurrency import await_

from veza.kit.sqlite_files import demand_file

DRIVER = "sqlite+onetrip"
STOP_SECONDS = 5


class _Brought(NamedTuple):
    """Everything a statement left behind, so that its cursor need not be asked again."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    __slots__ = ("_brought",)

    def __init__(self, adapt_connection: AsyncAdapt_aiosqlite_connection) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._brought = _Brought()
        self._rows: deque[Any] = deque()

    @property
    def description(self) -> Any:
        return self._brought.description

    @property
    def rowcount(self) -> int:
        return self._brought.rowcount

    @property
    def lastrowid(self) -> Any:
        return self._brought.lastrowid

    def execute(self, operation: Any, parameters: Any = None) -> None:
        self._trip("execute", operation, parameters or ())

    def executemany(self, operation: Any, seq_of_parameters: Any) -> None:
        self._trip("executemany", operation, seq_of_parameters)

    def close(self) -> None:
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        """Nothing is open."""

    def _trip(self, method: str, operation: str, parameters: Any) -> None:
        connection: Any = self._connection
        ours: Any = self._adapt_connection
        try:
            if ours.is_writing:
                await_(_nothing())
                self._brought, self._rows = _there(connection._conn, method, operation, parameters)
            else:
                self._brought, self._rows = await_(
                    connection._execute(_there, connection._conn, method, operation, parameters)
                )
                ours.is_writing = operation == "BEGIN IMMEDIATE"
        except Exception as error:
            self._adapt_connection._handle_exception(error)


def _there(connection: sqlite3.Connection, method: str, operation: str, parameters: Any) -> tuple[_Brought, deque[Any]]:
    """The whole life of a cursor."""
    cursor = connection.cursor()
    try:
        getattr(cursor, method)(operation, parameters)
        rows = deque(cursor.fetchall() if cursor.description else ())
        return _Brought(cursor.description, cursor.rowcount, cursor.lastrowid), rows
    finally:
        cursor.close()


async def _nothing() -> None:
    """SQLAlchemy takes a driver that never waits for a synchronous one, and refuses it."""


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ("is_writing",)
    _cursor_cls = _Cursor  # type: ignore[assignment]  # mypy wants the very class of the base

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self.is_writing = False

    def commit(self) -> None:
        self.is_writing = False
        super().commit()

    def rollback(self) -> None:
        self.is_writing = False
        # The pool rolls back every connection it gets back; most of them have committed.
        raw: Any = self._connection
        if raw._connection and raw.in_transaction:
            super().rollback()


class _Dbapi(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, *arg: Any, **kw: Any) -> AsyncAdapt_aiosqlite_connection:
        made = super().connect(*arg, **{**kw, "check_same_thread": False, "async_creator_fn": _opened})
        return _Connection(self, made._connection)


async def _opened(*arg: Any, **kw: Any) -> aiosqlite.Connection:
    connection = aiosqlite.connect(*arg, **kw)
    connection._thread.daemon = True
    try:
        return await connection
    except BaseException:
        # Its thread has yet to say that it stops; said to a loop that is closed by then, that is a traceback.
        await asyncio.to_thread(connection._thread.join, STOP_SECONDS)
        raise


async def fill(connection: sqlite3.Connection | aiosqlite.Connection, pages: bytes) -> None:
    """Make an in-memory database a copy of the one whose `serialize` gave these pages."""
    if isinstance(connection, sqlite3.Connection):
        connection.deserialize(pages)
    else:
        in_its_thread: Any = connection
        await in_its_thread._execute(in_its_thread._conn.deserialize, pages)


class OneTripDialect(SQLiteDialect_aiosqlite):
    """SQLAlchemy's aiosqlite dialect over cursors that make one trip."""

    driver = "onetrip"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> AsyncAdapt_aiosqlite_dbapi:
        return _Dbapi(aiosqlite, sqlite3)

    def connect(self, *cargs: Any, **cparams: Any) -> Any:
        demand_file(str(cargs[0]))
        return super().connect(*cargs, **cparams)


registry.register("sqlite.onetrip", __name__, OneTripDialect.__name__)
