"""How many reversals one process settles a second when the provider answers at once, on PostgreSQL.

The real worker over the real tables: claim, settle (payment lock, moves, histories, ledger, outbox), one transaction
each. Printed beside what pgbench commits on the same server when it writes the same rows without any program
around them, which is the ceiling of this machine's database.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from _seed import fill, refunded
from _stand import Result, database, missing, options, run
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from veza.kit import worker
from veza.kit.database import Base, Database
from veza.money.claims import RecordedAttempt
from veza.money.configured import money_rules
from veza.money.facade import Money
from veza.money.pace import Unpaced
from veza.money.reversals import TransferReversal
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import Gateway
from veza.settings import Settings

REVERSALS = 2_000
TARGET = 200
PGBENCH_SECONDS = 5
PGBENCH_CLIENTS = 10
MOST_SECONDS = 60

SAME_ROWS = """
\\set n random(1, {count})
BEGIN;
SELECT * FROM payments WHERE id = (SELECT payment_id FROM numbered WHERE n = :n) FOR UPDATE;
SELECT * FROM transfer_reversals WHERE id = (SELECT reversal_id FROM numbered WHERE n = :n) FOR UPDATE;
{attempt}
UPDATE transfer_reversals SET last_error = :n WHERE id = (SELECT reversal_id FROM numbered WHERE n = :n);
UPDATE seller_transfers SET last_error = :n WHERE id = (SELECT transfer_id FROM numbered WHERE n = :n);
UPDATE seller_transfers SET last_outcome = :n WHERE id = (SELECT transfer_id FROM numbered WHERE n = :n);
{changes}
{entries}
{event}
COMMIT;
"""
"""What settling one reversal reads, locks and writes; the inserted rows are copies of rows it wrote."""

NUMBERED = """
CREATE TABLE numbered AS
SELECT row_number() OVER () AS n, id AS reversal_id, payment_id, transfer_id FROM transfer_reversals;
ALTER TABLE numbered ADD PRIMARY KEY (n);
"""


class AtOnce:
    """A line to a provider that has done everything before it is asked."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    async def send(self, method: str, path: str, params: Mapping[str, Any] | None = None, **_: Any) -> Answer:
        if method == "get":  # which account it is, and the events it has
            return Answer(200, body={"id": "acct_bench", "object": "list", "data": [], "has_more": False})
        number = next(self._numbers)
        body = {"id": f"trr_{number:08}", "object": "transfer_reversal", "currency": "eur"}
        body["amount"] = (params or {})["amount"]
        return Answer(200, body=body, request_id=f"req_{number:08}")

    async def close(self) -> None:
        """Nothing is open."""


async def recorded_per_second(url: str) -> float:
    """Drain REVERSALS with the real worker; from the first claim to the last commit."""
    await fill(url, REVERSALS, refunded)
    settings = Settings(database_url=url, reversal_concurrency=32)
    database = Database.open(url, pool_size=settings.database_pool_size)
    money = Money(database, Gateway(AtOnce(), Unpaced()), money_rules(settings, ()))
    stop, left = asyncio.Event(), itertools.count(REVERSALS - 1, -1)

    def on_recorded(_attempt: RecordedAttempt) -> None:
        if next(left) == 0:
            stop.set()

    money.reversal_worker.on_recorded = on_recorded
    began = time.perf_counter()
    async with asyncio.timeout(MOST_SECONDS):
        await worker.run(money.reversal_worker, database.wakes, stop, grace=timedelta(seconds=10))
    seconds = time.perf_counter() - began
    async with database.read() as session:
        done = await session.scalar(
            select(func.count()).where(TransferReversal.status == "succeeded", TransferReversal.attempt == 1)
        )
    await database.close()
    if done != REVERSALS:
        raise SystemExit(f"{REVERSALS - int(done or 0)} reversals were not settled once")
    return REVERSALS / seconds


def _again(table: str, rows: int, where: str) -> str:
    """Insert copies of `rows` rows of `table` under new ids."""
    columns = [column.name for column in Base.metadata.tables[table].columns]
    values = ", ".join("gen_random_uuid()" if name == "id" else name for name in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE {where} LIMIT {rows};"


async def pgbench_per_second(url: str) -> float | None:
    """Commits a second of pgbench writing what settling writes, with PGBENCH_CLIENTS connections; None without it."""
    if shutil.which("pgbench") is None:
        return None
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        for statement in NUMBERED.strip().split(";\n"):
            await connection.execute(text(statement.rstrip(";")))
    await engine.dispose()
    mine = "payment_id = (SELECT payment_id FROM numbered WHERE n = :n)"
    script = SAME_ROWS.format(
        count=REVERSALS,
        attempt=_again("provider_attempts", 1, mine),
        changes=_again("status_changes", 2, mine.replace("payment_id =", "about_id =", 1)),
        entries=_again("ledger_entries", 2, mine),
        event=_again("outbox_events", 1, "id = (SELECT id FROM outbox_events LIMIT 1)"),
    )
    server = make_url(url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        process = await asyncio.create_subprocess_exec(
            *("pgbench", "-n", "-M", "prepared", "-c", str(PGBENCH_CLIENTS), "-j", "2", "-T", str(PGBENCH_SECONDS)),
            *("-f", file.name, "-h", str(server.host), "-p", str(server.port or 5432)),
            *("-U", str(server.username or "postgres"), str(server.database)),
            env={**os.environ, "PGPASSWORD": str(server.password or "")},
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()
    found = re.search(r"tps = ([\d.]+)", said.decode())
    return round(float(found[1])) if found else None


async def measured() -> Sequence[Result]:
    name = "reversals settled, postgresql, 1 process"
    if missing("postgresql"):
        return [{"name": name, "skipped": missing("postgresql"), "reached": True}]
    async with database("postgresql") as url:
        rate = await recorded_per_second(url)
        ceiling = await pgbench_per_second(url)
    return [
        {
            "name": name,
            "reversals": REVERSALS,
            "reversals_per_second": round(rate, 1),
            "pgbench_commits_per_second": ceiling,
            "reached": rate >= TARGET,
        }
    ]


if __name__ == "__main__":
    asked = options(__doc__.splitlines()[0])
    run(measured, as_json=asked.json)
