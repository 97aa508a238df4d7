"""A server that is short of space or open files is no file's fault: nothing that was sent is left out because of it."""

from __future__ import annotations

import resource
import tempfile
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.filling_bucket import a_filling_bucket
from tests.ingest.counter import a_counter
from tests.ingest.recordings import TAGS, recording
from tests.s3_server import S3Server
from veza.ingest import archive
from veza.ingest.audio_versions import AudioVersion
from veza.ingest.opening import open_source
from veza.ingest.sources import Source
from veza.ingest.upload_worker import LONGEST_PAUSE
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.kit.work_folders import DiskFull
from veza.kit.worker import run_once

MUSIC = bytes(100_000)


def zipped(path: Path, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("1.flac", content)
    return path


@pytest.fixture(params=["folder", "ZIP"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    """A source with one recording."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "1.flac").write_bytes(MUSIC)
    return open_source(tmp_path / "m" if request.param == "folder" else zipped(tmp_path / "m.zip", MUSIC))


def test_a_file_is_copied(source: Source, tmp_path: Path) -> None:
    source.copy(source.listed.files[0], tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == MUSIC
    source.close()


def test_a_full_disk_is_said_of_the_disk(source: Source) -> None:
    with pytest.raises(DiskFull):
        source.copy(source.listed.files[0], Path("/dev/full"))
    source.close()


def test_too_few_open_files_are_said_of_the_server(source: Source, tmp_path: Path) -> None:
    zipped(tmp_path / "other.zip", MUSIC)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with (tmp_path / "last").open("wb") as last:
        resource.setrlimit(resource.RLIMIT_NOFILE, (last.fileno() + 1, hard))
        try:
            with pytest.raises(OSError, match="Too many open files"):
                source.copy(source.listed.files[0], tmp_path / "copy")
            for name in ("m", "other.zip"):
                with pytest.raises(OSError, match="Too many open files"):
                    open_source(tmp_path / name)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    source.close()


async def test_an_uploaded_zip_is_unpacked_beside_the_files_in_the_making(
    database: Database, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's own folder for passing files is often small, or memory."""
    monkeypatch.setattr(archive, "IN_MEMORY", 10)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "there is no such folder"))
    counter = await a_counter(database, clock, tmp_path, Objects.in_folder(tmp_path / "objects"))
    album = zipped(tmp_path / "album.zip", recording(tmp_path / "1.flac", **TAGS).read_bytes())
    upload_id = await counter.sent(album.read_bytes(), "Blue Hours.zip", artist_id=counter.artist)
    await run_once(counter.worker())
    row = await counter.row(upload_id)
    assert (row.status, row.reason) == ("taken", None)


@pytest.mark.parametrize("what", ["a track's file", "ZIP", "drop"])
async def test_a_bucket_that_fills_up_puts_an_upload_off_until_there_is_space(
    sqlite_url: str, clock: ManualClock, tmp_path: Path, s3_server: S3Server, what: str
) -> None:
    """While its parts are joined; or when they are, and the recordings are stored."""
    database = Database.open(sqlite_url, clock=clock)
    song = recording(tmp_path / "1.flac", **TAGS).read_bytes()
    with a_filling_bucket(s3_server.port) as (bucket, port):
        objects = Objects.in_bucket(s3_server.bucket(tmp_path.name, port))
        counter = await a_counter(database, clock, tmp_path, objects)
        album = zipped(tmp_path / "album.zip", song).read_bytes()
        drop = (uuid4(), 1, "1.flac") if what == "drop" else None
        target = {"track_id": counter.track} if what == "a track's file" else {"artist_id": counter.artist}
        upload_id = await counter.sent(album if what == "ZIP" else song, "1.flac", drop=drop, **target)
        bucket.space_bytes = len(album) + 1 if what == "ZIP" else 1
        await run_once(counter.worker())
        row = await counter.row(upload_id)
        assert (row.status, str(row.reason)) == ("received", "the server's object store is full")
        bucket.space_bytes = None
        clock.advance(LONGEST_PAUSE)
        while await run_once(counter.worker()):
            pass
        assert ((await counter.row(upload_id)).status, (await counter.row(upload_id)).reason) == ("taken", None)
        async with database.read() as session:
            (version,) = await session.scalars(select(AudioVersion))
        assert await objects.get(version.original_key) == song
        assert await counter.keys() == [version.original_key]
    await database.close()
