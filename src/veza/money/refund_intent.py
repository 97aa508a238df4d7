"""What the refund worker asks of the provider: a buyer's money goes back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from veza.kit.database import Session
from veza.kit.messages import Message, gettext
from veza.money import discoveries, odd_objects, refund_facts, refunds, requests
from veza.money.claims import Claim, LookUp
from veza.money.intents import Intent
from veza.money.payment_frame import PaymentFrame, prefetch
from veza.money.payments import Payment
from veza.money.refunds import Refund
from veza.money.stripe.answers import Answer
from veza.money.stripe.live import thawed
from veza.money.stripe.outcomes import REFUNDS


class RefundIntent(Intent[Refund]):
    """Carries out refunds that are `requested`; the provider's own later news come by webhook or check."""

    kind = "refund"
    wake_topic = refunds.WAKE
    model = Refund
    machine = refunds.machine
    outcomes = REFUNDS
    claimable = ("requested",)

    due = (
        select(Refund, Payment.stripe_charge_id)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.next_retry_at <= bindparam("now"), Refund.status.in_(claimable))
        .order_by(Refund.next_retry_at)
        .limit(bindparam("limit"))
        .with_for_update(of=Refund, skip_locked=True)
    )

    def body(self, row: Refund, target: str | None) -> str | None:
        return row.request_body or (requests.refund(row, target) if target is not None else None)

    async def prefetch(self, session: Session, frames: Collection[PaymentFrame]) -> None:
        await prefetch(session, frames, needs_refunds=True)

    async def send(self, claim: Claim[Refund], body: str, key: str, ready: Callable[[], bool]) -> Answer:
        return await self.gateway.create_refund(thawed(body), key=key, ready=ready)

    async def look_up(self, claim: Claim[Refund]) -> LookUp:
        listing = await self.gateway.refunds_of(str(claim.target))
        if not listing.is_complete:
            return LookUp(False, (), listing.failed)
        found = any(discoveries.our_id(one, "veza_refund") == claim.id for one in listing.items)
        async with self.database.read() as session:
            rows = (await session.scalars(_OF_PAYMENT, {"payment_id": claim.payment_id})).all()
        known, unmade = {row.stripe_refund_id for row in rows}, {row.id for row in rows if not row.stripe_refund_id}
        has_lost = any(
            one["id"] not in known
            and discoveries.our_id(one, "veza_refund") not in unmade
            and str(one["currency"]).upper() == claim.row.currency
            for one in odd_objects.readable(listing.items)
        )
        return LookUp(found, listing.items, has_lost=has_lost)

    async def record_seen(
        self, session: Session, frame: PaymentFrame, row: Refund, objects: Sequence[Any], because: Message
    ) -> None:
        for one in await odd_objects.readable_or_told(session, frame.payment.id, objects):
            await refund_facts.record(session, frame, one, because=because)

    async def record_done(self, session: Session, frame: PaymentFrame, row: Refund, answer: Answer) -> None:
        because = gettext("the provider's answer")
        await refund_facts.record(session, frame, answer.object, because=because, request_id=answer.request_id)

    async def fail_for_good(
        self,
        session: Session,
        frame: PaymentFrame,
        row: Refund,
        because: Message,
        request_id: str | None,
        **facts: Any,
    ) -> None:
        await refund_facts.refuse(session, frame, row, because=because, request_id=request_id, **facts)


_OF_PAYMENT = select(Refund).where(Refund.payment_id == bindparam("payment_id"))
