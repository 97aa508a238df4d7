"""The check worker: fetches what a webhook did not say, and looks again at what may have happened in silence.

Any payment, refund, transfer or reversal with a `check_at` is looked at (GET only), and what is found is
merged like any other news.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_, select, update

from veza.kit.database import Database, Session, table_of
from veza.money import discoveries, disputes, findings, payments, refund_facts, refunds, reversals, sales, transfers
from veza.money.attempts import STILL_RUNNING, backoff
from veza.money.claims import new_key
from veza.money.findings import FindingKind
from veza.money.payments import CHECK_WAKE, Payment
from veza.money.rebalance import rebalance
from veza.money.refunds import PENDING_CHECK, Refund
from veza.money.reversals import TransferReversal
from veza.money.sales import CHARGE_CHECK
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import Gateway
from veza.money.transfers import SellerTransfer

MISSING_CHECK = timedelta(days=1)
"""How often what the provider does not know is looked for: it may be our key that is of another account."""

KINDS: dict[type[Any], str] = {
    Payment: "payment",
    Refund: "refund",
    SellerTransfer: "transfer",
    TransferReversal: "reversal",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One row to look at, and when its lease ends."""

    model: type[Any]
    id: UUID
    payment_id: UUID
    due_at: datetime


class CheckWorker:
    """Looks, and closes pay pages that nobody is to pay any more; never sends money anywhere."""

    name = "check worker"
    wake_topic = CHECK_WAKE
    batch_size = 20

    def __init__(self, database: Database, gateway: Gateway, *, lease: timedelta, interval: timedelta) -> None:
        self.database = database
        self.gateway = gateway
        self.check_interval = interval
        self.concurrency = 8
        self._lease = lease

    async def claim(self, limit: int) -> list[Check]:
        claims: list[Check] = []
        async with self.database.write(self.name) as session:
            for model in KINDS:
                if len(claims) == limit:
                    break
                due = {"now": session.now, "limit": limit - len(claims)}
                rows = (await session.execute(_DUE[model], due)).all()
                claims += [Check(model, row.id, getattr(row, "payment_id", row.id), row.check_at) for row in rows]
                if rows:
                    mine = {"ids": [row.id for row in rows], "until": session.now + self._lease}
                    await session.execute(_LEASED[model], mine)
        return claims

    async def work(self, check: Check) -> None:
        if check.model is Payment:
            await self._payment(check)
        elif check.model is Refund:
            await self._refund(check)
        else:
            await self._transfer(check)

    async def _payment(self, check: Check) -> None:
        async with self.database.read() as session:
            payment = await payments.find(session, check.payment_id)
        if payment.stripe_charge_id is None and payment.stripe_checkout_session_id is not None:
            await self._checkout(check, payment.stripe_checkout_session_id, is_unwanted=payment.unwanted_at is not None)
            return
        if payment.stripe_charge_id is None:
            await self._checked(check, None)
            return
        answer = await self.gateway.charge(payment.stripe_charge_id)
        refunded = await self.gateway.refunds_of(payment.stripe_charge_id)
        disputed = await self.gateway.disputes_of(payment.stripe_charge_id)
        if not answer.is_ok or not refunded.is_complete or not disputed.is_complete:
            await self._later(check, answer)
            return
        async with self.database.write(self.name) as session:
            payment = await payments.lock(session, check.payment_id)
            why = "fetched by the check worker"
            await sales.charge_seen(session, payment, answer.object, because=why, request_id=answer.request_id)
            for one in refunded.items:
                await refund_facts.record(session, payment, one, because=why)
            for one in disputed.items:
                await disputes.record(session, payment, one, because=why)
            is_settled = payment.cleared_at is not None or payment.held_because is not None
            if not is_settled:
                await payments.machine.amend(session, payment, check_count=payment.check_count + 1)
            await self._set(session, check, None if is_settled else _again(session, payment))

    async def _checkout(self, check: Check, session_id: str, *, is_unwanted: bool) -> None:
        # Closing twice does no harm, so each try has its own key: a stored 500 cannot stand in the way.
        key = f"veza-expire-{check.payment_id}-{check.due_at.timestamp():.0f}"
        answer = await self.gateway.expire_checkout_session(session_id, key=key) if is_unwanted else None
        if answer is None or not answer.is_ok:
            answer = await self.gateway.checkout_session(session_id)
        if not answer.is_ok:
            await self._later(check, answer)
            return
        seen = answer.object
        intent: Any = seen.get("payment_intent")
        charge = intent.get("latest_charge") if isinstance(intent, dict) else None
        async with self.database.write(self.name) as session:
            payment = await payments.lock(session, check.payment_id)
            why = "fetched by the check worker"
            if isinstance(charge, dict) and charge.get("status") == "succeeded":
                try:
                    await sales.charge_seen(session, payment, charge, because=why, request_id=answer.request_id)
                except payments.BadPayment as error:
                    await self._is_another_charge(session, check, str(error))
            elif seen.get("status") == "expired":
                if payment.status == "pending":
                    await payments.expire(session, payment, because=why, request_id=answer.request_id)
                await self._set(session, check, None)
            else:
                is_open = is_unwanted and seen.get("status") == "open"
                await self._set(session, check, session.now + (STILL_RUNNING if is_open else payments.UNPAID_CHECK))

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
            payment = await payments.lock(session, check.payment_id)
            for one in found:
                await refund_facts.record(session, payment, one, because="fetched by the check worker")
            refund = await refunds.find(session, check.id)
            under_way = refund.status in ("pending", "requires_action")
            await self._set(session, check, session.now + PENDING_CHECK if under_way else None)
            if refund.status == "refused" and refund.unanswered:
                await refunds.machine.amend(session, refund, **new_key(refund))

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
            payment = await payments.lock(session, check.payment_id)
            transfer = next(t for t in await transfers.locked_of(session, payment.id) if t.id == transfer_id)
            why = "fetched by the check worker"
            if made is not None:
                await discoveries.transfer_seen(session, payment, transfer, made, because=why)
            if back is not None and transfer.stripe_transfer_id is not None:
                await discoveries.reversals_seen(session, payment, transfer, back.items, because=why)
            await self._set(session, check, None)
            await self._known_absent(session, payment, check)

    async def _known_absent(self, session: Session, payment: Payment, check: Check) -> None:
        """Given up, looked for again, still not there, and nothing sent can still be running: it did not happen."""
        row: Any = await session.get_one(check.model, check.id)
        if row.status != "permanently_failed" or not row.unanswered:
            return
        if row.last_sent_at is not None and session.now - row.last_sent_at < STILL_RUNNING:
            await self._set(session, check, row.last_sent_at + STILL_RUNNING)
            return
        machine: Any = transfers.machine if check.model is SellerTransfer else reversals.machine
        cause = discoveries.unwanted_cause(row)
        await machine.amend(session, row, **new_key(row), unwanted_at=None)
        if cause is not None:
            await rebalance(session, payment, cause)

    async def _later(self, check: Check, answer: Answer) -> None:
        """It could not be seen. What the provider does not know is shown to a person, and looked for daily."""
        async with self.database.write(self.name) as session:
            await self._set(session, check, session.now + (MISSING_CHECK if answer.status == 404 else STILL_RUNNING))
            if answer.status == 404:
                name = KINDS[check.model]
                await findings.report(
                    session,
                    FindingKind.MISSING_THERE,
                    f"{name} {check.id}",
                    f"the provider does not know what {name} {check.id} says it has: {answer}",
                    mend="check the provider's account and mode",
                    payment_id=check.payment_id,
                )

    async def _is_another_charge(self, session: Session, check: Check, said: str) -> None:
        await self._set(session, check, None)
        mend = "give the buyer their money back at the provider; nothing was posted"
        subject = f"payment {check.payment_id}"
        await findings.report(
            session, FindingKind.AMOUNT_DIFFERS, subject, said, mend=mend, payment_id=check.payment_id
        )

    async def _checked(self, check: Check, again: datetime | None) -> None:
        async with self.database.write(self.name) as session:
            await self._set(session, check, again)

    async def _set(self, session: Session, check: Check, again: datetime | None) -> None:
        if again is None:
            await session.execute(_DONE[check.model], {"the_id": check.id, "now": session.now})
        else:
            await session.execute(_LATER[check.model], {"the_id": check.id, "again": again})


_TABLES = {model: table_of(model) for model in KINDS}
_DUE = {
    model: select(*(table.c[name] for name in ("id", "payment_id", "check_at") if name in table.c))
    .where(table.c.check_at <= bindparam("now"))
    .order_by(table.c.check_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    for model, table in _TABLES.items()
}
_LEASED = {
    model: update(table).where(table.c.id.in_(bindparam("ids", expanding=True))).values(check_at=bindparam("until"))
    for model, table in _TABLES.items()
}
_LATER = {
    model: update(table).where(table.c.id == bindparam("the_id")).values(check_at=bindparam("again"))
    for model, table in _TABLES.items()
}
# Only our own lease is answered: news that asked for another look in between keeps its time.
_DONE = {
    model: update(table)
    .where(table.c.id == bindparam("the_id"), or_(table.c.check_at.is_(None), table.c.check_at > bindparam("now")))
    .values(check_at=None)
    for model, table in _TABLES.items()
}


def _again(session: Session, payment: Payment) -> datetime:
    return session.now + backoff(CHARGE_CHECK, timedelta(hours=1), payment.check_count)
