"""A locked payment, with what one transaction has read of it.

Under the payment's lock no other transaction changes its rows, so each part is read once. A function that needs more
than the payment's own row takes the frame as an argument; one that writes a new row adds it to the frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from veza.kit.database import Session
from veza.money import payments, returns
from veza.money.payments import Payment, PaymentLine, UnknownPayment
from veza.money.refunds import Refund, RefundLine
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer


@dataclass(slots=True)
class PaymentFrame:
    """One payment and its parts, each None until it is read: `lines`, `returned` (line id → minor units), `refunds`
    with what each means for which line, `transfers`, `reversals`; rows oldest first, locked against claims."""

    payment: Payment
    _lines: Sequence[PaymentLine] | None = None
    _returned: Mapping[UUID, int] | None = None
    _refunds: Sequence[Refund] | None = None
    _transfers: Sequence[SellerTransfer] | None = None
    _reversals: Sequence[TransferReversal] | None = None
    _refund_lines: dict[UUID, dict[UUID, int]] = field(default_factory=dict)

    async def lines(self, session: Session) -> Sequence[PaymentLine]:
        if self._lines is None:
            self._lines = await payments.lines_of(session, self.payment.id)
        return self._lines

    async def returned(self, session: Session) -> Mapping[UUID, int]:
        """Line id → what has gone back to the buyer, in minor units; lines with nothing returned are left out."""
        if self._returned is None:
            self._returned = await returns.returned(session, self.payment.id)
        return self._returned

    def set_returned(self, returned: Mapping[UUID, int]) -> None:
        """What has gone back by now; the payment stays locked until this transaction ends."""
        self._returned = returned

    async def refunds(self, session: Session) -> Sequence[Refund]:
        if self._refunds is None:
            self._refunds = (await session.scalars(_REFUNDS, {"payment_ids": [self.payment.id]})).all()
        return self._refunds

    def add_refund(self, row: Refund) -> None:
        """This transaction has written a new one."""
        if self._refunds is not None:
            self._refunds = sorted([*self._refunds, row], key=_id)

    async def lines_of_refund(self, session: Session, refund_id: UUID) -> Mapping[UUID, int]:
        """Line id → how much of the refund is meant for it; written with the refund and never changed."""
        if refund_id not in self._refund_lines:
            self._refund_lines |= await _refund_lines(session, [refund_id])
        return self._refund_lines[refund_id]

    async def transfers(self, session: Session) -> Sequence[SellerTransfer]:
        if self._transfers is None:
            self._transfers = (await session.scalars(_TRANSFERS, {"payment_ids": [self.payment.id]})).all()
        return self._transfers

    async def transfer(self, session: Session, transfer_id: UUID) -> SellerTransfer:
        return next(row for row in await self.transfers(session) if row.id == transfer_id)

    def add_transfer(self, row: SellerTransfer) -> None:
        """This transaction has written a new one."""
        if self._transfers is not None:
            self._transfers = sorted([*self._transfers, row], key=_id)

    async def reversals(self, session: Session) -> Sequence[TransferReversal]:
        if self._reversals is None:
            self._reversals = (await session.scalars(_REVERSALS, {"payment_ids": [self.payment.id]})).all()
        return self._reversals

    async def reversals_of(self, session: Session, transfer_id: UUID) -> Sequence[TransferReversal]:
        return [row for row in await self.reversals(session) if row.transfer_id == transfer_id]

    def add_reversal(self, row: TransferReversal) -> None:
        """This transaction has written a new one."""
        if self._reversals is not None:
            self._reversals = sorted([*self._reversals, row], key=_id)


def _id(row: Refund | SellerTransfer | TransferReversal) -> UUID:
    return row.id


def _of_payments(model: Any) -> Select[Any]:
    mine = select(model).where(model.payment_id.in_(bindparam("payment_ids", expanding=True))).order_by(model.id)
    return mine.with_for_update().execution_options(populate_existing=True)


_REFUNDS, _TRANSFERS, _REVERSALS = map(_of_payments, (Refund, SellerTransfer, TransferReversal))
_REFUND_LINES = select(RefundLine.refund_id, RefundLine.line_id, RefundLine.amount_minor).where(
    RefundLine.refund_id.in_(bindparam("refund_ids", expanding=True))
)


async def _refund_lines(session: Session, refund_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, int]]:
    found: dict[UUID, dict[UUID, int]] = {refund_id: {} for refund_id in refund_ids}
    for refund_id, line_id, amount in await session.execute(_REFUND_LINES, {"refund_ids": refund_ids}):
        found[refund_id][line_id] = int(amount)
    return found


async def prefetch(session: Session, frames: Iterable[PaymentFrame], *, needs_refunds: bool = False) -> None:
    """Read what rebalancing these payments needs, one query of each kind, and their refunds if asked."""
    by_id = {frame.payment.id: frame for frame in frames}
    ids = sorted(by_id)
    if not ids:
        return
    lines = await payments.lines_of_all(session, ids)
    back = await returns.returned_of_all(session, ids)
    for payment_id, frame in by_id.items():
        frame._lines, frame._returned = lines[payment_id], back[payment_id]
    await prefetch_reversals(session, by_id.values())
    if needs_refunds:
        refunds = await _grouped(session, _REFUNDS, ids)
        meant = await _refund_lines(session, [row.id for rows in refunds.values() for row in rows])
        for payment_id, frame in by_id.items():
            frame._refunds = refunds[payment_id]
            frame._refund_lines |= {row.id: meant[row.id] for row in refunds[payment_id]}


async def prefetch_reversals(session: Session, frames: Iterable[PaymentFrame]) -> None:
    """Read the transfers of these payments and their reversals, one query of each kind."""
    by_id = {frame.payment.id: frame for frame in frames}
    transfers = await _grouped(session, _TRANSFERS, sorted(by_id))
    reversals = await _grouped(session, _REVERSALS, sorted(by_id))
    for payment_id, frame in by_id.items():
        frame._transfers, frame._reversals = transfers[payment_id], reversals[payment_id]


async def _grouped(session: Session, query: Select[Any], payment_ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {payment_id: [] for payment_id in payment_ids}
    for row in await session.scalars(query, {"payment_ids": payment_ids}):
        found[row.payment_id].append(row)
    return found


async def lock(session: Session, payment_id: UUID) -> PaymentFrame:
    """The payment, locked, with nothing read of it yet; raises UnknownPayment."""
    return PaymentFrame(await payments.lock(session, payment_id))


class HeldPayments:
    """Frames of the payments that one transaction has locked, so that each is locked and read once."""

    def __init__(self) -> None:
        self._frames: dict[UUID, PaymentFrame] = {}

    @property
    def frames(self) -> Sequence[PaymentFrame]:
        return list(self._frames.values())

    async def lock_free(
        self, session: Session, ids: Iterable[UUID], charge_ids: Iterable[str] = (), intent_ids: Iterable[str] = ()
    ) -> None:
        """Lock all payments known by one of these that no other transaction has locked, without waiting."""
        for row in await payments.lock_free(session, ids, charge_ids, intent_ids):
            self._frames[row.id] = PaymentFrame(row)

    def of(self, payment_id: UUID) -> PaymentFrame | None:
        return self._frames.get(payment_id)

    def known_by(self, column: str, value: UUID | str | None) -> PaymentFrame | None:
        """The frame whose payment has this value in the column, if there is one."""
        if value is None:
            return None
        return next((one for one in self._frames.values() if getattr(one.payment, column) == value), None)

    async def lock_known_by(
        self, session: Session, payment_id: UUID | None, charge_id: str | None, intent_id: str | None
    ) -> PaymentFrame | None:
        """The payment of this charge, else of this intent, else of this id, locked; None when there is none."""
        for row in await payments.lock_known_by(session, payment_id, charge_id, intent_id):
            self._frames.setdefault(row.id, PaymentFrame(row))
        return self.best_known_by(payment_id, charge_id, intent_id)

    def best_known_by(
        self, payment_id: UUID | None, charge_id: str | None, intent_id: str | None
    ) -> PaymentFrame | None:
        """The same of those that are held already."""
        return (
            self.known_by("stripe_charge_id", charge_id)
            or self.known_by("stripe_payment_intent_id", intent_id)
            or self.known_by("id", payment_id)
        )

    async def lock_by(self, session: Session, column: str, value: UUID | str) -> PaymentFrame | None:
        """The payment known by its id or by its checkout session, locked; None when there is none."""
        held = self.known_by(column, value)
        if held is not None:
            return held
        row = await payments.lock_by(session, column, value)
        if row is None:
            return None
        return self._frames.setdefault(row.id, PaymentFrame(row))

    async def lock(self, session: Session, payment_id: UUID) -> PaymentFrame:
        """The payment's frame, locked; raises UnknownPayment."""
        frame = await self.lock_by(session, "id", payment_id)
        if frame is None:
            raise UnknownPayment(payment_id)
        return frame
