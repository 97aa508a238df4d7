"""Disputes: what a bank took from us on a buyer's behalf, counted by its balance transactions, without fees.

A dispute counts from `funds_withdrawn` and is undone by `funds_reinstated`; an inquiry moves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.kit.messages import Message
from veza.kit.moves import Machine, Move
from veza.kit.outbox import publish
from veza.money import findings, return_postings
from veza.money.causes import Cause, CauseKind
from veza.money.ledger import Account, post
from veza.money.payment_frame import PaymentFrame
from veza.money.payments import Payment
from veza.money.rebalance import rebalance
from veza.money.returns import told_returned

STATUSES = ("open", "withdrawn", "reinstated", "closed")


class Dispute(Base):
    """One dispute of one charge; `provider_status` is Stripe's word, `status` says where the funds are."""

    __tablename__ = "disputes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    status: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=0)
    provider_status: Mapped[str]
    reason: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    stripe_dispute_id: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("status IN ({})".format(", ".join(f"'{s}'" for s in STATUSES)), name="status_known"),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
        Index(None, "payment_id"),
    )


class DisputeFunds(Base):
    """One balance transaction of a dispute: positive was withdrawn from us, negative reinstated."""

    __tablename__ = "dispute_funds"

    stripe_balance_transaction_id: Mapped[str] = mapped_column(primary_key=True)
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("disputes.id"))
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    amount_minor: Mapped[int]
    fee_minor: Mapped[int]
    at: Mapped[datetime]

    __table_args__ = (Index(None, "dispute_id"), Index(None, "payment_id"))


MOVES = (
    Move("open", "withdrawn", "the bank took the funds", "webhook, reconciler"),
    Move("open", "closed", "it ended without moving funds (an inquiry)", "webhook, reconciler"),
    Move("closed", "withdrawn", "an inquiry became a chargeback", "webhook, reconciler"),
    Move("withdrawn", "reinstated", "the funds came back", "webhook, reconciler"),
    Move("reinstated", "withdrawn", "the bank took them again", "webhook, reconciler"),
)
machine: Machine[Dispute] = Machine("dispute", Dispute, STATUSES, MOVES)
move = machine.move


WITHDRAWN = select(func.coalesce(func.sum(DisputeFunds.amount_minor), 0)).where(
    DisputeFunds.payment_id == bindparam("payment_id")
)
"""The sum of a payment's dispute funds, signed; disputes only add to it by what they hold."""


async def record(
    session: Session,
    frame: PaymentFrame,
    seen: Mapping[str, Any],
    *,
    because: Message,
    request_id: str | None = None,
) -> Dispute:
    """Merge one dispute object of the provider (payment locked); any order and any repeat ends the same."""
    dispute = await _known(session, seen) or await _insert(session, frame, seen, because)
    news = [txn for txn in seen.get("balance_transactions") or () if await _is_news(session, str(txn["id"]))]
    provider_status = _later(dispute.provider_status, str(seen.get("status") or dispute.provider_status))
    for txn in news:
        # One by one: withdrawal and return may be news together, and the dispute went through both.
        await _funds_moved(session, frame, dispute, txn)
        await _follow(session, dispute, provider_status, because, request_id)
    await _follow(session, dispute, provider_status, because, request_id)
    if news:
        held = await _held(session, dispute.id)
        await rebalance(session, frame, Cause(CauseKind.DISPUTE, dispute.id))
        topic = "dispute.funds_withdrawn" if held > 0 else "dispute.funds_reinstated"
        told: dict[str, Any] = {"dispute_id": str(dispute.id), "payment_id": str(frame.payment.id)}
        told |= {"order_ref": frame.payment.order_ref, "returned": told_returned(await frame.returned(session))}
        await publish(session, topic, told)
    return dispute


async def _follow(
    session: Session, dispute: Dispute, provider_status: str, because: Message, request_id: str | None
) -> None:
    """Give the dispute the status its funds and the provider's word say."""
    status = _status(dispute, await _held(session, dispute.id), provider_status)
    if status != dispute.status:
        await move(session, dispute, status, because=because, request_id=request_id, provider_status=provider_status)
    elif provider_status != dispute.provider_status:
        await machine.update(session, dispute, provider_status=provider_status)


