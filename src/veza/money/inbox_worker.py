"""The worker for events whose handling failed, or never happened: a crash between the two transactions."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import bindparam, select, update

from veza.kit.database import table_of
from veza.money.webhook_inbox import WAKE, Inbox, WebhookEvent

_TABLE = table_of(WebhookEvent)
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


class InboxWorker:
    """Claims due events, a lease at a time, and hands them to the inbox again."""

    name = "inbox worker"
    wake_topic = WAKE
    concurrency = 4
    batch_size = 20
    check_interval = timedelta(seconds=30)

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox

    async def claim(self, limit: int) -> list[WebhookEvent]:
        """Due events, leased to this process."""
        async with self.inbox.database.write("inbox") as session:
            rows = list((await session.scalars(_DUE, {"now": session.now, "limit": limit})).all())
            if rows:
                ids = [row.id for row in rows]
                await session.execute(_LEASED, {"ids": ids, "until": session.now + self.inbox.policy.lease})
        return rows

    async def work(self, row: WebhookEvent) -> None:
        await self.inbox.handle(row.id, json.loads(row.payload))
