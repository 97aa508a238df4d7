"""How much may be uploaded: what an artist may have, and what the disk holds."""

from __future__ import annotations

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.api.ingest.conftest import Desk, a_desk, metadata
from tests.pseudo_language import plain
from veza.catalog.tracks import find_track
from veza.ingest import upload_space
from veza.ingest.audio_versions import find_version
from veza.ingest.originals import Original, cancel, take_original
from veza.ingest.upload_space import UploadLimits
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.limits import Limit
from veza.kit.objects import Objects
from veza.kit.schema import make_tables


async def refused(desk: Desk, length_bytes: int) -> httpx.Response:
    said = metadata(track=desk.track)
    return await desk.tus("POST", "/uploads", Upload_Length=str(length_bytes), Upload_Metadata=said)


async def test_a_quota_counts_what_is_on_its_way_and_says_what_is_left(database: Database, clock: ManualClock) -> None:
    async with a_desk(database, clock, limits=UploadLimits(artist_bytes=10_000)) as desk:
        given_up = await desk.begun(6_000)
        answer = await refused(desk, 4_001)
        assert (answer.status_code, answer.json()["type"]) == (413, "urn:veza:problem:upload-quota-reached")
        assert plain(answer.json()["detail"]).endswith("4,000 are left")
        await desk.tus("DELETE", given_up)
        await desk.begun(10_000)


async def test_of_two_that_begin_at_once_only_one_has_space(database: Database, clock: ManualClock) -> None:
    async with a_desk(database, clock, limits=UploadLimits(artist_bytes=10_000)) as desk:
        answers = await asyncio.gather(refused(desk, 6_000), refused(desk, 6_000))
        assert sorted(answer.status_code for answer in answers) == [201, 413]


async def test_uploads_that_never_end_are_counted_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_space, "MOST_PENDING", 2)
    for _ in range(2):
        await desk.begun(1)
    assert (await refused(desk, 1)).json()["type"] == "urn:veza:problem:upload-quota-reached"


async def test_a_disk_keeps_its_reserve_and_space_for_what_was_begun(
    clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file needs its length four times: itself, and what is made of it."""
    database = Database.open("sqlite+aiosqlite:///:memory:", clock=clock)
    await make_tables(database.engine)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 0, 100_000))
    parts = {"objects": Objects.in_folder(tmp_path / "objects"), "limits": UploadLimits(free_disk_bytes=40_000)}
    async with a_desk(database, clock, **parts) as desk:
        await desk.begun(10_000)
        answer = await refused(desk, 5_001)
        assert (answer.status_code, answer.json()["type"]) == (507, "urn:veza:problem:disk-full")
        await desk.begun(5_000)
    await database.close()


async def test_a_file_that_has_come_keeps_the_space_for_what_is_made_of_it(
    clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database.open("sqlite+aiosqlite:///:memory:", clock=clock)
    await make_tables(database.engine)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 0, 40_000))
    parts = {"objects": Objects.in_folder(tmp_path / "objects"), "limits": UploadLimits(free_disk_bytes=0)}
    async with a_desk(database, clock, **parts) as desk:
        async with database.write("test") as session:
            sent = Original("originals/one", 10_000, "0" * 64, "take.wav", "upload")
            version = await take_original(session, await find_track(session, desk.track), sent)
        assert (await refused(desk, 2_501)).json()["type"] == "urn:veza:problem:disk-full"
        await desk.tus("DELETE", await desk.begun(2_500))
        async with database.write("test") as session:
            await cancel(session, await find_version(session, version.id))
        await desk.begun(10_000)
    await database.close()


async def test_a_person_begins_so_many_at_once_and_no_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    few = Limit("uploads", burst=2, per=timedelta(seconds=5))
    monkeypatch.setattr("veza.api.ingest.uploads.UPLOADS", few)
    for _ in range(2):
        await desk.begun(1)
    answer = await refused(desk, 1)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
