"""The check worker: fetches what a webhook did not say, and looks again at what may have happened in silence.

Any payment, refund, transfer or reversal with a `check_at` is looked at (GET only), and what is found is
merged like any other news.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.money import discoveries, odd_objects, payment_frame, payments, refund_facts, refunds, reversals, transfers
from veza.money.attempts import STILL_RUNNING
from veza.money.checks import KINDS, MISSING_CHECK, Check
from veza.money.claims import new_key
from veza.money.payment_checks import PaymentChecks
from veza.money.payment_frame import PaymentFrame
from veza.money.payments import Payment
from veza.money.rebalance import rebalance
from veza.money.refunds import PENDING_CHECK, Refund
from veza.money.reversals import TransferReversal
from veza.money.stripe.answers import Answer
from veza.money.transfers import SellerTransfer


class CheckWorker(PaymentChecks):
    """Looks, and closes pay pages of payments that were given up; never sends money anywhere."""

    async def work(self, check: Check) -> None:
        if check.model is Payment:
            await self._payment(check)
        elif check.model is Refund:
            await self._refund(check)
        else:
            await self._transfer(check)

    async def _refund(self, check: Check) -> None:
        async with self.database.read() as session:
            refund = await refunds.find(session, check.id)
            payment = await payments.find(session, check.payment_id)
        if refund.stripe_refund_id is not None:
            answer = await self.gateway.refund(refund.stripe_refund_id)
            found, failed = ([answer.object] if answer.is_ok else []), None if answer.is_ok else answer
        else:
            listing = await self.gateway.refunds_of(str(payment.stripe_charge_id))
            found, failed = list(listing.items), listing.failed
        if failed is not None:
            await self._later(check, failed)
            return
        async with self.database.write(self.name) as session:
            frame = await payment_frame.lock(session, check.payment_id)
            for one in await odd_objects.readable_or_told(session, check.payment_id, found):
                await refund_facts.record(session, frame, one, because=gettext("fetched by the check worker"))
            refund = await refunds.find(session, check.id)
            under_way = refund.status in ("pending", "requires_action")
            await self._set(session, check, session.now + PENDING_CHECK if under_way else None)
            if refund.status == "refused" and refund.unanswered:
                if _is_there(check, found):
                    await self._set(session, check, session.now + MISSING_CHECK)
                    return
                await refunds.machine.update(session, refund, **new_key(refund))

    async def _transfer(self, check: Check) -> None:
        """A transfer, or the transfer of a reversal: everything the provider has of it."""
        async with self.database.read() as session:
            transfer_id = check.id
            if check.model is TransferReversal:
                row = await session.get_one(TransferReversal, check.id)
                transfer_id = row.transfer_id
            transfer = await transfers.find(session, transfer_id)
        made: Any = None
        if transfer.stripe_transfer_id is None:
            listing = await self.gateway.transfers_of(str(check.payment_id))
            failed: Answer | None = listing.failed
            ours = [one for one in listing.items if discoveries.our_id(one, "veza_transfer") == transfer.id]
            made = ours[0] if ours else None
        else:
            failed = None
        stripe_id = transfer.stripe_transfer_id or (made["id"] if made else None)
        back = await self.gateway.reversals_of(stripe_id) if stripe_id and failed is None else None
        failed = failed or (back.failed if back is not None else None)
        if failed is not None:
            await self._later(check, failed)
            return
        async with self.database.write(self.name) as session:
            frame = await payment_frame.lock(session, check.payment_id)
            transfer = await frame.transfer(session, transfer_id)
            why = gettext("fetched by the check worker")
            objects = [made] if made is not None else ()
            for one in await odd_objects.readable_or_told(session, check.payment_id, objects):
                await discoveries.transfer_seen(session, frame, transfer, one, because=why)
            if back is not None and transfer.stripe_transfer_id is not None:
                await discoveries.reversals_seen(session, frame, transfer, back.items, because=why)
            await self._set(session, check, None)
            # Read anew: when a row is looked at again was written beside the frame.
            frame = PaymentFrame(frame.payment)
            await self._known_absent(session, frame, check, (made, *(back.items if back is not None else ())))

    async def _known_absent(
        self, session: Session, frame: PaymentFrame, check: Check, listed: Sequence[Mapping[str, Any] | None]
    ) -> None:
        """Given up, looked for again, still not there, and nothing sent can still be running: it did not happen."""
        row: Any = await session.get_one(check.model, check.id)
        if row.status != "permanently_failed" or not row.unanswered:
            return
        if _is_there(check, listed):
            await self._set(session, check, session.now + MISSING_CHECK)
            return
        if row.last_sent_at is not None and session.now - row.last_sent_at < STILL_RUNNING:
            await self._set(session, check, row.last_sent_at + STILL_RUNNING)
            return
        machine: Any = transfers.machine if check.model is SellerTransfer else reversals.machine
        cause = discoveries.unwanted_cause(row)
        await machine.update(session, row, **new_key(row), unwanted_at=None)
        if cause is not None:
            await rebalance(session, frame, cause)


def _is_there(check: Check, listed: Sequence[Mapping[str, Any] | None]) -> bool:
    """Whether an object of the provider names this row and did not fail: if it is not recorded, it could not be read or
    disagrees, a finding says so, and the row is looked for daily instead of being taken for one that never happened."""
    name = f"veza_{KINDS[check.model]}"
    return any(
        discoveries.our_id(one, name) == check.id and one.get("status") not in ("failed", "canceled")
        for one in listed
        if one is not None
    )
