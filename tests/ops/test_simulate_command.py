"""`veza money simulate` from outside: its report, its exit codes, and how a failing seed is told."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path

from rich.console import Console

from tests.commands import BOUND_SECONDS, children_of, is_running, start, veza
from tests.waiting import wait_until
from veza.lab.simulator.simulate import Failure, Report
from veza.ops.simulate_command import _print


def test_the_report_for_programs_has_the_keys_it_promises(tmp_path: Path) -> None:
    done = veza("money", "simulate", "--seed", "1", "--runs", "1", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert {"runs", "violations", "runs_per_second", "faults", "crashes", "moves"} <= set(said)
    assert (said["runs"], said["violations"], said["jobs"]) == (1, 0, 1)
    assert said["states"] >= 1
    assert said["pairs"] >= 0
    assert list(tmp_path.iterdir()) == []


def test_people_are_told_that_every_promise_held(tmp_path: Path) -> None:
    done = veza("money", "simulate", "--seed", "1", "--runs", "1", cwd=tmp_path)
    assert done.returncode == 0
    assert "payment pending->succeeded" in done.stdout
    assert "every promise held." in done.stdout.splitlines()[-1]
    assert re.search(r"\d+ distinct states of a payment and its rows, \d+ distinct pairs", done.stdout)


def test_runs_are_dealt_out_to_as_many_processes_as_asked_for(tmp_path: Path) -> None:
    done = veza("money", "simulate", "--seed", "1", "--runs", "3", "--jobs", "2", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "runs/s in 2 processes: every promise held." in done.stdout.splitlines()[-1]


def test_its_processes_end_with_it_however_it_ends(tmp_path: Path) -> None:
    command = ("money", "simulate", "--seed", "1", "--runs", "100000", "--jobs", "2")
    with (tmp_path / "said").open("w") as said:
        started = start(*command, cwd=tmp_path, stdout=said, stderr=said)
    try:
        wait_until(lambda: len(children_of(started.pid)) >= 3, "two processes and their resource tracker")
        children = children_of(started.pid)
    finally:
        started.kill()
        started.wait(BOUND_SECONDS)
    assert len(children) >= 3
    wait_until(lambda: not any(is_running(child) for child in children), "the end of its processes")
    assert not any(map(is_running, children))


def test_a_database_the_simulator_does_not_run_on_is_one_sentence(tmp_path: Path) -> None:
    done = veza("money", "simulate", "--database-url", "sqlite:///veza.db", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "veza: on SQLite the simulator runs in memory: leave the database URL out\n"


def test_a_failing_seed_is_told_with_the_one_command_that_replays_it() -> None:
    failure = Failure(
        7,
        ["seller anna is owed 9.00 EUR, planned is 0.00 EUR"],
        "veza money simulate --seed 7 --runs 1",
        [("sell", 3)],
        ["anna sells for 10.00 EUR"],
    )
    console = Console(file=StringIO(), width=100)
    _print(console, Report(runs=2, seconds=1.0, failures=[failure]), " --database-url postgresql://h/db")
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "✗ seed 7: seller anna is owed 9.00 EUR, planned is 0.00 EUR" in said
    assert "anna sells for 10.00 EUR" in said
    assert "replay it:  veza money simulate --seed 7 --runs 1 --database-url postgresql://h/db" in said
    assert "1 broke a promise." in said
