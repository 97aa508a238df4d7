"""Many payments at once: one is made by the real money module on a stage, the others are its copies under new ids."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Table, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from veza.kit import worker
from veza.kit.clock import SystemClock
from veza.kit.database import Base, Database
from veza.kit.ids import Ids
from veza.lab.sandbox.core import Sandbox
from veza.lab.sandbox.settings import SandboxSettings
from veza.lab.sandbox.store import Store
from veza.lab.simulator.stage import Stage

SELLER = "anna"
GROSS_MINOR = 1_000
ONCE = frozenset({"sellers", "provider_breakers", "provider_accounts"})
LEFT_OUT = frozenset({"webhook_events", "provider_paces", "backlog_samples", "findings"})
CHUNK = 2_000

Act = Callable[[Stage, UUID], Awaitable[None]]


@dataclass
class Template:
    """One payment's rows, the rows there is only one of, and the provider's objects by table."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    once: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    objects: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    account: dict[str, Any] = field(default_factory=dict)


async def refunded(stage: Stage, payment_id: UUID) -> None:
    """The buyer has the money back, the seller's transfer waits for its reversal."""
    await refund_requested(stage, payment_id)
    await worker.run_once(stage.money.refund_worker)


async def refund_requested(stage: Stage, payment_id: UUID) -> None:
    """A refund is reserved and not yet sent."""
    await stage.refund(payment_id, GROSS_MINOR)


async def template(act: Act) -> Template:
    """A sale to one seller with its transfer sent, then `act`."""
    stage = await Stage.open("sqlite+aiosqlite:///:memory:")
    await stage.seller(SELLER)
    await act(stage, await stage.sold([(SELLER, GROSS_MINOR)]))
    made = Template()
    async with stage.database.read() as session:
        for table in Base.metadata.sorted_tables:
            found = [dict(row) for row in (await session.execute(select(table))).mappings()]
            kept = made.once if table.name in ONCE else made.rows
            if table.name not in LEFT_OUT and found:
                kept[table.name] = found
    for name in ("payment_intents", "charges", "transfers", "balance_transactions"):
        made.objects[name] = list(stage.sandbox.world.tables[name].rows.values())
    (made.account,) = stage.sandbox.world.accounts.rows.values()
    await stage.close()
    return made


class Copies:
    """Copies of a template, each with ids of its own in rows and in the provider's objects."""

    def __init__(self, made: Template, now: datetime) -> None:
        self.made = made
        self._now = now
        self._ids = Ids(SystemClock())
        written = json.dumps([made.rows, made.objects], default=str)
        shared = {made.account["id"]}
        found = set(re.findall(r"\b(?:pi|ch|py|tr|txn|re|pyr|req|evt)_[A-Za-z0-9]{8,}", written)) - shared
        self._uuids = {value for rows in made.rows.values() for row in rows for value in row.values() if _is_id(value)}
        self._names = sorted(found)
        parts = sorted({str(one) for one in self._uuids} | found, key=len, reverse=True)
        self._any = re.compile("|".join(re.escape(part) for part in parts))

    def copy(self, number: int) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[dict[str, Any]]]]:
        """One more payment: its rows by table, its objects by table."""
        ids = {one: self._ids.new() for one in sorted(self._uuids)}
        names = {str(one): str(new) for one, new in ids.items()}
        names |= {name: f"{name}{number:07}" for name in self._names}

        def renamed(text: str) -> str:
            return self._any.sub(lambda found: names[found.group()], text)

        def changed(value: Any) -> Any:
            if isinstance(value, UUID):
                return ids[value]
            if isinstance(value, str):
                return renamed(value)
            if isinstance(value, dict | list):
                return json.loads(renamed(json.dumps(value)))
            # What was due on the stage is due now.
            return self._now if isinstance(value, datetime) else value

        rows = {
            table: [{name: changed(value) for name, value in row.items()} for row in rows]
            for table, rows in self.made.rows.items()
        }
        objects = {table: json.loads(renamed(json.dumps(of))) for table, of in self.made.objects.items()}
        return rows, objects


def _is_id(value: Any) -> bool:
    return isinstance(value, UUID)


async def fill(url: str, count: int, act: Act, store: Path | None = None) -> list[dict[str, list[dict[str, Any]]]]:
    """Write `count` copies into the database, and into the sandbox's state at `store`; returns each one's rows."""
    made = await template(act)
    copies = Copies(made, datetime.now(UTC))
    database = Database.open(url)
    both = [copies.copy(number) for number in range(count)]
    for name in ONCE - {"provider_breakers"}:
        rows = made.once.get(name, [])
        if name == "provider_accounts":  # each bench plays a provider of its own: the first contact says which
            rows = [{**row, "account_id": None} for row in rows]
        await _write(database.engine, name, rows)
    for table in made.rows:
        await _write(database.engine, table, [row for rows, _ in both for row in rows[table]])
    if database.dialect == "postgresql":
        # As autovacuum does within a minute of so many new rows.
        async with database.engine.begin() as connection:
            await connection.execute(text("ANALYZE"))
    await database.close()
    if store is not None:
        _keep(store, made, [objects for _, objects in both])
    return [rows for rows, _ in both]


async def _write(engine: AsyncEngine, name: str, rows: Sequence[dict[str, Any]]) -> None:
    table: Table = Base.metadata.tables[name]
    async with engine.begin() as connection:
        for start in range(0, len(rows), CHUNK):
            await connection.execute(insert(table), list(rows[start : start + CHUNK]))


def _keep(path: Path, made: Template, copies: Sequence[dict[str, list[dict[str, Any]]]]) -> None:
    """The sandbox's state: the seller's account with all the money it was sent, and every copy's objects."""
    store = Store(path)
    sandbox = Sandbox(SystemClock(), random.Random(1), store, settings=SandboxSettings())
    sandbox.world.accounts.add(made.account)
    for objects in copies:
        for table, found in objects.items():
            for one in found:
                sandbox.world.tables[table].add(one)
    sent = sum(one["amount"] for objects in copies for one in objects["transfers"])
    sandbox.add_balance(made.account["id"], sent, "eur")
    store.close()
