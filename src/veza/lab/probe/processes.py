"""The probe's own `veza serve` and `veza worker`: started, killed, and stopped politely."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

from veza.settings import environment_for_children

READY_SECONDS = 60.0
STOP_SECONDS = 40.0
LAST_LINES = 5


class ProcessFailed(Exception):
    """A process ended or stayed silent when it should not have; says its last words."""


@dataclass(slots=True)
class Process:
    """One `veza …` process with its own settings and nothing else in its environment; its log goes to a file."""

    name: str
    arguments: tuple[str, ...]
    folder: Path
    settings: dict[str, str]
    _process: asyncio.subprocess.Process | None = None
    _readers: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self, ready: str, within_seconds: float = READY_SECONDS) -> re.Match[str]:
        """Start it and wait for the line that matches `ready`; returns the match. Raises ProcessFailed."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "veza", *self.arguments,
                cwd=self.folder, env=environment_for_children() | self.settings,
                stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        try:
            async with asyncio.timeout(within_seconds):
                return await self._line(re.compile(ready))
        except TimeoutError:
            raise ProcessFailed(f"{self.name} was not ready after {within_seconds:g} s: {self.last_words()}") from None

    async def _line(self, ready: re.Pattern[str]) -> re.Match[str]:
        stdout = self._running.stdout
        while stdout is not None and (line := await stdout.readline()):
            if found := ready.search(line.decode(errors="replace")):
                reader = asyncio.create_task(_discard(stdout))
                self._readers.add(reader)
                return found
        raise ProcessFailed(f"{self.name} ended before it was ready: {self.last_words()}")

    async def kill(self) -> None:
        """kill -9: it has no chance to finish anything."""
        self._running.kill()
        await self._running.wait()

    async def stop(self) -> int:
        """Ask it to stop, and wait within the bound; returns its exit code. Raises ProcessFailed."""
        if self._running.returncode is None:
            self._running.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self._running.wait(), STOP_SECONDS)
        except TimeoutError:
            await self.kill()
            raise ProcessFailed(f"{self.name} did not stop within {STOP_SECONDS:g} s") from None

    async def end(self) -> None:
        """Kill the process if it still runs, and end its readers."""
        if self._process is not None and self._process.returncode is None:
            await self.kill()
        for reader in self._readers:
            reader.cancel()

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def last_words(self) -> str:
        """The end of its log, for a person who wants to know why."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return " | ".join(lines[-LAST_LINES:]) or "it said nothing"

    @property
    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise ProcessFailed(f"{self.name} was never started")
        return self._process


async def _discard(stdout: asyncio.StreamReader) -> None:
    # A full pipe would block the process that writes into it.
    while await stdout.read(65536):
        pass


async def run_command(arguments: tuple[str, ...], folder: Path, settings: dict[str, str]) -> tuple[int, str]:
    """Run `veza …` to its end; its exit code and what it printed. Raises ProcessFailed when it takes too long."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "veza", *arguments,
        cwd=folder, env=environment_for_children() | settings,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = await asyncio.wait_for(process.communicate(), READY_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise ProcessFailed(f"veza {' '.join(arguments)} did not end within {READY_SECONDS:g} s") from None
    return process.returncode or 0, said.decode(errors="replace")
