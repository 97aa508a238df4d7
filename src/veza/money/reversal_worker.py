"""The reversal worker: takes money back from sellers' transfers at the provider."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from veza.kit.database import Session
from veza.money import discoveries, odd_objects, reversals, seller_debts, transfers
from veza.money.attempt_worker import AttemptWorker
from veza.money.attempts import by_due_index
from veza.money.causes import Cause, CauseKind
from veza.money.claims import Asked, Claim, LookUp
from veza.money.payments import Payment
from veza.money.rebalance import rebalance
from veza.money.reversals import TransferReversal
from veza.money.stripe.answers import Answer
from veza.money.stripe.live import frozen, thawed
from veza.money.stripe.outcomes import REVERSALS
from veza.money.transfers import SellerTransfer

_OTHER = aliased(TransferReversal)
# One that may be alive is waited for, else an earlier one of the same transfer goes first.
_AHEAD = exists().where(
    _OTHER.transfer_id == TransferReversal.transfer_id,
    _OTHER.status == "pending",
    _OTHER.id != TransferReversal.id,
    or_(_OTHER.unanswered, and_(_OTHER.id < TransferReversal.id, TransferReversal.unanswered.is_(False))),
)


class ReversalWorker(AttemptWorker[TransferReversal]):
    """Carries out pending reversals of transfers that are `reversal_pending`, one per transfer at a time."""

    kind = "reversal"
    wake_topic = reversals.WAKE
    model = TransferReversal
    machine = reversals.machine
    outcomes = REVERSALS
    claimable = ("pending",)

    due = (
        select(TransferReversal, SellerTransfer.stripe_transfer_id)
        .join(SellerTransfer, SellerTransfer.id == TransferReversal.transfer_id)
        .where(
            TransferReversal.next_retry_at <= bindparam("now"),
            by_due_index(TransferReversal.status) == "pending",
            by_due_index(SellerTransfer.status) == "reversal_pending",
            ~_AHEAD,
        )
        .order_by(TransferReversal.next_retry_at)
        .limit(bindparam("limit"))
        .with_for_update(of=TransferReversal, skip_locked=True)
    )

    def context(self, found: Sequence[Any]) -> dict[str, Any]:
        return {"stripe_transfer_id": found[1]}

    def transfer_of(self, row: TransferReversal) -> UUID:
        return row.transfer_id

    def request_body(self, row: TransferReversal, context: dict[str, Any]) -> str | None:
        metadata = {"veza_reversal": str(row.id), "veza_cause": f"{row.cause_kind} {row.cause_id}"}
        return frozen({"amount": row.amount_minor, "metadata": metadata})

    async def ask(self, claim: Claim[TransferReversal]) -> Asked[TransferReversal] | None:
        if claim.context["stripe_transfer_id"] is None:
            # A legacy transfer without a provider id: there is nothing to ask for, and nothing is asked.
            await self._written(lambda session: self._settle_unaskable(session, claim))
            return None
        return await super().ask(claim)

    async def fetch(self, session: Session, rows: Sequence[TransferReversal]) -> Sequence[object]:
        await reversals.know_those_of(session, sorted({row.payment_id for row in rows}))
        return await transfers.find_all(session, [row.transfer_id for row in rows])

    async def cannot_be_asked(
        self, session: Session, payment: Payment, row: TransferReversal, claim: Claim[TransferReversal]
    ) -> None:
        because = "the transfer has no provider id, so there is nothing to reverse there; no call was made"
        if transfers.is_kept(await self._transfer(session, row)):
            because = "it was kept to pay an earlier debt and never sent, so nothing can be reversed; no call was made"
        await self.fail_for_good(session, payment, row, because, None)

    async def send(self, claim: Claim[TransferReversal], body: str, key: str, ready: Callable[[], bool]) -> Answer:
        transfer_id = claim.context["stripe_transfer_id"]
        return await self.gateway.create_reversal(transfer_id, thawed(body), key=key, ready=ready)

    async def look_up(self, claim: Claim[TransferReversal]) -> LookUp:
        listing = await self.gateway.reversals_of(claim.context["stripe_transfer_id"])
        if not listing.is_complete:
            return LookUp(False, (), listing.failed)
        ours = [one for one in listing.items if discoveries.our_id(one, "veza_reversal") == claim.id]
        can_be_read = odd_objects.readable(ours)
        statuses = {one.get("status") or "succeeded" for one in can_be_read}
        # One that cannot be read may have taken the money: it counts as found, so that no second is sent.
        found = "succeeded" in statuses or len(can_be_read) < len(ours)
        under_way = bool(statuses & {"pending", "processing"})
        came_to_nothing = bool(statuses) and not found and not under_way
        has_lost = await self._has_lost(claim.row.transfer_id, listing.items)
        return LookUp(found, listing.items, under_way=under_way, came_to_nothing=came_to_nothing, has_lost=has_lost)

    async def _has_lost(self, transfer_id: UUID, listed: Sequence[Any]) -> bool:
        """Whether there are reversals that no row knows, and that can be recorded."""
        async with self.database.read() as session:
            transfer = await transfers.find(session, transfer_id)
            rows = await reversals.of_transfer(session, transfer_id)
        known = {row.stripe_reversal_id for row in rows}
        unmade = {row.id for row in rows if row.stripe_reversal_id is None}
        left = transfer.sent_minor - transfer.reversed_minor
        return any(
            one["id"] not in known
            and discoveries.our_id(one, "veza_reversal") not in unmade
            and (one.get("status") or "succeeded") == "succeeded"
            and one["amount"] <= left
            for one in odd_objects.readable(listed)
        )

    async def seen(
        self, session: Session, payment: Payment, row: TransferReversal, objects: Sequence[Any], because: str
    ) -> None:
        transfer = await self._transfer(session, row)
        await discoveries.reversals_seen(session, payment, transfer, objects, because=because)

    async def done(self, session: Session, payment: Payment, row: TransferReversal, answer: Answer) -> None:
        transfer = await self._transfer(session, row)
        because = "the provider made it"
        await discoveries.adopt(
            session, payment, transfer, row, answer.object, because=because, request_id=answer.request_id
        )

    async def fail_for_good(
        self,
        session: Session,
        payment: Payment,
        row: TransferReversal,
        because: str,
        request_id: str | None,
        **facts: Any,
    ) -> None:
        transfer = await self._transfer(session, row)
        await seller_debts.fail_for_good(
            session, payment, transfer, row, because=because, request_id=request_id, **facts
        )
        await reversals.settle_transfer(session, transfer, because=because, request_id=request_id)

    async def taken_by_others(self, session: Session, payment: Payment, row: TransferReversal, answer: Answer) -> None:
        """Theirs are recorded by now; if that did not cancel ours, what is left cannot be had at this amount."""
        transfer = await self._transfer(session, row)
        left = transfer.sent_minor - transfer.reversed_minor
        if left >= row.amount_minor:
            await super().taken_by_others(session, payment, row, answer)
            return
        await reversals.cancel(
            session, payment, transfer, row, because=f"covered by others at the provider: {answer}", unanswered=False
        )
        await reversals.settle_transfer(session, transfer, because=str(answer), request_id=answer.request_id)
        cause = discoveries.unwanted_cause(row) or Cause(CauseKind(row.cause_kind), row.cause_id)
        await rebalance(session, payment, cause)

    async def judge_again(self, session: Session, payment: Payment, row: TransferReversal) -> None:
        cause = discoveries.unwanted_cause(row)
        if cause is not None:
            await reversals.machine.update(session, row, unwanted_at=None)
            await rebalance(session, payment, cause)

    async def _transfer(self, session: Session, row: TransferReversal) -> SellerTransfer:
        return await transfers.find(session, row.transfer_id)
