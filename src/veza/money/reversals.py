"""Reversals: money taken back from a transfer, each with its own status and key; recovery.py writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, select, text
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.kit.moves import Machine, Move
from veza.money.attempts import Attempted, due_index
from veza.money.payments import Payment
from veza.money.transfers import SellerTransfer

WAKE = "reversals"
STATUSES = ("pending", "succeeded", "permanently_failed", "canceled")


class TransferReversal(Attempted, Base):
    """One reversal of one transfer. `surplus_minor` is what of it was not needed (others took it)."""

    __tablename__ = "transfer_reversals"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey(Payment.id))
    transfer_id: Mapped[UUID] = mapped_column(ForeignKey(SellerTransfer.id))
    seller_id: Mapped[str]
    status: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    surplus_minor: Mapped[int] = mapped_column(default=0)
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    stripe_reversal_id: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    succeeded_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("status IN ({})".format(", ".join(f"'{s}'" for s in STATUSES)), name="status_known"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("surplus_minor >= 0 AND surplus_minor <= amount_minor", name="surplus_within_amount"),
        CheckConstraint("retry_count >= 0 AND attempt >= 0 AND key_generation >= 1", name="counts_sane"),
        Index(
            "uq_transfer_reversals_cause",
            "cause_kind",
            "cause_id",
            "transfer_id",
            unique=True,
            postgresql_where=text("status <> 'canceled'"),
            sqlite_where=text("status <> 'canceled'"),
        ),
        # At most one reversal per transfer is in flight, in all processes together.
        Index(
            "uq_transfer_reversals_in_flight",
            "transfer_id",
            unique=True,
            postgresql_where=text("unanswered AND status = 'pending'"),
            sqlite_where=text("unanswered AND status = 'pending'"),
        ),
        Index(None, "transfer_id", "status"),
        Index(None, "payment_id"),
        Index(None, "status", "id"),
        Index(None, "seller_id", "status"),
    )


due_index(TransferReversal, "next_retry_at")
due_index(TransferReversal, "check_at")
due_index(TransferReversal, "waiting_since")

MOVES = (
    Move(
        "pending", "succeeded", "the provider made the reversal", "reversal worker, webhook, check worker, reconciler"
    ),
    Move("pending", "permanently_failed", "refused for good, or exhausted and known not to exist", "reversal worker"),
    Move(
        "pending",
        "canceled",
        "not needed any more, or covered by a reversal made at the provider",
        "rebalance, reversal worker",
    ),
    Move("permanently_failed", "pending", "an operator retries (looks up first)", "operator"),
    Move(
        "permanently_failed", "succeeded", "the provider is seen to have made it", "webhook, check worker, reconciler"
    ),
    Move(
        "permanently_failed",
        "canceled",
        "not needed any more, covered by a reversal made at the provider, or paid from later sales",
        "rebalance, netting worker",
    ),
    Move("canceled", "succeeded", "the provider is seen to have made it after all", "webhook, reconciler"),
)
machine: Machine[TransferReversal] = Machine("reversal", TransferReversal, STATUSES, MOVES)
move = machine.move


async def of_transfer(session: Session, transfer_id: UUID) -> Sequence[TransferReversal]:
    """All reversals of a transfer, oldest first, as they are."""
    return (await session.scalars(_OF_TRANSFER, {"transfer_id": transfer_id})).all()


_OF_TRANSFER = (
    select(TransferReversal)
    .where(TransferReversal.transfer_id == bindparam("transfer_id"))
    .order_by(TransferReversal.id)
)
