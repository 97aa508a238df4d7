"""A whole Veza with a published track that can be heard, and people who may hear more or less of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from tests import factories
from tests.api.streaming.counter import counter, sqlite_counter
from tests.client import DEFAULT_URL, http_client
from tests.sounding import give_sound
from veza.accounts.permissions import Role
from veza.app import Veza, build
from veza.kit.clock import ManualClock
from veza.kit.messages import verbatim
from veza.library import grants
from veza.library.grants import CauseKind, Given, ItemKind
from veza.settings import Settings

__all__ = ["counter", "sqlite_counter"]


@dataclass
class Stage:
    """A published track of 2 s and a browser without a session."""

    veza: Veza
    browser: httpx.AsyncClient
    clock: ManualClock
    owner: UUID
    artist: UUID
    release: UUID
    track: UUID
    version: UUID
    cause: UUID = field(default_factory=uuid4)

    def path(self, rest: str) -> str:
        return f"/stream/{self.track}/{rest}"

    async def signed_in(self, person: UUID) -> dict[str, str]:
        """The header of a new session of the person."""
        return await factories.cookie(self.veza.database, person)

    async def listener(self, *roles: Role) -> UUID:
        return await factories.person(self.veza.database, "Lena", roles=roles)

    async def buyer(self) -> UUID:
        """A person who owns the release."""
        person = await self.listener()
        await self.give(person)
        return person

    async def give(self, person: UUID) -> None:
        given = Given(ItemKind.RELEASE, self.release, self.release, CauseKind.DOWNLOAD_CODE, self.cause, person)
        async with self.veza.database.write("test") as session:
            await grants.give(session, given, because=verbatim("a test"))

    async def take_back(self) -> None:
        """As a refund does it."""
        async with self.veza.database.write("test") as session:
            await grants.revoke(session, CauseKind.DOWNLOAD_CODE, [self.cause], because=verbatim("refunded"))

    async def get(self, rest: str, headers: dict[str, str] | None = None, **more: str) -> httpx.Response:
        return await self.browser.get(self.path(rest), headers={**(headers or {}), **more})


@pytest.fixture
async def stage(sqlite_url: str, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Stage]:
    veza = build(Settings(database_url=sqlite_url, var_dir=tmp_path / "var"), clock=clock)
    owner = await factories.person(veza.database, roles=(Role.ARTIST,))
    artist = await factories.artist(veza.database, run_by=owner)
    release, (track,) = await factories.release(veza.database, artist, "First light")
    version = await give_sound(veza.database, veza.catalog.objects, track, 2.0)
    async with http_client(veza.asgi, base_url=DEFAULT_URL) as browser:
        yield Stage(veza, browser, clock, owner, artist, release, track, version)
    await veza.close()
