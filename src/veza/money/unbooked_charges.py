"""Charges that name a payment and are not the one it was booked with: the buyer paid twice, or paid something else.

They count for nothing here, so that no seller is paid from them. A finding names the charge, and one action gives the
buyer all of it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from veza.kit.database import Session
from veza.kit.messages import Message, gettext
from veza.money import findings
from veza.money.findings import FindingKind
from veza.money.payments import Payment
from veza.money.provider_lists import created_at
from veza.money.provider_words import amount_of

KINDS = (FindingKind.SECOND_CHARGE, FindingKind.AMOUNT_DIFFERS, FindingKind.MISSING_HERE)
"""The findings whose subject is such a charge."""


def is_second(payment: Payment, charge_id: str) -> bool:
    """Whether the payment was booked with another charge than this one."""
    return payment.status == "succeeded" and payment.stripe_charge_id not in (None, charge_id)


def is_of_amount(payment: Payment, charge: Mapping[str, Any]) -> bool:
    """Whether a charge is for what the payment asks."""
    return charge.get("amount") == payment.amount_minor and str(charge.get("currency")).upper() == payment.currency


def left_minor(charge: Mapping[str, Any]) -> int:
    """What of a charge has not gone back to the buyer, in minor units of its currency."""
    return int(charge["amount"]) - int(charge.get("amount_refunded") or 0)


def what_second(payment: Payment, charge: Mapping[str, Any]) -> Message:
    """The finding's sentence."""
    made = created_at(charge)
    return gettext(
        "charge {charge} took {amount_of} for payment {payment_id}, which charge {stripe_charge_id} had paid already",
        charge=gettext("{id} of {made}", id=charge["id"], made=made) if made else charge["id"],
        amount_of=amount_of(charge),
        payment_id=payment.id,
        stripe_charge_id=payment.stripe_charge_id,
    )


def mend(charge_id: str) -> Message:
    """What an operator does about it."""
    return gettext(
        "veza money return-charge {charge_id} --reason … gives the buyer all of it back", charge_id=charge_id
    )


async def second_seen(session: Session, payment: Payment, charge: Mapping[str, Any]) -> None:
    """A charge names a payment that another charge has paid (payment locked): a finding, until it has gone back."""
    if left_minor(charge) > 0:
        await findings.report(
            session, FindingKind.SECOND_CHARGE, str(charge["id"]), what_second(payment, charge),
            mend=mend(str(charge["id"])), payment_id=payment.id, charge_id=str(charge["id"]),
        )  # fmt: skip
    else:
        await returned(session, str(charge["id"]))


async def other_amount_seen(session: Session, payment_id: UUID, charge_id: str, said: Message) -> None:
    """A charge is not for what its payment asks: nothing was posted, and a finding says so."""
    await findings.report(
        session, FindingKind.AMOUNT_DIFFERS, charge_id, gettext("{said}; nothing was posted", said=said),
        mend=mend(charge_id), payment_id=payment_id, charge_id=charge_id,
    )  # fmt: skip


async def returned(session: Session, charge_id: str) -> None:
    """All of this charge has gone back to the buyer: what was found about it is settled."""
    for kind in KINDS:
        await findings.resolve(session, kind, charge_id)
