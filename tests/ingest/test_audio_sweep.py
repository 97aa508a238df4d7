"""Versions of audio that are over are removed with their files, unless one is restored or needed meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from tests import factories
from tests.sounding import give_sound
from veza.catalog.tracks import find_track
from veza.ingest import audio_sweep, storage_check
from veza.ingest.audio_versions import REPLACED_KEPT, AudioVersion, UnknownVersion, find_version
from veza.ingest.originals import NoLongerKept, restore
from veza.ingest.removing import remove_version
from veza.ingest.storage_check import StorageCheck
from veza.kit.clock import ManualClock
from veza.kit.database import Database, Session
from veza.kit.messages import gettext
from veza.kit.objects import Objects, ObjectsUnavailable

OWNERS = {"audio": storage_check.audio, "originals": storage_check.originals}


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects.in_folder(tmp_path / "objects")


@pytest.fixture
async def track(database: Database) -> UUID:
    artist = await factories.artist(database, run_by=await factories.person(database))
    _, (track_id,) = await factories.release(database, artist, "Night Bus")
    return track_id


async def keys(objects: Objects) -> list[str]:
    return [one.key async for one in objects.listing()]


async def restored(database: Database, version_id: UUID) -> None:
    async with database.write("test") as session:
        await restore(session, await find_version(session, version_id))


async def plays(database: Database, track_id: UUID) -> UUID | None:
    async with database.read() as session:
        return (await find_track(session, track_id)).audio_id


async def none_needed(*_: object) -> set[UUID]:
    return set()


async def test_a_replaced_version_can_be_restored_for_thirty_days_and_is_removed_then(
    database: Database, objects: Objects, track: UUID, clock: ManualClock
) -> None:
    first = await give_sound(database, objects, track, 1.0)
    second = await give_sound(database, objects, track, 2.0)
    clock.advance(REPLACED_KEPT - timedelta(seconds=1))
    assert await audio_sweep.sweep(database, objects, none_needed) == 0
    clock.advance(timedelta(seconds=1))

    async def needs_the_first(_session: Session, versions: object, _tracks: object) -> set[UUID]:
        return {first}

    assert await audio_sweep.sweep(database, objects, needs_the_first) == 0
    assert await audio_sweep.sweep(database, objects, none_needed) == 1
    async with database.read() as session:
        assert (await find_version(session, second)).status == "ready"
        with pytest.raises(UnknownVersion):
            await find_version(session, first)
    assert not [key for key in await keys(objects) if str(first) in key]
    assert len([key for key in await keys(objects) if key.startswith("originals/")]) == 1


async def test_an_original_that_two_versions_share_stays_with_the_second(
    database: Database, objects: Objects, track: UUID, clock: ManualClock
) -> None:
    first = await give_sound(database, objects, track, 1.0)
    second = await give_sound(database, objects, track, 1.0)
    async with database.write("test") as session:
        old, new = await find_version(session, first), await find_version(session, second)
        shared = old.original_key
        new.original_key = shared
    clock.advance(REPLACED_KEPT)
    assert await audio_sweep.sweep(database, objects, none_needed) == 1
    assert shared in await keys(objects)


async def test_a_version_that_is_restored_while_others_are_swept_stays_whole(
    database: Database, objects: Objects, track: UUID, clock: ManualClock
) -> None:
    first, second, third = [await give_sound(database, objects, track, seconds) for seconds in (1.0, 2.0, 1.0)]
    clock.advance(REPLACED_KEPT)

    async def restored_meanwhile(_session: Session, versions: Collection[UUID], _tracks: object) -> set[UUID]:
        if first in versions and second in versions:
            clock.advance(-timedelta(seconds=1))  # of a process whose clock is a second late
            await restored(database, second)
            clock.advance(timedelta(seconds=1))
        return set()

    assert await audio_sweep.sweep(database, objects, restored_meanwhile) == 1
    assert await plays(database, track) == second
    assert {one.split("/")[1] for one in await keys(objects) if one.startswith("audio/")} == {str(second), str(third)}
    assert (await StorageCheck(database, objects, OWNERS).run()).missing == []


async def test_a_version_that_is_needed_only_once_its_turn_has_come_is_spared(
    database: Database, objects: Objects, track: UUID, clock: ManualClock
) -> None:
    first = await give_sound(database, objects, track, 1.0)
    await give_sound(database, objects, track, 2.0)
    clock.advance(REPLACED_KEPT)
    asked = list[UUID]()

    async def reported_meanwhile(_session: Session, versions: Collection[UUID], _tracks: object) -> set[UUID]:
        asked.extend(versions)
        return {first} if len(asked) > 1 else set()

    assert await audio_sweep.sweep(database, objects, reported_meanwhile) == 0
    await restored_in_time(database, first, clock)


async def restored_in_time(database: Database, version_id: UUID, clock: ManualClock) -> None:
    """As if the thirty days had not ended."""
    clock.advance(-timedelta(seconds=1))
    await restored(database, version_id)


async def test_a_version_whose_thirty_days_are_over_is_not_restored_even_if_its_files_are_there(
    database: Database, objects: Objects, track: UUID, clock: ManualClock
) -> None:
    first, second = await give_sound(database, objects, track, 1.0), await give_sound(database, objects, track, 2.0)
    clock.advance(REPLACED_KEPT)
    with pytest.raises(NoLongerKept, match="for 30 days after it was replaced"):
        await restored(database, first)
    assert await plays(database, track) == second


async def test_a_version_whose_files_begin_to_go_is_not_restored_and_goes_with_the_next_sweep(
    database: Database, objects: Objects, track: UUID, clock: ManualClock, tmp_path: Path
) -> None:
    first, second = await give_sound(database, objects, track, 1.0), await give_sound(database, objects, track, 2.0)
    clock.advance(REPLACED_KEPT)

    class SoonAway(Objects):
        removed = 0

        async def remove(self, key: str) -> None:
            if self.removed:
                raise ObjectsUnavailable(gettext("remove an object"), OSError("no route"))
            self.removed += 1
            await super().remove(key)

    with pytest.raises(ObjectsUnavailable):
        await audio_sweep.sweep(database, SoonAway.in_folder(tmp_path / "objects"), none_needed)
    with pytest.raises(NoLongerKept):
        await restored_in_time(database, first, clock)
    assert await plays(database, track) == second
    assert (await StorageCheck(database, objects, OWNERS).run()).missing == []
    clock.advance(timedelta(seconds=1))
    assert await audio_sweep.sweep(database, objects, none_needed) == 1
    assert not [key for key in await keys(objects) if str(first) in key]


async def test_versions_that_are_spared_stop_the_sweep_of_no_other(
    database: Database, objects: Objects, track: UUID, clock: ManualClock
) -> None:
    versions = [await give_sound(database, objects, track, 1.0) for _ in range(6)]
    clock.advance(REPLACED_KEPT)

    async def needs_the_first_two(*_: object) -> set[UUID]:
        return set(versions[:2])

    assert await audio_sweep.sweep(database, objects, needs_the_first_two, batch=2) == 3
    async with database.read() as session:
        assert set(await session.scalars(select(AudioVersion.id))) == {*versions[:2], versions[-1]}


async def test_an_original_that_two_versions_share_goes_with_them_where_both_go_at_once(
    database: Database, objects: Objects, track: UUID
) -> None:
    first, second = await give_sound(database, objects, track, 1.0), await give_sound(database, objects, track, 1.0)
    async with database.write("test") as session:
        old, new = await find_version(session, first), await find_version(session, second)
        await objects.remove(new.original_key)
        shared = new.original_key = old.original_key
    await asyncio.gather(*(remove_version(database, objects, one, shared) for one in (first, second)))
    assert await keys(objects) == []
    async with database.read() as session:
        assert list(await session.scalars(select(AudioVersion.id))) == []
