"""A backup is restored: the database is older than the provider, and still sends nothing twice and loses nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.money.acts import DAY, HOUR, MINUTE, REFUNDING, REVERSING, SENDING, open_findings
from tests.money.restore_acts import held_by_sellers, ordered, pay, restore
from tests.pseudo_language import plain
from veza.lab.simulator import backups
from veza.lab.simulator.stage import Stage
from veza.money.catch_up import catch_up
from veza.money.findings import Finding
from veza.money.reconciliation import reconcile
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.sellers import Seller
from veza.money.transfers import SellerTransfer

Recover = Callable[[Stage], Awaitable[None]]


async def by_itself(stage: Stage) -> None:
    """The process starts, and the operator does nothing."""
    await stage.settle()


async def by_hand(stage: Stage) -> None:
    """What docs/operations.md says, before anything runs."""
    money = stage.money
    await catch_up(stage.database, money.gateway, money.inbox, 30 * DAY)
    await reconcile(stage.database, money.gateway, since=30 * DAY, apply=True)
    await stage.settle()


async def by_hand_after_keys_are_forgotten(stage: Stage) -> None:
    await stage.pass_time(2 * DAY)
    await by_hand(stage)


RECOVERIES = pytest.mark.parametrize("recover", [by_itself, by_hand, by_hand_after_keys_are_forgotten])


@RECOVERIES
async def test_shares_sent_after_the_backup_are_not_sent_again(any_stage: Stage, recover: Recover) -> None:
    stage = any_stage
    open_orders = [await ordered(stage, [("anna", 80), ("ben", 1000)]) for _ in range(3)]
    backup = await backups.take(stage.database.engine)
    for order in open_orders:
        pay(stage, order)
    await stage.settle()
    held = held_by_sellers(stage)
    assert sorted(held.values()) == [72, 72, 72, 900, 900, 900]

    await restore(stage, backup)
    await recover(stage)

    assert held_by_sellers(stage) == held
    assert {row.status for row in await stage.all(SellerTransfer)} == {"completed"}
    assert len(await stage.all(SellerTransfer)) == 6
    assert await open_findings(stage) == {}
    money = stage.money
    assert (await reconcile(stage.database, money.gateway, since=30 * DAY)).differences == []


@RECOVERIES
async def test_an_order_paid_after_the_backup_is_named_with_all_that_became_of_it(
    any_stage: Stage, recover: Recover
) -> None:
    stage = any_stage
    backup = await backups.take(stage.database.engine)
    lost = await ordered(stage, [("anna", 1000), ("ben", 500)])
    charge = pay(stage, lost)
    await stage.settle()
    await stage.refund(lost.id, 300)
    await stage.settle()
    by_hand_refund = stage.sandbox.refund_in_dashboard(charge, 100)["id"]
    dispute = stage.sandbox.open_dispute(charge, 200)["id"]
    await stage.settle()
    world = stage.sandbox.world

    await restore(stage, backup)
    await recover(stage)
    if recover is by_itself:  # where nothing was ever sold before, nothing can be sent twice: the schedule finds it
        await reconcile(stage.database, stage.money.gateway, since=30 * DAY, apply=True)

    found = await stage.all(Finding)
    named = {one.subject for one in found if one.kind == "missing_here"}
    assert named == {charge, dispute, by_hand_refund, *world.refunds.rows, *world.transfers.rows}
    (about,) = [one for one in found if one.subject == charge]
    for said in ("15.00 EUR", f"veza_payment {lost.id}", f"in group {lost.id}", "which is not in this database"):
        assert said in plain(about.message)
    assert f"veza money return-charge {charge}" in plain(about.mend)


@RECOVERIES
async def test_a_refund_after_the_backup_takes_back_once(any_stage: Stage, recover: Recover) -> None:
    """Sold before the backup, refunded and reversed after it; and one sold and refunded after it."""
    stage = any_stage
    sold = await stage.sold([("anna", 1000), ("ben", 1000)])
    order = await ordered(stage, [("anna", 2000)])
    backup = await backups.take(stage.database.engine)
    pay(stage, order)
    await stage.settle()
    for payment_id in (sold, order.id):
        await stage.refund(payment_id, 500)
        await stage.settle()
    await stage.refund(sold, 100)
    await stage.settle()
    held, reversals = held_by_sellers(stage), dict(stage.sandbox.world.effects)

    await restore(stage, backup)
    await recover(stage)

    assert held_by_sellers(stage) == held
    assert stage.sandbox.world.effects == reversals
    assert sum(row.amount_minor for row in await stage.all(Refund)) == 1100
    assert {row.status for row in await stage.all(TransferReversal)} <= {"succeeded", "canceled"}
    assert await open_findings(stage) == {}


@pytest.mark.parametrize("kind", ["refund", "transfer", "reversal"])
@pytest.mark.parametrize("since", [MINUTE, 40 * HOUR], ids=["key kept", "key forgotten"])
async def test_what_waited_in_the_backup_and_was_sent_after_it_is_not_sent_again(
    any_stage: Stage, kind: str, since: timedelta
) -> None:
    """The row is in the backup, never sent as far as it knows; its key may be forgotten at the provider by now."""
    stage = any_stage
    path = {"refund": REFUNDING, "transfer": SENDING, "reversal": REVERSING}[kind]
    sold = await stage.sold([("anna", 1000)]) if kind != "transfer" else None
    stage.sandbox.add_fault("error_503", path=path, method="POST", times=None)
    if sold is None:
        await stage.sell([("anna", 1000)])
        await stage.deliver()
        await stage.deliver()
    else:
        await stage.refund(sold, 400)
        await stage.deliver()
    backup = await backups.take(stage.database.engine)
    stage.sandbox.clear_faults()
    await stage.settle()
    effects = dict(stage.sandbox.world.effects)

    stage.clock.advance(since)
    await restore(stage, backup)
    await stage.settle()
    await stage.pass_time(HOUR)

    assert stage.sandbox.world.effects == effects
    assert await open_findings(stage) == {}


async def test_the_same_backup_restored_again_and_again_sends_nothing_twice(any_stage: Stage) -> None:
    stage = any_stage
    orders = [await ordered(stage, [("anna", 1000), ("ben", 300)]) for _ in range(2)]
    backup = await backups.take(stage.database.engine)
    for order in orders:
        pay(stage, order)
    await stage.settle()
    await stage.refund(orders[0].id, 650)
    await stage.settle()
    held = held_by_sellers(stage)
    for _ in range(3):
        await restore(stage, backup)
        await stage.pass_time(3 * DAY)
        assert held_by_sellers(stage) == held
    assert len(await stage.all(SellerTransfer)) == 4


async def test_an_account_opened_after_the_backup_is_its_sellers_again(any_stage: Stage) -> None:
    """The seller's account was lost with the row that knew it; what went to it is not sent to another one."""
    stage = any_stage
    async with stage.database.write() as session:
        await session.execute(update(Seller).where(Seller.id == "ben").values(stripe_account_id=None))
    order = await ordered(stage, [("anna", 500), ("ben", 700)])
    backup = await backups.take(stage.database.engine)
    account = str(stage.sandbox.new_account()["id"])
    # As `sellers.onboard` asks for it.
    stage.sandbox.world.accounts.rows[account]["metadata"]["veza_seller"] = "ben"
    async with stage.database.write() as session:
        await session.execute(update(Seller).where(Seller.id == "ben").values(stripe_account_id=account))
    pay(stage, order)
    await stage.settle()
    held = held_by_sellers(stage)

    await restore(stage, backup)
    await by_itself(stage)
    assert held_by_sellers(stage) == held
    assert (await stage.one(Seller, id="ben")).stripe_account_id == account


