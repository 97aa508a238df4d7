"""Delivering webhooks over HTTP: signed, retried with growing pauses, forgotten after days."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import aiohttp
import structlog

from veza.lab.sandbox.control import Controls
from veza.lab.sandbox.core import Sandbox
from veza.lab.sandbox.webhooks import Delivery, sign_payload

POLL_SECONDS = 0.05
AT_ONCE = 8
TIMEOUT_SECONDS = 20.0
log = structlog.get_logger(__name__)


async def deliver_webhooks(sandbox: Sandbox, stop: asyncio.Event) -> None:
    """Deliver what is due until `stop` is set; what is then in flight is finished within the timeout."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    flying: set[asyncio.Task[None]] = set()
    async with aiohttp.ClientSession(timeout=timeout) as http:
        while not stop.is_set():
            for platform in (sandbox, *sandbox.platforms.values()):
                for delivery in platform.due_deliveries(AT_ONCE - len(flying)):
                    flying.add(asyncio.create_task(deliver(platform, http, delivery)))
            if flying:
                _, flying = await asyncio.wait(flying, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), POLL_SECONDS)
        if flying:
            await asyncio.wait(flying)


async def deliver(sandbox: Controls, http: aiohttp.ClientSession, delivery: Delivery) -> None:
    """Make one attempt and note how it went."""
    # The receiver compares with its own clock, so the signature's time is not the moved sandbox time.
    timestamp = int(sandbox.clock.now().timestamp())
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": sign_payload(delivery.secret, delivery.payload, timestamp),
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    status: int | None = None
    try:
        async with http.post(delivery.url, data=delivery.payload, headers=headers, allow_redirects=False) as answer:
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        log.info("webhook not delivered", event_type=delivery.type, url=delivery.url, why=str(error))
    sandbox.record_delivery(delivery.id, status)
