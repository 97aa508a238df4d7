"""The accounts door on a stage: the real module and its real routes, with browsers that keep cookies."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import select

from tests import factories
from tests.applications import Made, application
from tests.client import Client, http_client
from veza.accounts import credentials, people, roles
from veza.accounts.facade import Accounts
from veza.accounts.permissions import Role
from veza.api.accounts.routes import ACCOUNT_TAGS, account_routes
from veza.api.application import api_v1, web_application
from veza.http.authentication import authenticate
from veza.kit import mail, outbox
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.mail import Mail
from veza.kit.subscriptions import Subscriptions

TOKEN = "a-token-only-the-tests-know-0123456789"
PASSWORD = "a tram full of cellos"
EMAIL = "anna@example.org"
TOKEN_WANTED = {"password": PASSWORD, "name": "backup", "scopes": ["read"]}


@dataclass
class Browser(Client):
    """A client that keeps its cookies."""

    async def proof(self, password: str = PASSWORD, **more: Any) -> dict[str, str]:
        """The header of a fresh proof."""
        made = await self.call("POST", "/me/proofs", {"password": password, **more}, expect=201)
        return {"X-Veza-Proof": made["proof"]}

    async def token(self, name: str = "t", *scopes: str, **more: Any) -> str:
        """The text of a new API token."""
        wanted = {"name": name, "scopes": list(scopes) or ["read"], "password": PASSWORD, **more}
        made = await self.call("POST", "/me/tokens", wanted, expect=201)
        return str(made["token"])

    async def sign_in(self, email: str = EMAIL, password: str = PASSWORD, **more: Any) -> UUID:
        signed_in = await self.call("POST", "/session", {"email": email, "password": password, **more}, expect=201)
        return UUID(signed_in["person_id"])


@dataclass
class Desk:
    """The door, its database, and the mails that went out."""

    database: Database
    accounts: Accounts
    clock: ManualClock
    litestar: Litestar
    asgi: Any
    told: list[Any] = field(default_factory=list)
    opened: list[httpx.AsyncClient] = field(default_factory=list)

    def browser(self, address: str = "192.0.2.1", headers: dict[str, str] | None = None) -> Browser:
        """Another browser, at a network address of its own."""
        client = http_client(self.asgi, headers, address)
        self.opened.append(client)
        return Browser(client)

    def operator(self) -> Browser:
        return self.browser(headers={"Authorization": f"Bearer {TOKEN}"})

    async def mails(self, to: str | None = None) -> list[mail.OpenedMail]:
        """Mails, oldest first, those included that the outbox has still to make."""
        await outbox.deliver_once(self.database)
        async with self.database.read() as session:
            query = select(Mail).order_by(Mail.id)
            rows = (await session.scalars(query if to is None else query.where(Mail.to == to))).all()
        return [mail.opened(self.database.box, row) for row in rows]

    async def mailed_token(self, to: str = EMAIL) -> str:
        """The secret of the newest link that was mailed to this address."""
        texts = [one.text for one in await self.mails(to)]
        found = [secret for text in texts for secret in re.findall(r"token=(\S+)", text)]
        assert found, texts
        return str(found[-1])

    async def signed_up(self, email: str = EMAIL, *given: Role, name: str = "Anna", confirmed: bool = True) -> Browser:
        """A signed-in browser of a new person."""
        browser = self.browser()
        wanted = {"email": email, "name": name, "password": PASSWORD}
        await browser.call("POST", "/people", wanted, expect=202)
        if confirmed:
            token = await self.mailed_token(email)
            await browser.call("POST", "/email-confirmations", {"token": token}, expect=204)
        person_id = await browser.sign_in(email)
        async with self.database.write() as session:
            for role in given:
                await roles.give(session, person_id, role, by="test")
        return browser

    async def person_id(self, email: str = EMAIL) -> UUID:
        async with self.database.read() as session:
            person = await people.by_email(session, email)
        assert person is not None
        return person.id


def _application(database: Any, accounts: Any, **_: str) -> Made:
    routes = [api_v1(authenticate(accounts, TOKEN), account_routes(accounts))]
    return web_application(database, routes, ACCOUNT_TAGS)


async def open_desk(url: str, clock: ManualClock, base_url: str = "http://veza.test") -> AsyncIterator[Desk]:
    told: list[Any] = []

    async def hear(session: Any, event: Any) -> None:
        told.append(event.payload)

    heard_after = {credentials.FORGOTTEN: (credentials.mail_reset(base_url),)}
    subscriptions = Subscriptions(inside={"person.deleted": (hear,)}, after=heard_after)
    database = Database.open(url, clock=clock, subscriptions=subscriptions)

    async def likes(session: Any, person_id: UUID) -> Any:
        return [{"track": "a"}]

    accounts = factories.accounts(database, clock, base_url=base_url, secret=TOKEN, exporters={"likes": likes})
    with application(_application, database, accounts, base_url=base_url) as (asgi, litestar):
        desk = Desk(database, accounts, clock, litestar, asgi, told)
        yield desk
        for client in desk.opened:
            await client.aclose()
    await database.close()


@pytest.fixture
async def desk(sqlite_url: str, clock: ManualClock) -> AsyncIterator[Desk]:
    """On an SQLite file."""
    async for one in open_desk(sqlite_url, clock):
        yield one


@pytest.fixture
async def any_desk(database_url: str, clock: ManualClock) -> AsyncIterator[Desk]:
    """On SQLite and on PostgreSQL: the test runs on both."""
    async for one in open_desk(database_url, clock):
        yield one
