"""One simulated run: a script of steps over the real modules, one clock, one provider, and one seed for all of it."""

from __future__ import annotations

import random
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, String, exists, func, literal, select, text, true, union_all
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import aliased

from veza.kit.clock import ManualClock
from veza.kit.database import UtcDateTime
from veza.kit.ids import Ids
from veza.lab.sandbox.core import Sandbox
from veza.lab.sandbox.settings import SandboxSettings
from veza.lab.sandbox.webhooks import Delivery, sign_payload
from veza.lab.simulator.coverage import Coverage
from veza.lab.simulator.ground import clear, rows_of
from veza.lab.simulator.processes import MortalDatabase, Process, Progress
from veza.lab.simulator.scheduler import Scheduler
from veza.lab.simulator.stage import RULES, SECRET
from veza.money import breaker
from veza.money.nettings import SHARES, Netting
from veza.money.payments import Payment
from veza.money.provider_account import ProviderAccount
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer
from veza.money.webhook_events import HANDLERS
from veza.money.webhook_inbox import WebhookEvent
from veza.money.webhook_signatures import verified

PROCESSES = 2
LONGEST_PAUSE = timedelta(minutes=4)
"""How long a task may be paused at one point: with the provider's own delays it stays below STILL_RUNNING."""
PENDING_SECONDS = 2 * 86_400.0
"""How long a pending refund takes here, so that much can happen to it meanwhile."""
MOST_TURNS = 3_000
"""Turns after which work that never ends is a violation."""


class NeverQuiet(Exception):
    """The modules were still busy after a bound far above anything they need."""


@dataclass(slots=True)
class Sale:
    """What the run remembers of one sale."""

    payment_id: UUID
    currency: str
    amount_minor: int
    checkout: str | None = None
    lines: list[tuple[UUID, int]] = field(default_factory=list)


class Run:
    """A small world: processes, a provider, buyers and sellers. Everything random comes from the seed."""

    def __init__(self, engine: AsyncEngine, seed: int, coverage: Coverage) -> None:
        self.seed = seed
        self.engine = engine
        self.coverage = coverage
        self.clock = ManualClock()
        rng = random.Random(seed)
        self.dice = random.Random(rng.getrandbits(64))
        self.ids = Ids(self.clock, random.Random(rng.getrandbits(64)))
        settings = SandboxSettings(rate_limit_per_second=None, pending_refund_seconds=PENDING_SECONDS)
        self.sandbox = Sandbox(self.clock, random.Random(rng.getrandbits(64)), settings=settings)
        # An endpoint may not be subscribed to everything; what it misses is for the sweep to find.
        heard = rng.sample(sorted(HANDLERS), round(len(HANDLERS) * rng.choice((1.0, 0.6, 0.4, 0.25))))
        self.sandbox.add_webhook("http://simulator/webhooks/stripe", heard, secret=SECRET)
        self.crash_rate = 0.0
        self.scheduler = Scheduler(self.clock, lambda point: self.dice.random() < self.crash_rate)
        self.progress = Progress()
        self._database = MortalDatabase(engine, self.clock, self.ids, self.scheduler, self.progress)
        self.processes = [self._process(f"p{i}") for i in range(PROCESSES)]
        self.sales: list[Sale] = []
        self.backup: Any = None
        self.mail: list[Delivery] = []
        self._due = _due_as_text(engine.dialect)
        self.legacy: set[UUID] = set()
        self._known_dues: tuple[int, list[tuple[str, datetime | None]]] | None = None

    async def begin(self) -> None:
        """An empty database with a closed breaker."""
        await clear(self.engine)
        async with self.processes[0].database.write() as session:
            await breaker.install(session)

    def _process(self, name: str) -> Process:
        return Process(
            name,
            self._database.reopened(),
            self.sandbox,
            self.scheduler,
            self.progress,
            RULES,
            self.coverage.answered,
        )

    def a_process(self) -> Process:
        return self.dice.choice(self.processes)

    async def crash(self, process: Process) -> None:
        """kill -9 and a restart: its tasks die where they are, a new module takes its place."""
        await self.scheduler.kill(process)
        if process in self.processes:
            self.processes[self.processes.index(process)] = self._process(process.name)

    async def act(self, name: str, work: Coroutine[Any, Any, None], process: Process | None = None) -> None:
        """One act is carried out by a process, from beginning to end (it may crash on the way)."""
        process = process or self.a_process()
        await self.scheduler.finish(self.scheduler.spawn(name, process, work))
        await self._bury()

    async def work(self, turns: int) -> int:
        """Let jobs, workers and webhooks run for at most `turns` turns; returns how many were taken."""
        due: list[str] | None = None
        for taken in range(turns):
            self.mail += self.sandbox.due_deliveries()
            if due is None or (not self.scheduler.jobs and not due and not self.mail):
                due = await self.due_workers()
            busy = len(self.scheduler.jobs)
            choice = self.dice.randrange(busy + len(due) + len(self.mail)) if busy or due or self.mail else -1
            if choice < 0:
                return taken
            if choice < busy:
                await self._turn(self.scheduler.jobs[choice])
            elif choice < busy + len(due):
                kind, process = due.pop(choice - busy), self.a_process()
                process.start(kind, self.dice.choice((1, 3, 20)), self.dice.choice((1, 1, 2, 8)))
            else:
                first = choice - busy - len(due)
                some = self.mail[first : first + self.dice.choice((1, 1, 2, 8))]
                del self.mail[first : first + len(some)]
                self._deliver(some, self.a_process())
        return turns

    async def let_work(self, process: Process, *, but: str = "") -> None:
        """Let one process do everything that is due (`but` one kind), while the others' tasks stay where they are."""
        for _ in range(MOST_TURNS):
            if process not in self.processes:
                return
            self.mail += self.sandbox.due_deliveries()
            mine = [job for job in self.scheduler.jobs if job.process is process]
            if mine:
                await self._turn(mine[0])
            elif self.mail:
                self._deliver([self.mail.pop(0)], process)
            elif due := [kind for kind in await self.due_workers() if kind != but]:
                process.start(due[0], 20)
            else:
                return

    async def _turn(self, job: Any) -> None:
        await self.scheduler.turn(job)
        await self._bury()

    async def _bury(self) -> None:
        """A crash kills the whole process, not one task of it."""
        for process in self.scheduler.take_dead():
            await self.crash(process)  # type: ignore[arg-type]  # every process here is one

    def _deliver(self, some: Sequence[Delivery], process: Process) -> None:
        self.scheduler.spawn(
            f"{process.name} webhook {' '.join(one.type for one in some)}",
            process,
            self._receive(process, some),
            on_crash=lambda: self._answered(some, None),
        )

    async def _receive(self, process: Process, some: Sequence[Delivery]) -> None:
        """They arrive at the same time, as at a busy server."""
        inbox, stamp = process.money.inbox, int(self.clock.now().timestamp())
        signed = [(one.payload, sign_payload(SECRET, one.payload, stamp)) for one in some]
        policy = inbox.policy
        arrived = [
            (verified(payload, signature, policy.secrets, livemode=policy.livemode, now=stamp), payload.decode())
            for payload, signature in signed
        ]
        await inbox.accept(arrived, source="webhook")
        self._answered(some, 200)

    def _answered(self, some: Sequence[Delivery], status: int | None) -> None:
        for one in some:
            self.sandbox.record_delivery(one.id, status)

    async def due_workers(self) -> list[str]:
        """Which kinds of workers have due rows, leaving out those that just found nothing they could claim."""
        now = self.clock.now()
        dues = await self._next_dues()
        kinds = {kind.removeprefix("waiting ") for kind, due in dues if due is not None and due <= now}
        return sorted(kind for kind in kinds if not self.progress.is_idle(kind))

    async def next_due(self) -> datetime | None:
        """When something happens next, here or at the provider; what only waits for a balance does not count."""
        dues = [due for kind, due in await self._next_dues() if due is not None and "waiting" not in kind]
        there = self.sandbox.next_delivery_due()
        if there is not None:
            dues.append(datetime.fromtimestamp(there, tz=UTC) + timedelta(milliseconds=1))
        return min(dues) if dues else None

    async def _next_dues(self) -> list[tuple[str, datetime | None]]:
        if self._known_dues is None or self._known_dues[0] != self.progress.commits:
            rows = await rows_of(self.engine, self._due)
            self._known_dues = self.progress.commits, [(row[0], row[1]) for row in rows]
        return self._known_dues[1]

    async def pass_time(self, by: timedelta) -> None:
        """Move the clock; tasks that would be paused for too long are brought to their end first."""
        horizon = self.clock.now() + by - LONGEST_PAUSE
        while late := [job for job in self.scheduler.jobs if job.created_at < horizon]:
            await self._turn(self.dice.choice(late))
        self.clock.advance(by)
        self.progress.idle.clear()

    async def finish_all(self) -> None:
        """Work until nothing is due, parked or waiting in the mail, without time passing."""
        with suppress(NeverQuiet):
            if await self.work(MOST_TURNS) < MOST_TURNS:
                return
        raise NeverQuiet(f"still busy after {MOST_TURNS} turns: {[job.name for job in self.scheduler.jobs][:5]}")


