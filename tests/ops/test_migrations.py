"""The schema: the migrations make exactly the tables the code maps, from nothing, once, on both databases."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

import veza.tables
from veza.kit.database import Database
from veza.ops.migrations import migrate, newest_revision, out_of_date
from veza.settings import Settings


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a database without any table."""
    if request.param == "sqlite":
        return Settings(var_dir=tmp_path / "not" / "there")
    return Settings(var_dir=tmp_path, database_url=request.getfixturevalue("empty_postgres_url"))


async def test_from_nothing_the_schema_becomes_current(empty: Settings) -> None:
    await asyncio.to_thread(migrate, empty)
    database = Database.open(empty.database_url)
    assert await out_of_date(database) is None
    await asyncio.to_thread(migrate, empty)
    assert await out_of_date(database) is None
    await database.close()


async def test_the_migrations_make_what_the_code_maps(empty: Settings) -> None:
    await asyncio.to_thread(migrate, empty)
    database = Database.open(empty.database_url)

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        return list(compare_metadata(context, veza.tables.METADATA))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


async def test_a_database_without_tables_is_told_to_migrate(sqlite_url: str, tmp_path: Path) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    said = await out_of_date(database)
    await database.close()
    assert said is not None
    assert "veza migrate" in said


async def test_another_revision_is_named(empty: Settings) -> None:
    await asyncio.to_thread(migrate, empty)
    database = Database.open(empty.database_url)
    async with database.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    said = await out_of_date(database)
    await database.close()
    assert said == f"the database is at revision 9999, this Veza needs {newest_revision()}: run `veza migrate`"


async def test_processes_starting_at_once_all_find_it_migrated(empty: Settings) -> None:
    command = [sys.executable, "-m", "veza", "migrate", "--database-url", empty.database_url]
    started = [await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE) for _ in range(3)]
    said = await asyncio.gather(*(process.communicate() for process in started))
    assert [process.returncode for process in started] == [0, 0, 0], said
    database = Database.open(empty.database_url)
    assert await out_of_date(database) is None
    await database.close()
