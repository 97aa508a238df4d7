"""How many simulated runs a second: the real money module over SQLite, crashed, delayed and checked, on one core.

Each run has at least 30 steps and ends with every row compared with the provider's. A run that breaks a
promise fails the bench, at any speed. What counts is the core's own time, so that other work beside it does not.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from _stand import Result, options, run

from veza.lab.simulator.play import STEPS
from veza.lab.simulator.simulate import simulate

SEED = 20_260_105
WARM_UP = 3
MUST = 12.0


async def measured(runs: int) -> Sequence[Result]:
    await simulate(SEED - WARM_UP, WARM_UP)
    began = time.process_time()
    report = await simulate(SEED, runs)
    runs_per_core_second = round(report.runs / (time.process_time() - began), 2)
    return [
        {
            "name": "simulate, sqlite, one core",
            "runs": report.runs,
            "steps": STEPS,
            "violations": report.violations,
            "runs_per_second": report.runs_per_second,
            "runs_per_core_second": runs_per_core_second,
            "reached": runs_per_core_second >= MUST and not report.violations,
        }
    ]


if __name__ == "__main__":
    asked = options(
        __doc__.splitlines()[0],
        ("--runs", {"type": int, "default": 60, "help": "runs to time, after a few to warm up"}),
    )
    run(lambda: measured(asked.runs), as_json=asked.json)