ANY = true()


def _soonest(kind: str, due: Any, *conditions: Any) -> Any:
    return select(literal(kind).label("kind"), func.min(due).label("due")).where(due.is_not(None), *conditions)


def _attempted(kind: str, model: Any, *statuses: str, free: Any = ANY) -> tuple[Any, Any]:
    claimable = model.status.in_(statuses)
    return (
        _soonest(kind, model.next_retry_at, claimable, model.waiting_since.is_(None), free),
        _soonest(f"waiting {kind}", model.next_retry_at, claimable, model.waiting_since.is_not(None)),
    )


def _behind_one_that_waits() -> Any:
    """Reversals of one transfer go one by one: while the first waits for a balance, the others wait with it."""
    first = aliased(TransferReversal)
    return exists().where(
        first.transfer_id == TransferReversal.transfer_id, first.status == "pending", first.waiting_since.is_not(None)
    )


_KEEPABLE = SHARES.with_only_columns(SellerTransfer.id).order_by(None)
_DUE = union_all(
    *_attempted("refund", Refund, "requested"),
    *_attempted("transfer", SellerTransfer, "pending", "failed"),
    *_attempted("reversal", TransferReversal, "pending", free=~_behind_one_that_waits()),
    *(_soonest("check", model.check_at) for model in (Payment, Refund, SellerTransfer, TransferReversal)),
    _soonest("inbox", WebhookEvent.next_retry_at),
    _soonest("netting", Netting.created_at, Netting.paid_at.is_(None)),
    *(select(literal("netting"), SellerTransfer.created_at).where(SellerTransfer.id.in_(_KEEPABLE)),),
    _soonest("guard", ProviderAccount.mend_at),
)


@cache
def _due_as_text(dialect: Dialect) -> Any:
    """Asked for all the time: as text it costs a third."""
    asked = _DUE.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    return text(str(asked).replace(":", r"\:")).columns(kind=String, due=UtcDateTime)
