"""The faults of a simulated run: of requests, webhooks, processes, the provider's hours, and time itself."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from veza.lab.sandbox.faults import KINDS, WEBHOOK_KINDS
from veza.lab.simulator import bank, buyers, people
from veza.lab.simulator.run import Run

SENDING, REVERSING, REFUNDING = r"^/v1/transfers$", r"/reversals$", r"^/v1/refunds$"
PATHS = (SENDING, REVERSING, REVERSING, REVERSING, REFUNDING, REFUNDING, None)
LATER = ("timeout_then_effect", "error_then_effect")
TAKEN_BACK = ("failed", "canceled")
KINDS_BY_EFFECT = (*sorted(KINDS), *sorted(name for name, kind in KINDS.items() if kind.effect != "none"))
"""Every kind, those that hide an effect twice as often: they are what keys and look-ups are for."""
MOST_LATE_SECONDS = 240
"""A request may take effect this late; with the longest pause before it, still within STILL_RUNNING."""


async def fault(run: Run, dice: Random) -> str | None:
    """The next requests of some kind go wrong, in one of all known ways, and often there is something to ask for."""
    kind = dice.choice(KINDS_BY_EFFECT)
    path = dice.choice(PATHS)
    method = dice.choice(("POST", "POST", "POST", None)) if kind not in LATER else "POST"
    times = dice.choice((1, 1, 2, 5))
    late = dice.randint(1, MOST_LATE_SECONDS)
    run.sandbox.add_fault(kind, path=path, method=method, times=times, delay_seconds=late)
    meanwhile = None
    if path in (REFUNDING, REVERSING) and dice.random() < 0.4:
        meanwhile = await people.refund_part(run, dice)
    return f"{times} × {kind} on {method or 'any'} {path or 'any path'}{f'; {meanwhile}' if meanwhile else ''}"


async def refuse_reversals(run: Run, dice: Random) -> str | None:
    """A seller's share cannot be taken back for good: it becomes the seller's debt, and mostly they sell again."""
    run.sandbox.add_fault("refused", path=REVERSING, method="POST", times=2)
    said = await people.refund_line(run, dice)
    if said is None:
        return None
    await run.let_work(run.a_process())
    again = await buyers.buy_of_debtor(run, dice) if dice.random() < 0.8 else None
    return f"reversals are refused; {said}; {again or 'the seller sells nothing'}"


async def webhook_fault(run: Run, dice: Random) -> str | None:
    """The next webhooks are lost, late, doubled or out of order."""
    kind = dice.choice(sorted(WEBHOOK_KINDS))
    times = dice.choice((1, 2, 5))
    late = dice.choice((60, 3_600, 86_400))
    run.sandbox.add_fault(kind, times=times, delay_seconds=late)
    return f"{times} × {kind}"


async def shuffle_webhooks(run: Run, dice: Random) -> str | None:
    """Shuffle the waiting deliveries and deliver some twice."""
    run.mail += run.sandbox.due_deliveries()
    dice.shuffle(run.mail)
    if not run.mail:
        return None
    again = dice.choice(run.mail)
    run.sandbox.redeliver(again.event, dice.choice((1, 2)))
    return f"{len(run.mail)} webhooks are shuffled, {again.type} comes again"


async def old_webhooks_again(run: Run, dice: Random) -> str | None:
    """Events of long ago are delivered once more."""
    events = run.sandbox.world.events.ids()
    if not events:
        return None
    for event in dice.sample(events, min(3, len(events))):
        run.sandbox.redeliver(event)
    return "three old webhooks come again"


async def provider_down(run: Run, dice: Random) -> str | None:
    """The provider fails every request for hours."""
    hours = dice.randint(1, 5)
    kind = dice.choice(("error_503", "error_502", "timeout_before_effect", "reset_before_effect", "error_500"))
    until = run.sandbox.now() + hours * 3600
    run.sandbox.add_fault(kind, times=None, until=until)
    return f"the provider is down for {hours} h ({kind})"


async def late_truth(run: Run, dice: Random) -> str | None:
    """Attempts fail until a row is given up, and the last of them takes effect after that, without a webhook."""
    path = dice.choice((SENDING, REVERSING, REFUNDING, REFUNDING))
    before = dice.choice(("error_503", "timeout_before_effect", "error_502"))
    last = dice.choice(LATER)
    if path is not SENDING and await people.refund_part(run, dice) is None:
        return None
    run.sandbox.add_fault(before, path=path, method="POST", times=4, per_object=True)
    run.sandbox.add_fault(last, path=path, method="POST", times=1, per_object=True, delay_seconds=MOST_LATE_SECONDS)
    for wait in (0, 1, 2, 4, 8):
        await run.pass_time(timedelta(minutes=wait, seconds=5))
        await run.work(40)
    await run.pass_time(timedelta(seconds=MOST_LATE_SECONDS))
    then = await _turns_unheard(run, dice)
    return f"requests to {path} fail 4 times, then {last}{then}"


async def silence(run: Run, dice: Random) -> str | None:
    """A refund's answer is lost, and before Veza hears of it the refund has moved on."""
    if await people.refund_part(run, dice) is None:
        return None
    kind = dice.choice(("timeout_after_effect", "error_502_after_effect", "cut_body", "error_500_after_effect"))
    run.sandbox.add_fault(kind, path=REFUNDING, method="POST", times=1)
    run.sandbox.pause_webhooks()
    await run.work(8)
    then = await _turns_unheard(run, dice)
    run.sandbox.pause_webhooks(False)
    return f"a refund ends in {kind}{then}"