async def test_a_transfer_made_by_hand_in_place_of_one_that_waits_is_adopted(any_stage: Stage) -> None:
    """By its group, its account and its amount: nothing in it names a row."""
    stage = any_stage
    stage.sandbox.add_fault("error_503", path=SENDING, method="POST", times=1)
    sold = await stage.sell([("anna", 1000)])
    stage.sandbox.add_fault("refused", path=SENDING, method="POST", times=None)
    await stage.settle()
    await stage.pass_time(HOUR)
    stage.sandbox.clear_faults()
    (row,) = await stage.all(SellerTransfer)
    assert row.status == "permanently_failed"
    account = (await stage.one(Seller, id="anna")).stripe_account_id
    stage.sandbox.add_balance(stage.sandbox.settings.platform_account, 10_000, "eur")
    other = stage.sandbox.transfer_in_dashboard(account, 899, "eur", transfer_group=str(sold))["id"]
    same = stage.sandbox.transfer_in_dashboard(account, 900, "eur", transfer_group=str(sold))["id"]
    done = await reconcile(stage.database, stage.money.gateway, apply=True)
    assert {one.subject: one.kind for one in done.differences} == {other: "made_in_dashboard", same: "state_differs"}
    (row,) = await stage.all(SellerTransfer)
    assert (row.status, row.stripe_transfer_id) == ("completed", same)
