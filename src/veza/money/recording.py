"""Recording outcomes: one answer, one transaction, and every consequence of it.

The row is read again under the payment's lock and fenced by the attempt: a result of an older attempt is
kept as evidence, and only a success of it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, Generic, cast
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from veza.kit.database import Session
from veza.kit.messages import Message, gettext
from veza.money import discoveries
from veza.money.attempts import STILL_RUNNING, Attempted, backoff, record_attempt
from veza.money.breaker import Breaker
from veza.money.claims import Answered, Claim, LookUp, R, new_key
from veza.money.findings import FindingKind, report, resolve
from veza.money.intents import Intent
from veza.money.payment_frame import HeldPayments, PaymentFrame
from veza.money.rebalance import rebalance
from veza.money.stripe.answers import Answer
from veza.money.stripe.outcomes import COUNTED, NO_CALL, STILL_UNKNOWN, Meaning

SOON = timedelta(seconds=15)
"""When a row comes back whose earlier attempt still runs, or whose object is busy."""
KEY_DOUBTED = (Meaning.NOT_ALLOWED, Meaning.FORBIDDEN, Meaning.OTHER_MODE)
"""Answers of a key that may not do this: a row waits for the breaker's next probe and loses no retry."""


class HeldRows(Generic[R]):
    """What one transaction has locked to record outcomes: payments with their frames, and rows by their ids."""

    def __init__(self, payments: HeldPayments | None = None, rows: Iterable[R] = ()) -> None:
        self.payments = payments or HeldPayments()
        self.rows: dict[UUID, R] = {cast(Any, row).id: row for row in rows}


