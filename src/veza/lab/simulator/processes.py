"""Processes that run the real money module over one database, and can be killed at any commit and any request.

A process stands by itself: its database object, its gateway, its workers. What it knows in memory dies
with it; what it committed stays, and its rows come back when their leases end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from veza.kit.clock import Clock
from veza.kit.database import READER, Database, Session
from veza.kit.ids import Ids
from veza.kit.subscriptions import Subscriptions
from veza.kit.wakes import Wakes
from veza.lab.sandbox.client import InProcessClient
from veza.lab.sandbox.core import Sandbox
from veza.lab.sandbox.wire import Request
from veza.lab.simulator.driver import InThreadDialect, InThreadSession
from veza.lab.simulator.scheduler import Scheduler
from veza.money.attempt_worker import AttemptWorker
from veza.money.facade import Money, MoneyRules
from veza.money.pace import Unpaced
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import Gateway
from veza.money.stripe.live import Line

SEEN = Callable[[str, str, Answer], None]


@dataclass(slots=True)
class Progress:
    """How many commits changed something, and which workers found nothing to claim since which of them."""

    commits: int = 0
    idle: dict[str, int] = field(default_factory=dict)

    def found_nothing(self, kind: str) -> None:
        # The empty claim's own commit changed nothing.
        self.commits -= 1
        self.idle[kind] = self.commits

    def did_not_look(self, kind: str) -> None:
        """It claimed nothing, without a transaction: the provider did not say whether it may."""
        self.idle[kind] = self.commits

    def is_idle(self, kind: str) -> bool:
        return self.idle.get(kind) == self.commits


class MortalDatabase(Database):
    """A database whose user may die just before a commit, or just after it."""

    def __init__(self, engine: AsyncEngine, clock: Clock, ids: Ids, scheduler: Scheduler, progress: Progress) -> None:
        self._raw: Any = None
        if isinstance(engine.dialect, InThreadDialect):
            self.session_class, self._raw = InThreadSession, engine.dialect.raw
        super().__init__(engine, clock, ids, Subscriptions())
        self._scheduler = scheduler
        self._progress = progress

    def reopened(self) -> MortalDatabase:
        """The same database for a new process: nothing the old one kept in memory is in it."""
        other = copy(self)
        other.wakes, other._one_writer = Wakes(), asyncio.Lock()
        if self._raw is not None:
            other._readers_turn = other._one_writer
        return other

    def _equip(self, session: Session, actor: str) -> None:
        super()._equip(session, actor)
        if isinstance(session, InThreadSession):
            session.raw, session.only_reads = self._raw, actor == READER

    @asynccontextmanager
    async def write(self, actor: str = "veza", *, gives_way: bool = False) -> AsyncIterator[Session]:
        async with super().write(actor, gives_way=gives_way) as session:
            yield session
            # The transaction is open: no other task can run here, but the process can die.
            self._scheduler.die_here("before_commit")
        self._progress.commits += 1
        await self._scheduler.pause("after_commit")


class WatchedLine(Line):
    """A line that tells `seen` every answer, with the method and the path it answers."""

    def __init__(self, client: InProcessClient, seen: SEEN) -> None:
        super().__init__("sk_test_simulator", client)
        self._seen = seen

    async def send(self, method: str, path: str, params: Any = None, **more: Any) -> Answer:
        answer = await super().send(method, path, params, **more)
        self._seen(method, path, answer)
        return answer


class Process:
    """One process: a module, and how it reaches the provider."""

    def __init__(
        self,
        name: str,
        database: MortalDatabase,
        sandbox: Sandbox,
        scheduler: Scheduler,
        progress: Progress,
        rules: MoneyRules,
        seen: SEEN,
    ) -> None:
        self.name = name
        self._scheduler = scheduler
        self._progress = progress
        self._asked: set[int] = set()
        self.database = database
        client = InProcessClient(sandbox, self._gate)
        self.money = Money(self.database, Gateway(WatchedLine(client, seen), Unpaced()), rules)
        self.workers = {
            "refund": self.money.refund_worker,
            "transfer": self.money.transfer_worker,
            "reversal": self.money.reversal_worker,
            "check": self.money.check_worker,
            "netting": self.money.netting_worker,
            "inbox": self.money.inbox_worker,
            "guard": self.money.guard,
        }

    def start(self, kind: str, limit: int, together: int = 1) -> None:
        """One round of a worker: what it claims becomes jobs, each of so many claims whose answers come `together`."""
        self._scheduler.spawn(f"{self.name} {kind} claim", self, self._round(kind, limit, together))

    async def _round(self, kind: str, limit: int, together: int) -> None:
        worker: Any = self.workers[kind]
        if isinstance(worker, AttemptWorker) and not await self.money.guard.has_looked():
            self._progress.did_not_look(kind)
            return
        claims = await worker.claim(limit)
        if not claims:
            self._progress.found_nothing(kind)
        if isinstance(worker, AttemptWorker):
            for start in range(0, len(claims), together):
                group = claims[start : start + together]
                ids = " ".join(str(claim.id) for claim in group)
                self._scheduler.spawn(f"{self.name} {kind} {ids}", self, worker.carry_out(group))
        else:
            for claim in claims:
                self._scheduler.spawn(f"{self.name} {kind} {claim.id}", self, worker.work(claim))

    async def _gate(self, request: Request) -> None:
        """Awaited by the client before each request takes effect, and after it."""
        if id(request) in self._asked:
            self._asked.discard(id(request))
            await self._scheduler.pause("after_effect")
        else:
            self._asked.add(id(request))
            await self._scheduler.pause("before_effect")
