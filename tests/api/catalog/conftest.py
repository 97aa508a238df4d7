"""The catalogue's door on a stage: the real module and routes, visitors by header, objects in memory."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar

from tests.api.visitors import by_header
from tests.applications import Made, application
from tests.client import Client, http_client
from tests.factories import make_ready, objects, person
from veza.accounts import links
from veza.accounts.links import Purpose
from veza.api.application import api_v1, web_application
from veza.api.catalog.routes import CATALOG_TAGS, catalog_routes, cover_route
from veza.catalog.artists import find_artist
from veza.catalog.facade import Catalog
from veza.catalog.members import add_member
from veza.kit.clock import ManualClock
from veza.kit.database import Database, Session
from veza.kit.schema import make_tables

ARTIST = {"name": "Džana Kovač", "country": "BA", "currency": "EUR"}
ALBUM = {"title": "Blue Hours", "kind": "album"}


TAKES_PROOF = re.compile(r"^/artists/[^/]+/(members|invitations$)")
"""What changes who acts for an artist takes one, and tests that are about something else get it by themselves."""


@dataclass
class Shelf(Client):
    """The catalogue with a client; `anna` and `ben` are people with the role artist, `anna` runs `artist`."""

    roles_of_a_person = ("artist",)
    catalog: Catalog
    clock: ManualClock
    litestar: Litestar
    anna: UUID
    ben: UUID
    became_artists: list[UUID] = field(default_factory=list)
    artist: dict[str, Any] = field(default_factory=dict)

    async def headers_of(
        self, by: UUID | dict[str, str] | None, roles: tuple[str, ...], method: str, path: str
    ) -> dict[str, str]:
        headers = await super().headers_of(by, roles, method, path)
        if isinstance(by, UUID) and method != "GET" and TAKES_PROOF.search(path):
            headers["X-Veza-Proof"] = await self.proof(by)
        return headers

    async def proof(self, person_id: UUID) -> str:
        """A fresh proof of this person, as their password would give."""
        async with self.catalog.database.write() as session:
            return links.make(session, Purpose.PROOF, person_id)

    async def join(self, person_id: UUID, part: str = "member") -> None:
        """Make this person one of the artist's people."""
        async with self.catalog.database.write() as session:
            await add_member(
                session,
                await find_artist(session, UUID(self.artist["id"])),
                person_id,
                part,
                limits=self.catalog.limits,
            )

    async def release(self, *titles: str, publish: bool = False, **wanted: Any) -> dict[str, Any]:
        """A release of Anna's with these tracks."""
        made = await self.call("POST", f"/artists/{self.artist['id']}/releases", {**ALBUM, **wanted}, by=self.anna)
        for title in titles:
            await self.call("POST", f"/releases/{made['id']}/tracks", {"title": title}, by=self.anna)
        await make_ready(self.catalog.database, UUID(made["id"]))
        if publish:
            await self.call("POST", f"/releases/{made['id']}/publish", by=self.anna, expect=200)
        shown: dict[str, Any] = await self.call("GET", f"/releases/{made['id']}", by=self.anna)
        return shown


def _application(database: Any, catalog: Any) -> Made:
    routes = [api_v1(by_header, catalog_routes(catalog)), cover_route(catalog, by_header)]
    return web_application(database, routes, CATALOG_TAGS)


async def _shelf(url: str, clock: ManualClock, *, create: bool) -> AsyncIterator[Shelf]:
    database = Database.open(url, clock=clock)
    if create:
        await make_tables(database.engine)
    became: list[UUID] = []

    async def on_first_artist(_session: Session, person_id: UUID) -> None:
        became.append(person_id)

    catalog = Catalog(database, objects(), ("EUR", "USD", "GBP"), on_first_artist, "https://veza.test")
    anna = await person(database, "Anna", email="anna@example.org")
    ben = await person(database, "Ben", email="ben@example.org")
    with application(_application, database, catalog) as (asgi, litestar):
        async with http_client(asgi) as client:
            shelf = Shelf(client, catalog, clock, litestar, anna, ben, became)
            shelf.artist = await shelf.call("POST", "/artists", ARTIST, by=anna)
            clock.advance(timedelta(seconds=1))
            yield shelf
    await database.close()


@pytest.fixture
async def shelf(clock: ManualClock) -> AsyncIterator[Shelf]:
    """On SQLite in memory."""
    async for one in _shelf("sqlite+aiosqlite:///:memory:", clock, create=True):
        yield one


@pytest.fixture
async def any_shelf(database_url: str, clock: ManualClock) -> AsyncIterator[Shelf]:
    """On an SQLite file and on PostgreSQL."""
    async for one in _shelf(database_url, clock, create=False):
        yield one
