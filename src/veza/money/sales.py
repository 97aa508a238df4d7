"""From a charge to the sellers' transfers: a sale is cleared once its settlement currency is seen to be ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from veza.kit.database import Session
from veza.kit.money import Amount
from veza.kit.outbox import publish
from veza.money import findings, odd_objects, payments, transfers, unbooked_charges
from veza.money.causes import Cause, CauseKind
from veza.money.ledger import Account, moved, post
from veza.money.payments import Payment, lines_of
from veza.money.rebalance import rebalance
from veza.money.stripe.answers import id_of

CHARGE_CHECK = timedelta(minutes=1)
"""The first wait for a balance transaction that is not there yet; doubles up to an hour."""


async def charge_seen(
    session: Session, payment: Payment, charge: Mapping[str, Any], *, because: str, request_id: str | None = None
) -> None:
    """Merge a charge object (payment locked): its success, and, where expanded, its balance transaction.

    A second charge for the same payment, or one of another amount, is booked nowhere: a finding names it.

    Where the transaction is only named, it is fetched at once; where there is none yet (a capture is settled some
    seconds later, and `charge.updated` says when), a look a minute later catches an event that is lost.
    """
    if charge.get("status") != "succeeded" or not charge.get("paid", True) or charge.get("captured") is False:
        return
    if not await odd_objects.readable_or_told(session, payment.id, [charge]):
        return
    if unbooked_charges.is_second(payment, str(charge["id"])):
        await unbooked_charges.second_seen(session, payment, charge)
        return
    try:
        is_news = await _record_succeeded(
            session,
            payment,
            charge_id=str(charge["id"]),
            intent_id=id_of(charge.get("payment_intent")),
            amount_minor=int(charge["amount"]),
            currency=str(charge["currency"]),
            because=because,
            request_id=request_id,
        )
    except payments.BadPayment as error:
        await unbooked_charges.other_amount_seen(session, payment.id, str(charge["id"]), str(error))
        return
    settled = charge.get("balance_transaction")
    if payment.cleared_at is not None or payment.held_because is not None:
        return
    if isinstance(settled, Mapping):
        await _clear(session, payment, settled)
    elif settled is None and is_news:
        await payments.machine.update(session, payment, check_at=session.now + CHARGE_CHECK)
    elif settled is not None and not is_news:
        await payments.look_now(session, payment)


async def _record_succeeded(
    session: Session,
    payment: Payment,
    *,
    charge_id: str,
    intent_id: str | None,
    amount_minor: int,
    currency: str,
    because: str,
    request_id: str | None = None,
) -> bool:
    """The buyer's charge succeeded (payment locked). Posts the capture; True when it is news.

    Sellers are not paid yet: the charge's balance transaction must first be seen (`check_at`).
    Raises BadPayment when the charge is not for what the buyer owed.
    """
    if payment.status == "succeeded":
        return False
    if amount_minor != payment.amount_minor or currency.upper() != payment.currency:
        raise payments.BadPayment(
            f"charge {charge_id} is for {Amount(amount_minor, currency.upper())},"
            f" payment {payment.id} for {Amount(payment.amount_minor, payment.currency)}"
        )
    await payments.move(
        session,
        payment,
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
    legs = [(Account.PLATFORM_CASH, payment.amount_minor, None)]
    for line in await lines_of(session, payment.id):
        legs += [
            (Account.SHARES_UNSENT, -line.share_minor, line.seller_id),  # type: ignore[list-item]  # the first leg has no seller
            (Account.PLATFORM_REVENUE, -line.fee_minor, None),
        ]
    post(session, payment.id, payment.currency, f"captured by {charge_id}", legs)
    session.wake(payments.CHECK_WAKE)
    await publish(session, "payment.succeeded", {"payment_id": str(payment.id), "order_ref": payment.order_ref})
    return True


async def _clear(session: Session, payment: Payment, settled: Mapping[str, Any]) -> None:
    currency = str(settled["currency"]).upper()
    if currency != payment.currency:
        because = f"settled in {currency}, not {payment.currency}"
        await payments.machine.update(session, payment, held_because=because)
        await findings.report(
            session,
            findings.FindingKind.HELD_CURRENCY,
            f"payment {payment.id}",
            f"payment {payment.id} was {because}: its sellers are not paid automatically",
            mend="add the currency to the platform's balances, and pay these sellers by hand",
            payment_id=payment.id,
        )
        return
    fee = int(settled.get("fee") or 0)
    await payments.machine.update(session, payment, cleared_at=session.now, provider_fee_minor=fee)
    fees = [(Account.PROVIDER_FEES, fee, None), (Account.PLATFORM_CASH, -fee, None)]
    post(session, payment.id, payment.currency, f"fee of {settled['id']}", fees)
    sale = Cause(CauseKind.SALE, payment.id)
    shares: dict[str, int] = {}
    for line in await lines_of(session, payment.id):
        shares[line.seller_id] = shares.get(line.seller_id, 0) + line.share_minor
    for seller, share in shares.items():
        left = share - await _sent_already(session, payment, seller, share)
        if left:
            charge_id = payment.stripe_charge_id
            await transfers.add(session, payment, seller, left, sale, because="sale", source_transaction=charge_id)
    await rebalance(session, payment, sale)


async def _sent_already(session: Session, payment: Payment, seller_id: str, share_minor: int) -> int:
    """What of a share was seen to be sent before the sale was cleared here: by rows this database had lost."""
    rows = [row for row in await transfers.locked_of(session, payment.id) if row.seller_id == seller_id]
    sent = min(share_minor, sum(row.sent_minor for row in rows))
    if sent:
        legs = moved(Account.TO_RECOVER, Account.SHARES_UNSENT, sent, seller_id)
        post(session, payment.id, payment.currency, "share was sent already", legs)
    return sent
