"""The database under simulated runs: opened once, emptied before each run, gone at the end.

Without a URL it is SQLite in this process. Otherwise a database of its own is made on the PostgreSQL server
the URL points to and dropped afterwards: a simulation never touches the rows of a real deployment.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from sqlalchemy import Connection, Executable, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from veza.kit.database import JSON_BY_MSGSPEC, Base, Database
from veza.lab.simulator.driver import URL_IN_THREAD, InThreadDialect, fetched

CONNECT: dict[str, Any] = {"isolation_level": None, "cached_statements": 1_000}
"""The module's statements are a few hundred: each is prepared once."""


class NotASimulatorsDatabase(ValueError):
    """The URL is of a kind the simulator does not run on."""


@asynccontextmanager
async def ground(database_url: str | None = None) -> AsyncIterator[AsyncEngine]:
    """An engine over an empty database with every table; see the module's words for what the URL means."""
    url = make_url(database_url or URL_IN_THREAD)
    if url.get_backend_name() == "sqlite":
        if url.database not in (None, "", ":memory:"):
            raise NotASimulatorsDatabase("on SQLite the simulator runs in memory: leave the database URL out")
        async with _in_memory() as engine:
            yield engine
        return
    if url.get_driver_name() != "asyncpg":
        raise NotASimulatorsDatabase("the simulator runs on SQLite in memory or on postgresql+asyncpg://…")
    name = f"veza_simulation_{random.SystemRandom().getrandbits(48):x}"
    await _on_server(url, f'CREATE DATABASE "{name}"')
    # It is our processes that crash here, not the server: nothing has to reach the disk.
    await _on_server(url, f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    try:
        async with _on_postgres(url.set(database=name)) as engine:
            yield engine
    finally:
        await _on_server(url, f'DROP DATABASE "{name}"')


async def clear(engine: AsyncEngine) -> None:
    """Empty every table."""

    def empty(connection: Connection) -> None:
        tables = reversed(Base.metadata.sorted_tables)
        if engine.dialect.driver == InThreadDialect.driver:
            script = ";".join(str(table.delete()) for table in tables)
            cast("Any", connection.connection.driver_connection).executescript(script)
            return
        for table in tables:
            connection.execute(table.delete())

    async with engine.connect() as connection:
        await connection.run_sync(empty)
        await connection.commit()


async def rows_of(engine: AsyncEngine, found: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
    """What a query finds, read in a transaction of its own, apart from any process."""
    if isinstance(engine.dialect, InThreadDialect):
        return fetched(engine.dialect.raw, found, values)
    async with engine.connect() as connection:
        return (await connection.execute(found, values)).all()


@asynccontextmanager
async def _in_memory() -> AsyncIterator[AsyncEngine]:
    """SQLite in this thread. One connection and one task at a time: BEGIN needs no lock and no wrapping."""
    engine = create_async_engine(URL_IN_THREAD, connect_args=CONNECT, **JSON_BY_MSGSPEC)

    def begin(connection: Connection) -> None:
        raw = cast("Any", connection.connection.driver_connection)
        if not raw.in_transaction:  # a statement that took the shortcut may have begun it
            raw.execute("BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "begin", begin)
    event.listen(engine.sync_engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=ON"))
    try:
        await _make_tables(engine)
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def _on_postgres(url: URL) -> AsyncIterator[AsyncEngine]:
    database = Database.open(url.render_as_string(hide_password=False))
    try:
        await _make_tables(database.engine)
        yield database.engine
    finally:
        await database.close()


async def _make_tables(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


async def _on_server(url: URL, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            await connection.execute(text(statement))
    finally:
        await engine.dispose()
