"""A claim on a row: what it may do until its lease ends, and what a look-up found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from veza.money.attempts import STILL_RUNNING, Attempted
from veza.money.stripe.answers import Answer
from veza.money.stripe.outcomes import Meaning


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How one worker retries; see docs/configuration.md for what each number means."""

    max_retries: int
    check_interval: timedelta
    backoff_base: timedelta
    backoff_max: timedelta
    lease: timedelta
    batch_size: int = 20
    concurrency: int = 16
    balance_retry: timedelta = timedelta(hours=6)
    balance_max: timedelta = timedelta(days=30)


R = TypeVar("R", bound=Attempted)


@dataclass(frozen=True, slots=True)
class Claim(Generic[R]):
    """A row this worker may carry out until `lease_until`. `row` shows it as it was before the claim.

    `target` is the provider's id of what the request is about, `body` the frozen request; None where there is none.
    """

    row: R
    id: UUID
    payment_id: UUID
    attempt: int
    claimed_at: datetime
    lease_until: datetime
    looks_first: bool
    only_looks: bool
    target: str | None
    body: str | None

    @property
    def last_sent_at(self) -> datetime | None:
        """When it was sent before this claim."""
        return self.row.last_sent_at

    def was_sent_long_ago(self, now: datetime) -> bool:
        """Whether nothing sent before this claim can still be running at the provider."""
        return self.last_sent_at is None or now - self.last_sent_at >= STILL_RUNNING


@dataclass(frozen=True, slots=True)
class LookUp:
    """What the provider has: `seen` are the objects to merge, `found` says whether ours is among them.

    `under_way`: ours is there and not done yet; `came_to_nothing`: ours is there, and failed. `has_lost`: there is
    something of a row this database lost, which is to be recorded before anything is sent.
    """

    found: bool
    seen: Sequence[Any] = ()
    failed: Answer | None = None
    under_way: bool = False
    came_to_nothing: bool = False
    has_lost: bool = False

    @property
    def is_absent(self) -> bool:
        return self.failed is None and not self.found and not self.under_way and not self.has_lost


@dataclass(frozen=True, slots=True)
class Answered(Generic[R]):
    """A claim the provider was asked for under `key`, what it answered, and what a look-up after that found."""

    claim: Claim[R]
    key: str
    answer: Answer
    meaning: Meaning
    look: LookUp | None

    @property
    def is_plain_success(self) -> bool:
        return self.meaning is Meaning.DONE and self.look is None


@dataclass(frozen=True, slots=True)
class RecordedAttempt:
    """One attempt that was answered (or not) and recorded: for logs and metrics."""

    kind: str
    row_id: UUID
    transfer_id: UUID | None
    payment_id: UUID
    attempt: int
    meaning: str
    request_id: str | None
    latency_ms: int


def new_key(row: Attempted) -> dict[str, Any]:
    """A definitive *no* earns the next key generation and a body built anew; nothing of it is alive."""
    return {
        "key_generation": row.key_generation + 1,
        "request_body": None,
        "first_sent_at": None,
        "unanswered": False,
        "look_first": False,
    }
