"""Refunds: a buyer's money goes back; from that fact everything on the sellers' side follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session, table_of
from veza.kit.field_faults import FieldChecks, FieldFault
from veza.kit.money import Amount, BadAmount, known_currency, positive
from veza.kit.moves import Machine, Move
from veza.money import returns
from veza.money.attempts import NEVER_ATTEMPTED, Attempted, due_index
from veza.money.disputes import withdrawn_minor
from veza.money.payments import Payment, lines_of

WAKE = "refunds"
OF_PAYMENTS = "refunds of payments"
"""What `session.known` calls the refunds of payments, once they were fetched."""
STATUSES = ("requested", "pending", "requires_action", "succeeded", "failed", "canceled", "refused")
PENDING_CHECK = timedelta(hours=6)
"""How long a refund that is under way at the provider may stay silent before we ask for it."""
RESERVING = ("requested", "pending", "requires_action", "succeeded")
"""Statuses in which a refund's amount is spoken for."""


class Refund(Attempted, Base):
    """One refund of one payment: asked for here (cause `requested`) or seen at the provider (`provider`)."""

    __tablename__ = "refunds"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    status: Mapped[str]
    origin: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    reason: Mapped[str]
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


due_index(Refund, "next_retry_at")
due_index(Refund, "check_at")


class RefundLine(Base):
    """How much of a refund is meant for which line; reserved when the refund is requested."""

    __tablename__ = "refund_lines"

    refund_id: Mapped[UUID] = mapped_column(ForeignKey("refunds.id"), primary_key=True)
    line_id: Mapped[UUID] = mapped_column(ForeignKey("payment_lines.id"), primary_key=True)
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
        super().__init__(f"asked to refund {asked}, only {left} is left")


class NotRefundable(FieldFault):
    """The payment has nothing to refund yet; says why."""


class UnknownRefund(LookupError):
    """No such refund."""

    def __init__(self, wanted: object) -> None:
        super().__init__(f"there is no refund {wanted}")


async def find(session: Session, refund_id: UUID) -> Refund:
    row = await session.get(Refund, refund_id)
    if row is None:
        raise UnknownRefund(refund_id)
    return row


async def request(
    session: Session,
    payment: Payment,
    amount_minor: int,
    currency: str,
    *,
    reason: str,
    line_amounts: Iterable[tuple[UUID, int]] = (),
) -> Refund:
    """Reserve a refund of a locked payment; the worker, woken at the commit, asks the provider for it.

    `line_amounts` says which lines it is for (line id, minor units), each once; without it, or for the part it does
    not name, the amount is spread over what is left. Raises BadAmount, RefundExceedsPayment, NotRefundable, with all
    that is wrong.
    """
    given = list(line_amounts)
    left = await unreserved(session, payment)
    await _check(session, payment, amount_minor, currency, given, left)
    lines = await lines_of(session, payment.id)
    parts, _ = returns.allocate(lines, left, amount_minor, dict(given))
    refund = await add(session, payment, amount_minor, "requested", "requested", reason)
    await session.execute(
        _NEW_LINES,
        [{"refund_id": refund.id, "line_id": line, "amount_minor": part} for line, part in parts.items()],
    )
    session.wake(WAKE)
    return refund


_NEW_LINES = insert(table_of(RefundLine))


async def _check(
    session: Session,
    payment: Payment,
    amount_minor: int,
    currency: str,
    line_amounts: Sequence[tuple[UUID, int]],
    left: Mapping[UUID, int],
) -> None:
    """Raises for everything that is wrong; `left` is what of each line may be given back."""
    checks, unit = FieldChecks(), payment.currency
    with checks.field("payment_id"):
        if payment.status != "succeeded":
            raise NotRefundable(f"payment {payment.id} is {payment.status}: there is nothing to refund")
    with checks.field("currency"):
        unit = known_currency(currency)
        if unit != payment.currency:
            raise BadAmount(f"the payment was made in {payment.currency}, it cannot be refunded in {unit}")
    with checks.field("amount_minor"):
        money = positive(amount_minor, unit)
        most = min(sum(left.values()), await _left_of_payment(session, payment))
        if checks.all_right and amount_minor > most:
            raise RefundExceedsPayment(money, Amount(most, unit))
    seen = set[UUID]()
    for number, (line_id, part) in enumerate(line_amounts):
        with checks.field("lines", number, "line_id"):
            if line_id in seen:
                raise NotRefundable(f"line {line_id} is named twice: give each line once with its whole part")
            if line_id not in left:
                raise NotRefundable(f"payment {payment.id} has no line {line_id}")
        seen.add(line_id)
        with checks.field("lines", number, "amount_minor"):
            asked = Amount(part, payment.currency)
            if part <= 0:
                raise BadAmount(f"an amount must be above zero, line {line_id} asks for {asked}")
            if payment.status == "succeeded" and part > left.get(line_id, part):
                raise RefundExceedsPayment(asked, Amount(left[line_id], payment.currency))
    with checks.field("lines"):
        if checks.all_right and sum(part for _, part in line_amounts) > amount_minor:
            raise BadAmount(f"the lines sum to more than the {Amount(amount_minor, unit)} to be refunded")
    checks.demand()


async def refundable_minor(session: Session, payment: Payment) -> int:
    """The most that may still be asked back; 0 before the buyer has paid."""
    if payment.status != "succeeded":
        return 0
    left = await unreserved(session, payment)
    return min(sum(left.values()), await _left_of_payment(session, payment))


async def unreserved(session: Session, payment: Payment) -> dict[UUID, int]:
    """Line id → what of its gross is neither returned nor reserved by a refund under way."""
    gone = await returns.returned(session, payment.id)
    under_way = await session.execute(_UNDER_WAY, {"payment_id": payment.id})
    reserved = {line_id: int(total) for line_id, total in under_way}
    return {
        line.id: max(0, line.gross_minor - gone.get(line.id, 0) - reserved.get(line.id, 0))
        for line in await lines_of(session, payment.id)
    }


_UNDER_WAY = (
    select(RefundLine.line_id, func.sum(RefundLine.amount_minor))
    .join(Refund, Refund.id == RefundLine.refund_id)
    .where(Refund.payment_id == bindparam("payment_id"), Refund.status.in_(("requested", "pending", "requires_action")))
    .group_by(RefundLine.line_id)
)
_SPOKEN_FOR = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
    Refund.payment_id == bindparam("payment_id"), Refund.status.in_(RESERVING)
)


async def _left_of_payment(session: Session, payment: Payment) -> int:
    spoken_for = await session.scalar(_SPOKEN_FOR, {"payment_id": payment.id})
    return max(0, payment.amount_minor - int(spoken_for or 0) - await withdrawn_minor(session, payment.id))


async def add(
    session: Session,
    payment: Payment,
    amount_minor: int,
    origin: str,
    status: str,
    reason: str,
    stripe_id: str | None = None,
) -> Refund:
    """A new row; `origin` is requested or provider."""
    values = {
        **NEVER_ATTEMPTED,
        "id": session.new_id(),
        "payment_id": payment.id,
        "status": status,
        "origin": origin,
        "currency": payment.currency,
        "amount_minor": amount_minor,
        "reason": reason,
        "requested_by": session.actor,
        "stripe_refund_id": stripe_id,
        "next_retry_at": session.now if status == "requested" else None,
        "created_at": session.now,
    }
    (refund,) = await machine.create(session, [values], because=reason)
    session.known(OF_PAYMENTS).pop(payment.id, None)
    return refund
