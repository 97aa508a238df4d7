"""How long after an upload of three minutes the first rung plays: from the start of its process, the median of five."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from _music import write_music
from _stand import Result, options, run

from veza.audio.apart import FirstRung, Job, limits_for, render_apart

SECONDS = 180
SOURCE_BYTES = SECONDS * 44_100 * 4
RUNS = 5
MUST_SECONDS = 2.0


async def measured() -> Sequence[Result]:
    with tempfile.TemporaryDirectory(prefix="veza-bench-") as name:
        folder = Path(name)
        source = write_music(folder / "three.wav", SECONDS)
        taken = [await _first_sound(source, folder / str(number)) for number in range(RUNS)]
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


async def _first_sound(source: Path, folder: Path) -> float:
    await asyncio.to_thread(folder.mkdir)
    job = Job(str(source), str(folder), SECONDS * 2, limits_for(SOURCE_BYTES, SECONDS * 2))
    began = time.perf_counter()
    talk = render_apart(job)
    async for said in talk:
        if isinstance(said, FirstRung):
            break
    taken = time.perf_counter() - began
    await talk.aclose()
    return taken


if __name__ == "__main__":
    asked = options(__doc__.splitlines()[0])
    run(measured, as_json=asked.json)
