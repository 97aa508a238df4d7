"""SQLite with one trip per statement answers like SQLAlchemy's own adapter."""

from __future__ import annotations

import inspect
import threading
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path

import aiosqlite
import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select, text, update
from sqlalchemy.dialects.sqlite import aiosqlite as adapter
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from veza.kit import sqlite_driver

words = Table("words", MetaData(), Column("id", Integer, primary_key=True), Column("word", String, unique=True))


@pytest.fixture(params=["sqlite+aiosqlite", sqlite_driver.DRIVER])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    (tmp_path / "words.db").touch()
    engine = create_async_engine(f"{request.param}:///{tmp_path}/words.db")
    async with engine.begin() as connection:
        await connection.run_sync(words.metadata.create_all)
    yield engine
    await engine.dispose()


async def test_a_statement_says_what_it_did(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        one = await connection.execute(insert(words), {"word": "one"})
        assert one.inserted_primary_key == (1,)
        await connection.execute(insert(words), [{"word": "two"}, {"word": "three"}])
        changed = await connection.execute(update(words).where(words.c.id > 1).values(word=words.c.word + "!"))
        assert changed.rowcount == 2
        back = await connection.execute(insert(words).values(word="four").returning(words.c.id))
        assert back.scalar_one() == 4
        rows = await connection.execute(select(words.c.word).order_by(words.c.id))
        assert rows.scalars().all() == ["one", "two!", "three!", "four"]


async def test_what_was_not_committed_is_rolled_back(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(insert(words), {"word": "one"})
    async with engine.connect() as connection:
        assert (await connection.execute(select(words))).all() == []


async def test_errors_are_those_of_the_database(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(insert(words), {"word": "one"})
    async with engine.connect() as connection:
        with pytest.raises(IntegrityError, match="UNIQUE"):
            await connection.execute(insert(words), {"word": "one"})
        with pytest.raises(OperationalError, match="no such table"):
            await connection.execute(text("SELECT * FROM absent"))
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1


async def test_rows_can_be_streamed(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(insert(words), [{"word": str(number)} for number in range(50)])
    async with engine.connect() as connection:
        rows = await connection.stream(select(words.c.word).order_by(words.c.id))
        assert [row.word async for row in rows] == [str(number) for number in range(50)]


async def test_a_file_that_does_not_open_leaves_no_thread_behind(tmp_path: Path) -> None:
    engine = create_async_engine(f"{sqlite_driver.DRIVER}:///{tmp_path}")  # a folder
    running = set(threading.enumerate())  # one of an earlier test may end meanwhile
    for _ in range(20):
        with pytest.raises(OperationalError, match="unable to open"):
            async with engine.connect():
                pass
        new = set(threading.enumerate()) - running
        assert not [one for one in new if "_connection_worker_thread" in one.name]
    await engine.dispose()


READ_VERSIONS = {"sqlalchemy": "2.1", "aiosqlite": "0.22"}
"""The private names below were read in these. Read them in a new version before it is named here and in pyproject."""


@pytest.mark.parametrize("library", READ_VERSIONS)
def test_the_driver_runs_over_the_versions_whose_private_names_were_read(library: str) -> None:
    assert ".".join(version(library).split(".")[:2]) == READ_VERSIONS[library]


async def test_every_private_name_that_the_driver_uses_is_what_it_was() -> None:
    cursor, connection = adapter.AsyncAdapt_aiosqlite_cursor, adapter.AsyncAdapt_aiosqlite_connection
    assert connection._cursor_cls is cursor
    assert list(inspect.signature(connection.__init__).parameters) == ["self", "dbapi", "connection"]
    assert list(inspect.signature(connection._handle_exception).parameters) == ["self", "error"]
    assert list(inspect.signature(cursor.__init__).parameters) == ["self", "adapt_connection"]
    assert inspect.iscoroutinefunction(cursor._async_soft_close)
    # What SQLAlchemy asks of a cursor that is not its own.
    for name in ("execute", "executemany", "close", "description", "rowcount", "lastrowid"):
        assert name in vars(sqlite_driver._Cursor), name
    async with aiosqlite.connect(":memory:") as raw:
        assert await raw._execute(lambda: 1) == 1
        assert raw._conn is raw._connection
        assert raw._thread.is_alive()
    assert raw._connection is None
