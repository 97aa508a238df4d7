"""The site's pages over a shop: real modules, and the provider in the same process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests import factories
from tests.api.market.conftest import OPERATOR, Shop, open_shop
from tests.api.visitors import by_header, visiting
from tests.client import http_client
from tests.web.live_site import LiveSite
from tests.web.pages.browsing import Browser, Page
from tests.web.pages.whole import Whole
from veza.api.application import web_application
from veza.api.streaming.routes import download_file_routes
from veza.app import build
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.money import breaker
from veza.settings import Settings
from veza.streaming.facade import Streaming
from veza.streaming.links import Links
from veza.streaming.rules import DownloadRules
from veza.web.door import site_routes
from veza.web.problem_pages import problem_page
from veza.web.site import Site

BASE_URL = "https://veza.test"


@dataclass
class Store:
    """A shop, its pages, and what they are made of."""

    shop: Shop
    streaming: Streaming
    asgi: Any
    base_url: str = BASE_URL
    operator: dict[str, str] = field(default_factory=lambda: OPERATOR)

    def browser(self, person: UUID | None = None) -> Browser:
        """A browser of its own, of a person or a visitor."""
        who = {"Accept": "text/html", **(visiting(person) if person is not None else {})}
        return Browser(http_client(self.asgi, base_url=self.base_url), who)

    async def reader(self) -> tuple[UUID, Browser]:
        """A person and their browser."""
        person = await self.shop.person()
        return person, self.browser(person)

    async def put_in(self, browser: Browser, product_id: str, **fields: str) -> Page:
        """Put a product in the cart, as its page's form does it; the cart's page."""
        headers = {**browser.who, "Origin": self.base_url}
        answer = await browser.client.post(f"/cart/{product_id}", data={"then": "cart", **fields}, headers=headers)
        assert (answer.status_code, answer.headers.get("location")) == (303, "/cart"), answer.text
        return await browser.open("/cart")

    async def check_out(self, browser: Browser, cart: Page, **fields: str | None) -> str:
        """Check out by the cart's page; the address of the provider's page."""
        answer = await browser.post(cart, "/checkout", **{"consent": "yes", **fields})
        assert answer.status_code == 303, Page(answer).text
        return str(answer.headers["location"])

    async def pay(self, pay_page: str) -> str:
        """The buyer pays there and everything settles; where the provider sends the buyer."""
        self.shop.stage.sandbox.pay_checkout(pay_page.rpartition("/")[2])
        await self.shop.stage.settle()
        return self.way_back(pay_page)

    def session_of(self, pay_page: str) -> Any:
        """The provider's checkout session behind a pay page."""
        return self.shop.stage.sandbox.find_session(pay_page.rpartition("/")[2])

    def way_back(self, pay_page: str) -> str:
        """Where the provider sends the buyer who has paid, without the host."""
        return str(self.session_of(pay_page)["success_url"]).removeprefix(self.base_url)

    async def buy(self, browser: Browser, *product_ids: str, **fields: str | None) -> Page:
        """Put these in the cart, check out and pay; the page one comes back to."""
        cart = await browser.open("/cart")
        for product_id in product_ids:
            cart = await self.put_in(browser, product_id)
        return await browser.open(await self.pay(await self.check_out(browser, cart, **fields)))


async def open_store(
    url: str, folder: Path, *, base_url: str = BASE_URL, pay_origin: str = "https://checkout.stripe.com", **how: Any
) -> AsyncIterator[Store]:
    """The pages on this database, and the files they lead to; forms lead to the provider's pages at `pay_origin`."""
    async for shop in open_shop(url, base_url=base_url, **how):
        database = shop.stage.database
        streaming = Streaming(database, factories.objects(), DownloadRules(folder), Links("a secret of this test"))
        clock = database.clock
        provided = {"rules": shop.rules, "money": shop.stage.money, "streaming": streaming}
        provided |= {"accounts": factories.accounts(database, clock)}
        site = Site(clock, base_url, form_targets=(pay_origin,))
        routes = site_routes(site, by_header, problem_page(site), {**_unused(), **provided})
        asgi, _ = web_application(database, [*routes, *download_file_routes(streaming)])
        yield Store(shop, streaming, asgi, base_url)


def _unused() -> dict[str, Any]:
    """What pages take that no test of these asks for."""
    return dict.fromkeys(("catalog", "ingest", "moderation", "hearing", "cookie_jar", "live", "office", "search"))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """On SQLite in memory."""
    async for one in open_store("sqlite+aiosqlite:///:memory:", tmp_path, create_tables=True):
        yield one


@pytest.fixture
async def any_store(database_url: str, tmp_path: Path) -> AsyncIterator[Store]:
    """On an SQLite file and on PostgreSQL: the test runs on both."""
    async for one in open_store(database_url, tmp_path, create_tables=False):
        yield one


@pytest.fixture
async def site(sqlite_url: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[LiveSite]:
    """A whole Veza that browsers reach; no worker runs."""
    database = Database.open(sqlite_url, clock=clock)
    site = LiveSite(Settings(database_url=sqlite_url, var_dir=tmp_path), clock, database)
    async with database.write("test") as session:
        await breaker.install(session)
    await site.start()
    yield site
    await site.stop()
    await database.close()


@pytest.fixture
async def whole(sqlite_url: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Whole]:
    """A whole Veza on an SQLite file."""
    veza = build(Settings(database_url=sqlite_url, var_dir=tmp_path), clock=clock)
    whole = Whole(veza, clock)
    yield whole
    for client in whole.opened:
        await client.aclose()
    await veza.close()
