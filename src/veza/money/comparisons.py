"""One object of the provider compared with our rows: what differs, and what would record it.

Comparing reads and asks; it writes nothing. What a comparison finds is yielded, and `reconciliation` decides whether it
is reported, recorded or only told.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, select

from veza.kit.database import Database, Session
from veza.kit.messages import Message, gettext
from veza.kit.money import Amount
from veza.money import (
    adoption,
    discoveries,
    disputes,
    odd_objects,
    payments,
    refund_facts,
    sales,
    sellers,
    unbooked_charges,
)
from veza.money.differences import IN_FLIGHT, WHY, Apply, CannotReconcile, Difference, Found
from veza.money.disputes import Dispute, DisputeFunds
from veza.money.findings import FindingKind
from veza.money.named_payments import NamedPayments, named_payment
from veza.money.payment_frame import PaymentFrame
from veza.money.payments import Payment
from veza.money.provider_lists import created_at
from veza.money.provider_words import amount_of, said_by
from veza.money.refunds import Refund
from veza.money.sellers import Seller
from veza.money.stripe.answers import id_of
from veza.money.stripe.gateway import Gateway
from veza.money.transfers import SellerTransfer, is_unsent


@dataclass(slots=True)
class Comparison:
    """Compares objects with the rows of `database`."""

    database: Database
    gateway: Gateway
    named: NamedPayments = field(init=False)

    def __post_init__(self) -> None:
        self.named = NamedPayments(self.database, self.gateway)

    async def charge(self, seen: Mapping[str, Any]) -> AsyncIterator[Found]:
        payment = await self.named.payment(seen)
        charge_id = str(seen["id"])
        if payment is None:
            lost = self.named.lost_payment_of[charge_id] = named_payment(seen)
            if lost is not None:
                found = _lost(seen, lost, unbooked_charges.mend(charge_id))
                yield dataclasses.replace(found, charge_id=charge_id), None
            return
        if seen.get("status") != "succeeded":
            return
        if unbooked_charges.is_second(payment, charge_id):
            if unbooked_charges.left_minor(seen) > 0:
                said = unbooked_charges.what_second(payment, seen)
                mend = unbooked_charges.mend(charge_id)
                yield Difference(FindingKind.SECOND_CHARGE, charge_id, said, mend, payment.id, charge_id), None
        elif payment.status != "succeeded" and not unbooked_charges.is_of_amount(payment, seen):
            ours = Amount(payment.amount_minor, payment.currency)
            said = gettext(
                "charge {charge_id} is for {amount_of}, payment {payment_id} for {ours}; nothing was posted",
                charge_id=charge_id,
                amount_of=amount_of(seen),
                payment_id=payment.id,
                ours=ours,
            )
            mend = unbooked_charges.mend(charge_id)
            yield Difference(FindingKind.AMOUNT_DIFFERS, charge_id, said, mend, payment.id, charge_id), None
        elif payment.status != "succeeded":
            said = gettext(
                "charge {charge_id} succeeded, payment {payment_id} is {payment_status}",
                charge_id=charge_id,
                payment_id=payment.id,
                payment_status=payment.status,
            )
            yield _state(payment, charge_id, said, gettext("record the charge")), _charge_of(seen)
        elif _is_unsettled(payment) and isinstance(seen.get("balance_transaction"), Mapping):
            made = created_at(seen)
            if made is not None and made <= self.database.clock.now() - IN_FLIGHT:
                said = gettext(
                    "charge {charge_id} is settled, the sellers of payment {payment_id} have no transfers yet",
                    charge_id=charge_id,
                    payment_id=payment.id,
                )
                yield _state(payment, charge_id, said, gettext("record how it was settled")), _charge_of(seen)

    async def account(self, seen: Mapping[str, Any]) -> AsyncIterator[Found]:
        """A connected account that was opened for a seller who has none here, as after a restore."""
        seller_id = (seen.get("metadata") or {}).get("veza_seller")
        async with self.database.read() as session:
            mine = await session.scalars(_WITHOUT_ACCOUNT, {"seller_id": str(seller_id)}) if seller_id else None
            row = mine.one_or_none() if mine is not None else None
        made = created_at(seen)
        if row is None or made is None or made < row.created_at - IN_FLIGHT:
            return
        if seen["id"] in {one["id"] for one in row.former_accounts}:
            return

        async def record(session: Session, _: PaymentFrame | None) -> None:
            active = (seen.get("capabilities") or {}).get("transfers") == "active"
            await sellers.record_account(session, str(seen["id"]), active, opened_for=seller_id)

        said = gettext(
            "account {seen} was opened for seller {seller_id}, who has none here", seen=seen["id"], seller_id=seller_id
        )
        yield Difference(FindingKind.MISSING_HERE, str(seen["id"]), said, gettext("record it as theirs")), record

    async def refund(self, seen: Mapping[str, Any]) -> AsyncIterator[Found]:
        if (odd := odd_objects.oddity(seen)) is not None:
            yield _unreadable(seen, odd), None
            return
        payment, instead = await self._booked(seen, gettext("it went back to the buyer of an order that is not here"))
        if payment is None:
            if instead is not None:
                yield instead
            return
        async with self.database.read() as session:
            ours = discoveries.our_id(seen, "veza_refund")
            known = (await session.scalars(_REFUNDS, {"payment_id": payment.id})).all()
            by_theirs = [one for one in known if one.stripe_refund_id == seen["id"]]
            by_ours = [one for one in known if one.id == ours and one.stripe_refund_id is None]
            row = next(iter((*by_theirs, *by_ours)), None)

        async def record(session: Session, frame: PaymentFrame) -> object:
            if frame.payment.status != "succeeded":
                await _fetch_charge(session, frame.payment)
                return None
            return await refund_facts.record(session, frame, seen, because=WHY)

        refund_id = str(seen["id"])
        if row is None:
            said = gettext(
                "refund {refund_id} of {amount_of} is {seen} there and unknown here",
                refund_id=refund_id,
                amount_of=amount_of(seen),
                seen=seen["status"],
            )
            yield Difference(FindingKind.MISSING_HERE, refund_id, said, gettext("adopt the refund"), payment.id), record
        elif row.amount_minor != int(seen["amount"]):
            here = Amount(row.amount_minor, row.currency)
            said = gettext(
                "refund {row_id} is {here} here and {amount_of} there",
                row_id=row.id,
                here=here,
                amount_of=amount_of(seen),
            )
            mend = gettext("find out who changed it")
            yield Difference(FindingKind.AMOUNT_DIFFERS, refund_id, said, mend, payment.id), None
        elif row.status != seen["status"] or row.stripe_refund_id is None:
            said = gettext(
                "refund {row_id} is {row_status} here and {seen} there ({refund_id})",
                row_id=row.id,
                row_status=row.status,
                seen=seen["status"],
                refund_id=refund_id,
            )
            yield _state(payment, refund_id, said, gettext("record its status")), record

    async def transfer(self, seen: Mapping[str, Any]) -> AsyncIterator[Found]:
        if (odd := odd_objects.oddity(seen)) is not None:
            yield _unreadable(seen, odd), None
            return
        payment = await self.named.payment_of_transfer(seen)
        if payment is None:
            lost = named_payment(seen) or self.named.lost_group(seen)
            if lost is not None:
                yield _lost(seen, lost, gettext("if the order is given back, reverse it at the provider")), None
            return
        async with self.database.read() as session:
            rows = (await session.scalars(adoption.TRANSFERS, {"payment_id": payment.id})).all()
            match = (await adoption.candidates(session, PaymentFrame(payment), rows)).match(seen)
        transfer_id = str(seen["id"])
        if match is None:
            said = gettext(
                "transfer {transfer_id} belongs to payment {payment_id} by its group, but was not made here",
                transfer_id=transfer_id,
                payment_id=payment.id,
            )
            mend = gettext("reverse it at the provider if it was not meant")
            yield Difference(FindingKind.MADE_IN_DASHBOARD, transfer_id, said, mend, payment.id), None
            return

        async def record(session: Session, frame: PaymentFrame) -> None:
            if frame.payment.status != "succeeded":
                await _fetch_charge(session, frame.payment)
            else:
                await adoption.transfer_of_group_seen(session, frame, seen, because=WHY)

        row = match.row
        if row is None:
            said = gettext(
                "transfer {transfer_id} of {amount_of} to seller {seller_id} was sent for payment "
                "{payment_id}; its row is not here",
                transfer_id=transfer_id,
                amount_of=amount_of(seen),
                seller_id=match.seller_id,
                payment_id=payment.id,
            )
            yield Difference(FindingKind.MISSING_HERE, transfer_id, said, gettext("record it"), payment.id), record
        elif match.is_known and row.sent_minor != int(seen["amount"]):
            here = Amount(row.sent_minor, row.currency)
            said = gettext(
                "transfer {row_id} sent {here} here and {amount_of} there",
                row_id=row.id,
                here=here,
                amount_of=amount_of(seen),
            )
            mend = gettext("find out who changed it")
            yield Difference(FindingKind.AMOUNT_DIFFERS, transfer_id, said, mend, payment.id), None
        elif is_unsent(row) or row.status == "canceled":
            said = gettext(
                "transfer {row_id} is {row_status} here and was made there ({transfer_id})",
                row_id=row.id,
                row_status=row.status,
                transfer_id=transfer_id,
            )
            yield _state(payment, transfer_id, said, gettext("record it")), record
        async for found in self._reversals(payment, row, seen):
            yield found

    async def _reversals(
        self, payment: Payment, row: SellerTransfer | None, seen: Mapping[str, Any]
    ) -> AsyncIterator[Found]:
        """What was reversed of a transfer; where `row` is None, of one that is recorded just before."""
        here_minor = row.reversed_minor if row is not None else 0
        if int(seen.get("amount_reversed") or 0) == here_minor:
            return
        listing = await self.gateway.reversals_of(str(seen["id"]))
        if listing.failed is not None:
            raise CannotReconcile(gettext("reversals of transfer {seen}", seen=seen["id"]), listing.failed)

        async def record(session: Session, frame: PaymentFrame) -> None:
            for mine in await frame.transfers(session):
                if mine.stripe_transfer_id == seen["id"]:
                    await discoveries.reversals_seen(session, frame, mine, listing.items, because=WHY)

        name = row.id if row is not None else seen["id"]
        here = Amount(here_minor, payment.currency)
        said = gettext(
            "{here} of transfer {name} is reversed here and {amount_of} there",
            here=here,
            name=name,
            amount_of=amount_of(seen, "amount_reversed"),
        )
        by_hand = any(discoveries.our_id(one, "veza_reversal") is None for one in listing.items)
        kind = FindingKind.MADE_IN_DASHBOARD if by_hand else FindingKind.STATE_DIFFERS
        subject = f"reversals of {seen['id']}"
        yield Difference(kind, subject, said, gettext("record the reversals"), payment.id), record

    async def dispute(self, seen: Mapping[str, Any]) -> AsyncIterator[Found]:
        if (odd := odd_objects.oddity(seen)) is not None:
            yield _unreadable(seen, odd), None
            return
        payment, instead = await self._booked(seen, gettext("answer it at the provider: its order is not here"))
        if payment is None:
            if instead is not None:
                yield instead
            return
        async with self.database.read() as session:
            row = (await session.scalars(_DISPUTE, {"stripe_id": str(seen["id"])})).one_or_none()
            known = set(await session.scalars(_FUNDS, {"payment_id": payment.id}))
        new = [txn for txn in seen.get("balance_transactions") or () if txn["id"] not in known]

        async def record(session: Session, frame: PaymentFrame) -> object:
            if frame.payment.status != "succeeded":
                await _fetch_charge(session, frame.payment)
                return None
            return await disputes.record(session, frame, seen, because=WHY)

        dispute_id = str(seen["id"])
        if row is None:
            said = gettext("dispute {dispute_id} ({seen}) is unknown here", dispute_id=dispute_id, seen=seen["status"])
            mend = gettext("record the dispute")
            yield Difference(FindingKind.MISSING_HERE, dispute_id, said, mend, payment.id), record
        elif new or row.provider_status != seen["status"]:
            said = gettext(
                "dispute {dispute_id} is {provider_status} here and {seen} there",
                dispute_id=dispute_id,
                provider_status=row.provider_status,
                seen=seen["status"],
            )
            yield _state(payment, dispute_id, said, gettext("record its funds")), record

    async def _booked(self, seen: Mapping[str, Any], mend: Message) -> tuple[Payment | None, Found | None]:
        """The payment to compare a refund or dispute with; where there is none, what is found instead, if anything."""
        payment = await self.named.payment(seen)
        if payment is None:
            lost = await self.named.lost_payment(seen)
            return None, None if lost is None else (_lost(seen, lost, mend), None)
        # Where it is of another charge than the payment's, that charge itself is a finding.
        return None if _is_of_another_charge(payment, seen) else payment, None


_REFUNDS = select(Refund).where(Refund.payment_id == bindparam("payment_id")).order_by(Refund.id)
_DISPUTE = select(Dispute).where(Dispute.stripe_dispute_id == bindparam("stripe_id"))
_FUNDS = select(DisputeFunds.stripe_balance_transaction_id).where(DisputeFunds.payment_id == bindparam("payment_id"))
_WITHOUT_ACCOUNT = select(Seller).where(Seller.id == bindparam("seller_id"), Seller.stripe_account_id.is_(None))


def _lost(seen: Mapping[str, Any], payment_id: str, mend: Message) -> Difference:
    said = gettext(
        "{said_by}: names payment {payment_id}, which is not in this database",
        said_by=said_by(seen),
        payment_id=payment_id,
    )
    return Difference(FindingKind.MISSING_HERE, str(seen["id"]), said, mend)


def _unreadable(seen: Mapping[str, Any], odd: Message) -> Difference:
    said = gettext("{kind} {object_id} cannot be read: {odd}", kind=seen.get("object"), object_id=seen["id"], odd=odd)
    mend = gettext("look at it at the provider; it was left out, everything else was compared")
    return Difference(FindingKind.ODD_OBJECT, str(seen["id"]), said, mend)


def _state(payment: Payment, subject: str, said: Message, mend: Message) -> Difference:
    return Difference(FindingKind.STATE_DIFFERS, subject, said, mend, payment.id)


def _charge_of(seen: Mapping[str, Any]) -> Apply:
    return lambda session, frame: sales.charge_seen(session, frame, seen, because=WHY)


def _is_unsettled(payment: Payment) -> bool:
    return payment.cleared_at is None and payment.held_because_id is None


def _is_of_another_charge(payment: Payment, seen: Mapping[str, Any]) -> bool:
    charge_id = id_of(seen.get("charge"))
    return charge_id is not None and unbooked_charges.is_second(payment, charge_id)


async def _fetch_charge(session: Session, payment: Payment) -> None:
    """Nothing can have gone back of what is not captured here: the check worker fetches the charge and the rest."""
    await payments.machine.update(session, payment, check_at=session.now, check_count=0)
    session.wake(payments.CHECK_WAKE)
