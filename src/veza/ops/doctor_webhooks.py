"""What the doctor finds of the webhook endpoints at the provider: whether they are ours, on, and hear every event."""

from __future__ import annotations

from typing import Any

import aiohttp

from veza.money.webhook_events import HANDLERS
from veza.ops.doctor_finding import Finding
from veza.settings import Settings

PATHS = ("/webhooks/stripe", "/api/v1/webhooks/stripe")
PAGE = "docs/webhook-events.md"


async def webhook_endpoints(settings: Settings, base: str, key: str, bound_seconds: float) -> Finding:
    """Compare the events of the endpoints that lead here with those Veza hears."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(bound_seconds)) as http,
            http.get(
                f"{base}/v1/webhook_endpoints", params={"limit": "100"}, headers={"Authorization": f"Bearer {key}"}
            ) as answer,
        ):
            body = await answer.json(content_type=None)
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return Finding("webhooks", False, f"the provider's endpoints cannot be listed: {error}", "check the network")
    listed = body.get("data") if isinstance(body, dict) else None
    if status != 200 or not isinstance(listed, list):
        advice = f"compare them by hand with {PAGE}, or let the key read webhook endpoints"
        return Finding("webhooks", False, f"the key may not list the provider's endpoints ({status})", advice)
    return compared(settings, listed)


def compared(settings: Settings, listed: list[dict[str, Any]]) -> Finding:
    """What the provider's list says of us."""
    addresses = [settings.base_url + path for path in PATHS]
    ours = [one for one in listed if one.get("url") in addresses]
    if not ours:
        return Finding("webhooks", False, f"the provider has no endpoint at {addresses[0]}", f"make it: see {PAGE}")
    on = [one for one in ours if one.get("status") != "disabled"]
    heard = {event for one in on for event in one.get("enabled_events", ())}
    missing = [] if "*" in heard else sorted(set(HANDLERS) - heard)
    if not on:
        return Finding("webhooks", False, f"the endpoint at {addresses[0]} is disabled", "enable it in the dashboard")
    if missing:
        return Finding("webhooks", False, f"the provider does not send {', '.join(missing)}", f"add them: see {PAGE}")
    return Finding(
        "webhooks", True, f"{len(on)} endpoint(s) at {addresses[0]} hear all {len(HANDLERS)} kinds of events"
    )
