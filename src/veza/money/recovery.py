"""Taking money back from sellers: reversals are planned, made or canceled; their transfer and the ledger follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from veza.kit.database import Session
from veza.kit.messages import Message
from veza.kit.outbox import publish
from veza.money import findings, requests, transfers
from veza.money.attempts import NEVER_ATTEMPTED
from veza.money.causes import Cause, CauseKind
from veza.money.ledger import Account, moved, post
from veza.money.payment_frame import PaymentFrame
from veza.money.reversals import WAKE, TransferReversal, machine, move
from veza.money.transfers import SellerTransfer


async def add(
    session: Session, frame: PaymentFrame, transfer: SellerTransfer, amount_minor: int, cause: Cause
) -> TransferReversal:
    """Write the intent to take `amount_minor` back from a sent transfer; due at once."""
    reversal_id = session.new_id()
    values = {"id": reversal_id, "status": "pending", "amount_minor": amount_minor, "next_retry_at": session.now}
    values |= {
        "cause_kind": cause.kind.value,
        "cause_id": cause.id,
        "request_body": requests.reversal_of(reversal_id, amount_minor, cause),
    }
    row = await create(session, frame, transfer, cause.said, values)
    session.wake(WAKE)
    return row


async def add_seen(
    session: Session,
    frame: PaymentFrame,
    transfer: SellerTransfer,
    stripe_id: str,
    amount_minor: int,
    because: Message,
) -> TransferReversal:
    """Record a reversal made by others at the provider: its money is back, and nothing has needed it yet."""
    row_id = session.new_id()
    values = {"id": row_id, "status": "succeeded", "amount_minor": amount_minor, "succeeded_at": session.now}
    values |= {"surplus_minor": amount_minor}
    values |= {"cause_kind": CauseKind.PROVIDER.value, "cause_id": row_id, "stripe_reversal_id": stripe_id}
    row = await create(session, frame, transfer, because, values)
    await _money_is_back(session, frame, transfer, row, Account.TO_RECOVER, because=because)
    return row


async def create(
    session: Session, frame: PaymentFrame, transfer: SellerTransfer, because: Message, values: dict[str, Any]
) -> TransferReversal:
    of_transfer = {"transfer_id": transfer.id, "seller_id": transfer.seller_id, "currency": transfer.currency}
    new = {**NEVER_ATTEMPTED, "payment_id": frame.payment.id, "surplus_minor": 0, "created_at": session.now}
    (row,) = await machine.create(session, [{**new, **of_transfer, **values}], because=because)
    frame.add_reversal(row)
    return row


async def succeed(
    session: Session,
    frame: PaymentFrame,
    transfer: SellerTransfer,
    reversal: TransferReversal,
    stripe_id: str,
    *,
    because: Message,
    request_id: str | None = None,
) -> bool:
    """The provider made this reversal (payment locked), and its transfer moves with it; False when known already."""
    if reversal.status == "succeeded":
        return False
    recovered = Account.SELLER_DEBT if reversal.status == "permanently_failed" else Account.TO_RECOVER
    facts: dict[str, Any] = {}
    if reversal.status == "canceled":
        # Its cause may have a new row by now; this one stands for itself.
        facts = {"cause_kind": CauseKind.REBALANCE.value, "cause_id": reversal.id}
    await move(
        session,
        reversal,
        "succeeded",
        because=because,
        request_id=request_id,
        stripe_reversal_id=stripe_id,
        succeeded_at=session.now,
        unanswered=False,
        look_first=False,
        next_retry_at=None,
        check_at=None,
        waiting_since=None,
        **facts,
    )
    if recovered is Account.SELLER_DEBT:
        await findings.resolve(session, findings.FindingKind.SELLER_DEBT, f"reversal {reversal.id}")
    await _money_is_back(session, frame, transfer, reversal, recovered, because=because, request_id=request_id)
    await publish(session, "reversal.succeeded", told(frame, transfer, reversal))
    return True


async def cancel(
    session: Session,
    frame: PaymentFrame,
    transfer: SellerTransfer,
    reversal: TransferReversal,
    *,
    because: Message,
    **facts: Any,
) -> None:
    """It is not needed any more, and its request is certainly not alive."""
    was_debt = reversal.status == "permanently_failed"
    end: dict[str, Any] = {"next_retry_at": None, "waiting_since": None, "check_at": None, "unwanted_at": None, **facts}
    await move(session, reversal, "canceled", because=because, **end)
    if was_debt:
        legs = moved(Account.SELLER_DEBT, Account.TO_RECOVER, reversal.amount_minor, transfer.seller_id)
        post(session, frame.payment.id, frame.payment.currency, f"reversal {reversal.id} canceled", legs)
        await findings.resolve(session, findings.FindingKind.SELLER_DEBT, f"reversal {reversal.id}")


async def lower(
    session: Session,
    frame: PaymentFrame,
    transfer: SellerTransfer,
    reversal: TransferReversal,
    by_minor: int,
    *,
    because: Message,
) -> None:
    """Take `by_minor` less back with it (its request is certainly not alive): canceled, the rest as a new row."""
    await cancel(session, frame, transfer, reversal, because=because)
    if by_minor < reversal.amount_minor:
        own = Cause(CauseKind(reversal.cause_kind), reversal.cause_id)
        await add(session, frame, transfer, reversal.amount_minor - by_minor, own)


def derived_status(transfer: SellerTransfer, reversed_minor: int, rows: Sequence[TransferReversal]) -> str:
    """The status of a sent transfer of which so much is back, by its reversals."""
    statuses = {row.status for row in rows}
    if "pending" in statuses:
        return "reversal_pending"
    if "permanently_failed" in statuses:
        return "permanently_failed"
    return "reversed" if transfer.sent_minor <= reversed_minor + transfer.netted_minor else "completed"


async def update_transfer_status(
    session: Session,
    frame: PaymentFrame,
    transfer: SellerTransfer,
    *,
    because: Message,
    request_id: str | None = None,
    reversed_minor: int | None = None,
) -> None:
    """Give a sent transfer the status its reversals say, and what is back of it by now.

    No move when it has that status already.
    """
    back = transfer.reversed_minor if reversed_minor is None else reversed_minor
    facts: dict[str, Any] = {} if back == transfer.reversed_minor else {"reversed_minor": back}
    if not transfers.is_unsent(transfer) and transfer.status != "canceled":
        status = derived_status(transfer, back, await frame.reversals_of(session, transfer.id))
        if status != transfer.status:
            step = "reversal" if status == "permanently_failed" else None
            facts |= {"failed_step": step}
            await transfers.move(session, transfer, status, because=because, request_id=request_id, **facts)
            return
    if facts:
        await transfers.machine.update(session, transfer, **facts)


async def _money_is_back(
    session: Session,
    frame: PaymentFrame,
    transfer: SellerTransfer,
    reversal: TransferReversal,
    recovered: Account,
    *,
    because: Message,
    request_id: str | None = None,
) -> None:
    back = transfer.reversed_minor + reversal.amount_minor
    await update_transfer_status(session, frame, transfer, because=because, request_id=request_id, reversed_minor=back)
    legs = moved(recovered, Account.SENT_TO_SELLERS, reversal.amount_minor, transfer.seller_id)
    post(session, frame.payment.id, frame.payment.currency, f"reversed by {reversal.stripe_reversal_id}", legs)


def told(frame: PaymentFrame, transfer: SellerTransfer, reversal: TransferReversal) -> dict[str, object]:
    return {
        "payment_id": str(frame.payment.id),
        "transfer_id": str(transfer.id),
        "reversal_id": str(reversal.id),
        "seller_id": transfer.seller_id,
        "amount_minor": reversal.amount_minor,
        "currency": reversal.currency,
    }
