"""Histories and findings of before say what they said; without the columns each says its English sentence."""

from __future__ import annotations

import asyncio
from typing import Any

from alembic import command
from sqlalchemy import select, text

from veza.kit.database import Database
from veza.kit.messages import gettext
from veza.kit.money import Amount
from veza.kit.moves import StatusChange
from veza.money import findings
from veza.money.findings import Finding, FindingKind
from veza.ops.encryption_keys import secret_box
from veza.ops.migrations import alembic_config, migrate
from veza.settings import Settings

OLD = "asked with {braces} in it"
HISTORY = (
    "INSERT INTO status_changes (id, machine, row_id, about_id, target, at, by, because)"
    " VALUES (:id, 'refund', :id, :id, 'requested', :at, 'anna', :because)"
)


async def test_sentences_of_before_stay_and_those_since_are_put_into_words(empty: Settings) -> None:
    config = alembic_config(empty.database_url, secret_box(empty))
    await asyncio.to_thread(command.upgrade, config, "0020")
    database = Database.open(empty.database_url)

    async def told() -> list[tuple[str, ...]]:
        async with database.read() as session:
            changes = (await session.scalars(select(StatusChange).order_by(StatusChange.id))).all()
            found = (await session.scalars(select(Finding))).all()
        return [*[(one.because,) for one in changes], *[(one.message, one.mend) for one in found]]

    async with database.write() as session:
        await session.execute(text(HISTORY), _history(database, session.new_id(), OLD))
    await asyncio.to_thread(migrate, empty)
    assert await told() == [(OLD,)]
    async with database.write() as session:
        session.append(StatusChange, _change(session, gettext("{left} is left", left=Amount(300, "EUR"))))
        message, mend = gettext("{lost} went away", lost=Amount(100, "EUR")), gettext("look for it")
        await findings.report(session, FindingKind.SURPLUS, "seller anna", message, mend=mend)
    since = [(OLD,), ("3.00 EUR is left",), ("1.00 EUR went away", "look for it")]
    assert await told() == since
    await asyncio.to_thread(command.downgrade, config, "0020")
    await asyncio.to_thread(migrate, empty)
    assert await told() == since
    await database.close()


def _history(database: Database, row_id: Any, because: str) -> dict[str, Any]:
    at: Any = database.clock.now()
    if database.is_sqlite:
        return {"id": row_id.hex, "at": at.strftime("%Y-%m-%d %H:%M:%S.%f"), "because": because}
    return {"id": row_id, "at": at, "because": because}


def _change(session: Any, because: Any) -> dict[str, Any]:
    return {
        "id": session.new_id(), "machine": "refund", "row_id": session.new_id(), "about_id": session.new_id(),
        "source": None, "target": "requested", "at": session.now, "by": "anna", "because": because.template,
        "because_fields": {"left": {"amount": [300, "EUR"]}}, "provider_request_id": None,
    }  # fmt: skip
