"""An upload worker that stops for ever at one point of its work, for a test that kills it there:

    -m tests.ingest.stopping_upload_worker DATABASE_URL OBJECTS PROCESSING POINT

It says `there` when it has come to the point.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from tests import factories
from tests.stopping import stop, stop_in_the_middle_of_writing
from veza.ingest import import_originals
from veza.ingest.upload_worker import UploadRules, UploadWorker
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.kit.worker import run_once

JOINING, TAKEN = "in the middle of joining", "taken, before the parts are gone"
ONE_STORED = "one recording of the draft is taken, and not the other"
MADE = "the draft is made, before the upload says so"
POINTS = (JOINING, "joined, before a track has it", TAKEN)
POINTS_OF = {"ZIP": (JOINING, ONE_STORED, MADE, TAKEN), "drop": (ONE_STORED, MADE, TAKEN)}
"""Those of what becomes a draft."""


def stop_at(point: str, objects: Objects, worker: UploadWorker) -> None:
    """Put the stop in the way."""
    if point == JOINING:
        stop_in_the_middle_of_writing(objects)
        return
    take, taken = import_originals.take_original, 0

    async def taken_once(*how: Any, **more: Any) -> Any:
        nonlocal taken
        taken += 1
        return await (take(*how, **more) if taken == 1 else stop())

    target, name, way = {
        POINTS[1]: (worker, "_take", stop),
        ONE_STORED: (import_originals, "take_original", taken_once),
        MADE: (worker, "_take_drafts", stop),
        TAKEN: (worker, "_clean", stop),
    }[point]
    setattr(target, name, way)


async def main(database_url: str, place: str, processing: str, point: str) -> None:
    database, objects = Database.open(database_url, clock=ManualClock()), Objects.in_folder(Path(place))
    worker = UploadWorker(factories.catalog(database, objects), UploadRules(Path(processing)))
    if point != "nowhere":
        stop_at(point, objects, worker)
    await run_once(worker)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
