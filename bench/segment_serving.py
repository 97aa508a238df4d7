"""Segments of 4 s behind signed links, 16 connections: requests per second beside nginx, which checks no links.

Half of the connections play AAC at 256 kbit/s (130 KB a segment), half at 128 (64 KB): each one track after the other.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from _file_load import Ask, Asks, check, compared, write_files
from _stand import Result, options, run
from range_serving import contestants

TRACKS, SEGMENTS = 20, 60
SEGMENT_BYTES = {"256": 130_000, "128": 64_000}
MUST = 0.5


def played(rung: str, chance: random.Random) -> Asks:
    """Tracks by chance, from the first segment to the last."""
    length = SEGMENT_BYTES[rung]
    while True:
        track = chance.randrange(TRACKS)
        for segment in range(SEGMENTS):
            yield Ask(f"{track}-{rung}.m4a", segment * length, length)


async def measured() -> Sequence[Result]:
    name = "segments of 4 s behind signed links beside nginx"
    if shutil.which("nginx") is None:
        return [{"name": name, "skipped": "no nginx", "reached": True}]
    with tempfile.TemporaryDirectory(prefix="veza-bench-") as made:
        folder = Path(made)
        sizes = [
            (f"{track}-{rung}.m4a", SEGMENTS * size) for rung, size in SEGMENT_BYTES.items() for track in range(TRACKS)
        ]
        written = write_files(folder / "files", sizes)
        async with contestants(folder / "files", folder, list(written)) as (ours, other):
            for one in (ours, other):
                check(one, Ask("7-128.m4a", 64_000, 64_000), written["7-128.m4a"][64_000:128_000])

            def asks(number: int) -> Asks:
                return played("256" if number % 2 else "128", random.Random(number))

            return [compared(ours, other, asks, MUST, name)]


if __name__ == "__main__":
    asked = options(__doc__.splitlines()[0])
    run(measured, as_json=asked.json)
