"""An original becomes sound: on both databases, with real files and the real process that reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.audio.sounds import FORMATS, tone, write
from tests.ingest.conftest import Intake
from tests.waiting import until
from tests.working import working
from veza.audio.manifest import Rung
from veza.catalog.artists import Artist
from veza.catalog.releases import ReleaseDraft, create_release
from veza.catalog.track_drafts import TrackDraft
from veza.catalog.tracks import Track, add_tracks, find_track
from veza.ingest import originals
from veza.ingest.audio_versions import AudioVersion, UnknownVersion, find_version
from veza.ingest.audio_worker import FIRST_PAUSE, AudioRules, AudioWorker
from veza.ingest.originals import Original
from veza.ingest.track_jobs import LONGEST_PAUSE, MOST_TRIES
from veza.ingest.track_sound import sound_of
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.kit.worker import run_once

RATE = 44_100


@dataclass
class Studio:
    """A track of a draft, the objects, and the worker."""

    database: Database
    objects: Objects
    clock: ManualClock
    track_id: UUID
    folder: Path
    worker: AudioWorker

    def another_worker(self, lease: timedelta = timedelta(seconds=60)) -> AudioWorker:
        return AudioWorker(self.database, self.objects, AudioRules(self.folder / "other", lease=lease))

    async def send(self, name: str = "take.flac", seconds: float = 1.0, data: bytes | None = None) -> UUID:
        """A stored original of a tone of `seconds`, or `data`, as a version of the track's audio."""
        path = self.folder / name
        if data is None:
            write(path, FORMATS["FLAC 16 bit"], tone(round(seconds * RATE), RATE), RATE)
        else:
            path.write_bytes(data)
        async with self.database.write("test") as session:
            key = originals.original_key(session.new_id())
        await self.objects.write_file(key, path)
        original = Original(key, path.stat().st_size, "0" * 64, name, "upload")
        async with self.database.write("test") as session:
            track = await find_track(session, self.track_id)
            return (await originals.take_original(session, track, original)).id

    async def version(self, version_id: UUID) -> AudioVersion:
        async with self.database.read() as session:
            return await find_version(session, version_id)

    async def track(self) -> Track:
        async with self.database.read() as session:
            return await find_track(session, self.track_id)

    async def stored(self, prefix: str) -> list[str]:
        return [one.key async for one in self.objects.listing(prefix)]

    async def act(self, what: Callable[..., object], version_id: UUID) -> None:
        async with self.database.write("test") as session:
            await what(session, await find_version(session, version_id))  # type: ignore[misc]  # moves are of several shapes


@pytest.fixture
async def studio(intake: Intake, clock: ManualClock, tmp_path: Path) -> Studio:
    database, objects = intake.catalog.database, Objects.in_folder(tmp_path / "objects")
    async with database.write("test") as session:
        artist = await session.get_one(Artist, intake.artist_id)
        release = await create_release(session, artist, ReleaseDraft(title="Blue Hours", kind="single"))
        (track,) = await add_tracks(session, release, [TrackDraft("Night Bus")], limits=intake.catalog.limits)
    folder = tmp_path / "work"
    folder.mkdir()
    worker = AudioWorker(database, objects, AudioRules(folder / "processing"))
    return Studio(database, objects, clock, track.id, folder, worker)


async def test_an_original_becomes_every_rung_and_a_preview(studio: Studio) -> None:
    version_id = await studio.send(seconds=2.0)
    assert (await studio.track()).audio_state == "processing"
    assert await run_once(studio.worker) == 1
    version, track = await studio.version(version_id), await studio.track()
    assert version.status == "ready"
    sound = sound_of(version)
    assert sound is not None
    assert {one.rung for one in sound.rendered.renditions} == set(Rung)
    assert (sound.rendered.samples, sound.rendered.rate) == (2 * RATE, RATE)
    assert sound.preview is not None
    assert sound.rendered.waveform is not None
    assert sorted(await studio.stored(f"audio/{version_id}")) == sorted(
        sound.key(name)
        for name in (
            "aac64.mp4", "aac64.m4a", "aac128.mp4", "aac128.m4a", "aac256.mp4", "aac256.m4a", "flac.mp4",
            "preview.mp4", "preview.m4a",
        )
    )  # fmt: skip
    assert (track.audio_state, track.audio_id, track.audio_samples) == ("ready", version_id, 2 * RATE)
    assert track.duration_ms == 2000
    assert list((studio.folder / "processing").iterdir()) == []


