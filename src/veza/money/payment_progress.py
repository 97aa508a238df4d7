"""How an unpaid payment goes on: what the provider shows of it is made true here, and those who wait are told.

The tables that decide are in stripe/payment_states.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from veza.kit.database import Session
from veza.kit.messages import Message, gettext, verbatim
from veza.kit.outbox import publish
from veza.money import findings, payments, sales
from veza.money.attempts import STILL_RUNNING, backoff
from veza.money.findings import FindingKind
from veza.money.payment_frame import PaymentFrame
from veza.money.payments import UNPAID_CHECK, Payment
from veza.money.stripe.answers import id_of
from veza.money.stripe.payment_states import PayState, Seen, state_of

DEBIT_CHECK = timedelta(days=1)
"""How often a payment is looked at while a bank takes days for it, in case the event of its end is lost."""
CHARGE_SOON = timedelta(seconds=15)
"""The first wait for a charge that its session says is paid and does not show yet; doubles up to an hour."""

PROCESSING, FAILED = "payment.processing", "payment.failed"
"""Published with `payment_id` and `order_ref`, inside the transaction that makes it so."""


async def follow(
    session: Session, frame: PaymentFrame, seen: Seen, *, because: Message, request_id: str | None = None
) -> datetime | None:
    """Make the payment (locked, without a charge) say what the provider shows of it.

    Returns when to look at it again; None when it has ended, or when its charge was recorded and set its own time.
    """
    payment, state = frame.payment, state_of(seen)
    if state is not PayState.ODD:
        await findings.resolve(session, FindingKind.PAYMENT_ODD, _subject(payment))
    match state:
        case PayState.PAID:
            await sales.charge_seen(session, frame, seen.charge, because=because, request_id=request_id)
            # Not booked: it is for another amount, and a finding says so.
            return payment.check_at if payment.stripe_charge_id is not None else None
        case PayState.CHARGE_UNSEEN:
            await payments.machine.update(session, payment, check_count=payment.check_count + 1)
            return session.now + backoff(CHARGE_SOON, timedelta(hours=1), payment.check_count - 1)
        case PayState.UNDER_WAY:
            await under_way(session, payment, because=because, request_id=request_id)
            return session.now + DEBIT_CHECK
        case PayState.FAILED:
            await fail(session, payment, because=because, request_id=request_id)
            return None
        case PayState.EXPIRED:
            await expire(session, payment, because=because, request_id=request_id)
            return None
        case PayState.OPEN:
            is_unwanted = payment.unwanted_at is not None
            return session.now + (STILL_RUNNING if is_unwanted else UNPAID_CHECK)
        case PayState.ODD:
            await _report_odd(session, payment, seen)
            return session.now + DEBIT_CHECK


async def under_way(
    session: Session, payment: Payment, *, because: Message, request_id: str | None = None, **facts: Any
) -> None:
    """The buyer is done at the pay page, their bank takes days (payment locked); a late event changes nothing."""
    if not payments.machine.allows(payment.status, "processing"):
        return
    facts |= {"check_at": session.now + DEBIT_CHECK, "check_count": 0, "checkout_url": None}
    await _move(session, payment, "processing", PROCESSING, because, request_id, facts)


async def fail(
    session: Session, payment: Payment, *, because: Message, request_id: str | None = None, **facts: Any
) -> None:
    """It was not paid and cannot be any more (payment locked); a late event changes nothing."""
    if payments.machine.allows(payment.status, "failed"):
        facts |= {"check_at": None, "checkout_url": None}
        await _move(session, payment, "failed", FAILED, because, request_id, facts)


async def expire(session: Session, payment: Payment, *, because: Message, request_id: str | None = None) -> None:
    """The page ended unpaid (payment locked); a late event changes nothing."""
    if payments.machine.allows(payment.status, "expired"):
        await payments.expire(session, payment, because=because, request_id=request_id, check_at=None)


def ids_of(payment: Payment, checkout: Mapping[str, Any]) -> dict[str, Any]:
    """The ids a session brings. Ours may have crashed before it wrote the session down."""
    return {
        "stripe_checkout_session_id": payment.stripe_checkout_session_id or checkout["id"],
        "stripe_payment_intent_id": id_of(checkout.get("payment_intent")) or payment.stripe_payment_intent_id,
    }


async def _move(
    session: Session,
    payment: Payment,
    to: str,
    topic: str,
    because: Message,
    request_id: str | None,
    facts: dict[str, Any],
) -> None:
    await payments.move(session, payment, to, because=because, request_id=request_id, **facts)
    await publish(session, topic, {"payment_id": str(payment.id), "order_ref": payment.order_ref})


async def _report_odd(session: Session, payment: Payment, seen: Seen) -> None:
    said = verbatim(str(seen)) if str(seen) else gettext("nothing that this version of Veza can read")
    await findings.report(
        session,
        FindingKind.PAYMENT_ODD,
        _subject(payment),
        gettext(
            "payment {payment_id} is {payment_status} here; at the provider {said}",
            payment_id=payment.id,
            payment_status=payment.status,
            said=said,
        ),
        mend=gettext("capture or cancel it at the provider; what it ends as is taken over from there"),
        payment_id=payment.id,
    )


def _subject(payment: Payment) -> str:
    return f"payment {payment.id}"
