"""Random ranges of 256 KB of files of 10 MB, 16 connections: requests per second of `veza serve` beside nginx on the
same core."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path

from _file_load import CONNECTIONS, Ask, Asks, Contestant, check, compared, cores, nginx
from _stand import Result, options, run
from _streams import Site, serving

from veza.audio.manifest import Rung

SONGS, FILE_BYTES, RANGE_BYTES = 20, 10_000_000, 256 * 1024
MUST = 0.7


@asynccontextmanager
async def contestants(
    sizes: Mapping[Rung, int], *, songs: int, listeners: int
) -> AsyncIterator[tuple[Site, Contestant, Contestant]]:
    """Veza and nginx, which serve the same files; an Ask names listener, song and rung."""
    sessions = list(product(range(listeners), range(songs)))
    async with serving(sizes, songs, sessions, core=cores()[0]) as (site, process, port):
        links = {f"{one} {song} {rung}": site.target(one, song, rung) for one, song in sessions for rung in sizes}

        def file_of(name: str) -> str:
            _, song, rung = name.split()
            return "/" + site.songs[int(song)].key(Rung(rung))

        with tempfile.TemporaryDirectory(prefix="veza-bench-") as folder:
            async with nginx(site.objects, Path(folder), file_of) as other:
                yield site, Contestant("veza", port, process.pid, links.__getitem__), other


def ranges(listener: int, chance: random.Random) -> Iterator[Ask]:
    while True:
        name = f"{listener} {chance.randrange(SONGS)} {Rung.FLAC}"
        yield Ask(name, chance.randrange(FILE_BYTES - RANGE_BYTES), RANGE_BYTES)


async def measured() -> Sequence[Result]:
    name = "ranges of 256 KB of veza serve beside nginx"
    if shutil.which("nginx") is None:
        return [{"name": name, "skipped": "no nginx", "reached": True}]
    async with contestants({Rung.FLAC: FILE_BYTES}, songs=SONGS, listeners=CONNECTIONS) as (site, ours, other):
        for one in (ours, other):
            part = site.songs[3].files[Rung.FLAC][5_000_001:][:RANGE_BYTES]
            check(one, Ask(f"2 3 {Rung.FLAC}", 5_000_001, RANGE_BYTES), part)

        def asks(number: int) -> Asks:
            return ranges(number, random.Random(number))

        return [compared(ours, other, asks, MUST, name)]


if __name__ == "__main__":
    asked = options(__doc__.splitlines()[0])
    run(measured, as_json=asked.json)
