"""Settling: one answer, one transaction, and every consequence of it.

The row is read again under the payment's lock and fenced by the attempt: a result of an older attempt is
kept as evidence, and only a success of it counts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Generic, cast
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from veza.kit.database import Database, Session
from veza.kit.moves import Machine
from veza.money import payments
from veza.money.attempts import STILL_RUNNING, Attempted, backoff, record_attempt
from veza.money.breaker import Breaker
from veza.money.claims import Asked, Claim, LookUp, R, RetryPolicy, Settled, new_key
from veza.money.findings import FindingKind, report, resolve
from veza.money.payments import Payment
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import Gateway
from veza.money.stripe.outcomes import COUNTED, NO_CALL, STILL_UNKNOWN, Meaning, Row

SOON = timedelta(seconds=15)
"""When a row comes back whose earlier attempt still runs, or whose object is busy."""
KEY_DOUBTED = (Meaning.NOT_ALLOWED, Meaning.FORBIDDEN, Meaning.OTHER_MODE)
"""Answers of a key that may not do this: a row waits for the breaker's next probe and loses no retry."""


class Settling(ABC, Generic[R]):
    """What becomes of a row of one kind, by the meaning of the answer; one transaction per answer."""

    kind: str
    wake_topic: str
    model: type[R]
    machine: Machine[Any]
    outcomes: tuple[Row, ...]
    claimable: tuple[str, ...]
    due: Select[*tuple[Any, ...]]
    """At most `:limit` rows that may be claimed `:now`, oldest due first; the row comes first in each result.
    `due_at` gives its parameters."""

    def __init__(self, database: Database, gateway: Gateway, breaker: Breaker, policy: RetryPolicy) -> None:
        self.database = database
        self.gateway = gateway
        self.breaker = breaker
        self.policy = policy
        self.name = f"{self.kind} worker"
        self.check_interval = policy.check_interval
        self.concurrency = policy.concurrency
        self.batch_size = policy.batch_size
        self._locked = _locked(cast(Any, self.model))
        self.on_settled: Callable[[Settled], None] = lambda settled: None

    @abstractmethod
    def context(self, found: Sequence[Any]) -> dict[str, Any]:
        """What else of the claimed result the sending needs."""

    @abstractmethod
    def request_body(self, row: R, context: dict[str, Any]) -> str | None:
        """The frozen request; None when nothing can be asked (see `hopeless`)."""

    @abstractmethod
    async def send(self, claim: Claim[R], body: str, key: str, ready: Callable[[], bool]) -> Answer: ...

    @abstractmethod
    async def look_up(self, claim: Claim[R]) -> LookUp: ...

    @abstractmethod
    async def seen(self, session: Session, payment: Payment, row: R, objects: Sequence[Any], because: str) -> None:
        """Merge what the provider has; afterwards the row shows whether ours was among it."""

    @abstractmethod
    async def done(self, session: Session, payment: Payment, row: R, answer: Answer) -> None: ...

    @abstractmethod
    async def fail_for_good(
        self, session: Session, payment: Payment, row: R, because: str, request_id: str | None, **facts: Any
    ) -> None: ...

    async def cannot_be_asked(self, session: Session, payment: Payment, row: R, claim: Claim[R]) -> None:
        """`request_body` gave None: say what becomes of the row; by default it is refused."""
        await self.fail_for_good(session, payment, row, "there is nothing the provider could be asked", None)

    async def counted_failure(
        self, session: Session, row: R, because: str, request_id: str | None, **facts: Any
    ) -> None:
        """A failure that costs a retry; by default no move."""
        await self.machine.update(session, row, **facts)

    async def taken_by_others(self, session: Session, payment: Payment, row: R, answer: Answer) -> None:
        """It was done at the provider, and the look-up did not find ours; by default a refusal."""
        await self.fail_for_good(session, payment, row, str(answer), answer.request_id, **new_key(row))

    async def judge_again(self, session: Session, payment: Payment, row: R) -> None:
        """The row's request is certainly not alive: if it is not wanted any more, close the difference now."""

    def due_at(self, now: datetime, limit: int) -> dict[str, Any]:
        """The parameters of `due`."""
        return {"now": now, "limit": limit}

    def transfer_of(self, row: R) -> UUID | None:
        """The seller's transfer it is about, for the log; None for a refund, which is about all of them."""
        return None

    async def fetch(self, session: Session, rows: Sequence[R]) -> Sequence[object]:
        """What recording a success of each of these rows will read, in as few queries as possible; to be kept."""
        return ()

    async def _open(self, session: Session, claim: Claim[R]) -> tuple[Payment, R, bool]:
        payment = await payments.lock(session, claim.payment_id)
        held: dict[UUID, R] = session.info.get("held_rows", {})
        row: Any = held.get(claim.id) or (await session.scalars(self._locked, {"row_ids": [claim.id]})).one()
        return payment, row, row.attempt != claim.attempt or row.status not in self.claimable

    async def _hold(self, session: Session, claims: Sequence[Claim[R]]) -> Sequence[Claim[R]]:
        """Lock what is free of several claims' payments and rows; returns the claims whose payment is ours now.

        Never waits for a payment: two transactions that each hold one and want the other's would stop both.
        """
        free = await payments.lock_free(session, {claim.payment_id for claim in claims})
        ours = [claim for claim in claims if claim.payment_id in free]
        rows = (await session.scalars(self._locked, {"row_ids": [claim.id for claim in ours]})).all()
        session.info["held_rows"] = {row.id: row for row in rows}
        session.info["fetched"] = await self.fetch(session, rows)
        return ours

    async def _give_back(self, session: Session, claim: Claim[R]) -> None:
        """Nothing was sent: the row is as it was, but for its attempt, and due at once."""
        _payment, row, stale = await self._open(session, claim)
        if stale:
            return
        await self.machine.update(session, row, next_retry_at=session.now, **as_before(claim.row))

    async def _settle_unaskable(self, session: Session, claim: Claim[R]) -> None:
        payment, row, stale = await self._open(session, claim)
        self._evidence(session, claim, None, NO_CALL, Meaning.NO_CALL_MADE.value, stale)
        if not stale:
            never_sent = {"unanswered": False, "first_sent_at": None, "last_sent_at": None}
            await self.machine.update(session, row, **never_sent)
            await self.cannot_be_asked(session, payment, row, claim)
            await self.judge_again(session, payment, row)

    def _was_refused_later(self, row: R, look: LookUp) -> bool:
        """The provider took it, said *not done yet*, and then did not do it: a definitive no, told once."""
        return look.came_to_nothing and row.last_outcome == Meaning.NOT_DONE_YET

    async def _look_later(self, session: Session, row: R) -> None:
        """It is there and not done yet: sending it again could do it twice once its key is forgotten."""
        again = session.now + self.policy.backoff_max
        await self.machine.update(session, row, next_retry_at=again, look_first=True)

    async def _settle(self, session: Session, asked: Asked[R]) -> None:
        claim, answer, meaning, look = asked.claim, asked.answer, asked.meaning, asked.look
        if meaning in COUNTED:
            # Opening gives back what was counted: it must see either this count, or nothing counted any more.
            await self.breaker.hold(session)
        payment, row, stale = await self._open(session, claim)
        self._evidence(session, claim, asked.key, answer, meaning.value, stale)
        moved: Any = row
        if row.last_outcome == Meaning.ACCOUNT_GONE and meaning is not Meaning.ACCOUNT_GONE:
            await resolve(session, FindingKind.ACCOUNT_GONE, f"{self.kind} {claim.id}")
        if row.last_outcome in KEY_DOUBTED and meaning not in KEY_DOUBTED:
            await resolve(session, FindingKind.REFUSED_ALONE, f"{self.kind} {claim.id}")
        if meaning is Meaning.DONE:
            # Also when stale: a success is adopted, never dropped.
            await self.done(session, payment, row, answer)
            return
        if look is not None and look.seen:
            await self.seen(session, payment, row, look.seen, f"found after: {answer}")
        if stale or moved.status not in self.claimable:
            return
        if look is not None and look.under_way:
            await self._look_later(session, row)
            return
        await self._not_done(session, asked, payment, row)

    async def _not_done(self, session: Session, asked: Asked[R], payment: Payment, row: R) -> None:
        claim, answer, meaning, look = asked.claim, asked.answer, asked.meaning, asked.look
        said: dict[str, Any] = {"last_outcome": meaning.value, "last_error": str(answer)[:500]}
        if meaning in COUNTED:
            nothing_runs = claim.was_sent_long_ago(claim.claimed_at)
            if meaning is Meaning.SERVER_ERROR_REPLAYED and nothing_runs and look is not None and look.is_absent:
                said |= new_key(row)
            await self._counted(session, payment, row, answer, look, said)
        elif meaning in STILL_UNKNOWN or meaning is Meaning.OTHER_MODE:
            wait = self.breaker.interval if meaning in KEY_DOUBTED else SOON
            look_first = row.look_first or meaning is Meaning.NOT_DONE_YET
            refused_again = meaning in KEY_DOUBTED and row.last_outcome in KEY_DOUBTED
            if refused_again and not await self.breaker.is_open(session):
                alone = f"is refused again, and no second row in between: {answer}"
                await self._alarm(session, payment, row, FindingKind.REFUSED_ALONE, alone)
            await self.machine.update(session, row, next_retry_at=session.now + wait, look_first=look_first, **said)
        elif meaning in (Meaning.BALANCE_TOO_LOW, Meaning.ACCOUNT_GONE):
            if meaning is Meaning.ACCOUNT_GONE:
                gone = f"cannot be sent, its seller's account is gone at the provider: {answer}"
                await self._alarm(session, payment, row, FindingKind.ACCOUNT_GONE, gone)
            await self._wait_for_balance(session, payment, row, answer, said)
        elif meaning is Meaning.NO_SUCH_OBJECT and await self.breaker.is_open(session):
            await self.machine.update(session, row, next_retry_at=session.now + self.breaker.interval, **said)
        elif look is not None and look.failed:
            # A refusal is believed after a look only; until one is possible the row stays as it is.
            again = session.now + self.policy.backoff_max
            await self.machine.update(session, row, next_retry_at=again, look_first=True, **said)
        elif meaning is Meaning.TAKEN_BY_OTHERS:
            await self.taken_by_others(session, payment, row, answer)
        else:
            await self._refused(session, payment, row, answer, meaning, said)

    async def _counted(
        self,
        session: Session,
        payment: Payment,
        row: R,
        answer: Answer,
        look: LookUp | None,
        said: dict[str, Any],
    ) -> None:
        if await self.breaker.is_open(session):
            await self.machine.update(session, row, next_retry_at=session.now + self.breaker.interval, **said)
            return
        count = row.retry_count + 1
        wait = backoff(self.policy.backoff_base, self.policy.backoff_max, row.retry_count)
        facts = {**said, "retry_count": count, "next_retry_at": session.now + wait}
        if count < self.policy.max_retries:
            await self.counted_failure(session, row, str(answer), answer.request_id, **facts)
        elif look is None or look.failed:
            facts["next_retry_at"] = session.now + self.policy.backoff_max
            await self.counted_failure(session, row, str(answer), answer.request_id, **facts)
            said_nothing = "was sent without an answer and cannot be looked up: it stays as it is"
            await self._alarm(session, payment, row, FindingKind.LOOK_UP_IMPOSSIBLE, said_nothing)
        else:
            await self.machine.update(session, row, **said, retry_count=count)
            await self._give_up(session, payment, row, f"gave up after {count} attempts: {answer}", answer.request_id)

    async def _give_up(self, session: Session, payment: Payment, row: R, because: str, request_id: str | None) -> None:
        """Exhausted, and not found at the provider just now. It may still appear: a last look comes later."""
        facts: dict[str, Any] = {"check_at": session.now + STILL_RUNNING} if row.unanswered else {}
        await self.fail_for_good(session, payment, row, because, request_id, **facts)
        if not row.unanswered:
            await self.judge_again(session, payment, row)

    async def _wait_for_balance(
        self, session: Session, payment: Payment, row: R, answer: Answer, said: dict[str, Any]
    ) -> None:
        since = row.waiting_since or session.now
        said |= new_key(row)
        if session.now - since >= self.policy.balance_max:
            days = self.policy.balance_max.days
            because = f"the balance stayed too low for {days} days: {answer}"
            await self.fail_for_good(session, payment, row, because, answer.request_id, **said)
        else:
            again = session.now + self.policy.balance_retry
            await self.machine.update(session, row, waiting_since=since, next_retry_at=again, **said)
        await self.judge_again(session, payment, row)

    async def _refused(
        self, session: Session, payment: Payment, row: R, answer: Answer, meaning: Meaning, said: dict[str, Any]
    ) -> None:
        await self.fail_for_good(session, payment, row, str(answer), answer.request_id, **said, **new_key(row))
        if meaning is Meaning.KEY_REUSED:
            said_twice = "used one idempotency key for two different requests, which is a bug of ours"
            await self._alarm(session, payment, row, FindingKind.KEY_REUSED, said_twice)
        await self.judge_again(session, payment, row)

    async def _alarm(self, session: Session, payment: Payment, row: Any, kind: FindingKind, message: str) -> None:
        subject = f"{self.kind} {row.id}"
        mend = f"look at it at the provider, then veza money retry; see veza money timeline {row.id}"
        await report(session, kind, subject, f"{subject} {message}", mend=mend, payment_id=payment.id)

    def _evidence(
        self, session: Session, claim: Claim[R], key: str | None, answer: Answer, meaning: str, stale: bool
    ) -> None:
        record_attempt(
            session,
            kind=self.kind,
            row_id=claim.id,
            payment_id=claim.payment_id,
            attempt=claim.attempt,
            key=key,
            sent_at=claim.claimed_at if key else None,
            answer=answer,
            meaning=meaning,
            stale=stale,
        )


@cache
def _locked(model: Any) -> Select[Any]:
    mine = select(model).where(model.id.in_(bindparam("row_ids", expanding=True))).with_for_update()
    return mine.execution_options(populate_existing=True)


def as_before(row: Attempted) -> dict[str, Any]:
    """The columns a claim wrote, as they were: nothing was sent."""
    return {
        "unanswered": row.unanswered,
        "first_sent_at": row.first_sent_at,
        "last_sent_at": row.last_sent_at,
        "request_body": row.request_body,
    }
