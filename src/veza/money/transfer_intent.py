"""What the transfer worker asks of the provider: a seller is sent their share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, not_, or_, select

from veza.kit.database import Database, Session
from veza.kit.messages import Message, gettext
from veza.kit.money import Amount
from veza.money import adoption, discoveries, findings, nettings, odd_objects, payments, requests, transfers
from veza.money.attempts import by_due_index
from veza.money.claims import Claim, LookUp, RetryPolicy
from veza.money.intents import Intent
from veza.money.payment_frame import PaymentFrame
from veza.money.sellers import Seller
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import Gateway
from veza.money.stripe.live import thawed
from veza.money.stripe.outcomes import TRANSFERS
from veza.money.transfers import SellerTransfer


class TransferIntent(Intent[SellerTransfer]):
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
    status_between_tries = "failed"

    due = (
        select(SellerTransfer, Seller.stripe_account_id)
        .outerjoin(Seller, Seller.id == SellerTransfer.seller_id)
        .where(SellerTransfer.next_retry_at <= bindparam("now"), by_due_index(SellerTransfer.status).in_(claimable))
        .order_by(SellerTransfer.next_retry_at)
        .limit(bindparam("limit"))
        .with_for_update(of=SellerTransfer, skip_locked=True)
    )

    def __init__(
        self, database: Database, gateway: Gateway, policy: RetryPolicy, *, lets_sales_pay_debts: bool
    ) -> None:
        super().__init__(database, gateway, policy)
        if lets_sales_pay_debts:
            self.due = _HOLDING

    def due_parameters(self, now: datetime, limit: int) -> dict[str, Any]:
        return {**super().due_parameters(now, limit), "held_until": now - nettings.HELD_FOR}

    def transfer_of(self, row: SellerTransfer) -> UUID:
        return row.id

    def body(self, row: SellerTransfer, target: str | None) -> str | None:
        return row.request_body or (requests.transfer(row, target) if target is not None else None)

    async def record_unaskable(self, session: Session, frame: PaymentFrame, row: SellerTransfer) -> None:
        """The seller has no account yet: wait for it as for a balance; connecting one makes it due at once."""
        said = {"last_outcome": "no_account", "last_error": None}
        since = row.waiting_since or session.now
        again = session.now + self.policy.balance_retry
        await self.machine.update(session, row, waiting_since=since, next_retry_at=again, **said)

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
            known = await adoption.candidates(session, PaymentFrame(payment), as_before)
        ours = [one for one in listing.items if discoveries.our_id(one, "veza_transfer") == claim.id]
        found = [(one, known.match(one)) for one in odd_objects.readable(listing.items) if one not in ours]
        lost = [one for one, match in found if match is not None and match.is_news(one)]
        return LookUp(bool(ours), [*ours, *lost], has_lost=bool(lost))

    async def record_seen(
        self, session: Session, frame: PaymentFrame, row: SellerTransfer, objects: Sequence[Any], because: Message
    ) -> None:
        for one in await odd_objects.readable_or_told(session, frame.payment.id, objects):
            await adoption.transfer_of_group_seen(session, frame, one, because=because)

    async def record_done(self, session: Session, frame: PaymentFrame, row: SellerTransfer, answer: Answer) -> None:
        because = gettext("the provider made it")
        await discoveries.transfer_seen(
            session, frame, row, answer.object, because=because, request_id=answer.request_id
        )

    async def fail_for_good(
        self,
        session: Session,
        frame: PaymentFrame,
        row: SellerTransfer,
        because: Message,
        request_id: str | None,
        **facts: Any,
    ) -> None:
        end: dict[str, Any] = {"failed_step": "transfer", "next_retry_at": None, "waiting_since": None, **facts}
        await transfers.move(session, row, "permanently_failed", because=because, request_id=request_id, **end)
        await findings.report(
            session,
            findings.FindingKind.GIVEN_UP,
            f"transfer {row.id}",
            gettext(
                "{sent} could not be sent to seller {seller_id}: {because}",
                sent=Amount(row.sent_minor, row.currency),
                seller_id=row.seller_id,
                because=because,
            ),
            mend=gettext("mend the cause, then veza money retry {row_id} --reason …", row_id=row.id),
            payment_id=frame.payment.id,
        )


_HOLDING = TransferIntent.due.where(
    or_(SellerTransfer.next_retry_at <= bindparam("held_until"), not_(nettings.IS_AWAITED))
)
