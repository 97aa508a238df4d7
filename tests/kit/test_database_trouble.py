"""What the drivers raise, as one sentence or as a mistake of ours."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from tests.pseudo_language import plain
from tests.waiting import until
from veza.kit import database as kit_database
from veza.kit.database import Database
from veza.kit.database_trouble import (
    DISK_FULL,
    NO_ANSWER,
    NO_TABLES,
    RESTARTING,
    DatabaseUnavailable,
    explain,
    is_connection_lost,
)
from veza.kit.services import WakeListener

CANNOT_SERVE = {
    "08006": NO_ANSWER,
    "25006": "the database is read-only: is this a standby server?",
    "25P03": "the database ended this session: it had a transaction open for too long",
    "28P01": "the database refused: it said so",
    "40001": "two transactions waited for each other and the database ended this one: try again",
    "40P01": "two transactions waited for each other and the database ended this one: try again",
    "42P01": NO_TABLES,
    "53100": DISK_FULL,
    "53200": "the database is short of something: it said so",
    "53300": "the database has no connection left for us: lower DATABASE_POOL_SIZE",
    "55000": "the database refused: it said so",
    "57P01": RESTARTING,
    "57P02": RESTARTING,
    "57P03": RESTARTING,
    "58030": "the database's machine reports an error: it said so",
    "XX000": "the database reports an error of its own: it said so",
}
OURS = {"22021": "invalid byte sequence", "23505": "unique", "42601": "syntax", "42703": "undefined column"}


def server_error(state: str) -> asyncpg.PostgresError:
    """As asyncpg raises it while connecting, which SQLAlchemy passes on as it is."""
    return asyncpg.PostgresError.new({"C": state, "M": "it said so", "S": "FATAL"})


@pytest.mark.parametrize(("state", "sentence"), CANNOT_SERVE.items())
async def test_a_server_that_cannot_serve_is_one_sentence_connecting_and_in_a_statement(
    postgres_url: str, state: str, sentence: object
) -> None:
    assert plain(explain(server_error(state))) == plain(sentence)
    database = Database.open(postgres_url)
    with pytest.raises(DatabaseUnavailable) as error:
        async with database.write() as session:
            await session.execute(text(f"DO $$ BEGIN RAISE SQLSTATE '{state}' USING MESSAGE = 'it said so'; END $$"))
    assert plain(error.value) == plain(sentence)
    await database.close()


@pytest.mark.parametrize("state", OURS)
async def test_a_mistake_of_ours_is_no_unavailable_database(postgres_url: str, state: str) -> None:
    assert explain(server_error(state)) is None
    database = Database.open(postgres_url)
    with pytest.raises(Exception, match="it said so") as error:
        async with database.write() as session:
            await session.execute(text(f"DO $$ BEGIN RAISE SQLSTATE '{state}' USING MESSAGE = 'it said so'; END $$"))
    assert not isinstance(error.value, DatabaseUnavailable)
    await database.close()


async def test_an_argument_the_driver_refuses_is_our_mistake_and_costs_no_connection(postgres_url: str) -> None:
    database = Database.open(postgres_url, pool_size=2)
    for _ in range(3):
        with pytest.raises(Exception, match="value out of int64 range") as error:
            async with database.read() as session:
                await session.execute(text("SELECT CAST(:n AS bigint)"), {"n": 2**70})
        assert not isinstance(error.value, DatabaseUnavailable)
        assert not is_connection_lost(error.value)
    await database.close()


@pytest.mark.parametrize(
    "raised",
    [
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.InternalClientError("got result for unknown protocol state 3"),
        TimeoutError(),
        ConnectionRefusedError(111, "refused"),
        socket.gaierror(-2, "Name or service not known"),
    ],
    ids=lambda raised: type(raised).__name__,
)
def test_a_connection_that_ends_or_never_begins_is_a_database_that_does_not_answer(raised: Exception) -> None:
    assert explain(raised) == NO_ANSWER


class Relay:
    """Passes a connection's bytes on, or keeps them to itself, as a server or a network that hangs."""

    def __init__(self, url: str) -> None:
        self._server = make_url(url)
        self._passing = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.url = ""
        self.go_on()

    def hang(self) -> None:
        self._passing.clear()

    def go_on(self) -> None:
        self._passing.set()

    async def __aenter__(self) -> Relay:
        self._listener = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        port = self._listener.sockets[0].getsockname()[1]
        self.url = self._server.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        there, back = await asyncio.open_connection(self._server.host, self._server.port or 5432)
        self._tasks |= {asyncio.create_task(self._copy(*pair)) for pair in ((reader, back), (there, writer))}

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65536):
                await self._passing.wait()
                target.write(data)
        target.close()


async def test_a_server_that_hangs_is_an_error_within_the_bound_and_the_next_statement_works(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kit_database, "STATEMENT_BOUND_SECONDS", 0.3)
    async with Relay(postgres_url) as relay:
        database = Database.open(relay.url, pool_size=2)
        async with database.read() as session:
            assert await session.scalar(text("SELECT 1")) == 1
        relay.hang()
        async with asyncio.timeout(5):
            with pytest.raises(DatabaseUnavailable, match="does not answer"):
                async with database.write() as session:
                    await session.execute(text("SELECT 1"))
        relay.go_on()
        for _ in range(2):
            async with database.write() as session:
                assert await session.scalar(text("SELECT 1")) == 1
        await database.close()


@pytest.mark.parametrize("end", ["cut", "hang"])
async def test_a_listener_whose_connection_is_lost_listens_again_and_rings_for_what_it_missed(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    for name, value in (("RECONNECT", 0.05), ("LISTEN_CHECK", 0.2)):
        monkeypatch.setattr(f"veza.kit.services.{name}", timedelta(seconds=value))
    monkeypatch.setattr("veza.kit.services.ANSWER_SECONDS", 0.3)
    other = Database.open(postgres_url)
    async with Relay(postgres_url) as relay:
        database = Database.open(relay.url)
        bell = database.wakes.bell("work")
        stop = asyncio.Event()
        listening = asyncio.create_task(WakeListener(database).run(stop))

        async def rings() -> None:
            async with asyncio.timeout(10):
                await bell.wait()
            bell.clear()

        await rings()  # for what was committed before it listened
        async with other.write() as session:
            session.wake("work")
        await rings()
        if end == "hang":
            relay.hang()
            seen = relay.connections
            await until(lambda seen=seen: relay.connections != seen, "another connection")
            relay.go_on()
        else:
            async with other.write() as session:
                listeners = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
                await session.execute(text(f"{listeners} AND datname = current_database()"))
        await rings()
        async with other.write() as session:
            session.wake("work")
        await rings()
        stop.set()
        async with asyncio.timeout(5):
            await listening
        await database.close()
    await other.close()
