"""How much faster two processes of the audio worker process 50 files than one, on two cores."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from _ingest import Intake, intake
from _music import write_music
from _stand import Result, options, run

from veza.kit.worker import run_once

FILES, SECONDS = 50, 30
MUST = 1.8


async def measured() -> Sequence[Result]:
    taken = {}
    for jobs in (1, 2):
        async with intake(FILES) as here:
            source = write_music(here.folder / "take.wav", SECONDS)
            taken[jobs] = await _processed(here, source, jobs)
    ratio = taken[1] / taken[2]
    return [
        {
            "name": f"{FILES} files of {SECONDS} s",
            "ratio": round(ratio, 2),
            "one_at_a_time_seconds": round(taken[1], 1),
            "two_at_a_time_seconds": round(taken[2], 1),
            "reached": ratio >= MUST,
        }
    ]


async def _processed(here: Intake, source: Path, jobs: int) -> float:
    for track_id in here.tracks:
        await here.send(track_id, source)
    worker = here.worker(jobs)
    began = time.perf_counter()
    done = 0
    while done < FILES:
        done += await run_once(worker)
    return time.perf_counter() - began


if __name__ == "__main__":
    asked = options(__doc__.splitlines()[0])
    run(measured, as_json=asked.json)
