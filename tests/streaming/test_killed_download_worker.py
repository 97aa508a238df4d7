"""kill -9 of the process that makes downloads while it keeps one: the next makes it anew, and one file is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import commands
from tests.streaming.stopping_download_worker import POINTS
from tests.streaming.test_downloads import ask
from tests.streaming.world import open_label
from veza.ingest.track_jobs import LEASE
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.worker import run_once


@pytest.mark.parametrize("point", POINTS)
async def test_what_a_killed_download_worker_left_comes_to_its_end(
    sqlite_url: str, clock: ManualClock, tmp_path: Path, point: str
) -> None:
    database = Database.open(sqlite_url, clock=clock)
    label = await open_label(database, tmp_path / "label")
    release_id, (track_id,) = await label.album("Led")
    asked = await ask(label, await label.owner(release_id), track_id)
    where = (sqlite_url, str(label.folder / "objects"), str(label.folder / "making"))
    process = commands.Process(
        "worker", ("-m", "tests.streaming.stopping_download_worker", *where, point), tmp_path, {}
    )
    await process.start("there")
    await process.kill()
    assert (await label.download(asked.id)).status == "making"
    assert await run_once(label.worker) == 0, "its lease lasts"
    clock.advance(LEASE + LEASE)
    assert await run_once(label.worker) == 1
    row = await label.download(asked.id)
    assert (row.status, row.attempt) == ("ready", 2)
    assert await label.stored() == [row.key]
    assert label.objects.half_written() == []
    assert list((label.folder / "making").iterdir()) == []
    await database.close()
