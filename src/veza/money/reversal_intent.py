"""What the reversal worker asks of the provider: money is taken back from a seller's transfer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from veza.kit.database import Session
from veza.kit.messages import Message, gettext
from veza.money import discoveries, odd_objects, recovery, requests, reversals, seller_debts, transfers
from veza.money.attempts import by_due_index
from veza.money.causes import Cause, CauseKind
from veza.money.claims import Claim, LookUp
from veza.money.intents import Intent
from veza.money.payment_frame import PaymentFrame, prefetch_reversals
from veza.money.rebalance import rebalance
from veza.money.reversals import TransferReversal
from veza.money.stripe.answers import Answer
from veza.money.stripe.live import thawed
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


class ReversalIntent(Intent[TransferReversal]):
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

    def transfer_of(self, row: TransferReversal) -> UUID:
        return row.transfer_id

    def body(self, row: TransferReversal, target: str | None) -> str:
        return row.request_body or requests.reversal(row)

    def can_be_asked(self, claim: Claim[TransferReversal]) -> bool:
        """A transfer without an id at the provider, as older systems had them, has nothing that could be reversed."""
        return claim.target is not None

    async def prefetch(self, session: Session, frames: Collection[PaymentFrame]) -> None:
        await prefetch_reversals(session, frames)

    async def record_unaskable(self, session: Session, frame: PaymentFrame, row: TransferReversal) -> None:
        because = gettext("the transfer has no provider id, so there is nothing to reverse there; no call was made")
        if transfers.is_kept(await frame.transfer(session, row.transfer_id)):
            because = gettext(
                "it was kept to pay an earlier debt and never sent, so nothing can be reversed; no call was made"
            )
        await self.fail_for_good(session, frame, row, because, None)

    async def send(self, claim: Claim[TransferReversal], body: str, key: str, ready: Callable[[], bool]) -> Answer:
        return await self.gateway.create_reversal(str(claim.target), thawed(body), key=key, ready=ready)

    async def look_up(self, claim: Claim[TransferReversal]) -> LookUp:
        listing = await self.gateway.reversals_of(str(claim.target))
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

    async def record_seen(
        self,
        session: Session,
        frame: PaymentFrame,
        row: TransferReversal,
        objects: Sequence[Any],
        because: Message,
    ) -> None:
        transfer = await frame.transfer(session, row.transfer_id)
        await discoveries.reversals_seen(session, frame, transfer, objects, because=because)

    async def record_done(self, session: Session, frame: PaymentFrame, row: TransferReversal, answer: Answer) -> None:
        transfer = await frame.transfer(session, row.transfer_id)
        because = gettext("the provider made it")
        await discoveries.adopt(
            session, frame, transfer, row, answer.object, because=because, request_id=answer.request_id
        )

    async def fail_for_good(
        self,
        session: Session,
        frame: PaymentFrame,
        row: TransferReversal,
        because: Message,
        request_id: str | None,
        **facts: Any,
    ) -> None:
        transfer = await frame.transfer(session, row.transfer_id)
        await seller_debts.fail_for_good(session, frame, transfer, row, because=because, request_id=request_id, **facts)
        await recovery.update_transfer_status(session, frame, transfer, because=because, request_id=request_id)

    async def record_taken_by_others(
        self, session: Session, frame: PaymentFrame, row: TransferReversal, answer: Answer
    ) -> None:
        """Theirs are recorded by now; if that did not cancel ours, what is left cannot be had at this amount."""
        transfer = await frame.transfer(session, row.transfer_id)
        left = transfer.sent_minor - transfer.reversed_minor
        if left >= row.amount_minor:
            await super().record_taken_by_others(session, frame, row, answer)
            return
        await recovery.cancel(
            session,
            frame,
            transfer,
            row,
            because=gettext("covered by others at the provider: {answer}", answer=answer.said),
            unanswered=False,
        )
        await recovery.update_transfer_status(
            session, frame, transfer, because=answer.said, request_id=answer.request_id
        )
        cause = discoveries.unwanted_cause(row) or Cause(CauseKind(row.cause_kind), row.cause_id)
        await rebalance(session, frame, cause)
