"""`veza …` as a process of its own, forked from one that has imported Veza already (tests/fork_server.py).

`cold=True` starts `python -m veza` itself, which takes more than a second of a processor for its imports: for tests of
the start. Commands get the settings they are given, and nothing else from the environment of the tests.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

from tests.migrated import put_migrated
from tests.waiting import until, wait_until
from veza.settings import environment_for_children

ROOT = Path(__file__).parents[1]
BOUND_SECONDS = 60
SAID_BYTES = 1 << 20
"""More than any command of a test says."""
MESSAGE_BYTES = 32
LAST_LINES = 5


class Warm:
    """A running command, as `subprocess.Popen` shows it; `stdout` has its lines where a pipe was asked for."""

    seconds_of_ended = 0.0
    """Processor seconds of those that have been waited for."""

    def __init__(self, arguments: tuple[str, ...], cwd: Path, environment: dict[str, str], out: Any, err: IO[Any]):
        self.args = arguments
        self.returncode: int | None = None
        self.stdout: IO[str] | None = None
        pipe = None
        if out == subprocess.PIPE:
            read_end, pipe = os.pipe()
            self.stdout = os.fdopen(read_end, encoding="utf-8")
        self._end, told = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        asked = {"arguments": arguments, "cwd": str(cwd), "environment": environment}
        descriptors = [out.fileno() if pipe is None else pipe, err.fileno(), told.fileno()]
        socket.send_fds(_server(), [json.dumps(asked).encode()], descriptors)
        told.close()
        if pipe is not None:
            os.close(pipe)
        self.pid = int(self._said())

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, -N where signal N ended it. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._end.settimeout(timeout)
            try:
                code, seconds = self._said().split()
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
            self.returncode = int(code)
            Warm.seconds_of_ended += float(seconds)
            self._end.close()
        return self.returncode

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _said(self) -> bytes:
        said = self._end.recv(MESSAGE_BYTES)
        if not said:
            self._end.close()
            raise RuntimeError("the fork server has ended: its stderr says why")
        return said

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


Running = Warm | subprocess.Popen[str]


@cache
def _server() -> socket.socket:
    """The socket on which this process's fork server is asked for commands; it ends with this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        number = theirs.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fork_server", str(number)],
            cwd=ROOT, env=environment_for_children(), stdin=subprocess.DEVNULL, pass_fds=[number],
        )  # fmt: skip

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def start(*arguments: str, cwd: Path, stdout: Any, stderr: IO[Any], cold: bool = False, **settings: str) -> Running:
    """Start `veza ARGUMENTS` in `cwd`, or `-m MODULE ARGUMENTS` of the tests; `stdout` is a file or subprocess.PIPE,
    `stderr` a file."""
    environment = environment_for_children() | settings
    if not cold:
        return Warm(arguments, cwd, environment, stdout, stderr)
    return subprocess.Popen(
        [sys.executable, "-m", "veza", *arguments],
        cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, text=True,
    )  # fmt: skip


