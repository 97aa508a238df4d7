"""kill -9 of the process that joins uploads, at each point of its work: the next one ends it, and nothing is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import commands
from tests.ingest.counter import SONG, a_counter
from tests.ingest.stopping_upload_worker import POINTS
from veza.ingest import storage_check
from veza.ingest.storage_check import SPARED, StorageCheck
from veza.ingest.upload_worker import LEASE
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.kit.worker import run_once


@pytest.mark.parametrize("point", POINTS)
async def test_what_a_killed_upload_worker_left_comes_to_its_end(
    sqlite_url: str, clock: ManualClock, tmp_path: Path, point: str
) -> None:
    database, place = Database.open(sqlite_url, clock=clock), tmp_path / "objects"
    counter = await a_counter(database, clock, tmp_path, Objects.in_folder(place))
    upload_id = await counter.sent()
    program = ("-m", "tests.ingest.stopping_upload_worker", sqlite_url, str(place), str(tmp_path / "processing"), point)
    process = commands.Process("worker", program, tmp_path, {})
    await process.start("there")
    await process.kill()
    assert await run_once(counter.worker()) == 0, "its lease lasts"
    clock.advance(LEASE)
    assert await run_once(counter.worker()) == 1
    row, (version,) = await counter.row(upload_id), await counter.versions()
    assert (row.status, row.due_at) == ("taken", None)
    assert await counter.objects.get(version.original_key) == SONG
    assert await counter.keys() == [version.original_key]
    clock.advance(SPARED + SPARED)
    owners = {"originals": storage_check.originals, "uploads": storage_check.uploads}
    checked = await StorageCheck(database, counter.objects, owners).run(fixes=True)
    assert (checked.orphans, checked.missing) == ([], [])
    assert counter.objects.half_written() == []
    await database.close()
