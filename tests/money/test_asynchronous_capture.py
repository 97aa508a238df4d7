"""With asynchronous capture a charge is settled seconds after it succeeded: `charge.updated` clears the sale."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec import Raw

from tests.money.acts import MINUTE, posts, sent_there
from veza.lab.sandbox.events import emit
from veza.lab.simulator.stage import Stage
from veza.money.payments import Payment


@pytest.fixture
async def unsettled(stage: Stage) -> dict[str, Any]:
    """A charge that was taken and is not settled yet; its news was delivered. Returns the charge as it is there."""
    await stage.sell([("anna", 1000)])
    (charge,) = stage.sandbox.world.charges.rows.values()
    txn = f'"{charge["balance_transaction"]}"'.encode()
    for event in stage.sandbox.world.events.rows.values():
        event["data"]["object"] = Raw(bytes(event["data"]["object"]).replace(txn, b"null"))
    charge["_settled"], charge["balance_transaction"] = charge["balance_transaction"], None
    return dict(charge)


def settle_there(stage: Stage, *, tell: bool = True) -> None:
    (charge,) = stage.sandbox.world.charges.rows.values()
    charge["balance_transaction"] = charge["_settled"]
    if tell:
        emit(stage.sandbox.world, "charge.updated", charge, previous={"balance_transaction": None})


async def test_the_sale_is_cleared_at_once_when_the_charge_is_settled(stage: Stage, unsettled: dict[str, Any]) -> None:
    await stage.settle()
    row: Payment = await stage.one(Payment)
    assert (row.status, row.cleared_at, sent_there(stage)) == ("succeeded", None, [])
    stage.clock.advance(timedelta(seconds=3))
    settle_there(stage)
    await stage.settle()
    row = await stage.one(Payment)
    assert (row.cleared_at, row.check_at) == (stage.clock.now(), None)
    assert sent_there(stage) == [900]


async def test_nothing_is_asked_while_the_event_is_awaited(stage: Stage, unsettled: dict[str, Any]) -> None:
    before = posts(stage)
    await stage.settle()
    assert posts(stage) == before, "the charge said itself that it is not settled"


async def test_a_lost_event_is_made_good_by_a_look_a_minute_later(stage: Stage, unsettled: dict[str, Any]) -> None:
    await stage.settle()
    settle_there(stage, tell=False)
    await stage.pass_time(MINUTE)
    assert (await stage.one(Payment)).cleared_at is not None
    assert sent_there(stage) == [900]


async def test_the_event_may_overtake_the_charge_and_come_twice(stage: Stage, unsettled: dict[str, Any]) -> None:
    stage.sandbox.add_fault("webhook_late", event="charge.succeeded", delay_seconds=60)
    stage.sandbox.add_fault("webhook_late", event="payment_intent.succeeded", delay_seconds=60)
    settle_there(stage)
    settle_there(stage)
    await stage.settle()
    assert (await stage.one(Payment)).cleared_at is not None
    await stage.pass_time(MINUTE)
    assert sent_there(stage) == [900]


async def test_an_update_of_a_cleared_charge_asks_nothing(stage: Stage) -> None:
    await stage.sold([("anna", 1000)])
    (charge,) = stage.sandbox.world.charges.rows.values()
    before = posts(stage)
    emit(stage.sandbox.world, "charge.updated", charge, previous={"description": None})
    await stage.settle()
    assert posts(stage) == before


@pytest.mark.parametrize("fault", ["rate_limit", "error_503", "timeout_before_effect"])
async def test_a_charge_that_cannot_be_read_is_read_again_soon(stage: Stage, fault: str) -> None:
    stage.sandbox.add_fault(fault, method="GET", path="^/v1/charges/")
    await stage.sell([("anna", 1000)])
    await stage.settle()
    assert (await stage.one(Payment)).cleared_at is None
    await stage.pass_time(timedelta(seconds=15))
    assert (await stage.one(Payment)).cleared_at is not None


async def test_it_is_read_again_with_ever_longer_waits_of_an_hour_at_most(stage: Stage) -> None:
    stage.sandbox.add_fault("error_503", method="GET", path="^/v1/charges/", times=None)
    await stage.sell([("anna", 1000)])
    await stage.settle()
    waits = []
    for _ in range(10):
        row: Payment = await stage.one(Payment)
        assert row.check_at is not None
        waits.append((row.check_at - stage.clock.now()).total_seconds())
        await stage.pass_time(row.check_at - stage.clock.now())
    assert waits == [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    stage.sandbox.clear_faults()
    await stage.pass_time(timedelta(hours=1))
    assert sent_there(stage) == [900]
