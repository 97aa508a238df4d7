"""Runs the probe's steps on a fresh database and tells how each went."""

from __future__ import annotations

import secrets
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy.engine import make_url

from veza.lab.fresh_database import fresh_database
from veza.lab.probe.client import Client, ProbeFailed
from veza.lab.probe.processes import Process, ProcessFailed
from veza.lab.probe.steps import STEPS, Probe, Step
from veza.lab.sandbox.belonging import sandbox_key
from veza.lab.sandbox_remote import SandboxRefused, SandboxRemote
from veza.settings import SANDBOX_PATH

TIMEOUT_SECONDS = 30.0
START = "start a server and a worker on a fresh database"
# A crashed worker's rows come back with their lease, so the lease is as short as the settings allow.
QUICK = {
    "STRIPE_REQUEST_TIMEOUT": "2s",
    "CLAIM_LEASE": "48s",
    "REVERSAL_CHECK_INTERVAL": "250ms",
    "REVERSAL_BACKOFF_BASE": "500ms",
    "REVERSAL_BACKOFF_MAX": "5s",
    "LOG_FORMAT": "json",
}


@dataclass(frozen=True, slots=True)
class StepResult:
    """How one step went; `detail` says what was seen, or what was missing."""

    name: str
    ok: bool
    ms: int
    detail: str


@dataclass(frozen=True, slots=True)
class Probed:
    """All steps; `database` is sqlite or postgresql."""

    database: str
    steps: tuple[StepResult, ...]

    @property
    def ok(self) -> bool:
        return len(self.steps) == len(STEPS) + 1 and all(step.ok for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        return {"ok": self.ok, "database": self.database, "steps": [asdict(step) for step in self.steps]}


Tell = Callable[[StepResult], None]


async def probe(beside: str | None, begin: Callable[[str], None], tell: Tell) -> Probed:
    """Probe a fresh database: SQLite, or one beside the PostgreSQL database `beside`.

    `begin` hears the name of each step before it is taken, `tell` how it went. The first step that fails is the
    last. Raises DatabaseUnavailable when no database can be made.
    """
    name = make_url(beside).get_backend_name() if beside else "sqlite"
    results: list[StepResult] = []
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="veza-probe-")))
        url = await stack.enter_async_context(fresh_database(beside))
        started = time.monotonic()
        begin(START)
        try:
            running = await _start(stack, folder, url)
        except (ProcessFailed, ProbeFailed, OSError) as failed:
            results.append(_result(START, started, str(failed), ok=False))
            tell(results[-1])
            return Probed(name, tuple(results))
        results.append(_result(START, started, f"{running.client.url}, workers beside it"))
        tell(results[-1])
        for step in STEPS:
            begin(_name(step))
            results.append(await _take(step, running))
            tell(results[-1])
            if not results[-1].ok:
                break
    return Probed(name, tuple(results))


async def _start(stack: AsyncExitStack, folder: Path, url: str) -> Probe:
    token = secrets.token_urlsafe(24)
    settings = {
        **QUICK,
        "VAR_DIR": str(folder / "var"),
        "DATABASE_URL": url,
        "OPERATOR_TOKEN": token,
        "PORT": str(_free_port()),
    }
    # Reversals are the worker's alone, so that killing it can be seen.
    server = Process("server", ("serve", "--migrate"), folder, {**settings, "REVERSAL_WORKER_ENABLED": "false"})
    worker = Process("worker", ("worker",), folder, settings)
    stack.push_async_callback(server.end)
    where = (await server.start(r"ready on (http://\S+)"))[1]
    stack.push_async_callback(worker.end)
    await worker.start("workers are running")
    http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS))
    await stack.enter_async_context(http)
    remote = await stack.enter_async_context(SandboxRemote(where + SANDBOX_PATH, token=token, key=sandbox_key(token)))
    return Probe(Client(where, token, http), remote, server, worker, folder, settings)


async def _take(step: Step, running: Probe) -> StepResult:
    started = time.monotonic()
    try:
        return _result(_name(step), started, await step(running))
    except (ProbeFailed, ProcessFailed, SandboxRefused, aiohttp.ClientError, OSError) as failed:
        said = str(failed) or type(failed).__name__
        logs = f"server: {running.server.last_words()}; worker: {running.worker.last_words()}"
        return _result(_name(step), started, f"{said} [{logs}]", ok=False)


def _result(name: str, started: float, detail: str, *, ok: bool = True) -> StepResult:
    return StepResult(name, ok, round((time.monotonic() - started) * 1000), detail)


def _name(step: Step) -> str:
    return (step.__doc__ or "").strip()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
