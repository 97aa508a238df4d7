"""Random facts in random order: after each the law holds and what is planned is what is owed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.money.acts import tried
from veza.kit import worker
from veza.lab.simulator.stage import Stage
from veza.money.refunds import Refund, RefundExceedsPayment
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer

FAULTS = ("timeout_after_effect", "timeout_before_effect", "error_500", "error_503", "refused", "garbage_body")
PATHS = ("/reversals$", "^/v1/transfers$", "^/v1/refunds$")

amounts = st.integers(1, 1500)


class RandomFacts(RuleBasedStateMachine):
    """One payment of two sellers, and every fact that may be heard of it."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stage = self.run(Stage.open())
        self.sandbox = self.stage.sandbox
        self.charge = ""

    def run(self, what: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(what)

    @initialize(lines=st.lists(st.integers(30, 700), min_size=2, max_size=3), rich=st.booleans())
    def sell(self, lines: list[int], rich: bool) -> None:
        for seller in ("anna", "ben"):
            self.run(self.stage.seller(seller))
        if rich:
            self.sandbox.add_balance(None, 100_000, "eur")
        named = [(("anna", "ben")[i % 2], gross) for i, gross in enumerate(lines)]
        self.payment = self.run(self.stage.sell(named, card="4000000000007726"))
        self.run(self.stage.deliver())
        self.run(worker.run_once(self.stage.money.check_worker))
        self.charge = self.sandbox.world.charges.ids()[0]

    @rule(amount=amounts)
    def ask_for_a_refund(self, amount: int) -> None:
        with suppress(RefundExceedsPayment):
            self.run(self.stage.refund(self.payment, amount))

    @rule(amount=amounts)
    def refund_in_the_dashboard(self, amount: int) -> None:
        tried(lambda: self.sandbox.refund_in_dashboard(self.charge, amount))

    @precondition(lambda self: self.sandbox.world.refunds.rows)
    @rule(which=st.integers(0, 10), succeeds=st.booleans())
    def end_a_refund(self, which: int, succeeds: bool) -> None:
        ids = self.sandbox.world.refunds.ids()
        end = self.sandbox.succeed_refund if succeeds else self.sandbox.fail_refund
        end(ids[which % len(ids)])

    @rule(amount=amounts)
    def dispute(self, amount: int) -> None:
        tried(lambda: self.sandbox.open_dispute(self.charge, amount))

    @precondition(lambda self: self.sandbox.world.disputes.rows)
    @rule(which=st.integers(0, 10), outcome=st.sampled_from(["won", "lost"]))
    def close_a_dispute(self, which: int, outcome: str) -> None:
        ids = self.sandbox.world.disputes.ids()
        tried(lambda: self.sandbox.close_dispute(ids[which % len(ids)], outcome))

    @precondition(lambda self: self.sandbox.world.transfers.rows)
    @rule(which=st.integers(0, 10), amount=amounts)
    def reverse_in_the_dashboard(self, which: int, amount: int) -> None:
        ids = self.sandbox.world.transfers.ids()
        tried(lambda: self.sandbox.reverse_in_dashboard(ids[which % len(ids)], amount))

    @rule(kind=st.sampled_from(FAULTS), path=st.sampled_from(PATHS))
    def a_request_goes_wrong(self, kind: str, path: str) -> None:
        self.sandbox.add_fault(kind, method="POST", path=path)

    @rule(which=st.integers(0, 2))
    def one_worker_works(self, which: int) -> None:
        money = self.stage.money
        workers: tuple[worker.Worker[Any], ...] = (money.refund_worker, money.transfer_worker, money.reversal_worker)
        self.run(worker.run_once(workers[which]))

    @rule(backwards=st.booleans())
    def webhooks_arrive(self, backwards: bool) -> None:
        if backwards:
            self.sandbox.reverse_waiting_deliveries()
        self.run(self.stage.deliver())

    @rule(minutes=st.sampled_from([1, 3, 11, 60, 25 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.run(self.stage.pass_time(timedelta(minutes=minutes)))

    @invariant()
    def the_law_holds_and_owed_is_planned(self) -> None:
        assert self.run(self.stage.violations()) == []

    def teardown(self) -> None:
        self.run(self.settle_everything())
        self.run(self.stage.close())
        self.runner.close()

    async def settle_everything(self) -> None:
        """However it went: once the faults end, everything comes to rest, and what is held is what is owed."""
        self.sandbox.clear_faults()
        for _ in range(4):
            await self.stage.pass_time(timedelta(hours=8))
        assert await self.stage.violations() == []
        rows = await self.stage.all(SellerTransfer)
        assert not [row.status for row in rows if row.unwanted_at is not None and row.status == "failed"]
        stuck = [row for row in await self.stage.all(Refund) if row.status == "requested"]
        assert stuck == []
        there = self.sandbox.world
        ours = [r for r in await self.stage.all(TransferReversal) if r.status == "succeeded"]
        assert sum(r.amount_minor for r in ours) == sum(r["amount"] for r in there.reversals.rows.values())
        sent = [row for row in rows if row.stripe_transfer_id is not None]
        assert sum(row.sent_minor for row in sent) == sum(t["amount"] for t in there.transfers.rows.values())


TestRandomFacts = RandomFacts.TestCase
TestRandomFacts.settings = settings(
    max_examples=10,
    stateful_step_count=14,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
