"""What every intent carries: its attempt, its key, its frozen request, and when it is due.

*A refusal earns a new key; silence keeps the old.* Claiming is the intent: it is committed before anything
is sent, and from then on the request may be alive (`unanswered`) until a definitive answer is known.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.functions import FunctionElement

from veza.kit.database import Base, Session
from veza.money.stripe.answers import Answer

KEY_KEPT = timedelta(hours=23)
"""Stripe keeps keys for at least 24 h; from an hour before that, we look up before we send."""
STILL_RUNNING = timedelta(minutes=10)
"""A request unanswered for this long no longer runs at the provider (their own limit is far below)."""
LEASE_LEFT_TO_SEND = timedelta(seconds=45)
"""A claim with less of its lease left is given back: a request may take 30 s, its settling a few more."""


class Attempted:
    """Columns of a row that is carried out at the provider (a mixin)."""

    attempt: Mapped[int] = mapped_column(default=0)
    key_generation: Mapped[int] = mapped_column(default=1)
    request_body: Mapped[str | None] = mapped_column(Text)
    first_sent_at: Mapped[datetime | None]
    last_sent_at: Mapped[datetime | None]
    unanswered: Mapped[bool] = mapped_column(default=False)
    look_first: Mapped[bool] = mapped_column(default=False)
    retry_count: Mapped[int] = mapped_column(default=0)
    next_retry_at: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None]
    check_at: Mapped[datetime | None]
    check_count: Mapped[int] = mapped_column(default=0, server_default="0")
    unwanted_at: Mapped[datetime | None]
    unwanted_cause_kind: Mapped[str | None]
    unwanted_cause_id: Mapped[UUID | None]
    last_outcome: Mapped[str | None]
    last_error: Mapped[str | None] = mapped_column(Text)


NEVER_ATTEMPTED: dict[str, Any] = {
    "attempt": 0,
    "key_generation": 1,
    "unanswered": False,
    "look_first": False,
    "retry_count": 0,
}
"""The attempt columns of a new row."""


class ProviderAttempt(Base):
    """One finished attempt or look-up: what was sent under which key, and what the answer meant."""

    __tablename__ = "provider_attempts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    row_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    attempt: Mapped[int]
    idempotency_key: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    answered_at: Mapped[datetime]
    http_status: Mapped[int | None]
    meaning: Mapped[str]
    provider_request_id: Mapped[str | None]
    provider_object_id: Mapped[str | None]
    replayed: Mapped[bool]
    stale: Mapped[bool]
    latency_ms: Mapped[int]
    detail: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index(None, "payment_id"), Index(None, "row_id"))


def record_attempt(
    session: Session,
    *,
    kind: str,
    row_id: UUID,
    payment_id: UUID,
    attempt: int,
    key: str | None,
    sent_at: datetime | None,
    answer: Answer,
    meaning: str,
    stale: bool,
) -> None:
    """Append the attempt; it is evidence, and is written also where the answer changes no row."""
    finished = {
        "id": session.new_id(),
        "kind": kind,
        "row_id": row_id,
        "payment_id": payment_id,
        "attempt": attempt,
        "idempotency_key": key,
        "sent_at": sent_at,
        "answered_at": session.now,
        "http_status": answer.status,
        "meaning": meaning,
        "provider_request_id": answer.request_id,
        "provider_object_id": answer.object.get("id") if answer.is_ok else None,
        "replayed": answer.replayed,
        "stale": stale,
        "latency_ms": answer.latency_ms,
        "detail": str(answer)[:500],
    }
    session.append(ProviderAttempt, finished)


def backoff(base: timedelta, most: timedelta, retry_count: int) -> timedelta:
    """The wait after a failure when `retry_count` failures came before it: min(most, base · 2^retry_count)."""
    # Compared before it is multiplied: a large count would overflow timedelta.
    doublings = 2 ** min(retry_count, 60)
    return most if most / base <= doublings else base * doublings


def key_of(kind: str, row_id: UUID, generation: int) -> str:
    """The idempotency key: the row's id and its key generation (≤ 255 characters)."""
    return f"veza-{kind}-{row_id}-{generation}"


def due_index(model: type[Base], column: str) -> Index:
    """An index over the rows that wait, and only those: a claim costs the same however long the table is."""
    due = getattr(model, column)
    name = f"ix_{model.__tablename__}_{column}"
    return Index(name, due, postgresql_where=due.is_not(None), sqlite_where=due.is_not(None))


class by_due_index(FunctionElement[str]):  # noqa: N801  (reads as the function it stands for)
    """A status in a claim's condition, so written that due rows are found by when they are due.

    SQLite keeps no statistics: it would take the index on the status and sort the whole backlog for each claim.
    """

    type = String()
    inherit_cache = True


@compiles(by_due_index)
def _plain(element: by_due_index, compiler: Any, **more: Any) -> str:
    return str(compiler.process(element.clauses, **more))


@compiles(by_due_index, "sqlite")
def _unindexed(element: by_due_index, compiler: Any, **more: Any) -> str:
    return f"+{compiler.process(element.clauses, **more)}"
