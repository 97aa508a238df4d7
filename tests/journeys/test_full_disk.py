"""A disk that is full and a store that is gone put the work off, with a sentence; nothing of what was sent is lost."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

import pytest

from tests.commands import ROOT
from tests.conftest import missing
from tests.journeys.workshop import FILES, a_workshop
from tests.line import a_line_to
from tests.s3_server import S3Server
from veza.ingest.audio_worker import FIRST_PAUSE
from veza.kit.clock import ManualClock
from veza.kit.worker import run_once
from veza.settings import environment_for_children

IN_SMALL_DISK = 'mount -t tmpfs -o size=600k tmpfs "$1" && shift && exec "$@"'
NO_NAMESPACES = "this machine lets no process mount a disk of its own (unshare -rm)"
BOUND_SECONDS = 60


async def test_a_full_disk_puts_the_work_off_until_there_is_room(
    sqlite_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    async with a_workshop(sqlite_url, str(tmp_path / "objects"), tmp_path, clock) as workshop:
        workshop.processing.mkdir()
        await _worked_on_a_small_disk(sqlite_url, workshop.place, str(workshop.processing))
        row = await workshop.row()
        assert (row.status, row.attempt) == ("uploaded", 1)
        assert str(row.reason) == "the server's disk for files in the making is full"
        clock.advance(FIRST_PAUSE)
        assert await run_once(workshop.worker()) == 1
        assert ((await workshop.row()).status, (await workshop.row()).reason) == ("ready", None)
        assert len(await workshop.stored()) == FILES + 1


async def _worked_on_a_small_disk(url: str, place: str, processing: str) -> None:
    """One round of a worker whose folder for files in the making is a disk of 600 KB."""
    if shutil.which("unshare") is None:
        missing("unshare is not installed (Debian: apt-get install util-linux)")
    program = [sys.executable, "-m", "tests.journeys.stopping_worker", url, place, processing, "nowhere"]
    process = await asyncio.create_subprocess_exec(
        "unshare", "-rm", "sh", "-c", IN_SMALL_DISK, "sh", processing, *program,
        cwd=ROOT, env=environment_for_children(), stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await asyncio.wait_for(process.communicate(), BOUND_SECONDS)
    if b"unshare failed" in said or b"permission denied" in said.lower():
        missing(NO_NAMESPACES)
    assert process.returncode == 0, said.decode()


@pytest.mark.parametrize("moment", ["before", "while storing"])
async def test_a_store_that_is_gone_and_back_loses_nothing(
    sqlite_url: str, tmp_path: Path, clock: ManualClock, s3_server: S3Server, moment: str
) -> None:
    async with (
        a_line_to(s3_server.port) as line,
        a_workshop(sqlite_url, f"{line.port}:{tmp_path.name}", tmp_path, clock) as workshop,
    ):
        if moment == "before":
            await line.cut()
        else:
            line.lasts_bytes = 150_000
        await run_once(workshop.worker())
        row = await workshop.row()
        assert (row.status, row.attempt) == ("uploaded", 1)
        assert str(row.reason) == "the server's object store cannot be reached or written"
        await line.mend()
        clock.advance(FIRST_PAUSE)
        assert await run_once(workshop.worker()) == 1
        assert ((await workshop.row()).status, (await workshop.row()).reason) == ("ready", None)
        assert len(await workshop.stored()) == FILES + 1
