"""Refunds: a buyer's money goes back; from that fact everything on the sellers' side follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, func, insert, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.kit.money import BadAmount, Money, positive
from veza.kit.outbox import publish
from veza.money import findings, returns
from veza.money.attempts import NEVER_ATTEMPTED, Attempted, due_index
from veza.money.causes import Cause, CauseKind
from veza.money.disputes import withdrawn_minor
from veza.money.ledger import Account
from veza.money.machine import Machine, Move
from veza.money.payments import Payment, lines_of
from veza.money.rebalance import rebalance

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

_RANK = {"requested": 0, "refused": 0, "pending": 1, "requires_action": 1, "succeeded": 2, "failed": 3, "canceled": 3}
"""Facts merge monotonically: a status of lower rank never overwrites one of higher rank."""


def _is_news(known: str, seen: str) -> bool:
    if seen not in _RANK or seen == known:
        return False
    return _RANK[seen] > _RANK[known] or _RANK[seen] == _RANK[known] == 1


class RefundExceedsPayment(BadAmount):
    """More was asked back than is left."""

    def __init__(self, asked: Money, left: Money) -> None:
        super().__init__(f"asked to refund {asked}, only {left} is left")


class NotRefundable(ValueError):
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
    line_amounts: Mapping[UUID, int] | None = None,
) -> Refund:
    """Reserve a refund of a locked payment; the worker, woken at the commit, asks the provider for it.

    `line_amounts` says which lines it is for (line id → minor units); without it, or for the part it does not
    name, the amount is spread over what is left. Raises BadAmount, RefundExceedsPayment, NotRefundable.
    """
    money = positive(amount_minor, currency)
    if money.currency != payment.currency:
        raise BadAmount(f"the payment was made in {payment.currency}, it cannot be refunded in {money.currency}")
    if payment.status != "succeeded":
        raise NotRefundable(f"payment {payment.id} is {payment.status}: there is nothing to refund")
    left = await unreserved(session, payment)
    if amount_minor > sum(left.values()) or amount_minor > await _left_of_payment(session, payment):
        most = min(sum(left.values()), await _left_of_payment(session, payment))
        raise RefundExceedsPayment(money, Money(most, payment.currency))
    for line_id, part in (line_amounts or {}).items():
        if line_id not in left:
            raise NotRefundable(f"payment {payment.id} has no line {line_id}")
        if part <= 0:
            raise BadAmount(f"an amount must be above zero, line {line_id} asks for {Money(part, payment.currency)}")
        if part > left[line_id]:
            raise RefundExceedsPayment(Money(part, payment.currency), Money(left[line_id], payment.currency))
    if sum((line_amounts or {}).values()) > amount_minor:
        raise BadAmount(f"the lines sum to more than the {money} to be refunded")
    lines = await lines_of(session, payment.id)
    parts, _ = returns.allocate(lines, left, amount_minor, line_amounts or {})
    refund = await _insert(session, payment, amount_minor, "requested", "requested", reason)
    await session.execute(
        insert(RefundLine),
        [{"refund_id": refund.id, "line_id": line, "amount_minor": part} for line, part in parts.items()],
    )
    session.wake(WAKE)
    return refund


async def unreserved(session: Session, payment: Payment) -> dict[UUID, int]:
    """Line id → what of its gross is neither returned nor reserved by a refund under way."""
    gone = await returns.returned(session, payment.id)
    under_way = await session.execute(
        select(RefundLine.line_id, func.sum(RefundLine.amount_minor))
        .join(Refund, Refund.id == RefundLine.refund_id)
        .where(Refund.payment_id == payment.id, Refund.status.in_(("requested", "pending", "requires_action")))
        .group_by(RefundLine.line_id)
    )
    reserved = {line_id: int(total) for line_id, total in under_way}
    return {
        line.id: max(0, line.gross_minor - gone.get(line.id, 0) - reserved.get(line.id, 0))
        for line in await lines_of(session, payment.id)
    }


async def _left_of_payment(session: Session, payment: Payment) -> int:
    spoken_for = await session.scalar(
        select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
            Refund.payment_id == payment.id, Refund.status.in_(RESERVING)
        )
    )
    return max(0, payment.amount_minor - int(spoken_for or 0) - await withdrawn_minor(session, payment.id))


async def record(
    session: Session, payment: Payment, seen: Mapping[str, Any], *, because: str, request_id: str | None = None
) -> Refund | None:
    """Merge one refund object of the provider (payment locked); any order and any repeat ends the same.

    Ours is known by its id there, or by the `veza_refund` in its metadata; any other was made by somebody
    else and is adopted. None when the object cannot be ours to record (another currency; a finding says so).
    """
    refund = await _known(session, payment, seen)
    status = str(seen.get("status") or "pending")
    if refund is None:
        refund = await _adopt(session, payment, seen, because)
        if refund is None:
            return None
    elif refund.amount_minor != int(seen["amount"]):
        await findings.report(
            session,
            findings.FindingKind.AMOUNT_DIFFERS,
            f"refund {refund.id}",
            f"refund {refund.id} is {Money(refund.amount_minor, refund.currency)} here and"
            f" {Money(int(seen['amount']), refund.currency)} at the provider ({seen['id']})",
            mend="find out who changed it; nothing was posted",
            payment_id=payment.id,
        )
        return refund
    if _is_news(refund.status, status):
        await _advance(session, payment, refund, status, str(seen["id"]), because, request_id)
    elif refund.stripe_refund_id is None:
        await machine.amend(session, refund, stripe_refund_id=seen["id"], unanswered=False, next_retry_at=None)
    return refund


async def _advance(
    session: Session,
    payment: Payment,
    refund: Refund,
    status: str,
    stripe_id: str,
    because: str,
    request_id: str | None,
) -> None:
    was = refund.status
    facts: dict[str, Any] = {
        "stripe_refund_id": stripe_id,
        "unanswered": False,
        "next_retry_at": None,
        # Card refunds may never send `updated`: whatever is not final is asked for again.
        "check_at": session.now + PENDING_CHECK if _RANK[status] == 1 else None,
    }
    if status == "succeeded":
        facts["succeeded_at"] = session.now
    await move(session, refund, status, because=because, request_id=request_id, **facts)
    cause = Cause(CauseKind.REFUND, refund.id)
    if status == "succeeded":
        await _take_effect(session, payment, refund, cause)
    elif was == "succeeded":
        fact = f"refund {refund.id} {status}"
        await returns.take_back(session, payment, cause, fact, refund.amount_minor, account=Account.REFUNDED)
        await rebalance(session, payment, cause)
        await _tell(session, payment, refund, "refund.failed")
    elif status in ("failed", "canceled"):
        await _tell(session, payment, refund, "refund.failed")


async def _take_effect(session: Session, payment: Payment, refund: Refund, cause: Cause) -> None:
    amounts = await _lines_meant(session, refund.id)
    excess = await returns.give(
        session,
        payment,
        cause,
        f"refund {refund.id} succeeded",
        refund.amount_minor,
        account=Account.REFUNDED,
        wanted=amounts,
    )
    if excess:
        await findings.report_loss(session, payment.id, str(cause), excess, payment.currency)
    await rebalance(session, payment, cause)
    await _tell(session, payment, refund, "refund.succeeded")


async def _tell(session: Session, payment: Payment, refund: Refund, topic: str) -> None:
    lines = await _lines_meant(session, refund.id)
    await publish(
        session,
        topic,
        {
            "refund_id": str(refund.id),
            "payment_id": str(payment.id),
            "order_ref": payment.order_ref,
            "amount_minor": refund.amount_minor,
            "currency": refund.currency,
            "lines": {str(line_id): amount for line_id, amount in lines.items()},
        },
    )


_OF_PAYMENTS = "refunds of payments"
_LINES = select(RefundLine.refund_id, RefundLine.line_id, RefundLine.amount_minor).where(
    RefundLine.refund_id.in_(bindparam("refund_ids", expanding=True))
)
_ALL_OF = (
    select(Refund)
    .where(Refund.payment_id.in_(bindparam("payment_ids", expanding=True)))
    .with_for_update()
    .execution_options(populate_existing=True)
)


async def _lines_meant(session: Session, refund_id: UUID) -> dict[UUID, int]:
    # Written with the refund and never changed; one transaction asks for them twice.
    known: dict[UUID, dict[UUID, int]] = session.known("lines meant")
    if refund_id not in known:
        await _know_lines_meant(session, [refund_id])
    return known[refund_id]


async def _know_lines_meant(session: Session, refund_ids: Sequence[UUID]) -> None:
    known: dict[UUID, dict[UUID, int]] = session.known("lines meant")
    known.update({refund_id: {} for refund_id in refund_ids})
    for refund_id, line_id, amount in await session.execute(_LINES, {"refund_ids": refund_ids}):
        known[refund_id][line_id] = int(amount)


async def know_those_of(session: Session, payment_ids: Sequence[UUID]) -> None:
    """Fetch the refunds of these payments (locked), so that `record` need not ask for them one by one."""
    known = session.known(_OF_PAYMENTS)
    known.update({payment_id: [] for payment_id in payment_ids})
    rows = (await session.scalars(_ALL_OF, {"payment_ids": payment_ids})).all()
    for row in rows:
        known[row.payment_id].append(row)
    await _know_lines_meant(session, [row.id for row in rows])


async def refuse(
    session: Session, payment: Payment, refund: Refund, *, because: str, request_id: str | None = None, **facts: Any
) -> None:
    """The provider will not do it: release what was reserved and tell whoever asked."""
    await move(session, refund, "refused", because=because, request_id=request_id, next_retry_at=None, **facts)
    await _tell(session, payment, refund, "refund.failed")


_KNOWN = (
    select(Refund)
    .where(
        Refund.payment_id == bindparam("payment_id"),
        or_(Refund.stripe_refund_id == bindparam("stripe_id"), Refund.id == bindparam("ours")),
    )
    .with_for_update()
    .execution_options(populate_existing=True)
)


async def _known(session: Session, payment: Payment, seen: Mapping[str, Any]) -> Refund | None:
    """Ours by the provider's id, else by the id of ours that its metadata names."""
    ours: UUID | None = None
    with suppress(ValueError, TypeError, AttributeError):
        ours = UUID((seen.get("metadata") or {}).get("veza_refund"))
    by = {"payment_id": payment.id, "stripe_id": str(seen["id"]), "ours": ours}
    known: list[Refund] | None = session.known(_OF_PAYMENTS).get(payment.id)
    rows = (await session.scalars(_KNOWN, by)).all() if known is None else known
    theirs = next((row for row in rows if row.stripe_refund_id == seen["id"]), None)
    return theirs or next((row for row in rows if row.id == ours), None)


