"""kill -9 of an audio worker, at each point of its work: the next one ends the work, and nothing is left over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests import commands
from tests.journeys.stopping_worker import POINTS
from tests.journeys.workshop import FILES, Workshop, a_workshop
from tests.s3_server import S3Server
from tests.waiting import until
from veza.ingest.storage_check import SPARED
from veza.ingest.track_jobs import LEASE
from veza.kit.clock import ManualClock, SystemClock
from veza.kit.worker import run_once

ON_POSTGRESQL = ("all_rungs", "storing", "recording")
"""Where rows and files may part: the others are the same on every database."""
CASES = [(point, "sqlite") for point in POINTS] + [(point, "postgresql") for point in ON_POSTGRESQL]


@pytest.fixture
def places(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """The database that the parameter names, and where objects lie: in a bucket if the original is to be copied."""
    point, name = request.param
    url: str = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[name])
    if point != "copying":
        return url, str(tmp_path / "objects")
    server: S3Server = request.getfixturevalue("s3_server")
    return url, f"{server.port}:{tmp_path.name}"


@pytest.fixture
async def workshop(places: tuple[str, str], tmp_path: Path, clock: ManualClock) -> AsyncIterator[Workshop]:
    async with a_workshop(*places, tmp_path, clock) as workshop:
        yield workshop


async def killed_at(point: str, workshop: Workshop, folder: Path) -> list[int]:
    """Kill a worker at a point; returns the processes that it had started and that ran then."""
    arguments = ("-m", "tests.journeys.stopping_worker", workshop.url, workshop.place, str(workshop.processing), point)
    process = commands.Process("worker", arguments, folder, {})
    await process.start("there")
    assert process.running is not None
    children = commands.children_of(process.running.pid)
    await process.kill()
    return children


@pytest.mark.parametrize(
    ("places", "point"), [pytest.param(case, case[0], id=" on ".join(case)) for case in CASES], indirect=["places"]
)
async def test_what_a_killed_worker_left_comes_to_its_end(
    workshop: Workshop, point: str, tmp_path: Path, clock: ManualClock
) -> None:
    children = await killed_at(point, workshop, tmp_path)
    assert (await workshop.row()).status == "processing"
    await until(lambda: not any(commands.is_running(one) for one in children), "the end of the process that renders")
    assert children or point in ("copying", "all_rungs", "storing", "recording")  # it may have made everything by then
    assert len(list(workshop.processing.iterdir())) == (0 if point == "recording" else 1)
    next_worker = workshop.worker()
    assert await next_worker.claim(1) == [], "its lease lasts"
    clock.advance(LEASE + timedelta(seconds=1))
    assert await run_once(next_worker) == 1
    row = await workshop.row()
    assert (row.status, row.attempt) == ("ready", 2)
    stored = await workshop.stored()
    assert len(stored) == FILES + 1, stored
    assert list(workshop.processing.iterdir()) == []
    clock.advance(SystemClock().now() - clock.now() + SPARED + SPARED)  # files have the machine's time
    checked = await workshop.check().run()
    assert (checked.orphans, checked.halves, checked.missing) == ([], [], [])
