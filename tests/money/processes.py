"""Real processes for tests that kill them: a provider over HTTP, and workers that know each other only by rows.

They are forked from a server that has everything imported already, so that starting one costs milliseconds.
All share a clock; where processes are killed it runs `FAST` times the machine's: a lease of two minutes lasts 2 s.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any
from uuid import UUID

import aiohttp
import uvicorn

import veza.app  # every table, in every process
from tests import factories
from veza.kit import worker
from veza.kit.database import Database
from veza.kit.messages import verbatim
from veza.lab.sandbox.core import Sandbox, SandboxSettings
from veza.lab.sandbox.server import create_app
from veza.money import breaker, payment_frame, refunding, sales
from veza.money.catch_up import catch_up
from veza.money.claims import RetryPolicy
from veza.money.facade import Money, MoneyRules
from veza.money.pace import Unpaced
from veza.money.refunds import RefundExceedsPayment
from veza.money.stripe.gateway import Gateway
from veza.money.stripe.live import BoundedAiohttpClient, Line
from veza.money.webhook_inbox import InboxPolicy

assert veza.app
forking = multiprocessing.get_context("forkserver")
forking.set_forkserver_preload(["tests.money.processes"])

FAST = 60
POLICY = RetryPolicy(
    max_retries=50,
    check_interval=timedelta(milliseconds=100),
    backoff_base=timedelta(seconds=30),
    backoff_max=timedelta(minutes=1),
    lease=timedelta(minutes=2),
    concurrency=4,
    batch_size=4,
)
RULES = MoneyRules(
    refunds=POLICY,
    transfers=POLICY,
    reversals=POLICY,
    inbox=InboxPolicy(("whsec_test",), False, 8, timedelta(seconds=30), timedelta(hours=1)),
    # A killed process fails no request but its own: the proof here must not lean on the breaker.
    breaker_threshold=1000,
)


@dataclass(frozen=True)
class SharedClock:
    """`speed` times as fast as the machine's, and the same in every process that knows the epoch."""

    epoch: datetime
    speed: int

    def now(self) -> datetime:
        return self.epoch + (datetime.now(UTC) - self.epoch) * self.speed


@dataclass(frozen=True)
class Meeting:
    """Where the processes of one test meet: their database, their provider, their clock."""

    database_url: str
    provider_url: str
    clock: SharedClock


class Site:
    """One process's view of the money module: its own database connections, its own HTTP client."""

    def __init__(self, meeting: Meeting) -> None:
        self.meeting = meeting
        self.database = Database.open(meeting.database_url, clock=meeting.clock, pool_size=6)
        line = Line("sk_test_processes", BoundedAiohttpClient(2.0, 16), meeting.provider_url)
        self.money = Money(self.database, Gateway(line, Unpaced()), RULES)
        self._http: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
        await self.money.gateway.close()
        await self.database.close()

    async def control(self, verb: str, path: str, **body: Any) -> Any:
        """Ask the sandbox's control API."""
        url = f"{self.meeting.provider_url}/_sandbox{path}"
        if self._http is None:
            self._http = aiohttp.ClientSession()
        async with self._http.request(verb, url, json=body or None) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def open_books(self, *seller_ids: str) -> None:
        """The breaker's row, and sellers with onboarded accounts."""
        accounts = {seller: (await self.control("POST", "/accounts"))["id"] for seller in seller_ids}
        async with self.database.write() as session:
            await breaker.install(session)
        for seller in seller_ids:
            await factories.seller(self.database, seller, seller, accounts[seller])

    async def sell(self, lines: list[tuple[str, int]]) -> UUID:
        """A payment that was charged, seen and cleared; its transfers wait for their worker."""
        payment = await factories.payment(self.database, lines)
        group = {"transfer_group": str(payment.id), "metadata": {"veza_payment": str(payment.id)}}
        made = await self.control("POST", "/payments", amount=payment.amount_minor, currency="eur", **group)
        charge = await self.money.gateway.charge(made["id"])
        async with self.database.write() as session:
            frame = await payment_frame.lock(session, payment.id)
            await sales.charge_seen(session, frame, charge.object, because=verbatim("seen by the test"))
        return payment.id

    async def hear(self) -> None:
        """No webhook comes here: fetch what happened, or the database would look older than the provider."""
        await catch_up(self.database, self.money.gateway, self.money.inbox, timedelta(days=1))

    async def refund(self, payment_id: UUID, amount_minor: int) -> bool:
        """Ask for a refund; False when that is more than is left."""
        async with self.database.write("buyer") as session:
            frame = await payment_frame.lock(session, payment_id)
            try:
                await refunding.request(session, frame, amount_minor, "EUR", reason=verbatim("asked"))
            except RefundExceedsPayment:
                return False
        return True


