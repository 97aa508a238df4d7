"""Catch-up: the provider's own list of events (kept 30 days) fed through the same inbox, so none is missed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from veza.kit.database import Database
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import Gateway
from veza.money.webhook_events import HANDLERS
from veza.money.webhook_inbox import Inbox, WebhookEvent

EVENTS_KEPT = timedelta(days=30)
TYPES_PER_REQUEST = 20
"""Stripe lists at most this many types at once."""


class CatchUpFailed(Exception):
    """The provider's events could not be listed to the end; what was listed was handled."""


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """How many events the provider listed, how many of them were missing here, and how many still wait."""

    listed: int
    missed: int
    waiting: int


async def catch_up(database: Database, gateway: Gateway, inbox: Inbox, since: timedelta) -> CaughtUp:
    """Ask for every event of the last `since` (at most 30 days) and handle, oldest first, those never received."""
    start = database.clock.now() - min(since, EVENTS_KEPT)
    types = sorted(HANDLERS)
    found: list[Mapping[str, Any]] = []
    failed: Answer | None = None
    for i in range(0, len(types), TYPES_PER_REQUEST):
        listing = await gateway.events_since(start, tuple(types[i : i + TYPES_PER_REQUEST]))
        found += listing.items
        if listing.failed is not None:
            failed = listing.failed
            break
    missed = await _unknown(database, [str(event["id"]) for event in found])
    waiting = 0
    for event in sorted(found, key=lambda one: int(one["created"])):
        if event["id"] in missed:
            state = await inbox.accept(event, json.dumps(event), source="catch-up")
            waiting += state == "received"
    if failed is not None:
        raise CatchUpFailed(f"the provider's events could not be listed to the end: {failed}")
    return CaughtUp(len(found), len(missed), waiting)


async def _unknown(database: Database, ids: list[str]) -> set[str]:
    known: set[str] = set()
    async with database.read() as session:
        for i in range(0, len(ids), 500):
            mine = select(WebhookEvent.id).where(WebhookEvent.id.in_(ids[i : i + 500]))
            known.update((await session.scalars(mine)).all())
    return set(ids) - known
