"""Lists for people and programs: newest first, filtered, read in slices that go on after a row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from veza.kit.database import Session
from veza.money.findings import Finding
from veza.money.payments import Payment, PaymentLine
from veza.money.refunds import Refund, RefundLine
from veza.money.sellers import Seller
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import WebhookEvent

R = TypeVar("R")


async def payments(
    session: Session,
    limit: int,
    after: UUID | None = None,
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
    return await _newest(session, Payment, limit, after, wanted)


async def refunds(
    session: Session,
    limit: int,
    after: UUID | None = None,
    *,
    status: str | None = None,
    payment_id: UUID | None = None,
) -> Sequence[Refund]:
    return await _newest(
        session, Refund, limit, after, _equal((Refund.status, status), (Refund.payment_id, payment_id))
    )


async def refund_lines(session: Session, refund_id: UUID) -> Sequence[RefundLine]:
    """How much of a refund is for which line."""
    mine = select(RefundLine).where(RefundLine.refund_id == refund_id).order_by(RefundLine.line_id)
    return (await session.scalars(mine)).all()


async def transfers(
    session: Session,
    limit: int,
    after: UUID | None = None,
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
    return await _newest(session, SellerTransfer, limit, after, wanted)


async def findings(
    session: Session,
    limit: int,
    after: UUID | None = None,
    *,
    kind: str | None = None,
    is_open: bool | None = None,
    payment_id: UUID | None = None,
) -> Sequence[Finding]:
    wanted = _equal((Finding.kind, kind), (Finding.payment_id, payment_id))
    if is_open is not None:
        wanted.append(Finding.resolved_at.is_(None) if is_open else Finding.resolved_at.is_not(None))
    return await _newest(session, Finding, limit, after, wanted)


async def webhook_events(
    session: Session,
    limit: int,
    after: tuple[datetime, str] | None = None,
    *,
    state: str | None = None,
    type: str | None = None,
) -> Sequence[WebhookEvent]:
    """Events by when they came in; `after` is the arrival and the id of the row to go on after."""
    wanted = _equal((WebhookEvent.state, state), (WebhookEvent.type, type))
    if after is not None:
        at, event_id = after
        same_instant = and_(WebhookEvent.received_at == at, WebhookEvent.id < event_id)
        wanted.append(or_(WebhookEvent.received_at < at, same_instant))
    found = select(WebhookEvent).where(*wanted).limit(limit)
    rows = await session.scalars(found.order_by(WebhookEvent.received_at.desc(), WebhookEvent.id.desc()))
    return rows.all()


async def sellers(session: Session, limit: int, after: str | None = None) -> Sequence[Seller]:
    """Sellers in the order of their ids."""
    found = select(Seller).order_by(Seller.id).limit(limit)
    if after is not None:
        found = found.where(Seller.id > after)
    return (await session.scalars(found)).all()


async def of_payment(session: Session, model: type[R], payment_id: UUID) -> Sequence[R]:
    """Every row of one kind that belongs to a payment, oldest first, not locked."""
    table: Any = model
    mine = select(model).where(table.payment_id == payment_id).order_by(table.id)
    return (await session.scalars(mine)).all()


def _equal(*pairs: tuple[Any, Any]) -> list[ColumnElement[bool]]:
    return [column == value for column, value in pairs if value is not None]


async def _newest(
    session: Session, model: type[R], limit: int, after: UUID | None, wanted: Sequence[ColumnElement[bool]]
) -> Sequence[R]:
    table: Any = model
    found = select(model).where(*wanted).order_by(table.id.desc()).limit(limit)
    if after is not None:
        found = found.where(table.id < after)
    return (await session.scalars(found)).all()
