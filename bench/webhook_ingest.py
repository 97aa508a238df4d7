"""How fast one server process takes the provider's webhooks in: verified, stored, handled, answered.

Signed refund events, each of another payment, to a real `veza serve` on PostgreSQL. Handling one records the refund,
returns its lines, posts it and plans the seller's reversal, in one transaction under the payment's lock. Steady:
100 events a second, to a slow server too, latency counted from the moment each was due. Peak: 16 senders that never
wait. Duplicates: the same events again.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import aiohttp
from _seed import GROSS_MINOR, fill, refund_requested
from _stand import Result, database, missing, options, run, running
from sqlalchemy import func, select

from veza.kit.database import Database
from veza.lab.sandbox.webhooks import sign_payload
from veza.money.reversals import TransferReversal
from veza.money.webhook_inbox import EventStatus, WebhookEvent

SECRET = "whsec_bench"
PATH = "/api/v1/webhooks/stripe"
STEADY_PER_SECOND = 100
STEADY_EVENTS = 1_000
PEAK_EVENTS = 1_500
WARM_EVENTS = 100
SENDERS = 16
P99_MS, PEAK, DUPLICATES = 200, 150, 600

SERVER = {
    "PORT": "0",
    "STRIPE_SECRET_KEY": "sk_test_bench",
    "STRIPE_API_BASE": "http://127.0.0.1:9",
    "STRIPE_WEBHOOK_SECRETS": SECRET,
    # What follows from the events is the workers' business, in processes of their own.
    "REFUND_WORKER_ENABLED": "false",
    "TRANSFER_RETRY_WORKER_ENABLED": "false",
    "REVERSAL_WORKER_ENABLED": "false",
}


def event(number: int, rows: dict[str, list[dict[str, Any]]]) -> bytes:
    """The refund of this payment succeeded, as the provider says it."""
    (payment,), (refund,) = rows["payments"], rows["refunds"]
    seen = {
        "id": f"re_{number:08}",
        "object": "refund",
        "amount": GROSS_MINOR,
        "currency": "eur",
        "charge": payment["stripe_charge_id"],
        "payment_intent": payment["stripe_payment_intent_id"],
        "status": "succeeded",
        "metadata": {"veza_refund": str(refund["id"]), "veza_payment": str(payment["id"])},
    }
    created = int(time.time())
    whole = {"id": f"evt_{number:08}", "object": "event", "type": "refund.created", "created": created}
    return json.dumps({**whole, "livemode": False, "data": {"object": seen}}).encode()


class Sender:
    """Posts signed events; `refused` counts answers other than 200."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url
        self.refused = 0

    async def post(self, body: bytes) -> None:
        headers = {"Stripe-Signature": sign_payload(SECRET, body, int(time.time()))}
        async with self._http.post(self._url, data=body, headers=headers) as answer:
            await answer.read()
            self.refused += answer.status != 200

    async def steadily(self, bodies: Sequence[bytes], per_second: float) -> list[float]:
        """Send one every 1/`per_second` seconds; each one's latency from when it was due."""
        began = time.perf_counter()

        async def at(number: int, body: bytes) -> float:
            due = began + number / per_second
            await asyncio.sleep(due - time.perf_counter())
            await self.post(body)
            return time.perf_counter() - due

        return await asyncio.gather(*(at(number, body) for number, body in enumerate(bodies)))

    async def at_once(self, bodies: Sequence[bytes]) -> float:
        """SENDERS senders that never wait; events a second."""
        waiting: Iterator[bytes] = iter(bodies)

        async def send() -> None:
            for body in waiting:
                await self.post(body)

        began = time.perf_counter()
        await asyncio.gather(*(send() for _ in range(SENDERS)))
        return len(bodies) / (time.perf_counter() - began)


async def measured() -> Sequence[Result]:
    name = "webhooks, postgresql, 1 process"
    if missing("postgresql"):
        return [{"name": name, "skipped": missing("postgresql"), "reached": True}]
    async with database("postgresql") as url:
        count = WARM_EVENTS + STEADY_EVENTS + PEAK_EVENTS
        sold = await fill(url, count, refund_requested)
        bodies = iter([event(number, rows) for number, rows in enumerate(sold)])
        settings = {**SERVER, "DATABASE_URL": url.replace("+asyncpg", "")}
        async with running(["-m", "veza", "serve"], settings, "ready on") as server, aiohttp.ClientSession() as http:
            sender = Sender(http, server.line.split()[-1] + PATH)
            await sender.at_once(list(islice(bodies, WARM_EVENTS)))
            latencies = await sender.steadily(list(islice(bodies, STEADY_EVENTS)), STEADY_PER_SECOND)
            last = list(bodies)
            peak = await sender.at_once(last)
            duplicates = await sender.at_once(last)
        handled, planned = await _handled(url)
    p99_ms = statistics.quantiles(latencies, n=100)[98] * 1000
    whole = handled == planned == count and not sender.refused
    return [
        {
            "name": name,
            "events": count,
            "steady_events_per_second": STEADY_PER_SECOND,
            "p50_ms": round(statistics.median(latencies) * 1000, 1),
            "p99_ms": round(p99_ms, 1),
            "peak_events_per_second": round(peak, 1),
            "duplicates_per_second": round(duplicates, 1),
            "handled": handled,
            "reversals_planned": planned,
            "refused": sender.refused,
            "reached": whole and p99_ms < P99_MS and peak >= PEAK and duplicates >= DUPLICATES,
        }
    ]


async def _handled(url: str) -> tuple[int, int]:
    base = Database.open(url)
    async with base.read() as session:
        done = select(func.count()).where(WebhookEvent.state == EventStatus.HANDLED.value)
        planned = select(func.count()).where(TransferReversal.status == "pending")
        found = int(await session.scalar(done) or 0), int(await session.scalar(planned) or 0)
    await base.close()
    return found


if __name__ == "__main__":
    asked = options(__doc__.splitlines()[0])
    run(measured, as_json=asked.json)
