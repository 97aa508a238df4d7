"""Where the money of one payment or one seller stands, read without a lock: for people to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from veza.kit.database import Session
from veza.money import listings, returns, transfers
from veza.money.causes import CauseKind
from veza.money.payments import Payment, lines_of
from veza.money.rebalance import SellerBook, draw_up
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer


@dataclass(slots=True)
class SellerStanding:
    """One seller in one currency, in minor units, over all payments.

    `coming` waits to be sent, `given_up` was refused and waits for an operator, `sent` ever reached the seller,
    `reversed` was taken back of it, `to_reverse` is being taken back, `debt` could not be; `netted` was kept of later
    sales to pay such debts.
    """

    currency: str
    coming_minor: int = 0
    given_up_minor: int = 0
    sent_minor: int = 0
    reversed_minor: int = 0
    to_reverse_minor: int = 0
    debt_minor: int = 0
    netted_minor: int = 0

    @property
    def here_minor(self) -> int:
        """What the seller has and keeps: sent, and neither taken back nor being taken back."""
        return self.sent_minor - self.reversed_minor - self.to_reverse_minor


async def of_payment(session: Session, payment: Payment) -> list[SellerBook]:
    """What each seller of a payment is owed, and what is planned for them, in the order of its lines."""
    back = await returns.returned(session, payment.id)
    sent = await listings.of_payment(session, SellerTransfer, payment.id)
    reversed_ = await listings.of_payment(session, TransferReversal, payment.id)
    return draw_up(payment, await lines_of(session, payment.id), back, sent, reversed_)


async def of_seller(session: Session, seller_id: str) -> Sequence[SellerStanding]:
    """What is coming to a seller, what they had and gave back, and what they owe, by currency."""
    found: dict[str, SellerStanding] = {}
    is_kept = SellerTransfer.cause_kind == CauseKind.NETTING
    for currency, status, step, kept, sent, back in await session.execute(
        select(
            SellerTransfer.currency,
            SellerTransfer.status,
            SellerTransfer.failed_step,
            is_kept,
            func.sum(SellerTransfer.sent_minor),
            func.sum(SellerTransfer.reversed_minor),
        )
        .where(SellerTransfer.seller_id == seller_id, SellerTransfer.status != "canceled")
        .group_by(SellerTransfer.currency, SellerTransfer.status, SellerTransfer.failed_step, is_kept)
    ):
        mine = found.setdefault(currency, SellerStanding(currency))
        if kept:
            mine.netted_minor += int(sent)
        elif step == "transfer":
            mine.given_up_minor += int(sent)
        elif status in transfers.UNSENT:
            mine.coming_minor += int(sent)
        else:
            mine.sent_minor += int(sent)
            mine.reversed_minor += int(back)
    for currency, status, amount in await session.execute(
        select(TransferReversal.currency, TransferReversal.status, func.sum(TransferReversal.amount_minor))
        .where(TransferReversal.seller_id == seller_id, TransferReversal.status.in_(("pending", "permanently_failed")))
        .group_by(TransferReversal.currency, TransferReversal.status)
    ):
        mine = found.setdefault(currency, SellerStanding(currency))
        if status == "pending":
            mine.to_reverse_minor += int(amount)
        else:
            mine.debt_minor += int(amount)
    return [found[currency] for currency in sorted(found)]
