"""A seller's account that is closed or deauthorised is let go; they onboard anew, and what waits for them follows."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.money.acts import HOUR, findings, sent_there, transfer
from veza.lab.sandbox.webhooks import sign_payload
from veza.lab.simulator.stage import SECRET, Stage
from veza.money.sellers import Seller, onboard
from veza.money.stripe.definite import ProviderUnavailable
from veza.money.transfers import SellerTransfer


async def seller(stage: Stage) -> Seller:
    row: Seller = await stage.one(Seller, id="anna")
    return row


async def onboard_anew(stage: Stage) -> str:
    """Anna onboards and fills in the provider's form; the id of her account."""
    row, _ = await onboard(
        stage.database, stage.money.gateway, "anna", "anna", "DE", return_url="https://veza.test/", actor="olga"
    )
    account = str(row.stripe_account_id)
    stage.sandbox.complete_onboarding(account)
    await stage.settle()
    return account


def destinations(stage: Stage) -> list[str]:
    return [str(row["destination"]) for row in stage.sandbox.world.transfers.rows.values()]


async def test_a_deauthorized_account_is_let_go_and_told(stage: Stage) -> None:
    old = str((await seller(stage)).stripe_account_id)
    stage.sandbox.deauthorize_account(old)
    await stage.settle()
    row = await seller(stage)
    assert (row.stripe_account_id, row.transfers_active) == (None, False)
    assert [(one["id"], "account.application.deauthorized" in one["because"]) for one in row.former_accounts] == [
        (old, True)
    ]
    assert await findings(stage) == ["account_gone"]


@pytest.mark.parametrize("sold", ["before", "after"])
async def test_shares_wait_for_the_new_account_and_are_sent_there_once(stage: Stage, sold: str) -> None:
    old = str((await seller(stage)).stripe_account_id)
    if sold == "before":
        await stage.sell([("anna", 1000)])
        stage.sandbox.deauthorize_account(old)
    else:
        stage.sandbox.deauthorize_account(old)
        await stage.settle()
        await stage.sell([("anna", 1000)])
    await stage.settle()
    assert (sent_there(stage), (await transfer(stage)).status) == ([], "pending")
    await stage.pass_time(timedelta(days=40))
    assert (await transfer(stage)).status == "pending", "it waits as long as the seller does not onboard"
    new = await onboard_anew(stage)
    assert (new != old, destinations(stage), sent_there(stage)) == (True, [new], [900])
    assert (await transfer(stage)).status == "completed"
    assert await findings(stage) == []


async def test_without_any_event_onboarding_finds_the_account_gone_and_opens_another(stage: Stage) -> None:
    old = str((await seller(stage)).stripe_account_id)
    stage.sandbox.deauthorize_account(old, tell=False)
    await stage.sell([("anna", 1000)])
    await stage.settle()
    waiting = await transfer(stage)
    assert (waiting.status, waiting.last_outcome, waiting.retry_count) == ("pending", "account_gone", 0)
    assert await findings(stage) == ["account_gone"]
    new = await onboard_anew(stage)
    assert (new != old, destinations(stage), (await transfer(stage)).status) == (True, [new], "completed")
    assert await findings(stage) == []
    again = await onboard_anew(stage)
    assert again == new, "a living account is kept"


async def test_it_may_happen_twice(stage: Stage) -> None:
    seen = {str((await seller(stage)).stripe_account_id)}
    for _ in range(2):
        stage.sandbox.deauthorize_account(str((await seller(stage)).stripe_account_id))
        await stage.settle()
        seen.add(await onboard_anew(stage))
    assert len(seen) == 3
    assert len((await seller(stage)).former_accounts) == 2


@pytest.mark.parametrize("fault", ["rate_limit", "error_503", "unauthorized", "forbidden", "timeout_before_effect"])
async def test_a_provider_that_does_not_answer_loses_no_account(stage: Stage, fault: str) -> None:
    old = (await seller(stage)).stripe_account_id
    stage.sandbox.add_fault(fault, times=None)
    with pytest.raises(ProviderUnavailable):
        await onboard_anew(stage)
    stage.sandbox.clear_faults()
    assert (await seller(stage)).stripe_account_id == old


async def test_one_dead_account_holds_up_no_other_seller(stage: Stage) -> None:
    await stage.seller("ben")
    stage.sandbox.deauthorize_account(str((await seller(stage)).stripe_account_id), tell=False)
    for _ in range(3):
        await stage.sell([("anna", 1000), ("ben", 1000)])
    await stage.settle()
    statuses = {(row.seller_id, row.status) for row in await stage.all(SellerTransfer)}
    assert statuses == {("anna", "pending"), ("ben", "completed")}
    assert "breaker_open" not in await findings(stage)


async def test_a_reversal_of_a_gone_account_ends_as_a_debt(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    stage.sandbox.deauthorize_account(str((await seller(stage)).stripe_account_id))
    await stage.settle()
    await stage.refund(payment_id, 1000)
    await stage.settle()
    await stage.pass_time(HOUR)
    assert (await transfer(stage)).status in ("reversed", "permanently_failed")
    assert "breaker_open" not in await findings(stage)


def said(stage: Stage, row: Seller, number: int, created: int, status: str) -> bytes:
    account = {"id": row.stripe_account_id, "object": "account", "capabilities": {"transfers": status}}
    event: dict[str, Any] = {
        "id": f"evt_{number}", "object": "event", "type": "account.updated", "created": created, "livemode": False,
        "account": row.stripe_account_id, "data": {"object": account}, "request": None,
    }  # fmt: skip
    return json.dumps(event).encode()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1), (1, 0, 2), (0, 2, 1)])
@pytest.mark.parametrize("last", ["active", "inactive"])
async def test_the_newest_news_of_an_account_counts_in_every_order_of_arrival(
    stage: Stage, order: tuple[int, ...], last: str
) -> None:
    row = await seller(stage)
    now = int(stage.clock.now().timestamp())
    states = ["inactive" if last == "active" else "active", "pending", last]
    for i in order:
        body = said(stage, row, i, now - 100 + i, states[i])
        await stage.money.inbox.receive(body, sign_payload(SECRET, body, now))
    assert (await seller(stage)).transfers_active == (last == "active")
