"""A small application on the real foundations: one write and one list, enough to hold the door to its word."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from msgspec import Struct
from sqlalchemy import insert, select

from veza.accounts.permissions import Permission
from veza.api.application import api_v1, web_application
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import CONFLICT, REFUSED, problem_responses
from veza.api.visitors import needs, operator_only
from veza.kit.database import Database, Session
from veza.kit.listing import by_age
from veza.kit.outbox import OutboxEvent

TOKEN = "a-token-only-the-tests-know-0123456789"


class Wish(Struct, forbid_unknown_fields=True):
    """What is wanted."""

    amount_minor: int
    note: str = ""


class Granted(Struct):
    id: UUID
    amount_minor: int


class TooGreedy(Exception):
    """A module's own error: one sentence."""


class Door:
    """The application and what its handlers did."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.worked = 0
        self.before_work: Callable[[], Any] | None = None
        self.asgi, self.litestar = web_application(
            database,
            [
                api_v1(
                    operator_only(TOKEN),
                    [
                        Router(
                            "/",
                            route_handlers=[self._grant(), self._list(), self._crash()],
                            opt=needs(Permission.MONEY),
                        )
                    ],
                )
            ],
            {TooGreedy: REFUSED},
        )

    def client(self, *, token: str | None = TOKEN) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # An unhandled error must come back as a problem, as it does from a real server.
        transport = httpx.ASGITransport(app=self.asgi, raise_app_exceptions=False)  # type: ignore[arg-type]
        return httpx.AsyncClient(transport=transport, base_url="http://veza.test", headers=headers)

    def _grant(self) -> Any:
        @post("/wishes", dependencies=IDEMPOTENT_DEPENDENCY, tags=["wishes"], responses=problem_responses(CONFLICT))
        async def grant(data: JSONBody[Wish], idempotent: NamedDependency[Idempotent]) -> Granted:
            """Grants a wish."""

            async def work(session: Session) -> Reply:
                self.worked += 1
                if self.before_work:
                    await self.before_work()
                if data.amount_minor > 1000:
                    raise TooGreedy(f"asked for {data.amount_minor}, at most 1000 is left")
                granted = Granted(session.new_id(), data.amount_minor)
                await session.execute(
                    insert(OutboxEvent),
                    {"id": granted.id, "topic": "wish", "payload": {}, "created_at": session.now, "attempts": 0},
                )
                return Reply(201, granted, location=f"/api/v1/wishes/{granted.id}")

            return await idempotent.run(work)  # type: ignore[return-value]

        return grant

    def _list(self) -> Any:
        @get("/wishes", dependencies=paged(by_age(OutboxEvent.id)), tags=["wishes"], responses=problem_responses())
        async def wishes(
            page_request: NamedDependency[PageRequest],
            database: NamedDependency[Database],
            topic: FromQuery[str | None] = None,
        ) -> Page[Granted]:
            """Lists wishes."""
            part = page_request.of("wishes", {"topic": topic})
            async with database.read() as session:
                rows = list((await session.scalars(part.slice.of(select(OutboxEvent)))).all())
            return part.page(rows, lambda row: Granted(row.id, 1))

        return wishes

    def _crash(self) -> Any:
        @get("/crash", tags=["wishes"], responses=problem_responses())
        async def crash() -> None:
            """Fails."""
            raise RuntimeError("the secret inner reason")

        return crash


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Door]:
    return Door(database)


@pytest.fixture
async def sqlite_door(sqlite_url: str, clock: Any) -> AsyncIterator[Door]:
    database = Database.open(sqlite_url, clock=clock)
    yield Door(database)
    await database.close()
