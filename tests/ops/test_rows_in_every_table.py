"""What an installation has stored is there after the newest migrations: a row of every table keeps every column."""

from __future__ import annotations

import asyncio
from typing import Any

from alembic import command
from sqlalchemy import Connection, MetaData

from tests.ops.older_rows import every_row, fill_every_table
from veza.kit.database import Database
from veza.ops.encryption_keys import secret_box
from veza.ops.migrations import alembic_config, migrate, out_of_date
from veza.settings import Settings

SINCE = "0019"
"""The schema before causes, languages and messages had columns."""
TAKEN_AWAY = {"operator_visits"}
"""Sessions of the operator pages of before; operators sign in as people now."""


async def test_a_row_of_every_table_keeps_what_it_had(empty: Settings) -> None:
    config = alembic_config(empty.database_url, secret_box(empty))
    await asyncio.to_thread(command.upgrade, config, SINCE)
    database = Database.open(empty.database_url)
    async with database.engine.begin() as connection:
        before = await connection.run_sync(fill_every_table)
    assert before.keys() >= TAKEN_AWAY
    before = {name: row for name, row in before.items() if name not in TAKEN_AWAY}
    assert len(before) > 40
    await asyncio.to_thread(migrate, empty)

    def now(connection: Connection) -> dict[str, dict[str, Any]]:
        schema = MetaData()
        schema.reflect(connection)
        return every_row(connection, [schema.tables[name] for name in before])

    async with database.engine.connect() as connection:
        after = await connection.run_sync(now)
    assert {name: {column: after[name][column] for column in row} for name, row in before.items()} == before
    assert await out_of_date(database) is None
    await database.close()
