"""Sending sellers their share: transfers are planned, lowered and made, and the ledger follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from veza.kit.database import Session
from veza.kit.messages import Message
from veza.money import findings
from veza.money.attempts import NEVER_ATTEMPTED
from veza.money.causes import Cause, CauseKind
from veza.money.findings import FindingKind
from veza.money.ledger import Account, moved, post
from veza.money.payment_frame import PaymentFrame
from veza.money.stripe.answers import id_of
from veza.money.transfers import WAKE, SellerTransfer, is_unsent, machine, move


async def add(
    session: Session,
    frame: PaymentFrame,
    seller_id: str,
    amount_minor: int,
    cause: Cause,
    *,
    because: Message,
    source_transaction: str | None = None,
) -> SellerTransfer:
    """Write the intent to send `amount_minor` to the seller; due at once."""
    values = {
        **NEVER_ATTEMPTED,
        "id": session.new_id(),
        "payment_id": frame.payment.id,
        "seller_id": seller_id,
        "status": "pending",
        "currency": frame.payment.currency,
        "share_minor": amount_minor,
        "sent_minor": amount_minor,
        "reversed_minor": 0,
        "cause_kind": cause.kind.value,
        "cause_id": cause.id,
        "source_transaction": source_transaction,
        "next_retry_at": session.now,
        "created_at": session.now,
    }
    (row,) = await machine.create(session, [values], because=because)
    frame.add_transfer(row)
    session.wake(WAKE)
    return row


async def add_kept(
    session: Session, frame: PaymentFrame, seller_id: str, amount_minor: int, cause: Cause, *, because: Message
) -> SellerTransfer:
    """Record that `amount_minor` of a share, by which its transfer was lowered just now, pays a debt of the seller."""
    row = await _add_completed(session, frame, seller_id, amount_minor, cause, session.new_id(), because=because)
    legs = moved(Account.NETTED, Account.TO_RECOVER, amount_minor, seller_id)
    post(session, frame.payment.id, frame.payment.currency, f"kept by {cause}", legs, cause=cause)
    return row


async def add_seen(
    session: Session,
    frame: PaymentFrame,
    seller_id: str,
    seen: Mapping[str, Any],
    row_id: UUID,
    *,
    because: Message,
) -> SellerTransfer:
    """Record a transfer of ours that the provider has and this database lost the row of; its money is sent already."""
    amount, cause = int(seen["amount"]), Cause(CauseKind.PROVIDER, row_id)
    there = {"stripe_transfer_id": str(seen["id"]), "stripe_account_id": id_of(seen.get("destination"))}
    row = await _add_completed(session, frame, seller_id, amount, cause, row_id, because=because, **there)
    # No row planned it: until `rebalance` has lowered what was, it is to be recovered.
    legs = moved(Account.SENT_TO_SELLERS, Account.TO_RECOVER, amount, seller_id)
    post(session, frame.payment.id, frame.payment.currency, f"sent by {seen['id']}", legs)
    return row


async def _add_completed(
    session: Session,
    frame: PaymentFrame,
    seller_id: str,
    amount_minor: int,
    cause: Cause,
    row_id: UUID,
    *,
    because: Message,
    **there: str | None,
) -> SellerTransfer:
    """A row of which nothing is left to send; the caller posts where its money is."""
    values = {
        **NEVER_ATTEMPTED,
        "id": row_id,
        "payment_id": frame.payment.id,
        "seller_id": seller_id,
        "status": "completed",
        "currency": frame.payment.currency,
        "share_minor": amount_minor,
        "sent_minor": amount_minor,
        "reversed_minor": 0,
        "cause_kind": cause.kind.value,
        "cause_id": cause.id,
        "created_at": session.now,
        "completed_at": session.now,
        **there,
    }
    (row,) = await machine.create(session, [values], because=because)
    frame.add_transfer(row)
    return row


async def lower(
    session: Session, frame: PaymentFrame, transfer: SellerTransfer, by_minor: int, *, because: Message
) -> None:
    """Send `by_minor` less with a transfer whose request is certainly not alive; down to zero cancels it."""
    left = transfer.sent_minor - by_minor
    facts: dict[str, Any] = {"request_body": None, "unwanted_at": None}
    if left:
        await machine.update(session, transfer, sent_minor=left, **facts)
    else:
        # sent_minor stays: a canceled row counts nothing, and says what it would have sent.
        gone = {"next_retry_at": None, "waiting_since": None, "failed_step": None, "check_at": None}
        await move(session, transfer, "canceled", because=because, **facts, **gone)
        await findings.resolve(session, FindingKind.GIVEN_UP, f"transfer {transfer.id}")
    legs = moved(Account.TO_RECOVER, Account.SHARES_UNSENT, by_minor, transfer.seller_id)
    post(session, frame.payment.id, frame.payment.currency, f"transfer {transfer.id} lowered", legs)


async def change_to(session: Session, frame: PaymentFrame, transfer: SellerTransfer, amount_minor: int) -> None:
    """The provider made it of another amount than it was to send by now: the database lost its sending, and what it
    was lowered by before (more was kept then) or lowered it by since."""
    more = amount_minor - transfer.sent_minor
    await machine.update(session, transfer, sent_minor=amount_minor, request_body=None)
    if transfer.status != "canceled":
        legs = moved(Account.SHARES_UNSENT, Account.TO_RECOVER, more, transfer.seller_id)
        post(
            session, frame.payment.id, frame.payment.currency, f"transfer {transfer.id} changed to what was sent", legs
        )


async def record_made(
    session: Session,
    frame: PaymentFrame,
    transfer: SellerTransfer,
    seen: Mapping[str, Any],
    *,
    because: Message,
    request_id: str | None = None,
) -> bool:
    """The provider made this transfer (payment locked); False when that was known already."""
    if not (is_unsent(transfer) or transfer.status == "canceled"):
        return False
    was_canceled, was_given_up = transfer.status == "canceled", transfer.status == "permanently_failed"
    await move(
        session,
        transfer,
        "completed",
        because=because,
        request_id=request_id,
        stripe_transfer_id=seen["id"],
        stripe_account_id=str(seen.get("destination") or transfer.stripe_account_id or ""),
        completed_at=session.now,
        failed_step=None,
        unanswered=False,
        look_first=False,
        next_retry_at=None,
        check_at=None,
        waiting_since=None,
    )
    if was_given_up:
        await findings.resolve(session, FindingKind.GIVEN_UP, f"transfer {transfer.id}")
    # A canceled row's share had already been put down as to be recovered; now it really is with the seller.
    paid_from = Account.TO_RECOVER if was_canceled else Account.SHARES_UNSENT
    legs = moved(Account.SENT_TO_SELLERS, paid_from, transfer.sent_minor, transfer.seller_id)
    post(session, frame.payment.id, frame.payment.currency, f"sent by {seen['id']}", legs)
    return True
