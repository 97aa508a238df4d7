"""What becomes of a row by a look at the provider, in one transaction: what was found is recorded first."""

from __future__ import annotations

from typing import Any, Generic

from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.kit.moves import count_about
from veza.money.attempts import STILL_RUNNING, backoff
from veza.money.claims import Claim, LookUp, R, new_key
from veza.money.payment_frame import PaymentFrame
from veza.money.recording import OutcomeRecorder, as_before
from veza.money.stripe.answers import Answer
from veza.money.stripe.outcomes import Meaning

LOST_FOUND = "lost_found"
"""The outcome of a look-up that found objects of rows this database lost: nothing of the row itself was sent."""


class LookUpRecorder(Generic[R]):
    """Records look-ups: of rows that may have been carried out in silence, were lost, or are not wanted any more."""

    def __init__(self, outcomes: OutcomeRecorder[R]) -> None:
        self.outcomes = outcomes
        self.intent = outcomes.intent
        self.policy = outcomes.policy
        self.machine = outcomes.machine

    async def record(self, session: Session, claim: Claim[R], answer: Answer, meaning: Meaning, look: LookUp) -> None:
        """Write down what a look-up found of the claimed row, and what follows from it."""
        frame, row, stale = await self.outcomes.open(session, claim)
        known = "found" if look.found else "under_way" if look.under_way else "absent"
        what = "look_up_failed" if look.failed else f"looked_up_{known}"
        self.outcomes.evidence(session, claim, None, answer, what, stale)
        status: Any = row
        was_not_sent = look.has_lost and not claim.only_looks and not stale
        if was_not_sent:
            # What was lost is recorded first, and may take this row's place: so far it is as it was before the claim.
            await self.machine.update(session, row, **as_before(claim.row))
        elif look.found and not stale and not claim.only_looks and not claim.row.unanswered:
            # This claim sent nothing and none before it did, as far as is known: what is found there may be of another
            # amount than the row has by now.
            await self.machine.update(session, row, unanswered=False)
        moves_before = await count_about(session, frame.payment.id) if was_not_sent else 0
        if look.seen:
            because = gettext("looked up by the {kind} worker", kind=self.intent.kind)
            await self.intent.record_seen(session, frame, row, look.seen, because)
        if stale or status.status not in self.intent.claimable:
            return
        if was_not_sent:
            await self._after_lost(session, frame, row, await count_about(session, frame.payment.id) > moves_before)
            return
        if look.failed and meaning is Meaning.NO_SUCH_OBJECT and not await self.outcomes.breaker.is_open(session):
            # Where there is no transfer, nothing was reversed: that is known, not unknown.
            await self.outcomes.refused(session, frame, row, answer, meaning, {"last_outcome": meaning.value})
        elif look.failed:
            again = session.now + backoff(self.policy.backoff_base, self.policy.backoff_max, row.retry_count)
            facts: dict[str, Any] = {} if claim.only_looks else {"unanswered": claim.row.unanswered}
            await self.machine.update(
                session, row, next_retry_at=again, last_outcome="look_up_failed", last_error=str(answer), **facts
            )
        elif look.under_way:
            await self.outcomes.look_later(session, row)
        elif self.outcomes.was_refused_later(row, look):
            await self.outcomes.refused(
                session, frame, row, answer, Meaning.REFUSED, {"last_outcome": Meaning.REFUSED.value}
            )
        elif look.found:
            # It is there, and what is there cannot be recorded: a person decides, and nothing is sent a second time.
            await self.machine.update(session, row, unanswered=True, look_first=True)
            there = gettext(
                "it is at the provider and cannot be recorded as {kind} {claim_id}; a finding says why",
                kind=self.intent.kind,
                claim_id=claim.id,
            )
            await self.outcomes.give_up(session, frame, row, there, None)
        elif row.unwanted_at is not None:
            await self._absent_and_unwanted(session, frame, row, claim)
        else:
            because = gettext("gave up after {count} attempts", count=row.retry_count)
            await self.outcomes.give_up(session, frame, row, because, None)

    async def _after_lost(self, session: Session, frame: PaymentFrame, row: R, was_recorded: bool) -> None:
        """What was lost is recorded by now and the row is due at once. Where a look-up finds again and again what
        nothing records, each further one counts a retry: at the last of them the row is given up.

        What others are sending at this moment for the same payment is found here, too, and recorded: no failure.
        """
        if was_recorded or row.last_outcome != LOST_FOUND:
            await self.machine.update(session, row, next_retry_at=session.now, last_outcome=LOST_FOUND)
            session.wake(self.intent.wake_topic)
            return
        count = row.retry_count + 1
        if count >= self.policy.max_retries:
            because = gettext("objects of lost rows were found {count} times", count=count)
            await self.outcomes.give_up(session, frame, row, because, None)
            return
        again = session.now + backoff(self.policy.backoff_base, self.policy.backoff_max, row.retry_count)
        await self.machine.update(session, row, next_retry_at=again, retry_count=count)

    async def _absent_and_unwanted(self, session: Session, frame: PaymentFrame, row: R, claim: Claim[R]) -> None:
        if not claim.was_sent_long_ago(session.now) and claim.last_sent_at is not None:
            await self.machine.update(session, row, next_retry_at=claim.last_sent_at + STILL_RUNNING)
            return
        await self.machine.update(session, row, next_retry_at=session.now, **new_key(row))
        await self.outcomes.rejudge(session, frame, row)
