"""What has come becomes an original of its track, once, however often its worker is killed: on both databases."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.ingest.counter import SONG, Counter, a_counter
from tests.ingest.recordings import TAGS, recording
from tests.s3_server import S3Server
from tests.waiting import until
from veza.catalog import tracks
from veza.catalog.limits import Limits
from veza.catalog.tracks import tracks_of
from veza.ingest import upload_parts, uploads
from veza.ingest.audio_versions import versions_of
from veza.ingest.upload_worker import FIRST_PAUSE, LEASE, UploadWorker
from veza.ingest.uploads import LIFETIME
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.objects import Objects, ObjectsUnavailable
from veza.kit.worker import run_once


@pytest.fixture
async def counter(database: Database, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    monkeypatch.setattr(upload_parts.cut, "__defaults__", (1000,))
    objects = Objects.in_folder(tmp_path / "objects")
    return await a_counter(database, clock, tmp_path, objects)


async def _is_whole(counter: Counter, upload_id: UUID) -> None:
    """Asserts that the upload is one original of its track and nothing else is left of it."""
    row, (version,) = await counter.row(upload_id), await counter.versions()
    assert (row.status, row.due_at, row.reason) == ("taken", None, None)
    assert row.sha256 == version.file_hash == hashlib.sha256(SONG).hexdigest()
    assert (version.status, version.file_name, version.original_bytes) == ("uploaded", "Night Bus.flac", len(SONG))
    assert await counter.keys() == [version.original_key] == [f"originals/{row.original_id}"]
    assert await counter.objects.get(version.original_key) == SONG


async def test_parts_become_one_original_of_the_track(counter: Counter) -> None:
    upload_id = await counter.sent()
    assert len(await counter.keys()) == 11
    assert await run_once(counter.worker()) == 1
    await _is_whole(counter, upload_id)
    assert await run_once(counter.worker()) == 0


async def test_a_bucket_does_as_a_folder_does(
    sqlite_url: str, clock: ManualClock, tmp_path: Path, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_parts.cut, "__defaults__", (1000,))
    database = Database.open(sqlite_url, clock=clock)
    objects = Objects.in_bucket(s3_server.bucket(str(tmp_path).strip("/")))
    counter = await a_counter(database, clock, tmp_path, objects)
    upload_id = await counter.sent()
    await run_once(counter.worker())
    await _is_whole(counter, upload_id)
    flac = recording(tmp_path / "take.flac", **TAGS).read_bytes()
    await counter.sent(flac, "take.flac", release_id=counter.release)
    await run_once(counter.worker())
    async with database.read() as session:
        assert [one.title for one in await tracks_of(session, counter.release)] == ["Night Bus", "Night Bus"]
    assert list((tmp_path / "processing").iterdir()) == []
    await database.close()


async def test_a_file_for_a_release_is_a_new_track_named_by_its_tags(counter: Counter, tmp_path: Path) -> None:
    flac = recording(tmp_path / "take.flac", **{**TAGS, "title": "Dawn over Vares"}).read_bytes()
    upload_id = await counter.sent(flac, "02 take.flac", release_id=counter.release)
    await run_once(counter.worker())
    async with counter.database.read() as session:
        _, track = await tracks_of(session, counter.release)
        (version,) = await versions_of(session, track.id)
    assert (track.title, track.isrc, track.language) == ("Dawn over Vares", "FRZ039800212", "en")
    assert {(one["name"], one["part"]) for one in track.credits} == {("Džana Kovač", "artist"), ("Ben", "composer")}
    assert version.audio_hash is not None
    assert ((await counter.row(upload_id)).track_id, track.audio_state) == (track.id, "processing")


async def test_a_file_without_tags_is_named_by_its_file(counter: Counter) -> None:
    """Whether there is sound in it, the audio worker finds out."""
    await counter.sent(SONG, "../Dawn.flac", release_id=counter.release)
    await run_once(counter.worker())
    async with counter.database.read() as session:
        _, track = await tracks_of(session, counter.release)
    assert track.title == ".._Dawn"


async def test_a_second_file_replaces_what_is_on_its_way(counter: Counter) -> None:
    for _ in range(2):
        await counter.sent()
        await run_once(counter.worker())
    assert [one.status for one in await counter.versions()] == ["canceled", "uploaded"]


@pytest.mark.parametrize("stage", ["parts_of", "prepared", "put_on_track", "remove_parts"])
async def test_a_worker_that_is_killed_is_followed_by_one_that_ends_it(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """A task that is cancelled for good stands for the process."""
    module: Any = "veza.ingest.upload_worker"
    upload_id, hangs = await counter.sent(), asyncio.Event()

    async def hang(*_: Any, **__: Any) -> None:
        hangs.set()
        await asyncio.Event().wait()

    if stage == "prepared":  # the original is written, and nothing says so yet
        monkeypatch.setattr(UploadWorker, "_take", hang)
    else:
        monkeypatch.setattr(f"{module}.{stage}", hang)
    killed = asyncio.create_task(run_once(counter.worker()))
    await hangs.wait()
    killed.cancel()
    await asyncio.wait({killed})
    monkeypatch.undo()
    assert await run_once(counter.worker()) == 0
    counter.clock.advance(LEASE)
    assert await run_once(counter.worker()) == 1
    await _is_whole(counter, upload_id)


async def test_two_workers_on_one_upload_make_one_version(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one's lease ended while it was frozen."""
    upload_id = await counter.sent()
    first, second = counter.worker(), counter.worker()
    (claim,) = await first.claim(1)
    counter.clock.advance(LEASE)
    await run_once(second)
    await first.work(claim)
    await _is_whole(counter, upload_id)


