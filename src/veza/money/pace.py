"""How fast we may ask the provider: one pace for the whole deployment, people's requests first.

GCRA (the leaky bucket as a meter, ITU-T I.371): each lane has a *theoretical arrival time*; a request
reserves the next slot and sleeps until then. Workers have their share of the cap; people's requests have the
rest and borrow from the workers' lane ahead of them. The slots live in Redis where there is one
(pace_redis.py), else in PostgreSQL (pace_postgres.py), else in this process.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

HEADROOM = 0.93
"""Slots are this part of the cap: a second holds too many only when arrivals are off by 1/0.93 - 1 s = 75 ms."""
SLOT_LIFE_SECONDS = 0.03
"""A slot missed by more than this (a busy machine) is given up for a new one, lest late ones bunch up."""
AHEAD_SECONDS = 0.1
"""A process reserves no more than this at once: people who borrow from the workers' lane wait behind it."""
MOST_TRIES = 50
SILENCE_SECONDS = 1.0
"""If the lanes' times are lost or make no sense, no request is sent for as long as the provider counts."""


class Lane(StrEnum):
    """Who asks: a worker (carrying out an intent) or a person waiting for an answer."""

    WORKER = "worker"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Intervals:
    """Seconds between two slots of a lane. `person` is 0 where people have no lane of their own and only borrow."""

    worker: float
    person: float

    @classmethod
    def of(cls, per_second: float, workers_share: float) -> Intervals:
        """Split `per_second` into whole requests a second: parts of requests would add up to one too many."""
        workers = float(math.floor(per_second * workers_share + 1e-9)) or min(1.0, per_second * workers_share)
        people = float(math.floor(per_second - workers + 1e-9))
        return cls(1 / (workers * HEADROOM), 1 / (people * HEADROOM) if people else 0.0)


class Slots(Protocol):
    """Where the two lanes' times live."""

    async def reserve(self, lane: Lane, count: int, intervals: Intervals) -> float:
        """Reserve the next `count` slots of the workers' lane, or one for a person; returns when the first one is.

        The time is that of this process's `time.monotonic()`.
        """
        ...

    async def push_back(self, seconds: float) -> None:
        """Let no worker have a slot for `seconds`."""
        ...


class ProcessSlots:
    """Slots of this process alone."""

    def __init__(self) -> None:
        self._worker = self._person = 0.0

    async def reserve(self, lane: Lane, count: int, intervals: Intervals) -> float:
        now = time.monotonic()
        worker, person = max(self._worker, now), max(self._person, now)
        if lane is Lane.PERSON and intervals.person and person <= worker:
            self._person = person + intervals.person
            return person
        self._worker = worker + count * intervals.worker
        return worker

    async def push_back(self, seconds: float) -> None:
        self._worker = max(self._worker, time.monotonic() + seconds)


class FarClock:
    """Another machine's clock, read on this process's monotonic one; the quickest of the last answers is believed."""

    STEP_SECONDS = 0.25

    def __init__(self) -> None:
        self._differences: deque[float] = deque(maxlen=512)

    @property
    def is_known(self) -> bool:
        return bool(self._differences)

    def here(self, their_now: float, their_time: float) -> float:
        """When `their_time` is here, given that they answered just now and said it was `their_now`."""
        difference = time.monotonic() - their_now
        least = min([difference, *self._differences])
        if difference - least > self.STEP_SECONDS:
            # Their clock was set back (or the answer was very slow): measure anew. This slot comes out as missed.
            self._differences.clear()
        self._differences.append(difference)
        return their_time + least


class _Queue:
    """Those of this process who wait for a slot of one lane: they share the way to where the slots live."""

    def __init__(self, lane: Lane, slots: Slots, intervals: Intervals) -> None:
        self._lane = lane
        self._slots = slots
        self._intervals = intervals
        self._most = max(1, int(AHEAD_SECONDS / intervals.worker)) if lane is Lane.WORKER else 1
        self._waiting: deque[asyncio.Future[float]] = deque()
        self._serving: asyncio.Task[None] | None = None

    async def slot(self) -> float:
        """The time of the next slot, which is taken by this call."""
        place: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        return await place

    async def _serve(self) -> None:
        while self._waiting:
            count = min(len(self._waiting), self._most)
            try:
                first = await self._slots.reserve(self._lane, count, self._intervals)
            except Exception as error:
                self._refuse(error)
                return
            for number in range(count):
                self._hand_out(first + number * self._intervals.worker)
            # Not before the first of them has come: what is not reserved yet, another process may have.
            await asyncio.sleep(first - time.monotonic())

    def _hand_out(self, due: float) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(due)
                return

    def _refuse(self, error: Exception) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_exception(error)


class Pace:
    """Take a slot before every request; `ease_off` when the provider says so."""

    def __init__(self, slots: Slots, per_second: float, workers_share: float) -> None:
        """`per_second`: the cap of the deployment; `workers_share`: the part of it (0–1] workers may use."""
        self._slots = slots
        intervals = Intervals.of(per_second, workers_share)
        self._queues = {lane: _Queue(lane, slots, intervals) for lane in Lane}

    async def take(self, lane: Lane) -> None:
        """Wait for a slot of `lane`. Raises DatabaseUnavailable if neither Redis nor the database answers."""
        for _ in range(MOST_TRIES):
            due = await self._queues[lane].slot()
            await asyncio.sleep(due - time.monotonic())
            if time.monotonic() - due <= SLOT_LIFE_SECONDS:
                return
        # So many slots went by unused that this late request cannot make a second too full.

    async def ease_off(self, seconds: float) -> None:
        """The provider said 429: no worker of the deployment sends for `seconds`."""
        await self._slots.push_back(seconds)


class Unpaced:
    """No pace at all: for the simulator and in-process tests, where the provider is a function call."""

    async def take(self, lane: Lane) -> None:
        return None

    async def ease_off(self, seconds: float) -> None:
        return None
