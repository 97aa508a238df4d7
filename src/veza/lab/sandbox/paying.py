"""Charging a card for a payment intent: authentication, declines, capture."""

from __future__ import annotations

from veza.lab.sandbox.cards import Card
from veza.lab.sandbox.charges import new_charge, settle
from veza.lab.sandbox.customers import keep_method
from veza.lab.sandbox.errors import ApiError
from veza.lab.sandbox.events import emit
from veza.lab.sandbox.faults import add_rule
from veza.lab.sandbox.payment_methods import card_of
from veza.lab.sandbox.views import show
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

AUTHENTICATION_FAILED = (
    "We are unable to authenticate your payment method. Please choose a different payment method and try again."
)
AWAY = "This transaction requires authentication."
HOLD_SECONDS = 7 * 86_400
"""Stripe lets go of a card's uncaptured money after seven days."""


def pay_intent(world: World, intent: Obj, method: Obj, *, email: str | None = None) -> Obj | None:
    """Charge the payment method; returns the charge, or None when the card asks for authentication first.

    Raises ApiError 402 when the card is declined, which the events and the intent's `last_payment_error` tell, too.
    """
    card = card_of(method)
    intent["payment_method"] = method["id"]
    intent["next_action"] = None
    world.payment_intents.touch(intent["id"])
    if not _asks(intent, method, card):
        return charge_intent(world, intent, method, email=email)
    if intent.get("_buyer_is_away"):
        raise _refused(world, intent, method, None, AWAY, "authentication_required", "authentication_required")
    intent["status"] = "requires_action"
    intent["_email"] = email
    intent["next_action"] = _next_action(intent)
    emit(world, "payment_intent.requires_action", intent)
    return None


def authenticate(world: World, intent: Obj, *, succeeds: bool) -> Obj:
    """The buyer passed the bank's authentication, or failed; returns the charge. Raises ApiError 402 like paying."""
    if intent["status"] != "requires_action":
        raise ApiError(
            400,
            f"This PaymentIntent asks for no authentication: it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
            payment_intent=show(world, intent),
        )
    method = world.payment_methods.rows[intent["payment_method"]]
    intent["next_action"] = None
    if not succeeds:
        raise _refused(world, intent, method, None, AUTHENTICATION_FAILED, "payment_intent_authentication_failure")
    return charge_intent(world, intent, method, email=intent.get("_email"), authenticated=True)


def charge_intent(
    world: World, intent: Obj, method: Obj, *, email: str | None = None, authenticated: bool = False
) -> Obj:
    """Charge without asking for authentication again."""
    card = card_of(method)
    email = email or method["billing_details"]["email"] or intent["receipt_email"]
    charge = new_charge(world, intent, card, method, email, authenticated=authenticated)
    intent["latest_charge"] = charge["id"]
    world.payment_intents.touch(intent["id"])
    if card.decline_code is not None:
        raise _declined(world, intent, method, charge, card)
    world.effects["charges"] += 1
    intent["last_payment_error"] = None
    if intent["capture_method"] == "manual":
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        emit(world, "charge.succeeded", charge)
        emit(world, "payment_intent.amount_capturable_updated", intent)
        world.later(HOLD_SECONDS, "release_hold", intent=intent["id"])
    else:
        _book(world, intent, charge)
        intent.update(status="succeeded", amount_received=intent["amount"])
        emit(world, "charge.succeeded", charge)
        emit(world, "payment_intent.succeeded", intent)
    if intent["customer"] and intent["setup_future_usage"]:
        method["_kept"] = True
        keep_method(world, intent["customer"], method)
    _follow_card(world, intent, charge, card)
    return charge


def _book(world: World, intent: Obj, charge: Obj) -> None:
    seconds = world.settings.asynchronous_capture_seconds
    if seconds is None or intent["capture_method"] == "automatic":
        settle(world, charge)
    else:
        world.later(seconds, "finish_capture", charge=charge["id"])


def _asks(intent: Obj, method: Obj, card: Card) -> bool:
    wanted = (intent["payment_method_options"].get("card") or {}).get("request_three_d_secure")
    if wanted in ("any", "challenge") or card.authenticates == "always":
        return True
    return card.authenticates == "unless kept" and not method.get("_kept")


def _next_action(intent: Obj) -> Obj:
    page, back = f"{intent['_base_url']}/authenticate/{intent['id']}", intent["_return_url"]
    if back is None or intent["_uses_sdk"]:
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": page}}
    return {"type": "redirect_to_url", "redirect_to_url": {"return_url": back, "url": page}}


def _declined(world: World, intent: Obj, method: Obj, charge: Obj, card: Card) -> ApiError:
    charge.update(
        status="failed",
        paid=False,
        captured=False,
        amount_captured=0,
        failure_code=card.code,
        failure_message=card.message,
    )
    charge["outcome"] = {
        **charge["outcome"],
        "network_status": "declined_by_network",
        "reason": card.decline_code,
        "type": "issuer_declined",
        "seller_message": "The bank did not return any further details with this decline.",
    }
    emit(world, "charge.failed", charge)
    return _refused(world, intent, method, charge["id"], card.message, card.code, card.decline_code)


def _refused(
    world: World,
    intent: Obj,
    method: Obj,
    charge: str | None,
    message: str,
    code: str,
    decline_code: str | None = None,
) -> ApiError:
    """The card error of an intent that waits for another payment method now; it carries both as they are."""
    details: Obj = {"charge": charge} if charge else {}
    if decline_code is not None:
        details["decline_code"] = decline_code
    details["payment_method"] = show(world, method)
    error = ApiError(402, message, type="card_error", code=code, **details)
    intent.update(status="requires_payment_method", payment_method=None, last_payment_error=error.body()["error"])
    world.payment_intents.touch(intent["id"])
    emit(world, "payment_intent.payment_failed", intent)
    error.more["payment_intent"] = show(world, intent)
    return error


def _follow_card(world: World, intent: Obj, charge: Obj, card: Card) -> None:
    """What else a test card brings about."""
    if card.disputed:
        world.later(world.settings.dispute_delay_seconds, "dispute", charge=charge["id"], reason=card.disputed)
    if card.fault is not None and card.fault[0] == "refund":
        add_rule(world, card.fault[1], method="POST", path="^/v1/refunds$", object=intent["id"])
        add_rule(world, card.fault[1], method="POST", path="^/v1/refunds$", object=charge["id"])


def complete_capture(world: World, intent: Obj, amount: int) -> Obj:
    """Take what was held, or a part of it: the rest goes back to the card at once. Returns the charge."""
    charge = world.charges.rows[intent["latest_charge"]]
    rest = charge["amount"] - amount
    charge.update(captured=True, amount_captured=amount, amount_refunded=rest)
    intent.update(status="succeeded", amount_capturable=0, amount_received=amount)
    world.charges.touch(charge["id"])
    world.payment_intents.touch(intent["id"])
    settle(world, charge)
    emit(world, "charge.captured", charge, previous={"captured": False, "amount_captured": 0})
    emit(world, "payment_intent.succeeded", intent)
    return charge


def release_hold(world: World, intent: Obj) -> None:
    """Let go of money that was held and never captured: the charge counts as refunded, without a refund."""
    charge = world.charges.rows[intent["latest_charge"]]
    charge.update(refunded=True, amount_refunded=charge["amount"])
    intent["amount_capturable"] = 0
    world.charges.touch(charge["id"])
    emit(world, "charge.refunded", charge, previous={"amount_refunded": 0, "refunded": False})
