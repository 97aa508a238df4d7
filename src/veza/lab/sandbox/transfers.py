"""Transfers: sending a seller's share from the platform to a connected account."""

from __future__ import annotations

from veza.lab.sandbox import balances, currencies
from veza.lab.sandbox.cards import BY_METHOD
from veza.lab.sandbox.changes import change
from veza.lab.sandbox.charges import settled
from veza.lab.sandbox.errors import ApiError, no_such_reference
from veza.lab.sandbox.events import emit
from veza.lab.sandbox.faults import add_rule
from veza.lab.sandbox.params import Params
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World


def create_transfer(world: World, params: Params) -> Obj:
    currency = params.currency()
    amount = params.amount("amount", currency)
    destination = params.required_text("destination")
    source = params.text("source_transaction")
    description, group, metadata = params.text("description"), params.text("transfer_group"), params.metadata()
    account = world.accounts.get(destination)
    if account is None:
        raise no_such_reference("destination", destination, param="destination")
    _check_capability(account)
    charge = _source_charge(world, source, amount, currency) if source is not None else None
    available_on = None if charge is None else _available_on(world, charge)
    platform = world.settings.platform_account
    if charge is None and balances.held(world, platform, currency)["available"] < amount:
        raise ApiError(
            400,
            "You have insufficient available funds in your Stripe account. Try adding funds directly to your "
            "available balance by creating Charges using the 4000000000000077 test card. See: "
            "https://stripe.com/docs/testing#available-balance",
            code="balance_insufficient",
        )
    id = world.new_id("tr")
    payment = world.new_id("py")
    sent = balances.post(world, platform, "transfer", -amount, currency, id, available_on=available_on)
    at_once = world.settings.seller_funds_available_at_once
    balances.post(
        world, destination, "payment", amount, currency, payment, available_on=None if at_once else available_on
    )
    transfer = world.transfers.add(
        {
            "id": id,
            "object": "transfer",
            "amount": amount,
            "amount_reversed": 0,
            "balance_transaction": sent["id"],
            "created": world.seconds,
            "currency": currency,
            "description": description,
            "destination": destination,
            "destination_payment": payment,
            "livemode": False,
            "metadata": metadata,
            "reversals": None,
            "reversed": False,
            "source_transaction": source,
            "source_type": "card",
            "transfer_group": group or (charge["transfer_group"] if charge else None) or _new_group(charge),
        }
    )
    world.effects["transfers"] += 1
    emit(world, "transfer.created", transfer)
    if charge is not None:
        _follow_card_fault(world, charge, id)
    return transfer


def get_transfer(world: World, id: str) -> Obj:
    transfer = world.transfers.get(id)
    if transfer is None:
        raise ApiError(404, f"No such transfer: '{id}'", code=world.settings.transfer_not_found_code, param="id")
    return transfer


def update_transfer(world: World, params: Params, id: str) -> Obj:
    transfer = get_transfer(world, id)
    wanted = {"description": params.text("description")} if "description" in params.values else {}
    previous = change(transfer, metadata=params.metadata(transfer["metadata"]), **wanted)
    world.transfers.touch(id)
    emit(world, "transfer.updated", transfer, previous=previous)
    return transfer


def _check_capability(account: Obj) -> None:
    if account["capabilities"].get("transfers") != "active":
        raise ApiError(
            400,
            "Your destination account needs to have at least one of the following capabilities enabled: transfers, "
            "crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )


def _source_charge(world: World, source: str, amount: int, currency: str) -> Obj:
    charge = world.charges.get(source)
    if charge is None:
        raise no_such_reference("charge", source, param="source_transaction")
    if charge["status"] != "succeeded":
        raise ApiError(400, f"Cannot use charge {source} as a source: it did not succeed.", param="source_transaction")
    txn = settled(world, charge)
    if txn["currency"] != currency:
        raise ApiError(
            400,
            f"The currency of source_transaction's balance transaction ({txn['currency']}) must be the same as the "
            f"transfer currency ({currency})",
            param="currency",
        )
    if charge["refunded"] and not world.settings.refunded_charge_feeds_transfers:
        raise ApiError(400, f"Charge {source} has been refunded, it cannot be a source.", param="source_transaction")
    sent = sum(t["amount"] for t in world.transfers.find("source_transaction", source))
    if sent + amount > txn["amount"]:
        raise ApiError(
            400,
            "Transfers using this transaction as a source must not exceed the source amount of "
            f"{currencies.pretty(txn['amount'], currency)}. "
            f"(Already transferred: {currencies.pretty(sent, currency)}.)",
            param="amount",
        )
    return charge


def _available_on(world: World, charge: Obj) -> float | None:
    available_on: int = world.balance_transactions.rows[charge["balance_transaction"]]["available_on"]
    return available_on if available_on > world.now else None


def _new_group(charge: Obj | None) -> str | None:
    """Stripe groups a charge without a group with its transfers."""
    return None if charge is None else f"group_{charge['payment_intent'] or charge['id']}"


def _follow_card_fault(world: World, charge: Obj, transfer_id: str) -> None:
    fault = BY_METHOD[charge["_card"]].fault
    if fault is not None and fault[0] == "transfer":
        add_rule(world, fault[1], method="POST", path="/reversals$", object=transfer_id)
