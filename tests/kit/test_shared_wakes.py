"""What another process commits to an SQLite database wakes the workers of this one, within a second."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from structlog.testing import capture_logs

from tests.kit.test_worker import OneRow
from tests.waiting import until
from veza.app import build
from veza.kit import services, worker
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.services import LOOKED_EVERY, SharedWakeListener
from veza.kit.shared_wakes import SharedWakes
from veza.settings import Settings

BOUND_SECONDS = 20
TELLS = """
import asyncio, sys
from veza.kit.database import Database

async def tell():
    database = Database.open(sys.argv[1])
    async with database.write() as session:
        session.wake("rows")
    await database.close()

asyncio.run(tell())
"""


async def tell(database: Database, topic: str = "rows") -> None:
    async with database.write("test") as session:
        session.wake(topic)


async def fail(database: Database) -> None:
    async with database.write("test") as session:
        session.wake("mails")
        raise ZeroDivisionError


@asynccontextmanager
async def listening(database: Database) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(SharedWakeListener(database.wakes).run(stop))
    yield
    stop.set()
    await asyncio.wait_for(running, BOUND_SECONDS)


async def test_a_worker_that_sleeps_for_an_hour_looks_when_another_process_commits(sqlite_url: str) -> None:
    database, rows, stop = Database.open(sqlite_url), OneRow(locked=3), asyncio.Event()
    running = asyncio.create_task(worker.run(rows, database.wakes, stop, grace=timedelta(seconds=1)))
    async with listening(database):
        await until(lambda: rows.looks == 3, "the looks of the start")
        done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", TELLS, sqlite_url], check=True)
        await asyncio.wait_for(rows.done.wait(), BOUND_SECONDS)
    assert done.returncode == 0
    assert timedelta(seconds=1) >= LOOKED_EVERY
    stop.set()
    await running
    await database.close()


async def test_a_topic_is_told_once_to_each_other_process_and_not_to_its_own(sqlite_url: str) -> None:
    mine, theirs, third = (Database.open(sqlite_url) for _ in range(3))
    bells = {one: {topic: one.wakes.bell(topic) for topic in ("rows", "mails")} for one in (mine, theirs, third)}

    def rung(one: Database) -> list[str]:
        one.wakes.ring_shared()
        found = [topic for topic, bell in bells[one].items() if bell.is_set()]
        for bell in bells[one].values():
            bell.clear()
        return found

    assert [rung(one) for one in bells] == [["rows", "mails"]] * 3, "what was told before is not known"
    await tell(theirs)
    assert rung(theirs) == ["rows"], "in its own process at once"
    assert [rung(one) for one in (mine, third, theirs)] == [["rows"], ["rows"], []]
    assert [rung(one) for one in (mine, third, theirs)] == [[], [], []]
    await tell(theirs)
    await tell(mine)
    assert rung(mine) == ["rows"], "its own word rang after theirs was committed"
    assert [rung(one) for one in (mine, theirs)] == [[], ["rows"]]
    async with mine.write("test") as session:
        session.wake("mails", elsewhere=False)
    assert [rung(one) for one in bells] == [["mails"], [], ["rows"]]
    with pytest.raises(ZeroDivisionError):
        await fail(mine)
    assert [rung(one) for one in bells] == [[], [], []]
    for one in bells:
        await one.close()


async def test_looks_for_nothing_wake_no_worker(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "LOOKED_EVERY", timedelta(milliseconds=1))
    database, rows, stop = Database.open(sqlite_url), OneRow(locked=1000), asyncio.Event()
    looks, ring_shared = 0, database.wakes.ring_shared

    def counted() -> None:
        nonlocal looks
        looks += 1
        ring_shared()

    monkeypatch.setattr(database.wakes, "ring_shared", counted)
    running = asyncio.create_task(worker.run(rows, database.wakes, stop, grace=timedelta(seconds=1)))
    async with listening(database):
        await until(lambda: rows.looks == 3 and looks >= 3, "the looks of the start")
        before = looks
        await until(lambda: looks >= before + 20, "twenty looks")
        assert rows.looks == 3
    stop.set()
    await running
    await database.close()


async def test_a_disk_that_takes_no_file_is_said_once_and_stops_nothing(tmp_path: Path) -> None:
    shared = SharedWakes(tmp_path / "no folder" / "veza.db")
    with capture_logs() as lines:
        for _ in range(2):
            shared.note("rows")
            assert shared.woken(["rows"]) == []
    assert [line["event"] for line in lines] == ["wakes.not_shared"]


async def test_the_file_is_for_its_owner_alone_and_none_is_made_for_a_database_in_memory(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    await tell(database)
    assert stat.S_IMODE(os.stat(f"{make_url(sqlite_url).database}-wakes").st_mode) == 0o600
    await database.close()
    assert SharedWakes.beside(make_url("sqlite+aiosqlite:///:memory:")) is None
    assert SharedWakes.beside(make_url("postgresql+asyncpg://127.0.0.1/veza")) is None


async def test_every_process_on_sqlite_listens(sqlite_url: str, clock: ManualClock, tmp_path: Path) -> None:
    for http in (True, False):
        veza = build(Settings(database_url=sqlite_url, var_dir=tmp_path / "var"), clock=clock, http=http)
        assert [type(one) for one in veza.services].count(SharedWakeListener) == 1
        await veza.close()
