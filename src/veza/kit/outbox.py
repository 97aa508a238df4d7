"""The outbox: events written in the transaction that caused them, delivered after it, at least once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Index, select, update
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Database, Session
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.subscriptions import Event

log = structlog.get_logger(__name__)

WAKE = "outbox"
BATCH = 200
RETRY_AFTER = timedelta(seconds=30)
MOST_ATTEMPTS = 20
"""After this many failed deliveries (ten minutes) an event stays undelivered and is shown to the operator."""


class OutboxEvent(Base):
    """One event; `delivered_at` is null until every *after* subscriber has heard it."""

    __tablename__ = "outbox_events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    topic: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]


Index(
    "ix_outbox_events_due",
    OutboxEvent.due_at,
    postgresql_where=OutboxEvent.due_at.is_not(None),
    sqlite_where=OutboxEvent.due_at.is_not(None),
)


async def publish(session: Session, topic: str, payload: dict[str, Any]) -> None:
    """Call the *inside* subscribers now, in this transaction, and write the event for the *after* subscribers."""
    event = Event(session.new_id(), topic, payload, session.now)
    for hear in session.subscriptions.inside.get(topic, ()):
        await hear(session, event)
    heard_after = topic in session.subscriptions.after
    told = {
        "id": event.id,
        "topic": topic,
        "payload": payload,
        "created_at": session.now,
        "due_at": session.now if heard_after else None,
        "delivered_at": None if heard_after else session.now,
        "attempts": 0,
    }
    session.append(OutboxEvent, told)
    if heard_after:
        # Every process has a relay of its own, and PostgreSQL commits transactions that notify one at a time.
        session.wake(WAKE, elsewhere=False)


async def deliver_once(database: Database) -> int:
    """Deliver up to BATCH due events in order; returns how many were delivered."""
    async with database.write("outbox") as session:
        due = (
            select(OutboxEvent)
            .where(OutboxEvent.due_at <= session.now)
            .order_by(OutboxEvent.due_at, OutboxEvent.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        rows = list((await session.scalars(due)).all())
        # Claimed by pushing the due time ahead: a crash between here and the end delivers again, never not.
        ids = [row.id for row in rows]
        if ids:
            claim = update(OutboxEvent).where(OutboxEvent.id.in_(ids))
            await session.execute(claim.values(due_at=session.now + RETRY_AFTER))
    delivered: list[UUID] = []
    failed: dict[UUID, str] = {}
    for row in rows:
        event = Event(row.id, row.topic, row.payload, row.created_at)
        try:
            for hear in database.subscriptions.after.get(row.topic, ()):
                await hear(database, event)
        except DatabaseUnavailable as error:
            log.warning("outbox.database", topic=row.topic, event_id=str(row.id), reason=str(error))
            failed[row.id] = f"{type(error).__name__}: {error}"[:500]
        except Exception as error:
            log.exception("outbox.delivery_failed", topic=row.topic, event_id=str(row.id))
            failed[row.id] = f"{type(error).__name__}: {error}"[:500]
        else:
            delivered.append(row.id)
    if rows:
        await _record(database, delivered, failed)
    return len(delivered)


async def _record(database: Database, delivered: list[UUID], failed: dict[UUID, str]) -> None:
    async with database.write("outbox") as session:
        if delivered:
            done = update(OutboxEvent).where(OutboxEvent.id.in_(delivered))
            await session.execute(done.values(delivered_at=session.now, due_at=None))
        for event_id, error in failed.items():
            row = (await session.scalars(select(OutboxEvent).where(OutboxEvent.id == event_id))).one()
            tries = row.attempts + 1
            again = session.now + RETRY_AFTER if tries < MOST_ATTEMPTS else None
            one = update(OutboxEvent).where(OutboxEvent.id == event_id)
            await session.execute(one.values(attempts=tries, error=error, due_at=again))
