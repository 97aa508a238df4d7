"""kill -9 of the process that joins uploads, at each point of its work: the next one ends it, and nothing is left."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests import commands
from tests.ingest.counter import SONG, a_counter
from tests.ingest.recordings import TAGS, recording
from tests.ingest.stopping_upload_worker import ONE_STORED, POINTS, POINTS_OF
from veza.catalog.releases import Release
from veza.catalog.tracks import tracks_of
from veza.ingest import storage_check
from veza.ingest.audio_versions import versions_of
from veza.ingest.storage_check import SPARED, StorageCheck
from veza.ingest.upload_worker import LEASE
from veza.kit.clock import ManualClock, SystemClock
from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.kit.worker import run_once


async def killed_at(point: str, url: str, folder: Path) -> None:
    where = (url, str(folder / "objects"), str(folder / "processing"))
    process = commands.Process("worker", ("-m", "tests.ingest.stopping_upload_worker", *where, point), folder, {})
    await process.start("there")
    await process.kill()


@pytest.mark.parametrize("point", POINTS)
async def test_what_a_killed_upload_worker_left_comes_to_its_end(
    sqlite_url: str, clock: ManualClock, tmp_path: Path, point: str
) -> None:
    database, place = Database.open(sqlite_url, clock=clock), tmp_path / "objects"
    counter = await a_counter(database, clock, tmp_path, Objects.in_folder(place))
    upload_id = await counter.sent()
    await killed_at(point, sqlite_url, tmp_path)
    assert await run_once(counter.worker()) == 0, "its lease lasts"
    clock.advance(LEASE)
    assert await run_once(counter.worker()) == 1
    row, (version,) = await counter.row(upload_id), await counter.versions()
    assert (row.status, row.due_at) == ("taken", None)
    assert await counter.objects.get(version.original_key) == SONG
    assert await counter.keys() == [version.original_key]
    clock.advance(SystemClock().now() - clock.now() + SPARED + SPARED)  # files have the machine's time
    owners = {"originals": storage_check.originals, "uploads": storage_check.uploads}
    checked = await StorageCheck(database, counter.objects, owners).run(fixes=True)
    assert (checked.orphans, checked.missing) == ([], [])
    assert counter.objects.half_written() == []
    await database.close()


@pytest.mark.parametrize(("what", "point"), [(what, point) for what, points in POINTS_OF.items() for point in points])
async def test_what_a_killed_upload_worker_left_of_a_draft_comes_to_its_end(
    sqlite_url: str, clock: ManualClock, tmp_path: Path, what: str, point: str
) -> None:
    """No recording is there twice or lacks. The object of one that was stored and not yet taken is kept for nothing:
    the check removes it."""
    database, place = Database.open(sqlite_url, clock=clock), tmp_path / "objects"
    counter = await a_counter(database, clock, tmp_path, Objects.in_folder(place))
    songs = {
        f"{number}.flac": recording(
            tmp_path / f"{number}.flac", **{**TAGS, "title": title, "track": number}
        ).read_bytes()
        for number, title in (("1", "Dawn"), ("2", "Dusk"))
    }
    sent = {name: content for name, content in songs.items() if what == "drop"} or {"album.zip": zipped(songs)}
    drop = uuid4()
    uploads = [
        await counter.sent(
            content, name, artist_id=counter.artist, drop=(drop, len(sent), name) if what == "drop" else None
        )
        for name, content in sent.items()
    ]
    await killed_at(point, sqlite_url, tmp_path)
    clock.advance(LEASE)
    while await run_once(counter.worker()):
        pass
    rows = [await counter.row(one) for one in uploads]
    assert [(row.status, row.due_at) for row in rows] == [("taken", None)] * len(rows)
    async with database.read() as session:
        (release,) = await session.scalars(select(Release).where(Release.id != counter.release))
        tracks = await tracks_of(session, release.id)
        versions = [one for track in tracks for one in await versions_of(session, track.id)]
    assert [track.title for track in tracks] == ["Dawn", "Dusk"]
    assert [await counter.objects.get(one.original_key) for one in versions] == list(songs.values())
    clock.advance(SystemClock().now() - clock.now() + SPARED + SPARED)  # files have the machine's time
    owners = {"originals": storage_check.originals, "uploads": storage_check.uploads}
    check = StorageCheck(database, counter.objects, owners)
    checked = await check.run(fixes=True)
    assert (len(checked.orphans), checked.missing) == (1 if point == ONE_STORED else 0, [])
    assert sorted(await counter.keys()) == sorted(one.original_key for one in versions)
    assert list((tmp_path / "processing").glob("*")) == []
    await database.close()


def zipped(songs: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as album:
        for name, content in songs.items():
            album.writestr(name, content)
    return packed.getvalue()