def _status(dispute: Dispute, held_minor: int, provider_status: str) -> str:
    if held_minor > 0:
        return "withdrawn"
    if dispute.status in ("withdrawn", "reinstated"):
        return "reinstated"
    is_over = dispute.status == "closed" or provider_status in ("warning_closed", *_ENDS)
    return "closed" if is_over else "open"


_ENDS = ("won", "lost", "prevented")
_COURSE = ("warning_needs_response", "warning_under_review", "warning_closed", "needs_response", "under_review")


def _later(known: str, seen: str) -> str:
    """Whichever of two provider statuses comes later in a dispute's course: old news may arrive last."""
    place = {status: number for number, status in enumerate(_COURSE)} | dict.fromkeys(_ENDS, len(_COURSE))
    return known if place.get(seen, 0) < place.get(known, 0) else seen


async def _funds_moved(session: Session, frame: PaymentFrame, dispute: Dispute, txn: Mapping[str, Any]) -> None:
    amount, fee = _moved(frame.payment, dispute, txn)
    row = {
        "stripe_balance_transaction_id": str(txn["id"]),
        "dispute_id": dispute.id,
        "payment_id": frame.payment.id,
        "amount_minor": amount,
        "fee_minor": fee,
        "at": session.now,
    }
    await session.execute(insert(DisputeFunds), row)
    cause = Cause(CauseKind.DISPUTE, dispute.id)
    fact = f"dispute {dispute.id} {txn['id']}"
    if amount > 0:
        excess = await return_postings.give(session, frame, cause, fact, amount, account=Account.DISPUTED)
        if excess:
            await findings.report_loss(session, frame.payment.id, cause, excess, frame.payment.currency)
    elif amount < 0:
        await return_postings.take_back(session, frame, cause, fact, -amount, account=Account.DISPUTED)
    fees = [(Account.PROVIDER_FEES, fee, None), (Account.PLATFORM_CASH, -fee, None)]
    post(session, frame.payment.id, frame.payment.currency, f"fee of {fact}", fees)


def _moved(payment: Payment, dispute: Dispute, txn: Mapping[str, Any]) -> tuple[int, int]:
    """What was withdrawn from us (negative: given back) and the fee, in minor units of the payment's currency."""
    amount, fee = -int(txn["amount"]), int(txn.get("fee") or 0)
    if str(txn.get("currency") or payment.currency).upper() == payment.currency:
        return amount, fee
    # Settled in another currency (the payment is held): the dispute itself is for an amount in the buyer's.
    return (dispute.amount_minor if amount > 0 else -dispute.amount_minor), 0


async def _is_news(session: Session, txn_id: str) -> bool:
    return (await session.execute(_FUNDS_OF_TXN, {"txn_id": txn_id})).first() is None


async def _held(session: Session, dispute_id: UUID) -> int:
    return int(await session.scalar(_HELD, {"dispute_id": dispute_id}) or 0)


async def _known(session: Session, seen: Mapping[str, Any]) -> Dispute | None:
    return (await session.scalars(_KNOWN, {"stripe_id": seen["id"]})).one_or_none()


_FUNDS_OF_TXN = select(DisputeFunds.dispute_id).where(DisputeFunds.stripe_balance_transaction_id == bindparam("txn_id"))
_HELD = select(func.coalesce(func.sum(DisputeFunds.amount_minor), 0)).where(
    DisputeFunds.dispute_id == bindparam("dispute_id")
)
_KNOWN = (
    select(Dispute)
    .where(Dispute.stripe_dispute_id == bindparam("stripe_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


async def _insert(session: Session, frame: PaymentFrame, seen: Mapping[str, Any], because: Message) -> Dispute:
    values = {
        "id": session.new_id(),
        "payment_id": frame.payment.id,
        "status": "open",
        "attempt": 0,
        "provider_status": str(seen.get("status") or "needs_response"),
        "reason": str(seen.get("reason") or "general"),
        "currency": str(seen.get("currency") or frame.payment.currency).upper(),
        "amount_minor": int(seen.get("amount") or 0),
        "stripe_dispute_id": str(seen["id"]),
        "created_at": session.now,
    }
    (row,) = await machine.create(session, [values], because=because)
    return row
