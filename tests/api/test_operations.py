"""What a declaration does around a handler: it finds its parameters, opens the transaction, and makes the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar.params import QueryParameter
from msgspec import Struct

from tests.api.visitors import by_header, visiting
from tests.client import http_client
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.application import api_v1, web_application
from veza.api.operations import one_shot, operations_of, read, write
from veza.http.endpoints import Address, Around
from veza.http.idempotency import Idempotent, Reply
from veza.kit.database import Database, Session

PERSON = UUID("01890000-0000-7000-8000-00000000000a")


class Said(Struct):
    """Who asked what."""

    words: str


happened: list[str] = []


@asynccontextmanager
async def opened(identity: Identity, database: Database) -> AsyncIterator[str]:
    happened.append("opened")
    async with database.read():
        """A transaction of its own, before that of the work."""
    yield f"for {identity.actor}"
    happened.append("closed")


SAID = (Said, "What was said.", {"words": "hello"})


@read("/said/{number:int}", operation="readSaid", summary="Read", permission=Permission.BROWSE, gives=SAID)
async def read_said(
    session: Session,
    number: int,
    identity: Identity,
    address: Address,
    loud: Annotated[bool, QueryParameter(description="In capitals.")] = False,
) -> Said:
    """Says what it was given."""
    words = f"{number} {identity.actor} {address} {type(session).__name__}"
    return Said(words.upper() if loud else words)


@write.post(
    "/said/{number:int}",
    operation="writeSaid",
    summary="Write",
    permission=Permission.LISTEN,
    body={"words": "hello"},
    gives=(201, *SAID),
    location="/said/{shown.words}",
)
async def write_said(session: Session, number: int, data: Said) -> Said:
    """Says it again."""
    happened.append("written")
    return Said(f"{number}-{data.words}")


@write.put(
    "/said/{number:int}",
    operation="saySaid",
    summary="Say",
    permission=Permission.LISTEN,
    any_body=True,
    gives=(200, *SAID),
)
async def say_said(number: int, idempotent: Idempotent) -> Any:
    """Runs its own transaction."""
    happened.append("outside")

    async def work(_: Session) -> Reply:
        return Reply(200, Said(str(number)))

    return await idempotent.run(work)


@one_shot.delete(
    "/said/{number:int}",
    operation="endSaid",
    summary="End",
    permission=Permission.LISTEN,
    gives=(204, None, "It is gone."),
)
async def end_said(session: Session, around: Annotated[str, Around(opened)]) -> None:
    """Works inside what is opened around it."""
    happened.append(around)


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    module = ModuleType("said")
    vars(module).update(TAG="said", one=read_said, two=write_said, three=say_said, four=end_said)
    happened.clear()
    asgi, _ = web_application(database, [api_v1(by_header, operations_of(module))])
    async with http_client(asgi, base_url="http://veza.test/api/v1") as one:
        yield one


def keyed() -> dict[str, str]:
    return {**visiting(PERSON), "Idempotency-Key": str(uuid4())}


async def test_a_handler_is_given_what_it_names(client: httpx.AsyncClient) -> None:
    answer = await client.get("/said/7", params={"loud": "true"})
    assert answer.json() == {"words": "7 VISITOR 127.0.0.1 SESSION"}


async def test_what_a_write_returns_is_answered_and_stored_for_a_repeat(client: httpx.AsyncClient) -> None:
    headers = keyed()
    answers = [await client.post("/said/7", json={"words": "a"}, headers=headers) for _ in range(2)]
    assert [(one.status_code, one.json(), one.headers["location"]) for one in answers] == [
        (201, {"words": "7-a"}, "/said/7-a")
    ] * 2
    assert happened == ["written"]


async def test_a_handler_without_a_session_works_outside_of_the_transaction(client: httpx.AsyncClient) -> None:
    headers = keyed()
    answers = [await client.put("/said/7", headers=headers) for _ in range(2)]
    assert [one.json() for one in answers] == [{"words": "7"}] * 2
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert happened == ["outside", "outside"]


async def test_what_is_opened_around_a_write_ends_after_its_transaction(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/said/7", headers=keyed())
    assert (answer.status_code, answer.content) == (204, b"")
    assert happened == ["opened", f"for person {PERSON}", "closed"]


async def test_an_operation_demands_the_permission_that_it_names(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k"}
    assert (await client.post("/said/7", json={"words": "a"}, headers=headers)).status_code == 401
    assert happened == []
