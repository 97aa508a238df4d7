"""A scene: the real money module and its workers, the sandbox and webhooks over HTTP, and a clock that can be moved."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from veza.http.serving import listen, serving
from veza.kit import worker
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.messages import verbatim
from veza.kit.schema import make_tables
from veza.lab.sandbox.core import Sandbox
from veza.lab.sandbox.delivery import deliver_webhooks
from veza.lab.sandbox.server import create_app
from veza.lab.sandbox.settings import SandboxSettings
from veza.lab.sandbox_remote import SandboxRemote
from veza.lab.scenarios.endpoint import PATH, Endpoint
from veza.lab.scenarios.narrator import Narrator
from veza.lab.scenarios.watched import Watched
from veza.lab.simulator.stage import RULES
from veza.money import breaker, payment_frame, payments, refunding, sellers
from veza.money.facade import Money
from veza.money.pace import Unpaced
from veza.money.payments import LineDraft, Payment
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.stripe.gateway import Gateway
from veza.money.stripe.live import BoundedAiohttpClient, Line
from veza.money.transfers import SellerTransfer
from veza.money.webhook_events import HANDLERS

SECRET = "whsec_scenario"  # noqa: S105  (signs between two ports of this process)
LONGEST_SETTLE_SECONDS = 300.0
SHORTEST_LOOK_SECONDS = 0.002
LONGEST_LOOK_SECONDS = 0.1
ORDINARY_CARD = "4242424242424242"
FEE_BPS = 1000

T = TypeVar("T")


class NeverQuiet(Exception):
    """The money module was still busy after the bound; says with what."""


class MovableClock(ManualClock):
    """Starts at a fixed morning, runs as fast as the machine's clock, and can be moved ahead."""

    def __init__(self) -> None:
        super().__init__()
        self._began = time.monotonic()

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=time.monotonic() - self._began)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing a scenario promises, and whether it was so; `seen` says what was there instead."""

    sentence: str
    ok: bool
    seen: str = ""


@dataclass(slots=True)
class Scene:
    """The world of a scenario; made by `open_scene`."""

    clock: MovableClock
    database: Database
    money: Money
    sandbox: SandboxRemote
    narrator: Narrator
    endpoint: Endpoint
    workers: Sequence[Watched[Any]]
    provider: Sandbox
    accounts: dict[str, str] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)

    def tell(self, sentence: str) -> None:
        """Tell the next step of the story."""
        self.narrator.step(sentence)

    def fact(self, sentence: str, ok: bool, seen: object = "") -> None:
        """Note a checked fact; `seen` is printed when it is not so."""
        self.facts.append(Fact(sentence, ok, str(seen)))

    async def seller(self, name: str) -> str:
        """A seller onboarded at the provider; returns the name, which is the seller's id here."""
        seller_id = name.lower()
        row, _ = await sellers.onboard(
            self.database, self.money.gateway, seller_id, name, "DE", return_url="http://localhost/", actor=seller_id
        )
        self.accounts[seller_id] = str(row.stripe_account_id)
        await self.sandbox.ask("POST", f"/accounts/{row.stripe_account_id}/onboard", name=name)
        return seller_id

    async def buy(self, lines: Sequence[tuple[str, int]], *, currency: str = "EUR", card: str = ORDINARY_CARD) -> UUID:
        """A buyer pays for (seller, gross) lines; returns the payment's id. The news of it may still be under way."""
        wanted = [LineDraft(seller, f"album-{i + 1}", gross, FEE_BPS) for i, (seller, gross) in enumerate(lines)]
        async with self.database.write("buyer") as session:
            payment = await payments.create(session, f"order-{session.new_id()}", currency, wanted)
        await self.sandbox.pay(
            payment.amount_minor,
            currency,
            card=card,
            transfer_group=str(payment.id),
            metadata={"veza_payment": str(payment.id)},
        )
        return payment.id

    async def refund(
        self, payment_id: UUID, amount_minor: int, *, of_line: int | None = None, currency: str = "EUR"
    ) -> UUID:
        """An operator asks for a refund; returns its id."""
        async with self.database.write("operator") as session:
            frame = await payment_frame.lock(session, payment_id)
            lines = await frame.lines(session)
            only = [] if of_line is None else [(lines[of_line].id, amount_minor)]
            row = await refunding.request(
                session, frame, amount_minor, currency, reason=verbatim("the buyer asked"), line_amounts=only
            )
        return row.id

    async def settle(self) -> None:
        """Wait until no work is due; raises NeverQuiet if that takes too long."""
        deadline = time.monotonic() + LONGEST_SETTLE_SECONDS
        while True:
            await self._until(lambda: not self._is_busy(), deadline)
            before = self._done_so_far()
            await self._all_look(deadline)
            if self._done_so_far() == before and not self._is_busy() and not self._book_charges():
                break
        await self.narrator.catch_up(self.database)

    async def _all_look(self, deadline: float) -> None:
        """Wake every worker and wait until each has looked for work; a look that had begun before does not count."""
        begun = [one.looks_begun for one in self.workers]
        for one in self.workers:
            self.database.wakes.ring(one.wake_topic)
        await self._until(
            lambda: all(one.looks_ended > was or one.in_hand for one, was in zip(self.workers, begun, strict=True)),
            deadline,
        )

    async def _until(self, condition: Callable[[], bool], deadline: float) -> None:
        look = SHORTEST_LOOK_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise NeverQuiet(f"still busy after {LONGEST_SETTLE_SECONDS:g} s: {self._busy_with()}")
            await asyncio.sleep(look)
            look = min(look * 2, LONGEST_LOOK_SECONDS)
            await self.narrator.catch_up(self.database)

    async def pass_time(self, by: timedelta) -> None:
        """Move the money module's and the provider's time ahead together, then settle."""
        self.narrator.time_passes(by)
        await self.move_clock(by)

    async def move_clock(self, by: timedelta) -> None:
        """`pass_time` without a word about it."""
        self.clock.advance(by)
        self.provider.advance(0)
        await self.settle()

    async def all(self, model: type[T], **by: Any) -> list[T]:
        """Rows of a table, oldest first."""
        table: Any = model
        async with self.database.read() as session:
            return list((await session.scalars(select(table).filter_by(**by).order_by(table.id))).all())

    async def one(self, model: type[T], **by: Any) -> T:
        (row,) = await self.all(model, **by)
        return row

    async def payment(self, payment_id: UUID) -> Payment:
        return await self.one(Payment, id=payment_id)

    async def refund_row(self, refund_id: UUID) -> Refund:
        return await self.one(Refund, id=refund_id)

    async def transfer_to(self, seller: str) -> SellerTransfer:
        """The seller's one transfer; of several, the oldest."""
        return (await self.all(SellerTransfer, seller_id=seller))[0]

    async def reversals(self, **by: Any) -> list[TransferReversal]:
        return await self.all(TransferReversal, **by)

    async def held_by(self, seller: str, currency: str = "EUR") -> int:
        """What the seller's account holds at the provider."""
        return await self.sandbox.available(self.accounts[seller], currency)

    def _is_busy(self) -> bool:
        return any(one.in_hand for one in self.workers) or self.endpoint.busy > 0 or self._deliveries_due() > 0

    def _deliveries_due(self) -> int:
        if self.provider.world.webhooks_paused:
            return 0
        now = self.provider.now()
        return sum(
            delivery["status"] == "pending"
            and (delivery["due"] <= now or delivery["attempt"] > len(delivery["attempts"]))
            for delivery in self.provider.world.deliveries.rows.values()
        )

    def _book_charges(self) -> bool:
        """Let the second pass after which the provider books a charge; whether there was one to book."""
        tasks = self.provider.world.tasks.rows.values()
        dues = [task["due"] for task in tasks if task["action"] == "finish_capture"]
        if dues:
            self.clock.advance(timedelta(seconds=max(0.0, max(dues) - self.provider.now())))
            self.provider.advance(0)
        return bool(dues)

    def _done_so_far(self) -> tuple[int, ...]:
        return (*(one.claimed for one in self.workers), self.endpoint.received)

    def _busy_with(self) -> str:
        hands = [f"{one.name} works on {one.in_hand}" for one in self.workers if one.in_hand]
        return ", ".join([*hands, f"{self._deliveries_due()} webhooks on their way"])


