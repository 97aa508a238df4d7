"""Giving a buyer back a whole charge that is booked for no payment here: paid twice, of another amount, or lost.

Any number of repeats do it once, each under a key of its own: all that is left of a charge is asked for, and the
provider refunds no more than that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from veza.kit.database import Database
from veza.kit.messages import gettext
from veza.kit.money import Amount
from veza.money import discoveries, unbooked_charges
from veza.money.operator import OperatorAction, reason_for
from veza.money.payments import Payment
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import Gateway


class NotReturnable(Exception):
    """The charge cannot be given back by this action; says why, and what to do instead."""


class UnknownCharge(NotReturnable):
    """The provider has no such charge."""


class ChargeNotReturned(Exception):
    """The provider did not do it, or did not answer; a repeat is safe."""

    def __init__(self, charge_id: str, answer: Answer) -> None:
        super().__init__(
            gettext(
                "charge {charge_id} was not given back: {answer}; repeat the command, it is never done twice",
                charge_id=charge_id,
                answer=answer.said,
            )
        )
        self.answer = answer


@dataclass(frozen=True, slots=True)
class ReturnedCharge:
    """The amount returned to the buyer, the provider's refund, and the transfers of its payment that sellers still
    hold."""

    charge_id: str
    payment_id: UUID
    stripe_refund_id: str | None
    status: str
    amount_minor: int
    currency: str
    transfers_left: tuple[str, ...]

    def __str__(self) -> str:
        money = Amount(self.amount_minor, self.currency)
        said = gettext(
            "{money} of charge {charge_id} goes back to the buyer ({stripe_refund_id}: {status}).",
            money=money,
            charge_id=self.charge_id,
            stripe_refund_id=self.stripe_refund_id,
            status=self.status,
        )
        if self.transfers_left:
            left = gettext(
                "Sellers still hold {transfers}: reverse them at the provider.",
                transfers=", ".join(self.transfers_left),
            )
            return f"{said} {left}"
        return str(said)


async def return_charge(
    database: Database, gateway: Gateway, charge_id: str, reason: str, *, actor: str
) -> ReturnedCharge:
    """Give the buyer all that is left of a charge which no payment here is booked with.

    Raises ReasonMissing, NotReturnable (UnknownCharge is one), ChargeNotReturned.
    """
    reason = reason_for("return", reason)
    charge = await _charge(gateway, charge_id)
    payment_id = await _unbooked(database, charge)
    left, currency = unbooked_charges.left_minor(charge), str(charge["currency"]).upper()
    if left <= 0:
        async with database.write(actor) as session:
            await unbooked_charges.returned(session, charge_id)
        raise NotReturnable(gettext("charge {charge_id} has gone back to the buyer already", charge_id=charge_id))
    async with database.write(actor) as session:
        action_id = session.new_id()
        action = {"id": action_id, "payment_id": payment_id, "row_id": payment_id, "at": session.now}
        action |= {"action": f"return charge {charge_id}", "reason": reason, "by": session.actor}
        await session.execute(insert(OperatorAction), action)
    # Not as a refund of the payment: it is not the payment's money.
    body = {"charge": charge_id, "amount": left, "metadata": {"veza_returned_charge": charge_id}}
    answer = await gateway.create_refund(body, key=f"veza-return-{action_id}")
    if not answer.is_ok:
        raise ChargeNotReturned(charge_id, answer)
    status = str(answer.object.get("status") or "pending")
    if status in ("failed", "canceled"):
        raise ChargeNotReturned(charge_id, answer)
    async with database.write(actor) as session:
        await unbooked_charges.returned(session, charge_id)
        is_here = await session.get(Payment, payment_id) is not None
    held = () if is_here else await _held_by_sellers(gateway, payment_id)
    return ReturnedCharge(charge_id, payment_id, answer.object.get("id"), status, left, currency, held)


async def _charge(gateway: Gateway, charge_id: str) -> Mapping[str, Any]:
    answer = await gateway.charge(charge_id)
    if answer.status == 404:
        raise UnknownCharge(gettext("the provider has no charge {charge_id}", charge_id=charge_id))
    if not answer.is_ok:
        raise ChargeNotReturned(charge_id, answer)
    return answer.object


async def _unbooked(database: Database, charge: Mapping[str, Any]) -> UUID:
    """The payment a charge names, once it is sure that none is booked with it."""
    async with database.read() as session:
        booked = await session.scalar(select(Payment.id).where(Payment.stripe_charge_id == charge["id"]))
        named = discoveries.our_id(charge, "veza_payment")
        payment = await session.get(Payment, named) if named is not None else None
    if booked is not None:
        raise NotReturnable(
            gettext(
                "charge {charge} is that of payment {booked}: refund the payment", charge=charge["id"], booked=booked
            )
        )
    if named is None:
        raise NotReturnable(
            gettext("charge {charge} names no payment of ours: another program made it", charge=charge["id"])
        )
    if charge.get("status") != "succeeded":
        raise NotReturnable(
            gettext("charge {charge} is {status}: nothing was paid", charge=charge["id"], status=charge.get("status"))
        )
    if payment is not None and payment.status != "succeeded" and unbooked_charges.is_of_amount(payment, charge):
        said = gettext(
            "charge {charge} is for payment {payment_id}, which has not heard of it yet",
            charge=charge["id"],
            payment_id=payment.id,
        )
        raise NotReturnable(gettext("{said}: veza money reconcile --apply", said=said))
    return named


async def _held_by_sellers(gateway: Gateway, payment_id: UUID) -> tuple[str, ...]:
    listing = await gateway.transfers_of(str(payment_id))
    return tuple(str(one["id"]) for one in listing.items if one.get("amount") != one.get("amount_reversed"))
