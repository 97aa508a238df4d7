"""The door of delivery before a label, with visitors told by a header, and links asked at the same application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.api.visitors import by_header, visiting
from tests.applications import Made, application
from tests.client import Client, http_client
from tests.streaming.world import Label, open_label
from veza.api.application import api_v1, web_application
from veza.api.streaming.routes import download_file_routes, download_routes
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.worker import run_once


@dataclass
class Counter(Client):
    """Where downloads are asked for and handed out."""

    label: Label
    clock: ManualClock

    async def made(self, track_id: UUID, by: dict[str, str], wanted: str = "flac") -> Any:
        """Asked for, made and shown: with its link."""
        await self.send("POST", f"/tracks/{track_id}/downloads", {"format": wanted}, by=by)
        await run_once(self.label.worker)
        shown = await self.get(f"/tracks/{track_id}/downloads/{wanted}", by=by)
        assert shown["status"] == "ready", shown
        return shown

    async def fetch(self, link: str, **headers: str) -> httpx.Response:
        """What a browser gets that follows the link; it says nothing of who it is."""
        return await self.client.get(link, headers={name.replace("_", "-"): value for name, value in headers.items()})


def _application(database: Any, streaming: Any) -> Made:
    return web_application(database, [api_v1(by_header, download_routes(streaming)), *download_file_routes(streaming)])


@asynccontextmanager
async def opened(database: Database, clock: ManualClock, folder: Path) -> AsyncIterator[Counter]:
    label = await open_label(database, folder)
    with application(_application, database, label.streaming) as (asgi, _):
        async with http_client(asgi) as client:
            yield Counter(client, label, clock)


@pytest.fixture
async def counter(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Counter]:
    """On SQLite and on PostgreSQL: the test runs on both."""
    async with opened(database, clock, tmp_path / "label") as one:
        yield one


@pytest.fixture
async def sqlite_counter(sqlite_url: str, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Counter]:
    database = Database.open(sqlite_url, clock=clock)
    async with opened(database, clock, tmp_path / "label") as one:
        yield one
    await database.close()


def owner_headers(person_id: UUID | None) -> dict[str, str]:
    return visiting(person_id)
