"""A download worker that stops for ever at one point of its work, for a test that kills it there:

    -m tests.streaming.stopping_download_worker DATABASE_URL OBJECTS FOLDER POINT

It says `there` when it has come to the point.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NoReturn

from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.kit.worker import run_once
from veza.streaming.download_worker import DownloadRules, DownloadWorker

STORING, RECORDING = "in the middle of storing", "stored, before the row says so"
POINTS = (STORING, RECORDING)


async def stop() -> NoReturn:
    print("there", flush=True)
    await asyncio.Event().wait()
    raise AssertionError("it was to be killed")


async def main(database_url: str, place: str, folder: str, point: str) -> None:
    database, objects = Database.open(database_url, clock=ManualClock()), Objects.in_folder(Path(place))
    worker, write = DownloadWorker(database, objects, DownloadRules(Path(folder))), objects.write

    async def written(key: str, chunks: AsyncIterator[bytes]) -> None:
        async def some() -> AsyncIterator[bytes]:
            async for chunk in chunks:
                yield chunk
                await stop()

        await write(key, some())

    async def stopped(*_: Any) -> None:
        await stop()

    target, name, way = {STORING: (objects, "write", written), RECORDING: (worker, "_finish", stopped)}[point]
    setattr(target, name, way)
    await run_once(worker)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
