"""Reasons of grants of before say what they said; without the columns for fields each says its English sentence."""

from __future__ import annotations

import asyncio
from typing import Any

from alembic import command
from sqlalchemy import select, text

from tests.ops.older_rows import row_of
from tests.pseudo_language import plain
from veza.kit.database import Database
from veza.kit.messages import gettext, restored, stored
from veza.ops.encryption_keys import secret_box
from veza.ops.migrations import alembic_config, migrate, out_of_date
from veza.settings import Settings
from veza.tables import METADATA

COLUMNS = {"grants": "revoked_because", "grant_changes": "because"}
OLD = "order {before} there were fields"
NEW = gettext("order {order_id}", order_id=7)
IN_WORDS = "order 7"


async def test_reasons_of_grants_of_before_stay_and_those_since_are_put_into_words(empty: Settings) -> None:
    config = alembic_config(empty.database_url, secret_box(empty))
    await asyncio.to_thread(command.upgrade, config, "0023")
    database = Database.open(empty.database_url)
    kinds = {"kind": "release", "cause_kind": "order_line", "person_id": database.ids.new()}

    async def add(because: str | None, fields: Any = None) -> None:
        """A grant that is revoked (with None: not), and why."""
        grant_id = database.ids.new()
        more = {} if fields is None else {"revoked_because_fields": fields}
        mine = row_of(database, "grants", id=grant_id, **kinds, revoked_because=because, **more)
        more = {} if fields is None else {"because_fields": fields}
        change = row_of(database, "grant_changes", grant_id=grant_id, what="revoked", because=because or OLD, **more)
        async with database.write() as session:
            await session.execute(mine)
            await session.execute(change)

    async def told() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        async with database.read() as session:
            for table, column in COLUMNS.items():
                of = METADATA.tables[table].c
                rows = (await session.execute(select(of[column], of[f"{column}_fields"]))).all()
                found[table] = sorted("" if row[0] is None else plain(restored(*row)) for row in rows)
        return found

    await add(OLD)
    await add(None)
    before = {"grants": ["", OLD], "grant_changes": [OLD, OLD]}
    await asyncio.to_thread(migrate, empty)
    assert await told() == before
    await add(*stored(NEW))
    since = {"grants": ["", IN_WORDS, OLD], "grant_changes": [IN_WORDS, OLD, OLD]}
    assert await told() == since
    await asyncio.to_thread(command.downgrade, config, "0023")
    async with database.read() as session:
        for table, column in COLUMNS.items():
            kept = (await session.scalars(text(f"SELECT {column} FROM {table}"))).all()
            assert sorted("" if one is None else plain(one) for one in kept) == since[table]
    await asyncio.to_thread(migrate, empty)
    assert await told() == since
    assert await out_of_date(database) is None
    await database.close()
