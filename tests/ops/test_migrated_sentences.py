"""What was read out of sentences before there were columns for it is in the columns after the migration."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from alembic import command
from sqlalchemy import Table, select

from tests.ops.older_rows import row_of
from veza.kit.database import Database
from veza.ops.encryption_keys import secret_box
from veza.ops.migrations import alembic_config, migrate, out_of_date
from veza.settings import Settings
from veza.tables import METADATA

CAUSE = UUID("01890000-0000-7000-8000-000000000001")
MEMOS = {
    f"refund {CAUSE} succeeded": ("refund", CAUSE),
    f"dispute {CAUSE} txn_1": ("dispute", CAUSE),
    f"dispute {CAUSE} carried after refund {UUID(int=2)} failed": ("dispute", CAUSE),
    f"re-credit because of provider {CAUSE}": ("provider", CAUSE),
    f"kept by netting {CAUSE}": ("netting", CAUSE),
    f"reversal {CAUSE} canceled": (None, None),
    "captured by ch_1": (None, None),
}
ACTORS = {"webhook evt_1": "evt_1", "refund worker": None, "operator": None}
FINDINGS = {
    ("second_charge", "ch_2"): "ch_2",
    ("missing_here", "py_1"): "py_1",
    ("missing_here", "re_1"): None,
    ("platform_loss", f"refund {CAUSE}"): None,
}


async def test_present_rows_get_their_columns_and_lose_them_again(empty: Settings) -> None:
    config = alembic_config(empty.database_url, secret_box(empty))
    await asyncio.to_thread(command.upgrade, config, "0021")
    database = Database.open(empty.database_url)
    breakers = METADATA.tables["provider_breakers"]
    remembered = [f"reversal:{CAUSE}", f"refund:{UUID(int=3)}"]
    async with database.write() as session:
        for memo in MEMOS:
            leg = {"account": "loss", "amount_minor": 1, "currency": "EUR", "memo": memo}
            await session.execute(row_of(database, "ledger_entries", **leg))
        for by in ACTORS:
            await session.execute(row_of(database, "status_changes", by=by))
        for kind, subject in FINDINGS:
            await session.execute(row_of(database, "findings", kind=kind, subject=subject, detail={}))
        await session.execute(breakers.update().values(streak=remembered, missing=remembered[:1]))

    async def rows(table: str, *names: str) -> list[tuple[Any, ...]]:
        found: Table = METADATA.tables[table]
        async with database.read() as session:
            return [tuple(row) for row in await session.execute(select(*(found.c[name] for name in names)))]

    await asyncio.to_thread(migrate, empty)
    entries = await rows("ledger_entries", "memo", "cause_kind", "cause_id")
    assert {memo: (kind, cause_id) for memo, kind, cause_id in entries} == MEMOS
    assert dict(await rows("status_changes", "by", "provider_event_id")) == ACTORS
    findings = await rows("findings", "kind", "subject", "charge_id")
    assert {(kind, subject): charge_id for kind, subject, charge_id in findings} == FINDINGS
    streak = [{"kind": "reversal", "id": str(CAUSE)}, {"kind": "refund", "id": str(UUID(int=3))}]
    assert await rows("provider_breakers", "streak", "missing") == [(streak, streak[:1])]
    await asyncio.to_thread(command.downgrade, config, "0021")
    assert await rows("provider_breakers", "streak", "missing") == [(remembered, remembered[:1])]
    assert len(await rows("ledger_entries", "memo")) == len(MEMOS)
    await asyncio.to_thread(migrate, empty)
    assert await out_of_date(database) is None
    await database.close()
