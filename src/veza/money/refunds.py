"""Refunds: a buyer's money goes back; from that fact everything on the sellers' side follows."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.kit.field_faults import FieldFault
from veza.kit.messages import Message, Packed, gettext, restored
from veza.kit.money import Amount, BadAmount
from veza.kit.moves import Machine, Move
from veza.money.attempts import Attempted, due_index
from veza.money.payments import Payment, PaymentLine

WAKE = "refunds"
STATUSES = ("requested", "pending", "requires_action", "succeeded", "failed", "canceled", "refused")
PENDING_CHECK = timedelta(hours=6)
"""How long a refund that is under way at the provider may stay silent before we ask for it."""
RESERVING = ("requested", "pending", "requires_action", "succeeded")
"""Statuses in which a refund's amount is spoken for."""


class Refund(Attempted, Base):
    """One refund of one payment: asked for here (cause `requested`) or seen at the provider (`provider`)."""

    __tablename__ = "refunds"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey(Payment.id))
    status: Mapped[str]
    origin: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    reason_id: Mapped[str] = mapped_column("reason")
    reason_fields: Mapped[Packed | None]
    requested_by: Mapped[str]
    stripe_refund_id: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    succeeded_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("status IN ({})".format(", ".join(f"'{s}'" for s in STATUSES)), name="status_known"),
        CheckConstraint("origin IN ('requested', 'provider')", name="origin_known"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("retry_count >= 0 AND attempt >= 0 AND key_generation >= 1", name="counts_sane"),
        Index(None, "payment_id"),
    )

    @property
    def why(self) -> Message:
        """Why it was asked for: a person's own words, or what this program or the provider says."""
        return restored(self.reason_id, self.reason_fields)


due_index(Refund, "next_retry_at")
due_index(Refund, "check_at")


class RefundLine(Base):
    """How much of a refund is meant for which line; reserved when the refund is requested."""

    __tablename__ = "refund_lines"

    refund_id: Mapped[UUID] = mapped_column(ForeignKey("refunds.id"), primary_key=True)
    line_id: Mapped[UUID] = mapped_column(ForeignKey(PaymentLine.id), primary_key=True)
    amount_minor: Mapped[int]

    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount_positive"),)


_PROVIDER = "refund worker, webhook, check worker, reconciler"
MOVES = (
    Move("requested", "pending", "the provider took it, the money is on its way", _PROVIDER),
    Move("requested", "requires_action", "the buyer must do something to get the money", _PROVIDER),
    Move("requested", "succeeded", "the provider gave the money back", _PROVIDER),
    Move("requested", "failed", "the provider could not give it back", _PROVIDER),
    Move("requested", "canceled", "canceled at the provider", _PROVIDER),
    Move("requested", "refused", "refused for good, or retries exhausted and known not to exist", "refund worker"),
    Move("pending", "requires_action", "the buyer must do something to get the money", _PROVIDER),
    Move("pending", "succeeded", "the provider gave the money back", _PROVIDER),
    Move("pending", "failed", "the provider could not give it back", _PROVIDER),
    Move("pending", "canceled", "canceled at the provider", _PROVIDER),
    Move("requires_action", "pending", "the buyer did it", _PROVIDER),
    Move("requires_action", "succeeded", "the provider gave the money back", _PROVIDER),
    Move("requires_action", "failed", "the provider could not give it back", _PROVIDER),
    Move("requires_action", "canceled", "canceled at the provider", _PROVIDER),
    Move("succeeded", "failed", "the buyer's bank sent it back, days later", _PROVIDER),
    Move("succeeded", "canceled", "canceled at the provider after all", _PROVIDER),
    Move("refused", "pending", "the provider is seen to have taken it after all", "webhook, reconciler"),
    Move("refused", "requires_action", "the provider is seen to have taken it after all", "webhook, reconciler"),
    Move("refused", "succeeded", "the provider is seen to have done it after all", "webhook, reconciler"),
    Move("refused", "failed", "the provider is seen to have tried and failed", "webhook, reconciler"),
    Move("refused", "canceled", "the provider is seen to have canceled it", "webhook, reconciler"),
)
machine: Machine[Refund] = Machine("refund", Refund, STATUSES, MOVES)
move = machine.move


class RefundExceedsPayment(BadAmount):
    """More was asked back than is left."""

    def __init__(self, asked: Amount, left: Amount) -> None:
        super().__init__(gettext("asked to refund {asked}, only {left} is left", asked=asked, left=left))


class NotRefundable(FieldFault):
    """The payment has nothing to refund yet; says why."""


class RefundableChanged(Exception):
    """What can still be refunded is not what the operator saw; says how much it is now."""

    def __init__(self, left: Amount) -> None:
        super().__init__(gettext("{most} can still be refunded", most=left))


class UnknownRefund(LookupError):
    """No such refund."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no refund {wanted}", wanted=wanted))


async def find(session: Session, refund_id: UUID) -> Refund:
    row = await session.get(Refund, refund_id)
    if row is None:
        raise UnknownRefund(refund_id)
    return row