async def test_each_rendition_is_as_large_as_its_manifest_says(studio: Studio) -> None:
    version_id = await studio.send()
    await run_once(studio.worker)
    sound = sound_of(await studio.version(version_id))
    assert sound is not None
    for one in sound.rendered.renditions:
        assert (await studio.objects.head(sound.key(f"{one.rung}.mp4"))).size_bytes == one.size_bytes


async def test_what_is_no_sound_fails_with_a_reason_and_can_be_tried_again(studio: Studio) -> None:
    version_id = await studio.send("notes.txt", data=b"la la la " * 1000)
    await run_once(studio.worker)
    version = await studio.version(version_id)
    assert version.status == "failed"
    assert version.reason is not None
    assert "la la" not in str(version.reason)
    assert (await studio.track()).audio_state == "failed"
    assert await studio.stored("audio") == []
    await studio.act(originals.try_again, version_id)
    assert (await studio.version(version_id)).reason is None
    assert (await studio.track()).audio_state == "processing"
    await run_once(studio.worker)
    assert (await studio.version(version_id)).status == "failed"


async def test_what_plays_stays_until_its_replacement_is_ready(studio: Studio) -> None:
    first = await studio.send(seconds=1.0)
    await run_once(studio.worker)
    second = await studio.send(seconds=3.0)
    track = await studio.track()
    assert (track.audio_state, track.audio_id, track.duration_ms) == ("ready", first, 1000)
    await run_once(studio.worker)
    track = await studio.track()
    assert (track.audio_state, track.audio_id, track.duration_ms) == ("ready", second, 3000)
    assert (await studio.version(first)).status == "replaced"
    assert await studio.stored(f"audio/{first}")


async def test_a_failed_replacement_leaves_what_plays(studio: Studio) -> None:
    first = await studio.send()
    await run_once(studio.worker)
    await studio.send("broken.flac", data=b"fLaC" + bytes(100))
    await run_once(studio.worker)
    track = await studio.track()
    assert (track.audio_state, track.audio_id) == ("ready", first)


async def test_a_replaced_version_can_be_heard_again(studio: Studio) -> None:
    first = await studio.send(seconds=1.0)
    await run_once(studio.worker)
    second = await studio.send(seconds=2.0)
    await run_once(studio.worker)
    await studio.act(originals.restore, first)
    track = await studio.track()
    assert (track.audio_id, track.duration_ms) == (first, 1000)
    assert (await studio.version(second)).status == "replaced"


async def test_another_file_cancels_the_one_that_waits(studio: Studio) -> None:
    first = await studio.send()
    second = await studio.send(seconds=2.0)
    assert (await studio.version(first)).status == "canceled"
    assert await run_once(studio.worker) == 1
    assert (await studio.track()).audio_id == second


async def test_two_workers_never_process_one_version(studio: Studio) -> None:
    await studio.send()
    claims = await asyncio.gather(studio.worker.claim(5), studio.another_worker().claim(5))
    assert sorted(len(one) for one in claims) == [0, 1]


async def first_rung_of(studio: Studio, version_id: UUID) -> AudioVersion:
    async def is_there() -> bool:
        return (await studio.version(version_id)).rendered is not None

    await until(is_there, "the first rung")
    return await studio.version(version_id)


async def test_a_first_version_plays_as_soon_as_its_first_rung_is_there(studio: Studio) -> None:
    version_id = await studio.send(seconds=60.0)
    (claim,) = await studio.worker.claim(1)
    async with working(studio.worker, claim) as task:
        version = await first_rung_of(studio, version_id)
        assert not task.done()
        assert version.status == "processing"
        sound = sound_of(version)
        assert sound is not None
        assert [one.rung for one in sound.rendered.renditions] == [Rung.AAC_128]
        assert await studio.stored(sound.prefix)
        track = await studio.track()
        assert (track.audio_state, track.audio_id, track.duration_ms) == ("processing", version_id, 60_000)
        await task
    assert (await studio.version(version_id)).status == "ready"


