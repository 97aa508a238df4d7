"""`veza storage check --fix` beside a job and uploads that go on, over and over, with files that look old."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from tests import factories
from tests.ingest.counter import SONG, Counter, a_counter
from tests.sounding import give_sound, rendered
from tests.waiting import until
from veza.accounts.identity import visitor
from veza.app.services import needed_versions
from veza.ingest import audio_sweep, receiving, storage_check
from veza.ingest.audio_versions import REPLACED_KEPT, AudioVersion
from veza.ingest.audio_worker import AudioRules, AudioWorker
from veza.ingest.storage_check import StorageCheck
from veza.ingest.track_sound import find_sound
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.kit.worker import run_once
from veza.moderation.reports import Report
from veza.streaming import stream_sessions

OWNERS = {"audio": storage_check.audio, "originals": storage_check.originals, "uploads": storage_check.uploads}
TWO_DAYS = timedelta(days=2)


async def of_two_days_ago(counter: Counter, folder: Path) -> None:
    """Every file that is whole; of those in the making a real check sees none that old."""
    at = (counter.clock.now() - TWO_DAYS).timestamp()
    for key in await counter.keys():
        os.utime(folder / key, (at, at))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_fix_beside_a_running_job_and_a_pending_upload_takes_nothing_of_theirs(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    folder = tmp_path / "objects"
    counter = await a_counter(database, clock, tmp_path, Objects.in_folder(folder))
    waits = await counter.sent(length=2 * len(SONG), track_id=counter.track)
    sound = rendered(2.0)[0]
    await counter.sent(sound, release_id=counter.release)
    assert await run_once(counter.worker()) == 1  # its parts are an original now
    joined = await counter.sent(sound, release_id=counter.release)
    audio_worker = AudioWorker(database, counter.objects, AudioRules(tmp_path / "processing"))
    (claim,) = await audio_worker.claim(1)
    dead, alive = f"audio/{claim.id}/{claim.attempt - 1}/flac.mp4", await counter.keys()
    stray = [dead, f"originals/{uuid4()}", f"uploads/{uuid4()}/000000000000000-0000000001"]
    for key in stray:
        await counter.objects.put(key, b"x")
    check, removed = StorageCheck(database, counter.objects, OWNERS), list[str]()
    working = asyncio.create_task(audio_worker.work(claim))

    async def is_done_after_a_check() -> bool:
        await of_two_days_ago(counter, folder)
        removed.extend([one.key for one in (await check.run(fixes=True)).orphans])
        return working.done()

    await until(is_done_after_a_check, "the end of the work", every=0.2)
    await working
    assert sorted(removed) == sorted(stray)
    assert set(alive) <= set(await counter.keys())
    async with database.read() as session:
        version = await session.get_one(AudioVersion, claim.id)
    assert version.status == "ready"
    assert await run_once(counter.worker()) == 1
    assert (await counter.row(joined)).status == "taken"

    await _go_on(counter, waits)
    assert await run_once(counter.worker()) == 1
    assert (await counter.row(waits)).status == "taken"
    await of_two_days_ago(counter, folder)
    assert (await check.run()).ok


async def _go_on(counter: Counter, upload_id: UUID) -> None:
    async def rest() -> AsyncIterator[bytes]:
        yield SONG

    await receiving.receive(counter.ingest, upload_id, counter.anna, len(SONG), rest())


async def test_an_old_version_stays_while_it_is_heard_or_reported(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    objects = Objects.in_folder(tmp_path / "objects")
    artist = await factories.artist(database)
    release, (quiet, heard, reported) = await factories.release(database, artist, "Quiet", "Heard", "Reported")
    old = {one: await give_sound(database, objects, one) for one in (quiet, heard, reported)}
    for one in old:
        await give_sound(database, objects, one)
    clock.advance(REPLACED_KEPT)
    async with database.write("test") as session:
        sound = await find_sound(session, old[heard])
        assert sound is not None
        await stream_sessions.begin(session, visitor(""), sound, claim_id=None, is_staff=False)
        session.add(factories.report(session, "track", reported))
    assert await audio_sweep.sweep(database, objects, needed_versions) == 1
    assert (await StorageCheck(database, objects, OWNERS).run(fixes=True)).ok
    async with database.read() as session:
        left = set(await session.scalars(select(AudioVersion.id).where(AudioVersion.status == "replaced")))
    assert left == {old[heard], old[reported]}
    async with database.write("test") as session:
        await session.execute(update(Report).values(subject_kind="release", subject_id=release))
    assert await audio_sweep.sweep(database, objects, needed_versions) == 0, "a report of a release is of its tracks"
    clock.advance(timedelta(days=2))
    async with database.write("test") as session:
        await session.execute(update(Report).values(status="dismissed"))
    assert await audio_sweep.sweep(database, objects, needed_versions) == 2
