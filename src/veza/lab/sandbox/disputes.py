"""Disputes and inquiries: a buyer's bank takes the money back, perhaps returns it."""

from __future__ import annotations

from veza.lab.sandbox import balances
from veza.lab.sandbox.cards import BY_METHOD
from veza.lab.sandbox.changes import change
from veza.lab.sandbox.charges import settled
from veza.lab.sandbox.errors import ApiError, no_such
from veza.lab.sandbox.events import emit
from veza.lab.sandbox.params import Params
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

EVIDENCE_SECONDS = 9 * 86_400
WINNING, LOSING = "winning_evidence", "losing_evidence"
"""Submitted as `uncategorized_text` they decide the dispute. Source: https://docs.stripe.com/testing#disputes"""
EVIDENCE = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal "
    "customer_communication customer_email_address customer_name customer_purchase_ip customer_signature "
    "duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt "
    "refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation "
    "shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number "
    "uncategorized_file uncategorized_text"
).split()
OPEN = ("needs_response", "under_review")
INQUIRY = ("warning_needs_response", "warning_under_review")


def get_dispute(world: World, id: str) -> Obj:
    dispute = world.disputes.get(id)
    if dispute is None:
        raise no_such("dispute", id)
    return dispute


def update_dispute(world: World, params: Params, id: str) -> Obj:
    """Evidence moves an open dispute to `under_review` when `submit` is true (the default)."""
    dispute = get_dispute(world, id)
    submit = params.flag("submit") is not False
    wanted: Obj = {"metadata": params.metadata(dispute["metadata"])}
    evidence = params.part("evidence")
    if dispute["status"] not in (*OPEN, *INQUIRY):
        raise ApiError(400, "This dispute is already closed")
    if evidence is not None:
        given = {name: evidence.text(name) for name in evidence.values}
        wanted["evidence"] = {**dispute["evidence"], **given}
    details = dispute["evidence_details"]
    brought: Obj = wanted.get("evidence") or dispute["evidence"]
    has_evidence = any(value for value in brought.values() if isinstance(value, str))
    wanted["evidence_details"] = {**details, "has_evidence": has_evidence}
    is_sent = submit and (evidence is not None or (has_evidence and "submit" in params.values))
    if is_sent:
        wanted["status"] = dispute["status"].replace("needs_response", "under_review")
        wanted["evidence_details"] |= {
            "submission_count": details["submission_count"] + 1,
            "submission_method": "manual",
        }
    previous = change(dispute, **wanted)
    world.disputes.touch(id)
    emit(world, "charge.dispute.updated", dispute, previous=previous)
    outcome = {WINNING: "won", LOSING: "lost"}.get(brought.get("uncategorized_text") or "")
    if is_sent and outcome is not None:
        world.later(0.0, "close_dispute", dispute=id, outcome=outcome)
    return dispute


def open_dispute(
    world: World, charge_id: str, amount: int | None = None, *, reason: str = "fraudulent", inquiry: bool = False
) -> Obj:
    """The bank disputes a charge: funds are withdrawn with a fee, unless it is only an inquiry.

    `amount` defaults to what was not refunded. Raises ApiError for an unknown charge, ValueError for an amount
    outside 1 … the charge's amount.
    """
    charge = world.charges.get(charge_id)
    if charge is None:
        raise no_such("charge", charge_id)
    settled(world, charge)
    most = charge["amount_captured"]
    if amount is None:
        amount = charge["amount"] - charge["amount_refunded"] or most
    if not 1 <= amount <= most:
        raise ValueError(f"a dispute of {charge_id} is between 1 and {most}, not {amount}")
    card = BY_METHOD[charge["_card"]]
    dispute = world.disputes.add(
        {
            "id": world.new_id("du"),
            "object": "dispute",
            "amount": amount,
            "balance_transactions": [],
            "charge": charge_id,
            "created": world.seconds,
            "currency": charge["currency"],
            "enhanced_eligibility_types": [],
            "evidence": dict.fromkeys(EVIDENCE) | {"enhanced_evidence": {}},
            "evidence_details": {
                "due_by": world.seconds + EVIDENCE_SECONDS,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
                "submission_method": "not_submitted",
            },
            "intended_submission_method": None,
            "is_charge_refundable": inquiry,
            "livemode": False,
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "payment_method_details": {
                "card": {
                    "brand": card.brand,
                    "case_type": "inquiry" if inquiry else "chargeback",
                    "network": card.brand,
                    "network_reason_code": "10.4",
                },
                "type": "card",
            },
            "reason": reason,
            "status": "warning_needs_response" if inquiry else "needs_response",
        }
    )
    charge["disputed"] = True
    charge["dispute"] = dispute["id"]
    world.charges.touch(charge_id)
    if not inquiry:
        _move_funds(world, dispute, -1, world.settings.dispute_fee_minor)
    emit(world, "charge.dispute.created", dispute)
    if not inquiry:
        emit(world, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def escalate_inquiry(world: World, id: str) -> Obj:
    """An inquiry becomes a real dispute: now the funds are withdrawn."""
    dispute = get_dispute(world, id)
    if dispute["status"] not in INQUIRY:
        raise ValueError(f"dispute {id} is {dispute['status']}, only an open inquiry can be escalated")
    previous = change(dispute, status="needs_response", is_charge_refundable=False)
    _move_funds(world, dispute, -1, world.settings.dispute_fee_minor)
    world.disputes.touch(id)
    emit(world, "charge.dispute.updated", dispute, previous=previous)
    emit(world, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def close_dispute(world: World, id: str, outcome: str) -> Obj:
    """End a dispute `won` (funds come back without the fee) or `lost`; an inquiry ends as `warning_closed`."""
    if outcome not in ("won", "lost"):
        raise ValueError(f"a dispute is won or lost, not “{outcome}”")
    dispute = get_dispute(world, id)
    if dispute["status"] in INQUIRY:
        previous = change(dispute, status="warning_closed")
        world.disputes.touch(id)
        emit(world, "charge.dispute.closed", dispute, previous=previous)
        return dispute
    if dispute["status"] not in OPEN:
        raise ApiError(400, "This dispute is already closed")
    previous = change(dispute, status=outcome)
    if outcome == "won":
        _move_funds(world, dispute, 1, 0)
    world.disputes.touch(id)
    if outcome == "won":
        emit(world, "charge.dispute.funds_reinstated", dispute)
    emit(world, "charge.dispute.closed", dispute, previous=previous)
    return dispute


def _move_funds(world: World, dispute: Obj, sign: int, fee: int) -> None:
    charge = world.charges.rows[dispute["charge"]]
    booked = settled(world, charge)
    amount = dispute["amount"] * booked["amount"] // charge["amount_captured"]
    txn = balances.post(
        world,
        world.settings.platform_account,
        "adjustment",
        sign * amount,
        booked["currency"],
        dispute["id"],
        fee=fee,
        fee_description="Dispute fee",
        description=f"Chargeback {'withdrawal' if sign < 0 else 'reversal'} for {charge['id']}",
    )
    dispute["balance_transactions"].append(txn["id"])
