"""The operator pages on a stage: the real module, a manual clock, a browser's worth of HTTP client."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from playwright.async_api import Browser, async_playwright

from tests.conftest import missing
from veza.api.application import web_application
from veza.kit import worker
from veza.lab.simulator.stage import Stage
from veza.money.transfers import SellerTransfer, is_kept
from veza.web.operator.door import operator_routes

TOKEN = "a-token-only-the-tests-know-0123456789"
REVERSING = r"/reversals$"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
NOBODYS_ID = "01930000-0000-7000-8000-00000000dead"


@dataclass
class Desk:
    """A stage with its pages; `client` is a browser that nobody has signed in with yet."""

    stage: Stage
    asgi: Any
    litestar: Litestar
    client: httpx.AsyncClient

    def another(self) -> httpx.AsyncClient:
        """A second browser."""
        return browser(self.asgi)

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
        payment_id = await self.stage.sold([(seller, amount_minor)])
        rule = self.stage.sandbox.add_fault("refused", path=REVERSING)
        await self.stage.refund(payment_id, amount_minor)
        await self.stage.settle()
        self.stage.sandbox.clear_faults(rule["id"])
        # Of a seller in debt a part of the share is kept apart.
        sent = [one for one in await self.stage.all(SellerTransfer, payment_id=payment_id) if not is_kept(one)]
        row: SellerTransfer = sent[-1]
        return row

    async def transfer(self, payment_id: UUID) -> SellerTransfer:
        row: SellerTransfer = await self.stage.one(SellerTransfer, payment_id=payment_id)
        return row

    async def reverse_once(self) -> None:
        await worker.run_once(self.stage.money.reversal_worker)


def browser(asgi: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=asgi, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://veza.test")


def form_token(page: httpx.Response) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert found, page.text[:500]
    return found[1]


def pages_of(stage: Stage, *, secure: bool = False) -> tuple[Any, Litestar]:
    """The application with nothing but the operator pages."""
    money = stage.money
    mailbox = {"mailbox_key": "key", "keeps_mails": True}
    base_url = "https://veza.test" if secure else "http://veza.test"
    routes = operator_routes(stage.database, money.inbox, money.gateway, TOKEN, **mailbox, base_url=base_url)
    return web_application(stage.database, routes)


@pytest.fixture
async def guest() -> AsyncIterator[Desk]:
    """Pages over an empty site with two sellers; nobody is signed in."""
    stage = await Stage.open()
    await stage.seller("anna")
    await stage.seller("ben")
    asgi, litestar = pages_of(stage)
    async with browser(asgi) as client:
        yield Desk(stage, asgi, litestar, client)
    broken = await stage.violations()
    await stage.close()
    assert broken == []


@pytest.fixture
async def desk(guest: Desk) -> Desk:
    """The same, signed in."""
    answer = await guest.sign_in()
    assert answer.status_code == 303
    return guest


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("Chromium is not installed (Debian: apt-get install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()
