"""The refund worker: gives buyers their money back at the provider."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from veza.kit.database import Session
from veza.money import discoveries, odd_objects, refund_facts, refunds
from veza.money.attempt_worker import AttemptWorker
from veza.money.claims import Claim, LookUp
from veza.money.payments import Payment
from veza.money.rebalance import foresee
from veza.money.refunds import Refund
from veza.money.stripe.answers import Answer
from veza.money.stripe.live import frozen, thawed
from veza.money.stripe.outcomes import REFUNDS


class RefundWorker(AttemptWorker[Refund]):
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

    def context(self, found: Sequence[Any]) -> dict[str, Any]:
        return {"charge": found[1]}

    def request_body(self, row: Refund, context: dict[str, Any]) -> str | None:
        if context["charge"] is None:
            return None
        metadata = {"veza_refund": str(row.id), "veza_payment": str(row.payment_id)}
        return frozen({"charge": context["charge"], "amount": row.amount_minor, "metadata": metadata})

    async def fetch(self, session: Session, rows: Sequence[Refund]) -> Sequence[object]:
        payment_ids = sorted({row.payment_id for row in rows})
        await foresee(session, payment_ids)
        await refund_facts.know_those_of(session, payment_ids)
        return rows

    async def send(self, claim: Claim[Refund], body: str, key: str, ready: Callable[[], bool]) -> Answer:
        return await self.gateway.create_refund(thawed(body), key=key, ready=ready)

    async def look_up(self, claim: Claim[Refund]) -> LookUp:
        listing = await self.gateway.refunds_of(claim.context["charge"])
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

    async def seen(self, session: Session, payment: Payment, row: Refund, objects: Sequence[Any], because: str) -> None:
        for one in await odd_objects.readable_or_told(session, payment.id, objects):
            await refund_facts.record(session, payment, one, because=because)

    async def done(self, session: Session, payment: Payment, row: Refund, answer: Answer) -> None:
        because = "the provider's answer"
        await refund_facts.record(session, payment, answer.object, because=because, request_id=answer.request_id)

    async def fail_for_good(
        self, session: Session, payment: Payment, row: Refund, because: str, request_id: str | None, **facts: Any
    ) -> None:
        await refund_facts.refuse(session, payment, row, because=because, request_id=request_id, **facts)


_OF_PAYMENT = select(Refund).where(Refund.payment_id == bindparam("payment_id"))
