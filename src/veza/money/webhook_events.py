"""What each kind of event means to us: facts, merged in any order they come.

A handler has one transaction and no network. What the payload lacks sets a `check_at`, and the check worker
fetches it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from veza.kit.database import Session
from veza.kit.messages import Message, gettext
from veza.money import (
    adoption,
    discoveries,
    disputes,
    odd_objects,
    payment_progress,
    payments,
    refund_facts,
    reversal_waits,
    sales,
    sellers,
    transfer_waits,
    transfers,
    unbooked_charges,
)
from veza.money.payment_frame import HeldPayments, PaymentFrame, prefetch
from veza.money.payments import Payment
from veza.money.stripe.answers import id_of
from veza.money.stripe.payment_states import PayState, Seen, state_of
from veza.money.transfers import SellerTransfer

Handler = Callable[[Session, HeldPayments, Mapping[str, Any]], Awaitable[UUID | None]]
"""Takes the event in, with the payments this transaction holds; returns the payment it was about, if any."""


class NotOurs(Exception):
    """The event is about something another program made on the same account; says what."""


async def hold(session: Session, events: Sequence[Mapping[str, Any]]) -> tuple[HeldPayments, list[Mapping[str, Any]]]:
    """Lock the payments these events are about, where no other transaction has, and read what handling them needs.

    Returns what is held, and the events whose payment is. Never waits: two batches that each hold one payment and want
    the other's would stop both.
    """
    known_by = [_known_by(event["data"]["object"]) for event in events]
    ids, charges, intents = ([value for value in values if value] for values in zip(*known_by, strict=True))
    held = HeldPayments()
    await held.lock_free(session, ids, charges, intents)
    await prefetch(session, held.frames, needs_refunds=True)
    return held, [event for event, by in zip(events, known_by, strict=True) if _held_by(held, *by)]


def _known_by(seen: Mapping[str, Any]) -> tuple[UUID | None, str | None, str | None]:
    """What the payment of a charge, intent, refund, dispute or transfer is known by: our id, the charge, the intent."""
    charge = seen["id"] if seen.get("object") == "charge" else id_of(seen.get("charge"))
    intent = seen["id"] if seen.get("object") == "payment_intent" else id_of(seen.get("payment_intent"))
    return discoveries.our_id(seen, "veza_payment"), charge, intent


def _held_by(held: HeldPayments, ours: UUID | None, charge: str | None, intent: str | None) -> PaymentFrame | None:
    """The held payment an object belongs to, where nothing it says points to another one."""
    found = held.best_known_by(ours, charge, intent)
    if found is None:
        return None
    # A charge is found by its charge even when its metadata (edited by hand) names another payment: when that is held
    # elsewhere, what the metadata names must not take its place.
    known = found.payment
    says = ((charge, known.stripe_charge_id), (intent, known.stripe_payment_intent_id), (ours, known.id))
    return None if any(said and one and said != one for said, one in says) else found


async def frame_of_charge(session: Session, held: HeldPayments, seen: Mapping[str, Any]) -> PaymentFrame:
    """The locked payment a charge, refund or dispute object belongs to; raises NotOurs.

    What belongs to another charge than the payment's own (the buyer paid twice) is not the payment's.
    """
    ours, charge, intent = _known_by(seen)
    already = _held_by(held, ours, charge, intent)
    if already is not None:
        return already
    kind, their_id = seen.get("object"), seen.get("id")
    found = await held.lock_known_by(session, ours, charge or None, intent or None)  # an odd object has anything there
    if found is None:
        raise NotOurs(gettext("{kind} {object_id} belongs to no payment of ours", kind=kind, object_id=their_id))
    is_charge = kind in ("charge", "payment_intent")
    if not is_charge and charge and unbooked_charges.is_second(found.payment, charge):
        raise NotOurs(
            gettext(
                "{kind} {object_id} is of charge {charge}, not of that of {payment}",
                kind=kind,
                object_id=their_id,
                charge=charge,
                payment=found.payment.id,
            )
        )
    return found


async def _charge(session: Session, held: HeldPayments, event: Mapping[str, Any]) -> UUID:
    charge = event["data"]["object"]
    frame = await frame_of_charge(session, held, charge)
    await sales.charge_seen(session, frame, charge, because=_why(event), request_id=_request(event))
    return frame.payment.id


async def _charge_hint(session: Session, held: HeldPayments, event: Mapping[str, Any]) -> UUID:
    """charge.refunded lists no refunds (since 2022-11-15): fetch them."""
    seen = event["data"]["object"]
    frame = await frame_of_charge(session, held, seen)
    if seen.get("object") == "charge" and unbooked_charges.is_second(frame.payment, str(seen["id"])):
        await unbooked_charges.second_seen(session, frame.payment, seen)
        return frame.payment.id
    await payments.look_now(session, frame.payment)
    return frame.payment.id


async def _payment_intent(session: Session, held: HeldPayments, event: Mapping[str, Any]) -> UUID:
    intent = event["data"]["object"]
    frame = await frame_of_charge(session, held, intent)
    charge = intent.get("latest_charge")
    if charge and not isinstance(charge, Mapping):
        charge = {"id": str(charge), "amount": intent["amount_received"], "currency": intent["currency"]}
        charge |= {"status": "succeeded", "payment_intent": intent["id"]}
    if charge:
        await sales.charge_seen(session, frame, charge, because=_why(event), request_id=_request(event))
    return frame.payment.id


async def _intent_moved(session: Session, held: HeldPayments, event: Mapping[str, Any]) -> UUID:
    """An intent says where one attempt stands, not what the page still allows: both are fetched and judged together."""
    seen = event["data"]["object"]
    frame = await frame_of_charge(session, held, seen)
    if frame.payment.status in _LOOKED_AT_WHILE[event["type"]]:
        intent = seen["id"] if seen.get("object") == "payment_intent" else id_of(seen.get("payment_intent"))
        await payments.look_now(
            session, frame.payment, stripe_payment_intent_id=frame.payment.stripe_payment_intent_id or intent
        )
    return frame.payment.id


_LOOKED_AT_WHILE = {
    "charge.expired": payments.UNPAID,
    "payment_intent.amount_capturable_updated": payments.UNPAID,
    "payment_intent.canceled": payments.UNPAID,
    # A card declined on an open page needs no telling: the buyer is there and takes another.
    "payment_intent.payment_failed": ("processing",),
    "payment_intent.processing": ("pending",),
}


async def _checkout_ended(session: Session, held: HeldPayments, event: Mapping[str, Any]) -> UUID:
    """The buyer is done at the page, or their bank has paid. The session does not carry the charge: it is fetched."""
    seen = event["data"]["object"]
    payment = await _payment_of_session(session, held, seen)
    if payment.status == "succeeded":
        return payment.id
    ids = payment_progress.ids_of(payment, seen)
    if state_of(Seen.of_session(seen)) is PayState.UNDER_WAY:
        await payment_progress.under_way(session, payment, because=_why(event), request_id=_request(event), **ids)
    else:
        await payments.look_now(session, payment, **ids)
    return payment.id


async def _checkout_failed(session: Session, held: HeldPayments, event: Mapping[str, Any]) -> UUID:
    seen = event["data"]["object"]
    payment = await _payment_of_session(session, held, seen)
    ids = payment_progress.ids_of(payment, seen)
    await payment_progress.fail(session, payment, because=_why(event), request_id=_request(event), **ids)
    return payment.id


async def _checkout_expired(session: Session, held: HeldPayments, event: Mapping[str, Any]) -> UUID:
    payment = await _payment_of_session(session, held, event["data"]["object"])
    await payment_progress.expire(session, payment, because=_why(event), request_id=_request(event))
    return payment.id


async def _payment_of_session(session: Session, held: HeldPayments, seen: Mapping[str, Any]) -> Payment:
    frame = await held.lock_by(session, "stripe_checkout_session_id", str(seen["id"]))
    ours = discoveries.our_id(seen, "veza_payment")
    if frame is None and ours is not None:
        frame = await held.lock_by(session, "id", ours)
    if frame is None:
        raise NotOurs(gettext("checkout session {seen} belongs to no payment of ours", seen=seen["id"]))
    return frame.payment


async def _refund(session: Session, held: HeldPayments, event: Mapping[str, Any]) -> UUID:
    seen = event["data"]["object"]
    if seen.get("object") == "charge":
        return await _charge_hint(session, held, event)
    frame = await frame_of_charge(session, held, seen)
    if frame.payment.status != "succeeded":
        # The refund overtook the news of its charge: fetch the charge, and all its refunds with it.
        await payments.look_now(session, frame.payment)
        return frame.payment.id
    for one in await odd_objects.readable_or_told(session, frame.payment.id, [seen]):
        await refund_facts.record(session, frame, one, because=_why(event), request_id=_request(event))
    return frame.payment.id


async def _dispute(session: Session, held: HeldPayments, event: Mapping[str, Any]) -> UUID:
    frame = await frame_of_charge(session, held, event["data"]["object"])
    if frame.payment.status != "succeeded":
        await payments.look_now(session, frame.payment)
        return frame.payment.id
    for seen in await odd_objects.readable_or_told(session, frame.payment.id, [event["data"]["object"]]):
        await disputes.record(session, frame, seen, because=_why(event), request_id=_request(event))
    return frame.payment.id


async def _transfer(session: Session, held: HeldPayments, event: Mapping[str, Any]) -> UUID | None:
    seen = event["data"]["object"]
    if not await odd_objects.readable_or_told(session, None, [seen]):
        return None
    ours = discoveries.our_id(seen, "veza_transfer")
    found = (await session.execute(_BY_THEIR_ID, {"theirs": str(seen["id"])})).first()
    if found is None and ours is not None:
        found = (await session.execute(_BY_OUR_ID, {"ours": ours})).first()
    if found is None:
        return await _transfer_of_group(session, held, event, seen)
    transfer_id, payment_id = found
    frame = await held.lock(session, payment_id)
    transfer = await frame.transfer(session, transfer_id)
    await discoveries.transfer_seen(session, frame, transfer, seen, because=_why(event), request_id=_request(event))
    await _reversals_of(session, event, frame, transfer, seen)
    return frame.payment.id


_TRANSFER = select(SellerTransfer.id, SellerTransfer.payment_id)
_BY_THEIR_ID = _TRANSFER.where(SellerTransfer.stripe_transfer_id == bindparam("theirs"))
_BY_OUR_ID = _TRANSFER.where(SellerTransfer.id == bindparam("ours"), SellerTransfer.stripe_transfer_id.is_(None))


async def _transfer_of_group(
    session: Session, held: HeldPayments, event: Mapping[str, Any], seen: Mapping[str, Any]
) -> UUID:
    """No row knows this transfer: after a restore it may be one whose row was lost, or was planned anew."""
    named = discoveries.our_id(seen, "veza_payment")
    frame = await held.lock_by(session, "id", named) if named is not None else None
    if frame is None:
        raise NotOurs(gettext("transfer {seen} is none of ours", seen=seen["id"]))
    if frame.payment.status != "succeeded":
        # The transfer overtook the news of its charge: fetch that; the transfer is looked up before one is sent.
        await payments.machine.update(session, frame.payment, check_at=session.now, check_count=0)
        session.wake(payments.CHECK_WAKE)
        return frame.payment.id
    because = _why(event)
    row = await adoption.transfer_of_group_seen(session, frame, seen, because=because, request_id=_request(event))
    if row is None:
        raise NotOurs(gettext("transfer {seen} is none of ours", seen=seen["id"]))
    await _reversals_of(session, event, frame, row, seen)
    return frame.payment.id


async def _reversals_of(
    session: Session, event: Mapping[str, Any], frame: PaymentFrame, transfer: SellerTransfer, seen: Mapping[str, Any]
) -> None:
    listed = seen.get("reversals") or {}
    items = listed.get("data") or ()
    await discoveries.reversals_seen(session, frame, transfer, items, because=_why(event), request_id=_request(event))
    if int(seen.get("amount_reversed") or 0) > transfer.reversed_minor:
        # The payload shows only the first ten: fetch the rest.
        await transfers.machine.update(session, transfer, check_at=session.now)
        session.wake(payments.CHECK_WAKE)


async def _balance(session: Session, held: HeldPayments, event: Mapping[str, Any]) -> UUID | None:
    """Money became available: what waited for it is due at once."""
    account = event.get("account")
    if account is None:
        await transfer_waits.wake_waiting_for(session)
        return None
    await reversal_waits.wake_waiting_for(session, str(account))
    return None


async def _account(session: Session, held: HeldPayments, event: Mapping[str, Any]) -> UUID | None:
    account = event["data"]["object"]
    active = (account.get("capabilities") or {}).get("transfers") == "active"
    said_at = datetime.fromtimestamp(int(event["created"]), tz=session.now.tzinfo)
    opened_for = (account.get("metadata") or {}).get("veza_seller")
    await sellers.record_account(session, str(account["id"]), active, seen_at=said_at, opened_for=opened_for)
    return None


async def _deauthorized(session: Session, held: HeldPayments, event: Mapping[str, Any]) -> UUID | None:
    """A seller took the platform's access away, or their account was closed with it. Its data is our application."""
    account = event.get("account")
    if account is None or await sellers.let_go(session, str(account), because=_why(event)) is None:
        raise NotOurs(gettext("account {account} belongs to no seller of ours", account=account))
    return None


