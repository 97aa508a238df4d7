"""The webhook inbox: an event is committed by its id first, then handled in a second transaction.

A repeat does nothing. What fails waits for the inbox worker, with backoff, and stays visible when it keeps
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

from veza.kit.database import Base, Database, Session, table_of
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.moves import Stale
from veza.kit.together import Together
from veza.money import buyer_details, findings
from veza.money.attempts import backoff, due_index
from veza.money.webhook_events import HANDLERS, NotOurs, hold
from veza.money.webhook_signatures import verified

log = structlog.get_logger(__name__)

WAKE = "inbox"
MOST_TOGETHER, SIDE_BY_SIDE = 32, 2
"""So many deliveries at most share transactions, and so many of those batches are under way."""


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


_DUE = (
    select(WebhookEvent)
    .where(WebhookEvent.next_retry_at <= bindparam("now"))
    .order_by(WebhookEvent.next_retry_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_LEASED = (
    update(_TABLE).where(_TABLE.c.id.in_(bindparam("ids", expanding=True))).values(next_retry_at=bindparam("until"))
)


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
    """Receives, stores and handles events; also the worker for those whose handling failed."""

    name = "inbox worker"
    wake_topic = WAKE
    concurrency = 4
    batch_size = 20

    def __init__(self, database: Database, policy: InboxPolicy) -> None:
        self.database = database
        self.policy = policy
        self.check_interval = timedelta(seconds=30)
        self._arriving = Together(
            partial(self._take_in, source="webhook"),
            MOST_TOGETHER,
            side_by_side=1 if database.is_sqlite else SIDE_BY_SIDE,
            shared_reasons=(DatabaseUnavailable,),
        )

    async def receive(self, payload: bytes, signature: str | None) -> EventStatus:
        """Take one delivery in: verified on the raw body, committed, handled. Raises BadWebhook.

        RECEIVED means stored but not handled yet; the worker will. A repeat answers what became of the first.
        """
        return await self.accept(self.verified(payload, signature), payload.decode(), source="webhook")

    async def receive_beside(self, payload: bytes, signature: str | None) -> EventStatus:
        """`receive` for a server: what arrives while others are being written shares their next transactions."""
        event = self.verified(payload, signature)
        state = await self._arriving.add((event, payload.decode()))
        # What could not share is handled here, where it keeps no other delivery waiting.
        return state or await self._handle(str(event["id"]), event)

    def verified(self, payload: bytes, signature: str | None) -> Mapping[str, Any]:
        """The event, when one of our secrets signed exactly these bytes within the last five minutes."""
        now = int(self.database.clock.now().timestamp())
        return verified(payload, signature, self.policy.secrets, livemode=self.policy.livemode, now=now)

    async def accept(self, event: Mapping[str, Any], payload: str, *, source: str) -> EventStatus:
        """Commit the event by its id, then handle it; a known one is only looked at."""
        (state,) = await self.accept_all([(event, payload)], source=source)
        return state

    async def accept_all(self, arrived: Sequence[tuple[Mapping[str, Any], str]], *, source: str) -> list[EventStatus]:
        """Events with their payloads: all committed in one transaction, then handled, as many as can be in a second."""
        states = await self._take_in(arrived, source=source)
        return [
            state or await self._handle(str(event["id"]), event)
            for (event, _), state in zip(arrived, states, strict=True)
        ]

    async def _take_in(
        self, arrived: Sequence[tuple[Mapping[str, Any], str]], *, source: str
    ) -> list[EventStatus | None]:
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

    async def claim(self, limit: int) -> list[WebhookEvent]:
        """Due events whose handling failed or never happened (a crash between the two transactions)."""
        async with self.database.write("inbox") as session:
            rows = list((await session.scalars(_DUE, {"now": session.now, "limit": limit})).all())
            if rows:
                ids = [row.id for row in rows]
                await session.execute(_LEASED, {"ids": ids, "until": session.now + self.policy.lease})
        return rows

    async def work(self, row: WebhookEvent) -> None:
        await self._handle(row.id, json.loads(row.payload))

    async def _store(self, session: Session, arrived: Sequence[tuple[Mapping[str, Any], str]], source: str) -> set[str]:
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
        """Those about payments that no other transaction has locked; returns their ids."""
        async with self.database.write("inbox") as session:
            marks = []
            for event in await hold(session, events):
                session.actor = f"webhook {event['id']}"
                about = await HANDLERS[str(event["type"])](session, event)
                marks.append(self._mark_of(session, str(event["id"]), EventStatus.HANDLED, payment_id=about))
                # SQLite never waits here: let others have a turn.
                await asyncio.sleep(0)
            if marks:
                await session.execute(_MARKED, marks)
        return [str(mark["the_id"]) for mark in marks]

    async def _handle(self, event_id: str, event: Mapping[str, Any]) -> EventStatus:
        handler = HANDLERS.get(str(event["type"]))
        if handler is None:
            return await self._end(event_id, EventStatus.IGNORED)
        try:
            async with self.database.write(f"webhook {event_id}") as session:
                about = await handler(session, event)
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
                    f"event {event_id} ({row.type}) failed {tries} times: {error}",
                    mend="mend the cause, then handle it again from the webhook inbox",
                )
            return state

    async def handle_again(self, event_id: str, actor: str) -> EventStatus | None:
        """An operator wants this event handled now; None when there is no such event."""
        async with self.database.write(actor) as session:
            row = (await session.scalars(select(WebhookEvent).where(WebhookEvent.id == event_id))).one_or_none()
            if row is None:
                return None
            await findings.resolve(session, findings.FindingKind.WEBHOOK_FAILED, event_id)
        return await self._handle(event_id, json.loads(row.payload))


async def lag_seconds(session: Session) -> float:
    """How long the oldest event that is not handled has been waiting."""
    oldest = await session.scalar(
        select(func.min(WebhookEvent.received_at)).where(WebhookEvent.state == EventStatus.RECEIVED.value)
    )
    return max(0.0, (session.now - oldest).total_seconds()) if oldest else 0.0
