"""What every benchmark stands on: databases of its own, processes it ends itself, and one way to report."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from veza.lab.fresh_database import fresh_database
from veza.ops.command import run_async
from veza.ops.migrations import migrate
from veza.settings import Settings

POSTGRES = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
HERE = Path(__file__).parent
START_SECONDS = 120
STOP_SECONDS = 15

Result = dict[str, Any]


def options(about: str, *more: tuple[str, dict[str, Any]]) -> argparse.Namespace:
    """The command line every benchmark has: `--json`, and what it adds."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
    for name, described in more:
        parser.add_argument(name, **described)
    return parser.parse_args()


def run(measure: Callable[[], Awaitable[Sequence[Result]]], *, as_json: bool) -> None:
    """Measure, print, and exit with 0 only when every target was reached."""
    before = _additions_per_second()
    results = run_async(_measured(measure))
    # Machines differ and are shared: with this a figure can be compared with one from elsewhere.
    speed = round(min(before, _additions_per_second()) / 1e6, 1)
    results = [{**result, "million_additions_per_second": speed} for result in results]
    if as_json:
        print(json.dumps(results[0] if len(results) == 1 else results))
    else:
        for result in results:
            print("\n".join(f"{name:28} {value}" for name, value in result.items()), end="\n\n")
    sys.exit(0 if all(result["reached"] for result in results) else 1)


def _additions_per_second() -> float:
    """How fast one core runs plain Python just now: a small loop, by the clock on the wall."""
    count, total = 2_000_000, 0
    began = time.perf_counter()
    for number in range(count):
        total += number
    return count / (time.perf_counter() - began)


async def _measured(measure: Callable[[], Awaitable[Sequence[Result]]]) -> list[Result]:
    return list(await measure())


@asynccontextmanager
async def database(kind: str) -> AsyncIterator[str]:
    """The URL of a migrated database of this run alone; `kind` is sqlite or postgresql."""
    server = make_url(POSTGRES).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
    async with fresh_database(None if kind == "sqlite" else server) as url:
        with tempfile.TemporaryDirectory(prefix="veza-bench-") as folder:
            await asyncio.to_thread(migrate, Settings(database_url=url, var_dir=Path(folder)))
        yield url


def missing(kind: str) -> str:
    """Why a service cannot be measured here; empty when it can."""
    if kind == "sqlite":
        return ""
    url = make_url(POSTGRES if kind == "postgresql" else REDIS)
    try:
        socket.create_connection((url.host or "127.0.0.1", url.port or 5432), timeout=1).close()
    except OSError:
        return f"no {kind} on {url.host}:{url.port}"
    return ""


class Running:
    """A process of ours: `line` is what it said when it was ready."""

    def __init__(self, process: asyncio.subprocess.Process, line: str) -> None:
        self.process = process
        self.line = line

    @property
    def pid(self) -> int:
        return self.process.pid

    def cpu_seconds(self) -> float:
        """What of a processor it has used since it started."""
        user, system = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def running(arguments: Sequence[str], settings: Mapping[str, str], ready: str) -> AsyncIterator[Running]:
    """Run `python ARGUMENTS` from an empty folder until the block ends; yields when a line with `ready` was said."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="veza-bench-"))
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            cwd=folder,
            env={**kept, "VAR_DIR": folder, "LOG_LEVEL": "error", **settings},
            stdout=asyncio.subprocess.PIPE,
        )
        stack.push_async_callback(_end, process)
        yield Running(process, await _said(process, ready))


async def _said(process: asyncio.subprocess.Process, ready: str) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(START_SECONDS):
        while line := (await process.stdout.readline()).decode():
            if ready in line:
                return line.strip()
    raise SystemExit(f"a process of the benchmark ended with {await process.wait()} before it was ready")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


@asynccontextmanager
async def sandbox(store: Path, *, latency_ms: int, per_second: int) -> AsyncIterator[Running]:
    """The sandbox over HTTP with the state in `store`; its line is its URL."""
    arguments = [str(HERE / "_sandbox.py"), str(store), str(latency_ms), str(per_second)]
    async with running(arguments, {}, "http://") as process:
        yield process
