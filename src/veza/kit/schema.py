"""Every table at once, for a database that lives no longer than a test or a scenario; others are migrated."""

from __future__ import annotations

from functools import cache
from inspect import isawaitable
from typing import Any

from sqlalchemy import create_mock_engine
from sqlalchemy.ext.asyncio import AsyncEngine

from veza.kit.database import Base


async def make_tables(engine: AsyncEngine) -> None:
    """Make every table that is mapped by now; the database is empty."""
    if engine.dialect.name != "sqlite":
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        return
    async with engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        # As one script, written once: compiled and sent one by one the statements take 100 ms instead of 20.
        made = driver.executescript(_script(tuple(Base.metadata.tables)))
        if isawaitable(made):  # the simulator's driver works in this thread
            await made


@cache
def _script(_tables: tuple[str, ...]) -> str:
    """What makes all of them on SQLite, in one transaction."""
    statements: list[str] = []

    def write_down(statement: Any, *_: Any, **__: Any) -> None:
        statements.append(str(statement.compile(dialect=engine.dialect)))

    engine = create_mock_engine("sqlite://", write_down)
    Base.metadata.create_all(engine, checkfirst=False)
    return ";\n".join(["BEGIN", *statements, "COMMIT"])
