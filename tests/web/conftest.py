"""The operator pages on a stage: the real module, a manual clock, a browser's worth of HTTP client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from litestar import Litestar

from tests.browsers import chromium
from tests.client import hidden_fields, http_client
from tests.money.conftest import OpenStage, any_stage, open_stage
from tests.money.netting_acts import owing
from veza.api.application import web_application
from veza.lab.simulator.driver import URL_IN_THREAD
from veza.lab.simulator.stage import Stage
from veza.money.transfers import SellerTransfer, is_kept
from veza.web.assets import asset_routes
from veza.web.operator.door import operator_routes
from veza.web.site import Site

__all__ = ["any_stage", "chromium", "open_stage"]
TOKEN = "a-token-only-the-tests-know-0123456789"


@dataclass
class Desk:
    """A stage with its pages, and a browser: `client`, which is not signed in at first."""

    stage: Stage
    asgi: Any
    litestar: Litestar
    client: httpx.AsyncClient

    def another(self) -> httpx.AsyncClient:
        """A second browser."""
        return http_client(self.asgi)

    async def sign_in(self, token: str = TOKEN, **more: str) -> httpx.Response:
        page = await self.client.get("/operator/sign-in", params=more)
        return await self.client.post(
            "/operator/sign-in", data={"form_token": form_token(page), "token": token, **more}
        )

    async def get(self, address: str, **more: Any) -> httpx.Response:
        return await self.client.get(address, **more)

    async def post(self, address: str, **fields: str) -> httpx.Response:
        """Send the form of the page at `address`, filled in."""
        page = await self.client.get(address)
        return await self.client.post(address, data={"form_token": form_token(page), **fields})

    async def given_up(self, seller: str = "anna", amount_minor: int = 1000) -> SellerTransfer:
        """A transfer of which a refund's part could not be taken back: the provider refused for good."""
        payment_id = await owing(self.stage, seller, amount_minor)
        # Of a seller in debt a part of the share is kept apart.
        sent = [one for one in await self.stage.all(SellerTransfer, payment_id=payment_id) if not is_kept(one)]
        row: SellerTransfer = sent[-1]
        return row


def form_token(page: httpx.Response) -> str:
    return hidden_fields(page)["form_token"]


def pages_of(stage: Stage, *, secure: bool = False) -> tuple[Any, Litestar]:
    """The application with nothing but the operator pages."""
    money = stage.money
    mailbox = {"mailbox_key": "key", "keeps_mails": True}
    site = Site(stage.database.clock, "https://veza.test" if secure else "http://veza.test")
    routes = operator_routes(stage.database, money.inbox, money.gateway, TOKEN, **mailbox, site=site)
    return web_application(stage.database, [*routes, *asset_routes()])


@asynccontextmanager
async def open_desk(stage: Stage) -> AsyncIterator[Desk]:
    """The pages over this stage; the browser is not signed in yet."""
    asgi, litestar = pages_of(stage)
    async with http_client(asgi) as client:
        yield Desk(stage, asgi, litestar, client)


@pytest.fixture
async def guest(open_stage: OpenStage) -> AsyncIterator[Desk]:
    """Pages over an empty site with two sellers; the browser is not signed in."""
    stage = await open_stage(URL_IN_THREAD)
    await stage.seller("anna")
    await stage.seller("ben")
    async with open_desk(stage) as desk:
        yield desk


@pytest.fixture
async def desk(guest: Desk) -> Desk:
    """The same, signed in."""
    answer = await guest.sign_in()
    assert answer.status_code == 303
    return guest
