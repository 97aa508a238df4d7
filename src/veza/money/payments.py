"""Payments: what a buyer paid, line by line, and what of it belongs to whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, insert, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session, table_of
from veza.kit.field_faults import FieldChecks, FieldFault
from veza.kit.messages import Message, Packed, gettext, restored
from veza.kit.money import positive, step
from veza.kit.moves import Machine, Move
from veza.kit.outbox import publish
from veza.money.attempts import due_index

CHECK_WAKE = "check"
STATUSES = ("pending", "processing", "succeeded", "expired", "failed")
UNPAID = ("pending", "processing")
"""Statuses of a payment that may still be paid."""
UNPAID_CHECK = timedelta(hours=25)
"""A checkout session lives a day; a look after it ends settles whether it was paid."""


class Payment(Base):
    """One charge to one buyer. `order_ref` is the order's opaque id.

    `cleared_at` is when its charge's settlement currency was seen to be ours; only then sellers are paid.
    `unwanted_at` is since when it was given up: its pay page is closed at the provider.
    """

    __tablename__ = "payments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_ref: Mapped[str]
    status: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str]
    amount_minor: Mapped[int]
    provider_fee_minor: Mapped[int | None]
    stripe_checkout_session_id: Mapped[str | None] = mapped_column(unique=True)
    stripe_payment_intent_id: Mapped[str | None] = mapped_column(unique=True)
    stripe_charge_id: Mapped[str | None] = mapped_column(unique=True)
    checkout_url: Mapped[str | None]
    request_key: Mapped[str | None] = mapped_column(unique=True)
    cleared_at: Mapped[datetime | None]
    held_because_id: Mapped[str | None] = mapped_column("held_because")
    held_because_fields: Mapped[Packed | None]
    unwanted_at: Mapped[datetime | None]
    check_at: Mapped[datetime | None]
    check_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    succeeded_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("status IN ({})".format(", ".join(f"'{one}'" for one in STATUSES)), name="status_known"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index(None, "created_at"),
        Index(None, "order_ref"),
    )

    @property
    def why_held(self) -> Message | None:
        """Why its sellers are not paid automatically."""
        return None if self.held_because_id is None else restored(self.held_because_id, self.held_because_fields)


due_index(Payment, "check_at")


class PaymentLine(Base):
    """One product of one seller in a payment: gross = fee + share, all in minor units of the payment's currency."""

    __tablename__ = "payment_lines"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    position: Mapped[int]
    seller_id: Mapped[str]
    product_ref: Mapped[str]
    gross_minor: Mapped[int]
    fee_minor: Mapped[int]
    share_minor: Mapped[int]

    __table_args__ = (
        CheckConstraint("gross_minor > 0 AND fee_minor >= 0 AND share_minor >= 0", name="amounts_sane"),
        CheckConstraint("gross_minor = fee_minor + share_minor", name="split_exact"),
        Index("uq_payment_lines_position", "payment_id", "position", unique=True),
        Index(None, "seller_id", "payment_id"),
    )


_SEEN = "webhook, check worker"
MOVES = (
    Move("pending", "processing", "the buyer is done at the pay page, their bank takes days", _SEEN),
    Move("pending", "succeeded", "the buyer's charge succeeded", "webhook, check worker, reconciler"),
    Move("pending", "expired", "the checkout ended unpaid, or was refused", "checkout, webhook, check worker"),
    Move("pending", "failed", "the provider says that it was not paid and cannot be any more", _SEEN),
    Move("processing", "succeeded", "the buyer's bank paid", "webhook, check worker, reconciler"),
    Move("processing", "failed", "the buyer's bank did not pay", _SEEN),
    Move("expired", "succeeded", "the charge is seen to have succeeded after all", "webhook, reconciler"),
    Move("failed", "succeeded", "the charge is seen to have succeeded after all", "webhook, reconciler"),
)
machine: Machine[Payment] = Machine("payment", Payment, STATUSES, MOVES)
move = machine.move


@dataclass(frozen=True, slots=True)
class LineDraft:
    """One line of a payment to be made. `fee_bps` is the platform's part, in basis points."""

    seller_id: str
    product_ref: str
    gross_minor: int
    fee_bps: int


