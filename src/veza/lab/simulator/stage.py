"""A stage for the real money module: sandbox in process, manual clock, seeded ids, webhooks carried by hand.

Used by tests, the scenario player's checks and the simulator. Nothing here replaces code of the modules: the
gateway goes through the official SDK, the rows through real SQL.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, exists, insert, or_, select

from veza.kit import outbox, worker
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.ids import Ids
from veza.kit.messages import verbatim
from veza.kit.outbox import OutboxEvent
from veza.kit.schema import make_tables
from veza.kit.subscriptions import Subscriptions
from veza.lab.sandbox.client import Gate, InProcessClient
from veza.lab.sandbox.core import Sandbox
from veza.lab.sandbox.settings import SandboxSettings
from veza.lab.sandbox.webhooks import sign_payload
from veza.lab.simulator.driver import URL_IN_THREAD
from veza.money import breaker, invariants, payment_frame, payments, refunding
from veza.money.checks import KINDS
from veza.money.claims import RetryPolicy
from veza.money.facade import Money, MoneyRules
from veza.money.pace import Unpaced
from veza.money.payments import LineDraft, Payment
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.sellers import Seller
from veza.money.stripe.gateway import Gateway
from veza.money.stripe.live import Line
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import InboxPolicy, WebhookEvent

SECRET = "whsec_stage"
QUIET_AFTER = 200
"""Rounds after which a stage that never comes to rest is an error."""

POLICY = RetryPolicy(
    max_retries=5,
    check_interval=timedelta(minutes=1),
    backoff_base=timedelta(minutes=1),
    backoff_max=timedelta(hours=1),
    lease=timedelta(minutes=2),
)
RULES = MoneyRules(
    refunds=POLICY,
    transfers=POLICY,
    reversals=POLICY,
    inbox=InboxPolicy(
        secrets=(SECRET,),
        livemode=False,
        max_retries=8,
        backoff_base=timedelta(seconds=30),
        backoff_max=timedelta(hours=1),
    ),
)


_NOW: BindParameter[datetime] = bindparam("now", type_=Payment.check_at.type)
_MAY_BE_DUE = select(
    exists().where(Refund.next_retry_at <= _NOW).label("refunds"),
    exists().where(SellerTransfer.next_retry_at <= _NOW).label("transfers"),
    exists().where(TransferReversal.next_retry_at <= _NOW).label("reversals"),
    or_(*(exists().where(model.check_at <= _NOW) for model in KINDS)).label("checks"),
    exists().where(WebhookEvent.next_retry_at <= _NOW).label("webhooks"),
    exists().where(OutboxEvent.due_at <= _NOW).label("events"),
)


class NeverQuiet(AssertionError):
    """The stage kept finding work to do without time passing."""


@dataclass(slots=True)
class Stage:
    """Everything of one run; make it with `Stage.open`."""

    clock: ManualClock
    rng: random.Random
    sandbox: Sandbox
    database: Database
    money: Money

    @classmethod
    async def open(
        cls,
        url: str = URL_IN_THREAD,
        *,
        seed: int = 1,
        rules: MoneyRules = RULES,
        settings: SandboxSettings | None = None,
        subscriptions: Subscriptions | None = None,
        gate: Gate | None = None,
        create_tables: bool = True,
    ) -> Stage:
        """A fresh stage; with `create_tables` the schema is made from the models (else it is there already)."""
        clock, rng = ManualClock(), random.Random(seed)
        # Tests of this stage deliver the news they are about by hand: the booking brings none of its own.
        chosen = settings or SandboxSettings(rate_limit_per_second=None, asynchronous_capture_seconds=None)
        sandbox = Sandbox(clock, random.Random(seed + 1), settings=chosen)
        sandbox.add_webhook("http://stage/webhooks/stripe", secret=SECRET)
        database = Database.open(url, clock=clock, ids=Ids(clock, rng), subscriptions=subscriptions)
        if create_tables:
            await make_tables(database.engine)
        async with database.write() as session:
            await breaker.install(session)
        gateway = Gateway(Line("sk_test_stage", InProcessClient(sandbox, gate)), Unpaced())
        money = Money(database, gateway, rules)
        await money.guard.has_looked()
        sandbox.log.clear()  # what is counted on a stage begins after its opening
        return cls(clock, rng, sandbox, database, money)

    async def close(self) -> None:
        await self.money.gateway.close()
        await self.database.close()

    def again(self, **changes: Any) -> Money:
        """A second money module over the same database and sandbox: another process, as far as the rows can tell."""
        again = Money(self.database, self.money.gateway, replace(self.money.rules, **changes))
        again.guard = self.money.guard
        for worker_ in (again.refund_worker, again.transfer_worker, again.reversal_worker):
            worker_.guard = self.money.guard
        return again

    async def seller(self, seller_id: str) -> str:
        """A seller with an onboarded account; returns the account's id."""
        account = str(self.sandbox.new_account()["id"])
        async with self.database.write() as session:
            row = {"id": seller_id, "name": seller_id, "country": "DE", "created_at": session.now}
            await session.execute(insert(Seller), {**row, "stripe_account_id": account, "transfers_active": True})
        return account

    async def sell(
        self, lines: Sequence[tuple[str, int]], *, currency: str = "EUR", fee_bps: int = 1000, card: str | None = None
    ) -> UUID:
        """A buyer pays for (seller, gross) lines; the news is not delivered yet. Returns the payment's id."""
        wanted = [LineDraft(seller, f"product-{i}", gross, fee_bps) for i, (seller, gross) in enumerate(lines)]
        async with self.database.write() as session:
            payment = await payments.create(session, f"order-{session.new_id()}", currency, wanted)
        self.sandbox.take_payment(
            payment.amount_minor,
            currency.lower(),
            card=card or "4242424242424242",
            transfer_group=str(payment.id),
            metadata={"veza_payment": str(payment.id)},
        )
        return payment.id

    async def sold(self, lines: Sequence[tuple[str, int]], **more: Any) -> UUID:
        """`sell`, then let everything settle: the sellers have their money."""
        payment_id = await self.sell(lines, **more)
        await self.settle()
        return payment_id

    async def refund(
        self, payment_id: UUID, amount_minor: int, *, lines: dict[UUID, int] | None = None, currency: str = "EUR"
    ) -> UUID:
        """Request a refund; nothing is sent yet."""
        async with self.database.write("operator") as session:
            frame = await payment_frame.lock(session, payment_id)
            row = await refunding.request(
                session,
                frame,
                amount_minor,
                currency,
                reason=verbatim("asked on stage"),
                line_amounts=(lines or {}).items(),
            )
        return row.id

    async def deliver(self) -> int:
        """Carry all due webhooks over, signed, in order; returns how many."""
        due = self.sandbox.due_deliveries()
        for one in due:
            stamp = int(self.clock.now().timestamp())
            state = await self.money.inbox.receive(one.payload, sign_payload(SECRET, one.payload, stamp))
            self.sandbox.record_delivery(one.id, 200 if state else 500)
        return len(due)

    async def work(self) -> int:
        """One round of every worker and of the outbox; returns how many rows were worked on.

        Those that would find no due row are passed over: to ask for all costs one statement, a claim four.
        """
        money = self.money
        workers: tuple[tuple[str | None, worker.Worker[Any]], ...] = (
            ("refunds", money.refund_worker),
            ("transfers", money.transfer_worker),
            ("reversals", money.reversal_worker),
            (None, money.netting_worker),
            ("checks", money.check_worker),
            ("webhooks", money.inbox_worker),
            (None, money.guard),
        )
        done, due = 0, await self._due()
        for what, one in workers:
            if what is None or what in due:
                worked_on = await worker.run_once(one)
                due = await self._due() if worked_on else due
                done += worked_on
        return done + (await outbox.deliver_once(self.database) if "events" in due else 0)

    async def _due(self) -> set[str]:
        """Of which kinds a row may be due."""
        async with self.database.read() as session:
            (found,) = (await session.execute(_MAY_BE_DUE, {"now": session.now})).mappings()
        return {what for what, is_due in found.items() if is_due}

    async def settle(self) -> None:
        """Deliver webhooks and work until no row is due, without time passing."""
        for _ in range(QUIET_AFTER):
            if not await self.work() + await self.deliver():
                return
        raise NeverQuiet(f"still busy after {QUIET_AFTER} rounds")

    async def pass_time(self, by: timedelta) -> None:
        """Move the clock, then settle."""
        self.clock.advance(by)
        await self.settle()

    async def all(self, model: type[Any], **by: Any) -> list[Any]:
        """Rows of a table, oldest first."""
        async with self.database.read() as session:
            found = select(model).filter_by(**by).order_by(model.id)
            return list((await session.scalars(found)).all())

    async def one(self, model: type[Any], **by: Any) -> Any:
        (row,) = await self.all(model, **by)
        return row

    async def violations(self) -> list[str]:
        """The broken invariants of every payment."""
        _, found = await invariants.check_all(self.database)
        return [str(one) for one in found]

    async def payment(self, payment_id: UUID) -> Payment:
        return await self.one(Payment, id=payment_id)  # type: ignore[no-any-return]  # `one` takes any table

    async def refund_row(self, refund_id: UUID) -> Refund:
        return await self.one(Refund, id=refund_id)  # type: ignore[no-any-return]  # `one` takes any table
