"""Two `veza worker --only ingest` on one database, woken by RabbitMQ; one of them is killed."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from sqlalchemy import func, select, update

from tests import factories
from tests.commands import Process, serving
from tests.sounding import rendered
from tests.waiting import until
from veza.catalog.tracks import find_track
from veza.ingest.audio_versions import AudioVersion
from veza.ingest.originals import WAKE, Original, original_key, take_original
from veza.kit.broker import Broker
from veza.kit.database import Database
from veza.kit.objects import Objects

SECONDS = 60.0
"""Of each recording: long enough to be killed in."""
RECORDINGS = 5
PATIENCE = 120


async def statuses(database: Database) -> Counter[str]:
    async with database.read() as session:
        counted = select(AudioVersion.status, func.count()).group_by(AudioVersion.status)
        return Counter(dict([tuple(row) for row in await session.execute(counted)]))


async def send(database: Database, objects: Objects) -> None:
    """Originals of RECORDINGS tracks, each announced by a transaction of its own."""
    content = rendered(SECONDS)[0]
    artist = await factories.artist(database)
    _, tracks = await factories.release(database, artist, *(f"Part {number}" for number in range(RECORDINGS)))
    for track_id in tracks:
        key = original_key(database.ids.new())
        await objects.put(key, content)
        async with database.write("test") as session:
            sent = Original(key, len(content), "0" * 64, "take.flac", "upload")
            await take_original(session, await find_track(session, track_id), sent)


async def test_two_workers_share_the_work_and_one_finishes_what_a_killed_one_left(
    empty_postgres_url: str, rabbitmq_url: str, tmp_path: Path
) -> None:
    shared = {"DATABASE_URL": empty_postgres_url, "RABBITMQ_URL": rabbitmq_url, "AUDIO_JOBS": "1"}
    database, stop = Database.open(empty_postgres_url), asyncio.Event()
    broker = Broker(rabbitmq_url, database.wakes, {WAKE}, set)
    announcing = asyncio.create_task(broker.run(stop))
    with serving(tmp_path, AUDIO_WORKER_ENABLED="false", **shared):
        workers = [Process(name, ("worker", "--only", "ingest"), tmp_path, shared) for name in ("one", "two")]
        try:
            for one in workers:
                await one.start("Veza's workers are running")
            await asyncio.wait_for(broker.connected.wait(), PATIENCE)
            await send(database, Objects.in_folder(tmp_path / "var" / "objects"))

            async def shared_out() -> bool:
                return (await statuses(database))["processing"] >= 2

            await until(shared_out, lambda: "both at work", within=PATIENCE, every=0.05)
            await workers[0].kill()

            async def one_is_left() -> bool:
                found = await statuses(database)
                return found["ready"] >= RECORDINGS - 1 and not found["uploaded"]

            await until(one_is_left, lambda: "all but what the killed one had", within=PATIENCE, every=0.1)
            async with database.write("test") as session:  # its lease ends
                due = update(AudioVersion).where(AudioVersion.status == "processing")
                await session.execute(due.values(claimed_until=session.now, due_at=session.now))
                session.wake(WAKE)

            async def all_ready() -> bool:
                return (await statuses(database))["ready"] == RECORDINGS

            await until(all_ready, lambda: "every recording", within=PATIENCE, every=0.1)
            async with database.read() as session:
                attempts = sorted(await session.scalars(select(AudioVersion.attempt)))
            assert attempts == [1] * (RECORDINGS - 1) + [2], "only what the killed one had was begun anew"
        finally:
            for one in workers:
                await one.kill()
    stop.set()
    await announcing
    await database.close()