async def test_the_lease_is_renewed_as_long_as_the_work_lasts(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id, goes_on = await counter.sent(), asyncio.Event()
    parts_of = upload_parts.parts_of

    async def slow(*given: Any) -> Any:
        await goes_on.wait()
        return await parts_of(*given)

    monkeypatch.setattr("veza.ingest.upload_worker.parts_of", slow)
    working = asyncio.create_task(run_once(counter.worker(lease=timedelta(seconds=0.3))))

    async def is_claimed() -> bool:
        return (await counter.row(upload_id)).attempt == 2

    await until(is_claimed)
    first_end = (await counter.row(upload_id)).due_at
    assert first_end is not None
    counter.clock.advance(timedelta(seconds=0.2))

    async def is_renewed() -> bool:
        due_at = (await counter.row(upload_id)).due_at
        return due_at is not None and due_at > first_end

    await until(is_renewed)
    goes_on.set()
    await working
    await _is_whole(counter, upload_id)


async def test_a_store_that_is_gone_is_asked_again_later_and_says_so(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = await counter.sent()
    with monkeypatch.context() as gone:

        async def fails(*_: Any) -> None:
            raise ObjectsUnavailable("write it", OSError("No space left on device"))  # type: ignore[arg-type]

        gone.setattr(Objects, "write", fails)
        await run_once(counter.worker())
        waits = await counter.row(upload_id)
        assert (waits.status, waits.retry_count) == ("received", 1)
        assert str(waits.reason) == "the server's object store cannot be reached or written"
        assert waits.due_at == counter.clock.now() + FIRST_PAUSE
        counter.clock.advance(FIRST_PAUSE)
        await run_once(counter.worker())
        assert (await counter.row(upload_id)).due_at == counter.clock.now() + 2 * FIRST_PAUSE
    counter.clock.advance(2 * FIRST_PAUSE)
    await run_once(counter.worker())
    await _is_whole(counter, upload_id)


async def test_an_upload_that_was_abandoned_expires_after_a_day_and_leaves_nothing(counter: Counter) -> None:
    upload_id = await counter.sent(SONG, length=len(SONG) + 1)
    counter.clock.advance(LIFETIME - timedelta(seconds=1))
    assert await run_once(counter.worker()) == 0
    counter.clock.advance(timedelta(seconds=1))
    assert await run_once(counter.worker()) == 1
    row = await counter.row(upload_id)
    assert (row.status, row.due_at) == ("expired", None)
    assert await counter.keys() == []


async def test_an_upload_that_is_given_up_leaves_nothing(counter: Counter) -> None:
    upload_id = await counter.sent()
    async with counter.database.write() as session:
        await uploads.terminate(session, await uploads.upload_of(session, upload_id, counter.anna))
    await run_once(counter.worker())
    assert (await counter.row(upload_id)).due_at is None
    assert await counter.keys() == await counter.versions() == []


async def test_an_upload_that_is_given_up_while_it_is_joined_leaves_nothing(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = await counter.sent()
    worker = counter.worker()
    (claim,) = await worker.claim(1)
    async with counter.database.write() as session:
        await uploads.terminate(session, await uploads.upload_of(session, upload_id, counter.anna))
    other = counter.worker()
    (cleaning,) = await other.claim(1)
    await other.work(cleaning)
    monkeypatch.setattr("veza.ingest.upload_worker.parts_of", _no_parts)
    await worker.work(claim)
    assert await counter.keys() == await counter.versions() == []


async def _no_parts(*_: Any) -> list[Any]:
    return []


async def test_a_track_that_is_gone_is_a_reason_and_leaves_nothing(counter: Counter) -> None:
    upload_id = await counter.sent()
    async with counter.database.write() as session:
        await tracks.forget_tracks(session, counter.release)
    await run_once(counter.worker())
    row = await counter.row(upload_id)
    assert (row.status, str(row.reason)) == ("refused", "the track it was sent for is gone")
    assert await counter.keys() == []


async def test_a_release_that_is_full_is_a_reason(counter: Counter) -> None:
    upload_id = await counter.sent(release_id=counter.release)
    await run_once(counter.worker(limits=Limits(tracks_per_release=1)))
    row = await counter.row(upload_id)
    assert row.status == "refused"
    assert "at most 1 tracks" in str(row.reason)


async def test_a_part_that_is_lost_is_a_reason(counter: Counter) -> None:
    upload_id = await counter.sent()
    (lost,) = [key for key in await counter.keys() if "/000000000003000-" in key]
    await counter.objects.remove(lost)
    await run_once(counter.worker())
    row = await counter.row(upload_id)
    assert (row.status, str(row.reason)) == ("refused", "what was stored of the file ends at byte 3,000")


async def test_parts_of_writers_that_were_displaced_are_not_read(counter: Counter) -> None:
    upload_id = await counter.sent()
    writer = (await counter.row(upload_id)).attempt
    await counter.objects.put(upload_parts.key_of(upload_id, 2000, writer - 1), b"stale" * 100)
    await counter.objects.put(upload_parts.key_of(upload_id, 2500, writer - 1), b"stale")
    await run_once(counter.worker())
    await _is_whole(counter, upload_id)
