"""How long `veza serve` takes to be ready, what memory it holds without requests, and what requests leave.

The default of a newcomer: SQLite, the sandbox inside, all workers, a database that is migrated already. From the
start of the process until /health/ready answers 200; the median of three starts. The same of `make run` with a demo
that was made before, whose tracks have their music. What is used for the first time stays, so what requests leave is
measured from when every address has been asked often to when it has been asked much more often.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from _made_demo import made_demo
from _stand import Result, Running, database, options, run, running

STARTS = 3
IDLE_SECONDS = 2
READY_SECONDS, RSS_MB = 3, 200
MOST_SECONDS = 30
ADDRESSES = ("/tracks", "/releases?sort=title", "/artists?tag=folk", "/products", "/cart", "/library", "/nothing")
"""Lists, a cart, what only a signed-in person may see, what is not there."""
WARM, ASKED = 100, 1_000
"""How often each address is asked before memory is read, and between the two readings."""
MOST_KB_A_REQUEST = 0.5
"""The allocator keeps some; a copy of a handler that stays for each request was 1."""


async def measured() -> Sequence[Result]:
    return [*await _empty(), await _second_start()]


async def _empty() -> Sequence[Result]:
    ready: list[float] = []
    memory: list[float] = []
    async with database("sqlite") as url:
        for _ in range(STARTS):
            settings = {"DATABASE_URL": url.replace("+aiosqlite", ""), "PORT": "0"}
            async with _started(["serve"], settings) as (server, seconds):
                ready.append(seconds)
                await asyncio.sleep(IDLE_SECONDS)
                memory.append(_rss_mb(server.pid))
                # Of the last start only: one is enough to see what stays.
                base = server.line.split()[-1] + "/api/v1"
                if len(ready) == STARTS:
                    await _ask(base, WARM)
                    before = _rss_mb(server.pid)
                    await _ask(base, ASKED)
                    kept_kb = (_rss_mb(server.pid) - before) * 1024 / (ASKED * len(ADDRESSES))
    ready_seconds, rss_mb = statistics.median(ready), max(memory)
    return [
        {
            "name": "veza serve, sqlite, idle",
            "ready_seconds": round(ready_seconds, 2),
            "rss_mb": round(rss_mb, 1),
            "reached": ready_seconds < READY_SECONDS and rss_mb < RSS_MB,
        },
        {
            "name": f"veza serve, sqlite, {ASKED * len(ADDRESSES):,} requests",
            "kept_kb_a_request": round(kept_kb, 2),
            "reached": kept_kb < MOST_KB_A_REQUEST,
        },
    ]


async def _second_start() -> Result:
    ready: list[float] = []
    async with made_demo() as settings:
        for _ in range(STARTS):
            async with _started(["serve", "--migrate"], settings) as (_, seconds):
                ready.append(seconds)
    ready_seconds = statistics.median(ready)
    return {
        "name": "veza serve, the demo with its music",
        "ready_seconds": round(ready_seconds, 2),
        "slowest": round(max(ready), 2),
        "reached": ready_seconds < READY_SECONDS,
    }


@asynccontextmanager
async def _started(arguments: Sequence[str], settings: Mapping[str, str]) -> AsyncIterator[tuple[Running, float]]:
    """The process, and how many seconds it took to be ready."""
    began = time.perf_counter()
    async with running(["-m", "veza", *arguments], settings, "ready on") as server:
        await _until_ready(server.line.split()[-1])
        yield server, time.perf_counter() - began


async def _ask(base: str, times: int) -> None:
    async with aiohttp.ClientSession() as http:
        for _ in range(times):
            for address in ADDRESSES:
                async with http.get(base + address) as answer:
                    await answer.read()
                    if answer.status >= 500:
                        raise SystemExit(f"{answer.status} at {answer.url}: {await answer.text()}")


async def _until_ready(url: str) -> None:
    async with aiohttp.ClientSession() as http, asyncio.timeout(MOST_SECONDS):
        while True:
            async with http.get(f"{url}/health/ready") as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(0.02)


def _rss_mb(pid: int) -> float:
    """Resident memory of a process and of those it started."""
    status = Path(f"/proc/{pid}/status").read_text()
    own = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(_rss_mb(int(child)) for child in children)


if __name__ == "__main__":
    asked = options(__doc__.splitlines()[0])
    run(measured, as_json=asked.json)
