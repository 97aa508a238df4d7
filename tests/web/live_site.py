"""A whole Veza served over HTTP in this process, stopped and started again at one address, and its live streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from playwright.async_api import Browser, Page

from tests import factories
from veza.accounts.permissions import Role
from veza.app import build
from veza.app.build import Veza
from veza.catalog.tracks import find_track
from veza.http.serving import listen, serving
from veza.http.session_cookies import SESSION_COOKIE
from veza.ingest import originals
from veza.ingest.audio_versions import find_version
from veza.ingest.originals import Original
from veza.kit.clock import Clock
from veza.kit.database import Database
from veza.moderation import notices
from veza.settings import Settings

WITHIN_SECONDS = 30


def asking(cookie: str | None) -> dict[str, str]:
    """The headers of a browser that asks for a stream."""
    signed_in = {} if cookie is None else {"Cookie": f"{SESSION_COOKIE}={cookie}"}
    return {"Accept": "text/event-stream", **signed_in}


@dataclass
class Heard:
    """An event: the id it came with, and the topics it names. `name` is `end` for the last one."""

    id: str = ""
    data: str = ""
    name: str = ""
    comment: str = ""


@dataclass
class Listening:
    """An open stream."""

    lines: AsyncIterator[str]

    async def next(self) -> Heard | None:
        """The next event or comment; None once the server has closed the stream."""
        heard, is_begun = Heard(), False
        async with asyncio.timeout(WITHIN_SECONDS):
            async for line in self.lines:
                name, _, value = line.partition(": ")
                if line and name in ("id", "data", "event", ""):
                    setattr(heard, {"event": "name", "": "comment"}.get(name, name), value)
                    is_begun = True
                if not line and is_begun:
                    return heard
        return None


@dataclass
class LiveSite:
    """`veza` is the server that runs; `cookies` are those of a signed-in browser."""

    settings: Settings
    clock: Clock
    database: Database
    port: int = 0
    running: AsyncExitStack = field(default_factory=AsyncExitStack)
    veza: Veza | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        listener = listen("127.0.0.1", self.port)
        self.port = listener.getsockname()[1]
        self.veza = build(self.settings, clock=self.clock)
        self.running.push_async_callback(self.veza.close)
        await self.running.enter_async_context(serving(self.veza.asgi, listener))

    async def stop(self) -> None:
        """As a signal does it."""
        assert self.veza is not None
        self.veza.stop.set()
        await self.running.aclose()

    async def person(self, *roles: Role) -> tuple[UUID, str]:
        """A person with an account, and the secret of their browser's cookie."""
        person = await factories.person(self.database, roles=roles)
        return person, await factories.session(self.database, person)

    async def window(self, browser: Browser, cookie: str | None = None, **how: Any) -> Page:
        """A browser's window, signed in by the cookie; `how` is how a context is opened."""
        context = await browser.new_context(base_url=self.url, **how)
        if cookie is not None:
            await context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": self.url}])
        return await context.new_page()

    async def sound(self, person: UUID) -> tuple[UUID, UUID]:
        """A track of an artist of the person, and what was just sent for it, which no worker takes."""
        artist = await factories.artist(self.database, run_by=person)
        _, (track,) = await factories.release(self.database, artist, "Night Bus", status="draft")
        return track, await self.send(track)

    async def send(self, track: UUID) -> UUID:
        async with self.database.write("test") as session:
            sent = Original("originals/none", 1_000, "0" * 64, "take.flac", "upload")
            return (await originals.take_original(session, await find_track(session, track), sent)).id

    async def take_back(self, version: UUID) -> None:
        async with self.database.write("test") as session:
            await originals.cancel(session, await find_version(session, version))

    async def notify(self, person: UUID) -> None:
        """A moderator has decided about something of theirs."""
        async with self.database.write("test") as session:
            await notices.tell(session, [person], "track", session.new_id(), "Night Bus", "none", "it may stay")

    @asynccontextmanager
    async def listening(self, cookie: str, last_id: str = "") -> AsyncIterator[Listening]:
        """A browser's stream."""
        headers = {**asking(cookie), **({"Last-Event-ID": last_id} if last_id else {})}
        async with (
            httpx.AsyncClient(base_url=self.url, timeout=WITHIN_SECONDS) as client,
            client.stream("GET", "/live", headers=headers) as answer,
        ):
            assert answer.status_code == 200, await answer.aread()
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield Listening(answer.aiter_lines())
