"""PostgreSQL is restarted under a real server and a real worker that sell and refund: nothing ends, nothing is lost."""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.conftest import missing
from tests.own_postgres import OwnPostgres, own_postgres, programs
from veza.kit.database import STATEMENT_BOUND_SECONDS
from veza.ops.probe.processes import Process, run_command
from veza.ops.probe.visitor import Visitor
from veza.ops.serve import address, listen

BUYERS = 3
DATABASE = "veza"
QUICK = {
    "STRIPE_REQUEST_TIMEOUT": "2s",
    "CLAIM_LEASE": "48s",
    "REVERSAL_CHECK_INTERVAL": "1s",
    "TRANSFER_RETRY_CHECK_INTERVAL": "1s",
    "REFUND_CHECK_INTERVAL": "1s",
    "REVERSAL_BACKOFF_BASE": "1s",
    "TRANSFER_RETRY_BACKOFF_BASE": "1s",
    "REFUND_BACKOFF_BASE": "1s",
    "CATCH_UP_INTERVAL": "10s",
    "LOG_FORMAT": "json",
}


@contextmanager
def fast(server: OwnPostgres) -> Iterator[None]:
    server.stop("fast")
    yield
    server.start()


@contextmanager
def immediate(server: OwnPostgres) -> Iterator[None]:
    server.stop("immediate")
    yield
    server.start()


@contextmanager
def crash(server: OwnPostgres) -> Iterator[None]:
    server.crash()
    yield
    server.start()


@contextmanager
def hanging(server: OwnPostgres) -> Iterator[None]:
    with server.frozen():
        yield


@contextmanager
def refusing(server: OwnPostgres) -> Iterator[None]:
    with server.refusing(DATABASE):
        yield


@contextmanager
def sessions_ended(server: OwnPostgres) -> Iterator[None]:
    server.end_sessions()
    yield
    server.end_sessions()


@pytest.fixture(scope="module")
def postgres() -> Iterator[OwnPostgres]:
    bin_folder = programs()
    if bin_folder is None:
        missing("PostgreSQL's initdb and pg_ctl are not installed")
    with own_postgres(bin_folder) as server:
        server.sql(f"CREATE DATABASE {DATABASE}")
        yield server


