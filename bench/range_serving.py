"""Random ranges of 256 KB of files of 10 MB, 16 connections: requests per second beside nginx on the same core."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from _file_load import Ask, Asks, Contestant, check, compared, cores, nginx, write_files
from _file_server import PATH, PURPOSE
from _stand import HERE, Result, options, run, running

from veza.kit.signing import Signer

FILES, FILE_BYTES, RANGE_BYTES = 20, 10_000_000, 256 * 1024
SECRET = "of the benchmark"
MUST = 0.7


def links(names: Sequence[str]) -> Callable[[str], str]:
    """What asks Veza for a file: a signed link that is good for an hour."""
    signer, ends = Signer(SECRET, PURPOSE), int(time.time()) + 3_600
    made = {name: PATH + signer.sign([name, ends]) for name in names}
    return made.__getitem__


@asynccontextmanager
async def contestants(files: Path, folder: Path, names: Sequence[str]) -> Any:
    """Veza and nginx, which serve the same folder."""
    ours = running([str(HERE / "_file_server.py"), str(files), SECRET, str(cores()[0])], {}, "http://")
    async with ours as process, nginx(files, folder, "/{}".format) as other:
        port = int(process.line.rpartition(":")[2])
        yield Contestant("veza", port, process.pid, links(names)), other


def ranges(names: Sequence[str], chance: random.Random) -> Iterator[Ask]:
    while True:
        yield Ask(chance.choice(names), chance.randrange(FILE_BYTES - RANGE_BYTES), RANGE_BYTES)


async def measured() -> Sequence[Result]:
    name = "ranges of 256 KB beside nginx"
    if shutil.which("nginx") is None:
        return [{"name": name, "skipped": "no nginx", "reached": True}]
    with tempfile.TemporaryDirectory(prefix="veza-bench-") as made:
        folder = Path(made)
        written = write_files(folder / "files", [(f"{number}.m4a", FILE_BYTES) for number in range(FILES)])
        async with contestants(folder / "files", folder, list(written)) as (ours, other):
            for one in (ours, other):
                check(one, Ask("3.m4a", 5_000_001, RANGE_BYTES), written["3.m4a"][5_000_001:][:RANGE_BYTES])

            def asks(number: int) -> Asks:
                return ranges(list(written), random.Random(number))

            return [compared(ours, other, asks, MUST, name)]


if __name__ == "__main__":
    asked = options(__doc__.splitlines()[0])
    run(measured, as_json=asked.json)
