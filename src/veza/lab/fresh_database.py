"""A new database for one run of the probe or the scenario player, dropped afterwards."""

from __future__ import annotations

import asyncio
import secrets
import signal
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from veza.kit.database_trouble import DatabaseUnavailable, explain


@asynccontextmanager
async def fresh_database(beside: str | None) -> AsyncIterator[str]:
    """The URL of an empty database: one with a unique name beside the PostgreSQL database `beside`, dropped at the
    end, or an SQLite file in a temporary folder. Raises DatabaseUnavailable when none can be made.

    SIGTERM cancels the task that is inside, so that nothing is left behind then either.
    """
    with _canceled_by_sigterm():
        async with _database(beside) as url:
            yield url


@contextmanager
def _canceled_by_sigterm() -> Iterator[None]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


@asynccontextmanager
async def _database(beside: str | None) -> AsyncIterator[str]:
    if beside is None or make_url(beside).get_backend_name() == "sqlite":
        with tempfile.TemporaryDirectory(prefix="veza-") as folder:
            file = Path(folder) / "veza.db"
            file.touch(mode=0o600)  # an empty file is an empty database, and none is made by opening it
            yield f"sqlite+aiosqlite:///{file}"
        return
    server = make_url(beside)
    name = f"{server.database or 'veza'}_fresh_{secrets.token_hex(6)}"
    await _administer(server, f'CREATE DATABASE "{name}"')
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        # FORCE: a process that was killed on purpose may still have a session open.
        await _administer(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def _administer(server: URL, statement: str) -> None:
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            await connection.execute(text(statement))
    except Exception as error:
        raise DatabaseUnavailable(explain(error) or f"no fresh database could be made: {error}") from error
    finally:
        await engine.dispose()
