"""A disk that is full and a store that is gone put the work off, with a sentence; nothing of what was sent is lost."""

from __future__ import annotations

import asyncio
import shutil
import sys
import zipfile
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

from tests.audio.sounds import FORMATS, write
from tests.commands import ROOT
from tests.conftest import missing
from tests.filling_bucket import a_filling_bucket
from tests.ingest.counter import a_counter
from tests.journeys.workshop import FILES, RATE, a_workshop
from tests.line import a_line_to
from tests.s3_server import S3Server
from veza.catalog.tracks import tracks_of
from veza.ingest.audio_versions import versions_of
from veza.ingest.audio_worker import FIRST_PAUSE
from veza.ingest.upload_worker import LONGEST_PAUSE
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.kit.worker import run_once
from veza.settings import environment_for_children

IN_SMALL_DISK = 'mount -t tmpfs -o size=600k tmpfs "$1" && shift && exec "$@"'
NO_NAMESPACES = "this machine lets no process mount a disk of its own (unshare -rm)"
BOUND_SECONDS = 60


async def test_a_full_disk_puts_the_work_off_until_there_is_space(
    sqlite_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    async with a_workshop(sqlite_url, str(tmp_path / "objects"), tmp_path, clock) as workshop:
        workshop.processing.mkdir()
        await _worked_on_a_small_disk("journeys.stopping_worker", sqlite_url, workshop.place, workshop.processing)
        row = await workshop.row()
        assert (row.status, row.attempt) == ("uploaded", 1)
        assert str(row.reason) == "the server's disk for files in the making is full"
        clock.advance(FIRST_PAUSE)
        assert await run_once(workshop.worker()) == 1
        assert ((await workshop.row()).status, (await workshop.row()).reason) == ("ready", None)
        assert len(await workshop.stored()) == FILES + 1


@pytest.mark.parametrize("what", ["ZIP", "drop"])
async def test_a_full_disk_puts_an_upload_off_until_there_is_space(
    sqlite_url: str, tmp_path: Path, clock: ManualClock, what: str
) -> None:
    """It is full while the recordings come out of the ZIP, or are laid out as they lay."""
    database, place, processing = Database.open(sqlite_url, clock=clock), tmp_path / "objects", tmp_path / "processing"
    counter = await a_counter(database, clock, tmp_path, Objects.in_folder(place))
    silence = write(tmp_path / "silence.wav", FORMATS["WAV 16 bit"], np.zeros((2, 6 * RATE)), RATE)
    with zipfile.ZipFile(tmp_path / "album.zip", "w", zipfile.ZIP_DEFLATED) as album:
        album.write(silence, "Blue Hours/1 Night.wav")
    file, drop = (tmp_path / "album.zip", None) if what == "ZIP" else (silence, (uuid4(), 1, "Blue Hours/1 Night.wav"))
    upload_id = await counter.sent(file.read_bytes(), file.name, drop=drop, artist_id=counter.artist)
    processing.mkdir()
    await _worked_on_a_small_disk("ingest.stopping_upload_worker", sqlite_url, str(place), processing)
    row = await counter.row(upload_id)
    assert (row.status, str(row.reason)) == ("received", "the server's disk for files in the making is full")
    clock.advance(LONGEST_PAUSE)
    while await run_once(counter.worker()):
        pass
    row = await counter.row(upload_id)
    assert (row.status, row.reason) == ("taken", None)
    async with database.read() as session:
        (track,) = await tracks_of(session, row.release_id or upload_id)
        (version,) = await versions_of(session, track.id)
    assert await counter.objects.get(version.original_key) == silence.read_bytes()
    await database.close()


async def _worked_on_a_small_disk(module: str, url: str, place: str, folder: Path) -> None:
    """One round of a worker whose folder for files in the making is a disk of 600 KB."""
    processing = str(folder)
    if shutil.which("unshare") is None:
        missing("unshare is not installed (Debian: apt-get install util-linux)")
    program = [sys.executable, "-m", f"tests.{module}", url, place, processing, "nowhere"]
    process = await asyncio.create_subprocess_exec(
        "unshare", "-rm", "sh", "-c", IN_SMALL_DISK, "sh", processing, *program,
        cwd=ROOT, env=environment_for_children(), stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await asyncio.wait_for(process.communicate(), BOUND_SECONDS)
    if b"unshare failed" in said or b"permission denied" in said.lower():
        missing(NO_NAMESPACES)
    assert process.returncode == 0, said.decode()


async def test_a_bucket_that_fills_up_while_renditions_are_stored_loses_nothing(
    sqlite_url: str, tmp_path: Path, clock: ManualClock, s3_server: S3Server
) -> None:
    with a_filling_bucket(s3_server.port) as (bucket, port):
        async with a_workshop(sqlite_url, f"{port}:{tmp_path.name}", tmp_path, clock) as workshop:
            bucket.space_bytes = 150_000
            await run_once(workshop.worker())
            row = await workshop.row()
            assert (row.status, str(row.reason)) == ("uploaded", "the server's object store is full")
            bucket.space_bytes = None
            clock.advance(FIRST_PAUSE)
            assert await run_once(workshop.worker()) == 1
            assert ((await workshop.row()).status, (await workshop.row()).reason) == ("ready", None)
            assert len(await workshop.stored()) == FILES + 1


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
