"""Playing a script: its steps, the work between them, and the coming to rest after the last."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from sqlalchemy.ext.asyncio import AsyncEngine

from veza.lab.simulator import checks, ends, people
from veza.lab.simulator.actions import ACTIONS, FROM_OUTSIDE, NAMES, WEIGHTS, Action
from veza.lab.simulator.bank import turn_refund, turn_reversal
from veza.lab.simulator.coverage import Coverage
from veza.lab.simulator.run import NeverQuiet, Run
from veza.lab.simulator.stage import RULES

STEPS = 30
"""What happens in a run; an action that could not be taken (nothing to refund yet) is no step."""
MOST_TRIED = 75
OPENING = ("sell", "just_work")
"""So that there is something to break."""
MOST_WAITS = 400
"""How often the clock is moved to the next due time at the end; a run needs a few dozen."""
PLENTY = 100_000_000
CRASH_RATES = (0.0, 0.0, 0.005, 0.02, 0.06)
TURNS = (0, 2, 6, 15, 40)

SWEEPS: tuple[tuple[Action, ...], ...] = ((people.reconcile_now,), (people.catch_up_now, people.reconcile_now))
"""How news that was lost is found at the end: by reconciliation alone, or after a catch-up."""

Step = tuple[str, int]
"""An action's name, and the seed of everything random in it and in the work after it."""


@dataclass(slots=True)
class Played:
    """What became of one run."""

    seed: int
    script: list[Step] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)


def script_of(seed: int) -> list[Step]:
    """The script of a seed, longer than a run needs: `play` says which of it was tried."""
    dice = Random(f"script {seed}")
    names = [*OPENING, *dice.choices(NAMES, WEIGHTS, k=MOST_TRIED - len(OPENING))]
    return [(name, dice.getrandbits(32)) for name in names]


async def play(engine: AsyncEngine, seed: int, script: list[Step], coverage: Coverage) -> Played:
    """Run `script` in the world of `seed` until it has had its steps; the first violation ends it."""
    played = Played(seed)
    run = Run(engine, seed, coverage)
    await run.begin()
    await people.open_shop(run)
    watch = checks.LawWatch()
    crash_rate = Random(f"crashes {seed}").choice(CRASH_RATES)
    try:
        for name, step_seed in script:
            played.script.append((name, step_seed))
            before = _struck(run)
            await _step(run, name, step_seed, crash_rate, played)
            faults = [*(_struck(run) - before), *([name] if name in FROM_OUTSIDE else ())]
            played.violations += run.scheduler.errors + await watch.look(run, faults)
            if played.violations:
                return played
            if len(played.story) == STEPS:
                break
        await come_to_rest(run)
        played.violations += run.scheduler.errors + await checks.everything(run) + await ends.of_payments(run)
    except NeverQuiet as error:
        played.violations.append(str(error))
    finally:
        coverage.crashes.update(run.scheduler.crashes)
        coverage.faults.update(run.sandbox.log.faults)
        await coverage.moved(engine)
        for process in list(run.processes):
            await run.crash(process)
    return played


def _struck(run: Run) -> Counter[str]:
    """How often each fault has struck: the provider's, and crashes by where they happened."""
    crashes = {f"crash {point}": times for point, times in run.scheduler.crashes.items()}
    return Counter(run.sandbox.log.faults) + Counter(crashes)


async def _step(run: Run, name: str, step_seed: int, crash_rate: float, played: Played) -> None:
    run.dice = Random(step_seed)
    run.crash_rate = crash_rate
    action, _ = ACTIONS[name]
    said = await action(run, Random(step_seed + 1))
    if said is None:
        return
    taken = await run.work(run.dice.choice(TURNS))
    played.story.append(f"{run.clock.now():%d %b %H:%M:%S}  {name}: {said}; {taken} turns")


async def come_to_rest(run: Run) -> None:
    """Everything works again, and enough time passes for all of it to end."""
    run.crash_rate = 0.0
    _mend(run)
    if run.seed % 4:
        await _give_what_is_waited_for(run)
    for _ in range(2):
        _end_at_the_provider(run)
        await _wait(run)
    for mend in SWEEPS[run.seed % len(SWEEPS)]:
        await mend(run, run.dice)
        await _wait(run)


async def _give_what_is_waited_for(run: Run) -> None:
    """Accounts, capabilities and money for every seller; in the other runs some rows are left waiting."""
    await people.connect_account(run, run.dice)
    world = run.sandbox.world
    for account in world.accounts.ids():
        run.sandbox.complete_onboarding(account)
    for row in list(world.balances.rows.values()):
        run.sandbox.add_balance(row["account"], PLENTY, row["currency"])


def _end_at_the_provider(run: Run) -> None:
    """Refunds and reversals that wait for a buyer or a bank there, end."""
    for refund in list(run.sandbox.world.refunds.rows.values()):
        if refund["status"] in ("pending", "requires_action"):
            turn_refund(run, refund, "succeeded")
    for reversal in list(run.sandbox.world.reversals.rows.values()):
        if reversal.get("status") == "pending":
            turn_reversal(run, reversal, "succeeded")


def _mend(run: Run) -> None:
    run.sandbox.clear_faults()
    run.sandbox.set_switches(
        {
            "reversal_status": None,
            "refunds_need_balance": False,
            "refunded_charge_feeds_transfers": True,
            "transfer_not_found_code": "resource_missing",
        }
    )


async def _wait(run: Run) -> None:
    for _ in range(MOST_WAITS):
        await run.finish_all()
        due = await run.next_due()
        if due is None:
            return
        # What is due and could not be claimed is held back by the breaker.
        await run.pass_time(max(due - run.clock.now(), RULES.breaker_interval))
    raise NeverQuiet(f"something is due again and again, {MOST_WAITS} times over")
