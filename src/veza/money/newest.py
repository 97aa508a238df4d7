"""What of money moved last: a row of facts that is another one when a page about money would show something else."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, String, case, cast, func, literal, null, select

from veza.kit.database import Session
from veza.kit.moves import StatusChange
from veza.money.attempts import ProviderAttempt
from veza.money.backlog import BacklogSample
from veza.money.breaker import ProviderBreaker
from veza.money.findings import Finding
from veza.money.operator import OperatorAction
from veza.money.reversals import TransferReversal
from veza.money.sellers import Seller
from veza.money.transfers import UNSETTLED, SellerTransfer
from veza.money.webhook_inbox import EventStatus, WebhookEvent

FactsOfMany: TypeAlias = Select[str, str, str, int, Any, Any]
"""Whose, what, status, count, amount, when or which: a part of a statement that asks for many people or sellers."""

_GROWING = (StatusChange, ProviderAttempt, Finding, OperatorAction, WebhookEvent)


def _newest(model: Any) -> ColumnElement[str]:
    # Not max(): PostgreSQL 15 has none for a UUID.
    return select(cast(model.id, String)).order_by(model.id.desc()).limit(1).scalar_subquery()


def _count(rows: Select[int]) -> ColumnElement[int]:
    return rows.scalar_subquery()


_FACTS = select(
    *(_newest(model) for model in _GROWING),
    _count(select(func.count()).select_from(Finding).where(Finding.resolved_at.is_(None))),
    *(
        _count(select(func.count()).select_from(WebhookEvent).where(WebhookEvent.state == state.value))
        for state in (EventStatus.RECEIVED, EventStatus.FAILED)
    ),
    select(func.max(BacklogSample.at)).scalar_subquery(),
)
_BREAKER = select(
    ProviderBreaker.provider, ProviderBreaker.state, ProviderBreaker.streak, ProviderBreaker.missing,
    ProviderBreaker.opened_at, ProviderBreaker.probe_at, ProviderBreaker.ramp,
).order_by(ProviderBreaker.provider)  # fmt: skip


async def newest(session: Session) -> object:
    """The newest move, attempt, finding, act and webhook, the open findings and webhooks, the newest sample and the
    breaker. A row whose transaction took its id first and ended last can be missed until the next one."""
    return (await session.execute(_FACTS)).one(), (await session.execute(_BREAKER)).all()


def newest_of_sellers(seller_ids: Collection[str]) -> list[FactsOfMany]:
    """Of each of these sellers: whether they can be paid, their newest transfer, the transfers that are not with them
    or move, and every reversal."""
    newest = select(cast(SellerTransfer.id, String)).where(SellerTransfer.seller_id == Seller.id)
    sellers = select(
        Seller.id, literal("seller"), func.coalesce(Seller.stripe_account_id, ""),
        case((Seller.transfers_active, 1), else_=0), null(),
        newest.order_by(SellerTransfer.id.desc()).limit(1).correlate(Seller).scalar_subquery(),
    ).where(Seller.id.in_(seller_ids))  # fmt: skip
    transfers = (
        select(SellerTransfer.seller_id, literal("transfer"), SellerTransfer.status, func.count(),
               func.sum(SellerTransfer.sent_minor), null())
        .where(SellerTransfer.seller_id.in_(seller_ids), UNSETTLED)
        .group_by(SellerTransfer.seller_id, SellerTransfer.status)
    )  # fmt: skip
    reversals = (
        select(TransferReversal.seller_id, literal("reversal"), TransferReversal.status, func.count(),
               func.sum(TransferReversal.amount_minor), cast(func.max(TransferReversal.succeeded_at), String))
        .where(TransferReversal.seller_id.in_(seller_ids))
        .group_by(TransferReversal.seller_id, TransferReversal.status)
    )  # fmt: skip
    return [sellers, transfers, reversals]
