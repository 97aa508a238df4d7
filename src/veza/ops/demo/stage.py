"""What the demo works with: the real rooms of the process it fills, and the sandbox that plays the provider."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from veza.accounts.room import Accounts
from veza.catalog.room import CatalogRoom
from veza.kit.database import Database, Session
from veza.market.rules import MarketRules
from veza.money.room import MoneyRoom
from veza.money.sandbox.core import Sandbox

STEP_TAKES = timedelta(seconds=60)
"""How long one step may take to show; a demo that hangs says so and leaves what it made."""
POLL_SECONDS = 0.1


class DemoStuck(Exception):
    """A step of the demo did not show in time; what was made so far stays."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """Every room the demo makes something in."""

    accounts: Accounts
    catalog: CatalogRoom
    market: MarketRules
    money: MoneyRoom
    sandbox: Sandbox

    @property
    def database(self) -> Database:
        return self.money.database

    async def until(self, what: str, is_so: Callable[[Session], Awaitable[bool]]) -> None:
        """Wait for the workers and webhooks to have done it. Raises DemoStuck."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STEP_TAKES.total_seconds()):
                while True:
                    async with self.database.read() as session:
                        if await is_so(session):
                            return
                    await asyncio.sleep(POLL_SECONDS)
        raise DemoStuck(f"waited {STEP_TAKES.total_seconds():.0f} s until {what}, in vain")


@dataclass(frozen=True, slots=True)
class OnShelf:
    """A release as it is sold: its product, and what it costs."""

    release_id: UUID
    product_id: UUID
    price_minor: int
    currency: str
    artist: str


@dataclass(slots=True)
class Label:
    """What has been made so far, by the names of the roster."""

    dice: random.Random
    artists: dict[str, UUID] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    shelf: dict[str, OnShelf] = field(default_factory=dict)
    tracks: dict[str, list[UUID]] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
