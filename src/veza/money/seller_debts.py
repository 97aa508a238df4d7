"""Debts of sellers: reversals that failed for good, until they are paid, tried again or not needed.

`reversals.cancel` ends one that is not needed any more, `reversals.succeed` one that was carried out after all.
"""

from __future__ import annotations

from typing import Any

from veza.kit.database import Session
from veza.kit.messages import Message, gettext, verbatim
from veza.kit.money import Amount
from veza.kit.outbox import publish
from veza.money import findings, recovery, reversals, transfers
from veza.money.ledger import Account, moved, post
from veza.money.payment_frame import PaymentFrame
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer

NETTING_WAKE = "nettings"
"""The bell of the worker that lets later sales pay debts."""


async def fail_for_good(
    session: Session,
    frame: PaymentFrame,
    transfer: SellerTransfer,
    reversal: TransferReversal,
    *,
    because: Message,
    request_id: str | None = None,
    **facts: Any,
) -> None:
    """It will not happen by itself any more: the seller owes it, and a person is told why."""
    end: dict[str, Any] = {"next_retry_at": None, "waiting_since": None, **facts}
    await reversals.move(session, reversal, "permanently_failed", because=because, request_id=request_id, **end)
    legs = moved(Account.TO_RECOVER, Account.SELLER_DEBT, reversal.amount_minor, transfer.seller_id)
    post(session, frame.payment.id, frame.payment.currency, f"reversal {reversal.id} failed for good", legs)
    await _report_debt(session, frame, transfer, reversal, because)
    await publish(session, "reversal.failed", recovery.told(frame, transfer, reversal))
    session.wake(NETTING_WAKE)


async def _report_debt(
    session: Session, frame: PaymentFrame, transfer: SellerTransfer, reversal: TransferReversal, because: Message
) -> None:
    mend = gettext("later sales of the seller pay it by themselves where netting is on")
    if not transfers.is_kept(transfer):
        mend = gettext("veza money retry {transfer_id} --reason …; {mend}", transfer_id=transfer.id, mend=mend)
    await findings.report(
        session,
        findings.FindingKind.SELLER_DEBT,
        f"reversal {reversal.id}",
        gettext(
            "{amount} could not be taken back from seller {seller_id}: {because}",
            amount=Amount(reversal.amount_minor, reversal.currency),
            seller_id=transfer.seller_id,
            because=because,
        ),
        mend=mend,
        payment_id=frame.payment.id,
    )


async def pay(
    session: Session,
    frame: PaymentFrame,
    transfer: SellerTransfer,
    reversal: TransferReversal,
    by_minor: int,
    *,
    because: Message,
) -> TransferReversal | None:
    """`by_minor` of a debt was paid from a later sale: canceled, and the rest stays a debt, as a new row (returned)."""
    await recovery.cancel(session, frame, transfer, reversal, because=because)
    rest = reversal.amount_minor - by_minor
    if not rest:
        return None
    values = {"id": session.new_id(), "status": "permanently_failed", "amount_minor": rest}
    values |= {"cause_kind": reversal.cause_kind, "cause_id": reversal.cause_id}
    values |= {"last_outcome": reversal.last_outcome, "last_error": reversal.last_error}
    row = await recovery.create(session, frame, transfer, because, values)
    why = verbatim(reversal.last_error) if reversal.last_error else because
    legs = moved(Account.TO_RECOVER, Account.SELLER_DEBT, rest, transfer.seller_id)
    post(session, frame.payment.id, frame.payment.currency, f"reversal {row.id}, the rest of {reversal.id}", legs)
    await _report_debt(session, frame, transfer, row, why)
    return row


async def reopen(
    session: Session,
    frame: PaymentFrame,
    transfer: SellerTransfer,
    reversal: TransferReversal,
    *,
    because: Message,
) -> None:
    """An operator wants it tried again: looked up first, with a fresh count of retries."""
    await reversals.move(
        session,
        reversal,
        "pending",
        because=because,
        next_retry_at=session.now,
        check_at=None,
        retry_count=0,
        look_first=True,
        waiting_since=None,
    )
    legs = moved(Account.SELLER_DEBT, Account.TO_RECOVER, reversal.amount_minor, transfer.seller_id)
    post(session, frame.payment.id, frame.payment.currency, f"reversal {reversal.id} retried", legs)
    await findings.resolve(session, findings.FindingKind.SELLER_DEBT, f"reversal {reversal.id}")
    session.wake(reversals.WAKE)
