"""Refunds: giving a buyer money back, at once, pending, or failing days later."""

from __future__ import annotations

from veza.lab.sandbox import balances, currencies
from veza.lab.sandbox.cards import BY_METHOD
from veza.lab.sandbox.changes import change, changed_since
from veza.lab.sandbox.charges import settled
from veza.lab.sandbox.errors import ApiError, bad_param, no_such, no_such_reference
from veza.lab.sandbox.events import emit
from veza.lab.sandbox.params import Params
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

REASONS = ("duplicate", "fraudulent", "requested_by_customer")
FAILURE_REASONS = (
    "charge_for_pending_refund_disputed", "declined", "expired_or_canceled_card", "insufficient_funds",
    "lost_or_stolen_card", "merchant_request", "unknown",
)  # fmt: skip


def create_refund(world: World, params: Params) -> Obj:
    charge = _charge_of(world, params)
    amount = params.optional_amount("amount", charge["currency"])
    reason = params.choice("reason", REASONS)
    return refund_charge(world, charge, amount, reason=reason, metadata=params.metadata())


def refund_charge(
    world: World, charge: Obj, amount: int | None, *, reason: str | None, metadata: dict[str, str]
) -> Obj:
    """Refund part of a charge, or what is left of it; its card decides how the refund fares."""
    currency = charge["currency"]
    if charge["status"] != "succeeded":
        raise ApiError(400, f"This {charge['id']} has not been paid and so cannot be refunded.", param="charge")
    if not charge["captured"]:
        raise ApiError(
            400,
            f"Charge {charge['id']} has not been captured: cancel its PaymentIntent to let go of the money.",
            code="charge_not_captured",
        )
    _check_not_disputed(world, charge)
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise ApiError(400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = left if amount is None else amount
    if amount > left:
        raise ApiError(
            400,
            f"Refund amount ({currencies.pretty(amount, currency)}) is greater than unrefunded amount on charge "
            f"({currencies.pretty(left, currency)})",
            param="amount",
        )
    booked, booked_currency = _in_settlement(world, charge, amount)
    platform = world.settings.platform_account
    if world.settings.refunds_need_balance:
        available = balances.held(world, platform, booked_currency)["available"]
        if available < booked:
            raise ApiError(
                400,
                "You have insufficient funds in your Stripe account to refund this amount.",
                code="balance_insufficient",
                param="amount",
            )
    card = BY_METHOD[charge["_card"]]
    id = world.new_id("re")
    txn = balances.post(world, platform, "refund", -booked, booked_currency, id, description="REFUND FOR CHARGE")
    refund = world.refunds.add(
        {
            "id": id,
            "object": "refund",
            "amount": amount,
            "balance_transaction": txn["id"],
            "charge": charge["id"],
            "created": world.seconds,
            "currency": currency,
            "customer": charge["customer"],
            "customer_account": None,
            "destination_details": {
                "card": {
                    "reference_status": "pending",
                    "reference_type": "acquirer_reference_number",
                    "type": "refund",
                },
                "type": "card",
            },
            "metadata": metadata,
            "payment_intent": charge["payment_intent"],
            "payment_method": charge["payment_method"],
            "reason": reason,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "pending" if card.refund == "pending" else "succeeded",
            "transfer_reversal": None,
        }
    )
    if card.refund == "pending":
        refund["pending_reason"] = "processing"
        world.later(world.settings.pending_refund_seconds, "succeed_refund", refund=id)
    elif card.refund == "failing":
        world.later(world.settings.failing_refund_seconds, "fail_refund", refund=id)
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    _count_refunded(world, charge, amount)
    world.effects["refunds"] += 1
    emit(world, "refund.created", refund)
    emit(world, "charge.refunded", charge, previous=changed_since(before, charge))
    return refund


def get_refund(world: World, id: str) -> Obj:
    refund = world.refunds.get(id)
    if refund is None:
        raise no_such("refund", id)
    return refund


def update_refund(world: World, params: Params, id: str) -> Obj:
    refund = get_refund(world, id)
    previous = change(refund, metadata=params.metadata(refund["metadata"]))
    world.refunds.touch(id)
    _announce_change(world, refund, previous)
    return refund


def succeed_refund(world: World, id: str) -> Obj:
    """A pending refund reached the buyer. Anything but pending stays as it is."""
    refund = get_refund(world, id)
    if refund["status"] == "pending":
        previous = {"pending_reason": refund.pop("pending_reason", None), **change(refund, status="succeeded")}
        world.refunds.touch(id)
        _announce_change(world, refund, previous)
    return refund


def fail_refund(world: World, id: str, reason: str = "expired_or_canceled_card") -> Obj:
    """The bank sent the money back: it returns to the platform's balance, even days after `succeeded`."""
    if reason not in FAILURE_REASONS:
        raise ValueError(f"“{reason}” is not a failure reason; known are {', '.join(FAILURE_REASONS)}")
    refund = get_refund(world, id)
    if refund["status"] in ("failed", "canceled"):
        return refund
    charge = world.charges.rows[refund["charge"]]
    original = world.balance_transactions.rows[refund["balance_transaction"]]
    txn = balances.post(
        world,
        world.settings.platform_account,
        "refund_failure",
        -original["amount"],
        original["currency"],
        id,
        description="REFUND FAILURE",
    )
    previous = change(refund, status="failed", failure_reason=reason, failure_balance_transaction=txn["id"])
    if "pending_reason" in refund:
        previous["pending_reason"] = refund.pop("pending_reason")
    world.refunds.touch(id)
    _count_refunded(world, charge, -refund["amount"])
    emit(world, "refund.failed", refund)
    _announce_change(world, refund, previous)
    return refund


def cancel_refund(world: World, id: str) -> Obj:
    """Only a refund that waits for the buyer can be canceled, and cards never make one."""
    refund = get_refund(world, id)
    raise ApiError(400, f"Refund {id} has status {refund['status']} and cannot be canceled.")


def _charge_of(world: World, params: Params) -> Obj:
    charge_id = params.text("charge")
    if charge_id is not None:
        charge = world.charges.get(charge_id)
        if charge is None:
            raise no_such_reference("charge", charge_id, param="charge")
        return charge
    intent_id = params.text("payment_intent")
    if intent_id is None:
        raise bad_param(
            "charge", "One of the following params should be provided for this request: payment_intent or charge."
        )
    intent = world.payment_intents.get(intent_id)
    if intent is None:
        raise no_such_reference("payment_intent", intent_id, param="payment_intent")
    if intent["latest_charge"] is None:
        raise ApiError(
            400,
            f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
            param="payment_intent",
        )
    return world.charges.rows[intent["latest_charge"]]


def _check_not_disputed(world: World, charge: Obj) -> None:
    for dispute in world.disputes.find("charge", charge["id"]):
        if not dispute["is_charge_refundable"] and dispute["status"] != "won":
            raise ApiError(
                400,
                f"Charge {charge['id']} has been charged back; cannot issue a refund.",
                code="charge_disputed",
            )


def _in_settlement(world: World, charge: Obj, amount: int) -> tuple[int, str]:
    """The amount in the currency of the charge's balance transaction."""
    txn = settled(world, charge)
    return amount * txn["amount"] // charge["amount_captured"], txn["currency"]


def _count_refunded(world: World, charge: Obj, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    world.charges.touch(charge["id"])


def _announce_change(world: World, refund: Obj, previous: Obj) -> None:
    emit(world, "refund.updated", refund, previous=previous)
    emit(world, "charge.refund.updated", refund, previous=previous)
