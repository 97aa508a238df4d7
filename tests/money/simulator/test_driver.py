"""SQLite in this thread serves sessions and plain connections like any asynchronous driver."""

from __future__ import annotations

from sqlalchemy import text

from veza.kit.database import Database
from veza.money.simulator.driver import URL_IN_THREAD


async def test_a_plain_connection_executes_and_commits() -> None:
    database = Database.open(URL_IN_THREAD)
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE t (n INTEGER)"))
        await connection.execute(text("INSERT INTO t VALUES (:n)"), [{"n": 1}, {"n": 2}])
    async with database.engine.connect() as connection:
        assert list(await connection.scalars(text("SELECT n FROM t ORDER BY n"))) == [1, 2]
    await database.close()


async def test_what_is_not_committed_is_rolled_back() -> None:
    database = Database.open(URL_IN_THREAD)
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE t (n INTEGER)"))
    async with database.engine.connect() as connection:
        await connection.execute(text("INSERT INTO t VALUES (1)"))
    async with database.read() as session:
        assert (await session.execute(text("SELECT count(*) FROM t"))).scalar() == 0
    await database.close()
