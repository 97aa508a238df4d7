"""A large file, sent in one request to a real server, then joined by its worker: what the server's memory does.

.venv/bin/python -m tests.api.ingest.large_upload --gib 1
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.api.ingest.site import a_site

MIB = 1 << 20
MOST_GROWN_BYTES = 32 * MIB


@dataclass(frozen=True)
class Done:
    """By how much the server's memory grew at most, from before the first byte; and what sending and joining took."""

    length_bytes: int
    grown_bytes: int
    sent_seconds: float
    joined_seconds: float


async def uploaded(folder: Path, length_bytes: int) -> Done:
    """Send so many bytes, and compare what is kept of them."""
    async with a_site(folder) as site:
        # The first request compiles statements and imports what it needs: it is no part of a file.
        small = site.begun(1000)
        assert (await asyncio.to_thread(site.patch, small, 0, bytes(1000))).status_code == 204
        await site.taken(small)
        before, digest = site.memory_bytes(), hashlib.sha256()

        def content() -> Iterator[bytes]:
            chance = random.Random(3)
            for _ in range(length_bytes // MIB):
                chunk = chance.randbytes(MIB)
                digest.update(chunk)
                yield chunk

        where, began = site.begun(length_bytes), time.monotonic()
        answer = await asyncio.to_thread(site.patch, where, 0, content())
        assert answer.status_code == 204, answer.text
        sent = time.monotonic()
        assert await site.taken(where) == digest.hexdigest()
        joined = time.monotonic()
        return Done(length_bytes, site.memory_bytes("VmHWM") - before, sent - began, joined - sent)


def printed(described: str | None, measured: Callable[[Path, int], Coroutine[Any, Any, Any]]) -> int:
    """Print what was measured of a file of `--gib`; 1 if the memory grew by more than it may."""
    parser = argparse.ArgumentParser(description=described)
    parser.add_argument("--gib", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        done = asyncio.run(measured(Path(folder), asked.gib << 30))
    print(done)
    return 0 if done.grown_bytes < MOST_GROWN_BYTES else 1


if __name__ == "__main__":
    sys.exit(printed(__doc__, uploaded))
