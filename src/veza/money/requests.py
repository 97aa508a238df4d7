"""The bodies of the requests that make or move money at the provider: one builder for each, frozen with its key.

A key replays only with the very same body, so what is built here is sent byte for byte again; a test holds each. Ids of
ours go along as metadata: by them the provider's objects are known to be ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from veza.money.causes import Cause, CauseKind
from veza.money.payments import LineDraft
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.stripe.live import frozen
from veza.money.transfers import SellerTransfer


def pay_page(
    payment_id: UUID, order_ref: str, currency: str, lines: Sequence[LineDraft], success_url: str, cancel_url: str
) -> dict[str, Any]:
    """The body of POST /v1/checkout/sessions."""
    ours = {"veza_payment": str(payment_id), "veza_order": order_ref}
    return {
        "mode": "payment",
        "client_reference_id": order_ref,
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": currency.lower(),
                    "unit_amount": line.gross_minor,
                    "product_data": {"name": line.product_ref},
                },
            }
            for line in lines
        ],
        "success_url": success_url,
        "cancel_url": cancel_url,
        "metadata": ours,
        # On the intent as well: charges, refunds and disputes carry the intent's metadata, not the session's.
        "payment_intent_data": {"transfer_group": str(payment_id), "metadata": ours},
        # The buyer pays in the order's currency: a charge settled in another one could not be shared out.
        "adaptive_pricing": {"enabled": "false"},
    }


def refund(row: Refund, charge_id: str) -> str:
    """The body of POST /v1/refunds."""
    metadata = {"veza_refund": str(row.id), "veza_payment": str(row.payment_id)}
    return frozen({"charge": charge_id, "amount": row.amount_minor, "metadata": metadata})


def transfer(row: SellerTransfer, account_id: str) -> str:
    """The body of POST /v1/transfers."""
    body: dict[str, Any] = {
        "amount": row.sent_minor,
        "currency": row.currency.lower(),
        "destination": account_id,
        "transfer_group": str(row.payment_id),
    }
    if row.source_transaction:
        body["source_transaction"] = row.source_transaction
    body["metadata"] = {
        "veza_transfer": str(row.id),
        "veza_payment": str(row.payment_id),
        "veza_seller": row.seller_id,
    }
    return frozen(body)


def reversal(row: TransferReversal) -> str:
    """The body of POST /v1/transfers/{id}/reversals."""
    return reversal_of(row.id, row.amount_minor, Cause(CauseKind(row.cause_kind), row.cause_id))


def reversal_of(row_id: UUID, amount_minor: int, cause: Cause) -> str:
    """The same for a row that is being written."""
    metadata = {"veza_reversal": str(row_id), "veza_cause": f"{cause.kind.value} {cause.id}"}
    return frozen({"amount": amount_minor, "metadata": metadata})
