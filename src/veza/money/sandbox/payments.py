"""Payment intents: taking a buyer's money."""

from __future__ import annotations

from veza.money.sandbox import currencies
from veza.money.sandbox.cards import BY_METHOD, Card
from veza.money.sandbox.charges import new_charge, settle
from veza.money.sandbox.errors import ApiError, bad_param, no_such, no_such_reference
from veza.money.sandbox.events import emit
from veza.money.sandbox.faults import add_rule
from veza.money.sandbox.params import Params, check_amount
from veza.money.sandbox.wire import Obj
from veza.money.sandbox.world import World

CREATE_PARAMS = frozenset(
    "amount automatic_payment_methods capture_method confirm confirmation_method currency description expand "
    "metadata off_session payment_method payment_method_types receipt_email return_url statement_descriptor "
    "statement_descriptor_suffix transfer_group use_stripe_sdk customer".split()
)
CONFIRM_PARAMS = frozenset("payment_method return_url expand off_session receipt_email use_stripe_sdk".split())
UPDATE_PARAMS = frozenset({"metadata", "description", "expand", "transfer_group", "receipt_email"})


def create_intent(world: World, params: Params) -> Obj:
    params.allow(CREATE_PARAMS)
    currency = params.currency()
    amount = check_charge_amount(params.amount("amount", currency), currency)
    card = _card_of(params)
    confirm = params.flag("confirm")
    if confirm and card is None:
        raise bad_param(
            "payment_method",
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            "payment_intent_unexpected_state",
        )
    intent = new_intent(
        world,
        amount,
        currency,
        transfer_group=params.text("transfer_group"),
        description=params.text("description"),
        metadata=params.metadata(),
    )
    if card is not None:
        intent["status"] = "requires_confirmation"
        intent["_card"] = card.method
    emit(world, "payment_intent.created", intent)
    if confirm and card is not None:
        pay_intent(world, intent, card)
    return intent


def confirm_intent(world: World, params: Params, id: str) -> Obj:
    params.allow(CONFIRM_PARAMS)
    intent = get_intent(world, id)
    card = _card_of(params) or BY_METHOD.get(intent["_card"] or "")
    if intent["status"] not in ("requires_payment_method", "requires_confirmation") or card is None:
        raise ApiError(
            400,
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    pay_intent(world, intent, card)
    return intent


def cancel_intent(world: World, params: Params, id: str) -> Obj:
    params.allow({"cancellation_reason", "expand"})
    intent = get_intent(world, id)
    if intent["status"] in ("succeeded", "canceled"):
        raise ApiError(
            400,
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    intent.update(status="canceled", canceled_at=world.seconds, cancellation_reason=params.text("cancellation_reason"))
    world.payment_intents.touch(id)
    emit(world, "payment_intent.canceled", intent)
    return intent


def update_intent(world: World, params: Params, id: str) -> Obj:
    params.allow(UPDATE_PARAMS)
    intent = get_intent(world, id)
    intent["metadata"] = params.metadata(intent["metadata"])
    for name in ("description", "transfer_group"):
        if name in params.values:
            intent[name] = params.text(name)
    world.payment_intents.touch(id)
    return intent


def get_intent(world: World, id: str) -> Obj:
    intent = world.payment_intents.get(id)
    if intent is None:
        raise no_such("payment_intent", id, param="intent")
    return intent


def check_charge_amount(amount: int, currency: str, param: str = "amount") -> int:
    """Refuse what no card may be charged in this currency."""
    check_amount(amount, currency, param)
    least = currencies.MINIMUM_CHARGE.get(currency, 1)
    if amount < least:
        raise bad_param(
            param, f"Amount must be at least {currencies.pretty(least, currency)} {currency}", "amount_too_small"
        )
    if amount > currencies.MAXIMUM_CHARGE:
        most = currencies.pretty(currencies.MAXIMUM_CHARGE, currency)
        raise bad_param(param, f"Amount must be no more than {most} {currency}", "amount_too_large")
    return amount


def new_intent(
    world: World,
    amount: int,
    currency: str,
    *,
    transfer_group: str | None,
    description: str | None,
    metadata: dict[str, str],
) -> Obj:
    """A payment intent that waits for a card."""
    id = world.new_id("pi")
    return world.payment_intents.add(
        {
            "id": id,
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "application": None,
            "application_fee_amount": None,
            "automatic_payment_methods": None,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": "automatic_async",
            "client_secret": f"{id}_secret_{world.new_id('x')[2:]}",
            "confirmation_method": "automatic",
            "created": world.seconds,
            "currency": currency,
            "customer": None,
            "description": description,
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": metadata,
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_options": {},
            "payment_method_types": ["card"],
            "processing": None,
            "receipt_email": None,
            "review": None,
            "setup_future_usage": None,
            "shipping": None,
            "source": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": "requires_payment_method",
            "transfer_data": None,
            "transfer_group": transfer_group,
            "_card": None,
        }
    )


def pay_intent(world: World, intent: Obj, card: Card, *, email: str | None = None) -> Obj:
    """Charge the card; returns the charge. Raises ApiError 402 when the card is declined."""
    charge = new_charge(world, intent, card, email)
    intent["payment_method"] = charge["payment_method"]
    intent["latest_charge"] = charge["id"]
    world.payment_intents.touch(intent["id"])
    if card.decline_code is not None:
        raise _declined(world, intent, charge, card)
    settle(world, charge, card)
    intent.update(status="succeeded", amount_received=intent["amount"], last_payment_error=None)
    world.effects["charges"] += 1
    emit(world, "charge.succeeded", charge)
    emit(world, "payment_intent.succeeded", intent)
    if card.disputed:
        world.later(world.settings.dispute_delay_seconds, "dispute", charge=charge["id"])
    if card.fault is not None and card.fault[0] == "refund":
        add_rule(world, card.fault[1], method="POST", path="^/v1/refunds$", object=intent["id"])
        add_rule(world, card.fault[1], method="POST", path="^/v1/refunds$", object=charge["id"])
    return charge


def _declined(world: World, intent: Obj, charge: Obj, card: Card) -> ApiError:
    charge.update(
        status="failed",
        paid=False,
        captured=False,
        amount_captured=0,
        failure_code=card.code,
        failure_message=card.message,
    )
    charge["outcome"].update(
        network_status="declined_by_network", reason=card.decline_code, type="issuer_declined",
        seller_message="The bank did not return any further details with this decline.",
    )  # fmt: skip
    refusal = ApiError(
        402,
        card.message,
        type="card_error",
        code=card.code,
        decline_code=card.decline_code,
        charge=charge["id"],
    )
    intent.update(status="requires_payment_method", payment_method=None, last_payment_error=refusal.body()["error"])
    emit(world, "charge.failed", charge)
    emit(world, "payment_intent.payment_failed", intent)
    return refusal


def _card_of(params: Params) -> Card | None:
    method = params.text("payment_method")
    if method is None:
        return None
    card = BY_METHOD.get(method)
    if card is None:
        raise no_such_reference("PaymentMethod", method, param="payment_method")
    return card
