"""Looks: rows with a `check_at` are claimed, looked at with GET only, and told when to be looked at again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_, select, update

from veza.kit.database import Database, Session, table_of
from veza.kit.messages import gettext
from veza.money import findings
from veza.money.attempts import backoff
from veza.money.findings import FindingKind
from veza.money.payments import CHECK_WAKE, Payment
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import Gateway
from veza.money.transfers import SellerTransfer

MISSING_CHECK = timedelta(days=1)
"""How often what the provider does not know is looked for: it may be our key that is of another account."""

CHECK_BACKOFF, LONGEST_CHECK_BACKOFF = timedelta(seconds=15), timedelta(hours=1)
"""The wait after a look that was answered 429, 5xx or nothing, doubled for each further one up to the longest."""
EASE_OFF_SECONDS = 2.0
"""How long every request holds back after a look was answered 429."""

KINDS: dict[type[Any], str] = {
    Payment: "payment",
    Refund: "refund",
    SellerTransfer: "transfer",
    TransferReversal: "reversal",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One row to look at, when it was due, and how many looks before this one did not settle it."""

    model: type[Any]
    id: UUID
    payment_id: UUID
    due_at: datetime
    count: int


class Checks:
    """Claims due rows, a lease at a time, and writes down when each is looked at again."""

    name = "check worker"
    wake_topic = CHECK_WAKE
    batch_size = 20

    def __init__(self, database: Database, gateway: Gateway, *, lease: timedelta, interval: timedelta) -> None:
        self.database = database
        self.gateway = gateway
        self.check_interval = interval
        self.concurrency = 8
        self._lease = lease

    async def claim(self, limit: int) -> list[Check]:
        claims: list[Check] = []
        async with self.database.write(self.name) as session:
            for model in KINDS:
                if len(claims) == limit:
                    break
                due = {"now": session.now, "limit": limit - len(claims)}
                rows = (await session.execute(_DUE[model], due)).all()
                claims += [
                    Check(model, row.id, getattr(row, "payment_id", row.id), row.check_at, row.check_count)
                    for row in rows
                ]
                if rows:
                    mine = {"ids": [row.id for row in rows], "until": session.now + self._lease}
                    await session.execute(_LEASED[model], mine)
        return claims

    async def _later(self, check: Check, answer: Answer) -> None:
        """It could not be seen. What the provider does not know is shown to a person, and looked for daily."""
        if answer.status == 429:
            await self.gateway.pace.ease_off(EASE_OFF_SECONDS)
        async with self.database.write(self.name) as session:
            if answer.status == 404:
                await self._set(session, check, session.now + MISSING_CHECK)
                name = KINDS[check.model]
                await findings.report(
                    session,
                    FindingKind.MISSING_THERE,
                    f"{name} {check.id}",
                    gettext(
                        "the provider does not know what {name} {check_id} says it has: {answer}",
                        name=name,
                        check_id=check.id,
                        answer=answer.said,
                    ),
                    mend=gettext("check the provider's account and mode"),
                    payment_id=check.payment_id,
                )
                return
            wait = backoff(CHECK_BACKOFF, LONGEST_CHECK_BACKOFF, check.count)
            await self._set(session, check, session.now + wait, count=check.count + 1)

    async def _set(self, session: Session, check: Check, again: datetime | None, *, count: int = 0) -> None:
        """When the next look is due (None: when something new is said of it), and how many did not settle it."""
        if again is None:
            await session.execute(_DONE[check.model], {"the_id": check.id, "now": session.now})
        else:
            await session.execute(_LATER[check.model], {"the_id": check.id, "again": again, "count": count})


_TABLES = {model: table_of(model) for model in KINDS}
_DUE = {
    model: select(*(table.c[name] for name in ("id", "payment_id", "check_at", "check_count") if name in table.c))
    .where(table.c.check_at <= bindparam("now"))
    .order_by(table.c.check_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    for model, table in _TABLES.items()
}
_LEASED = {
    model: update(table).where(table.c.id.in_(bindparam("ids", expanding=True))).values(check_at=bindparam("until"))
    for model, table in _TABLES.items()
}
_LATER = {
    model: update(table)
    .where(table.c.id == bindparam("the_id"))
    .values(check_at=bindparam("again"), check_count=bindparam("count"))
    for model, table in _TABLES.items()
}
# Only our own lease is answered: news that asked for another look in between keeps its time.
_DONE = {
    model: update(table)
    .where(table.c.id == bindparam("the_id"), or_(table.c.check_at.is_(None), table.c.check_at > bindparam("now")))
    .values(check_at=None, check_count=0)
    for model, table in _TABLES.items()
}
