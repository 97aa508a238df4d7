"""Plays scenarios: each on a stage of its own, each ending with the facts that must hold in every one."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from veza.lab.fresh_database import fresh_database
from veza.lab.sandbox_remote import SandboxRefused
from veza.lab.scenarios import bank_plays, money_plays, trouble_plays
from veza.lab.scenarios.facts import check_books
from veza.lab.scenarios.narrator import Narrator
from veza.lab.scenarios.outage_play import ProviderDown
from veza.lab.scenarios.scene import Act, Fact, NeverQuiet, Scene, open_scene
from veza.money.differences import CannotReconcile
from veza.money.payments import Payment
from veza.money.timeline import Entry, timeline

LONGEST_TIMELINE = 400
"""Entries of one payment shown at most; the crowd's others look alike."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One play. `request_timeout` is how long our client waits; `switches` are sandbox settings."""

    name: str
    act: Act
    request_timeout: timedelta = timedelta(seconds=20)
    switches: dict[str, Any] = field(default_factory=dict)

    @property
    def story(self) -> str:
        """What it is about, in one sentence."""
        return (self.act.__doc__ or "").strip()


SCENARIOS = (
    Scenario("sale-and-refund", money_plays.sale_and_refund),
    Scenario("two-sellers-three-partial-refunds", money_plays.two_sellers_three_partial_refunds),
    Scenario("refund-after-payout", money_plays.refund_after_payout),
    Scenario("lost-answer", trouble_plays.lost_answer, request_timeout=timedelta(seconds=2)),
    Scenario("already-reversed", money_plays.already_reversed),
    Scenario("provider-down", ProviderDown()),
    Scenario("dispute-lost", bank_plays.dispute_lost),
    Scenario("dispute-won-after-refund", bank_plays.dispute_won_after_refund),
    Scenario("refund-fails-later", bank_plays.refund_fails_later),
    Scenario("duplicate-and-reversed-webhooks", trouble_plays.duplicate_and_reversed_webhooks),
)


class UnknownScenario(LookupError):
    """No scenario has this name; lists those there are."""

    def __init__(self, name: str) -> None:
        names = ", ".join(one.name for one in SCENARIOS)
        super().__init__(f"there is no scenario “{name[:60]}”; there are {names}")


def scenario(name: str) -> Scenario:
    """The scenario with this name; raises UnknownScenario."""
    for one in SCENARIOS:
        if one.name == name:
            return one
    raise UnknownScenario(name)


@dataclass(frozen=True, slots=True)
class Played:
    """How a scenario went: the facts checked and the first payment's timeline."""

    name: str
    seconds: float
    facts: tuple[Fact, ...]
    timeline: tuple[Entry, ...]

    @property
    def ok(self) -> bool:
        return all(fact.ok for fact in self.facts)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "ok": self.ok,
            "seconds": round(self.seconds, 2),
            "facts": [asdict(fact) for fact in self.facts],
            "timeline": [entry.as_json() for entry in self.timeline],
        }


async def play(chosen: Scenario, narrator: Narrator, *, beside: str | None = None) -> Played:
    """Play one scenario on a fresh database (`beside` the given one on PostgreSQL, else SQLite)."""
    began = time.monotonic()
    async with (
        fresh_database(beside) as url,
        open_scene(url, narrator, request_timeout=chosen.request_timeout, switches=chosen.switches) as scene,
    ):
        try:
            await chosen.act(scene)
            await check_books(scene)
        except (NeverQuiet, SandboxRefused, CannotReconcile) as broken:
            scene.fact("the scenario comes to its end", False, broken)
        entries = await _first_timeline(scene)
    return Played(chosen.name, time.monotonic() - began, tuple(scene.facts), tuple(entries))


async def _first_timeline(scene: Scene) -> list[Entry]:
    bought = await scene.all(Payment)
    if not bought:
        return []
    async with scene.database.read() as session:
        return (await timeline(session, bought[0].id))[:LONGEST_TIMELINE]
