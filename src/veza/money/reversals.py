"""Reversals: money taken back from a transfer, each with its own status, key and place in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, select, text
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.kit.moves import Machine, Move
from veza.kit.outbox import publish
from veza.money import findings, transfers
from veza.money.attempts import NEVER_ATTEMPTED, Attempted, due_index
from veza.money.causes import Cause, CauseKind
from veza.money.ledger import Account, moved, post
from veza.money.payments import Payment
from veza.money.stripe.live import frozen
from veza.money.transfers import SellerTransfer

WAKE = "reversals"
STATUSES = ("pending", "succeeded", "permanently_failed", "canceled")


class TransferReversal(Attempted, Base):
    """One reversal of one transfer. `surplus_minor` is what of it was not needed (others took it)."""

    __tablename__ = "transfer_reversals"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("seller_transfers.id"))
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


async def locked_of(session: Session, payment_id: UUID) -> Sequence[TransferReversal]:
    """All reversals of a locked payment, oldest first, locked against claims."""
    known: list[TransferReversal] | None = session.known(_KNOWN).get(payment_id)
    return (await session.scalars(_LOCKED_OF, {"payment_ids": [payment_id]})).all() if known is None else known


async def of_transfer(session: Session, transfer_id: UUID) -> Sequence[TransferReversal]:
    """All reversals of a transfer, oldest first."""
    for rows in session.known(_KNOWN).values():
        if of_it := [row for row in rows if row.transfer_id == transfer_id]:
            return of_it
    return (await session.scalars(_OF_TRANSFER, {"transfer_id": transfer_id})).all()


async def know_those_of(session: Session, payment_ids: Sequence[UUID]) -> None:
    """Fetch the reversals of these payments (locked) in one query, so that the steps after it need not ask."""
    known = session.known(_KNOWN)
    known.update({payment_id: [] for payment_id in payment_ids})
    for row in await session.scalars(_LOCKED_OF, {"payment_ids": payment_ids}):
        known[row.payment_id].append(row)


_KNOWN = "reversals of payments"
_LOCKED_OF = (
    select(TransferReversal)
    .where(TransferReversal.payment_id.in_(bindparam("payment_ids", expanding=True)))
    .order_by(TransferReversal.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_OF_TRANSFER = (
    select(TransferReversal)
    .where(TransferReversal.transfer_id == bindparam("transfer_id"))
    .order_by(TransferReversal.id)
)


async def add(
    session: Session, payment: Payment, transfer: SellerTransfer, amount_minor: int, cause: Cause
) -> TransferReversal:
    """Write the intent to take `amount_minor` back from a sent transfer; due at once."""
    reversal_id = session.new_id()
    body = {"amount": amount_minor, "metadata": {"veza_reversal": str(reversal_id), "veza_cause": str(cause)}}
    values = {"id": reversal_id, "status": "pending", "amount_minor": amount_minor, "next_retry_at": session.now}
    values |= {"cause_kind": cause.kind.value, "cause_id": cause.id, "request_body": frozen(body)}
    row = await create(session, payment, transfer, str(cause), values)
    session.wake(WAKE)
    return row


async def add_seen(
    session: Session, payment: Payment, transfer: SellerTransfer, stripe_id: str, amount_minor: int, because: str
) -> TransferReversal:
    """Record a reversal made by others at the provider: its money is back, and nothing has needed it yet."""
    row_id = session.new_id()
    values = {"id": row_id, "status": "succeeded", "amount_minor": amount_minor, "succeeded_at": session.now}
    values |= {"surplus_minor": amount_minor}
    values |= {"cause_kind": CauseKind.PROVIDER.value, "cause_id": row_id, "stripe_reversal_id": stripe_id}
    row = await create(session, payment, transfer, because, values)
    await _money_is_back(session, payment, transfer, row, Account.TO_RECOVER, because=because)
    return row


async def create(
    session: Session, payment: Payment, transfer: SellerTransfer, because: str, values: dict[str, Any]
) -> TransferReversal:
    of_transfer = {"transfer_id": transfer.id, "seller_id": transfer.seller_id, "currency": transfer.currency}
    new = {**NEVER_ATTEMPTED, "payment_id": payment.id, "surplus_minor": 0, "created_at": session.now}
    (row,) = await machine.create(session, [{**new, **of_transfer, **values}], because=because)
    session.known(_KNOWN).pop(payment.id, None)
    return row


async def succeed(
    session: Session,
    payment: Payment,
    transfer: SellerTransfer,
    reversal: TransferReversal,
    stripe_id: str,
    *,
    because: str,
    request_id: str | None = None,
) -> bool:
    """The provider made this reversal (payment locked), and its transfer moves with it; False when known already."""
    if reversal.status == "succeeded":
        return False
    recovered = Account.SELLER_DEBT if reversal.status == "permanently_failed" else Account.TO_RECOVER
    facts: dict[str, Any] = {}
    if reversal.status == "canceled":
        # Its cause may have a new row by now; this one stands for itself.
        facts = {"cause_kind": CauseKind.REBALANCE.value, "cause_id": reversal.id}
    await move(
        session,
        reversal,
        "succeeded",
        because=because,
        request_id=request_id,
        stripe_reversal_id=stripe_id,
        succeeded_at=session.now,
        unanswered=False,
        look_first=False,
        next_retry_at=None,
        check_at=None,
        waiting_since=None,
        **facts,
    )
    if recovered is Account.SELLER_DEBT:
        await findings.resolve(session, findings.FindingKind.SELLER_DEBT, f"reversal {reversal.id}")
    await _money_is_back(session, payment, transfer, reversal, recovered, because=because, request_id=request_id)
    await publish(session, "reversal.succeeded", told(payment, transfer, reversal))
    return True


async def cancel(
    session: Session,
    payment: Payment,
    transfer: SellerTransfer,
    reversal: TransferReversal,
    *,
    because: str,
    **facts: Any,
) -> None:
    """It is not needed any more, and its request is certainly not alive."""
    was_debt = reversal.status == "permanently_failed"
    end: dict[str, Any] = {"next_retry_at": None, "waiting_since": None, "check_at": None, "unwanted_at": None, **facts}
    await move(session, reversal, "canceled", because=because, **end)
    if was_debt:
        legs = moved(Account.SELLER_DEBT, Account.TO_RECOVER, reversal.amount_minor, transfer.seller_id)
        post(session, payment.id, payment.currency, f"reversal {reversal.id} canceled", legs)
        await findings.resolve(session, findings.FindingKind.SELLER_DEBT, f"reversal {reversal.id}")


async def lower(
    session: Session,
    payment: Payment,
    transfer: SellerTransfer,
    reversal: TransferReversal,
    by_minor: int,
    *,
    because: str,
) -> None:
    """Take `by_minor` less back with it (its request is certainly not alive): canceled, the rest as a new row."""
    await cancel(session, payment, transfer, reversal, because=because)
    if by_minor < reversal.amount_minor:
        own = Cause(CauseKind(reversal.cause_kind), reversal.cause_id)
        await add(session, payment, transfer, reversal.amount_minor - by_minor, own)


def derived_status(transfer: SellerTransfer, reversed_minor: int, rows: Sequence[TransferReversal]) -> str:
    """The status of a sent transfer of which so much is back, by its reversals."""
    statuses = {row.status for row in rows}
    if "pending" in statuses:
        return "reversal_pending"
    if "permanently_failed" in statuses:
        return "permanently_failed"
    return "reversed" if transfer.sent_minor <= reversed_minor + transfer.netted_minor else "completed"


async def settle_transfer(
    session: Session,
    transfer: SellerTransfer,
    *,
    because: str,
    request_id: str | None = None,
    rows: Sequence[TransferReversal] | None = None,
    reversed_minor: int | None = None,
) -> None:
    """Give a sent transfer the status its reversals say (`rows`, where known), and what is back of it by now.

    No move when it has that status already.
    """
    back = transfer.reversed_minor if reversed_minor is None else reversed_minor
    facts: dict[str, Any] = {} if back == transfer.reversed_minor else {"reversed_minor": back}
    if not transfers.is_unsent(transfer) and transfer.status != "canceled":
        status = derived_status(transfer, back, await of_transfer(session, transfer.id) if rows is None else rows)
        if status != transfer.status:
            step = "reversal" if status == "permanently_failed" else None
            facts |= {"failed_step": step}
            await transfers.move(session, transfer, status, because=because, request_id=request_id, **facts)
            return
    if facts:
        await transfers.machine.update(session, transfer, **facts)


async def _money_is_back(
    session: Session,
    payment: Payment,
    transfer: SellerTransfer,
    reversal: TransferReversal,
    recovered: Account,
    *,
    because: str,
    request_id: str | None = None,
) -> None:
    back = transfer.reversed_minor + reversal.amount_minor
    await settle_transfer(session, transfer, because=because, request_id=request_id, reversed_minor=back)
    legs = moved(recovered, Account.SENT_TO_SELLERS, reversal.amount_minor, transfer.seller_id)
    post(session, payment.id, payment.currency, f"reversed by {reversal.stripe_reversal_id}", legs)


def told(payment: Payment, transfer: SellerTransfer, reversal: TransferReversal) -> dict[str, object]:
    return {
        "payment_id": str(payment.id),
        "transfer_id": str(transfer.id),
        "reversal_id": str(reversal.id),
        "seller_id": transfer.seller_id,
        "amount_minor": reversal.amount_minor,
        "currency": reversal.currency,
    }
