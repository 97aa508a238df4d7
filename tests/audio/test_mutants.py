"""300 hostile files through the process that reads uploads; `make soak` sends 5,000 of a new seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.audio import mutants

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_hundred_hostile_files_play_or_are_refused_within_their_limits(seed: int) -> None:
    command = [sys.executable, "-m", "tests.audio.mutants", "--seed", str(seed), "--count", "100"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    found = json.loads(done.stdout)
    assert found["troubles"] == []
    assert sum(found["outcomes"].values()) == 100
    assert found["outcomes"]["refused"] > 20
    assert found["outcomes"]["played"] > 20
    assert set(found["outcomes"]) <= {"refused", "played"}, "no fault of ours, and none of libav's"
    assert found["most"]["written_bytes"] < mutants.LIMITS.output_bytes


@pytest.mark.parametrize(
    ("outcome", "cpu_seconds", "kilobytes", "trouble"),
    [
        ("played", 1.0, 200_000, ""),
        ("refused", 1.0, 200_000, ""),
        ("ended by SIGXCPU", 5.0, 200_000, ""),
        ("ended by SIGXCPU", 1.0, 200_000, "it was ended by SIGXCPU"),
        ("ended by SIGSEGV", 1.0, 200_000, "it was ended by SIGSEGV"),
        ("ended by SIGABRT", 5.0, 200_000, "it was ended by SIGABRT"),
        ("ended by a fault", 1.0, 200_000, "it was ended by a fault"),
        ("ended without a word", 1.0, 200_000, "it was ended without a word"),
        ("refused", 7.1, 200_000, "it took 7.1 s of a processor"),
        ("played", 1.0, mutants.MOST_RESIDENT_KILOBYTES + 1, "it took 524,289 kB of memory"),
    ],
)
def test_a_fault_and_more_than_its_bounds_are_troubles(
    outcome: str, cpu_seconds: float, kilobytes: int, trouble: str
) -> None:
    assert mutants.trouble_in(outcome, cpu_seconds, kilobytes) == trouble


def test_a_process_that_sleeps_hangs_and_one_that_only_waits_for_its_turn_does_not() -> None:
    asleep = os.posix_spawnp("sleep", ["sleep", "60"], os.environ)
    _, _, hung = mutants.waited(asleep, 0.2)
    assert hung
    # On one processor, beside one of higher priority that runs all the time.
    on_one = ["taskset", "--cpu-list", str(min(os.sched_getaffinity(0)))]
    busy = subprocess.Popen([*on_one, sys.executable, "-c", "while True: pass"])
    try:
        last = [*on_one, "nice", "-n", "5", sys.executable, "-c", "sum(range(5_000_000))"]
        status, used, hung = mutants.waited(os.posix_spawnp(last[0], last, os.environ), 0.5)
    finally:
        busy.kill()
        busy.wait()
    assert (status, hung) == (0, False)
    assert used.ru_utime > 0
