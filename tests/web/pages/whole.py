"""A whole Veza in this process, and browsers that people have signed in to."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import httpx

from tests import factories
from tests.client import DEFAULT_URL, http_client
from tests.web.pages.browsing import Browser
from veza.accounts import passwords
from veza.accounts.permissions import Role
from veza.app.build import Veza
from veza.catalog.tracks import Track
from veza.http.session_cookies import SESSION_COOKIE
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.money.breaker import ProviderBreaker

PASSWORD = "a tram full of cellos"
HASHED = factories.QUICK.hash(PASSWORD)


@dataclass
class Reader(Browser):
    """A browser of a person who has signed in, or of a visitor."""

    person: UUID | None = None


@dataclass
class Whole:
    """Everything `veza serve` serves."""

    veza: Veza
    clock: ManualClock
    opened: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.veza.modules.database

    def visitor(self) -> Reader:
        """Another browser, which keeps its cookies."""
        self.opened.append(http_client(self.veza.asgi, base_url=DEFAULT_URL))
        return Reader(self.opened[-1], {"Accept": "text/html"})

    async def reader(self, name: str = "Mara", *roles: Role, email: str | None = None) -> Reader:
        """A person with PASSWORD, in a browser of their own that is signed in."""
        person = await factories.person(self.database, name, email=email, roles=roles)
        async with self.database.write("test") as session:
            await passwords.replace(session, person, HASHED)
        return await self.signed_in(person)

    async def signed_in(self, person: UUID, agent: str = "Firefox") -> Reader:
        """Another browser of a person."""
        secret = await factories.session(self.database, person, agent=agent)
        reader = self.visitor()
        reader.client.cookies.set(SESSION_COOKIE, secret)
        reader.person = person
        return reader

    async def with_money(self) -> None:
        """The row that migrations make, and tests' databases lack: pages about money ask for it."""
        async with self.database.write("test") as session:
            values = {"streak": [], "missing": [], "ramp": 0, "ramp_in_flight": 0, "ramp_succeeded": 0}
            session.add(ProviderBreaker(provider="stripe", state="closed", **values))

    async def track(
        self, title: str = "Night Bus", *, run_by: UUID | None = None, artist: str = "Anna"
    ) -> tuple[UUID, UUID]:
        """A published release of one track that can be played, as far as the catalogue knows; both their ids."""
        release, (track,) = await factories.release(
            self.database, await factories.artist(self.database, artist, run_by=run_by), title
        )
        await factories.make_ready(self.database, release)
        await factories.change(self.database, Track, track, audio_id=release)
        return release, track
