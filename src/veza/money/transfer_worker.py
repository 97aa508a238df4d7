"""The transfer worker: sends sellers their share at the provider."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, not_, or_, select

from veza.kit.database import Database, Session
from veza.kit.money import Amount
from veza.money import adoption, discoveries, findings, nettings, odd_objects, payments, transfers
from veza.money.attempt_worker import AttemptWorker
from veza.money.attempts import by_due_index
from veza.money.breaker import Breaker
from veza.money.claims import Claim, LookUp, RetryPolicy
from veza.money.payments import Payment
from veza.money.rebalance import foresee, rebalance
from veza.money.restore_guard import RestoreGuard
from veza.money.sellers import Seller
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import Gateway
from veza.money.stripe.live import thawed
from veza.money.stripe.outcomes import TRANSFERS
from veza.money.transfers import SellerTransfer


class TransferWorker(AttemptWorker[SellerTransfer]):
    """Carries out transfers that are `pending` or `failed`.

    Where later sales pay what sellers owe (`lets_sales_pay_debts`), a share of which something can be kept is not
    claimed before it has been due for `nettings.HELD_FOR`, however it became due.
    """

    kind = "transfer"
    wake_topic = transfers.WAKE
    model = SellerTransfer
    machine = transfers.machine
    outcomes = TRANSFERS
    claimable = transfers.UNSENT

    due = (
        select(SellerTransfer, Seller.stripe_account_id)
        .outerjoin(Seller, Seller.id == SellerTransfer.seller_id)
        .where(SellerTransfer.next_retry_at <= bindparam("now"), by_due_index(SellerTransfer.status).in_(claimable))
        .order_by(SellerTransfer.next_retry_at)
        .limit(bindparam("limit"))
        .with_for_update(of=SellerTransfer, skip_locked=True)
    )

    def __init__(
        self,
        database: Database,
        gateway: Gateway,
        breaker: Breaker,
        policy: RetryPolicy,
        guard: RestoreGuard,
        *,
        lets_sales_pay_debts: bool,
    ) -> None:
        super().__init__(database, gateway, breaker, policy, guard)
        if lets_sales_pay_debts:
            self.due = _HOLDING

    def due_at(self, now: datetime, limit: int) -> dict[str, Any]:
        return {**super().due_at(now, limit), "held_until": now - nettings.HELD_FOR}

    def context(self, found: Sequence[Any]) -> dict[str, Any]:
        return {"account": found[1]}

    def transfer_of(self, row: SellerTransfer) -> UUID:
        return row.id

    def request_body(self, row: SellerTransfer, context: dict[str, Any]) -> str | None:
        return transfers.request_of(row, context["account"]) if context["account"] else None

    async def cannot_be_asked(
        self, session: Session, payment: Payment, row: SellerTransfer, claim: Claim[SellerTransfer]
    ) -> None:
        """The seller has no account yet: wait for it as for a balance; connecting one makes it due at once."""
        said = {"last_outcome": "no_account", "last_error": f"seller {row.seller_id} has not connected an account"}
        since = row.waiting_since or session.now
        again = session.now + self.policy.balance_retry
        await self.machine.update(session, row, waiting_since=since, next_retry_at=again, **said)

    async def fetch(self, session: Session, rows: Sequence[SellerTransfer]) -> Sequence[object]:
        await foresee(session, sorted({row.payment_id for row in rows}))
        return rows

    async def send(self, claim: Claim[SellerTransfer], body: str, key: str, ready: Callable[[], bool]) -> Answer:
        return await self.gateway.create_transfer(thawed(body), key=key, ready=ready)

    async def look_up(self, claim: Claim[SellerTransfer]) -> LookUp:
        listing = await self.gateway.transfers_of(str(claim.payment_id))
        if not listing.is_complete:
            return LookUp(False, (), listing.failed)
        async with self.database.read() as session:
            payment = await payments.find(session, claim.payment_id)
            rows = await session.scalars(adoption.TRANSFERS, {"payment_id": payment.id})
            as_before = [claim.row if row.id == claim.id else row for row in rows]
            known = await adoption.candidates(session, payment, as_before)
        ours = [one for one in listing.items if discoveries.our_id(one, "veza_transfer") == claim.id]
        found = [(one, known.match(one)) for one in odd_objects.readable(listing.items) if one not in ours]
        lost = [one for one, match in found if match is not None and match.is_news(one)]
        return LookUp(bool(ours), [*ours, *lost], has_lost=bool(lost))

    async def seen(
        self, session: Session, payment: Payment, row: SellerTransfer, objects: Sequence[Any], because: str
    ) -> None:
        for one in await odd_objects.readable_or_told(session, payment.id, objects):
            await adoption.transfer_of_group_seen(session, payment, one, because=because)

    async def done(self, session: Session, payment: Payment, row: SellerTransfer, answer: Answer) -> None:
        because = "the provider made it"
        await discoveries.transfer_seen(
            session, payment, row, answer.object, because=because, request_id=answer.request_id
        )

    async def fail_for_good(
        self,
        session: Session,
        payment: Payment,
        row: SellerTransfer,
        because: str,
        request_id: str | None,
        **facts: Any,
    ) -> None:
        end: dict[str, Any] = {"failed_step": "transfer", "next_retry_at": None, "waiting_since": None, **facts}
        await transfers.move(session, row, "permanently_failed", because=because, request_id=request_id, **end)
        await findings.report(
            session,
            findings.FindingKind.GIVEN_UP,
            f"transfer {row.id}",
            f"{Amount(row.sent_minor, row.currency)} could not be sent to seller {row.seller_id}: {because}",
            mend=f"mend the cause, then veza money retry {row.id} --reason …",
            payment_id=payment.id,
        )

    async def counted_failure(
        self, session: Session, row: SellerTransfer, because: str, request_id: str | None, **facts: Any
    ) -> None:
        if row.status == "pending":
            await transfers.move(session, row, "failed", because=because, request_id=request_id, **facts)
        else:
            await transfers.machine.update(session, row, **facts)

    async def judge_again(self, session: Session, payment: Payment, row: SellerTransfer) -> None:
        cause = discoveries.unwanted_cause(row)
        if cause is not None:
            await transfers.machine.update(session, row, unwanted_at=None)
            await rebalance(session, payment, cause)


_HOLDING = TransferWorker.due.where(
    or_(SellerTransfer.next_retry_at <= bindparam("held_until"), not_(nettings.IS_AWAITED))
)
