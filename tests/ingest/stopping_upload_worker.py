"""An upload worker that stops for ever at one point of its work, for a test that kills it there:

    -m tests.ingest.stopping_upload_worker DATABASE_URL OBJECTS PROCESSING POINT

It says `there` when it has come to the point.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NoReturn

from tests import factories
from veza.ingest.upload_worker import UploadRules, UploadWorker
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.kit.worker import run_once

POINTS = ("in the middle of joining", "joined, before a track has it", "taken, before the parts are gone")


async def stop() -> NoReturn:
    print("there", flush=True)
    await asyncio.Event().wait()
    raise AssertionError("it was to be killed")


def stop_at(point: str, objects: Objects, worker: UploadWorker) -> None:
    """Put the stop in the way."""
    write = objects.write

    async def written(key: str, chunks: AsyncIterator[bytes]) -> None:
        async def some() -> AsyncIterator[bytes]:
            async for chunk in chunks:
                yield chunk
                await stop()

        await write(key, some())

    async def stopped(*_: Any) -> None:
        await stop()

    target, name, way = dict(
        zip(POINTS, ((objects, "write", written), (worker, "_take", stopped), (worker, "_clean", stopped)), strict=True)
    )[point]
    setattr(target, name, way)


async def main(database_url: str, place: str, processing: str, point: str) -> None:
    database, objects = Database.open(database_url, clock=ManualClock()), Objects.in_folder(Path(place))
    worker = UploadWorker(factories.catalog(database, objects), UploadRules(Path(processing)))
    stop_at(point, objects, worker)
    await run_once(worker)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
