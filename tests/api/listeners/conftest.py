"""The listeners' door on its real database, with visitors who are named by a header."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from litestar import Litestar

from tests.api.visitors import by_header
from tests.applications import Made, application
from tests.client import Client, http_client
from veza.api.application import api_v1, web_application
from veza.api.chat.routes import CHAT_TAGS, chat_routes
from veza.api.community.routes import COMMUNITY_TAGS, community_routes
from veza.api.moderation.routes import MODERATION_TAGS, moderation_routes
from veza.app.subjects import SUBJECTS
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.schema import make_tables
from veza.moderation.facade import Moderation

BASE_URL = "https://veza.test"


@dataclass
class Hall(Client):
    """The door and its database."""

    database: Database
    litestar: Litestar
    clock: ManualClock


def _application(database: Any) -> Made:
    routes = [
        api_v1(by_header, [*community_routes(BASE_URL), *chat_routes(), *moderation_routes(Moderation(SUBJECTS))])
    ]
    return web_application(database, routes, (*COMMUNITY_TAGS, *CHAT_TAGS, *MODERATION_TAGS))


async def _hall(database: Database, clock: ManualClock) -> AsyncIterator[Hall]:
    with application(_application, database) as (asgi, litestar):
        async with http_client(asgi) as client:
            yield Hall(client, database, litestar, clock)


@pytest.fixture
async def any_hall(database: Database, clock: ManualClock) -> AsyncIterator[Hall]:
    """On an SQLite file and on PostgreSQL: the test runs on both."""
    async for one in _hall(database, clock):
        yield one


@pytest.fixture
async def hall(clock: ManualClock) -> AsyncIterator[Hall]:
    """On SQLite in memory."""
    database = Database.open("sqlite+aiosqlite:///:memory:", clock=clock)
    await make_tables(database.engine)
    async for one in _hall(database, clock):
        yield one
    await database.close()
