"""Payment intents: what is asked of a buyer, and the requests that move it on."""

from __future__ import annotations

from veza.lab.sandbox import currencies
from veza.lab.sandbox.changes import change
from veza.lab.sandbox.customers import customer_named, shipping_of
from veza.lab.sandbox.errors import ApiError, bad_param, no_such
from veza.lab.sandbox.events import emit
from veza.lab.sandbox.params import Params, check_amount
from veza.lab.sandbox.paying import complete_capture, pay_intent, release_hold
from veza.lab.sandbox.payment_methods import method_named
from veza.lab.sandbox.views import show
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

CAPTURE_METHOD = "automatic_async"
COPIED = ("description", "receipt_email", "setup_future_usage", "statement_descriptor", "statement_descriptor_suffix")
UNPAID = ("requires_payment_method", "requires_confirmation", "requires_action")


def create_intent(world: World, params: Params, base_url: str) -> Obj:
    currency = params.currency()
    amount = check_charge_amount(params.amount("amount", currency), currency)
    wanted = _wanted(world, params)
    method, confirm = method_named(world, params), params.flag("confirm")
    if confirm and method is None:
        raise bad_param(
            "payment_method",
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method or ConfirmationToken.",
            "payment_intent_unexpected_state",
        )
    _check_owner(method, wanted.get("customer"))
    intent = new_intent(
        world,
        amount,
        currency,
        transfer_group=params.text("transfer_group"),
        description=None,
        metadata=params.metadata(),
    )
    intent.update(wanted)
    automatic = params.part("automatic_payment_methods")
    if automatic is not None:
        intent["automatic_payment_methods"] = {
            "allow_redirects": automatic.text("allow_redirects") or "always",
            "enabled": bool(automatic.flag("enabled")),
        }
    if method is not None:
        intent.update(status="requires_confirmation", payment_method=method["id"])
    emit(world, "payment_intent.created", intent)
    if confirm and method is not None:
        _take_ways(intent, params, base_url)
        pay_intent(world, intent, method)
    return intent


def confirm_intent(world: World, params: Params, id: str, base_url: str) -> Obj:
    intent = get_intent(world, id)
    wanted = _wanted(world, params)
    method = method_named(world, params) or world.payment_methods.get(intent["payment_method"] or "")
    if intent["status"] not in UNPAID or method is None:
        raise wrong_state(world, intent, "confirm")
    _check_owner(method, intent["customer"])
    intent.update(wanted)
    _take_ways(intent, params, base_url)
    pay_intent(world, intent, method)
    return intent


def capture_intent(world: World, params: Params, id: str) -> Obj:
    """Take what `capture_method=manual` holds, or less of it."""
    intent = get_intent(world, id)
    wanted = _wanted(world, params)
    amount = params.optional_amount("amount_to_capture", intent["currency"])
    metadata = params.metadata(intent["metadata"])
    if intent["status"] != "requires_capture":
        raise wrong_state(world, intent, "capture")
    most = intent["amount_capturable"]
    if amount is not None and amount > most:
        raise ApiError(
            400,
            f"The amount_to_capture ({amount}) is greater than what can be captured ({most}).",
            code="amount_too_large",
            param="amount_to_capture",
        )
    intent.update(wanted, metadata=metadata)
    complete_capture(world, intent, most if amount is None else amount)
    session = world.sessions.get(intent.get("_session") or "")
    if session is not None:
        session["payment_status"] = "paid"
        world.sessions.touch(session["id"])
    return intent


def cancel_intent(world: World, params: Params, id: str) -> Obj:
    intent = get_intent(world, id)
    if intent["status"] in ("succeeded", "canceled"):
        raise wrong_state(world, intent, "cancel")
    return end_intent(world, intent, params.text("cancellation_reason"))


def end_intent(world: World, intent: Obj, reason: str | None) -> Obj:
    """Cancel an intent that has not succeeded; what it held goes back to the card."""
    held = intent["status"] == "requires_capture"
    intent.update(status="canceled", canceled_at=world.seconds, cancellation_reason=reason, next_action=None)
    if held:
        release_hold(world, intent)
    world.payment_intents.touch(intent["id"])
    emit(world, "payment_intent.canceled", intent)
    return intent


