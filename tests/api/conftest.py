"""A small application on the real foundations: one write and one list, enough to hold the door to its word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar, Router, get
from litestar.params import QueryParameter
from msgspec import Struct
from sqlalchemy import insert, select

from tests.api.visitors import operator_only
from tests.client import http_client
from veza.accounts.permissions import Permission
from veza.api.application import api_v1, web_application
from veza.api.operations import listing, write
from veza.app import build
from veza.http.identity import needs
from veza.http.paging import Page, PageRequest
from veza.http.problems import CONFLICT, REFUSED, problem_responses
from veza.kit.database import Database, Session
from veza.kit.listing import by_age
from veza.kit.outbox import OutboxEvent
from veza.settings import Settings

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
            more_errors={TooGreedy: REFUSED},
        )

    def client(self, *, token: str | None = TOKEN) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # An unhandled error must come back as a problem, as it does from a real server.
        return http_client(self.asgi, headers=headers)

    def _grant(self) -> Any:
        @write.post(
            "/wishes",
            operation="grantWish",
            summary="Grant a wish",
            permission=Permission.MONEY,
            body={"amount_minor": 1},
            gives=(201, Granted, "Granted.", {"id": "01890000-0000-7000-8000-000000000001", "amount_minor": 1}),
            location="/api/v1/wishes/{shown.id}",
            problems=(CONFLICT,),
        )
        async def grant(session: Session, data: Wish) -> Granted:
            """Grants a wish."""
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
            return granted

        return grant

    def _list(self) -> Any:
        @listing(
            "/wishes",
            operation="listWishes",
            summary="List wishes",
            permission=Permission.MONEY,
            sorts=by_age(OutboxEvent.id),
            gives=(Granted, "A page.", {"id": "01890000-0000-7000-8000-000000000001", "amount_minor": 1}),
        )
        async def wishes(
            session: Session, page_request: PageRequest, topic: Annotated[str | None, QueryParameter()] = None
        ) -> Page[Granted]:
            """Lists wishes."""
            page = page_request.of("wishes", {"topic": topic})
            rows = list((await session.scalars(page.slice.of(select(OutboxEvent)))).all())
            return page.filled(rows, lambda row: Granted(row.id, 1))

        return wishes

    def _crash(self) -> Any:
        @get("/crash", tags=["wishes"], responses=problem_responses())
        async def crash() -> None:
            """Fails."""
            raise RuntimeError("the secret inner reason")

        return crash


@dataclass(frozen=True)
class Whole:
    """The real application: its description as made and as served, and the page that shows it."""

    litestar: Litestar
    schema: dict[str, Any]
    described: dict[str, Any]
    page: str


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Built once per worker, because it takes half a second; nothing in it is changed."""
    veza = build(Settings(var_dir=tmp_path_factory.mktemp("whole"), public_url="https://veza.test"))

    async def served() -> tuple[dict[str, Any], str]:
        async with http_client(veza.asgi, base_url="https://veza.test") as client:
            return (await client.get("/api/openapi.json")).json(), (await client.get("/api/docs")).text

    return Whole(veza.litestar, veza.litestar.openapi_schema.to_schema(), *asyncio.run(served()))


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Door]:
    return Door(database)


@pytest.fixture
async def sqlite_door(sqlite_url: str, clock: Any) -> AsyncIterator[Door]:
    database = Database.open(sqlite_url, clock=clock)
    yield Door(database)
    await database.close()
