"""A download worker that stops for ever at one point of its work, for a test that kills it there:

    -m tests.streaming.stopping_download_worker DATABASE_URL OBJECTS FOLDER POINT

It says `there` when it has come to the point.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.stopping import stop, stop_in_the_middle_of_writing
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.kit.worker import run_once
from veza.streaming.download_worker import DownloadRules, DownloadWorker

STORING, RECORDING = "in the middle of storing", "stored, before the row says so"
POINTS = (STORING, RECORDING)


async def main(database_url: str, place: str, folder: str, point: str) -> None:
    database, objects = Database.open(database_url, clock=ManualClock()), Objects.in_folder(Path(place))
    worker = DownloadWorker(database, objects, DownloadRules(Path(folder)))
    if point == STORING:
        stop_in_the_middle_of_writing(objects)
    else:
        worker._finish = stop  # type: ignore[method-assign]
    await run_once(worker)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
