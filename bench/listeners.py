"""Listeners to AAC at 256 kbit/s on one process: how many hear it without a stall in a minute, and what each costs.

Each has a session, a signed link and a connection of its own, and asks for a segment of 4 s every 4 s of its own clock.
A stall is a segment that is not whole when the next one is due. They begin within 20 s, as the right of each is asked
for again every 20 s.
"""

from __future__ import annotations

import heapq
import os
import random
import resource
import select
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from _file_load import Ask, Asks, Connection, Contestant, cores, cpu_seconds
from _stand import Result, options, run
from _streams import Site, serving

from veza.audio.manifest import Rung

SONGS, SEGMENTS, SEGMENT_BYTES = 20, 60, 130_000
EVERY_SECONDS, RAMP_SECONDS, PROBE_SECONDS, HELD_SECONDS = 4.0, 20.0, 10.0, 60.0
STEPS = (1_000, 2_000, 4_000, 7_800)
"""How many are tried; one process takes 8,000 connections."""
MUST = 1_000


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of so many listeners: `late_seconds` is the slowest segment; `client_late_seconds` how much later
    than its clock said the client asked at worst."""

    listeners: int
    stalls: int
    late_seconds: float
    client_late_seconds: float
    cpu_us_of_segment: float
    cpu_share: float
    memory_bytes: int


def played(listener: int) -> Asks:
    segment = random.Random(listener).randrange(SEGMENTS)
    while True:
        yield Ask(str(listener), segment * SEGMENT_BYTES, SEGMENT_BYTES)
        segment = (segment + 1) % SEGMENTS


def tried(server: Contestant, listeners: int, seconds: float) -> Trial:
    """So many listeners, for `seconds` after the last has begun."""
    crowd = _Crowd(server)
    try:
        return crowd.heard(listeners, seconds)
    finally:
        crowd.close()


class _Crowd:
    """Listeners by number; each connects when it begins, and has a segment on its way or waits for its clock."""

    def __init__(self, server: Contestant) -> None:
        self._server, self._poll = server, select.epoll()
        self._connections: dict[int, Connection] = {}
        self._numbers: dict[int, int] = {}
        self._asked_at: dict[int, float] = {}
        self._stalls, self._late, self._client_late = 0, 0.0, 0.0

    def heard(self, listeners: int, seconds: float) -> Trial:
        began = time.perf_counter()
        due = [(began + RAMP_SECONDS * random.Random(number).random(), number) for number in range(listeners)]
        heapq.heapify(due)
        self._go_on(due, began + RAMP_SECONDS)
        used = cpu_seconds(self._server.pid)
        heard = self._go_on(due, began + RAMP_SECONDS + seconds)
        used = cpu_seconds(self._server.pid) - used
        memory = memory_of(self._server.pid)
        return Trial(
            listeners, self._stalls, self._late, self._client_late, used / max(1, heard) * 1e6, used / seconds, memory
        )

    def close(self) -> None:
        self._poll.close()
        for one in self._connections.values():
            one.socket.close()

    def _go_on(self, due: list[tuple[float, int]], until: float) -> int:
        """Play until then; how many segments came."""
        heard = 0
        while (now := time.perf_counter()) < until:
            while due[0][0] <= now:
                at, number = due[0]
                heapq.heapreplace(due, (at + EVERY_SECONDS, number))
                self._ask(number, at)
                self._client_late = max(self._client_late, now - at)
            for descriptor, _ in self._poll.poll(min(0.05, max(0.0, due[0][0] - now))):
                number = self._numbers[descriptor]
                if self._taken(number):
                    self._late = max(self._late, time.perf_counter() - self._asked_at.pop(number))
                    heard += 1
        return heard

    def _taken(self, number: int) -> bool:
        """Take what has come; a connection that the server closes is opened again, and a segment on it has stalled."""
        try:
            return self._connections[number].take()
        except ConnectionError:
            self._stalls += self._asked_at.pop(number, None) is not None
            self._connections.pop(number).socket.close()
            return False

    def _ask(self, number: int, at: float) -> None:
        if number in self._asked_at:
            self._stalls += 1
            return
        if number not in self._connections:
            made = self._connections[number] = Connection(self._server, played(number))
            self._numbers[made.socket.fileno()] = number
            self._poll.register(made.socket, select.EPOLLIN)
        self._asked_at[number] = at
        try:
            self._connections[number].ask()
        except ConnectionError:
            self._taken(number)


def memory_of(pid: int) -> int:
    """Resident memory that no file backs."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


def trials(server: Contestant) -> Iterator[Trial]:
    """Short ones with more and more, until one stalls; then long ones with fewer and fewer, until none does."""
    os.sched_setaffinity(0, {cores()[1]})
    good = STEPS[0]
    for listeners in STEPS:
        found = tried(server, listeners, PROBE_SECONDS)
        yield found
        if found.stalls:
            break
        good = listeners
    while good >= 100:
        found = tried(server, good, HELD_SECONDS)
        yield found
        if not found.stalls:
            return
        good = good * 4 // 5


async def measured() -> Sequence[Result]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sessions = [(number, number % SONGS) for number in range(STEPS[-1])]
    sizes = {Rung.AAC_256: SEGMENTS * SEGMENT_BYTES}
    async with serving(sizes, SONGS, sessions, core=cores()[0]) as (site, process, port):
        idle = memory_of(process.pid)
        links = _links(site, sessions)
        made = list(trials(Contestant("veza", port, process.pid, links.__getitem__)))
    last = made[-1]
    return [
        {
            "name": "listeners at 256 kbit/s on one process",
            "listeners": 0 if last.stalls else last.listeners,
            "cpu_us_each_second": round(last.cpu_share / last.listeners * 1e6, 1),
            "cpu_us_each_segment": round(last.cpu_us_of_segment, 1),
            "cpu_share": round(last.cpu_share, 2),
            "memory_bytes_each": (last.memory_bytes - idle) // last.listeners,
            "slowest_segment_seconds": round(last.late_seconds, 3),
            "client_late_seconds": round(last.client_late_seconds, 3),
            "tried": [[one.listeners, one.stalls] for one in made],
            "reached": not last.stalls and last.listeners >= MUST,
        }
    ]


def _links(site: Site, sessions: Sequence[tuple[int, int]]) -> dict[str, str]:
    return {str(listener): site.target(listener, song, Rung.AAC_256) for listener, song in sessions}


if __name__ == "__main__":
    asked = options(__doc__.splitlines()[0])
    run(measured, as_json=asked.json)
