"""A browser that opens the links of mails."""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx

from tests.client import hidden_fields
from veza.accounts import sign_up
from veza.accounts.facade import Accounts
from veza.kit import mail, outbox
from veza.kit.database import Database
from veza.market.rules import MarketRules

PASSWORD = "a long enough secret"


@dataclass
class Emails:
    """A whole Veza and a browser without a session."""

    accounts: Accounts
    market: MarketRules
    browser: httpx.AsyncClient

    @property
    def database(self) -> Database:
        return self.accounts.database

    async def signed_up(self, email: str = "anna@example.org") -> str:
        """A person signs up; the link of their mail."""
        wanted = await sign_up.prepare(self.accounts, email, "Anna", PASSWORD, "127.0.0.1")
        async with self.database.write("test") as session:
            await sign_up.finish(session, self.accounts, wanted)
        return await self.newest_link()

    async def newest_link(self) -> str:
        await outbox.deliver_once(self.database)
        async with self.database.read() as session:
            newest = (await mail.newest(session, 1))[0]
        found = re.search(r"http\S+token=\S+", newest.text)
        assert found, newest.text
        return found[0]

    async def press(self, link: str, **fields: str) -> httpx.Response:
        """Open the page and send its form."""
        page = await self.browser.get(link)
        return await self.browser.post(link.partition("?")[0], data={"token": hidden_fields(page)["token"], **fields})
