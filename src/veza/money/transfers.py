"""Seller transfers: what each seller is sent, and the only writer of a transfer's status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.kit.moves import Machine, Move
from veza.money import findings
from veza.money.attempts import NEVER_ATTEMPTED, Attempted, due_index
from veza.money.causes import Cause, CauseKind
from veza.money.findings import FindingKind
from veza.money.ledger import Account, moved, post
from veza.money.payments import Payment
from veza.money.stripe.answers import id_of
from veza.money.stripe.live import frozen

WAKE = "transfers"
STATUSES = ("pending", "completed", "failed", "permanently_failed", "reversal_pending", "reversed", "canceled")


class SellerTransfer(Attempted, Base):
    """One transfer to one seller: their share of a sale (cause `sale`), or money given back to them.

    `share_minor` never changes; `sent_minor` is what this transfer sends, `reversed_minor` what came back of it, and
    `netted_minor` what was to come back of it and was paid from later sales instead. With cause `netting` it is the
    part of a share that pays the seller's debt: it counts as sent, and the provider never hears of it.
    """

    __tablename__ = "seller_transfers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    seller_id: Mapped[str]
    status: Mapped[str]
    failed_step: Mapped[str | None]
    currency: Mapped[str]
    share_minor: Mapped[int]
    sent_minor: Mapped[int]
    reversed_minor: Mapped[int] = mapped_column(default=0)
    netted_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    source_transaction: Mapped[str | None]
    stripe_transfer_id: Mapped[str | None] = mapped_column(unique=True)
    stripe_account_id: Mapped[str | None]
    created_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("status IN ({})".format(", ".join(f"'{s}'" for s in STATUSES)), name="status_known"),
        CheckConstraint("failed_step IN ('transfer', 'reversal')", name="failed_step_known"),
        CheckConstraint("(status = 'permanently_failed') = (failed_step IS NOT NULL)", name="failed_step_goes_with"),
        CheckConstraint("share_minor > 0 AND sent_minor >= 0 AND sent_minor <= share_minor", name="amounts_sane"),
        CheckConstraint("reversed_minor >= 0 AND reversed_minor <= sent_minor", name="reversed_within_sent"),
        # It may be more than was sent, for a moment: what was kept for a debt that was not one any more goes back.
        CheckConstraint("netted_minor >= 0", name="netted_not_negative"),
        CheckConstraint("retry_count >= 0 AND attempt >= 0 AND key_generation >= 1", name="counts_sane"),
        Index(None, "payment_id"),
        Index(None, "status", "id"),
        Index(None, "seller_id", "id"),
    )


due_index(SellerTransfer, "next_retry_at")
due_index(SellerTransfer, "check_at")
due_index(SellerTransfer, "waiting_since")

_SEEN = "webhook, check worker, reconciler"
_NEVER = "nothing is owed any more (never sent, or definitively refused)"
_AFTER_ALL = "the provider is seen to have made it after all"
MOVES = (
    Move("pending", "completed", "the provider made the transfer", f"transfer worker, {_SEEN}"),
    Move("failed", "completed", "the provider made the transfer", f"transfer worker, {_SEEN}"),
    Move("pending", "failed", "an attempt failed, retry scheduled", "transfer worker"),
    Move("pending", "permanently_failed", "refused for good, or exhausted and known not to exist", "transfer worker"),
    Move("failed", "permanently_failed", "refused for good, or exhausted and known not to exist", "transfer worker"),
    Move("permanently_failed", "failed", "an operator retries (looks up first)", "operator"),
    Move("pending", "canceled", _NEVER, "rebalance"),
    Move("failed", "canceled", _NEVER, "rebalance"),
    Move("permanently_failed", "canceled", _NEVER, "rebalance"),
    Move("permanently_failed", "completed", _AFTER_ALL, f"transfer worker, reversal worker, rebalance, {_SEEN}"),
    Move("canceled", "completed", _AFTER_ALL, f"transfer worker, {_SEEN}"),
    Move("completed", "reversal_pending", "money is needed back", "rebalance"),
    Move("completed", "reversed", "wholly reversed at the provider, not by Veza", _SEEN),
    Move("reversal_pending", "reversed", "nothing is left of it", f"reversal worker, {_SEEN}"),
    Move(
        "reversal_pending",
        "completed",
        "the last open reversal landed or was canceled, the rest stays with the seller",
        "reversal worker, rebalance",
    ),
    Move(
        "reversal_pending",
        "permanently_failed",
        "a reversal is refused for good or exhausted, or there is no provider id",
        "reversal worker",
    ),
    Move(
        "permanently_failed",
        "reversal_pending",
        "an operator retries the reversal, or more money is needed back",
        "operator, rebalance",
    ),
    Move("permanently_failed", "reversed", "the provider is seen to have done it", f"reversal worker, {_SEEN}"),
)
machine: Machine[SellerTransfer] = Machine("transfer", SellerTransfer, STATUSES, MOVES)
move = machine.move

UNSENT = ("pending", "failed")
SENT = ("completed", "reversal_pending", "reversed")


class UnknownTransfer(LookupError):
    """No such transfer."""

    def __init__(self, wanted: object) -> None:
        super().__init__(f"there is no transfer {wanted}")


def is_unsent(transfer: SellerTransfer) -> bool:
    """As far as we know the provider has not made it (it may still be asked to, or have been asked in silence)."""
    return transfer.status in UNSENT or transfer.failed_step == "transfer"


def is_kept(transfer: SellerTransfer) -> bool:
    """Whether it pays a debt of the seller's: kept here, so that nothing of it can be reversed at the provider."""
    return transfer.cause_kind == CauseKind.NETTING


