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
"""How long one step may take to show; a demo that hangs says so and leaves what it made."""
POLL_SECONDS = 0.1
NOT_YET = UUID(int=0)


class DemoStuck(Exception):
    """A step of the demo did not show in time; what was made so far stays."""


class DemoCutShort(Exception):
    """A demo was begun here and never finished: it cannot be taken up again."""

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
        """Wait for the workers and webhooks to have done it. Raises DemoStuck."""
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
    """What the seed drew, and what has been made of it so far; releases are spoken of as in the roster."""

    seed: int
    roster: Roster
    month: tuple[Sale, ...]
    dice: random.Random
    owner: UUID = NOT_YET
    """Who runs all eight artists."""
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
        """Those of them that one listens to: samples are for work."""
        return [where for where in self.published if self.roster.record(where).kind != "sample_pack"]

    def some_tracks(self, count: int) -> list[UUID]:
        """Tracks of as many different releases."""
        return [self.dice.choice(self.tracks[where]) for where in self.dice.sample(self.heard, count)]
