"""Segments of 4 s behind signed links of `veza serve`, 16 connections: requests per second beside nginx, which checks
no links.

Half of the connections play AAC at 256 kbit/s (130 KB a segment), half at 128 (64 KB): each one track after the other,
by links of a session of its own.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence

from _file_load import CONNECTIONS, Ask, Asks, check, compared
from _stand import Result, options, run
from range_serving import contestants

from veza.audio.manifest import Rung

SONGS, SEGMENTS = 20, 60
SEGMENT_BYTES = {Rung.AAC_256: 130_000, Rung.AAC_128: 64_000}
MUST = 0.5


def played(listener: int, chance: random.Random) -> Asks:
    """Songs by chance, from the first segment to the last."""
    rung = Rung.AAC_256 if listener % 2 else Rung.AAC_128
    length = SEGMENT_BYTES[rung]
    while True:
        song = chance.randrange(SONGS)
        for segment in range(SEGMENTS):
            yield Ask(f"{listener} {song} {rung}", segment * length, length)


async def measured() -> Sequence[Result]:
    name = "segments of 4 s behind signed links of veza serve beside nginx"
    if shutil.which("nginx") is None:
        return [{"name": name, "skipped": "no nginx", "reached": True}]
    sizes = {rung: SEGMENTS * size for rung, size in SEGMENT_BYTES.items()}
    async with contestants(sizes, songs=SONGS, listeners=CONNECTIONS) as (site, ours, other):
        asked = Ask(f"3 7 {Rung.AAC_128}", 64_000, 64_000)
        for one in (ours, other):
            check(one, asked, site.songs[7].files[Rung.AAC_128][64_000:128_000])

        def asks(number: int) -> Asks:
            return played(number, random.Random(number))

        return [compared(ours, other, asks, MUST, name)]


if __name__ == "__main__":
    asked = options(__doc__.splitlines()[0])
    run(measured, as_json=asked.json)
