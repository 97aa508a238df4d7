"""A disk that is full and a store that is gone put the work off, with a sentence; nothing of what was sent is lost."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.commands import ROOT
from tests.conftest import missing
from tests.journeys.workshop import FILES, a_workshop
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


class Line:
    """A port that leads to another, until it is cut: by hand, or after so many bytes were sent to there."""

    def __init__(self, to: int) -> None:
        self._to, self.port = to, 0
        self.lasts_bytes: int | None = None
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def mend(self) -> None:
        self.lasts_bytes = None
        self._server = await asyncio.start_server(self._lead, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for one in self._open:
            one.transport.abort()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, answers = await asyncio.open_connection("127.0.0.1", self._to), writer
        self._open |= {answers, there[1]}
        try:
            await asyncio.gather(self._pass(reader, there[1], True), self._pass(there[0], answers, False))
        finally:
            self._open -= {answers, there[1]}

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, is_sent: bool) -> None:
        with suppress(OSError):
            while chunk := await source.read(65_536):
                if is_sent and self.lasts_bytes is not None:
                    self.lasts_bytes -= len(chunk)
                    if self.lasts_bytes < 0:
                        await self.cut()
                target.write(chunk)
                await target.drain()
        target.close()


@asynccontextmanager
async def a_line_to(port: int) -> AsyncIterator[Line]:
    line = Line(port)
    await line.mend()
    yield line
    await line.cut()
