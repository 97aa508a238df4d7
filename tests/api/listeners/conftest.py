"""The listeners' door on its real database, with visitors who are named by a header."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar

from tests.api.visitors import by_header, visiting
from tests.applications import Made, application
from veza.api.application import api_v1, web_application
from veza.api.community.routes import COMMUNITY_TAGS, community_routes
from veza.api.moderation.routes import MODERATION_TAGS, moderation_routes
from veza.app.subjects import SUBJECTS
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.schema import make_tables
from veza.moderation.facade import Moderation

BASE_URL = "https://veza.test"


@dataclass
class Hall:
    """The door and its database; `as_` says who comes in: a person's id, with roles, or nobody."""

    database: Database
    litestar: Litestar
    client: httpx.AsyncClient
    clock: ManualClock

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        as_: UUID | None = None,
        roles: tuple[str, ...] = (),
        key: str | None = None,
        **params: Any,
    ) -> httpx.Response:
        headers = visiting(as_, *roles) if as_ or roles else {}
        if method != "GET":
            headers["Idempotency-Key"] = key or str(uuid4())
        return await self.client.request(method, f"/api/v1{path}", json=body, headers=headers, params=params)

    async def get(self, path: str, expect: int = 200, **how: Any) -> Any:
        answer = await self.ask("GET", path, **how)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def post(self, path: str, body: Any = None, *, expect: int = 201, **how: Any) -> Any:
        return await self.send("POST", path, body, expect=expect, **how)

    async def send(self, method: str, path: str, body: Any = None, *, expect: int = 200, **how: Any) -> Any:
        answer = await self.ask(method, path, body, **how)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def refused(self, method: str, path: str, body: Any = None, *, status: int, kind: str, **how: Any) -> str:
        """A request that must be refused as this kind of problem; its sentence."""
        answer = await self.ask(method, path, body, **how)
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (status, f"urn:veza:problem:{kind}"), answer.text
        return str(problem["detail"])

    async def walk(self, path: str, limit: int = 2, **how: Any) -> list[Any]:
        """Every item of a list, page by page."""
        items: list[Any] = []
        cursor: dict[str, str] = {}
        for _ in range(50):
            page = await self.get(path, limit=limit, **how, **cursor)
            assert len(page["items"]) <= limit
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = {"cursor": page["next_cursor"]}
        raise AssertionError("the pages do not end")


def _application(database: Any) -> Made:
    routes = [api_v1(by_header, [*community_routes(BASE_URL), *moderation_routes(Moderation(SUBJECTS))])]
    return web_application(database, routes, (*COMMUNITY_TAGS, *MODERATION_TAGS))


async def _hall(database: Database, clock: ManualClock) -> AsyncIterator[Hall]:
    with application(_application, database) as (asgi, litestar):
        transport = httpx.ASGITransport(app=asgi, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://veza.test") as client:
            yield Hall(database, litestar, client, clock)


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
