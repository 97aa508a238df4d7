"""A new encoder: what plays goes on until what the new one makes is ready, and no artist's file waits for that."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import update

from tests import factories
from tests.sounding import give_sound
from veza.catalog.tracks import find_track
from veza.ingest import originals
from veza.ingest.audio_versions import ENCODER_VERSION, AudioVersion, find_version, versions_of
from veza.ingest.audio_worker import AudioRules, AudioWorker
from veza.ingest.encoder_change import AT_ONCE, encode_outdated
from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.kit.worker import run_once


class Shelf:
    """Tracks that play what an encoder of before made."""

    def __init__(self, database: Database, objects: Objects, tracks: list[UUID]) -> None:
        self.database, self.objects, self.tracks = database, objects, tracks

    async def sound_of(self, track: UUID) -> UUID | None:
        async with self.database.read() as session:
            return (await find_track(session, track)).audio_id

    async def versions(self, track: UUID) -> list[tuple[str, int]]:
        async with self.database.read() as session:
            return [(one.status, one.encoder_version) for one in await versions_of(session, track)]

    async def newest(self, track: UUID) -> AudioVersion:
        async with self.database.read() as session:
            return (await versions_of(session, track))[-1]


@pytest.fixture
async def shelf(database: Database) -> Shelf:
    objects = factories.objects()
    _, tracks = await factories.release(database, await factories.artist(database), "Dawn", "Noon", "Dusk")
    for one in tracks:
        await give_sound(database, objects, one)
    async with database.write("test") as session:
        await session.execute(update(AudioVersion).values(encoder_version=ENCODER_VERSION - 1, preview_start_ms=100))
    return Shelf(database, objects, tracks)


BEFORE, NOW = ENCODER_VERSION - 1, ENCODER_VERSION


async def test_what_an_older_encoder_made_plays_until_the_new_version_is_ready(shelf: Shelf, tmp_path: Path) -> None:
    first, old = shelf.tracks[0], await shelf.sound_of(shelf.tracks[0])
    assert await encode_outdated(shelf.database) == AT_ONCE
    assert await shelf.versions(first) == [("ready", BEFORE), ("uploaded", NOW)]
    assert (await shelf.newest(first)).preview_start_ms == 100
    assert await encode_outdated(shelf.database) == 0, "two wait already"
    worker = AudioWorker(shelf.database, shelf.objects, AudioRules(tmp_path, concurrency=AT_ONCE))
    claims = await worker.claim(AT_ONCE)
    assert await shelf.sound_of(first) == old, "it is in the making"
    for one in claims:
        await worker.work(one)
    assert await shelf.versions(first) == [("replaced", BEFORE), ("ready", NOW)]
    assert await shelf.sound_of(first) == (await shelf.newest(first)).id
    assert await encode_outdated(shelf.database) == 1
    await run_once(worker)
    assert await encode_outdated(shelf.database) == 0
    assert [await shelf.versions(one) for one in shelf.tracks] == [[("replaced", BEFORE), ("ready", NOW)]] * 3


async def test_what_an_artist_decides_about_a_track_is_left_as_it_is(shelf: Shelf) -> None:
    """One restored what was before, one took the new version back, and of one the new version failed."""
    restored, taken_back, failed = shelf.tracks
    old = await shelf.sound_of(restored)
    assert old is not None
    for one in shelf.tracks:
        async with shelf.database.write("test") as session:
            made = await originals.encode_anew(
                session, await find_track(session, one), await find_version(session, old)
            )
            if one == taken_back:
                await originals.cancel(session, made)
    async with shelf.database.write("test") as session:
        new = (await versions_of(session, restored))[-1]
        status = {restored: "replaced", failed: "failed"}
        for one, said in status.items():
            mine = update(AudioVersion).where(AudioVersion.track_id == one, AudioVersion.status == "uploaded")
            await session.execute(mine.values(status=said, due_at=None))
        assert new.encoder_version == NOW
    assert await encode_outdated(shelf.database) == 0
    assert await shelf.sound_of(restored) == old