async def _turns_unheard(run: Run, dice: Random) -> str:
    """The newest refund moves on at the provider, unless it does not."""
    refunds = list(run.sandbox.world.refunds.rows.values())
    if not refunds or dice.random() < 0.25:
        return ""
    newest = refunds[-1]
    to = dice.choice(("requires_action", "canceled", "failed") if newest["status"] == "pending" else TAKEN_BACK)
    if newest["status"] in TAKEN_BACK:
        return ""
    if to == "failed":
        run.sandbox.fail_refund(newest["id"])
    else:
        bank.turn_refund(run, newest, to)
    return f", and {newest['id']} becomes {to}"


async def switch_behaviour(run: Run, dice: Random) -> str | None:
    """Invert behaviour of the provider that is only inferred, for a while."""
    name, value = dice.choice(
        (
            ("reversal_status", "pending"),
            ("reversal_status", "failed"),
            ("reversal_status", "failed"),
            ("reversal_status", None),
            ("reversal_status", None),
            ("refunds_need_balance", True),
            ("refunds_need_balance", False),
            ("pending_covers_reversals", True),
            ("refunded_charge_feeds_transfers", False),
            ("refunded_charge_feeds_transfers", True),
            ("transfer_not_found_code", "transfer_not_found"),
        )
    )
    run.sandbox.set_switches({name: value})
    return f"the provider now has {name} = {value}"


async def crash(run: Run, dice: Random) -> str | None:
    """kill -9 of a process, wherever its tasks are."""
    process = dice.choice(run.processes)
    run.scheduler.crashes["killed"] += 1
    await run.crash(process)
    return f"{process.name} is killed"


async def minutes(run: Run, dice: Random) -> str | None:
    """A moment; or so long that leases end under requests in flight; or a coffee."""
    by = timedelta(seconds=dice.randint(*dice.choice(((5, 60), (121, 235), (121, 235), (300, 1_200)))))
    await run.pass_time(by)
    return f"{by} pass"


async def hours(run: Run, dice: Random) -> str | None:
    by = timedelta(minutes=dice.randint(20, 600))
    await run.pass_time(by)
    return f"{by} pass"


async def days(run: Run, dice: Random) -> str | None:
    by = timedelta(hours=dice.randint(22, 80))
    await run.pass_time(by)
    return f"{by} pass"


async def a_month(run: Run, dice: Random) -> str | None:
    by = timedelta(days=dice.randint(29, 33))
    await run.pass_time(by)
    return f"{by} pass"


async def just_work(run: Run, dice: Random) -> str | None:
    """The workers have time to do what is due."""
    taken = await run.work(200)
    return f"the workers take {taken} turns"
