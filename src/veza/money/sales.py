"""From a charge to the sellers' transfers: a sale is cleared once its settlement currency is seen to be ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from veza.kit.database import Session
from veza.kit.messages import Message, gettext, message_of, stored
from veza.kit.money import Amount
from veza.kit.outbox import publish
from veza.money import findings, odd_objects, payments, sending, unbooked_charges
from veza.money.causes import Cause, CauseKind
from veza.money.ledger import Account, moved, post
from veza.money.payment_frame import PaymentFrame
from veza.money.rebalance import rebalance
from veza.money.stripe.answers import id_of

CHARGE_CHECK = timedelta(minutes=1)
"""The first wait for a balance transaction that is not there yet; doubles up to an hour."""


async def charge_seen(
    session: Session,
    frame: PaymentFrame,
    charge: Mapping[str, Any],
    *,
    because: Message,
    request_id: str | None = None,
) -> None:
    """Merge a charge object (payment locked): its success, and, where expanded, its balance transaction.

    A second charge for the same payment, or one of another amount, is booked nowhere: a finding names it.

    Where the transaction is only named, it is fetched at once; where there is none yet (a capture is settled some
    seconds later, and `charge.updated` says when), a look a minute later catches an event that is lost.
    """
    if charge.get("status") != "succeeded" or not charge.get("paid", True) or charge.get("captured") is False:
        return
    if not await odd_objects.readable_or_told(session, frame.payment.id, [charge]):
        return
    if unbooked_charges.is_second(frame.payment, str(charge["id"])):
        await unbooked_charges.second_seen(session, frame.payment, charge)
        return
    try:
        is_new = await _record_succeeded(
            session,
            frame,
            charge_id=str(charge["id"]),
            intent_id=id_of(charge.get("payment_intent")),
            amount_minor=int(charge["amount"]),
            currency=str(charge["currency"]),
            because=because,
            request_id=request_id,
        )
    except payments.BadPayment as error:
        await unbooked_charges.other_amount_seen(session, frame.payment.id, str(charge["id"]), message_of(error))
        return
    settled = charge.get("balance_transaction")
    if frame.payment.cleared_at is not None or frame.payment.held_because_id is not None:
        return
    if isinstance(settled, Mapping):
        await _clear(session, frame, settled)
    elif settled is None and is_new:
        await payments.machine.update(session, frame.payment, check_at=session.now + CHARGE_CHECK)
    elif settled is not None and not is_new:
        await payments.look_now(session, frame.payment)


async def _record_succeeded(
    session: Session,
    frame: PaymentFrame,
    *,
    charge_id: str,
    intent_id: str | None,
    amount_minor: int,
    currency: str,
    because: Message,
    request_id: str | None = None,
) -> bool:
    """The buyer's charge succeeded (payment locked). Posts the capture; True when it was not known before.

    Sellers are not paid yet: the charge's balance transaction must first be seen (`check_at`).
    Raises BadPayment when the charge is not for what the buyer owed.
    """
    if frame.payment.status == "succeeded":
        return False
    if amount_minor != frame.payment.amount_minor or currency.upper() != frame.payment.currency:
        raise payments.BadPayment(
            gettext(
                "charge {charge_id} is for {amount}, payment {payment_id} for {payment_amount}",
                charge_id=charge_id,
                amount=Amount(amount_minor, currency.upper()),
                payment_id=frame.payment.id,
                payment_amount=Amount(frame.payment.amount_minor, frame.payment.currency),
            )
        )
    await payments.move(
        session,
        frame.payment,
        "succeeded",
        because=because,
        request_id=request_id,
        stripe_charge_id=charge_id,
        stripe_payment_intent_id=intent_id,
        checkout_url=None,
        succeeded_at=session.now,
        check_at=session.now,
        check_count=0,
    )
    legs = [(Account.PLATFORM_CASH, frame.payment.amount_minor, None)]
    for line in await frame.lines(session):
        legs += [
            (Account.SHARES_UNSENT, -line.share_minor, line.seller_id),  # type: ignore[list-item]  # the first leg has no seller
            (Account.PLATFORM_REVENUE, -line.fee_minor, None),
        ]
    post(session, frame.payment.id, frame.payment.currency, f"captured by {charge_id}", legs)
    session.wake(payments.CHECK_WAKE)
    await publish(
        session, "payment.succeeded", {"payment_id": str(frame.payment.id), "order_ref": frame.payment.order_ref}
    )
    return True


async def _clear(session: Session, frame: PaymentFrame, settled: Mapping[str, Any]) -> None:
    currency = str(settled["currency"]).upper()
    if currency != frame.payment.currency:
        because = gettext(
            "settled in {currency}, not {payment_currency}", currency=currency, payment_currency=frame.payment.currency
        )
        because_id, fields = stored(because)
        await payments.machine.update(session, frame.payment, held_because_id=because_id, held_because_fields=fields)
        await findings.report(
            session,
            findings.FindingKind.HELD_CURRENCY,
            f"payment {frame.payment.id}",
            gettext(
                "payment {id} was {because}: its sellers are not paid automatically",
                id=frame.payment.id,
                because=because,
            ),
            mend=gettext("add the currency to the platform's balances, and pay these sellers by hand"),
            payment_id=frame.payment.id,
        )
        return
    fee = int(settled.get("fee") or 0)
    await payments.machine.update(session, frame.payment, cleared_at=session.now, provider_fee_minor=fee)
    fees = [(Account.PROVIDER_FEES, fee, None), (Account.PLATFORM_CASH, -fee, None)]
    post(session, frame.payment.id, frame.payment.currency, f"fee of {settled['id']}", fees)
    sale = Cause(CauseKind.SALE, frame.payment.id)
    shares: dict[str, int] = {}
    for line in await frame.lines(session):
        shares[line.seller_id] = shares.get(line.seller_id, 0) + line.share_minor
    for seller, share in shares.items():
        left = share - await _sent_already(session, frame, seller, share)
        if left:
            charge_id = frame.payment.stripe_charge_id
            await sending.add(session, frame, seller, left, sale, because=gettext("sale"), source_transaction=charge_id)
    await rebalance(session, frame, sale)


async def _sent_already(session: Session, frame: PaymentFrame, seller_id: str, share_minor: int) -> int:
    """What of a share was seen to be sent before the sale was cleared here: by rows this database had lost."""
    rows = [row for row in await frame.transfers(session) if row.seller_id == seller_id]
    sent = min(share_minor, sum(row.sent_minor for row in rows))
    if sent:
        legs = moved(Account.TO_RECOVER, Account.SHARES_UNSENT, sent, seller_id)
        post(session, frame.payment.id, frame.payment.currency, "share was sent already", legs)
    return sent
