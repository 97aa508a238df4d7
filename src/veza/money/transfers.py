"""Seller transfers: what each seller is sent, and the only writer of a transfer's status."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.kit.messages import gettext
from veza.kit.moves import Machine, Move
from veza.money.attempts import Attempted, due_index
from veza.money.causes import CauseKind
from veza.money.payments import Payment

WAKE = "transfers"
STATUSES = ("pending", "completed", "failed", "permanently_failed", "reversal_pending", "reversed", "canceled")
UNSETTLED = text("seller_transfers.status <> 'completed'")
"""Not simply with its seller. Written out: with a bound value SQLite does not take the index over these."""


class SellerTransfer(Attempted, Base):
    """One transfer to one seller: their share of a sale (cause `sale`), or money given back to them.

    `share_minor` never changes; `sent_minor` is what this transfer sends, `reversed_minor` what came back of it, and
    `netted_minor` what was to come back of it and was paid from later sales instead. With cause `netting` it is the
    part of a share that pays the seller's debt: it counts as sent, and the provider never hears of it.
    """

    __tablename__ = "seller_transfers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey(Payment.id))
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
        Index(
            "ix_seller_transfers_unsettled",
            "seller_id",
            "status",
            postgresql_where=text("status <> 'completed'"),
            sqlite_where=text("status <> 'completed'"),
        ),
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


class UnknownTransfer(LookupError):
    """No such transfer."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no transfer {wanted}", wanted=wanted))


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
