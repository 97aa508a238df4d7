"""Giving buyers money back, and having it taken by disputes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import stripe

from veza.lab.sandbox.core import Sandbox
from veza.lab.sandbox.errors import ApiError

from .conftest import client_in_process, last_event, types_of


async def test_card_refunds_succeed_at_once_and_never_say_updated(
    stripe_client: stripe.StripeClient, sandbox: Sandbox
) -> None:
    charge = sandbox.take_payment(2000, "eur")
    before = last_event(sandbox)
    refund = await stripe_client.v1.refunds.create_async(
        {"charge": charge["id"], "amount": 700, "metadata": {"refund": "r1"}}
    )
    assert (refund.status, refund.amount, refund.charge) == ("succeeded", 700, charge["id"])
    assert types_of(sandbox, before) == ["refund.created", "charge.refunded"]
    shown = await stripe_client.v1.charges.retrieve_async(charge["id"])
    assert (shown.amount_refunded, shown.refunded, "refunds" in shown) == (700, False, False)
    rest = await stripe_client.v1.refunds.create_async({"payment_intent": charge["payment_intent"]})
    assert rest.amount == 1300
    assert (await stripe_client.v1.charges.retrieve_async(charge["id"])).refunded
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await stripe_client.v1.refunds.create_async({"charge": charge["id"]})
    assert refusal.value.error.code == "charge_already_refunded"
    listed = await stripe_client.v1.refunds.list_async({"charge": charge["id"]})
    assert [item.id for item in listed.data] == [rest.id, refund.id]


async def test_more_than_what_is_left_of_a_charge_is_refused(sandbox: Sandbox) -> None:
    charge = sandbox.take_payment(2000, "eur")["id"]
    with pytest.raises(stripe.InvalidRequestError, match=r"€20\.01.*€20\.00") as refusal:
        await client_in_process(sandbox).v1.refunds.create_async({"charge": charge, "amount": 2001})
    assert refusal.value.param == "amount"


async def test_a_pending_refund_succeeds_later_and_says_updated(sandbox: Sandbox) -> None:
    charge = sandbox.take_payment(2000, "eur", card="4000000000007726")["id"]
    refunds = client_in_process(sandbox).v1.refunds
    refund = await refunds.create_async({"charge": charge})
    assert refund.status == "pending"
    before = last_event(sandbox)
    sandbox.advance(60)
    assert (await refunds.retrieve_async(refund.id)).status == "succeeded"
    assert types_of(sandbox, before) == ["refund.updated", "charge.refund.updated"]


async def test_a_refund_may_fail_three_days_later_and_returns_the_money(sandbox: Sandbox) -> None:
    charge = sandbox.take_payment(2000, "eur", card="4000000000005126")["id"]
    client = client_in_process(sandbox)
    refund = await client.v1.refunds.create_async({"charge": charge, "amount": 500})
    assert refund.status == "succeeded"
    before = last_event(sandbox)
    sandbox.advance(3 * 86_400)
    failed = await client.v1.refunds.retrieve_async(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert failed.failure_balance_transaction.amount == 500  # type: ignore[union-attr]
    assert [kind for kind in types_of(sandbox, before) if "refund" in kind] == [
        "refund.failed",
        "refund.updated",
        "charge.refund.updated",
    ]
    shown = await client.v1.charges.retrieve_async(charge)
    assert (shown.amount_refunded, shown.refunded) == (0, False)


def test_any_refund_can_be_failed_by_hand(sandbox: Sandbox) -> None:
    charge = sandbox.take_payment(2000, "eur")["id"]
    refund = sandbox.refund_in_dashboard(charge, 300)["id"]
    assert sandbox.fail_refund(refund, "lost_or_stolen_card")["status"] == "failed"
    assert sandbox.fail_refund(refund)["failure_reason"] == "lost_or_stolen_card"
    with pytest.raises(ValueError, match="not a failure reason"):
        sandbox.fail_refund(refund, "bored")


async def test_refunds_may_need_balance(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox(refunds_need_balance=True)
    charge = sandbox.take_payment(2000, "eur")["id"]
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client_in_process(sandbox).v1.refunds.create_async({"charge": charge})
    assert refusal.value.error.code == "balance_insufficient"


async def test_a_dispute_withdraws_the_amount_and_a_fee(stripe_client: stripe.StripeClient, sandbox: Sandbox) -> None:
    charge = sandbox.take_payment(2000, "eur", card="4000000000000259")["id"]
    before = last_event(sandbox)
    sandbox.advance(5)
    assert types_of(sandbox, before) == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    dispute = (await stripe_client.v1.disputes.list_async({"charge": charge})).data[0]
    assert (dispute.status, dispute.amount, dispute.is_charge_refundable) == ("needs_response", 2000, False)
    assert [(t.amount, t.fee, t.net, t.type) for t in dispute.balance_transactions] == [
        (-2000, 1500, -3500, "adjustment")
    ]
    with pytest.raises(stripe.InvalidRequestError, match="charged back") as refusal:
        await stripe_client.v1.refunds.create_async({"charge": charge})
    assert refusal.value.error.code == "charge_disputed"
    reviewed = await stripe_client.v1.disputes.update_async(
        dispute.id, {"evidence": {"uncategorized_text": "It was played."}}
    )
    assert reviewed.status == "under_review"


@pytest.mark.parametrize("outcome", ["won", "lost"])
async def test_a_closed_dispute_returns_the_funds_only_when_won(sandbox: Sandbox, outcome: str) -> None:
    charge = sandbox.take_payment(2000, "eur")["id"]
    dispute = sandbox.open_dispute(charge, 800)["id"]
    before = last_event(sandbox)
    closed = sandbox.close_dispute(dispute, outcome)
    assert closed["status"] == outcome
    amounts = [txn["amount"] for txn in closed["balance_transactions"]]
    if outcome == "won":
        assert amounts == [-800, 800]
        assert types_of(sandbox, before) == ["charge.dispute.funds_reinstated", "charge.dispute.closed"]
    else:
        assert amounts == [-800]
        assert types_of(sandbox, before) == ["charge.dispute.closed"]
    with pytest.raises(ApiError, match="already closed"):
        sandbox.close_dispute(dispute, outcome)


def test_an_inquiry_moves_nothing_unless_it_escalates(sandbox: Sandbox) -> None:
    charge = sandbox.take_payment(2000, "eur")["id"]
    inquiry = sandbox.open_dispute(charge, inquiry=True)
    assert (inquiry["status"], inquiry["balance_transactions"]) == ("warning_needs_response", [])
    assert "charge.dispute.funds_withdrawn" not in types_of(sandbox)
    escalated = sandbox.escalate_dispute(inquiry["id"])
    assert (escalated["status"], len(escalated["balance_transactions"])) == ("needs_response", 1)
    other = sandbox.open_dispute(sandbox.take_payment(900, "eur")["id"], inquiry=True)
    assert sandbox.close_dispute(other["id"], "lost")["status"] == "warning_closed"


def test_a_dispute_larger_than_the_charge_makes_no_sense(sandbox: Sandbox) -> None:
    charge = sandbox.take_payment(2000, "eur")["id"]
    with pytest.raises(ValueError, match="between 1 and 2000, not 2001"):
        sandbox.open_dispute(charge, 2001)
