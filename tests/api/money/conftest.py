"""The money door on a stage: the real module and its real routes, with the provider in the same process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from litestar import Litestar

from tests.api.visitors import operator_only
from tests.applications import Made, application
from tests.client import Client, http_client
from tests.money.acts import balanced_stage
from veza.api.application import api_v1, web_application
from veza.api.money.payments import SaleTerms
from veza.api.money.routes import MONEY_TAGS, money_routes
from veza.api.money.webhooks import webhook_route
from veza.lab.simulator.stage import Stage

TOKEN = "a-token-only-the-tests-know-0123456789"
WEBHOOK_MAX_BYTES = 20_000
ORDER: dict[str, Any] = {
    "order_ref": "order-1",
    "currency": "EUR",
    "lines": [{"seller_id": "anna", "product_ref": "An album", "gross_minor": 1000}],
    "success_url": "https://shop.test/thanks",
    "cancel_url": "https://shop.test/cart",
}


@dataclass
class Counter(Client):
    """A stage and a client that comes in at its door with the operator's token."""

    stage: Stage
    litestar: Litestar
    asgi: Any

    async def buy(self, **order: Any) -> Any:
        """A payment whose buyer has paid, its sellers paid as well."""
        payment = await self.post("/payments", {**ORDER, **order}, expect=201)
        self.stage.sandbox.pay_checkout(payment["stripe_checkout_session_id"])
        await self.stage.settle()
        return await self.get(f"/payments/{payment['id']}")


def _application(database: Any, money: Any, inbox: Any) -> Made:
    routes = [
        api_v1(operator_only(TOKEN), money_routes(money, SaleTerms(("EUR", "USD", "JPY", "KWD"), 1000))),
        webhook_route(inbox, WEBHOOK_MAX_BYTES),
    ]
    return web_application(database, routes, MONEY_TAGS)


async def _counter(url: str, *, create_tables: bool) -> AsyncIterator[Counter]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with balanced_stage(url, create_tables=create_tables) as stage:
        await stage.seller("anna")
        await stage.seller("ben")
        with application(_application, stage.database, stage.money, stage.money.inbox) as (asgi, litestar):
            async with http_client(asgi, headers) as client:
                yield Counter(client, stage, litestar, asgi)


@pytest.fixture
async def counter() -> AsyncIterator[Counter]:
    """On SQLite in memory, with two sellers, anna and ben."""
    async for one in _counter("sqlite+aiosqlite:///:memory:", create_tables=True):
        yield one


@pytest.fixture
async def any_counter(database_url: str) -> AsyncIterator[Counter]:
    """On an SQLite file and on PostgreSQL: the test runs on both."""
    async for one in _counter(database_url, create_tables=False):
        yield one
