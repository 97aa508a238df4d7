"""Netting: what a seller owes is kept of a later sale of theirs, before their share of it is sent.

It is done in two transactions, so that no two payments are ever locked together. `keep` (the sale's payment locked)
lowers the transfer that was not sent yet and records what was kept as sent to the seller; `pay` (the debt's payment
locked) counts it as come back there. Either side goes on like any other money: a sale refunded later asks for what was
kept, which is a debt again; a debt that is not needed any more gives back what paid it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session, table_of
from veza.kit.messages import gettext
from veza.kit.money import Amount
from veza.money import recovery, seller_debts, sending, transfers
from veza.money.causes import Cause, CauseKind
from veza.money.ledger import Account, moved, post
from veza.money.payment_frame import PaymentFrame
from veza.money.rebalance import rebalance
from veza.money.reversals import TransferReversal
from veza.money.seller_debts import NETTING_WAKE
from veza.money.transfers import UNSENT, SellerTransfer

HELD_FOR = timedelta(seconds=30)
"""How long a due share of a seller who owes something waits for the netting worker, before it is sent all the same."""
FORGOTTEN_AFTER = timedelta(minutes=10)
"""How long after it was kept a netting that paid nothing is a broken promise."""


class Netting(Base):
    """`amount_minor` of a sale's share that pays the debt a reversal left; `paid_at` once the debt's payment counts it.

    `transfer_id` is the row that stands for what was kept, `kept_from_id` the transfer it was taken from.
    """

    __tablename__ = "nettings"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    sale_payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("seller_transfers.id"))
    kept_from_id: Mapped[UUID] = mapped_column(ForeignKey("seller_transfers.id"))
    debt_payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    reversal_id: Mapped[UUID] = mapped_column(ForeignKey("transfer_reversals.id"))
    created_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("sale_payment_id <> debt_payment_id", name="of_two_payments"),
        Index(None, "seller_id", "id"),
        Index(None, "sale_payment_id"),
        Index(None, "debt_payment_id"),
        Index(None, "reversal_id"),
        Index(
            "ix_nettings_unpaid",
            "created_at",
            postgresql_where=text("paid_at IS NULL"),
            sqlite_where=text("paid_at IS NULL"),
        ),
    )


class Share(NamedTuple):
    """A transfer of which something can be kept."""

    id: UUID
    payment_id: UUID


class Unpaid(NamedTuple):
    """What was kept and is not counted at its debt yet."""

    id: UUID
    payment_id: UUID


def _is_debt(of: Any) -> tuple[Any, ...]:
    """Could not be taken back for good, and nothing sent for it can still be running."""
    return of.status == "permanently_failed", of.unanswered.is_(False), of.unwanted_at.is_(None)


def _may_be_kept_from(of: Any) -> tuple[Any, ...]:
    """The share of a sale that was never sent, and nothing sent for it can still be running."""
    return of.status.in_(UNSENT), of.unanswered.is_(False), of.unwanted_at.is_(None), of.cause_kind == CauseKind.SALE


_KEPT_FOR = (
    select(func.coalesce(func.sum(Netting.amount_minor), 0))
    .where(Netting.reversal_id == TransferReversal.id, Netting.paid_at.is_(None))
    .correlate(TransferReversal)
    .scalar_subquery()
)
_DEBTS = (
    select(TransferReversal)
    .where(
        TransferReversal.seller_id == bindparam("seller_id"),
        TransferReversal.currency == bindparam("currency"),
        TransferReversal.payment_id != bindparam("payment_id"),
        *_is_debt(TransferReversal),
        TransferReversal.amount_minor > _KEPT_FOR,
    )
    .order_by(TransferReversal.id)
    # A transaction that changes a debt holds its payment first and may wait for this row; `keep` waits for neither.
    .with_for_update(of=TransferReversal, skip_locked=True)
    .execution_options(populate_existing=True)
)
# Asked once the debt is locked: the transactions that kept something for it before have committed by then, and a
# statement that began earlier would not see that.
_KEPT = select(func.coalesce(func.sum(Netting.amount_minor), 0)).where(
    Netting.reversal_id == bindparam("reversal_id"), Netting.paid_at.is_(None)
)
_FOLLOWS = (
    update(table_of(Netting))
    .where(table_of(Netting).c.reversal_id == bindparam("paid_id"), table_of(Netting).c.paid_at.is_(None))
    .values(reversal_id=bindparam("rest_id"))
)
_PAYS = (
    TransferReversal.seller_id == SellerTransfer.seller_id,
    TransferReversal.currency == SellerTransfer.currency,
    TransferReversal.payment_id != SellerTransfer.payment_id,
    *_is_debt(TransferReversal),
    TransferReversal.amount_minor > _KEPT_FOR,
)
SHARES = (
    select(SellerTransfer.id, SellerTransfer.payment_id)
    .join(TransferReversal, and_(*_PAYS))
    .where(*_may_be_kept_from(SellerTransfer))
    .distinct()
    .order_by(SellerTransfer.id)
)
"""Shares of which something can be kept for a debt, oldest first."""
IS_AWAITED = and_(*_may_be_kept_from(SellerTransfer), exists().where(*_PAYS).correlate(SellerTransfer))
"""Whether a transfer is such a share."""
_SHARE = (
    select(SellerTransfer)
    .where(SellerTransfer.id == bindparam("transfer_id"), *_may_be_kept_from(SellerTransfer))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_UNPAID = select(Netting.id, Netting.debt_payment_id).where(Netting.paid_at.is_(None)).order_by(Netting.created_at)


async def shares(session: Session, limit: int) -> Sequence[Share]:
    """At most so many shares of which something can be kept."""
    return [Share(*row) for row in await session.execute(SHARES.limit(limit))]


async def unpaid(session: Session, limit: int) -> Sequence[Unpaid]:
    """At most so many nettings that their debts do not count yet."""
    return [Unpaid(*row) for row in await session.execute(_UNPAID.limit(limit))]


async def keep(session: Session, frame: PaymentFrame, transfer_id: UUID) -> int:
    """Keep of an unsent share (payment locked) what its seller owes elsewhere; returns how much, in minor units.

    A debt that another transaction is changing is passed over; the share waits for it as long as it waits for this
    worker. What is left of a share that no debt awaits may be sent at once.
    """
    transfer = (await session.scalars(_SHARE, {"transfer_id": transfer_id})).one_or_none()
    if transfer is None:
        return 0
    asked = {"seller_id": transfer.seller_id, "currency": transfer.currency, "payment_id": frame.payment.id}
    kept: int = 0
    for debt in (await session.scalars(_DEBTS, asked)).all():
        kept_for_it = int(await session.scalar(_KEPT, {"reversal_id": debt.id}) or 0)
        part = min(debt.amount_minor - kept_for_it, transfer.sent_minor)
        if part > 0:
            await _keep_for_debt(session, frame, transfer, debt, part)
            kept += part
        if transfer.status == "canceled":
            return kept
    if kept:
        session.wake(transfers.WAKE)
    return kept


async def _keep_for_debt(
    session: Session, frame: PaymentFrame, transfer: SellerTransfer, debt: TransferReversal, part_minor: int
) -> None:
    cause = Cause(CauseKind.NETTING, session.new_id())
    because = gettext(
        "{part} kept for what the seller owes of payment {payment_id}",
        part=Amount(part_minor, debt.currency),
        payment_id=debt.payment_id,
    )
    await sending.lower(session, frame, transfer, part_minor, because=because)
    kept = await sending.add_kept(session, frame, transfer.seller_id, part_minor, cause, because=because)
    row = {
        "id": cause.id,
        "seller_id": transfer.seller_id,
        "currency": transfer.currency,
        "amount_minor": part_minor,
        "sale_payment_id": frame.payment.id,
        "transfer_id": kept.id,
        "kept_from_id": transfer.id,
        "debt_payment_id": debt.payment_id,
        "reversal_id": debt.id,
        "created_at": session.now,
    }
    await session.execute(insert(Netting), row)
    session.wake(NETTING_WAKE)


async def pay(session: Session, frame: PaymentFrame, netting_id: UUID) -> bool:
    """Count what was kept as come back to the debt's payment (locked); False when it was counted already.

    A debt that was taken back after all in between is not one any more: the seller is sent it again.
    """
    mine = select(Netting).where(Netting.id == netting_id).execution_options(populate_existing=True)
    netting = (await session.scalars(mine)).one()
    if netting.paid_at is not None:
        return False
    debt = next(row for row in await frame.reversals(session) if row.id == netting.reversal_id)
    transfer = next(row for row in await frame.transfers(session) if row.id == debt.transfer_id)
    because = gettext(
        "{amount} paid from payment {sale_payment_id}",
        amount=Amount(netting.amount_minor, netting.currency),
        sale_payment_id=netting.sale_payment_id,
    )
    if debt.status == "permanently_failed" and not debt.unanswered:
        paid = min(netting.amount_minor, debt.amount_minor)
        rest = await seller_debts.pay(session, frame, transfer, debt, paid, because=because)
        if rest is not None:
            # What else was kept for this debt pays what is left of it.
            await session.execute(_FOLLOWS, {"paid_id": debt.id, "rest_id": rest.id})
    await transfers.machine.update(session, transfer, netted_minor=transfer.netted_minor + netting.amount_minor)
    legs = moved(Account.TO_RECOVER, Account.NETTED, netting.amount_minor, netting.seller_id)
    post(session, frame.payment.id, frame.payment.currency, f"netting {netting.id}", legs)
    netting.paid_at = session.now
    await session.flush()
    await recovery.update_transfer_status(session, frame, transfer, because=because)
    await rebalance(session, frame, Cause(CauseKind.REBALANCE, netting.id))
    return True


async def forgotten(session: Session) -> Sequence[Netting]:
    """What was kept and has not paid its debt within FORGOTTEN_AFTER: moments are enough."""
    late = select(Netting).where(Netting.paid_at.is_(None), Netting.created_at < session.now - FORGOTTEN_AFTER)
    return (await session.scalars(late.order_by(Netting.created_at))).all()


async def of_payment(session: Session, payment_id: UUID) -> Sequence[Netting]:
    """Nettings that kept something of this payment, or paid a debt of it, oldest first."""
    return (await session.scalars(_OF_PAYMENT, {"payment_id": payment_id})).all()


_OF_PAYMENT = (
    select(Netting)
    .where(or_(Netting.sale_payment_id == bindparam("payment_id"), Netting.debt_payment_id == bindparam("payment_id")))
    .order_by(Netting.id)
    .execution_options(populate_existing=True)
)
