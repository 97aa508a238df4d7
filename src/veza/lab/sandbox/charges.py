"""Charges: what a card was charged, when it is captured, and when the platform may use it."""

from __future__ import annotations

from veza.lab.sandbox import balances
from veza.lab.sandbox.cards import BY_METHOD, Card
from veza.lab.sandbox.changes import change
from veza.lab.sandbox.customers import customer_named, shipping_of
from veza.lab.sandbox.errors import ApiError, bad_param, no_such
from veza.lab.sandbox.events import emit
from veza.lab.sandbox.params import Params
from veza.lab.sandbox.payment_methods import billing_details, charged_card
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

DEFAULT_RATE = 1.1
STATEMENT = "VEZA"


def get_charge(world: World, id: str) -> Obj:
    charge = world.charges.get(id)
    if charge is None:
        raise no_such("charge", id)
    return charge


def update_charge(world: World, params: Params, id: str) -> Obj:
    charge = get_charge(world, id)
    wanted: Obj = {"metadata": params.metadata(charge["metadata"])}
    wanted.update((name, params.text(name)) for name in ("description", "receipt_email") if name in params.values)
    customer, group = customer_named(world, params), params.text("transfer_group")
    if customer is not None:
        if charge["customer"] not in (None, customer["id"]):
            raise bad_param("customer", f"Charge {id} already belongs to a customer.")
        wanted["customer"] = customer["id"]
    if group is not None:
        if charge["transfer_group"] not in (None, group):
            raise bad_param("transfer_group", f"Charge {id} already has a transfer_group.")
        wanted["transfer_group"] = group
    if (report := params.part("fraud_details")) is not None:
        said = report.text("user_report")
        wanted["fraud_details"] = {"user_report": said} if said else {}
    if (shipping := params.part("shipping")) is not None:
        wanted["shipping"] = shipping_of(shipping)
    was_grouped = charge["transfer_group"] is not None
    previous = change(charge, **wanted)
    if group is not None and not was_grouped:
        world.charges.reindex("transfer_group", id)
    world.charges.touch(id)
    emit(world, "charge.updated", charge, previous=previous)
    return charge


def new_charge(
    world: World, intent: Obj, card: Card, method: Obj, email: str | None, *, authenticated: bool = False
) -> Obj:
    """A charge for what the intent asks, captured unless the intent wants to do that itself, not yet booked."""
    amount, is_captured = intent["amount"], intent["capture_method"] != "manual"
    suffix = intent["statement_descriptor_suffix"]
    return world.charges.add(
        {
            "id": world.new_id("ch"),
            "object": "charge",
            "amount": amount,
            "amount_captured": amount if is_captured else 0,
            "amount_refunded": 0,
            "application": None,
            "application_fee": None,
            "application_fee_amount": None,
            "balance_transaction": None,
            "billing_details": {**billing_details(), **method["billing_details"], "email": email},
            "calculated_statement_descriptor": f"{STATEMENT}* {suffix}" if suffix else STATEMENT,
            "captured": is_captured,
            "created": world.seconds,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "destination": None,
            "dispute": None,
            "disputed": False,
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "fraud_details": {},
            "livemode": False,
            "metadata": dict(intent["metadata"]),
            "on_behalf_of": None,
            "order": None,
            "outcome": {
                "advice_code": None,
                "network_advice_code": None,
                "network_decline_code": None,
                "network_status": "approved_by_network",
                "reason": None,
                "risk_level": "normal",
                "seller_message": "Payment complete.",
                "type": "authorized",
            },
            "paid": True,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": charged_card(card, amount, authenticated=authenticated),
            "receipt_email": intent["receipt_email"],
            "receipt_number": None,
            "receipt_url": None,
            "refunded": False,
            "review": None,
            "shipping": intent["shipping"],
            "source": None,
            "source_transfer": None,
            "statement_descriptor": intent["statement_descriptor"],
            "statement_descriptor_suffix": suffix,
            "status": "succeeded",
            "transfer_data": None,
            "transfer_group": intent["transfer_group"],
            "_card": card.method,
        }
    )


def settled(world: World, charge: Obj) -> Obj:
    """The charge's balance transaction. One that is still being booked in the background is booked now.

    Raises ApiError 400 for a charge that has none because it did not succeed or was not captured.
    """
    if charge["balance_transaction"] is None:
        if charge["status"] != "succeeded" or not charge["captured"]:
            raise ApiError(400, f"Charge {charge['id']} has not been captured.", code="charge_not_captured")
        finish_capture(world, charge["id"])
    return world.balance_transactions.rows[charge["balance_transaction"]]


def finish_capture(world: World, id: str) -> None:
    """What asynchronous capture does a moment after the charge: it is booked, and `charge.updated` says so."""
    charge = world.charges.rows[id]
    if charge["balance_transaction"] is None:
        settle(world, charge)
        emit(world, "charge.updated", charge, previous={"balance_transaction": None})


def settle(world: World, charge: Obj) -> None:
    """Book what was captured to the platform, in its settlement currency, less the provider's fee."""
    settings = world.settings
    amount, currency, rate = charge["amount_captured"], charge["currency"], None
    settlement = settings.settlement_currency
    if settlement is not None and settlement != currency:
        rate = settings.exchange_rates.get(currency, DEFAULT_RATE)
        amount, currency = round(amount * rate), settlement
    fee = amount * settings.charge_fee_basis_points // 10_000 + settings.charge_fee_fixed_minor
    at_once = BY_METHOD[charge["_card"]].available_at_once
    txn = balances.post(
        world,
        settings.platform_account,
        "charge",
        amount,
        currency,
        charge["id"],
        fee=min(fee, amount),
        available_on=None if at_once else world.now + settings.funds_delay_seconds,
        exchange_rate=rate,
        description=charge["description"],
    )
    charge["balance_transaction"] = txn["id"]
    world.charges.touch(charge["id"])
