"""Sessions: one writer, all or nothing, and one clear sentence when the database cannot serve."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from veza.kit import database as kit
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.database_trouble import DatabaseUnavailable, ReaderWrites
from veza.kit.ids import Ids
from veza.kit.outbox import OutboxEvent

AT = datetime(2026, 1, 5, 9, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def drivers_threads_end() -> AsyncIterator[None]:
    """SQLite's driver ends its threads a moment after its connections: the event loop must live until then."""
    yield
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 5)


async def add(database: Database, topic: str = "kept") -> None:
    async with database.write() as session:
        row = {"id": session.new_id(), "topic": topic, "payload": {"n": 1}, "created_at": AT, "attempts": 0}
        await session.execute(insert(OutboxEvent), row)


async def halfway(database: Database) -> None:
    """A transaction that wrote, wanted a worker woken, and failed."""
    async with database.write() as session:
        row = {"id": uuid4(), "topic": "lost", "payload": {}, "created_at": AT, "attempts": 0}
        await session.execute(insert(OutboxEvent), row)
        session.wake("work")
        raise RuntimeError("halfway")


async def count(database: Database) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(OutboxEvent)) or 0


async def unavailable(database: Database, words: str) -> None:
    with pytest.raises(DatabaseUnavailable, match=words) as error:
        await add(database)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 160


async def test_a_write_that_fails_changes_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError, match="halfway"):
        await halfway(database)
    assert await count(database) == 0
    await add(database)
    assert await count(database) == 1


@pytest.mark.parametrize("change", [
    insert(OutboxEvent).values(id=uuid4(), topic="lost", payload={}, created_at=AT, attempts=0),
    update(OutboxEvent).values(topic="lost"),
    delete(OutboxEvent),
])  # fmt: skip
async def test_a_reader_cannot_write(database: Database, change: Any) -> None:
    await add(database)
    with pytest.raises(ReaderWrites, match=r"only reads, and was asked to (INSERT|UPDATE|DELETE)"):
        async with database.read() as session:
            await session.execute(change)
    async with database.read() as session:
        assert (await session.scalars(select(OutboxEvent.topic))).all() == ["kept"]