@dataclass
class Load:
    """Buyers who order, pay and get a part back, without end; each request is repeated until it is answered well."""

    visitor: Visitor
    http: aiohttp.ClientSession
    statuses: Counter[int] = field(default_factory=Counter)
    refunded: int = 0
    unexpected: list[str] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=itertools.count)

    async def buy_and_refund(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            gross = 1000 + next(self._number)
            order = {
                "order_ref": f"order-{uuid.uuid4().hex}",
                "currency": "EUR",
                "lines": [{"seller_id": seller, "product_ref": "Album", "gross_minor": gross} for seller in "ab"],
                "success_url": f"{self.visitor.url}/thanks",
                "cancel_url": f"{self.visitor.url}/cart",
            }
            made = await self._insist("/payments", order)
            form = {"email": "buyer@example.org", "card": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123"}
            await self.visitor.fill_in(made["checkout_url"], form)
            while (await self._insist(f"/payments/{made['id']}"))["status"] != "succeeded":  # noqa: ASYNC110
                await asyncio.sleep(0.2)
            wanted = {"payment_id": made["id"], "amount_minor": gross, "currency": "EUR", "reason": "half of it"}
            await self._insist("/refunds", wanted)
            self.refunded += 1

    async def _insist(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """One request, again until it is answered with success; only 503 says that it is worth trying again."""
        headers = {**self.visitor._headers, "Idempotency-Key": uuid.uuid4().hex}
        method = "GET" if body is None else "POST"
        while True:
            async with self.http.request(
                method, f"{self.visitor.url}/api/v1{path}", json=body, headers=headers
            ) as answer:
                said = await answer.json(content_type=None)
                self.statuses[answer.status] += 1
                if answer.status < 400:
                    return said
                # 409: the first try of this very request still holds the key, or waits for the server as we do.
                if answer.status not in (409, 503):
                    self.unexpected.append(f"{method} {path}: {answer.status} {said}")
                    raise AssertionError(self.unexpected[-1])
            await asyncio.sleep(0.2)


@dataclass
class Site:
    """A server and a worker of Veza on the server's database."""

    server: Process
    worker: Process
    settings: dict[str, str]
    folder: Path
    load: Load

    async def money(self, *command: str) -> tuple[int, dict[str, Any]]:
        code, said = await run_command(("money", *command, "--json"), self.folder, self.settings)
        return code, json.loads(said)

    def logs(self) -> list[dict[str, Any]]:
        return [
            json.loads(line)
            for process in (self.server, self.worker)
            for line in process.log.read_text().splitlines()
            if line.startswith("{")
        ]


@asynccontextmanager
async def running(postgres: OwnPostgres, folder: Path) -> AsyncIterator[Site]:
    with listen("127.0.0.1", 0) as free:
        port = address(free).rpartition(":")[2]
    token = secrets.token_urlsafe(24)
    settings = QUICK | {
        "VAR_DIR": str(folder / "var"), "DATABASE_URL": postgres.url(DATABASE), "OPERATOR_TOKEN": token, "PORT": port,
    }  # fmt: skip
    async with AsyncExitStack() as stack:
        server = Process("server", ("serve", "--migrate"), folder, settings)
        worker = Process("worker", ("worker",), folder, settings)
        stack.push_async_callback(server.end)
        url = (await server.start(r"ready on (http://\S+)"))[1]
        stack.push_async_callback(worker.end)
        await worker.start("workers are running")
        timeout = aiohttp.ClientTimeout(total=3 * STATEMENT_BOUND_SECONDS)
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        visitor = Visitor(url, token, http)
        for seller in "ab":
            await visitor.onboard(seller, f"Seller {seller}")
        yield Site(server, worker, settings, folder, Load(visitor, http))


KINDS: tuple[Callable[[OwnPostgres], Any], ...] = (sessions_ended, fast, immediate, crash, refusing, hanging)


async def test_postgresql_comes_back_after_every_kind_of_end_and_the_money_agrees_without_help(
    postgres: OwnPostgres, tmp_path: Path
) -> None:
    async with running(postgres, tmp_path) as site:
        load, stop = site.load, asyncio.Event()
        buyers = [asyncio.create_task(load.buy_and_refund(stop)) for _ in range(BUYERS)]
        for kind in KINDS:
            await _sold_more(load, buyers)
            before = load.statuses[503]
            away = kind(postgres)
            await asyncio.to_thread(away.__enter__)
            try:
                if kind is not sessions_ended:
                    await _until(lambda before=before: load.statuses[503] > before, f"a 503 while {kind.__name__}")
            finally:
                await asyncio.to_thread(away.__exit__, None, None, None)
        await _sold_more(load, buyers)
        stop.set()
        await asyncio.gather(*buyers)
        assert load.unexpected == []
        await _settled(site)
        for process in (site.server, site.worker):
            assert process._running.returncode is None, f"{process.name} ended: {process.last_words()}"
        assert (await site.money("check"))[1]["violations"] == []
        failed = [line for line in site.logs() if line["level"] in ("error", "critical")]
        assert failed == [], "a restart is a warning, not a mistake of ours"
        assert await site.server.stop() == 0
        assert await site.worker.stop() == 0


async def _sold_more(load: Load, buyers: list[asyncio.Task[None]]) -> None:
    """Wait until a buyer pays and gets something back again: the site works."""
    wanted = load.refunded + 1
    await _until(lambda: load.refunded >= wanted or any(buyer.done() for buyer in buyers), "more sales and refunds")
    for buyer in buyers:
        if buyer.done():
            buyer.result()


async def _settled(site: Site) -> None:
    """Wait until nothing is under way and the provider agrees; nothing is applied, handled or tried by hand."""
    until = time.monotonic() + 120
    while True:
        code, said = await site.money("reconcile", "--since", "1h")
        transfers = (await site.money("list", "transfers", "--limit", "1000"))[1]["items"]
        waiting = [row for row in transfers if row["status"] not in ("completed", "reversed", "canceled")]
        if code == 0 and not waiting:
            return
        assert time.monotonic() < until, f"still not settled: {said}, {waiting[:3]}"
        await asyncio.sleep(1)


async def _until(holds: Callable[[], bool], what: str, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"still waiting for {what}"
        await asyncio.sleep(0.05)