async def find(session: Session, transfer_id: UUID) -> SellerTransfer:
    row = await session.get(SellerTransfer, transfer_id)
    if row is None:
        raise UnknownTransfer(transfer_id)
    return row


async def find_all(session: Session, transfer_ids: Sequence[UUID]) -> Sequence[SellerTransfer]:
    """Those of these transfers that there are, in one query."""
    return (await session.scalars(_FOUND, {"ids": transfer_ids})).all()


_FOUND = select(SellerTransfer).where(SellerTransfer.id.in_(bindparam("ids", expanding=True)))


async def locked_of(session: Session, payment_id: UUID) -> Sequence[SellerTransfer]:
    """All transfers of a locked payment, oldest first, locked against claims."""
    known = session.known(_KNOWN).get(payment_id)
    return known or (await session.scalars(_LOCKED_OF, {"payment_ids": [payment_id]})).all()


async def know_those_of(session: Session, payment_ids: Sequence[UUID]) -> None:
    """Fetch the transfers of these payments (locked) in one query, so that `locked_of` need not ask."""
    for row in await session.scalars(_LOCKED_OF, {"payment_ids": payment_ids}):
        session.known(_KNOWN).setdefault(row.payment_id, []).append(row)


_KNOWN = "transfers of payments"
_LOCKED_OF = (
    select(SellerTransfer)
    .where(SellerTransfer.payment_id.in_(bindparam("payment_ids", expanding=True)))
    .order_by(SellerTransfer.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)


async def add(
    session: Session,
    payment: Payment,
    seller_id: str,
    amount_minor: int,
    cause: Cause,
    *,
    because: str,
    source_transaction: str | None = None,
) -> SellerTransfer:
    """Write the intent to send `amount_minor` to the seller; due at once."""
    values = {
        **NEVER_ATTEMPTED,
        "id": session.new_id(),
        "payment_id": payment.id,
        "seller_id": seller_id,
        "status": "pending",
        "currency": payment.currency,
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
    session.known(_KNOWN).pop(payment.id, None)
    session.wake(WAKE)
    return row


async def add_kept(
    session: Session, payment: Payment, seller_id: str, amount_minor: int, cause: Cause, *, because: str
) -> SellerTransfer:
    """Record that `amount_minor` of a share, by which its transfer was lowered just now, pays a debt of the seller."""
    row = await _add_completed(session, payment, seller_id, amount_minor, cause, session.new_id(), because=because)
    legs = moved(Account.NETTED, Account.TO_RECOVER, amount_minor, seller_id)
    post(session, payment.id, payment.currency, f"kept by {cause}", legs)
    return row


async def add_seen(
    session: Session, payment: Payment, seller_id: str, seen: Mapping[str, Any], row_id: UUID, *, because: str
) -> SellerTransfer:
    """Record a transfer of ours that the provider has and this database lost the row of; its money is sent already."""
    amount, cause = int(seen["amount"]), Cause(CauseKind.PROVIDER, row_id)
    there = {"stripe_transfer_id": str(seen["id"]), "stripe_account_id": id_of(seen.get("destination"))}
    row = await _add_completed(session, payment, seller_id, amount, cause, row_id, because=because, **there)
    # No row planned it: until `rebalance` has lowered what was, it is to be recovered.
    legs = moved(Account.SENT_TO_SELLERS, Account.TO_RECOVER, amount, seller_id)
    post(session, payment.id, payment.currency, f"sent by {seen['id']}", legs)
    return row


async def _add_completed(
    session: Session,
    payment: Payment,
    seller_id: str,
    amount_minor: int,
    cause: Cause,
    row_id: UUID,
    *,
    because: str,
    **there: str | None,
) -> SellerTransfer:
    """Add a completed transfer, with nothing left to send; the calling function posts where its money is."""
    values = {
        **NEVER_ATTEMPTED,
        "id": row_id,
        "payment_id": payment.id,
        "seller_id": seller_id,
        "status": "completed",
        "currency": payment.currency,
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
    session.known(_KNOWN).pop(payment.id, None)
    return row


async def lower(session: Session, payment: Payment, transfer: SellerTransfer, by_minor: int, *, because: str) -> None:
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
    post(session, payment.id, payment.currency, f"transfer {transfer.id} lowered", legs)


async def change_to(session: Session, payment: Payment, transfer: SellerTransfer, amount_minor: int) -> None:
    """The provider made it of another amount than it was to send by now: the database lost its sending, and what it
    was lowered by before (more was kept then) or lowered it by since."""
    more = amount_minor - transfer.sent_minor
    await machine.update(session, transfer, sent_minor=amount_minor, request_body=None)
    if transfer.status != "canceled":
        legs = moved(Account.SHARES_UNSENT, Account.TO_RECOVER, more, transfer.seller_id)
        post(session, payment.id, payment.currency, f"transfer {transfer.id} changed to what was sent", legs)


async def record_made(
    session: Session,
    payment: Payment,
    transfer: SellerTransfer,
    seen: Mapping[str, Any],
    *,
    because: str,
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
    post(session, payment.id, payment.currency, f"sent by {seen['id']}", legs)
    return True


def request_of(transfer: SellerTransfer, account_id: str) -> str:
    """The body of POST /v1/transfers, frozen with the key generation."""
    body: dict[str, Any] = {
        "amount": transfer.sent_minor,
        "currency": transfer.currency.lower(),
        "destination": account_id,
        "transfer_group": str(transfer.payment_id),
    }
    if transfer.source_transaction:
        body["source_transaction"] = transfer.source_transaction
    body["metadata"] = {
        "veza_transfer": str(transfer.id),
        "veza_payment": str(transfer.payment_id),
        "veza_seller": transfer.seller_id,
    }
    return frozen(body)