def start(target: Callable[..., None], *arguments: Any) -> multiprocessing.process.BaseProcess:
    process = forking.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


@asynccontextmanager
async def meeting(database_url: str, *, speed: int = 1, latency_seconds: float = 0.0) -> AsyncIterator[Site]:
    """A provider in a process of its own and this process's site beside it."""
    clock = SharedClock(datetime.now(UTC), speed)
    ours, theirs = forking.Pipe()
    provider = start(provide, clock, latency_seconds, theirs)
    url = await asyncio.to_thread(_received, ours)
    site = Site(Meeting(database_url, url, clock))
    try:
        yield site
    finally:
        await site.close()
        provider.kill()
        provider.join()
        ours.close()
        theirs.close()


def _received(pipe: Connection) -> Any:
    assert pipe.poll(20), "the other process said nothing for 20 s"
    return pipe.recv()


def provide(clock: SharedClock, latency_seconds: float, pipe: Connection) -> None:
    """Be the provider until killed."""
    sandbox = Sandbox(
        clock, random.Random(1), settings=SandboxSettings(rate_limit_per_second=None, asynchronous_capture_seconds=None)
    )
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)  # from here on a request waits, whether or not the server runs yet
    pipe.send(f"http://127.0.0.1:{listening.getsockname()[1]}")
    app = create_app(sandbox, latency_seconds=latency_seconds)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    server.run(sockets=[listening])


def work(meeting: Meeting) -> None:
    """Be the money module's workers until killed."""
    asyncio.run(_work(meeting))


async def _work(meeting: Meeting) -> None:
    site = Site(meeting)
    never = asyncio.Event()
    money, wakes = site.money, site.database.wakes
    # Its minute is one of the meeting's clock: a process that was killed while it caught up is followed within seconds.
    money.guard.check_interval /= meeting.clock.speed
    sending: tuple[worker.Worker[Any], ...] = (money.refund_worker, money.transfer_worker, money.reversal_worker)
    workers = (*sending, money.guard)
    await asyncio.gather(*(worker.run(one, wakes, never, grace=timedelta(seconds=1)) for one in workers))


def reverse_all(meeting: Meeting, gate: Connection) -> None:
    """Wait for the word, then claim and carry out reversals until none is due; tell how many."""
    gate.send(asyncio.run(_reverse_all(meeting, gate)))


async def _reverse_all(meeting: Meeting, gate: Connection) -> int:
    site = Site(meeting)
    # Before the word: what the others have done by then would look like what a restored database forgot.
    assert await site.money.guard.has_looked()
    gate.send("ready")
    await asyncio.to_thread(gate.recv)
    done = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(20):
            while claimed := await worker.run_once(site.money.reversal_worker):
                done += claimed
    await site.close()
    return done


def refund_all(meeting: Meeting, gate: Connection, payment_ids: list[UUID], amount_minor: int) -> None:
    """Wait for the word, then refund every payment; tell which requests were accepted."""
    gate.send("ready")
    gate.recv()
    gate.send(asyncio.run(_refund_all(meeting, payment_ids, amount_minor)))


async def _refund_all(meeting: Meeting, payment_ids: list[UUID], amount_minor: int) -> list[bool]:
    site = Site(meeting)
    accepted = await asyncio.gather(*(site.refund(payment, amount_minor) for payment in payment_ids))
    await site.close()
    return accepted


async def together(count: int, target: Callable[..., None], meeting: Meeting, *more: Any) -> list[Any]:
    """Run `target` in `count` processes that begin at the same instant; their results."""
    gates = [forking.Pipe() for _ in range(count)]
    running = [start(target, meeting, theirs, *more) for _, theirs in gates]
    for ours, _ in gates:
        assert await asyncio.to_thread(_received, ours) == "ready"
    for ours, _ in gates:
        ours.send("go")
    results = [await asyncio.to_thread(_received, ours) for ours, _ in gates]
    for process in running:
        process.join()
    for ends in gates:
        for end in ends:
            end.close()
    return results
