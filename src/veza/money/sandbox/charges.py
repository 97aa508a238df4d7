"""Charges: what a card was charged, and when the platform may use it."""

from __future__ import annotations

from veza.money.sandbox import balances
from veza.money.sandbox.cards import Card
from veza.money.sandbox.errors import no_such
from veza.money.sandbox.events import emit
from veza.money.sandbox.params import Params
from veza.money.sandbox.wire import Obj
from veza.money.sandbox.world import World

DEFAULT_RATE = 1.1
UPDATE_PARAMS = frozenset({"metadata", "description", "expand", "transfer_group", "receipt_email"})


def get_charge(world: World, id: str) -> Obj:
    charge = world.charges.get(id)
    if charge is None:
        raise no_such("charge", id)
    return charge


def update_charge(world: World, params: Params, id: str) -> Obj:
    params.allow(UPDATE_PARAMS)
    charge = get_charge(world, id)
    charge["metadata"] = params.metadata(charge["metadata"])
    if "description" in params.values:
        charge["description"] = params.text("description")
    world.charges.touch(id)
    emit(world, "charge.updated", charge)
    return charge


def new_charge(world: World, intent: Obj, card: Card, email: str | None) -> Obj:
    """A charge for what the intent asks, not yet booked."""
    id = world.new_id("ch")
    return world.charges.add(
        {
            "id": id,
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": intent["amount"],
            "amount_refunded": 0,
            "application": None,
            "application_fee": None,
            "application_fee_amount": None,
            "balance_transaction": None,
            "billing_details": {"address": None, "email": email, "name": None, "phone": None, "tax_id": None},
            "calculated_statement_descriptor": "VEZA",
            "captured": True,
            "created": world.seconds,
            "currency": intent["currency"],
            "customer": None,
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
                "network_status": "approved_by_network",
                "reason": None,
                "risk_level": "normal",
                "seller_message": "Payment complete.",
                "type": "authorized",
            },
            "paid": True,
            "payment_intent": intent["id"],
            "payment_method": world.new_id("pm"),
            "payment_method_details": {
                "card": {
                    "brand": card.brand,
                    "country": "US",
                    "exp_month": 12,
                    "exp_year": 2034,
                    "funding": "credit",
                    "last4": card.number[-4:],
                    "network": card.brand,
                },
                "type": "card",
            },
            "receipt_email": email,
            "receipt_number": None,
            "receipt_url": None,
            "refunded": False,
            "review": None,
            "shipping": None,
            "source": None,
            "source_transfer": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": "succeeded",
            "transfer_data": None,
            "transfer_group": intent["transfer_group"],
            "_card": card.method,
        }
    )


def settle(world: World, charge: Obj, card: Card) -> None:
    """Book the charge to the platform, in its settlement currency, less the provider's fee."""
    settings = world.settings
    amount, currency, rate = charge["amount"], charge["currency"], None
    settlement = settings.settlement_currency
    if settlement is not None and settlement != currency:
        rate = settings.exchange_rates.get(currency, DEFAULT_RATE)
        amount, currency = round(amount * rate), settlement
    fee = amount * settings.charge_fee_basis_points // 10_000 + settings.charge_fee_fixed_minor
    txn = balances.post(
        world,
        settings.platform_account,
        "charge",
        amount,
        currency,
        charge["id"],
        fee=min(fee, amount),
        available_on=None if card.available_at_once else world.now + settings.funds_delay_seconds,
        exchange_rate=rate,
        description=charge["description"],
    )
    charge["balance_transaction"] = txn["id"]