HANDLERS: dict[str, Handler] = {
    "account.application.deauthorized": _deauthorized,
    "account.updated": _account,
    "balance.available": _balance,
    "charge.dispute.closed": _dispute,
    "charge.dispute.created": _dispute,
    "charge.dispute.funds_reinstated": _dispute,
    "charge.dispute.funds_withdrawn": _dispute,
    "charge.dispute.updated": _dispute,
    "charge.captured": _charge,
    "charge.expired": _intent_moved,
    "charge.refund.updated": _refund,
    "charge.refunded": _charge_hint,
    "charge.succeeded": _charge,
    "charge.updated": _charge,
    "checkout.session.async_payment_failed": _checkout_failed,
    "checkout.session.async_payment_succeeded": _checkout_ended,
    "checkout.session.completed": _checkout_ended,
    "checkout.session.expired": _checkout_expired,
    "payment_intent.amount_capturable_updated": _intent_moved,
    "payment_intent.canceled": _intent_moved,
    "payment_intent.payment_failed": _intent_moved,
    "payment_intent.processing": _intent_moved,
    "payment_intent.succeeded": _payment_intent,
    "refund.created": _refund,
    "refund.failed": _refund,
    "refund.updated": _refund,
    "transfer.created": _transfer,
    "transfer.reversed": _transfer,
    "transfer.updated": _transfer,
}
"""Every event we listen to; others are stored and ignored."""


def _why(event: Mapping[str, Any]) -> Message:
    return gettext("{type} {id}", type=event["type"], id=event["id"])


def _request(event: Mapping[str, Any]) -> str | None:
    request = event.get("request")
    return request.get("id") if isinstance(request, Mapping) else None
