"""The object store beside its rows: what is kept for nothing is found and removed, what is named or young is spared."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests import factories
from tests.sounding import give_sound
from veza.catalog.covers import add_cover
from veza.catalog.lost_covers import missing_covers
from veza.ingest import storage_check
from veza.ingest.audio_versions import find_version
from veza.ingest.storage_check import StorageCheck
from veza.kit.clock import ManualClock, SystemClock
from veza.kit.database import Database
from veza.kit.objects import Objects

OWNERS = {"audio": storage_check.audio, "originals": storage_check.originals, "uploads": storage_check.uploads}
TWO_DAYS = timedelta(days=2)


class Store:
    """A folder of objects whose files were all written two days ago, by the clock of the database."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.folder, self.objects, self.clock = folder, Objects.in_folder(folder), clock

    def age(self) -> None:
        at = (self.clock.now() - TWO_DAYS).timestamp()
        for path in self.folder.rglob("*"):
            os.utime(path, (at, at))

    async def keys(self) -> list[str]:
        return [one.key async for one in self.objects.listing()]


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Store:
    return Store(tmp_path / "objects", clock)


@pytest.fixture
async def track(database: Database) -> UUID:
    artist = await factories.artist(database, run_by=await factories.person(database))
    _, (track_id,) = await factories.release(database, artist, "Night Bus")
    return track_id


async def test_what_a_version_names_is_kept_and_all_else_goes(database: Database, store: Store, track: UUID) -> None:
    version = await give_sound(database, store.objects, track, 1.0)
    named = await store.keys()
    stray = [
        f"audio/{version}/7/aac128.mp4", f"audio/{uuid4()}/1/flac.mp4", f"originals/{uuid4()}",
        f"uploads/{uuid4()}/000000000000000-0000000001",
    ]  # fmt: skip
    for key in stray:
        await store.objects.put(key, b"x" * 10)
    store.age()
    check = StorageCheck(database, store.objects, OWNERS)
    found = await check.run()
    assert sorted(one.key for one in found.orphans) == sorted(stray)
    assert (found.ok, found.removed, found.missing) == (False, 0, [])
    assert len(await store.keys()) == len(named) + len(stray)
    fixed = await check.run(fixes=True)
    assert (fixed.ok, fixed.removed) == (True, len(stray))
    assert await store.keys() == named


async def test_what_is_younger_than_a_day_is_spared(database: Database, store: Store, clock: ManualClock) -> None:
    clock.advance(SystemClock().now() - clock.now())
    await store.objects.put(f"originals/{uuid4()}", b"x")
    assert (await StorageCheck(database, store.objects, OWNERS).run(fixes=True)).removed == 0
    assert len(await store.keys()) == 1


async def test_what_a_killed_process_left_half_written_is_found(database: Database, store: Store) -> None:
    await store.objects.put("originals/whole", b"x")
    (store.folder / "originals" / "half#1").write_bytes(b"y" * 100)
    store.age()
    check = StorageCheck(database, store.objects, {})
    found = await check.run()
    assert [(one.key, one.size_bytes) for one in found.halves] == [("originals/half#1", 100)]
    assert (await check.run(fixes=True)).ok
    assert not (store.folder / "originals" / "half#1").exists()
    assert await store.keys() == ["originals/whole"]


async def test_each_file_that_is_missing_is_named(database: Database, store: Store, track: UUID) -> None:
    version = await give_sound(database, store.objects, track, 1.0)
    async with database.read() as session:
        row = await find_version(session, version)
    named = await store.keys()
    rungs = [f"{name}.{suffix}" for name in ("aac64", "aac128", "aac256", "preview") for suffix in ("mp4", "m4a")]
    assert named == sorted([*(f"{row.prefix}/{name}" for name in rungs), f"{row.prefix}/flac.mp4", row.original_key])
    check = StorageCheck(database, store.objects, OWNERS)
    assert (await check.run(fixes=True)).ok
    for key in named:
        content = await store.objects.get(key)
        await store.objects.remove(key)
        found = await check.run(fixes=True)
        assert (found.missing, found.ok) == ([key], False)
        await store.objects.put(key, content[:-1])
        assert (await check.run()).missing == [key], "a part of a file is none"
        await store.objects.put(key, content)
    assert (await check.run()).ok


async def test_a_file_of_a_cover_that_is_missing_is_named_once(database: Database, store: Store) -> None:
    files = {"512.webp": "covers/ab/512.webp", "512.jpg": "covers/ab/512.jpg"}
    for key in files.values():
        await store.objects.put(key, b"x")
    artists = [await factories.artist(database), await factories.artist(database)]
    async with database.write("test") as session:
        for artist in artists:  # the same picture
            await add_cover(session, artist, "ab", "#000000", [512], files, None)
    check = StorageCheck(database, store.objects, {}, missing=[partial(missing_covers, database, store.objects)])
    assert (await check.run()).ok
    await store.objects.remove(files["512.jpg"])
    assert (await check.run(fixes=True)).missing == [files["512.jpg"]]
