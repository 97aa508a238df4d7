"""Which payment an object of the provider belongs to: by its ids, its group, its metadata, or the charge it is of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_, select

from veza.kit.database import Database
from veza.money import discoveries
from veza.money.payments import Payment
from veza.money.stripe.answers import id_of
from veza.money.stripe.gateway import Gateway
from veza.money.transfers import SellerTransfer


@dataclass(slots=True)
class NamedPayments:
    """Finds payments in `database`; `lost_payment_of` remembers which charges name payments that are not here."""

    database: Database
    gateway: Gateway
    lost_payment_of: dict[str, str | None] = field(default_factory=dict)

    async def payment(self, seen: Mapping[str, Any]) -> Payment | None:
        """The payment a charge, refund or dispute belongs to, by its ids, group and metadata."""
        charge = seen["id"] if seen.get("object") == "charge" else id_of(seen.get("charge"))
        by = (
            ("stripe_charge_id", charge),
            ("stripe_payment_intent_id", id_of(seen.get("payment_intent"))),
            ("id", discoveries.our_id(seen, "veza_payment")),
        )
        async with self.database.read() as session:
            for column, value in by:
                found = value and (await session.scalars(_PAYMENT_BY[column], {"value": value})).one_or_none()
                if found:
                    return found
        return None

    async def payment_of_transfer(self, seen: Mapping[str, Any]) -> Payment | None:
        ours = discoveries.our_id(seen, "veza_transfer")
        named = discoveries.our_id(seen, "veza_payment"), _uuid(seen.get("transfer_group"))
        async with self.database.read() as session:
            of_row = (await session.scalars(_PAYMENT_OF_TRANSFER, {"theirs": str(seen["id"]), "ours": ours})).first()
            for payment_id in (of_row, *named):
                found = await session.get(Payment, payment_id) if payment_id is not None else None
                if found is not None:
                    return found
        return None

    async def lost_payment(self, seen: Mapping[str, Any]) -> str | None:
        """The payment, not here, that the charge of a refund or dispute names."""
        if (named := named_payment(seen)) is not None:
            return named
        charge_id = id_of(seen.get("charge"))
        if charge_id is None:
            return None
        if charge_id not in self.lost_payment_of:
            answer = await self.gateway.charge(charge_id)
            is_here = answer.is_ok and await self.payment(answer.object) is not None
            self.lost_payment_of[charge_id] = None if is_here else named_payment(answer.object)
        return self.lost_payment_of[charge_id]

    def lost_group(self, seen: Mapping[str, Any]) -> str | None:
        """A transfer made by hand in the group of a payment that is not here."""
        group = seen.get("transfer_group")
        return str(group) if group and group in self.lost_payment_of.values() else None


_PAYMENT_BY = {
    column.key: select(Payment).where(column == bindparam("value"))
    for column in (Payment.id, Payment.stripe_charge_id, Payment.stripe_payment_intent_id)
}
_PAYMENT_OF_TRANSFER = select(SellerTransfer.payment_id).where(
    or_(SellerTransfer.stripe_transfer_id == bindparam("theirs"), SellerTransfer.id == bindparam("ours"))
)


def named_payment(seen: Mapping[str, Any]) -> str | None:
    """The payment that the object's metadata name."""
    named = discoveries.our_id(seen, "veza_payment")
    return str(named) if named else None


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
