"""SQLite in this thread, for the simulator and tests: no thread hop per statement, and nothing to wait for.

aiosqlite hands every statement to a thread and waits; here the very same SQL runs at once through the
standard library's driver, which makes a simulated run several times faster and leaves every point at which
another task may run to the simulator. One in-memory database per engine; `sqlite+inthread://` is its URL.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Pool, StaticPool
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL
from sqlalchemy.util import await_
from sqlalchemy.util.concurrency import in_greenlet

from veza.kit.database import Session

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

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:
        return StaticPool

    def connect(self, *cargs: Any, **cparams: Any) -> Any:
        return super().connect(*cargs, factory=_Connection, **cparams)

    def get_driver_connection(self, connection: Any) -> Any:
        return connection

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        _wait_for_nothing()
        super().do_execute(cursor, statement, parameters, context)  # type: ignore[no-untyped-call]

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        _wait_for_nothing()
        super().do_executemany(cursor, statement, parameters, context)  # type: ignore[no-untyped-call]


def _wait_for_nothing() -> None:
    # A plain asynchronous connection takes a driver that never waits for a synchronous one, and refuses it.
    if in_greenlet():
        await_(_nothing())


async def _nothing() -> None: ...


class InThreadSession(Session):
    """Calls the synchronous session under it directly: the greenlets in between are for drivers that wait."""

    async def execute(self, statement: Any, params: Any = None, **more: Any) -> Any:
        return self.sync_session.execute(statement, params, **more)

    async def scalar(self, statement: Any, params: Any = None, **more: Any) -> Any:
        return self.sync_session.scalar(statement, params, **more)

    async def get(self, entity: Any, ident: Any, **more: Any) -> Any:
        return self.sync_session.get(entity, ident, **more)

    async def get_one(self, entity: Any, ident: Any, **more: Any) -> Any:
        return self.sync_session.get_one(entity, ident, **more)

    async def refresh(self, instance: object, *args: Any, **more: Any) -> None:
        self.sync_session.refresh(instance, *args, **more)

    async def flush(self, objects: Any = None) -> None:
        self.sync_session.flush(objects)

    async def commit(self) -> None:
        self.sync_session.commit()

    async def close(self) -> None:
        self.sync_session.close()

    async def __aexit__(self, *_: Any) -> None:
        # SQLAlchemy shields this against being cancelled; nobody here cancels.
        self.sync_session.close()


registry.register("sqlite.inthread", __name__, InThreadDialect.__name__)