def veza(
    *arguments: str, cwd: Path, bound_seconds: float = BOUND_SECONDS, cold: bool = False, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run `veza ARGUMENTS` in `cwd` to its end. Raises subprocess.TimeoutExpired."""
    with _kept() as out, _kept() as err:
        process = start(*arguments, cwd=cwd, stdout=out, stderr=err, cold=cold, **settings)
        try:
            code = process.wait(bound_seconds)
        finally:
            process.kill()
            process.wait()
        return subprocess.CompletedProcess(arguments, code, _text(out), _text(err))


@contextmanager
def serving(
    cwd: Path,
    options: tuple[str, ...] = ("--migrate",),
    *,
    cold: bool = False,
    from_nothing: bool = False,
    **settings: str,
) -> Iterator[tuple[Running, str, str]]:
    """`veza serve` on a free port: the process, its address, and what it had said when it was ready, its log last.

    It finds an empty database whose migrations are done; `cold` or `from_nothing` it makes one where there is none.
    Killed at the end, unless it has ended before.
    """
    is_elsewhere = "DATABASE_URL" in settings or "VAR_DIR" in settings
    if not (cold or from_nothing or is_elsewhere or (cwd / "var").exists()):
        put_migrated(cwd / "var")
    with _kept() as out, _kept() as log:
        process = start("serve", *options, "--port", "0", cwd=cwd, stdout=out, stderr=log, cold=cold, **settings)

        def said() -> str:
            return _text(out) + _text(log)

        try:
            # That it is ready is written at once, with all that follows.
            wait_until(lambda: "Veza is ready on " in _text(out) or process.poll() is not None, said)
            ready = re.search(r"Veza is ready on (\S+)", _text(out))
            assert ready, said()
            yield process, ready[1], said()
        finally:
            process.kill()
            process.wait()


@dataclass
class Process:
    """One `veza …` beside the event loop of a test: its log goes to a file, what it prints to another."""

    name: str
    arguments: tuple[str, ...]
    folder: Path
    settings: dict[str, str]
    running: Running | None = None

    async def start(self, ready: str, within_seconds: float = BOUND_SECONDS) -> re.Match[str]:
        """Start it and wait until it prints what matches `ready`; returns the match."""
        printed = self.folder / f"{self.name}.out"
        with printed.open("wb") as out, self.log.open("ab") as log:
            running = start(*self.arguments, cwd=self.folder, stdout=out, stderr=log, **self.settings)
        self.running = running
        found = None

        def is_ready() -> bool:
            nonlocal found
            has_ended = running.poll() is not None
            found = re.search(ready, printed.read_text(encoding="utf-8"))
            return found is not None or has_ended

        await until(is_ready, lambda: f"{self.name}: {self.last_words()}", within=within_seconds)
        assert found is not None, f"{self.name} ended before it was ready: {self.last_words()}"
        return found

    async def kill(self) -> None:
        """kill -9: it has no chance to finish anything."""
        assert self.running is not None
        self.running.kill()
        await self._ended()

    async def stop(self) -> int:
        """Ask it to stop, and wait within the bound; returns its exit code."""
        assert self.running is not None
        self.running.terminate()
        return await self._ended()

    async def end(self) -> None:
        """Kill the process if it still runs."""
        if self.running is not None:
            await self.kill()

    async def _ended(self) -> int:
        running = self.running
        assert running is not None
        await until(lambda: running.poll() is not None, f"the end of {self.name}", within=BOUND_SECONDS)
        assert running.returncode is not None
        return running.returncode

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def last_words(self) -> str:
        """The end of its log, for a person who wants to know why."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.exists() else []
        return " | ".join(lines[-LAST_LINES:]) or "it said nothing"


@dataclass
class Server:
    """`veza serve` in a folder, which a test starts and kills, again and again."""

    folder: Path
    settings: dict[str, str]
    process: Process | None = None

    async def start(self, *arguments: str) -> str:
        """Start it, anew where it has ended; returns its address once it is ready."""
        self.process = Process("serve", ("serve", *arguments), self.folder, self.settings)
        return (await self.process.start(r"Veza is ready on (\S+)"))[1]

    async def kill(self) -> None:
        """kill -9, as if the machine were gone."""
        assert self.process is not None
        await self.process.kill()

    async def end(self) -> None:
        """Kill it if it still runs."""
        if self.process is not None:
            await self.process.end()

    @property
    def pid(self) -> int:
        assert self.process is not None
        assert self.process.running is not None
        return self.process.running.pid

    @property
    def log(self) -> Path:
        assert self.process is not None
        return self.process.log


def _kept() -> IO[bytes]:
    return tempfile.TemporaryFile()


def _text(said: IO[bytes]) -> str:
    """What a process has written so far; it goes on writing where it was."""
    return os.pread(said.fileno(), SAID_BYTES, 0).decode().replace("\r\n", "\n")


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and that have not been waited for."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    """Whether a process runs: one that has ended and whose parent has not asked for its end does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