async def test_a_canceled_version_ends_its_process_and_leaves_no_file(studio: Studio) -> None:
    version_id = await studio.send(seconds=120.0)
    (claim,) = await studio.worker.claim(1)
    async with working(studio.worker, claim) as task:
        await first_rung_of(studio, version_id)
        await studio.act(originals.cancel, version_id)
        async with asyncio.timeout(30):
            await task
    assert (await studio.version(version_id)).status == "canceled"
    assert (await studio.track()).audio_state == "none"
    assert await studio.stored("audio") == []


async def test_a_lease_shorter_than_the_job_is_renewed(studio: Studio) -> None:
    version_id = await studio.send(seconds=30.0)
    worker = studio.another_worker(lease=timedelta(seconds=0.3))
    (claim,) = await worker.claim(1)
    async with working(worker, claim) as task:
        begun = studio.clock.now()

        def is_done_later() -> bool:
            studio.clock.advance(timedelta(seconds=0.05))
            return task.done()

        await until(is_done_later, "the job's end", every=0.05)
        await task
    assert studio.clock.now() - begun > timedelta(seconds=0.3)
    version = await studio.version(version_id)
    assert (version.status, version.attempt) == ("ready", 1)


async def test_the_next_worker_takes_over_what_a_dead_one_left(studio: Studio) -> None:
    version_id = await studio.send()
    (left,) = await studio.worker.claim(1)
    assert await studio.another_worker().claim(1) == []
    studio.clock.advance(timedelta(seconds=61))
    assert await run_once(studio.another_worker()) == 1
    version = await studio.version(version_id)
    assert (version.status, version.attempt) == ("ready", 2)
    await studio.worker.work(left)  # the first one wakes up again
    again = await studio.version(version_id)
    assert (again.status, again.prefix) == ("ready", version.prefix)
    assert await studio.stored(left.prefix) == []
    assert len(await studio.stored(f"audio/{version_id}")) == 9


async def test_a_store_that_is_gone_puts_the_work_off(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    version_id = await studio.send()
    (studio.folder.parent / "objects" / "audio").write_text("no folder")  # nothing can be written under audio/
    await run_once(studio.worker)
    version = await studio.version(version_id)
    assert version.status == "uploaded"
    assert version.due_at == studio.clock.now() + FIRST_PAUSE
    assert "object store" in str(version.reason)
    (studio.folder.parent / "objects" / "audio").unlink()
    studio.clock.advance(FIRST_PAUSE)
    await run_once(studio.worker)
    assert (await studio.version(version_id)).status == "ready"


async def test_a_store_that_is_gone_for_hours_fails_no_track(studio: Studio) -> None:
    version_id = await studio.send()
    blocked = studio.folder.parent / "objects" / "audio"
    blocked.write_text("no folder")
    for _ in range(MOST_TRIES + 2):
        assert await run_once(studio.worker) == 1
        assert (await studio.version(version_id)).status == "uploaded"
        studio.clock.advance(LONGEST_PAUSE)
    blocked.unlink()
    await run_once(studio.worker)
    assert (await studio.version(version_id)).status == "ready"


async def test_what_never_comes_to_an_end_fails_and_says_so(studio: Studio) -> None:
    version_id = await studio.send()
    for _ in range(MOST_TRIES):
        assert len(await studio.worker.claim(1)) == 1
        studio.clock.advance(timedelta(seconds=61))
    assert await run_once(studio.worker) == 1
    assert await studio.worker.claim(1) == []
    version = await studio.version(version_id)
    assert version.status == "failed"
    assert f"{MOST_TRIES} times" in str(version.reason)


async def test_the_sound_of_a_track_that_is_gone_is_removed(studio: Studio) -> None:
    version_id = await studio.send()
    (claim,) = await studio.worker.claim(1)
    async with studio.database.write("test") as session:
        await session.delete((await session.scalars(select(Track).where(Track.id == studio.track_id))).one())
    await studio.worker.work(claim)
    with pytest.raises(UnknownVersion):
        await studio.version(version_id)
    assert await studio.stored("audio") == []
    assert await studio.stored("originals") == []
