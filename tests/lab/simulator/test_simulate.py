"""The simulator: a hundred runs keep every promise, a seed repeats itself, and a planted bug is found."""

from __future__ import annotations

import itertools

import pytest

from tests.lab.simulator.playing import play_script
from veza.lab.sandbox.faults import KINDS
from veza.lab.simulator.actions import FROM_OUTSIDE
from veza.lab.simulator.cores import simulate_on
from veza.lab.simulator.coverage import Coverage
from veza.lab.simulator.ground import NotASimulatorsDatabase, ground
from veza.lab.simulator.lean import lean
from veza.lab.simulator.play import STEPS, Played, play, script_of
from veza.lab.simulator.simulate import simulate
from veza.money import attempt_worker, payment_progress, refund_facts
from veza.money.restore_guard import Passage
from veza.money.stripe.outcomes import Meaning

BATCHES, RUNS = 4, 25
"""A hundred runs, in batches that test workers share out among themselves; `make soak` plays 20,000 of a new seed."""


@pytest.mark.parametrize("batch", range(BATCHES))
async def test_crashes_faults_and_time_break_no_promise(batch: int) -> None:
    report = await simulate(1 + batch * RUNS, RUNS)
    assert not report.failures, "\n\n".join(str(one) for one in report.failures)
    assert report.coverage.crashes.total() > 20
    assert report.coverage.moves["transfer completed->reversal_pending"] > 10


async def test_a_seed_tells_the_same_story_every_time() -> None:
    told: list[Played] = []
    first = await simulate(7, 3, on_run=told.append)
    again = await simulate(7, 3, on_run=told.append)
    assert [one.story for one in told[:3]] == [one.story for one in told[3:]]
    assert all(len(one.story) == STEPS for one in told)
    assert first.coverage.moves == again.coverage.moves
    assert first.coverage.crashes == again.coverage.crashes


async def first_failure(seed: int) -> Played:
    """The first of at most 80 runs from this seed on that breaks a promise; how many it takes is up to the dice.

    The seeds the tests name stand a few runs before one that does.
    """
    async with ground(None) as engine, lean():
        for one in range(seed, seed + 80):
            played = await play(engine, one, script_of(one), Coverage())
            if played.violations:
                return played
    raise AssertionError("80 runs kept every promise")


async def test_a_process_dies_at_every_kind_of_point() -> None:
    report = await simulate(40, 12)
    points = report.as_json()["crash_points"]
    assert set(points) == {"before_commit", "after_commit", "before_effect", "after_effect", "killed"}
    assert set(report.as_json()["faults"]) <= set(KINDS)


async def test_a_fresh_key_at_every_attempt_is_found_and_made_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Saleor #19812, planted: the same intent under a new key each time is carried out twice."""
    fresh = itertools.count()
    monkeypatch.setattr(attempt_worker, "key_of", lambda kind, row_id, generation: f"{kind}-{row_id}-{next(fresh)}")
    (found,) = (await simulate((await first_failure(5005)).seed, 1)).failures
    assert "times at the provider" in found.violations[0]
    assert found.replay == f"veza money simulate --seed {found.seed} --runs 1"
    assert len(found.script) < STEPS / 2
    assert (await play_script(found.seed, found.script)).violations


async def test_a_late_failure_that_is_not_heard_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gumroad #5779, planted: a refund that failed after it succeeded keeps counting."""
    monkeypatch.setitem(refund_facts._RANK, "failed", 2)
    monkeypatch.setitem(refund_facts._RANK, "canceled", 2)
    said = (await first_failure(6000)).violations[0]
    assert "failed" in said or "canceled" in said


async def test_silence_taken_for_a_refusal_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: no answer is believed to be a no, and the row is sent again under the next key, without a look.

    With the look that follows a restore, what was sent is found and adopted: this mistake alone does no harm then.
    """
    monkeypatch.setattr(Passage, "looks_first", lambda passage, payment_id: False)
    known = attempt_worker.classify
    monkeypatch.setattr(attempt_worker, "classify", lambda table, answer: _no_for(known(table, answer)))
    assert (await first_failure(7043)).violations


def _no_for(meaning: Meaning) -> Meaning:
    return Meaning.BALANCE_TOO_LOW if meaning is Meaning.SILENCE else meaning


async def test_a_database_of_a_real_deployment_is_not_touched() -> None:
    with pytest.raises(NotASimulatorsDatabase, match="in memory"):
        await simulate(1, 1, "sqlite+aiosqlite:///veza.db")


async def test_two_processes_reach_what_one_does() -> None:
    heard: list[int] = []
    one = await simulate(40, 4)
    two = await simulate_on(2, 40, 4, on_run=lambda played: heard.append(played.seed))
    assert sorted(heard) == [40, 41, 42, 43]
    assert (two.runs, two.jobs, two.failures) == (4, 2, [])
    for reached in ("moves", "outcomes", "faults", "crashes", "states", "pairs"):
        assert getattr(two.coverage, reached) == getattr(one.coverage, reached), reached


async def test_a_pair_is_a_fault_and_a_move_of_the_same_step() -> None:
    coverage = (await simulate(8, 3)).coverage
    faults = set(KINDS) | FROM_OUTSIDE | {f"crash {point}" for point in coverage.crashes}
    assert len(coverage.pairs) > 20
    assert {fault for fault, _ in coverage.pairs} <= faults
    assert {move for _, move in coverage.pairs} <= set(coverage.moves)
    assert len(coverage.states) > 4


async def test_a_bank_debit_is_paid_or_refused_days_after_the_buyer_has_left() -> None:
    """Scripts as short as they get: the bank answers when it said it would, or at once by the act `debit_ends`."""
    coverage = Coverage()
    for dice in range(8):
        for script in ([("pay_by_debit", dice)], [("pay_by_debit", dice), ("just_work", 1), ("debit_ends", dice)]):
            assert (await play_script(9, script, coverage)).violations == []
    ends = {"payment processing->succeeded", "payment processing->failed"}
    assert {"payment pending->processing", *ends} <= set(coverage.moves)
    assert {("debit_ends", end) for end in ends} <= set(coverage.pairs)


async def test_a_debit_whose_end_is_not_heard_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: the failure of a debit, days later, leaves its payment waiting."""

    async def deaf(*_: object, **__: object) -> None:
        return None

    monkeypatch.setattr(payment_progress, "fail", deaf)
    found = [(await play_script(9, [("pay_by_debit", dice)])).violations for dice in range(8)]
    assert any("the buyer's bank refused it" in one for violations in found for one in violations)


async def test_what_was_not_reached_is_named() -> None:
    report = await simulate(1, 1)
    assert any(one.startswith("transfer ") for one in report.unreached)
    assert set(report.as_json()) >= {"runs", "violations", "runs_per_second", "faults", "crashes", "moves", "unreached"}
