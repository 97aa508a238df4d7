"""One task runs at a time, and the simulator decides which: no race is left to the event loop.

A job is a coroutine driven by hand: it runs until its next point (an await on the provider, a commit
boundary) and is parked there. It goes on when `turn` picks it, or dies there when its process crashes. A
real wait (for a database over a socket) is passed on to the event loop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from veza.kit.clock import Clock


class Crash(BaseException):
    """The process died at this point (kill -9): no handler of the module may swallow it."""


@dataclass(slots=True, eq=False)
class Job:
    """One task of one process; the jobs with the same `process` die together."""

    name: str
    process: object
    work: Coroutine[Any, Any, None] = field(repr=False)
    created_at: datetime
    on_crash: Callable[[], None] | None = None
    has_begun: bool = False


class _Parked:
    """What a job yields at a point, for the scheduler alone."""

    def __await__(self) -> Generator[_Parked, None, None]:
        yield self


PARKED = _Parked()


@dataclass(slots=True)
class _Stretch:
    """A job from where it is parked to its next point or its end; True while it is not over."""

    job: Job
    crash: Crash | None

    def __await__(self) -> Generator[Any, Any, bool]:
        work = self.job.work
        try:
            said = work.throw(self.crash) if self.crash else work.send(None)
            while said is not PARKED:
                try:
                    back = yield said
                except BaseException as error:
                    said = work.throw(error)
                else:
                    said = work.send(back)
        except StopIteration:
            return False
        return True


class Scheduler:
    """Runs jobs one at a time; `dies` says, at every point, whether the process dies there."""

    def __init__(self, clock: Clock, dies: Callable[[str], bool]) -> None:
        self._clock = clock
        self._dies = dies
        self._running: Job | None = None
        self._dead: list[object] = []
        self.jobs: list[Job] = []
        self.crashes: Counter[str] = Counter()
        self.errors: list[str] = []

    def spawn(
        self,
        name: str,
        process: object,
        work: Coroutine[Any, Any, None],
        *,
        on_crash: Callable[[], None] | None = None,
    ) -> Job:
        """A new job; it runs for the first time when a turn picks it."""
        job = Job(name, process, work, self._clock.now(), on_crash)
        self.jobs.append(job)
        return job

    async def turn(self, job: Job) -> None:
        """Let `job` run to its next point, or to its end."""
        await self._go_on(job, None)

    async def finish(self, job: Job) -> None:
        """Let `job` run to its end without another job between."""
        while job in self.jobs:
            await self._go_on(job, None)

    async def kill(self, process: object) -> None:
        """Every job of `process` dies where it is parked."""
        for job in [one for one in self.jobs if one.process is process]:
            if job.has_begun:
                await self._go_on(job, Crash("the process was killed"))
            else:
                job.work.close()
                self._bury(job)

    def take_dead(self) -> list[object]:
        """Processes that died at a point since the last call: their other jobs are yet to be killed."""
        dead, self._dead = self._dead, []
        return dead

    def die_here(self, point: str) -> None:
        """A point at which no other job may run (a transaction is open), only a crash may happen."""
        if self._running is not None and self._dies(point):
            self.crashes[point] += 1
            self._dead.append(self._running.process)
            raise Crash(point)

    async def pause(self, point: str) -> None:
        """A point at which any other job may run first, or the process may die."""
        if self._running is not None:
            self.die_here(point)
            await PARKED

    async def _go_on(self, job: Job, crash: Crash | None) -> None:
        self._running = job
        job.has_begun = True
        try:
            if not await _Stretch(job, crash):
                self.jobs.remove(job)
        except Crash:
            self._bury(job)
        except Exception as error:
            self.jobs.remove(job)
            self.errors.append(f"{job.name} raised {type(error).__name__}: {error}")
        finally:
            self._running = None

    def _bury(self, job: Job) -> None:
        self.jobs.remove(job)
        if job.on_crash:
            job.on_crash()
