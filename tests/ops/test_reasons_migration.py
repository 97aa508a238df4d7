"""Reasons of before say what they said; without the columns for their fields each says its English sentence."""

from __future__ import annotations

import asyncio
from typing import Any

from alembic import command
from sqlalchemy import select, text

from tests.ops.older_rows import row_of
from tests.pseudo_language import plain
from veza.kit.database import Database
from veza.kit.messages import gettext, restored, stored
from veza.kit.money import Amount
from veza.ops.encryption_keys import secret_box
from veza.ops.migrations import alembic_config, migrate, out_of_date
from veza.settings import Settings
from veza.tables import METADATA

COLUMNS = {
    "payments": "held_because",
    "refunds": "reason",
    "provider_accounts": "held_because",
    "provider_breakers": "because",
}
OLD = "written {before} there were fields"
NEW = gettext("{asked} was asked", asked=Amount(300, "EUR"))
IN_WORDS = "3.00 EUR was asked"


async def test_reasons_of_before_stay_and_those_since_are_put_into_words(empty: Settings) -> None:
    config = alembic_config(empty.database_url, secret_box(empty))
    await asyncio.to_thread(command.upgrade, config, "0022")
    database = Database.open(empty.database_url)
    payment = {"currency": "EUR", "status": "succeeded", "amount_minor": 500}
    refund = {"currency": "EUR", "status": "requested", "origin": "requested", "amount_minor": 500, "retry_count": 0}

    async def add(payment_id: Any, **said: Any) -> None:
        async with database.write() as session:
            mine = {name: value for name, value in said.items() if name.startswith("held")}
            await session.execute(row_of(database, "payments", id=payment_id, **payment, **mine))
            mine = {name: value for name, value in said.items() if name.startswith("reason")}
            await session.execute(row_of(database, "refunds", payment_id=payment_id, **refund, **mine))

    async def raw() -> dict[str, list[str | None]]:
        async with database.read() as session:
            return {
                table: sorted((await session.scalars(text(f"SELECT {column} FROM {table}"))).all())
                for table, column in COLUMNS.items()
            }

    async def told() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        async with database.read() as session:
            for table, column in COLUMNS.items():
                of = METADATA.tables[table].c
                rows = (await session.execute(select(of[column], of[f"{column}_fields"]))).all()
                found[table] = sorted(plain(restored(*row)) for row in rows)
        return found

    first, second = database.ids.new(), database.ids.new()
    await add(first, held_because=OLD, reason=OLD)
    async with database.write() as session:
        await session.execute(row_of(database, "provider_accounts", provider="stripe", held_because=OLD))
        await session.execute(METADATA.tables["provider_breakers"].update().values(because=OLD))
    await asyncio.to_thread(migrate, empty)
    assert await told() == {table: [OLD] for table in COLUMNS}
    template, fields = stored(NEW)
    await add(second, held_because=template, held_because_fields=fields, reason=template, reason_fields=fields)
    async with database.write() as session:
        for name in ("provider_accounts", "provider_breakers"):
            column = COLUMNS[name]
            changed = METADATA.tables[name].update()
            await session.execute(changed.values({column: template, f"{column}_fields": fields}))
    since = {
        "payments": sorted([OLD, IN_WORDS]), "refunds": sorted([OLD, IN_WORDS]),
        "provider_accounts": [IN_WORDS], "provider_breakers": [IN_WORDS],
    }  # fmt: skip
    assert await told() == since
    await asyncio.to_thread(command.downgrade, config, "0022")
    assert {table: sorted(map(plain, said)) for table, said in (await raw()).items()} == since
    await asyncio.to_thread(migrate, empty)
    assert await told() == since
    assert await out_of_date(database) is None
    await database.close()
