"""Every scenario holds, over the real wire; and the player says so when one does not."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from rich.console import Console

from tests.conftest import POSTGRES
from veza.lab.scenarios.narrator import Silent
from veza.lab.scenarios.outage_play import ProviderDown
from veza.lab.scenarios.player import SCENARIOS, Played, Scenario, play
from veza.lab.scenarios.scene import Scene
from veza.ops import scenario_report as report
from veza.ops.storyteller import Storyteller

SMALL = [one for one in SCENARIOS if one.name != "provider-down"]
ASKED_FOR = {
    "sale-and-refund",
    "two-sellers-three-partial-refunds",
    "refund-after-payout",
    "lost-answer",
    "already-reversed",
    "provider-down",
    "dispute-lost",
    "dispute-won-after-refund",
    "refund-fails-later",
    "duplicate-and-reversed-webhooks",
}


def broken(played: Played) -> list[str]:
    return [f"{fact.sentence} (seen: {fact.seen})" for fact in played.facts if not fact.ok]


def test_every_scenario_asked_for_is_there() -> None:
    assert {one.name for one in SCENARIOS} == ASKED_FOR
    assert all(one.story.endswith(".") for one in SCENARIOS)


@pytest.mark.parametrize("scenario", SMALL, ids=lambda one: one.name)
async def test_a_scenario_holds(scenario: Scenario) -> None:
    played = await play(scenario, Silent())
    assert broken(played) == []
    assert len(played.facts) >= 7
    assert {"move", "attempt", "webhook", "posting"} <= {entry.kind for entry in played.timeline}


async def test_a_story_walks_the_asynchronous_capture_as_the_provider_does() -> None:
    played = await play(SMALL[0], Silent())
    assert any("charge.updated" in entry.what for entry in played.timeline if entry.kind == "webhook")


async def test_a_crowd_survives_two_hours_without_the_provider() -> None:
    played = await play(Scenario("provider-down", ProviderDown(orders=10)), Silent())
    assert broken(played) == []


@pytest.mark.usefixtures("postgres_template")
async def test_a_scenario_holds_on_postgresql() -> None:
    beside = POSTGRES.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
    played = await play(SMALL[1], Silent(), beside=beside)
    assert broken(played) == []


async def test_a_fact_that_does_not_hold_is_named_with_what_was_seen() -> None:
    async def act(scene: Scene) -> None:
        """A promise that is not kept."""
        scene.fact("pigs fly", False, "they walk")

    played = await play(Scenario("pigs", act), Silent())
    console = Console(file=StringIO(), width=100)
    report.print_end(console, played)
    report.print_summary(console, [played])
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert not played.ok
    assert "✗ pigs fly  (seen: they walk)" in said
    assert "1 of 1 scenarios did not hold." in said


async def test_the_story_is_told_in_plain_words() -> None:
    console = Console(file=StringIO(), width=110)
    scenario = next(one for one in SCENARIOS if one.name == "lost-answer")
    await play(scenario, Storyteller(console))
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "▸ A refund; the provider will do the reversal, and its answer gets lost" in said
    assert "transfer to anna 9.00 EUR    completed → reversal_pending" in said
    assert "reversal from anna 9.00 EUR  attempt 1: silence" in said
    assert "⏩ 1 minute later" in said
    assert "attempt 2: done, the first answer again  nothing was done twice" in said


async def test_time_on_stage_moves_only_as_far_as_told() -> None:
    moments = []

    async def act(scene: Scene) -> None:
        """Three days pass."""
        moments.append(scene.clock.now())
        await scene.pass_time(timedelta(days=3))
        moments.append(scene.clock.now())

    await play(Scenario("waiting", act), Silent())
    assert timedelta(days=3) <= moments[1] - moments[0] < timedelta(days=3, minutes=1)