Act = Callable[[Scene], Awaitable[None]]


@asynccontextmanager
async def open_scene(
    url: str, narrator: Narrator, *, seed: int = 1, request_timeout: timedelta, switches: dict[str, Any]
) -> AsyncIterator[Scene]:
    """Everything of one scenario, running: sandbox, money module, workers and webhooks, on free ports of 127.0.0.1.

    `url` is an empty database; its tables are made here.
    """
    clock = MovableClock()
    database = Database.open(url, clock=clock)
    chosen: dict[str, Any] = {"rate_limit_per_second": None, **switches}
    sandbox = Sandbox(clock, random.Random(seed), settings=SandboxSettings(**chosen))  # noqa: S311
    stop = asyncio.Event()
    try:
        await make_tables(database.engine)
        async with database.write() as session:
            await breaker.install(session)
        async with serving(create_app(sandbox), listen("127.0.0.1", 0)) as provider_url:
            http = BoundedAiohttpClient(request_timeout.total_seconds(), connections=64)
            gateway = Gateway(Line("sk_test_scenario", http, provider_url), Unpaced())
            rules = replace(RULES, inbox=replace(RULES.inbox, secrets=(SECRET,)))
            money = Money(database, gateway, rules)
            endpoint = Endpoint(money.inbox)
            watched = [
                Watched[Any](one)
                for one in (
                    money.refund_worker,
                    money.transfer_worker,
                    money.reversal_worker,
                    money.check_worker,
                    money.inbox_worker,
                    money.guard,
                )
            ]
            async with serving(endpoint, listen("127.0.0.1", 0)) as our_url, SandboxRemote(provider_url) as remote:
                sandbox.add_webhook(f"{our_url}{PATH}", sorted(HANDLERS), secret=SECRET)
                grace = timedelta(seconds=5)
                running = [asyncio.create_task(worker.run(one, database.wakes, stop, grace=grace)) for one in watched]
                running.append(asyncio.create_task(deliver_webhooks(sandbox, stop)))
                try:
                    yield Scene(clock, database, money, remote, narrator, endpoint, watched, sandbox)
                finally:
                    stop.set()
                    await asyncio.gather(*running, return_exceptions=True)
            await gateway.close()
    finally:
        await database.close()
