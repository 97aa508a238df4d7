"""Reconciliation: our rows against the provider's, each difference a typed finding with what would mend it.

Comparing changes nothing. Applying records the facts (through the same doors as webhooks) and rebalances;
a surplus taken by somebody else's reversal stays a finding, never an automatic re-credit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from veza.kit.database import Database, Session
from veza.kit.money import Money
from veza.money import discoveries, disputes, findings, payments, refund_facts, sales, transfers
from veza.money.disputes import Dispute, DisputeFunds
from veza.money.findings import FindingKind
from veza.money.payments import Payment
from veza.money.refunds import Refund
from veza.money.stripe.answers import Answer, Listing
from veza.money.stripe.gateway import Gateway
from veza.money.transfers import SellerTransfer, is_unsent
from veza.money.webhook_events import NotOurs, payment_of_charge

WHY = "reconciliation"
IN_FLIGHT = timedelta(minutes=10)
"""A difference younger than this is news on its way, not a finding."""


class CannotReconcile(Exception):
    """The provider could not be read to the end, so nothing was compared to it."""

    def __init__(self, what: str, answer: Answer) -> None:
        super().__init__(f"the provider's {what} could not be listed: {answer}")


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: its kind, what it is about, a sentence, and what `--apply` does about it."""

    kind: FindingKind
    subject: str
    message: str
    mend: str
    payment_id: UUID | None = None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "payment_id": str(self.payment_id) if self.payment_id else None}


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was compared (objects of the provider by kind), what differed, and what could be applied."""

    compared: Mapping[str, int]
    differences: Sequence[Difference]
    applied: int


_Apply = Callable[[Session, Payment], Awaitable[object]]
_Ask = Callable[[str], Awaitable[Answer]]


class Reconciler:
    """Compares a stretch of time; use `reconcile`."""

    def __init__(self, database: Database, gateway: Gateway, *, apply: bool) -> None:
        self.database = database
        self.gateway = gateway
        self.apply = apply
        self.differences: list[Difference] = []
        self.applied = 0

    async def run(self, since: timedelta) -> Reconciled:
        start = self.database.clock.now() - since
        charges = await self._list("charges", self.gateway.charges_since(start))
        refunded = await self._list("refunds", self.gateway.refunds_since(start))
        sent = await self._list("transfers", self.gateway.transfers_since(start))
        disputed = await self._list("disputes", self.gateway.disputes_since(start))
        for charge in charges:
            await self._charge(charge)
        for refund in refunded:
            await self._refund(refund)
        for transfer in sent:
            await self._transfer(transfer)
        for dispute in disputed:
            await self._dispute(dispute)
        await self._missing_there(start, {str(one["id"]) for one in (*charges, *refunded, *sent)})
        compared = {
            "charges": len(charges),
            "refunds": len(refunded),
            "transfers": len(sent),
            "disputes": len(disputed),
        }
        return Reconciled(compared, self.differences, self.applied)

    async def _list(self, what: str, asking: Awaitable[Listing]) -> Sequence[Mapping[str, Any]]:
        listing = await asking
        if listing.failed is not None:
            raise CannotReconcile(what, listing.failed)
        return listing.items

    async def _charge(self, seen: Mapping[str, Any]) -> None:
        payment = await self._payment(seen)
        if payment is None or seen.get("status") != "succeeded":
            return
        if payment.status != "succeeded":
            await self._differs(
                payment,
                FindingKind.STATE_DIFFERS,
                str(seen["id"]),
                f"charge {seen['id']} succeeded, payment {payment.id} is {payment.status}",
                "record the charge",
                lambda session, locked: sales.charge_seen(session, locked, seen, because=WHY),
            )

    async def _refund(self, seen: Mapping[str, Any]) -> None:
        payment = await self._payment(seen)
        if payment is None:
            return
        async with self.database.read() as session:
            ours = discoveries.our_id(seen, "veza_refund")
            mine = select(Refund).where(or_(Refund.stripe_refund_id == seen["id"], Refund.id == ours))
            row = (await session.scalars(mine.where(Refund.payment_id == payment.id))).first()

        async def record(session: Session, locked: Payment) -> object:
            if locked.status != "succeeded":
                await _fetch_charge(session, locked)
                return None
            return await refund_facts.record(session, locked, seen, because=WHY)

        theirs = Money(int(seen["amount"]), str(seen["currency"]).upper())
        if row is None:
            said = f"refund {seen['id']} of {theirs} is {seen['status']} there and unknown here"
            await self._differs(payment, FindingKind.MISSING_HERE, str(seen["id"]), said, "adopt the refund", record)
        elif row.amount_minor != theirs.minor:
            said = f"refund {row.id} is {Money(row.amount_minor, row.currency)} here and {theirs} there"
            await self._differs(payment, FindingKind.AMOUNT_DIFFERS, str(seen["id"]), said, "find out who changed it")
        elif row.status != seen["status"] or row.stripe_refund_id is None:
            said = f"refund {row.id} is {row.status} here and {seen['status']} there ({seen['id']})"
            await self._differs(payment, FindingKind.STATE_DIFFERS, str(seen["id"]), said, "record its status", record)

    async def _transfer(self, seen: Mapping[str, Any]) -> None:
        async with self.database.read() as session:
            ours = discoveries.our_id(seen, "veza_transfer")
            by = or_(SellerTransfer.stripe_transfer_id == seen["id"], SellerTransfer.id == ours)
            row = (await session.scalars(select(SellerTransfer).where(by))).first()
        if row is None:
            await self._foreign_transfer(seen)
            return
        payment = await self._find(row.payment_id)

        async def record(session: Session, locked: Payment) -> None:
            mine = next(one for one in await transfers.locked_of(session, locked.id) if one.id == row.id)
            await discoveries.transfer_seen(session, locked, mine, seen, because=WHY)

        if row.sent_minor != int(seen["amount"]):
            theirs = Money(int(seen["amount"]), row.currency)
            said = f"transfer {row.id} sent {Money(row.sent_minor, row.currency)} here and {theirs} there"
            await self._differs(payment, FindingKind.AMOUNT_DIFFERS, str(seen["id"]), said, "find out who changed it")
        elif is_unsent(row) or row.status == "canceled":
            said = f"transfer {row.id} is {row.status} here and was made there ({seen['id']})"
            await self._differs(payment, FindingKind.STATE_DIFFERS, str(seen["id"]), said, "record it", record)
        if int(seen.get("amount_reversed") or 0) != row.reversed_minor:
            await self._reversals(payment, row, seen)

    async def _reversals(self, payment: Payment | None, row: SellerTransfer, seen: Mapping[str, Any]) -> None:
        listing = await self._list("reversals", self.gateway.reversals_of(str(seen["id"])))

        async def record(session: Session, locked: Payment) -> None:
            mine = next(one for one in await transfers.locked_of(session, locked.id) if one.id == row.id)
            await discoveries.reversals_seen(session, locked, mine, listing, because=WHY)

        theirs = Money(int(seen.get("amount_reversed") or 0), row.currency)
        said = f"{Money(row.reversed_minor, row.currency)} of transfer {row.id} is reversed here and {theirs} there"
        known = {discoveries.our_id(one, "veza_reversal") for one in listing}
        kind = FindingKind.MADE_IN_DASHBOARD if None in known else FindingKind.STATE_DIFFERS
        await self._differs(payment, kind, f"reversals of {seen['id']}", said, "record the reversals", record)

    async def _foreign_transfer(self, seen: Mapping[str, Any]) -> None:
        group = _uuid(seen.get("transfer_group"))
        payment = await self._find(group) if group else None
        if payment is not None:
            said = f"transfer {seen['id']} belongs to payment {payment.id} by its group, but nobody here made it"
            mend = "reverse it at the provider if it was not meant"
            await self._differs(payment, FindingKind.MADE_IN_DASHBOARD, str(seen["id"]), said, mend)

    async def _dispute(self, seen: Mapping[str, Any]) -> None:
        payment = await self._payment(seen)
        if payment is None:
            return
        async with self.database.read() as session:
            mine = select(Dispute).where(Dispute.stripe_dispute_id == seen["id"])
            row = (await session.scalars(mine)).one_or_none()
            known = set(
                await session.scalars(
                    select(DisputeFunds.stripe_balance_transaction_id).where(DisputeFunds.payment_id == payment.id)
                )
            )
        new = [txn for txn in seen.get("balance_transactions") or () if txn["id"] not in known]

        async def record(session: Session, locked: Payment) -> object:
            if locked.status != "succeeded":
                await _fetch_charge(session, locked)
                return None
            return await disputes.record(session, locked, seen, because=WHY)

        if row is None:
            said = f"dispute {seen['id']} ({seen['status']}) is unknown here"
            await self._differs(payment, FindingKind.MISSING_HERE, str(seen["id"]), said, "record the dispute", record)
        elif new or row.provider_status != seen["status"]:
            said = f"dispute {seen['id']} is {row.provider_status} here and {seen['status']} there"
            await self._differs(payment, FindingKind.STATE_DIFFERS, str(seen["id"]), said, "record its funds", record)

    async def _missing_there(self, start: datetime, seen: set[str]) -> None:
        """What we say happened in this time and the provider does not list."""
        ask = self.gateway
        tables: tuple[tuple[str, Any, Any, Any, _Ask], ...] = (
            ("payment", Payment, Payment.stripe_charge_id, Payment.succeeded_at, ask.charge),
            ("refund", Refund, Refund.stripe_refund_id, Refund.created_at, ask.refund),
            ("transfer", SellerTransfer, SellerTransfer.stripe_transfer_id, SellerTransfer.completed_at, ask.transfer),
        )
        for name, model, stripe_id, since, get in tables:
            async with self.database.read() as session:
                found = await session.execute(
                    select(model, stripe_id).where(stripe_id.is_not(None), since >= start + IN_FLIGHT)
                )
                rows = [(row, there) for row, there in found if there not in seen]
            for row, there in rows:
                if (await get(there)).status != 404:
                    continue  # made there before the stretch that was listed, or not to be seen just now
                payment = await self._find(getattr(row, "payment_id", row.id))
                said = f"{name} {row.id} says it is {there} at the provider, which does not list it"
                mend = "check the provider's account and mode"
                await self._differs(payment, FindingKind.MISSING_THERE, there, said, mend)

    async def _differs(
        self,
        payment: Payment | None,
        kind: FindingKind,
        subject: str,
        message: str,
        mend: str,
        apply: _Apply | None = None,
    ) -> None:
        difference = Difference(kind, subject, message, mend, payment.id if payment else None)
        self.differences.append(difference)
        if not self.apply:
            return
        async with self.database.write(WHY) as session:
            if apply is not None and payment is not None:
                await apply(session, await payments.lock(session, payment.id))
                self.applied += 1
            else:
                await findings.report(session, kind, subject, message, mend=mend, payment_id=difference.payment_id)

    async def _payment(self, seen: Mapping[str, Any]) -> Payment | None:
        async with self.database.write(WHY) as session:
            try:
                return await payment_of_charge(session, seen)
            except NotOurs:
                return None

    async def _find(self, payment_id: UUID) -> Payment | None:
        async with self.database.read() as session:
            return await session.get(Payment, payment_id)


async def _fetch_charge(session: Session, payment: Payment) -> None:
    """Nothing can have gone back of what is not captured here: the check worker fetches the charge and the rest."""
    await payments.machine.amend(session, payment, check_at=session.now, check_count=0)
    session.wake(payments.CHECK_WAKE)


async def reconcile(
    database: Database, gateway: Gateway, *, since: timedelta = timedelta(days=7), apply: bool = False
) -> Reconciled:
    """Compare the last `since` with the provider; with `apply`, record the facts found. Raises CannotReconcile."""
    return await Reconciler(database, gateway, apply=apply).run(since)


async def compare_and_report(database: Database, gateway: Gateway, since: timedelta = timedelta(days=7)) -> Reconciled:
    """Compare without applying, and open a finding for every difference: what the schedule does."""
    found = await reconcile(database, gateway, since=since)
    async with database.write(WHY) as session:
        for one in found.differences:
            await findings.report(session, one.kind, one.subject, one.message, mend=one.mend, payment_id=one.payment_id)
    return found


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
