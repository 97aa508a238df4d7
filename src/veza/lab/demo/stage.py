"""What the demo works with: the real modules of the process it fills, and the sandbox that plays the provider."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from veza.accounts.facade import Accounts
from veza.catalog.facade import Catalog
from veza.kit.database import Database, Session
from veza.lab.demo.month import Sale, month_of
from veza.lab.demo.roster import Roster, roster_of
from veza.lab.sandbox.core import Sandbox
from veza.market.rules import MarketRules
from veza.moderation.facade import Moderation
from veza.money.facade import Money

STEP_TAKES = timedelta(seconds=60)
"""The bound of one step; a demo that exceeds it says so and leaves what it made."""
POLL_SECONDS = 0.1
FIRST_SOUND_SECONDS = 120.0
"""What the covers and the second piece of music wait at most until the first piece plays."""
NOT_YET = UUID(int=0)


class DemoStuck(Exception):
    """A step of the demo did not finish in time; what was made so far stays."""


class DemoCutShort(Exception):
    """An earlier demo was not finished; it cannot be continued."""

    def __init__(self, made: int, whole: int) -> None:
        super().__init__(
            f"the demo here was cut short, with {made} of its {whole} payments: "
            "for a whole one begin with an empty database, or with another VAR_DIR"
        )


@dataclass(frozen=True, slots=True)
class Modules:
    """Every module the demo makes something in."""

    accounts: Accounts
    catalog: Catalog
    market: MarketRules
    moderation: Moderation
    money: Money
    sandbox: Sandbox

    @property
    def database(self) -> Database:
        return self.money.database

    async def until(self, what: str, is_so: Callable[[Session], Awaitable[bool]]) -> None:
        """Wait until workers and webhooks have made the condition true. Raises DemoStuck."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STEP_TAKES.total_seconds()):
                while True:
                    async with self.database.read() as session:
                        if await is_so(session):
                            return
                    await asyncio.sleep(POLL_SECONDS)
        raise DemoStuck(f"waited {STEP_TAKES.total_seconds():.0f} s until {what}, in vain")


@dataclass(slots=True)
class Label:
    """The roster that the seed drew, and the ids of what has been made so far; releases have the roster's numbers."""

    seed: int
    roster: Roster
    month: tuple[Sale, ...]
    dice: random.Random
    owner: UUID = NOT_YET
    """The person who runs all eight artists."""
    moderator: UUID = NOT_YET
    listeners: list[UUID] = field(default_factory=list)
    artists: list[UUID] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    releases: dict[tuple[int, int], UUID] = field(default_factory=dict)
    tracks: dict[tuple[int, int], list[UUID]] = field(default_factory=dict)
    products: dict[tuple[int, int, int | None], UUID] = field(default_factory=dict)
    """(act, record, song) → its product; song None is the whole release."""

    @classmethod
    def of(cls, seed: int) -> Label:
        roster = roster_of(seed)
        return cls(seed, roster, month_of(seed, roster), random.Random(f"talk {seed}"))  # noqa: S311  (repeats, no secret)

    @property
    def published(self) -> list[tuple[int, int]]:
        """The public releases."""
        return [where for where in self.releases if self.roster.record(where).status == "published"]

    @property
    def heard(self) -> list[tuple[int, int]]:
        """The public releases without sample packs."""
        return [where for where in self.published if self.roster.record(where).kind != "sample_pack"]

    def some_tracks(self, count: int) -> list[UUID]:
        """`count` tracks, each of another release."""
        return [self.dice.choice(self.tracks[where]) for where in self.dice.sample(self.heard, count)]
