"""What a gap between owed and planned is made of: others' reversals stay surplus, the rest is sent again."""

from __future__ import annotations

import pytest

from tests.money.acts import HOUR, REVERSING, findings, refund_once, reverse_once, reversed_there, sent_there, transfer
from tests.pseudo_language import plain
from veza.kit.moves import StatusChange
from veza.lab.simulator.stage import Stage
from veza.money import payment_frame
from veza.money.causes import Cause, CauseKind
from veza.money.findings import Finding
from veza.money.ledger import LedgerEntry
from veza.money.payments import Payment
from veza.money.rebalance import rebalance
from veza.money.reversals import TransferReversal

SURPLUS = "surplus_nobody_planned"


def held_by_anna(stage: Stage) -> int:
    return sum(sent_there(stage)) - sum(reversed_there(stage))


async def surplus_minor(stage: Stage) -> int:
    return sum(row.surplus_minor for row in await stage.all(TransferReversal))


async def by_hand(stage: Stage, amount_minor: int) -> None:
    stage.sandbox.reverse_in_dashboard((await transfer(stage)).stripe_transfer_id or "", amount_minor)


async def ours_is_sent_and_nothing_heard(stage: Stage, *, arrived: bool = True) -> None:
    """The reversal's answer is lost, and the webhook about it too."""
    stage.sandbox.add_fault("timeout_after_effect" if arrived else "timeout_before_effect", path=REVERSING)
    await reverse_once(stage)
    for one in stage.sandbox.due_deliveries():
        stage.sandbox.record_delivery(one.id, 200)


@pytest.mark.parametrize("order", [("by hand", "won"), ("won", "by hand")], ids=" then ".join)
@pytest.mark.parametrize("arrived", [True, False], ids=["ours arrived", "ours was lost"])
async def test_a_reversal_by_hand_and_a_dispute_won_while_ours_is_on_its_way(
    stage: Stage, order: tuple[str, str], arrived: bool
) -> None:
    """What ours took is sent again, whichever event was heard last; what was taken by hand is the surplus."""
    await stage.sold([("anna", 1000)])
    stage.sandbox.add_balance(None, 100_000, "eur")
    dispute = stage.sandbox.open_dispute(stage.sandbox.world.charges.ids()[0], 700)["id"]
    await stage.deliver()
    await ours_is_sent_and_nothing_heard(stage, arrived=arrived)
    for what in order:
        if what == "won":
            stage.sandbox.close_dispute(dispute, "won")
        else:
            await by_hand(stage, 50)
        await stage.deliver()
    await stage.pass_time(HOUR)
    assert await stage.violations() == []
    assert await surplus_minor(stage) == 50
    assert held_by_anna(stage) == 900 - 50
    assert SURPLUS in await findings(stage)


@pytest.mark.parametrize("order", [("by hand", "fails"), ("fails", "by hand")], ids=" then ".join)
async def test_a_reversal_by_hand_and_a_refund_that_fails_late_while_ours_is_on_its_way(
    stage: Stage, order: tuple[str, str]
) -> None:
    payment = await stage.sold([("anna", 1000)])
    stage.sandbox.add_balance(None, 100_000, "eur")
    await stage.refund(payment, 700)
    await refund_once(stage)
    await ours_is_sent_and_nothing_heard(stage)
    for what in order:
        if what == "fails":
            stage.sandbox.fail_refund(stage.sandbox.world.refunds.ids()[0])
        else:
            await by_hand(stage, 50)
        await stage.deliver()
    await stage.pass_time(HOUR)
    assert await stage.violations() == []
    assert (await surplus_minor(stage), held_by_anna(stage)) == (50, 900 - 50)


async def test_a_reversal_by_hand_that_a_refund_needed_is_sent_again_when_the_refund_fails(stage: Stage) -> None:
    """It stood in for ours, so it is given back like ours: there was never a surplus."""
    payment = await stage.sold([("anna", 1000)])
    stage.sandbox.add_balance(None, 100_000, "eur")
    await stage.refund(payment, 700)
    await refund_once(stage)
    await by_hand(stage, 630)
    await stage.settle()
    assert (await surplus_minor(stage), held_by_anna(stage)) == (0, 270)
    assert SURPLUS not in await findings(stage)
    stage.sandbox.fail_refund(stage.sandbox.world.refunds.ids()[0])
    await stage.pass_time(HOUR)
    assert await stage.violations() == []
    assert (await surplus_minor(stage), held_by_anna(stage)) == (0, 900)


async def test_two_reversals_by_hand_cover_one_of_ours_that_was_not_sent(stage: Stage) -> None:
    payment = await stage.sold([("anna", 1000)])
    await stage.refund(payment, 700)
    await refund_once(stage)
    await by_hand(stage, 100)
    await by_hand(stage, 200)
    await stage.deliver()
    ours = [row for row in await stage.all(TransferReversal) if row.status == "pending"]
    assert [row.amount_minor for row in ours] == [330]
    await stage.settle()
    assert (await surplus_minor(stage), held_by_anna(stage)) == (0, 270)
    assert await stage.violations() == []


async def test_a_surplus_is_told_with_what_is_left_of_it(stage: Stage) -> None:
    payment = await stage.sold([("anna", 1000)])
    await by_hand(stage, 450)
    await stage.settle()
    await stage.refund(payment, 200)
    await stage.settle()
    (told,) = [one for one in await stage.all(Finding, kind=SURPLUS) if one.resolved_at is None]
    assert plain(told.message).startswith("2.70 EUR more than needed was taken from seller anna")


async def test_closing_a_closed_gap_does_nothing(stage: Stage) -> None:
    await test_a_reversal_by_hand_and_a_dispute_won_while_ours_is_on_its_way(stage, ("won", "by hand"), True)
    (payment,) = await stage.all(Payment)
    before = len(await stage.all(StatusChange)), len(await stage.all(LedgerEntry)), await surplus_minor(stage)
    for kind in CauseKind:
        async with stage.database.write() as session:
            locked = await payment_frame.lock(session, payment.id)
            await rebalance(session, locked, Cause(kind, session.new_id()))
    after = len(await stage.all(StatusChange)), len(await stage.all(LedgerEntry)), await surplus_minor(stage)
    assert after == before