async def _adopt(session: Session, payment: Payment, seen: Mapping[str, Any], because: str) -> Refund | None:
    if str(seen["currency"]).upper() != payment.currency:
        await findings.report(
            session,
            findings.FindingKind.AMOUNT_DIFFERS,
            f"refund {seen['id']}",
            f"refund {seen['id']} is in {str(seen['currency']).upper()}, payment {payment.id} in {payment.currency}",
            mend="settle it by hand; nothing was posted",
            payment_id=payment.id,
        )
        return None
    refund = await _insert(session, payment, int(seen["amount"]), "provider", "pending", because, str(seen["id"]))
    left = await unreserved(session, payment)
    parts, _ = returns.allocate(await lines_of(session, payment.id), left, refund.amount_minor, {})
    if parts:
        await session.execute(
            insert(RefundLine),
            [{"refund_id": refund.id, "line_id": line, "amount_minor": part} for line, part in parts.items()],
        )
    return refund


async def _insert(
    session: Session,
    payment: Payment,
    amount_minor: int,
    origin: str,
    status: str,
    reason: str,
    stripe_id: str | None = None,
) -> Refund:
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
    (refund,) = await machine.born(session, [values], because=reason)
    session.known(_OF_PAYMENTS).pop(payment.id, None)
    return refund
