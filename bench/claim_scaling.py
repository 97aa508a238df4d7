"""Whether claiming costs the same however long the table has grown.

Two databases hold a thousand and a million reversals, all final but a hundred that wait. The real worker claims 20
of them again and again, in turns, so that both see the same noise; `ratio` is the median of the big one over that of
the small one. The plan the database chose is printed with it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from _seed import fill, refunded
from _stand import Result, database, missing, options, run
from money_throughput import AtOnce
from sqlalchemy import literal_column, text, update

from veza.kit.database import Base, Database
from veza.money.configured import money_rules
from veza.money.facade import Money
from veza.money.pace import Unpaced
from veza.money.reversals import TransferReversal
from veza.money.stripe.gateway import Gateway
from veza.settings import Settings

FEW, MANY = 1_000, 1_000_000
WAITING = 100
CLAIMED = 20
TIMES = 40
TARGET = 1.5

SERIES = {
    "postgresql": "SELECT generate_series(CAST(:first AS int), CAST(:last AS int)) AS n",
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM s WHERE n < :last) SELECT n FROM s",
}
AT_ONCE = 100_000
NUMBERED_ID = {"postgresql": "lpad(to_hex(n), 32, '0')::uuid", "sqlite": "printf('%032x', n)"}


async def measured(many: int) -> Sequence[Result]:
    return [await scaled(kind, many) for kind in ("postgresql", "sqlite")]


async def scaled(kind: str, many: int) -> Result:
    """Median time of one claim with few and with `many` rows, and their ratio."""
    name = f"claim of {CLAIMED} rows, {kind}"
    if missing(kind):
        return {"name": name, "skipped": missing(kind), "reached": True}
    async with AsyncExitStack() as stack:
        modules = []
        for rows in (FEW, many):
            url = await stack.enter_async_context(database(kind))
            await fill(url, WAITING, refunded)
            base = Database.open(url)
            stack.push_async_callback(base.close)
            await _grow(base, rows - WAITING)
            modules.append(Money(base, Gateway(AtOnce(), Unpaced()), money_rules(Settings(database_url=url), ())))
        times: list[list[float]] = [[], []]
        for turn in range(TIMES + 2):
            for money, seen in zip(modules, times, strict=True):
                seconds = await _claim(money)
                if turn >= 2:  # the first prepare statements and warm caches
                    seen.append(seconds)
        few_ms, many_ms = (statistics.median(seen) * 1000 for seen in times)
        plan = await _plan(modules[1])
    return {
        "name": name,
        "rows": [FEW, many],
        "few_ms": round(few_ms, 2),
        "many_ms": round(many_ms, 2),
        "ratio": round(many_ms / few_ms, 2),
        "index": "ix_transfer_reversals_next_retry_at" if "ix_transfer_reversals_next_retry_at" in plan else plan,
        "reached": many_ms / few_ms <= TARGET,
    }


async def _claim(money: Money) -> float:
    began = time.perf_counter()
    claims = await money.reversal_worker.claim(CLAIMED)
    seconds = time.perf_counter() - began
    if len(claims) != CLAIMED:
        raise SystemExit(f"claimed {len(claims)} rows instead of {CLAIMED}")
    async with money.database.write() as session:
        mine = update(TransferReversal).where(TransferReversal.id.in_([claim.id for claim in claims]))
        await session.execute(mine.values(next_retry_at=session.now, unanswered=False))
    return seconds


async def _grow(base: Database, count: int) -> None:
    """Write `count` reversed transfers and their succeeded reversals: copies of one that waits, in its final state."""
    final = {"next_retry_at": "NULL", "attempt": "1"}
    transfer = {**final, "id": NUMBERED_ID[base.dialect], "status": "'reversed'", "reversed_minor": "sent_minor"}
    reversal = {**final, "id": NUMBERED_ID[base.dialect], "status": "'succeeded'", "transfer_id": transfer["id"]}
    async with base.engine.begin() as connection:
        for table, changed in (
            ("seller_transfers", transfer | {"stripe_transfer_id": "'tr_' || n"}),
            ("transfer_reversals", reversal | {"stripe_reversal_id": "'trr_' || n", "succeeded_at": "created_at"}),
        ):
            columns = [column.name for column in Base.metadata.tables[table].columns]
            values = ", ".join(str(literal_column(changed.get(name, name))) for name in columns)
            copied = text(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values}"
                f" FROM (SELECT * FROM {table} ORDER BY id LIMIT 1) AS one, ({SERIES[base.dialect]}) AS series"
            )
            # In parts: a statement has 20 s.
            for first in range(0, count, AT_ONCE):
                await connection.execute(copied, {"first": first + 1, "last": min(first + AT_ONCE, count)})
    if base.dialect == "postgresql":
        # As autovacuum does within a minute; SQLite is measured without statistics, as it runs.
        async with base.engine.connect() as connection:
            await connection.execute(text("ANALYZE"))


async def _plan(money: Money) -> str:
    """How the database finds due rows."""
    base = money.database
    due = money.reversal_worker.intent.due.limit(CLAIMED).params(now=base.clock.now())
    compiled = due.compile(dialect=base.engine.sync_engine.dialect, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN " if base.dialect == "postgresql" else "EXPLAIN QUERY PLAN "
    async with base.write("bench") as session:  # what claims locks what it finds, and so does its plan
        rows: Any = (await session.execute(text(explain + str(compiled).replace(":", "\\:")))).all()
    return "; ".join(str(row[-1]).strip() for row in rows)


if __name__ == "__main__":
    asked = options(
        __doc__.splitlines()[0],
        ("--rows", {"type": int, "default": MANY, "help": "rows in the long table"}),
    )
    run(lambda: measured(asked.rows), as_json=asked.json)
