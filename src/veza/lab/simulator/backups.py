"""Backups in a simulated run: what is restored is older than the provider, which forgets nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from veza.kit.database import Base
from veza.lab.simulator.ground import clear, rows_of
from veza.lab.simulator.run import Run
from veza.money.payments import Payment


@dataclass(frozen=True, slots=True)
class Backup:
    """Every row of a database at one moment, tables in the order in which they can be written."""

    rows: Sequence[tuple[Table, Sequence[Mapping[str, Any]]]]


async def take(engine: AsyncEngine) -> Backup:
    """Read everything, in one transaction."""

    def read(connection: Connection) -> Backup:
        tables = [(table, connection.execute(select(table)).mappings().all()) for table in Base.metadata.sorted_tables]
        return Backup([(table, [dict(row) for row in rows]) for table, rows in tables if rows])

    async with engine.connect() as connection:
        return await connection.run_sync(read)


async def put_back(engine: AsyncEngine, backup: Backup) -> None:
    """Make the database what it was; no process may use it meanwhile."""
    await clear(engine)
    async with engine.connect() as connection:
        for table, rows in backup.rows:
            await connection.execute(insert(table), list(rows))
        await connection.commit()


async def back_up(run: Run, dice: Random) -> str | None:
    """A backup is taken, while everything goes on; it takes the place of the last one."""
    run.backup = await take(run.engine)
    return "a backup is taken"


async def restore_backup(run: Run, dice: Random) -> str | None:
    """Every process is stopped, the last backup is restored, and they start again as if nothing had happened since."""
    if run.backup is None:
        return None
    for process in list(run.processes):
        await run.crash(process)
    await put_back(run.engine, run.backup)
    run.progress.commits += 1
    here = {row[0] for row in await rows_of(run.engine, select(Payment.id))}
    lost = [sale for sale in run.sales if sale.payment_id not in here]
    run.sales = [sale for sale in run.sales if sale.payment_id in here]
    return f"a backup is restored: {len(lost)} sales made since are lost"