async def test_a_reader_cannot_lock_what_it_reads(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    with pytest.raises(ReaderWrites, match="asked to lock rows"):
        async with database.read() as session:
            await session.execute(select(OutboxEvent.id).with_for_update())
    await database.close()


async def test_a_reader_keeps_no_transaction_open_on_the_server_between_its_statements(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    of_whom = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")
    async with database.read() as session:
        pid = await session.scalar(select(func.pg_backend_pid()))
        async with database.read() as other:
            assert await other.scalar(of_whom, {"pid": pid}) == "idle"
    await database.close()


async def test_a_broken_constraint_is_our_bug_and_no_unavailable_database(database: Database) -> None:
    async with database.read() as session:
        ids = session.new_id()
    row = {"id": ids, "topic": "one", "payload": {}, "created_at": AT, "attempts": 0}
    with pytest.raises(IntegrityError):
        async with database.write() as session:
            await session.execute(insert(OutboxEvent), [row, row])


async def test_instants_come_back_as_they_went_in_from_every_zone(database: Database) -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    async with database.write() as session:
        row = {"id": uuid4(), "topic": "t", "payload": {"ä": [1]}, "created_at": elsewhere, "attempts": 0}
        await session.execute(insert(OutboxEvent), row)
    async with database.read() as session:
        found = (await session.scalars(select(OutboxEvent))).one()
        due = select(OutboxEvent.id).where(OutboxEvent.created_at <= AT)
        assert await session.scalar(due) == found.id
        earlier = select(OutboxEvent.id).where(OutboxEvent.created_at <= AT - timedelta(microseconds=1))
        assert await session.scalar(earlier) is None
    assert (found.created_at, found.created_at.tzinfo, found.payload) == (AT, UTC, {"ä": [1]})


async def test_many_writers_lose_nothing(database: Database) -> None:
    async with database.write() as session:
        row = {"id": uuid4(), "topic": "t", "payload": {}, "created_at": AT, "attempts": 0}
        await session.execute(insert(OutboxEvent), row)

    async def increment() -> None:
        async with database.write() as session:
            found = (await session.scalars(select(OutboxEvent).with_for_update())).one()
            await asyncio.sleep(0)
            found.attempts += 1

    await asyncio.gather(*(increment() for _ in range(60)))
    async with database.read() as session:
        assert await session.scalar(select(OutboxEvent.attempts)) == 60


async def test_money_survives_a_power_cut_on_sqlite(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    async with database.read() as session:
        found = {
            name: await session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    await database.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


async def test_bells_ring_after_the_commit_and_never_for_what_was_undone(database: Database) -> None:
    bell = database.wakes.bell("work")
    with pytest.raises(RuntimeError, match="halfway"):
        await halfway(database)
    assert not bell.is_set()
    async with database.write() as session:
        session.wake("work")
        assert not bell.is_set()
    assert bell.is_set()


async def test_a_read_only_file_is_said_to_be_read_only(sqlite_url: str) -> None:
    writable = Database.open(sqlite_url)
    await add(writable)
    database = Database.open(sqlite_url.replace("///", "///file:") + "?mode=ro&uri=true")
    await unavailable(database, "the database is read-only: check the permissions of its file and folder")
    assert await count(database) == 1
    await writable.close()
    await database.close()


async def test_a_read_only_server_is_said_to_be_read_only(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    async with database.engine.connect() as connection:
        name = (await connection.execute(text("SELECT current_database()"))).scalar_one()
        await connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
        await connection.commit()
    await database.close()
    await unavailable(database, "the database is read-only: is this a standby server?")
    assert await count(database) == 0
    await database.close()


async def test_a_file_another_program_writes_to_is_said_to_be_locked(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kit, "BUSY_TIMEOUT_MS", 50)
    database = Database.open(sqlite_url)
    await add(database)
    writer = sqlite3.connect(tmp_path / "veza.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    try:
        await unavailable(database, "the database stayed locked for 5 s: another program is writing to it")
        assert await count(database) == 1, "readers are not in the way"
    finally:
        writer.execute("ROLLBACK")
        writer.close()
    await add(database)
    await database.close()


async def test_a_full_disk_is_said_to_be_full_and_nothing_is_half_written(sqlite_url: str) -> None:
    database = Database.open(sqlite_url, pool_size=1)
    async with database.engine.connect() as connection:
        pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
        await connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(DatabaseUnavailable, match="the disk under the database is full: free some space"):
        await fill(database)
    before = await count(database)
    with pytest.raises(DatabaseUnavailable, match="full"):
        await add(database, topic="y" * 100_000)
    assert await count(database) == before
    await database.close()


async def fill(database: Database) -> None:
    for _ in range(200):
        await add(database, topic="x" * 4000)


async def test_a_folder_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/nowhere/veza.db")
    await unavailable(database, "the database file is gone: put it back, or correct DATABASE_URL")
    await database.close()


async def test_a_file_that_is_no_database_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "veza.db").write_text("this is my shopping list, " * 100)
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/veza.db")
    await unavailable(database, "the database file is not an SQLite database")
    await database.close()


async def test_a_missing_file_is_said_and_none_is_made(tmp_path: Path) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/gone.db")
    await unavailable(database, "the database file is gone: put it back, or correct DATABASE_URL")
    await database.close()
    assert os.listdir(tmp_path) == []


async def test_a_database_without_tables_says_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "veza.db").touch()
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/veza.db")
    await unavailable(database, "the database has no tables yet: run `veza migrate`")
    await database.close()


async def test_a_server_without_tables_says_what_to_run(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    async with database.write() as session:
        await session.execute(text("DROP TABLE outbox_events"))
    await unavailable(database, "the database has no tables yet: run `veza migrate`")
    await database.close()


async def test_a_server_that_is_not_running_is_said_in_a_sentence() -> None:
    database = Database.open("postgresql+asyncpg://postgres@127.0.0.1:1/veza")
    await unavailable(database, "the database does not answer: is it running, and does DATABASE_URL point to it?")
    await database.close()


async def test_a_database_that_is_not_there_is_said_in_a_sentence(postgres_url: str) -> None:
    database = Database.open(postgres_url.rsplit("/", 1)[0] + "/veza_never_made")
    await unavailable(database, "veza_never_made")
    await database.close()


async def test_a_connection_that_is_cut_is_one_error_and_the_next_write_works(postgres_url: str) -> None:
    database, other = Database.open(postgres_url), Database.open(postgres_url)
    with pytest.raises(DatabaseUnavailable):
        await cut_off(database, other)
    for _ in range(3):
        try:
            await add(database)
            break
        except DatabaseUnavailable:
            continue
    assert await count(database) == 1
    await database.close()
    await other.close()


async def cut_off(database: Database, other: Database) -> None:
    async with database.write() as session:
        pid = await session.scalar(text("SELECT pg_backend_pid()"))
        async with other.write() as killer:
            await killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        await session.execute(text("SELECT 1"))


async def test_a_pool_that_is_used_up_says_so(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database.open(postgres_url, pool_size=1)
    monkeypatch.setattr(database.engine.sync_engine.pool, "_timeout", 0.05)
    async with database.read() as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(DatabaseUnavailable, match="all database connections are busy"):
            await add(database)
    await add(database)
    await database.close()


def test_ids_sort_as_they_were_made_though_the_clock_jumps_back() -> None:
    clock = ManualClock()
    ids = Ids(clock)
    made = [ids.new() for _ in range(5000)]
    clock.advance(timedelta(days=-3))
    made += [ids.new() for _ in range(5000)]
    clock.advance(timedelta(days=10))
    made.append(ids.new())
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {made[0].variant}
