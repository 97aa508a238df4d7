"""What is seen at the provider, made by Veza or by hand, from a webhook or a look-up: merged once, then rebalanced.

Workers' answers, webhooks, the check worker, catch-up and reconciliation all come through here, so there is
one way for each fact to take effect. Every function wants the payment locked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from veza.kit.database import Session
from veza.kit.messages import Message, gettext
from veza.kit.money import Amount
from veza.money import findings, odd_objects, recovery, reversals, sending, transfers
from veza.money.causes import Cause, CauseKind
from veza.money.payment_frame import PaymentFrame
from veza.money.provider_lists import created_at
from veza.money.rebalance import rebalance
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer


def our_id(seen: Mapping[str, Any], name: str) -> UUID | None:
    """The id we wrote into the object's metadata under `name`, if there is a readable one."""
    with suppress(ValueError, TypeError, AttributeError):
        return UUID((seen.get("metadata") or {})[name]) if name in (seen.get("metadata") or {}) else None
    return None


async def transfer_seen(
    session: Session,
    frame: PaymentFrame,
    transfer: SellerTransfer,
    seen: Mapping[str, Any],
    *,
    because: Message,
    request_id: str | None = None,
) -> None:
    """The provider has this transfer of ours; if it was not wanted any more, the difference is closed at once."""
    if int(seen["amount"]) != transfer.sent_minor:
        if not _is_planned_otherwise(transfer, int(seen["amount"])):
            await _amount_differs(session, frame, f"transfer {transfer.id}", transfer.sent_minor, seen)
            return
        await sending.change_to(session, frame, transfer, int(seen["amount"]))
    cause = unwanted_cause(transfer) or Cause(CauseKind.SALE, frame.payment.id)
    news = await sending.record_made(session, frame, transfer, seen, because=because, request_id=request_id)
    if news:
        await rebalance(session, frame, cause)
        await _want_again(session, transfer)


def _is_planned_otherwise(transfer: SellerTransfer, amount_minor: int) -> bool:
    """Whether the provider's amount is what this row was to send once; this database knows of no sending.

    After a restore the row may have been lowered anew, or its lowering may be lost (a part was kept for a debt).
    """
    is_open = transfers.is_unsent(transfer) or transfer.status == "canceled"
    return is_open and not transfer.unanswered and 0 < amount_minor <= transfer.share_minor


async def reversals_seen(
    session: Session,
    frame: PaymentFrame,
    transfer: SellerTransfer,
    seen: Sequence[Mapping[str, Any]],
    *,
    because: Message,
    request_id: str | None = None,
) -> None:
    """These reversals of `transfer` are at the provider: ours are adopted, others recorded, then all is rebalanced.

    One that cannot be read is a finding.
    """
    known = {row.id: row for row in await frame.reversals(session) if row.transfer_id == transfer.id}
    by_stripe_id = {row.stripe_reversal_id: row for row in known.values()}
    for one in await odd_objects.readable_or_told(session, frame.payment.id, seen):
        if (one.get("status") or "succeeded") != "succeeded":
            continue  # a private preview gives reversals a status: this one has not happened (yet)
        row = by_stripe_id.get(one["id"]) or _unmade(known, one)
        if row is None:
            await _record_others(session, frame, transfer, one, because)
        elif row.stripe_reversal_id is None or row.status != "succeeded":
            await adopt(session, frame, transfer, row, one, because=because, request_id=request_id)


def _unmade(known: Mapping[UUID, TransferReversal], seen: Mapping[str, Any]) -> TransferReversal | None:
    """The row `seen` carries out: the one its metadata names, else one that was planned anew after its row was lost."""
    ours = our_id(seen, "veza_reversal")
    named = known.get(ours) if ours else None
    if named is not None:
        # Carried out already as another one: this is a second reversal, and counts by itself.
        return named if named.stripe_reversal_id is None else None
    made = created_at(seen)
    if ours is None or made is None:
        return None
    for row in known.values():
        is_unsent = row.status == "pending" and not row.unanswered and row.first_sent_at is None
        if is_unsent and row.amount_minor == seen["amount"] and row.created_at >= made:
            return row
    return None


async def adopt(
    session: Session,
    frame: PaymentFrame,
    transfer: SellerTransfer,
    reversal: TransferReversal,
    seen: Mapping[str, Any],
    *,
    because: Message,
    request_id: str | None = None,
) -> None:
    """This reversal of ours exists at the provider: it succeeded, also where we believed otherwise."""
    if int(seen["amount"]) != reversal.amount_minor:
        await _amount_differs(session, frame, f"reversal {reversal.id}", reversal.amount_minor, seen)
        return
    was_planned = reversal.status != "canceled"
    cause = unwanted_cause(reversal)
    if not await recovery.succeed(
        session, frame, transfer, reversal, str(seen["id"]), because=because, request_id=request_id
    ):
        return
    if cause is None and was_planned:
        return
    await rebalance(session, frame, cause or Cause(CauseKind.REBALANCE, reversal.id))
    await _want_again(session, reversal)


async def _record_others(
    session: Session, frame: PaymentFrame, transfer: SellerTransfer, seen: Mapping[str, Any], because: Message
) -> None:
    if transfer.reversed_minor + int(seen["amount"]) > transfer.sent_minor:
        await _amount_differs(session, frame, f"reversals of transfer {transfer.id}", transfer.sent_minor, seen)
        return
    amount = int(seen["amount"])
    row = await recovery.add_seen(session, frame, transfer, str(seen["id"]), amount, because)
    if our_id(seen, "veza_reversal") is None:
        await findings.report(
            session,
            findings.FindingKind.MADE_IN_DASHBOARD,
            f"reversal {row.id}",
            gettext(
                "{amount} of transfer {stripe_transfer_id} was reversed by hand ({seen})",
                amount=Amount(amount, row.currency),
                stripe_transfer_id=transfer.stripe_transfer_id,
                seen=seen["id"],
            ),
            mend=gettext("nothing to do if it was meant; it counts as taken back"),
            payment_id=frame.payment.id,
        )
    await rebalance(session, frame, Cause(CauseKind.PROVIDER, row.id))


def unwanted_cause(row: SellerTransfer | TransferReversal) -> Cause | None:
    """Why this row is not wanted any more, if it is not."""
    if row.unwanted_at is None or row.unwanted_cause_kind is None or row.unwanted_cause_id is None:
        return None
    return Cause(CauseKind(row.unwanted_cause_kind), row.unwanted_cause_id)


async def _want_again(session: Session, row: SellerTransfer | TransferReversal) -> None:
    """It has been judged; what it is now, it is meant to be."""
    if row.unwanted_at is None:
        return
    if isinstance(row, SellerTransfer):
        await transfers.machine.update(session, row, unwanted_at=None)
    else:
        await reversals.machine.update(session, row, unwanted_at=None)


async def _amount_differs(
    session: Session, frame: PaymentFrame, subject: str, here_minor: int, seen: Mapping[str, Any]
) -> None:
    there = Amount(int(seen["amount"]), str(seen.get("currency") or frame.payment.currency).upper())
    await findings.report(
        session,
        findings.FindingKind.AMOUNT_DIFFERS,
        subject,
        gettext(
            "{subject} is {here} here and {there} at the provider ({seen})",
            subject=subject,
            here=Amount(here_minor, frame.payment.currency),
            there=there,
            seen=seen["id"],
        ),
        mend=gettext("find out who made it; nothing was posted"),
        payment_id=frame.payment.id,
    )
