"""Many runs and their report: `veza money simulate`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from veza.lab.simulator.coverage import OTHER_MACHINES, Coverage
from veza.lab.simulator.ground import ground
from veza.lab.simulator.lean import collect_less, lean
from veza.lab.simulator.play import Played, Step, play, script_of
from veza.lab.simulator.shrink import shrink

MOST_SHRINKING = 80
"""Runs spent on making one failing script shorter."""
MOST_SHRUNK = 3
"""Failing seeds that are made shorter; the others are only named."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A seed that broke a promise: what broke, the command that replays it, and its story made short."""

    seed: int
    violations: list[str]
    replay: str
    script: list[Step]
    story: list[str]

    def as_json(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "violations": self.violations,
            "replay": self.replay,
            "script": [f"{name}:{dice}" for name, dice in self.script],
            "story": self.story,
        }

    def __str__(self) -> str:
        told = "\n  ".join(self.story)
        return f"seed {self.seed}: {self.violations[0]}\nreplay it: {self.replay}\nmade short:\n  {told}"


@dataclass(slots=True)
class Report:
    """The moves and outcomes that all runs reached, and every promise they broke."""

    runs: int = 0
    seconds: float = 0.0
    jobs: int = 1
    """Processes that ran at the same time."""
    failures: list[Failure] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)

    def add(self, other: Report) -> None:
        """Add the counts of another report."""
        self.runs += other.runs
        self.seconds += other.seconds
        self.failures += other.failures
        self.coverage.add(other.coverage)

    @property
    def violations(self) -> int:
        """How many runs broke a promise."""
        return len(self.failures)

    @property
    def runs_per_second(self) -> float:
        return round(self.runs / self.seconds, 2) if self.seconds else 0.0

    @property
    def unreached(self) -> list[str]:
        """Moves and outcome rows that none of the runs reached."""
        return self.coverage.unreached()

    def as_json(self) -> dict[str, Any]:
        """The report as the command prints it with --json."""
        return {
            "runs": self.runs,
            "violations": self.violations,
            "runs_per_second": self.runs_per_second,
            "jobs": self.jobs,
            "states": len(self.coverage.states),
            "pairs": len(self.coverage.pairs),
            "faults": dict(sorted(self.coverage.faults.items())),
            "crashes": self.coverage.crashes.total(),
            "moves": self.coverage.moves_of("transfer"),
            "moves_of_others": {name: self.coverage.moves_of(name) for name in OTHER_MACHINES},
            "crash_points": dict(sorted(self.coverage.crashes.items())),
            "outcomes": dict(sorted(self.coverage.outcomes.items())),
            "unreached": self.unreached,
            "failures": [one.as_json() for one in self.failures],
        }


async def simulate(
    seed: int, runs: int, database_url: str | None = None, on_run: Callable[[Played], None] | None = None
) -> Report:
    """Play the scripts of `runs` seeds from `seed` on; `on_run` hears of each as it ends.

    Raises NotASimulatorsDatabase for a URL it does not run on. Shrinking a failing script is not counted in
    the report's speed, nor in what was reached.
    """
    report = Report()
    async with ground(database_url) as engine, lean():
        collect_less()
        for one in range(seed, seed + runs):
            began = time.perf_counter()
            played = await play(engine, one, script_of(one), report.coverage)
            report.seconds += time.perf_counter() - began
            report.runs += 1
            if played.violations:
                report.failures.append(await _failure(engine, played, short=report.violations < MOST_SHRUNK))
            if on_run is not None:
                on_run(played)
    return report


async def _failure(engine: AsyncEngine, played: Played, *, short: bool) -> Failure:
    kind = _kind(played.violations[0])

    async def fails(script: list[Step]) -> bool:
        again = await play(engine, played.seed, script, Coverage())
        return any(_kind(one) == kind for one in again.violations)

    script = await shrink(played.script, fails, most_tries=MOST_SHRINKING) if short else played.script
    told = await play(engine, played.seed, script, Coverage())
    command = f"veza money simulate --seed {played.seed} --runs 1"
    return Failure(played.seed, played.violations, command, script, told.story)


def _kind(violation: str) -> str:
    """The words of a violation without its ids and amounts, which change when steps are left out."""
    return " ".join(word for word in violation.split() if not any(letter.isdigit() for letter in word))[:60]