class BadPayment(FieldFault):
    """A payment that cannot be made as asked; says why in one sentence."""


MAX_LINES = 100
"""Of one payment: Stripe takes as many items of one checkout."""


class UnknownPayment(LookupError):
    """No such payment."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no payment {wanted}", wanted=wanted))


async def create(
    session: Session, order_ref: str, currency: str, lines: Sequence[LineDraft], *, request_key: str | None = None
) -> Payment:
    """Write the intent to charge a buyer for `lines`; nothing has been asked of the provider yet.

    Raises BadPayment or BadAmount. The fee of a line is rounded down: a doubtful minor unit is the seller's.
    """
    if not 1 <= len(lines) <= MAX_LINES:
        raise BadPayment(
            gettext(
                "a payment has 1 to {max_lines} lines, this one has {lines_count}",
                max_lines=MAX_LINES,
                lines_count=len(lines),
            )
        )
    check_lines(lines, currency, FieldChecks()).demand()
    total = positive(sum(line.gross_minor for line in lines), currency)
    values = {
        "id": session.new_id(),
        "order_ref": order_ref,
        "status": "pending",
        "attempt": 0,
        "currency": total.currency,
        "amount_minor": total.minor,
        "request_key": request_key,
        "created_at": session.now,
        "check_count": 0,
    }
    (row,) = await machine.create(session, [values], because=gettext("order {order_ref}", order_ref=order_ref))
    await session.execute(_NEW_LINES, [_line(session, row, i, line) for i, line in enumerate(lines)])
    return row


_NEW_LINES = insert(table_of(PaymentLine))


def check_lines(lines: Sequence[LineDraft], currency: str, checks: FieldChecks) -> FieldChecks:
    """`checks`, with what is wrong with the amounts and the fees of the lines."""
    for number, line in enumerate(lines):
        with checks.field("lines", number, "gross_minor"):
            positive(line.gross_minor, currency)
        with checks.field("lines", number, "fee_bps"):
            if not 0 <= line.fee_bps <= 10_000:
                raise BadPayment(
                    gettext(
                        "a fee is 0 to 10000 basis points, line “{product_ref}” asks for {fee_bps}",
                        product_ref=line.product_ref,
                        fee_bps=line.fee_bps,
                    )
                )
    return checks


def fee_of(gross_minor: int, fee_bps: int, currency: str) -> int:
    """The platform's part of a line, in minor units, rounded down; the rest is the seller's share."""
    fee = gross_minor * fee_bps // 10_000
    return fee - fee % step(currency)  # the share is sent, so it must be an amount the currency allows


def _line(session: Session, payment: Payment, position: int, line: LineDraft) -> dict[str, Any]:
    fee = fee_of(line.gross_minor, line.fee_bps, payment.currency)
    return {
        "id": session.new_id(),
        "payment_id": payment.id,
        "position": position,
        "seller_id": line.seller_id,
        "product_ref": line.product_ref,
        "gross_minor": line.gross_minor,
        "fee_minor": fee,
        "share_minor": line.gross_minor - fee,
    }


async def lock(session: Session, payment_id: UUID) -> Payment:
    """The payment, locked: every change to its money is made under this lock, one at a time.

    `FOR NO KEY UPDATE`: a row of another payment that names this one (a netting) may be written meanwhile."""
    row = await lock_by(session, "id", payment_id)
    if row is None:
        raise UnknownPayment(payment_id)
    return row


async def lock_free(
    session: Session, ids: Iterable[UUID], charge_ids: Iterable[str] = (), intent_ids: Iterable[str] = ()
) -> Sequence[Payment]:
    """Lock all payments known by one of these that no other transaction has locked, without waiting."""
    known_by = {"ids": list(ids), "charges": list(charge_ids), "intents": list(intent_ids)}
    return (await session.scalars(_FREE, known_by)).all()


async def lock_known_by(
    session: Session, payment_id: UUID | None, charge_id: str | None, intent_id: str | None
) -> Sequence[Payment]:
    """The payments known by one of these, locked; nearly always it is one."""
    return (await session.scalars(_KNOWN_BY, {"id": payment_id, "charge": charge_id, "intent": intent_id})).all()


_KNOWN_BY = (
    select(Payment)
    .where(
        or_(
            Payment.id == bindparam("id"),
            Payment.stripe_charge_id == bindparam("charge"),
            Payment.stripe_payment_intent_id == bindparam("intent"),
        )
    )
    .order_by(Payment.id)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_FREE = (
    select(Payment)
    .where(
        or_(
            Payment.id.in_(bindparam("ids", expanding=True)),
            Payment.stripe_charge_id.in_(bindparam("charges", expanding=True)),
            Payment.stripe_payment_intent_id.in_(bindparam("intents", expanding=True)),
        )
    )
    .order_by(Payment.id)
    .with_for_update(skip_locked=True, key_share=True)
    .execution_options(populate_existing=True)
)


async def lock_by(session: Session, column: str, value: UUID | str) -> Payment | None:
    """The payment known by its id or by its checkout session, locked; None when there is none."""
    return (await session.scalars(_LOCKED_BY[column], {"value": value})).one_or_none()


_LOCKED_BY = {
    column.key: select(Payment)
    .where(column == bindparam("value"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
    for column in (Payment.id, Payment.stripe_checkout_session_id)
}


async def find(session: Session, payment_id: UUID) -> Payment:
    """The payment, not locked; raises UnknownPayment."""
    row = await session.get(Payment, payment_id)
    if row is None:
        raise UnknownPayment(payment_id)
    return row


async def lines_of(session: Session, payment_id: UUID) -> Sequence[PaymentLine]:
    """The payment's lines, in order."""
    return (await lines_of_all(session, [payment_id]))[payment_id]


