"""One way to claim, send and record an intent; the three workers say only what is particular to theirs.

Crash safety in one paragraph: the claim commits that a request may be sent, under which key and with which
body, before anything leaves. After anything that can happen then (no answer, a crash between answer and record, two
workers at once) the row comes back when its lease ends and is sent again under the same key, or looked up
when the key may be forgotten. Only a definitive answer changes the key. Results are fenced by the attempt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from math import ceil
from typing import Any, Generic, NamedTuple, cast
from uuid import UUID

import structlog
from sqlalchemy import Table, Update, bindparam, update

from veza.kit.batcher import Batcher
from veza.kit.database import Base, Session, table_of
from veza.kit.database_trouble import DatabaseUnavailable, RowLocked
from veza.money import odd_objects
from veza.money.attempts import KEY_KEPT, LEASE_LEFT_TO_SEND, key_of
from veza.money.breaker import Breaker
from veza.money.claims import Answered, Claim, LookUp, R, RecordedAttempt
from veza.money.intents import Intent
from veza.money.looking_up import LookUpRecorder
from veza.money.recording import OutcomeRecorder
from veza.money.restore_guard import Passage, RestoreGuard
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import OutOfTime
from veza.money.stripe.outcomes import COUNTED, Meaning, classify

log = structlog.get_logger(__name__)

EASE_OFF_SECONDS = 1.0
BATCH_SIZE = 32
"""At most so many successes share a transaction: it stays a few hundred milliseconds long on a slow machine."""
BATCHES = 2
"""At most so many batches at a time: while one waits for the database, another has its turn. SQLite has one writer."""
LINGER_SECONDS = 0.04
MANY_IN_FLIGHT = 8
"""With so many requests under way an answer waits LINGER_SECONDS for others to be recorded with: its slot is free
already, and a transaction for each cost as much as all the rest."""
RECORD_TRIES = 3
"""How often an answer is recorded anew when the database stumbles; then the lease brings the row back."""


class _BatchResult(NamedTuple):
    """What a shared transaction did for one success."""

    is_recorded: bool
    breaker_knows: bool


NOT_YET = _BatchResult(is_recorded=False, breaker_knows=False)


class AttemptWorker(Generic[R]):
    """Claims due rows of one kind, asks the provider, records what became of each; `intent` says what is particular."""

    def __init__(self, intent: Intent[R], breaker: Breaker, guard: RestoreGuard) -> None:
        database, policy = intent.database, intent.policy
        self.intent = intent
        self.policy = policy
        self.database = database
        self.breaker = breaker
        self.guard = guard
        self.kind = intent.kind
        self.name = f"{intent.kind} worker"
        self.wake_topic = intent.wake_topic
        self.check_interval = policy.check_interval
        self.batch_size = policy.batch_size
        # A row more than requests in flight: while an answer is being recorded, the next request is on its way.
        self.concurrency = policy.concurrency + ceil(policy.concurrency / 2)
        self.outcomes = OutcomeRecorder(intent, breaker)
        self.look_ups = LookUpRecorder(self.outcomes)
        self.on_recorded: Callable[[RecordedAttempt], None] = lambda recorded: None
        self._claimed_to_look, self._claimed, self._claimed_first = _claiming(table_of(cast(type[Base], intent.model)))
        self._requests = asyncio.Semaphore(policy.concurrency)
        self._in_flight = 0
        self._successes = Batcher(
            self._record_batch,
            BATCH_SIZE,
            concurrency=1 if database.is_sqlite else BATCHES,
            linger_seconds=lambda: LINGER_SECONDS if self._in_flight >= MANY_IN_FLIGHT else 0.0,
            shared_reasons=(DatabaseUnavailable,),
        )

    async def claim(self, limit: int) -> list[Claim[R]]:
        """Claim up to `limit` due rows: one short transaction, committed before anything is sent."""
        if not await self.guard.has_looked():
            return []
        async with self.database.write(self.name) as session:
            sending = await self.guard.passage(session)
            if not sending.is_open:
                return []
            passage = await self.breaker.before_claim(session)
            found = (await session.execute(self.intent.due, self.intent.due_parameters(session.now, limit))).all()
            found = found[: await self.breaker.admit(session, passage, len(found))]
            claims = [self._claim_of(session.now, result, sending) for result in found]
            for claim in claims:
                await self._write_claim(session, claim)
            await self._write_plain_claims(session, [claim for claim in claims if self._is_plain(claim)])
        return claims

    def _claim_of(self, now: datetime, result: Sequence[Any], sending: Passage) -> Claim[R]:
        row: Any = result[0]
        target: str | None = result[1]
        # First sent in the future: the clock was set back since, and the key's age is not known.
        age = now - row.first_sent_at if row.first_sent_at is not None else timedelta()
        forgotten = row.unanswered and not timedelta() <= age < KEY_KEPT
        only_looks = row.unwanted_at is not None or (row.unanswered and row.retry_count >= self.policy.max_retries)
        may_be_lost = row.first_sent_at is None and sending.looks_first(row.payment_id)
        return Claim(
            row=row,
            id=row.id,
            payment_id=row.payment_id,
            attempt=row.attempt + 1,
            claimed_at=now,
            lease_until=now + self.policy.lease,
            looks_first=row.look_first or forgotten or only_looks or may_be_lost,
            only_looks=only_looks,
            target=target,
            body=self.intent.body(row, target),
        )

    def _is_plain(self, claim: Claim[R]) -> bool:
        return not claim.only_looks and claim.row.request_body is not None and claim.row.first_sent_at is None

    async def _write_plain_claims(self, session: Session, claims: Sequence[Claim[R]]) -> None:
        """First sends whose body is frozen already: one statement for all of them."""
        if claims:
            sent = {"ids": [claim.id for claim in claims], "now": session.now, "until": claims[0].lease_until}
            await session.execute(self._claimed_first, sent)

    async def _write_claim(self, session: Session, claim: Claim[R]) -> None:
        if self._is_plain(claim):
            return
        looked_at = {"the_id": claim.id, "attempt": claim.attempt, "until": claim.lease_until}
        if claim.only_looks:
            await session.execute(self._claimed_to_look, looked_at)
            return
        sent = {"now": session.now, "first": claim.row.first_sent_at or session.now, "body": claim.body}
        await session.execute(self._claimed, {**looked_at, **sent})

    async def work(self, claim: Claim[R]) -> None:
        """Carry one claim out; no transaction is open while the provider is asked."""
        async with self._requests:
            self._in_flight += 1
            try:
                answered = await self.ask(claim)
            finally:
                self._in_flight -= 1
        if answered is not None:
            recorded = await self._successes.add(answered) if answered.is_plain_success else NOT_YET
            await self._finish(answered, recorded)

    async def carry_out(self, claims: Sequence[Claim[R]]) -> None:
        """Carry out claims one after the other and record their successes together, as `work` does when busy."""
        answered = [one for claim in claims if (one := await self.ask(claim)) is not None]
        successes = [one for one in answered if one.is_plain_success]
        recorded = dict(zip(map(id, successes), await self._record_batch(successes), strict=True))
        for one in answered:
            await self._finish(one, recorded.get(id(one), NOT_YET))

    async def ask(self, claim: Claim[R]) -> Answered[R] | None:
        """Ask the provider to carry out a claim; None when nothing was asked (and that is recorded)."""
        if not self.intent.can_be_asked(claim):
            await self._written(lambda session: self.outcomes.record_unaskable(session, claim))
            return None
        look = await self.intent.look_up(claim) if claim.looks_first else None
        if look is not None and (
            not look.is_absent or claim.only_looks or self.outcomes.was_refused_later(claim.row, look)
        ):
            await self._record_look(claim, look)
            return None
        key = key_of(self.kind, claim.id, claim.row.key_generation)
        try:
            answer = await self.intent.send(claim, claim.body or "", key, lambda: self._has_lease(claim))
        except OutOfTime:
            await self._written(lambda session: self.outcomes.release_claim(session, claim))
            return None
        odd = odd_objects.oddity(answer.object) if answer.is_ok else None
        if odd is not None:
            # A success that does not say of what is no answer: the same key asks again.
            answer = replace(answer, body=None, message=f"unreadable: {odd}")
        meaning = classify(self.intent.outcomes, answer)
        return Answered(claim, key, answer, meaning, await self._second_look(claim, meaning))

    async def _finish(self, answered: Answered[R], recorded: _BatchResult) -> None:
        """Record an answer that is not recorded yet, let the breaker learn from it, tell."""
        claim, meaning, said = answered.claim, answered.meaning, answered.answer
        if meaning is not Meaning.DONE:
            await self.breaker.observe(self.database, self.kind, claim.id, meaning)
        if meaning is Meaning.SLOW_DOWN:
            await self.intent.gateway.pace.ease_off(EASE_OFF_SECONDS)
        if not recorded.is_recorded:
            await self._written(lambda session: self.outcomes.record_outcome(session, answered))
        if meaning is Meaning.DONE and not recorded.breaker_knows:
            await self.breaker.observe(self.database, self.kind, claim.id, meaning)
        ids = claim.id, self.intent.transfer_of(claim.row), claim.payment_id, claim.attempt
        self.on_recorded(RecordedAttempt(self.kind, *ids, meaning.value, said.request_id, said.latency_ms))

    async def _record_batch(self, successes: Sequence[Answered[R]]) -> Sequence[_BatchResult]:
        """Record those whose payments no other transaction has locked; the others are recorded one by one later.

        Several share one transaction, which gives way to any other: where it must, all are recorded one by one.
        """
        at_rest, ours = False, set[UUID]()

        async def record(session: Session) -> None:
            nonlocal at_rest, ours
            # Nearly always a success changes nothing of the breaker: asked here, it costs no transaction.
            at_rest = await self.breaker.is_at_rest(session)
            held = await self.outcomes.hold(session, [answered.claim for answered in successes])
            ours = set(held.rows)
            for answered in successes:
                if answered.claim.id in ours:
                    await self.outcomes.record_outcome(session, answered, held)
                    # SQLite never waits here: without a turn for others, slots of the pace would go by unused.
                    await asyncio.sleep(0)

        try:
            if successes:
                await self._written(record, gives_way=len(successes) > 1)
        except RowLocked:
            return [NOT_YET] * len(successes)
        return [_BatchResult(answered.claim.id in ours, at_rest) for answered in successes]

    async def _second_look(self, claim: Claim[R], meaning: Meaning) -> LookUp | None:
        """Some answers are believed only after a look at what the provider really has."""
        exhausted = meaning in COUNTED and claim.row.retry_count + 1 >= self.policy.max_retries
        may_renew = meaning is Meaning.SERVER_ERROR_REPLAYED and claim.was_sent_long_ago(claim.claimed_at)
        believed_late = (Meaning.TAKEN_BY_OTHERS, Meaning.KEY_REUSED, Meaning.REFUSED)
        if exhausted or may_renew or meaning in believed_late:
            return await self.intent.look_up(claim)
        return None

    def _has_lease(self, claim: Claim[R]) -> bool:
        return claim.lease_until - self.database.clock.now() >= LEASE_LEFT_TO_SEND

    async def _written(self, write: Callable[[Session], Awaitable[None]], *, gives_way: bool = False) -> None:
        for tries in range(1, RECORD_TRIES + 1):
            try:
                async with self.database.write(self.name, gives_way=gives_way) as session:
                    await write(session)
                return
            except RowLocked:
                raise
            except DatabaseUnavailable as error:
                if tries == RECORD_TRIES:
                    raise
                log.warning("attempt.record_again", kind=self.kind, tries=tries, reason=str(error))

    async def _record_look(self, claim: Claim[R], look: LookUp) -> None:
        answer = look.failed or Answer(200, body={"object": "list"})
        meaning = classify(self.intent.outcomes, look.failed) if look.failed else Meaning.DONE
        await self.breaker.observe(self.database, self.kind, claim.id, meaning)
        await self._written(lambda session: self.look_ups.record(session, claim, answer, meaning, look))


@cache
def _claiming(table: Table) -> tuple[Update, Update, Update]:
    """What claiming a row writes: when it will only be looked up, when it is sent, and for all plain first sends."""
    mine = update(table).where(table.c.id == bindparam("the_id"))
    looked_at = mine.values(attempt=bindparam("attempt"), next_retry_at=bindparam("until"))
    sent = {"unanswered": True, "last_sent_at": bindparam("now")}
    claimed = looked_at.values(**sent, request_body=bindparam("body"), first_sent_at=bindparam("first"))
    some = update(table).where(table.c.id.in_(bindparam("ids", expanding=True)))
    first = some.values(
        **sent, attempt=table.c.attempt + 1, next_retry_at=bindparam("until"), first_sent_at=bindparam("now")
    )
    return looked_at, claimed, first
