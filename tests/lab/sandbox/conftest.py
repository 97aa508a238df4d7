"""The sandbox under test, reached by the official SDK over a real server and in process."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import stripe
import uvicorn

from tests.waiting import until
from veza.kit.clock import ManualClock
from veza.lab.sandbox.client import InProcessClient
from veza.lab.sandbox.core import Sandbox, SandboxSettings
from veza.lab.sandbox.server import create_app

KEY = "sk_test_veza"
CLIENT_TIMEOUT_SECONDS = 1.5


@dataclass
class Served:
    """A sandbox behind a real server."""

    sandbox: Sandbox
    url: str

    def client(self, key: str = KEY) -> stripe.StripeClient:
        http = stripe.AIOHTTPClient(timeout=CLIENT_TIMEOUT_SECONDS)
        return stripe.StripeClient(key, http_client=http, base_addresses={"api": self.url}, max_network_retries=0)


class QuicklyEnding(uvicorn.Server):
    """Ends at once: uvicorn's looks ten times a second whether it shall, and then waits for another tenth."""

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await until(lambda: self.should_exit, "the end of the test")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for task in list(self.server_state.tasks):
            task.cancel()
        await until(lambda: not self.server_state.connections and not self.server_state.tasks, "the last connection")
        await self.lifespan.shutdown()


@asynccontextmanager
async def serve(
    sandbox: Sandbox, *, latency_seconds: float = 0.0, control_token: str | None = None
) -> AsyncIterator[Served]:
    """The sandbox on a free port until the block ends."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    app = create_app(sandbox, latency_seconds=latency_seconds, control_token=control_token)
    server = QuicklyEnding(uvicorn.Config(app, log_level="warning"))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    await until(lambda: server.started, "the server to start")
    try:
        yield Served(sandbox, f"http://127.0.0.1:{listening.getsockname()[1]}")
    finally:
        server.should_exit = True
        await task
        listening.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def make_sandbox(clock: ManualClock) -> Callable[..., Sandbox]:
    """Build a sandbox with chosen switches; rate limit and later booking are off because the clock stands still."""

    def make(**switches: object) -> Sandbox:
        still = {"rate_limit_per_second": None, "asynchronous_capture_seconds": None}
        settings = SandboxSettings(**{**still, **switches})  # type: ignore[arg-type]
        return Sandbox(clock, random.Random(7), settings=settings)

    return make


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox()


@pytest.fixture
async def served(sandbox: Sandbox) -> AsyncIterator[Served]:
    async with serve(sandbox) as running:
        yield running


@pytest.fixture(params=["in_process", "http"])
async def stripe_client(request: pytest.FixtureRequest, sandbox: Sandbox) -> AsyncIterator[stripe.StripeClient]:
    """The official SDK, once over HTTP and once in process."""
    if request.param == "in_process":
        yield client_in_process(sandbox)
        return
    async with serve(sandbox) as running:
        client = running.client()
        yield client
        await close(client)


def client_in_process(sandbox: Sandbox, key: str = KEY) -> stripe.StripeClient:
    return stripe.StripeClient(key, http_client=InProcessClient(sandbox), max_network_retries=0)


async def close(client: stripe.StripeClient) -> None:
    await client._requestor._get_http_client().close_async()


@dataclass
class Sale:
    """A paid charge and the transfer to its seller."""

    seller: str
    charge: str
    transfer: str


@pytest.fixture
def sale(sandbox: Sandbox) -> Sale:
    """20.00 € paid, 15.00 € sent to a seller."""
    return make_sale(sandbox)


def make_sale(sandbox: Sandbox, card: str = "4242424242424242") -> Sale:
    seller = sandbox.new_account()["id"]
    charge = sandbox.take_payment(2000, "eur", card=card, transfer_group="order_1")["id"]
    transfer = sandbox.transfer_in_dashboard(seller, 1500, "eur", source_transaction=charge)["id"]
    return Sale(seller, charge, transfer)


def types_of(sandbox: Sandbox, after: str | None = None) -> list[str]:
    return [event["type"] for event in sandbox.pending_events(after)]


def last_event(sandbox: Sandbox) -> str:
    return str(sandbox.pending_events()[-1]["id"])
