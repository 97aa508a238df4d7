"""An audio worker that stops for ever at one point of its work, for a test that kills it there:

    -m tests.journeys.stopping_worker DATABASE_URL OBJECTS PROCESSING POINT

OBJECTS is a folder, or the port of an S3 server and a prefix. It says `there` when it has come to the point.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

from tests.stopping import stop
from veza.audio.apart import render_apart
from veza.audio.jobs import Job, Progress, Said
from veza.ingest import audio_worker
from veza.ingest.audio_worker import AudioRules, AudioWorker
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.objects import Bucket, Objects
from veza.kit.worker import run_once

STAGES = ("first_rung", "all_rungs", "preview")
POINTS = ("copying", *STAGES, "storing", "recording")
STORED_FIRST = 5
"""Files that are stored before it stops while storing: those of the first rung, and some of the others."""


def objects_at(place: str) -> Objects:
    port, _, prefix = place.partition(":")
    if not prefix:
        return Objects.in_folder(Path(place))
    return Objects.in_bucket(Bucket(f"s3://veza/{prefix}", f"http://127.0.0.1:{port}", "us-east-1", "key", "secret"))


def stop_at(point: str, objects: Objects, worker: AudioWorker) -> None:
    """Put the stop in the way."""
    copy, store, stored = objects.copy_to_file, objects.write_file, 0

    async def copied(key: str, path: Path) -> None:
        await copy(key, path)
        await stop()

    async def kept(key: str, path: Path) -> None:
        nonlocal stored
        await store(key, path)
        stored += 1
        if stored == STORED_FIRST:
            await stop()

    async def rendered(job: Job) -> AsyncGenerator[Said, None]:
        async for said in render_apart(job):
            if isinstance(said, Progress) and said.stage == point:
                await stop()
            yield said

    if point in STAGES:
        audio_worker.render_apart = rendered  # type: ignore[assignment]
    else:
        target, name, way = {
            "copying": (objects, "copy_to_file", copied),
            "storing": (objects, "write_file", kept),
            "recording": (worker, "_finish", stop),
        }[point]
        setattr(target, name, way)


async def main(database_url: str, place: str, processing: str, point: str) -> None:
    database, objects = Database.open(database_url, clock=ManualClock()), objects_at(place)
    worker = AudioWorker(database, objects, AudioRules(Path(processing)))
    if point in POINTS:
        stop_at(point, objects, worker)
    await run_once(worker)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
