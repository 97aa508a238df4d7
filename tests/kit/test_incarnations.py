"""A process can tell that its database was replaced, and is not misled by what it writes itself."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url

from veza.kit.database import Database
from veza.kit.incarnations import incarnation

TABLE = "provider_accounts"


async def seen(database: Database) -> str:
    async with database.read() as session:
        return await incarnation(session, TABLE)


async def write(database: Database, statement: str) -> None:
    async with database.write() as session:
        await session.execute(text(statement))


async def test_writing_and_deleting_rows_changes_nothing(database: Database) -> None:
    before = await seen(database)
    await write(database, f"INSERT INTO {TABLE} (provider, account_id) VALUES ('other', 'acct_1')")
    await write(database, f"DELETE FROM {TABLE}")
    assert await seen(database) == before


async def test_a_backup_put_back_into_an_open_sqlite_file_is_seen(sqlite_url: str, tmp_path: Path) -> None:
    database = Database.open(sqlite_url)
    try:
        before = await seen(database)
        file = str(make_url(sqlite_url).database)
        with closing(sqlite3.connect(file)) as live, closing(sqlite3.connect(tmp_path / "kept.db")) as kept:
            live.backup(kept)
            kept.backup(live)
        assert await seen(database) != before
    finally:
        await database.close()


async def test_a_table_of_postgresql_that_is_filled_or_made_again_is_seen(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    try:
        first = await seen(database)
        await write(database, f"TRUNCATE {TABLE}")
        second = await seen(database)
        await write(database, f"CREATE TABLE copied (LIKE {TABLE} INCLUDING ALL)")
        await write(database, f"DROP TABLE {TABLE}")
        await write(database, f"ALTER TABLE copied RENAME TO {TABLE}")
        assert len({first, second, await seen(database)}) == 3
    finally:
        await database.close()