async def lines_of_all(session: Session, payment_ids: Sequence[UUID]) -> dict[UUID, list[PaymentLine]]:
    """Payment → its lines in order, in one query."""
    found: dict[UUID, list[PaymentLine]] = {payment_id: [] for payment_id in payment_ids}
    for line in await session.scalars(_LINES, {"payment_ids": payment_ids}):
        found[line.payment_id].append(line)
    return found


_LINES = (
    select(PaymentLine)
    .where(PaymentLine.payment_id.in_(bindparam("payment_ids", expanding=True)))
    .order_by(PaymentLine.position)
)


async def record_checkout(session: Session, payment: Payment, session_id: str, url: str | None) -> None:
    """The provider made the checkout session; look at it in a day in case every webhook is lost, or close it now."""
    facts: dict[str, Any] = {"stripe_checkout_session_id": session_id, "checkout_url": url}
    if payment.status not in ("pending", "expired"):
        # Paid while the session was being written down: it is looked at when that said so.
        await machine.update(session, payment, **facts | {"checkout_url": None})
        return
    look = session.now if payment.unwanted_at is not None else session.now + UNPAID_CHECK
    if payment.unwanted_at is not None:
        session.wake(CHECK_WAKE)
    await machine.update(session, payment, **facts, check_at=look)


async def give_up(session: Session, payment: Payment) -> None:
    """This payment is given up (payment locked): the check worker closes its pay page, if it is still unpaid."""
    if payment.status == "pending" and payment.unwanted_at is None:
        await machine.update(session, payment, unwanted_at=session.now, check_at=session.now)
        session.wake(CHECK_WAKE)


async def look_now(session: Session, payment: Payment, **facts: Any) -> None:
    """Have the check worker fetch at once what was not said (payment locked)."""
    await machine.update(session, payment, **facts, check_at=session.now, check_count=0)
    session.wake(CHECK_WAKE)


async def expire(
    session: Session, payment: Payment, *, because: Message, request_id: str | None = None, **facts: Any
) -> None:
    """The checkout ended unpaid, or was refused (payment locked); those who wait for it are told."""
    await move(session, payment, "expired", because=because, request_id=request_id, checkout_url=None, **facts)
    await publish(session, "payment.expired", {"payment_id": str(payment.id), "order_ref": payment.order_ref})
