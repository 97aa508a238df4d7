"""The schema: the migrations make exactly the tables the code maps, from nothing, once, on both databases."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Uuid, bindparam, text

import veza.tables
from veza.catalog.imported import hash_of_text
from veza.kit.database import Database, UtcDateTime
from veza.ops.migrations import alembic_config, migrate, newest_revision, out_of_date
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
    words = [sys.executable, "-m", "veza", "migrate", "--database-url", empty.database_url]
    started = [await asyncio.create_subprocess_exec(*words, stderr=subprocess.PIPE) for _ in range(3)]
    said = await asyncio.gather(*(process.communicate() for process in started))
    assert [process.returncode for process in started] == [0, 0, 0], said
    database = Database.open(empty.database_url)
    assert await out_of_date(database) is None
    await database.close()


async def test_what_was_imported_before_is_known_by_its_hashes_afterwards(empty: Settings) -> None:
    empty.var_dir.mkdir(parents=True, exist_ok=True)
    config = alembic_config(empty.database_url)
    script = ScriptDirectory.from_config(config)
    hashed = script.get_revision("0009")
    await asyncio.to_thread(command.upgrade, config, str(hashed.down_revision))
    database = Database.open(empty.database_url)
    ids = [database.ids.new() for _ in range(3)]
    there = (
        "INSERT INTO imports (id, artist_id, release_key, file_hash, path, release_id, track_id, at)"
        " VALUES (:id, :id, :key, :path, :path, :id, :id, :at)"
    )
    typed = text(there).bindparams(bindparam("id", type_=Uuid()), bindparam("at", type_=UtcDateTime()))
    async with database.write() as session:
        for number, row_id in enumerate(ids):
            row = {"id": row_id, "key": f"album:ø{number}|", "path": f"ø/{number}.mp3", "at": session.now}
            await session.execute(typed, row)
    await asyncio.to_thread(migrate, empty)
    async with database.read() as session:
        rows = (await session.execute(text("SELECT release_key, path, path_hash FROM imports ORDER BY path"))).all()
    assert [tuple(row) for row in rows] == [
        (hash_of_text(f"album:ø{number}|"), f"ø/{number}.mp3", hash_of_text(f"ø/{number}.mp3")) for number in range(3)
    ]
    await asyncio.to_thread(command.downgrade, config, str(hashed.down_revision))
    await asyncio.to_thread(migrate, empty)
    assert await out_of_date(database) is None
    await database.close()
