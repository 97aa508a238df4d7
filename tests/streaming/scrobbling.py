"""A person whose ListenBrainz account is connected to a look-alike server, and tracks to hear."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from tests import factories
from tests.listenbrainz_server import ListenBrainzServer, listenbrainz_server
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.worker import run_once
from veza.streaming import listenbrainz_accounts, play_reports
from veza.streaming.listenbrainz import ListenBrainz
from veza.streaming.listenbrainz_accounts import Connection
from veza.streaming.plays import Listening, Verdict
from veza.streaming.scrobble_worker import ScrobbleWorker
from veza.streaming.scrobbles import Scrobble

LENGTH = timedelta(minutes=3)
HALF = LENGTH / 2


@dataclass
class World:
    """A person whose account is connected to a server, and tracks to hear."""

    database: Database
    clock: ManualClock
    server: ListenBrainzServer
    person: UUID
    artist: UUID
    release: UUID
    tracks: list[UUID]

    @property
    def client(self) -> ListenBrainz:
        return ListenBrainz(self.server.url, "https://veza.test", "https://veza.test", timedelta(seconds=0.3))

    @property
    def worker(self) -> ScrobbleWorker:
        return ScrobbleWorker(self.database, self.client, timedelta())

    async def connect(self, token: str = "good-token", person: UUID | None = None) -> None:
        whose = person or self.person
        checked = await listenbrainz_accounts.check(self.database, self.client, whose, token)
        async with self.database.write("test") as session:
            await listenbrainz_accounts.connect(session, whose, checked)

    async def hear(
        self, track: UUID | None = None, heard: timedelta = HALF, person: UUID | None = None, **more: Any
    ) -> Verdict:
        """Hear so much of a track, from now on."""
        whose = person or self.person
        facts: dict[str, Any] = {
            "hearing_id": uuid4(), "track_id": track or self.tracks[0], "person_id": whose, "is_staff": False,
            "began_at": self.clock.now(), "length": LENGTH, "network": "",
        }  # fmt: skip
        self.clock.advance(heard)
        return await self.tell(Listening(**facts | more), heard)

    async def tell(self, listening: Listening, heard: timedelta) -> Verdict:
        async with self.database.write("test") as session:
            return await play_reports.count(session, listening, heard, self.client.api_url)

    async def connection(self) -> Connection:
        async with self.database.read() as session:
            found = await listenbrainz_accounts.connection_of(session, self.person)
        assert found is not None
        return found

    async def waiting(self) -> int:
        async with self.database.read() as session:
            return len((await session.scalars(select(Scrobble).where(Scrobble.done_at.is_(None)))).all())


@pytest.fixture
async def server() -> AsyncIterator[ListenBrainzServer]:
    async with listenbrainz_server() as server:
        yield server


async def open_world(database: Database, clock: ManualClock, server: ListenBrainzServer) -> World:
    artist = await factories.artist(database, "Džana")
    release, tracks = await factories.release(
        database, artist, "Led", "Sneh", "Dym", title="Ostrov", heard_by="everybody"
    )
    world = World(database, clock, server, await factories.person(database), artist, release, tracks)
    await world.connect()
    assert await run_once(world.worker) == 1, "nothing waits yet, and it finds that out"
    return world


@pytest.fixture
async def world(database: Database, clock: ManualClock, server: ListenBrainzServer) -> World:
    return await open_world(database, clock, server)
