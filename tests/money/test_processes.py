"""Several real processes on one PostgreSQL, and `kill -9` among them: nothing is lost and nothing is done twice."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from typing import Any

from sqlalchemy import func, select

from tests.money.processes import FAST, Site, meeting, refund_all, reverse_all, start, together, work
from tests.waiting import StillWaiting, until
from veza.kit import worker
from veza.money import invariants
from veza.money.attempts import ProviderAttempt
from veza.money.provider_account import ProviderAccount
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.stripe.outcomes import Meaning
from veza.money.transfers import SellerTransfer

KILLS = 25
LOST_ANSWERS = 4
"""Effects whose answer is lost without a kill."""
MODELS = (Refund, SellerTransfer, TransferReversal)
_HELD = select(ProviderAccount.held_at, ProviderAccount.held_because_id, ProviderAccount.held_because_fields)
FINISHED = {Refund: ("requested", "pending"), SellerTransfer: ("pending", "failed", "reversal_pending")}


async def test_several_processes_claim_the_same_rows_and_each_reversal_happens_once(postgres_url: str) -> None:
    async with meeting(postgres_url, latency_seconds=0.01) as site:
        await site.open_books("anna", "ben")
        for payment in [await site.sell([("anna", 1000), ("ben", 500)]) for _ in range(12)]:
            await site.refund(payment, 1500)
        await site.hear()
        for each in (site.money.transfer_worker, site.money.refund_worker):
            while await worker.run_once(each):
                pass
        await site.hear()
        done = await together(4, reverse_all, site.meeting)
        summary = await site.control("GET", "")
        assert sum(done) == summary["effects"]["reversals"] == 24
        assert summary["requests"]["idempotent_replays"] == 0, "no request was even sent twice"
        assert sum(count > 0 for count in done) > 1, "the work was shared"
        await _everything_ended_well(site)


async def test_two_clients_refund_the_same_payments_at_the_same_instant_and_one_wins_each(postgres_url: str) -> None:
    async with meeting(postgres_url) as site:
        await site.open_books("anna")
        sold = [await site.sell([("anna", 1000)]) for _ in range(20)]
        first, second = await together(2, refund_all, site.meeting, sold, 700)
        assert [a + b for a, b in zip(first, second, strict=True)] == [1] * 20
        async with site.database.read() as session:
            assert await session.scalar(select(func.count()).select_from(Refund)) == 20


async def test_workers_killed_at_any_instant_lose_nothing_and_double_nothing(postgres_url: str) -> None:
    rng = random.Random(20_260_105)
    async with meeting(postgres_url, speed=FAST, latency_seconds=0.1) as site:
        await site.open_books("anna", "ben")
        sold = [await site.sell([("anna", 1000), ("ben", 500)]) for _ in range(8)]
        await site.control(
            "POST", "/faults", kind="timeout_after_effect", method="POST", times=LOST_ANSWERS, probability=0.05
        )
        running = [start(work, site.meeting) for _ in range(2)]
        refunded: Counter[Any] = Counter()
        for _ in range(KILLS):
            payment = rng.choice(sold)
            amount = rng.randrange(1, 200)
            if await site.refund(payment, amount):
                refunded[payment] += amount
            await _some_effects(site, rng.randrange(1, 4))
            victim = running.pop(rng.randrange(len(running)))
            victim.kill()
            victim.join()
            await site.hear()  # or the next process holds sending back, and is killed while it only asks
            running.append(start(work, site.meeting))
        for payment in sold:
            assert await site.refund(payment, 1500 - refunded[payment])
        await _finished(site)
        for process in running:
            process.kill()
            process.join()
        await _everything_ended_well(site)
        await _nothing_was_done_twice(site, 1500 * len(sold))


async def _some_effects(site: Site, count: int) -> None:
    """Wait until the provider has done so much more, or for a moment when all workers wait for a lease."""
    before = await _effects(site)

    async def done() -> bool:
        return await _effects(site) >= before + count

    with suppress(StillWaiting):
        await until(done, within=1)


async def _effects(site: Site) -> int:
    return sum((await site.control("GET", ""))["effects"].values())


async def _finished(site: Site) -> None:
    """Wait until every row is final. What happened is fetched meanwhile, as a scheduled catch-up does: a process that
    hears of nothing holds sending back, and the shared clock makes an hour of a minute."""
    seen = "no row"

    async def final() -> bool:
        nonlocal seen
        await site.hear()
        async with site.database.read() as session:
            rows = [
                f"{model.__name__} {row.id}: {row.status}, {row.last_outcome}, due {row.next_retry_at}"
                for model, statuses in FINISHED.items()
                for row in await session.scalars(select(model).where(model.status.in_(statuses)))
            ]
            held = [tuple(one) for one in await session.execute(_HELD)]
        seen = f"{len(rows)} rows that other processes work on (sending held since {held}): {'; '.join(rows[:5])}"
        return not rows

    await until(final, lambda: seen, every=0.5)


async def _everything_ended_well(site: Site) -> None:
    async with site.database.read() as session:
        for model, end in ((SellerTransfer, "reversed"), (TransferReversal, "succeeded"), (Refund, "succeeded")):
            statuses = Counter((await session.scalars(select(model.status))).all())
            # A transfer whose sale was refunded before it was sent was never needed.
            assert set(statuses) - {"canceled"} == {end}
    assert (await invariants.check_all(site.database))[1] == []


async def _nothing_was_done_twice(site: Site, captured_minor: int) -> None:
    effects = (await site.control("GET", ""))["effects"]
    async with site.database.read() as session:
        for model, id_column, kind in (
            (Refund, Refund.stripe_refund_id, "refunds"),
            (SellerTransfer, SellerTransfer.stripe_transfer_id, "transfers"),
            (TransferReversal, TransferReversal.stripe_reversal_id, "reversals"),
        ):
            known = await session.scalar(select(func.count()).select_from(model).where(id_column.is_not(None)))
            assert effects.get(kind, 0) == known
        refunded = await session.scalar(select(func.sum(Refund.amount_minor)))
        assert refunded == captured_minor
        answered = await session.scalar(
            select(func.count())
            .select_from(ProviderAttempt)
            .where(ProviderAttempt.meaning == Meaning.DONE, ProviderAttempt.replayed.is_(False))
        )
        claimed = [await session.scalar(select(func.sum(model.attempt))) for model in MODELS]
        recorded = await session.scalar(select(func.count()).select_from(ProviderAttempt))
    # Its answer was replayed to the next process, or the comparison after the kill found what it had done.
    unheard = sum(effects.values()) - (answered or 0)
    assert unheard >= LOST_ANSWERS + 3, "some kills fell between an effect and its record"
    assert sum(claimed) >= (recorded or 0) + 10, "many claims died with their process"
