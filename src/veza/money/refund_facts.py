"""What the provider says of refunds, merged in any order it comes, and what follows from it.

A refund that succeeded is a fact: the lines it returns, the sellers' side of it and those who must hear of it
follow in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from veza.kit.database import Session
from veza.kit.messages import Message, gettext
from veza.kit.money import Amount
from veza.kit.outbox import publish
from veza.money import findings, refunding, return_postings, returns
from veza.money.causes import Cause, CauseKind
from veza.money.ledger import Account
from veza.money.payment_frame import PaymentFrame
from veza.money.provider_lists import created_at
from veza.money.rebalance import rebalance
from veza.money.refunds import PENDING_CHECK, Refund, RefundLine, machine, move
from veza.money.returns import told_returned

_RANK = {"requested": 0, "refused": 0, "pending": 1, "requires_action": 1, "succeeded": 2, "failed": 3, "canceled": 3}
"""Facts merge monotonically: a status of lower rank never overwrites one of higher rank."""


def _is_news(known: str, seen: str) -> bool:
    if seen not in _RANK or seen == known:
        return False
    return _RANK[seen] > _RANK[known] or _RANK[seen] == _RANK[known] == 1


async def record(
    session: Session,
    frame: PaymentFrame,
    seen: Mapping[str, Any],
    *,
    because: Message,
    request_id: str | None = None,
) -> Refund | None:
    """Merge one refund object of the provider (payment locked); any order and any repeat ends the same.

    Ours is known by its id there, or by the `veza_refund` in its metadata; any other was made by hand
    and is adopted. None when the object cannot be ours to record (another currency; a finding says so).
    """
    refund = await _known(session, frame, seen)
    status = str(seen.get("status") or "pending")
    if refund is None:
        refund = await _adopt(session, frame, seen, because)
        if refund is None:
            return None
    elif refund.amount_minor != int(seen["amount"]):
        await findings.report(
            session,
            findings.FindingKind.AMOUNT_DIFFERS,
            f"refund {refund.id}",
            gettext(
                "refund {refund_id} is {amount} here and {provider_amount} at the provider ({provider_id})",
                refund_id=refund.id,
                amount=Amount(refund.amount_minor, refund.currency),
                provider_amount=Amount(int(seen["amount"]), refund.currency),
                provider_id=seen["id"],
            ),
            mend=gettext("find out who changed it; nothing was posted"),
            payment_id=frame.payment.id,
        )
        return refund
    if _is_news(refund.status, status):
        await _advance(session, frame, refund, status, str(seen["id"]), because, request_id)
    elif refund.stripe_refund_id is None:
        await machine.update(session, refund, stripe_refund_id=seen["id"], unanswered=False, next_retry_at=None)
    return refund


async def _advance(
    session: Session,
    frame: PaymentFrame,
    refund: Refund,
    status: str,
    stripe_id: str,
    because: Message,
    request_id: str | None,
) -> None:
    was = refund.status
    facts: dict[str, Any] = {
        "stripe_refund_id": stripe_id,
        "unanswered": False,
        "next_retry_at": None,
        # Card refunds may never send `updated`: a refund that is not final is asked for again.
        "check_at": session.now + PENDING_CHECK if _RANK[status] == 1 else None,
    }
    if status == "succeeded":
        facts["succeeded_at"] = session.now
    await move(session, refund, status, because=because, request_id=request_id, **facts)
    cause = Cause(CauseKind.REFUND, refund.id)
    if status == "succeeded":
        await _take_effect(session, frame, refund, cause)
    elif was == "succeeded":
        fact = f"refund {refund.id} {status}"
        await return_postings.take_back(session, frame, cause, fact, refund.amount_minor, account=Account.REFUNDED)
        await rebalance(session, frame, cause)
        await _tell(session, frame, refund, "refund.failed")
    elif status in ("failed", "canceled"):
        await _tell(session, frame, refund, "refund.failed")


async def _take_effect(session: Session, frame: PaymentFrame, refund: Refund, cause: Cause) -> None:
    amounts = await frame.lines_of_refund(session, refund.id)
    excess = await return_postings.give(
        session,
        frame,
        cause,
        f"refund {refund.id} succeeded",
        refund.amount_minor,
        account=Account.REFUNDED,
        wanted=amounts,
    )
    if excess:
        await findings.report_loss(session, frame.payment.id, cause, excess, frame.payment.currency)
    await rebalance(session, frame, cause)
    await _tell(session, frame, refund, "refund.succeeded")


async def _tell(session: Session, frame: PaymentFrame, refund: Refund, topic: str) -> None:
    lines = await frame.lines_of_refund(session, refund.id)
    await publish(
        session,
        topic,
        {
            "refund_id": str(refund.id),
            "payment_id": str(frame.payment.id),
            "order_ref": frame.payment.order_ref,
            "amount_minor": refund.amount_minor,
            "currency": refund.currency,
            "lines": {str(line_id): amount for line_id, amount in lines.items()},
            "returned": told_returned(await frame.returned(session)),
        },
    )


async def refuse(
    session: Session,
    frame: PaymentFrame,
    refund: Refund,
    *,
    because: Message,
    request_id: str | None = None,
    **facts: Any,
) -> None:
    """The provider will not do it: release what was reserved and tell who asked."""
    await move(session, refund, "refused", because=because, request_id=request_id, next_retry_at=None, **facts)
    await _tell(session, frame, refund, "refund.failed")


async def _known(session: Session, frame: PaymentFrame, seen: Mapping[str, Any]) -> Refund | None:
    """Ours by the provider's id, else by the id of ours that its metadata names."""
    ours: UUID | None = None
    with suppress(ValueError, TypeError, AttributeError):
        ours = UUID((seen.get("metadata") or {}).get("veza_refund"))
    rows = await frame.refunds(session)
    theirs = next((row for row in rows if row.stripe_refund_id == seen["id"]), None)
    # A row that has another refund there already was carried out twice: the second is a refund by itself.
    named = next((row for row in rows if row.id == ours), None)
    if theirs is not None or named is not None:
        return theirs or (named if named is not None and named.stripe_refund_id is None else None)
    return None if ours is None else await _asked_anew(session, frame, seen)


