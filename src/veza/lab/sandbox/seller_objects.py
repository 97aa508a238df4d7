"""What a transfer looks like from its seller's side: the payment (`py_…`) it arrives as, and refunds of it (`pyr_…`).

Both are made up from transfer and reversal when they are asked for.
"""

from __future__ import annotations

from veza.lab.sandbox.errors import no_such
from veza.lab.sandbox.payment_methods import billing_details
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World


def get_payment(world: World, account: str, id: str) -> Obj:
    """A seller's payment, for requests on behalf of `account`."""
    transfer = _found(world, "transfers", "destination_payment", id)
    if transfer is None or transfer["destination"] != account:
        raise no_such("charge", id)
    return payment_of(world, transfer)


def get_payment_refund(world: World, account: str, id: str) -> Obj:
    """A refund of a seller's payment, for requests on behalf of `account`."""
    reversal = _found(world, "reversals", "destination_payment_refund", id)
    if reversal is None or world.transfers.rows[reversal["transfer"]]["destination"] != account:
        raise no_such("refund", id)
    return payment_refund_of(world, reversal)


def seller_object(world: World, id: str) -> Obj | None:
    """The payment or refund with this id, for `expand`."""
    if id.startswith("pyr_"):
        reversal = _found(world, "reversals", "destination_payment_refund", id)
        return None if reversal is None else payment_refund_of(world, reversal)
    transfer = _found(world, "transfers", "destination_payment", id)
    return None if transfer is None else payment_of(world, transfer)


def payment_of(world: World, transfer: Obj) -> Obj:
    """The transfer as the charge the seller's account received."""
    refunded = transfer["amount_reversed"]
    return {
        "id": transfer["destination_payment"],
        "object": "charge",
        "amount": transfer["amount"],
        "amount_captured": transfer["amount"],
        "amount_refunded": refunded,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": _moved_by(world, transfer["destination_payment"]),
        "billing_details": billing_details(),
        "calculated_statement_descriptor": None,
        "captured": True,
        "created": transfer["created"],
        "currency": transfer["currency"],
        "customer": None,
        "description": transfer["description"],
        "destination": None,
        "dispute": None,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "on_behalf_of": None,
        "order": None,
        "outcome": None,
        "paid": True,
        "payment_intent": None,
        "payment_method": None,
        "payment_method_details": {"stripe_account": {}, "type": "stripe_account"},
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": refunded == transfer["amount"],
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": transfer["id"],
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }


def payment_refund_of(world: World, reversal: Obj) -> Obj:
    """The reversal as the refund the seller's account gave."""
    id = reversal["destination_payment_refund"]
    return {
        "id": id,
        "object": "refund",
        "amount": reversal["amount"],
        "balance_transaction": _moved_by(world, id),
        "charge": world.transfers.rows[reversal["transfer"]]["destination_payment"],
        "created": reversal["created"],
        "currency": reversal["currency"],
        "customer": None,
        "customer_account": None,
        "metadata": {},
        "payment_intent": None,
        "payment_method": None,
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": reversal["id"],
        "status": "succeeded",
        "transfer_reversal": None,
    }


def _found(world: World, table: str, index: str, id: str) -> Obj | None:
    return next(world.tables[table].find(index, id), None)


def _moved_by(world: World, id: str) -> str | None:
    """The balance transaction this object caused on the seller's account."""
    txn = next(world.balance_transactions.find("source", id), None)
    return None if txn is None else str(txn["id"])
