"""The market's door on a stage: real modules, real routes, and the provider in the same process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from tests import factories
from tests.api.visitors import by_header, visiting
from tests.applications import Made, application
from tests.client import Client, http_client
from tests.money.acts import balanced_stage
from veza.api.application import api_v1, web_application
from veza.api.market.routes import MARKET_TAGS, market_routes
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.community.notices import Notices
from veza.kit.database import Session
from veza.kit.messages import Message
from veza.kit.subscriptions import Subscriptions
from veza.lab.sandbox.settings import SandboxSettings
from veza.lab.simulator.stage import Stage
from veza.market.rules import MarketRules
from veza.market.subscriptions import market_acts, market_subscriptions
from veza.money.refunds import Refund

OPERATOR = visiting(None, "admin")
NOTICES = Notices("https://veza.test", "a secret of this test")
CART = "a-cart-token-that-only-this-browser-knows-0001"


def anonymous(token: str = CART) -> dict[str, str]:
    """A visitor who is not signed in, with this cart."""
    return {"X-Veza-Cart": token}


@dataclass
class Shop(Client):
    """A stage with the market on it."""

    stage: Stage
    rules: MarketRules
    litestar: Any
    asgi: Any
    mails: list[tuple[str, str, str]] = field(default_factory=list)
    mail_languages: list[str | None] = field(default_factory=list)

    async def person(self, email: str | None = None, *, confirmed: bool = True, language: str | None = None) -> UUID:
        return await factories.person(self.stage.database, "Bo", email=email, confirmed=confirmed, language=language)

    async def artist(self, name: str = "Anna Berg", *, fee_bps: int | None = None, onboarded: bool = True) -> Act:
        """An artist with one person; with an account that can be paid unless told otherwise."""
        person = await self.person()
        artist_id = await factories.artist(self.stage.database, name, run_by=person, fee_bps=fee_bps)
        if onboarded:
            account = str(self.stage.sandbox.new_account()["id"])
            await factories.seller(self.stage.database, str(artist_id), name, account)
        return Act(self, artist_id, person, visiting(person, "artist"))

    async def status(self, release_id: UUID, to: str) -> None:
        """What the catalogue does, for tests of what follows."""
        async with self.stage.database.write() as session:
            await session.execute(update(Release).where(Release.id == release_id).values(status=to))

    async def pay(self, *orders: Any) -> None:
        """The buyer pays on the hosted page, or on each of these, and everything settles."""
        for order in orders:
            self.stage.sandbox.pay_checkout(order["checkout_url"].rpartition("/")[2])
        await self.stage.settle()

    async def check_out(self, who: dict[str, str], **wanted: Any) -> list[Any]:
        return list((await self.post("/cart/checkout", wanted, by=who))["orders"])

    async def buy(self, who: dict[str, str], *product_ids: str, **wanted: Any) -> Any:
        """Put these in the cart, check out, pay; the first order."""
        for product_id in product_ids:
            await self.post("/cart/items", {"product_id": product_id}, by=who, expect=200)
        opened = await self.check_out(who, **wanted)
        for order in opened:
            if order["checkout_url"]:
                await self.pay(order)
        return opened[0]

    def claim_token(self, which: int = 0) -> str:
        """What is in the link of the mail that was sent first, second, …"""
        return self.mails[which][2].partition("token=")[2].split()[0]

    async def library(self, who: dict[str, str]) -> list[str]:
        return sorted(item["title"] for item in (await self.get("/library", by=who))["items"])

    async def fail_refund_later(self, refund_id: str, after: timedelta = timedelta(days=3)) -> None:
        """The provider says days later that the money did not arrive."""
        row: Refund = await self.stage.refund_row(UUID(refund_id))
        self.stage.sandbox.fail_refund(str(row.stripe_refund_id))
        await self.stage.pass_time(after)


@dataclass
class Act:
    """An artist, and their person at the door."""

    shop: Shop
    id: UUID
    person: UUID
    who: dict[str, str]

    async def release(
        self, title: str = "Blue Hours", *, tracks: int = 2, status: str = "published", **more: Any
    ) -> UUID:
        titles = [f"{title} {position}" for position in range(1, tracks + 1)]
        made = await factories.release(self.shop.stage.database, self.id, *titles, title=title, status=status, **more)
        return made[0]

    async def tracks(self, release_id: UUID) -> list[Track]:
        rows = await self.shop.stage.all(Track, release_id=release_id)
        return sorted(rows, key=lambda row: row.position)

    async def sells_in(self, currency: str) -> None:
        """The artist's prices are in this currency from now on; those set before stay."""
        async with self.shop.stage.database.write() as session:
            await session.execute(update(Artist).where(Artist.id == self.id).values(currency=currency))

    async def product(self, item_id: UUID, price_minor: int = 1000, **more: Any) -> str:
        """A product of a release unless told otherwise; its id. The artist sells in its currency from now on."""
        await self.sells_in(more.get("currency", "EUR"))
        wanted = {"kind": "release", "item_id": str(item_id), "pricing": "fixed", "price_minor": price_minor, **more}
        made = await self.shop.post(f"/artists/{self.id}/products", wanted, by=self.who, expect=201)
        return str(made["id"])

    async def selling(self, title: str = "Blue Hours", price_minor: int = 1000, **more: Any) -> str:
        """A published release on sale; its product's id."""
        return await self.product(await self.release(title), price_minor, **more)


def _application(database: Any, money: Any, market: Any) -> Made:
    return web_application(
        database,
        [api_v1(by_header, market_routes(money, market))],
        MARKET_TAGS,
    )


async def open_shop(
    url: str, *, create_tables: bool, base_url: str = "https://veza.test", sandbox: SandboxSettings | None = None,
    **rules: Any,
) -> AsyncIterator[Shop]:  # fmt: skip
    """A shop on this database; what is broken when it closes fails the test."""
    mails: list[tuple[str, str, str]] = []
    languages: list[str | None] = []

    async def send_mail(
        _: Session, to: str, subject: Message, text: Message, _order_id: UUID, language: str | None
    ) -> None:
        mails.append((to, str(subject), str(text)))
        languages.append(language)

    market = MarketRules(("EUR", "USD", "JPY", "KWD"), 1000, base_url, send_mail, NOTICES, **rules)
    heard = Subscriptions(market_subscriptions(market), market_acts(market))
    async with balanced_stage(url, create_tables=create_tables, subscriptions=heard, settings=sandbox) as stage:
        with application(_application, stage.database, stage.money, market) as (asgi, litestar):
            async with http_client(asgi) as client:
                yield Shop(client, stage, market, litestar, asgi, mails, languages)


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """On SQLite in memory."""
    async for one in open_shop("sqlite+aiosqlite:///:memory:", create_tables=True):
        yield one


@pytest.fixture
async def taxed_shop() -> AsyncIterator[Shop]:
    """With 19 % VAT and a platform's name and address."""
    named = {"platform_name": "Süd & Söhne", "platform_address": "Hauptstraße 1\n10115 Berlin"}
    async for one in open_shop("sqlite+aiosqlite:///:memory:", create_tables=True, vat_rate_bps=1900, **named):
        yield one


@pytest.fixture
async def any_shop(database_url: str) -> AsyncIterator[Shop]:
    """On an SQLite file and on PostgreSQL: the test runs on both."""
    async for one in open_shop(database_url, create_tables=False):
        yield one


@pytest.fixture
async def postgres_shop(postgres_url: str) -> AsyncIterator[Shop]:
    """On PostgreSQL, for what SQLite's one writer at a time cannot do."""
    async for one in open_shop(postgres_url, create_tables=False):
        yield one
