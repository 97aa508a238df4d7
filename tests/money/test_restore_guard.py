"""When a process finds its database older than the provider, what it compares then, and when it sends again."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from tests.money.acts import DAY, HOUR, MINUTE, open_findings
from tests.money.restore_acts import account_row, held_by_sellers, ordered, pay, restore
from veza.kit import worker
from veza.lab.simulator import backups
from veza.lab.simulator.stage import Stage
from veza.money.catch_up import catch_up
from veza.money.facade import Money
from veza.money.provider_account import ProviderAccount
from veza.money.restore_guard import let_go
from veza.money.transfers import SellerTransfer


async def test_nothing_is_sent_while_the_provider_cannot_say_what_was_missed(any_stage: Stage) -> None:
    stage = any_stage
    order = await ordered(stage, [("anna", 1000)])
    waiting = await stage.sell([("ben", 700)])
    await stage.deliver()
    backup = await backups.take(stage.database.engine)
    pay(stage, order)
    await stage.settle()
    effects = dict(stage.sandbox.world.effects)

    await restore(stage, backup)
    stage.sandbox.add_fault("error_503", path=r"^/v1/(charges|transfers)$", method="GET", times=None)
    await stage.settle()
    for _ in range(5):
        await stage.pass_time(HOUR)
    assert stage.sandbox.world.effects == effects
    assert await open_findings(stage) == {"sending": "older_than_provider"}
    assert (await account_row(stage)).held_at is not None

    stage.sandbox.clear_faults()
    await stage.pass_time(HOUR)
    assert (await account_row(stage)).held_at is None
    assert stage.sandbox.world.effects == effects, "both had been sent before"
    assert {row.payment_id for row in await stage.all(SellerTransfer)} == {order.id, waiting}
    assert await open_findings(stage) == {}


@pytest.mark.parametrize("first", ["catch-up", "guard", "webhooks"])
async def test_what_was_lost_is_named_by_whichever_way_its_events_came_first(any_stage: Stage, first: str) -> None:
    """The schedule or redelivered webhooks may be faster than the look at the provider's newest events."""
    stage = any_stage
    await stage.sold([("anna", 300)])
    backup = await backups.take(stage.database.engine)
    await stage.pass_time(HOUR)
    lost = await ordered(stage, [("anna", 1000), ("ben", 500)])
    charge = pay(stage, lost)
    await stage.settle()
    held = held_by_sellers(stage)
    await stage.pass_time(2 * DAY)
    if first == "webhooks":
        await restore(stage, backup)
        pay(stage, await ordered(stage, [("ben", 200)]))
        await stage.deliver()
    else:
        await backups.put_back(stage.database.engine, backup)
    if first == "catch-up":
        await catch_up(stage.database, stage.money.gateway, stage.money.inbox, 30 * DAY)
    if first == "guard":
        await worker.run_once(stage.money.guard)
    await stage.settle()
    await stage.pass_time(MINUTE)
    assert (await open_findings(stage))[charge] == "missing_here"
    assert (await account_row(stage)).held_at is None
    now_held = held_by_sellers(stage)
    assert {whose: now_held[whose] for whose in held} == dict(held)


async def test_a_backup_from_before_any_contact_with_the_provider_is_looked_at_anew(any_stage: Stage) -> None:
    stage = any_stage
    await stage.sold([("anna", 300)])
    async with stage.database.write() as session:
        await session.execute(delete(ProviderAccount))
    later = await stage.sold([("anna", 500)])
    await stage.pass_time(MINUTE)
    assert (await account_row(stage)).held_at is None
    assert [one.status for one in await stage.all(SellerTransfer, payment_id=later)] == ["completed"]


async def test_a_database_that_is_current_sends_without_looking(any_stage: Stage) -> None:
    await any_stage.sold([("anna", 1000)])
    any_stage.money = Money(any_stage.database, any_stage.money.gateway, any_stage.money.rules)
    asked = []
    any_stage.money.gateway._observe = lambda family, _: asked.append(family)
    await any_stage.sell([("anna", 1000)])
    await any_stage.deliver()
    await any_stage.settle()
    # The charge by the check worker; which account, and its newest events, once by the guard.
    assert asked.count("account") == 1
    assert len(await any_stage.all(SellerTransfer, status="completed")) == 2


async def test_an_operator_may_let_sending_go_on_without_a_comparison(any_stage: Stage) -> None:
    """What belongs to payments made before is still looked up before it is sent."""
    stage = any_stage
    order = await ordered(stage, [("anna", 1000)])
    backup = await backups.take(stage.database.engine)
    charge = pay(stage, order)
    await stage.settle()
    held = held_by_sellers(stage)
    await restore(stage, backup)
    stage.sandbox.add_fault("error_503", path=r"^/v1/(events|charges)$", method="GET", times=None)
    await stage.settle()
    assert not await stage.money.guard.has_looked()
    async with stage.database.write("olga") as session:
        await let_go(session, "the provider's list of events is broken")
    await stage.pass_time(HOUR)
    assert await stage.money.guard.has_looked()
    assert charge
    stage.sandbox.clear_faults()
    await stage.pass_time(DAY)
    assert held_by_sellers(stage) == held
