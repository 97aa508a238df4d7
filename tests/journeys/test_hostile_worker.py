"""Hostile files through the whole pipeline; `make soak` sends 5,000 of a new seed. The server does not notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.hostile_worker import fault_in, run

SEED, COUNT = 12, 60


async def test_each_of_sixty_mutants_ends_ready_or_failed_with_a_reason(tmp_path: Path) -> None:
    fates = await run(tmp_path, SEED, COUNT)
    assert fates.troubles == []
    assert set(fates.outcomes) == {"ready", "failed"}
    assert sum(fates.outcomes.values()) == COUNT
    assert sum(fates.reasons.values()) == fates.outcomes["failed"]


@pytest.mark.parametrize(
    ("ended", "is_fault"),
    [
        ({"exit_code": -11, "signal": "SIGSEGV"}, True),
        ({"exit_code": 1, "signal": None}, True),
        ({"exit_code": -24, "signal": "SIGXCPU"}, False),
        ({"exit_code": -9, "signal": "SIGKILL"}, False),
    ],
)
def test_a_process_that_a_fault_ended_is_told_from_one_that_met_its_limit(
    ended: dict[str, object], is_fault: bool
) -> None:
    assert fault_in(ended) is is_fault