def update_intent(world: World, params: Params, id: str) -> Obj:
    """Change an intent; amount, currency, customer and capture method only while nothing was charged."""
    intent = get_intent(world, id)
    wanted = _wanted(world, params)
    fixed = [name for name in ("amount", "currency", "customer", "capture_method") if name in params.values]
    if fixed and intent["status"] not in UNPAID:
        raise wrong_state(world, intent, "update", fixed[0])
    if "amount" in params.values or "currency" in params.values:
        currency = params.currency() if "currency" in params.values else intent["currency"]
        amount = params.amount("amount", currency) if "amount" in params.values else intent["amount"]
        wanted.update(amount=check_charge_amount(amount, currency), currency=currency)
    if "transfer_group" in params.values:
        wanted["transfer_group"] = params.text("transfer_group")
    method = method_named(world, params)
    _check_owner(method, wanted.get("customer", intent["customer"]))
    if method is not None:
        wanted["payment_method"] = method["id"]
        if intent["status"] == "requires_payment_method":
            wanted["status"] = "requires_confirmation"
    change(intent, **wanted, metadata=params.metadata(intent["metadata"]))
    world.payment_intents.touch(id)
    return intent


def get_intent(world: World, id: str) -> Obj:
    intent = world.payment_intents.get(id)
    if intent is None:
        raise no_such("payment_intent", id, param="intent")
    return intent


def wrong_state(world: World, intent: Obj, verb: str, param: str | None = None) -> ApiError:
    """The refusal of what this intent's status does not allow; it carries the intent and its payment method."""
    carried: Obj = {"payment_intent": show(world, intent)}
    method = world.payment_methods.get(intent["payment_method"] or "")
    if method is not None:
        carried["payment_method"] = show(world, method)
    what = f"update {param} of" if param else verb
    return ApiError(
        400,
        f"You cannot {what} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        param=param,
        **carried,
    )


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
    """A payment intent that waits for a payment method."""
    id = world.new_id("pi")
    return world.payment_intents.add(
        {
            "id": id,
            "object": "payment_intent",
            "allowed_payment_method_types": None,
            "amount": amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "application": None,
            "application_fee_amount": None,
            "automatic_payment_methods": None,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": CAPTURE_METHOD,
            "client_secret": f"{id}_secret_{world.new_id('x')[2:]}",
            "confirmation_method": "automatic",
            "created": world.seconds,
            "currency": currency,
            "customer": None,
            "customer_account": None,
            "description": description,
            "excluded_payment_method_types": None,
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "managed_payments": None,
            "metadata": metadata,
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_configuration_details": None,
            "payment_method_options": {},
            "payment_method_types": ["card"],
            "payment_record": None,
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
        }
    )


def _wanted(world: World, params: Params) -> Obj:
    """The values a request gives an intent's fields, amounts, metadata and transfer group apart."""
    values = params.values
    wanted: Obj = {name: params.text(name) for name in COPIED if name in values}
    if "capture_method" in values:
        wanted["capture_method"] = params.text("capture_method") or CAPTURE_METHOD
    customer = customer_named(world, params)
    if customer is not None:
        wanted["customer"] = customer["id"]
    if "shipping" in values:
        shipping = params.part("shipping")
        wanted["shipping"] = shipping and shipping_of(shipping)
    options = params.part("payment_method_options")
    card = options.part("card") if options is not None else None
    if card is not None:
        secure = card.text("request_three_d_secure") or "automatic"
        wanted["payment_method_options"] = {
            "card": {"installments": None, "mandate_options": None, "network": None, "request_three_d_secure": secure}
        }
    if "allowed_payment_method_types" in values:
        wanted["allowed_payment_method_types"] = params.texts("allowed_payment_method_types") or None
    return wanted


def _take_ways(intent: Obj, params: Params, base_url: str) -> None:
    """How a confirming request deals with a card that asks for authentication."""
    away = params.flag("off_session") or params.flag("error_on_requires_action")
    intent.update(
        _buyer_is_away=bool(away),
        _return_url=params.url("return_url"),
        _uses_sdk=bool(params.flag("use_stripe_sdk")),
        _base_url=base_url,
    )


def _check_owner(method: Obj | None, customer: str | None) -> None:
    if method is not None and method["customer"] not in (None, customer):
        raise bad_param(
            "payment_method",
            f"The payment method {method['id']} belongs to the customer {method['customer']}. Please include the "
            "customer in the `customer` parameter on the PaymentIntent.",
        )
