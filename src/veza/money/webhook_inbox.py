"""The webhook inbox: an event is committed by its id first, then handled in a second transaction.

A repeat does nothing. What fails waits for the worker in inbox_worker.py, with backoff, and stays visible when it keeps
failing. A catch-up feeds events we never received through the same door.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Index, Insert, Text, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.batcher import Batcher
from veza.kit.database import Base, Database, Session, table_of
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.messages import gettext, message_of
from veza.kit.moves import Stale
from veza.money import buyer_details, findings
from veza.money.attempts import backoff, due_index
from veza.money.payment_frame import HeldPayments
from veza.money.webhook_events import HANDLERS, NotOurs, hold
from veza.money.webhook_signatures import verified

log = structlog.get_logger(__name__)

WAKE = "inbox"
BATCH_SIZE, BATCHES = 32, 2
"""At most so many deliveries share transactions, and at most so many of those batches are under way."""


class EventStatus(StrEnum):
    RECEIVED = "received"
    HANDLED = "handled"
    IGNORED = "ignored"
    FAILED = "failed"


class WebhookEvent(Base):
    """One event of the provider, kept as it came; `state` is what became of it."""

    __tablename__ = "webhook_events"

    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    state: Mapped[str]
    account: Mapped[str | None]
    payment_id: Mapped[UUID | None]
    source: Mapped[str]
    payload: Mapped[str] = mapped_column(Text)
    provider_created_at: Mapped[datetime]
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_retry_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index(None, "payment_id"), Index(None, "received_at"), Index(None, "state", "received_at"))


due_index(WebhookEvent, "next_retry_at")


_TABLE = table_of(WebhookEvent)
_STORED: dict[str, Insert] = {
    name: dialect.insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.id)
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}
_STATES = select(_TABLE.c.id, _TABLE.c.state).where(_TABLE.c.id.in_(bindparam("ids", expanding=True)))
_END = ("state", "handled_at", "next_retry_at", "error", "payment_id")
_MARKED = update(_TABLE).where(_TABLE.c.id == bindparam("the_id")).values({name: bindparam(name) for name in _END})


Arrived = tuple[Mapping[str, Any], str]
"""An event and the text it came as."""


@dataclass(frozen=True, slots=True)
class InboxPolicy:
    """`secrets`: all that are accepted, for rotation; `livemode`: the mode events must be of."""

    secrets: Sequence[str]
    livemode: bool
    max_retries: int
    backoff_base: timedelta
    backoff_max: timedelta
    lease: timedelta = timedelta(minutes=2)


class Inbox:
    """Receives, stores and handles events: each is committed first, and handled in a second transaction."""

    def __init__(self, database: Database, policy: InboxPolicy) -> None:
        self.database = database
        self.policy = policy
        self._arriving = Batcher(
            partial(self._take_in, source="webhook"),
            BATCH_SIZE,
            concurrency=1 if database.is_sqlite else BATCHES,
            shared_reasons=(DatabaseUnavailable,),
        )

    async def receive(self, payload: bytes, signature: str | None) -> EventStatus:
        """Take one delivery in: verified on the raw body, committed, handled. Raises BadWebhook.

        Deliveries that arrive while others are being written share the next transactions. RECEIVED means stored but not
        handled yet; the worker will. A repeat answers what became of the first.
        """
        now = int(self.database.clock.now().timestamp())
        event = verified(payload, signature, self.policy.secrets, livemode=self.policy.livemode, now=now)
        state = await self._arriving.add((event, payload.decode()))
        # What could not share is handled here, where it keeps no other delivery waiting.
        return state or await self.handle(str(event["id"]), event)

    async def accept(self, arrived: Sequence[Arrived], *, source: str) -> list[EventStatus]:
        """Take verified events in: all are committed in one transaction, then handled, as many as can be in a second.

        A known one is only looked at.
        """
        states = await self._take_in(arrived, source=source)
        return [
            state or await self.handle(str(event["id"]), event)
            for (event, _), state in zip(arrived, states, strict=True)
        ]

    async def handle_again(self, event_id: str, actor: str) -> EventStatus | None:
        """An operator wants this event handled now; None when there is no such event."""
        async with self.database.write(actor) as session:
            row = (await session.scalars(select(WebhookEvent).where(WebhookEvent.id == event_id))).one_or_none()
            if row is None:
                return None
            await findings.resolve(session, findings.FindingKind.WEBHOOK_FAILED, event_id)
        return await self.handle(event_id, json.loads(row.payload))

    async def handle(self, event_id: str, event: Mapping[str, Any]) -> EventStatus:
        """Handle a stored event in a transaction of its own; what fails is kept with it, and waits for the worker."""
        handler = HANDLERS.get(str(event["type"]))
        if handler is None:
            return await self._end(event_id, EventStatus.IGNORED)
        try:
            async with self.database.write("inbox") as session:
                session.act_for_event(event_id)
                about = await handler(session, HeldPayments(), event)
                await session.execute(_MARKED, self._mark_of(session, event_id, EventStatus.HANDLED, payment_id=about))
        except NotOurs as reason:
            return await self._end(event_id, EventStatus.IGNORED, str(reason))
        except DatabaseUnavailable as error:
            log.warning("inbox.database", event_id=event_id, reason=str(error))
            return EventStatus.RECEIVED
        except Exception as error:
            if not isinstance(error, Stale):
                log.exception("inbox.handling_failed", event_id=event_id, type=event["type"])
            return await self._failed(event_id, error)
        return EventStatus.HANDLED

    async def _take_in(self, arrived: Sequence[Arrived], *, source: str) -> list[EventStatus | None]:
        """Store all, handle what can share a transaction; None for what is to be handled by itself."""
        async with self.database.write("inbox") as session:
            new = await self._store(session, arrived, source)
            ids = [str(event["id"]) for event, _ in arrived if event["id"] not in new]
            known = await session.execute(_STATES, {"ids": ids}) if ids else ()
            states = {one: EventStatus(state) for one, state in known}
        fresh = {str(event["id"]): event for event, _ in arrived if event["id"] in new}
        if len(fresh) > 1:
            states |= await self._handled_together(list(fresh.values()))
        told: list[EventStatus | None] = []
        for event, _ in arrived:
            told.append(states.get(str(event["id"])))
            # The same event may have come twice in one batch: the second finds it received.
            states.setdefault(str(event["id"]), EventStatus.RECEIVED)
        return told

    async def _store(self, session: Session, arrived: Sequence[Arrived], source: str) -> set[str]:
        """Keep those that are new; returns their ids."""
        rows = [
            {
                "id": str(event["id"]),
                "type": str(event["type"]),
                "state": EventStatus.RECEIVED.value,
                "account": event.get("account"),
                "source": source,
                "payload": buyer_details.without(payload, event),
                "provider_created_at": datetime.fromtimestamp(int(event["created"]), tz=session.now.tzinfo),
                "received_at": session.now,
                "attempts": 0,
                "next_retry_at": session.now + self.policy.lease,
            }
            for event, payload in arrived
        ]
        # In one order everywhere: two servers that store the same events must not wait for each other.
        rows.sort(key=lambda row: str(row["id"]))
        return set((await session.scalars(_STORED[session.dialect], rows)).all())

    async def _handled_together(self, events: Sequence[Mapping[str, Any]]) -> dict[str, EventStatus]:
        """Those of several that could be handled in one transaction."""
        heard = [event for event in events if event["type"] in HANDLERS]
        try:
            return dict.fromkeys(await self._handle_together(heard), EventStatus.HANDLED) if heard else {}
        except Exception as error:
            # One of them; each is handled by itself now, where its own error is kept with it.
            log.info("inbox.handling_apart", events=len(heard), reason=f"{type(error).__name__}: {error}")
            return {}

    async def _handle_together(self, events: Sequence[Mapping[str, Any]]) -> list[str]:
        """Those about payments that no other transaction has locked, in one that gives way; returns their ids."""
        async with self.database.write("inbox", gives_way=True) as session:
            marks = []
            held, about_held = await hold(session, events)
            for event in about_held:
                session.act_for_event(str(event["id"]))
                about = await HANDLERS[str(event["type"])](session, held, event)
                marks.append(self._mark_of(session, str(event["id"]), EventStatus.HANDLED, payment_id=about))
                # SQLite never waits here: let others have a turn.
                await asyncio.sleep(0)
            if marks:
                await session.execute(_MARKED, marks)
        return [str(mark["the_id"]) for mark in marks]

    async def _end(self, event_id: str, state: EventStatus, reason: str | None = None) -> EventStatus:
        async with self.database.write("inbox") as session:
            await session.execute(_MARKED, self._mark_of(session, event_id, state, reason))
        return state

    def _mark_of(
        self,
        session: Session,
        event_id: str,
        state: EventStatus,
        reason: str | None = None,
        *,
        payment_id: UUID | None = None,
    ) -> dict[str, Any]:
        end = {"state": state.value, "handled_at": session.now, "next_retry_at": None, "error": reason}
        return {"the_id": event_id, **end, "payment_id": payment_id}

    async def _failed(self, event_id: str, error: Exception) -> EventStatus:
        async with self.database.write("inbox") as session:
            row = (await session.scalars(select(WebhookEvent).where(WebhookEvent.id == event_id))).one()
            tries = row.attempts + 1
            given_up = tries >= self.policy.max_retries
            wait = backoff(self.policy.backoff_base, self.policy.backoff_max, row.attempts)
            state = EventStatus.FAILED if given_up else EventStatus.RECEIVED
            values = {
                "attempts": tries,
                "error": f"{type(error).__name__}: {error}"[:500],
                "state": state.value,
                "next_retry_at": None if given_up else session.now + wait,
            }
            mine = update(WebhookEvent).where(WebhookEvent.id == event_id)
            await session.execute(mine.values(**values).execution_options(synchronize_session=False))
            if given_up:
                await findings.report(
                    session,
                    findings.FindingKind.WEBHOOK_FAILED,
                    event_id,
                    gettext(
                        "event {event_id} ({type}) failed {tries} times: {error}",
                        event_id=event_id,
                        type=row.type,
                        tries=tries,
                        error=message_of(error),
                    ),
                    mend=gettext("mend the cause, then handle it again from the webhook inbox"),
                )
            return state


async def lag_seconds(session: Session) -> float:
    """How long the oldest event that is not handled has been waiting."""
    oldest = await session.scalar(
        select(func.min(WebhookEvent.received_at)).where(WebhookEvent.state == EventStatus.RECEIVED.value)
    )
    return max(0.0, (session.now - oldest).total_seconds()) if oldest else 0.0
