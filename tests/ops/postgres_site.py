"""A real server and a real worker on a PostgreSQL server of the test's own, and buyers who keep them busy."""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import sqlite3
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.commands import Process, veza
from tests.conftest import missing
from tests.own_postgres import OwnPostgres, own_postgres, programs
from tests.waiting import until
from veza.http.serving import address, listen
from veza.kit.database import STATEMENT_BOUND_SECONDS
from veza.lab.probe.client import Client

DATABASE = "veza"
SELLERS = "ab"
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


@pytest.fixture(scope="module", name="postgres")
def own_server() -> Iterator[OwnPostgres]:
    bin_folder = programs()
    if bin_folder is None:
        missing("PostgreSQL's initdb and pg_ctl are not installed")
    with own_postgres(bin_folder) as server:
        yield server


@dataclass
class Load:
    """Buyers who order, pay and get a part back, without end; each request is repeated until it is answered well."""

    client: Client
    http: aiohttp.ClientSession
    statuses: Counter[int] = field(default_factory=Counter)
    refunded: int = 0
    unexpected: list[str] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=itertools.count)

    async def buy_and_refund(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            gross = 1000 + next(self._number)
            made = await self.order(gross)
            await self.pay(made)
            await until(partial(self._is_paid, made), "a payment", every=0.2, within=inf)
            await self.refund(made, gross)
            self.refunded += 1

    async def order(self, gross_minor: int) -> Any:
        """An order for a thing of each seller at this price; its pay page is open."""
        order = {
            "order_ref": f"order-{uuid.uuid4().hex}",
            "currency": "EUR",
            "lines": [{"seller_id": seller, "product_ref": "Album", "gross_minor": gross_minor} for seller in SELLERS],
            "success_url": f"{self.client.url}/thanks",
            "cancel_url": f"{self.client.url}/cart",
        }
        return await self._insist("/payments", order)

    async def pay(self, made: Any) -> None:
        form = {"email": "buyer@example.org", "card": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123"}
        await self.client.fill_in(made["checkout_url"], form)

    async def _is_paid(self, made: Any) -> bool:
        return bool((await self.payment(made))["status"] == "succeeded")

    async def payment(self, made: Any) -> Any:
        return await self._insist(f"/payments/{made['id']}")

    async def refund(self, made: Any, amount_minor: int) -> None:
        wanted = {"payment_id": made["id"], "amount_minor": amount_minor, "currency": "EUR", "reason": "half of it"}
        await self._insist("/refunds", wanted)

    async def _insist(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """One request, again until it is answered with success; only 503 says that it is worth trying again."""
        headers = {**self.client._headers, "Idempotency-Key": uuid.uuid4().hex}
        method = "GET" if body is None else "POST"
        said: Any = None

        async def answered_well() -> bool:
            nonlocal said
            async with self.http.request(
                method, f"{self.client.url}/api/v1{path}", json=body, headers=headers
            ) as answer:
                said = await answer.json(content_type=None)
                self.statuses[answer.status] += 1
                # 409: the first try of this very request still holds the key, or waits for the server as we do.
                if answer.status >= 400 and answer.status not in (409, 503):
                    self.unexpected.append(f"{method} {path}: {answer.status} {said}")
                    raise AssertionError(self.unexpected[-1])
                return answer.status < 400

        await until(answered_well, path, every=0.2, within=inf)
        return said


@dataclass
class Site:
    """A server and a worker of Veza on the server's database."""

    server: Process
    worker: Process
    settings: dict[str, str]
    folder: Path
    load: Load

    def at_provider(self, kind: str) -> list[dict[str, Any]]:
        """The sandbox's objects of one kind, from its own file."""
        with closing(sqlite3.connect(self.folder / "var" / "sandbox.db")) as sandbox:
            rows = sandbox.execute("SELECT json FROM objects WHERE kind = ?", (kind,)).fetchall()
        return [json.loads(row[0]) for row in rows]

    async def money(self, *command: str) -> tuple[int, dict[str, Any]]:
        done = await asyncio.to_thread(partial(veza, "money", *command, "--json", cwd=self.folder, **self.settings))
        return done.returncode, json.loads(done.stdout)

    def logs(self) -> list[dict[str, Any]]:
        return [
            json.loads(line)
            for process in (self.server, self.worker)
            for line in process.log.read_text().splitlines()
            if line.startswith("{")
        ]


@asynccontextmanager
async def running(postgres: OwnPostgres, folder: Path) -> AsyncIterator[Site]:
    """Both processes on an empty database."""
    postgres.sql(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    postgres.sql(f"CREATE DATABASE {DATABASE}")
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
        client = Client(url, token, http)
        for seller in SELLERS:
            await client.onboard(seller, f"Seller {seller}")
        yield Site(server, worker, settings, folder, Load(client, http))
