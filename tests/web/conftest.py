"""The operator pages on a stage: the real module, a manual clock, a browser's worth of HTTP client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from litestar import Litestar

from tests import factories
from tests.browsers import chromium
from tests.client import http_client
from tests.money.conftest import OpenStage, any_stage, open_stage
from tests.money.netting_acts import owing
from veza.api.application import web_application
from veza.http.authentication import authenticate
from veza.http.identity import Authenticate
from veza.http.session_cookies import Cookies
from veza.lab.simulator.driver import URL_IN_THREAD
from veza.lab.simulator.stage import Stage
from veza.money.transfers import SellerTransfer, is_kept
from veza.web.door import site_routes
from veza.web.operator.office import Office
from veza.web.problem_pages import problem_page
from veza.web.site import Site

__all__ = ["any_stage", "chromium", "open_stage"]
TOKEN = "a-token-only-the-tests-know-0123456789"
BASE_URL = "http://veza.test"
READER = {"Accept": "text/html", "Origin": BASE_URL}
"""What a browser says of itself; forms come from a page of the site."""
SIGNED_IN = {"Authorization": f"Bearer {TOKEN}"}
NOT_NEEDED = (
    "rules", "catalog", "ingest", "streaming", "moderation", "hearing", "live", "search",
)  # fmt: skip
"""What other pages take by name."""


@dataclass
class Desk:
    """A stage with its pages, and a browser: `client`, which is not signed in at first."""

    stage: Stage
    asgi: Any
    litestar: Litestar
    client: httpx.AsyncClient

    def another(self) -> httpx.AsyncClient:
        """A second browser, which is not signed in."""
        return http_client(self.asgi, dict(READER))

    def sign_in(self) -> None:
        """The operator signs in. How people do is the sign-in page's (test_operators.py, test_journey.py)."""
        self.client.headers.update(SIGNED_IN)

    async def get(self, address: str, **more: Any) -> httpx.Response:
        return await self.client.get(address, **more)

    async def post(self, address: str, **fields: str) -> httpx.Response:
        """Send a form from a page of this site, filled in."""
        return await self.client.post(address, data=fields)

    async def given_up(self, seller: str = "anna", amount_minor: int = 1000) -> SellerTransfer:
        """A transfer of which a refund's part could not be taken back: the provider refused for good."""
        payment_id = await owing(self.stage, seller, amount_minor)
        # Of a seller in debt a part of the share is kept apart.
        sent = [one for one in await self.stage.all(SellerTransfer, payment_id=payment_id) if not is_kept(one)]
        row: SellerTransfer = sent[-1]
        return row


def pages_of(stage: Stage, known: Authenticate | None = None) -> tuple[Any, Litestar]:
    """The site's pages over this stage; those of the operator and the sign-in page alone have what they need."""
    database, money = stage.database, stage.money
    accounts = factories.accounts(database, stage.clock, base_url=BASE_URL)
    site = Site(database.clock, BASE_URL)
    office = Office(database, money.gateway, TOKEN, keeps_mails=True, mailbox_way="/mailbox?key=x")
    provided = {**dict.fromkeys(NOT_NEEDED), "money": money, "office": office, "accounts": accounts}
    provided["cookie_jar"] = Cookies(BASE_URL, accounts.rules.session_max)
    routes = site_routes(site, known or authenticate(accounts, TOKEN), problem_page(site), provided)
    return web_application(database, routes, problem_page=problem_page(site))


@asynccontextmanager
async def open_desk(stage: Stage) -> AsyncIterator[Desk]:
    """The pages over this stage; the browser is not signed in yet."""
    asgi, litestar = pages_of(stage)
    async with http_client(asgi, dict(READER)) as client:
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
    guest.sign_in()
    return guest
