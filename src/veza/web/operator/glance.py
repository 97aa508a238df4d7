"""What the overview counts, read in one statement: eight readers at once wait for every statement of each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from veza.kit.database import Session
from veza.money.backlog import BacklogSample
from veza.money.findings import Finding, FindingKind
from veza.money.webhook_inbox import EventStatus, WebhookEvent


@dataclass(frozen=True, slots=True)
class Glance:
    """Open findings, and those of broken books among them; webhooks that wait (the oldest since `received_at`) or have
    failed, but not the handled ones, which are the history; the first and the last sample of the backlog."""

    findings: int
    law_broken: int
    received: int
    failed: int
    received_at: datetime | None
    first_sample: datetime | None
    last_sample: datetime | None

    def lag_seconds(self, now: datetime) -> float:
        """How long the oldest webhook that is not handled has waited."""
        return max(0.0, (now - self.received_at).total_seconds()) if self.received_at else 0.0


async def glance(session: Session) -> Glance:
    """All of it, as it is now."""
    return Glance(*(await session.execute(_GLANCE)).one())


_OPEN = select(func.count()).select_from(Finding).where(Finding.resolved_at.is_(None))
_EVENTS = select(func.count()).select_from(WebhookEvent)
_RECEIVED, _FAILED = (WebhookEvent.state == state.value for state in (EventStatus.RECEIVED, EventStatus.FAILED))
_GLANCE = select(
    _OPEN.scalar_subquery(),
    _OPEN.where(Finding.kind == FindingKind.LAW_BROKEN).scalar_subquery(),
    _EVENTS.where(_RECEIVED).scalar_subquery(),
    _EVENTS.where(_FAILED).scalar_subquery(),
    select(func.min(WebhookEvent.received_at)).where(_RECEIVED).scalar_subquery(),
    select(func.min(BacklogSample.at)).scalar_subquery(),
    select(func.max(BacklogSample.at)).scalar_subquery(),
)
