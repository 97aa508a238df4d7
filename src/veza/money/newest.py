"""What of money moved last: a row of facts that is another one when a page about money would show something else."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, select

from veza.kit.database import Session
from veza.kit.moves import StatusChange
from veza.money.attempts import ProviderAttempt
from veza.money.backlog import BacklogSample
from veza.money.breaker import ProviderBreaker
from veza.money.findings import Finding
from veza.money.operator import OperatorAction
from veza.money.webhook_inbox import EventStatus, WebhookEvent

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
