"""How near to the provider's limit a backlog of reversals drains, and that it never goes above it.

3,000 reversals wait; the sandbox answers over HTTP after 150 ms and would refuse more than 100 requests a second.
Real `veza worker` processes drain them. `ratio` is what they did of the cap, from the first request to the last
settled row; `busiest_second` is the most requests in any sliding second, by their arrival at the sandbox.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from _seed import fill, refunded
from _stand import REDIS, Result, database, missing, options, run, running, sandbox
from redis.asyncio import Redis
from sqlalchemy import Integer, cast, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from veza.money.pace_redis import KEY
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer

CAP = 100
LATENCY_MS = 150
TARGET = 0.90
MOST_SECONDS = 120


async def drained(kind: str, workers: int, count: int, *, redis: bool = False) -> Result:
    """Drain `count` reversals with so many worker processes; the sandbox and the rows say how it went."""
    what = f"{kind}, {workers} {'process' if workers == 1 else 'processes'}{', Redis' if redis else ''}"
    for service in (kind, "redis") if redis else (kind,):
        if missing(service):
            return {"name": what, "skipped": missing(service), "reached": True}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="veza-bench-")))
        url = await stack.enter_async_context(database(kind))
        await fill(url, count, refunded, folder / "sandbox.db")
        serving = sandbox(folder / "sandbox.db", latency_ms=LATENCY_MS, per_second=CAP)
        stripe = await stack.enter_async_context(serving)
        settings = {
            "DATABASE_URL": url.replace("+asyncpg", "").replace("+aiosqlite", ""),
            "STRIPE_SECRET_KEY": "sk_test_bench",
            "STRIPE_API_BASE": stripe.line,
            "STRIPE_MAX_REQUESTS_PER_SECOND": str(CAP),
            "STRIPE_WORKERS_SHARE": "1",
            "REVERSAL_CONCURRENCY": "32",
            "REDIS_URL": await stack.enter_async_context(_own_redis()) if redis else "",
        }
        starts = [running(["-m", "veza", "worker"], settings, "running") for _ in range(workers)]
        processes = await asyncio.gather(*(stack.enter_async_context(start) for start in starts))
        ended = await _all_settled(url)
        used = [sum(one.cpu_seconds() for one in kind) / count * 1000 for kind in (processes, [stripe])]
        said = await _log(stripe.line)
        result = _result(what, count, ended, said, await _settled(url))
    return {**result, "workers_cpu_ms": round(used[0], 1), "sandbox_cpu_ms": round(used[1], 1)}


def _result(what: str, count: int, ended: float, said: dict[str, Any], rows: dict[str, int]) -> Result:
    seconds = ended - said["arrivals"][0]
    ratio = count / seconds / CAP
    result: Result = {
        "name": what,
        "reversals": count,
        "seconds": round(seconds, 2),
        "requests_per_second": round(count / seconds, 1),
        "cap": CAP,
        "ratio": round(ratio, 3),
        "busiest_second": said["busiest_second"],
        "refused_for_the_rate": said["statuses"].get("429", 0),
        "lost": count - rows["succeeded"],
        "double": said["effects"]["reversals"] - rows["provider_ids"],
        "requests": said["requests"],
    }
    clean = not (result["lost"] or result["double"] or result["refused_for_the_rate"])
    whole = rows["reversed"] == count and said["effects"]["reversals"] == count
    return {**result, "reached": clean and whole and ratio >= TARGET and said["busiest_second"] <= CAP}


async def _all_settled(url: str) -> float:
    """Wait until nothing is pending; the time is comparable with the sandbox's arrivals (one machine's clock)."""
    engine = create_async_engine(url)
    waiting = select(func.count()).where(TransferReversal.next_retry_at.is_not(None))
    began = time.monotonic()
    try:
        while time.monotonic() - began < MOST_SECONDS:
            async with engine.connect() as connection:
                left = await connection.scalar(waiting)
            if not left:
                return time.monotonic()
            # Hardly ever while much is left: looking costs the machine that is measured.
            await asyncio.sleep(0.02 if left < 40 else 0.25)
        return time.monotonic()
    finally:
        await engine.dispose()


async def _settled(url: str) -> dict[str, int]:
    engine = create_async_engine(url)
    reversals = select(
        func.sum(cast(TransferReversal.status == "succeeded", Integer)),
        func.count(TransferReversal.stripe_reversal_id.distinct()),
    )
    transfers = select(func.count()).where(
        SellerTransfer.status == "reversed", SellerTransfer.reversed_minor == SellerTransfer.sent_minor
    )
    async with engine.connect() as connection:
        succeeded, provider_ids = (await connection.execute(reversals)).one()
        found = {"succeeded": succeeded, "provider_ids": provider_ids, "reversed": await connection.scalar(transfers)}
    await engine.dispose()
    return found


@asynccontextmanager
async def _own_redis() -> AsyncIterator[str]:
    """A database of Redis that no other program uses by default; the pace's key is gone afterwards."""
    url = make_url(REDIS).set(database="15").render_as_string(hide_password=False)
    redis = Redis.from_url(url)
    await redis.delete(KEY)
    try:
        yield url
    finally:
        await redis.delete(KEY)
        await redis.aclose()


async def _log(provider: str) -> dict[str, Any]:
    async with aiohttp.ClientSession() as http, http.get(f"{provider}/_sandbox/requests") as answer:
        said: dict[str, Any] = await answer.json()
    return said


async def measured(workers: int, count: int) -> Sequence[Result]:
    if workers == 1:
        return [await drained(kind, 1, count) for kind in ("sqlite", "postgresql")]
    return [await drained("postgresql", workers, count, redis=redis) for redis in (True, False)]


if __name__ == "__main__":
    asked = options(
        __doc__.splitlines()[0],
        ("--workers", {"type": int, "default": 1, "help": "worker processes; more than one needs PostgreSQL"}),
        ("--reversals", {"type": int, "default": 3000, "help": "how many wait"}),
    )
    run(lambda: measured(asked.workers, asked.reversals), as_json=asked.json)
