"""Alembic's way in: which tables there should be, and how to reach the database."""

from __future__ import annotations

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import Connection, event, make_url, pool
from sqlalchemy.ext.asyncio import create_async_engine

import veza.tables
from veza.kit.database import UtcDateTime

MOST_SECONDS_FOR_A_TURN = 300
"""Longer than any migration of a file takes: the first of several processes holds the others up."""

url = context.config.get_main_option("sqlalchemy.url") or ""


def render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    """Write our own types as what they are on each database, so that old migrations never import the package."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=veza.tables.METADATA,
        render_item=render_item,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,  # Alembic believes the driver, which commits before DDL unless told as below
        transaction_per_migration=connection.dialect.name != "sqlite",
    )
    # Processes starting at once migrate one after the other, and each looks where the database is when its turn comes.
    # SQLite: one transaction around the look and all migrations, which holds the only lock there is. PostgreSQL: a lock
    # until this connection closes, because there every migration is a transaction of its own.
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_lock(7237237)")
        connection.commit()
    with context.begin_transaction():
        context.run_migrations()


async def online() -> None:
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    waits = {"timeout": MOST_SECONDS_FOR_A_TURN} if is_sqlite else {}
    engine = create_async_engine(url, poolclass=pool.NullPool, connect_args=waits)
    if is_sqlite:
        event.listen(engine.sync_engine, "connect", _transactional)
        event.listen(engine.sync_engine, "begin", _begin)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(run)
            await connection.commit()
    finally:
        await engine.dispose()


def _transactional(connection: Any, _record: Any) -> None:
    # The driver would commit before DDL; a migration that fails half-way must leave nothing behind.
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


asyncio.run(online())