class OutcomeRecorder(Generic[R]):
    """What becomes of a row of one kind, by the meaning of the answer; one transaction per answer."""

    def __init__(self, intent: Intent[R], breaker: Breaker) -> None:
        self.intent = intent
        self.breaker = breaker
        self.kind = intent.kind
        self.policy = intent.policy
        self.machine = intent.machine
        self._locked = _locked(cast(Any, intent.model))

    async def open(
        self, session: Session, claim: Claim[R], held: HeldRows[R] | None = None
    ) -> tuple[PaymentFrame, R, bool]:
        """The claim's payment and row, locked, and whether the row has moved on since it was claimed."""
        held = held or HeldRows()
        frame = await held.payments.lock(session, claim.payment_id)
        row: Any = held.rows.get(claim.id) or (await session.scalars(self._locked, {"row_ids": [claim.id]})).one()
        return frame, row, row.attempt != claim.attempt or row.status not in self.intent.claimable

    async def hold(self, session: Session, claims: Sequence[Claim[R]]) -> HeldRows[R]:
        """Lock what is free of several claims' payments, and their rows, and prefetch what recording them reads.

        Never waits for a payment: two transactions that each hold one and want the other's would stop both.
        """
        held = HeldPayments()
        await held.lock_free(session, {claim.payment_id for claim in claims})
        ours = [claim.id for claim in claims if held.of(claim.payment_id)]
        rows = (await session.scalars(self._locked, {"row_ids": ours})).all()
        await self.intent.prefetch(session, held.frames)
        return HeldRows(held, rows)

    async def release_claim(self, session: Session, claim: Claim[R]) -> None:
        """Nothing was sent: the row is as it was, but for its attempt, and due at once."""
        _frame, row, stale = await self.open(session, claim)
        if stale:
            return
        await self.machine.update(session, row, next_retry_at=session.now, **as_before(claim.row))

    async def record_unaskable(self, session: Session, claim: Claim[R]) -> None:
        frame, row, stale = await self.open(session, claim)
        self.evidence(session, claim, None, NO_CALL, Meaning.NO_CALL_MADE.value, stale)
        if not stale:
            never_sent = {"unanswered": False, "first_sent_at": None, "last_sent_at": None}
            await self.machine.update(session, row, **never_sent)
            await self.intent.record_unaskable(session, frame, row)
            await self.rejudge(session, frame, row)

    def was_refused_later(self, row: R, look: LookUp) -> bool:
        """The provider took it, said *not done yet*, and then did not do it: a definitive no, told once."""
        return look.came_to_nothing and row.last_outcome == Meaning.NOT_DONE_YET

    async def look_later(self, session: Session, row: R) -> None:
        """It is there and not done yet: sending it again could do it twice once its key is forgotten."""
        again = session.now + self.policy.backoff_max
        await self.machine.update(session, row, next_retry_at=again, look_first=True)

    async def record_outcome(self, session: Session, answered: Answered[R], held: HeldRows[R] | None = None) -> None:
        """Write down what an answer means for its row, and everything that follows from it."""
        claim, answer, meaning, look = answered.claim, answered.answer, answered.meaning, answered.look
        if meaning in COUNTED:
            # Opening gives back what was counted: it must see either this count, or nothing counted any more.
            await self.breaker.hold(session)
        frame, row, stale = await self.open(session, claim, held)
        self.evidence(session, claim, answered.key, answer, meaning.value, stale)
        moved: Any = row
        if row.last_outcome == Meaning.ACCOUNT_GONE and meaning is not Meaning.ACCOUNT_GONE:
            await resolve(session, FindingKind.ACCOUNT_GONE, f"{self.kind} {claim.id}")
        if row.last_outcome in KEY_DOUBTED and meaning not in KEY_DOUBTED:
            await resolve(session, FindingKind.REFUSED_ALONE, f"{self.kind} {claim.id}")
        if meaning is Meaning.DONE:
            # Also when stale: a success is adopted, never dropped.
            await self.intent.record_done(session, frame, row, answer)
            return
        if look is not None and look.seen:
            await self.intent.record_seen(
                session, frame, row, look.seen, gettext("found after: {answer}", answer=answer.said)
            )
        if stale or moved.status not in self.intent.claimable:
            return
        if look is not None and look.under_way:
            await self.look_later(session, row)
            return
        await self._not_done(session, answered, frame, row)

    async def _not_done(self, session: Session, answered: Answered[R], frame: PaymentFrame, row: R) -> None:
        claim, answer, meaning, look = answered.claim, answered.answer, answered.meaning, answered.look
        said: dict[str, Any] = {"last_outcome": meaning.value, "last_error": str(answer)[:500]}
        if meaning in COUNTED:
            nothing_runs = claim.was_sent_long_ago(claim.claimed_at)
            if meaning is Meaning.SERVER_ERROR_REPLAYED and nothing_runs and look is not None and look.is_absent:
                said |= new_key(row)
            await self._counted(session, frame, row, answer, look, said)
        elif meaning in STILL_UNKNOWN or meaning is Meaning.OTHER_MODE:
            wait = self.breaker.interval if meaning in KEY_DOUBTED else SOON
            look_first = row.look_first or meaning is Meaning.NOT_DONE_YET
            refused_again = meaning in KEY_DOUBTED and row.last_outcome in KEY_DOUBTED
            if refused_again and not await self.breaker.is_open(session):
                alone = gettext("is refused again, and no second row in between: {answer}", answer=answer.said)
                await self._alarm(session, frame, row, FindingKind.REFUSED_ALONE, alone)
            await self.machine.update(session, row, next_retry_at=session.now + wait, look_first=look_first, **said)
        elif meaning in (Meaning.BALANCE_TOO_LOW, Meaning.ACCOUNT_GONE):
            if meaning is Meaning.ACCOUNT_GONE:
                gone = gettext(
                    "cannot be sent, its seller's account is gone at the provider: {answer}", answer=answer.said
                )
                await self._alarm(session, frame, row, FindingKind.ACCOUNT_GONE, gone)
            await self._wait_for_balance(session, frame, row, answer, said)
        elif meaning is Meaning.NO_SUCH_OBJECT and await self.breaker.is_open(session):
            await self.machine.update(session, row, next_retry_at=session.now + self.breaker.interval, **said)
        elif look is not None and look.failed:
            # A refusal is believed after a look only; until one is possible the row stays as it is.
            again = session.now + self.policy.backoff_max
            await self.machine.update(session, row, next_retry_at=again, look_first=True, **said)
        elif meaning is Meaning.TAKEN_BY_OTHERS:
            await self.intent.record_taken_by_others(session, frame, row, answer)
        else:
            await self.refused(session, frame, row, answer, meaning, said)

    async def _counted(
        self,
        session: Session,
        frame: PaymentFrame,
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
            await self._count_failure(session, row, answer.said, answer.request_id, facts)
        elif look is None or look.failed:
            facts["next_retry_at"] = session.now + self.policy.backoff_max
            await self._count_failure(session, row, answer.said, answer.request_id, facts)
            said_nothing = gettext("was sent without an answer and cannot be looked up: it stays as it is")
            await self._alarm(session, frame, row, FindingKind.LOOK_UP_IMPOSSIBLE, said_nothing)
        else:
            await self.machine.update(session, row, **said, retry_count=count)
            because = gettext("gave up after {count} attempts: {answer}", count=count, answer=answer.said)
            await self.give_up(session, frame, row, because, answer.request_id)

    async def give_up(
        self, session: Session, frame: PaymentFrame, row: R, because: Message, request_id: str | None
    ) -> None:
        """Exhausted, and not found at the provider just now. It may still appear: a last look comes later."""
        facts: dict[str, Any] = {"check_at": session.now + STILL_RUNNING} if row.unanswered else {}
        await self.intent.fail_for_good(session, frame, row, because, request_id, **facts)
        if not row.unanswered:
            await self.rejudge(session, frame, row)

    async def _count_failure(
        self, session: Session, row: R, because: Message, request_id: str | None, facts: dict[str, Any]
    ) -> None:
        between: Any = self.intent.status_between_tries
        if between is not None and cast(Any, row).status != between:
            await self.machine.move(session, row, between, because=because, request_id=request_id, **facts)
        else:
            await self.machine.update(session, row, **facts)

    async def rejudge(self, session: Session, frame: PaymentFrame, row: R) -> None:
        """The row's request is certainly not alive: if it is not wanted any more, close the difference now."""
        cause = discoveries.unwanted_cause(cast(Any, row))
        if cause is not None:
            await self.machine.update(session, row, unwanted_at=None)
            await rebalance(session, frame, cause)

    async def _wait_for_balance(
        self, session: Session, frame: PaymentFrame, row: R, answer: Answer, said: dict[str, Any]
    ) -> None:
        since = row.waiting_since or session.now
        said |= new_key(row)
        if session.now - since >= self.policy.balance_max:
            days = self.policy.balance_max.days
            because = gettext("the balance stayed too low for {days} days: {answer}", days=days, answer=answer.said)
            await self.intent.fail_for_good(session, frame, row, because, answer.request_id, **said)
        else:
            again = session.now + self.policy.balance_retry
            await self.machine.update(session, row, waiting_since=since, next_retry_at=again, **said)
        await self.rejudge(session, frame, row)

    async def refused(
        self, session: Session, frame: PaymentFrame, row: R, answer: Answer, meaning: Meaning, said: dict[str, Any]
    ) -> None:
        await self.intent.fail_for_good(session, frame, row, answer.said, answer.request_id, **said, **new_key(row))
        if meaning is Meaning.KEY_REUSED:
            said_twice = gettext("used one idempotency key for two different requests, which is a bug of ours")
            await self._alarm(session, frame, row, FindingKind.KEY_REUSED, said_twice)
        await self.rejudge(session, frame, row)

    async def _alarm(
        self, session: Session, frame: PaymentFrame, row: Any, kind: FindingKind, message: Message
    ) -> None:
        subject = f"{self.kind} {row.id}"
        mend = gettext(
            "look at it at the provider, then veza money retry; see veza money timeline {row_id}", row_id=row.id
        )
        await report(
            session,
            kind,
            subject,
            gettext("{subject} {message}", subject=subject, message=message),
            mend=mend,
            payment_id=frame.payment.id,
        )

    def evidence(
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
