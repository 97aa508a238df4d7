"""Lists for people and programs: filtered, sorted, read in slices that go on after a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select

from veza.kit.database import Session
from veza.kit.listing import Slice, Sort, by_age, by_time
from veza.money.findings import Finding
from veza.money.nettings import Netting
from veza.money.payments import Payment, PaymentLine
from veza.money.refunds import Refund, RefundLine
from veza.money.reversals import TransferReversal
from veza.money.sellers import Seller
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import WebhookEvent

R = TypeVar("R")
PAYMENT_SORTS = by_age(Payment.id)
REFUND_SORTS = by_age(Refund.id)
TRANSFER_SORTS = by_age(SellerTransfer.id)
REVERSAL_SORTS = by_age(TransferReversal.id)
NETTING_SORTS = by_age(Netting.id)
FINDING_SORTS = by_age(Finding.id)
EVENT_SORTS = by_time(WebhookEvent.received_at, WebhookEvent.id, "received_at")
SELLER_SORTS = {"id": Sort(Seller.id), **by_time(Seller.created_at, Seller.id, "created_at")}


async def payments(
    session: Session,
    page: Slice,
    *,
    status: str | None = None,
    seller_id: str | None = None,
    order_ref: str | None = None,
) -> Sequence[Payment]:
    """Payments with a line of this seller, of this status, for this order."""
    wanted = _equal((Payment.status, status), (Payment.order_ref, order_ref))
    if seller_id is not None:
        mine = select(PaymentLine.id).where(PaymentLine.payment_id == Payment.id, PaymentLine.seller_id == seller_id)
        wanted.append(mine.exists())
    return await _rows(session, Payment, page, wanted)


async def refunds(
    session: Session,
    page: Slice,
    *,
    status: str | None = None,
    payment_id: UUID | None = None,
) -> Sequence[Refund]:
    return await _rows(session, Refund, page, _equal((Refund.status, status), (Refund.payment_id, payment_id)))


async def refund_lines(session: Session, refund_id: UUID) -> Sequence[RefundLine]:
    """How much of a refund is for which line."""
    mine = select(RefundLine).where(RefundLine.refund_id == refund_id).order_by(RefundLine.line_id)
    return (await session.scalars(mine)).all()


async def transfers(
    session: Session,
    page: Slice,
    *,
    status: str | None = None,
    seller_id: str | None = None,
    payment_id: UUID | None = None,
) -> Sequence[SellerTransfer]:
    wanted = _equal(
        (SellerTransfer.status, status),
        (SellerTransfer.seller_id, seller_id),
        (SellerTransfer.payment_id, payment_id),
    )
    return await _rows(session, SellerTransfer, page, wanted)


async def findings(
    session: Session,
    page: Slice,
    *,
    kind: str | None = None,
    is_open: bool | None = None,
    payment_id: UUID | None = None,
) -> Sequence[Finding]:
    wanted = _equal((Finding.kind, kind), (Finding.payment_id, payment_id))
    if is_open is not None:
        wanted.append(Finding.resolved_at.is_(None) if is_open else Finding.resolved_at.is_not(None))
    return await _rows(session, Finding, page, wanted)


async def webhook_events(
    session: Session,
    page: Slice,
    *,
    state: str | None = None,
    type: str | None = None,
) -> Sequence[WebhookEvent]:
    """Events by when they came in."""
    return await _rows(session, WebhookEvent, page, _equal((WebhookEvent.state, state), (WebhookEvent.type, type)))


async def sellers(session: Session, page: Slice, *, transfers_active: bool | None = None) -> Sequence[Seller]:
    """Sellers, those that can be paid or cannot where that is said."""
    return await _rows(session, Seller, page, _equal((Seller.transfers_active, transfers_active)))


async def reversals(
    session: Session, page: Slice, *, seller_id: str | None = None, status: str | None = None
) -> Sequence[TransferReversal]:
    """What is or was taken back from transfers."""
    wanted = _equal((TransferReversal.seller_id, seller_id), (TransferReversal.status, status))
    return await _rows(session, TransferReversal, page, wanted)


async def nettings(session: Session, page: Slice, *, seller_id: str) -> Sequence[Netting]:
    """What was kept of a seller's sales to pay what they owed."""
    return await _rows(session, Netting, page, _equal((Netting.seller_id, seller_id)))


async def order_refs(session: Session, rows: Sequence[Netting]) -> dict[UUID, str]:
    """Payment id → the order it is for, of both sides of these nettings."""
    ids = {id for row in rows for id in (row.sale_payment_id, row.debt_payment_id)}
    found = await session.execute(select(Payment.id, Payment.order_ref).where(Payment.id.in_(ids)))
    return {row[0]: row[1] for row in found}


async def of_payment(session: Session, model: type[R], payment_id: UUID) -> Sequence[R]:
    """Every row of one kind that belongs to a payment, oldest first, not locked."""
    table: Any = model
    mine = select(model).where(table.payment_id == payment_id).order_by(table.id)
    return (await session.scalars(mine)).all()


def _equal(*pairs: tuple[Any, Any]) -> list[ColumnElement[bool]]:
    return [column == value for column, value in pairs if value is not None]


async def _rows(session: Session, model: type[R], page: Slice, wanted: Sequence[ColumnElement[bool]]) -> Sequence[R]:
    return (await session.scalars(page.of(select(model).where(*wanted)))).all()