async def _asked_anew(session: Session, frame: PaymentFrame, seen: Mapping[str, Any]) -> Refund | None:
    """The row that asks for what was refunded already by a row that was lost: younger than that refund, never sent."""
    made = created_at(seen)
    mine = select(Refund).where(
        Refund.payment_id == frame.payment.id,
        Refund.status == "requested",
        Refund.amount_minor == seen.get("amount"),
        Refund.first_sent_at.is_(None),
        Refund.unanswered.is_(False),
    )
    rows = (await session.scalars(mine.order_by(Refund.id))).all() if made is not None else ()
    return next((row for row in rows if made is not None and row.created_at >= made), None)


async def _adopt(session: Session, frame: PaymentFrame, seen: Mapping[str, Any], because: Message) -> Refund | None:
    if str(seen["currency"]).upper() != frame.payment.currency:
        await findings.report(
            session,
            findings.FindingKind.AMOUNT_DIFFERS,
            f"refund {seen['id']}",
            gettext(
                "refund {refund_id} is in {currency}, payment {payment_id} in {payment_currency}",
                refund_id=seen["id"],
                currency=str(seen["currency"]).upper(),
                payment_id=frame.payment.id,
                payment_currency=frame.payment.currency,
            ),
            mend=gettext("settle it by hand; nothing was posted"),
            payment_id=frame.payment.id,
        )
        return None
    refund = await refunding.add(session, frame, int(seen["amount"]), "provider", "pending", because, str(seen["id"]))
    left = await refunding.unreserved(session, frame)
    parts, _ = returns.allocate(await frame.lines(session), left, refund.amount_minor, {})
    if parts:
        await session.execute(
            insert(RefundLine),
            [{"refund_id": refund.id, "line_id": line, "amount_minor": part} for line, part in parts.items()],
        )
    return refund
