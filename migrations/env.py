"""Alembic's way in: which tables there should be, and how to reach the database."""

from __future__ import annotations

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import Connection, event, make_url, pool
from sqlalchemy.ext.asyncio import create_async_engine

import veza.tables
from veza.kit.database import UtcDateTime

MOST_SECONDS_WAITED = 300
"""For another process that migrates the same SQLite file."""
url = context.config.get_main_option("sqlalchemy.url") or ""


def render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    """Write our own types as what they are on each database, so that old migrations never import the package."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=veza.tables.METADATA,
        render_item=render_item,
        include_name=veza.tables.is_mapped,
        render_as_batch=is_sqlite,
        # Two processes starting at once migrate one after the other. On SQLite all of it is one transaction, begun
        # before it is looked which migrations are missing.
        transactional_ddl=True,
        transaction_per_migration=not is_sqlite,
    )
    if not is_sqlite:
        # Held until this connection closes, because every migration is a transaction of its own.
        connection.exec_driver_sql("SELECT pg_advisory_lock(7237237)")
        connection.commit()
    with context.begin_transaction():
        context.run_migrations()


async def online() -> None:
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    waiting = {"timeout": MOST_SECONDS_WAITED} if is_sqlite else {}
    engine = create_async_engine(url, poolclass=pool.NullPool, connect_args=waiting)
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
