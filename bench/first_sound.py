"""How long after three minutes were uploaded a first rung of them plays, by the audio worker: the median of five."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from _ingest import Intake, intake
from _music import write_music
from _stand import Result, options, run

from veza.ingest.audio_versions import find_version
from veza.kit import worker

SECONDS = 180
RUNS = 5
MUST_SECONDS = 2.0
LOOKS_EVERY_SECONDS = 0.01


async def measured() -> Sequence[Result]:
    async with intake(RUNS) as here:
        source = write_music(here.folder / "three.wav", SECONDS)
        taken = [await _first_sound(here, track_id, source) for track_id in here.tracks]
    seconds = statistics.median(taken)
    return [
        {
            "name": f"first sound of {SECONDS} s",
            "seconds": round(seconds, 2),
            "fastest": round(min(taken), 2),
            "slowest": round(max(taken), 2),
            "reached": seconds < MUST_SECONDS,
        }
    ]


async def _first_sound(here: Intake, track_id: UUID, source: Path) -> float:
    """Seconds from the commit of the row to the commit of its first rung; the rest of the ladder is waited for."""
    stop = asyncio.Event()
    working = asyncio.create_task(worker.run(here.worker(1), here.database.wakes, stop, grace=timedelta(minutes=5)))
    version_id = await here.send(track_id, source)
    began = time.perf_counter()
    while True:
        async with here.database.read() as session:
            version = await find_version(session, version_id)
        if version.rendered is not None:
            break
        await asyncio.sleep(LOOKS_EVERY_SECONDS)
    taken = time.perf_counter() - began
    stop.set()
    await working
    return taken


if __name__ == "__main__":
    asked = options(__doc__.splitlines()[0])
    run(measured, as_json=asked.json)
