"""What the provider says of refunds, merged in any order it comes, and what follows from it.

A refund that succeeded is a fact: the lines it returns, the sellers' side of it and those who must hear of it
follow in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, or_, select

from veza.kit.database import Session
from veza.kit.money import Amount
from veza.kit.outbox import publish
from veza.money import findings, returns
from veza.money.causes import Cause, CauseKind
from veza.money.ledger import Account
from veza.money.payments import Payment, lines_of
from veza.money.provider_lists import created_at
from veza.money.rebalance import rebalance
from veza.money.refunds import OF_PAYMENTS, PENDING_CHECK, Refund, RefundLine, add, machine, move, unreserved

_RANK = {"requested": 0, "refused": 0, "pending": 1, "requires_action": 1, "succeeded": 2, "failed": 3, "canceled": 3}
"""Facts merge monotonically: a status of lower rank never overwrites one of higher rank."""


def _is_news(known: str, seen: str) -> bool:
    if seen not in _RANK or seen == known:
        return False
    return _RANK[seen] > _RANK[known] or _RANK[seen] == _RANK[known] == 1


async def record(
    session: Session, payment: Payment, seen: Mapping[str, Any], *, because: str, request_id: str | None = None
) -> Refund | None:
    """Merge one refund object of the provider (payment locked); any order and any repeat ends the same.

    Ours is known by its id there, or by the `veza_refund` in its metadata; any other was made by hand
    and is adopted. None when the object cannot be ours to record (another currency; a finding says so).
    """
    refund = await _known(session, payment, seen)
    status = str(seen.get("status") or "pending")
    if refund is None:
        refund = await _adopt(session, payment, seen, because)
        if refund is None:
            return None
    elif refund.amount_minor != int(seen["amount"]):
        await findings.report(
            session,
            findings.FindingKind.AMOUNT_DIFFERS,
            f"refund {refund.id}",
            f"refund {refund.id} is {Amount(refund.amount_minor, refund.currency)} here and"
            f" {Amount(int(seen['amount']), refund.currency)} at the provider ({seen['id']})",
            mend="find out who changed it; nothing was posted",
            payment_id=payment.id,
        )
        return refund
    if _is_news(refund.status, status):
        await _advance(session, payment, refund, status, str(seen["id"]), because, request_id)
    elif refund.stripe_refund_id is None:
        await machine.update(session, refund, stripe_refund_id=seen["id"], unanswered=False, next_retry_at=None)
    return refund


async def _advance(
    session: Session,
    payment: Payment,
    refund: Refund,
    status: str,
    stripe_id: str,
    because: str,
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
        await _take_effect(session, payment, refund, cause)
    elif was == "succeeded":
        fact = f"refund {refund.id} {status}"
        await returns.take_back(session, payment, cause, fact, refund.amount_minor, account=Account.REFUNDED)
        await rebalance(session, payment, cause)
        await _tell(session, payment, refund, "refund.failed")
    elif status in ("failed", "canceled"):
        await _tell(session, payment, refund, "refund.failed")


async def _take_effect(session: Session, payment: Payment, refund: Refund, cause: Cause) -> None:
    amounts = await _lines_meant(session, refund.id)
    excess = await returns.give(
        session,
        payment,
        cause,
        f"refund {refund.id} succeeded",
        refund.amount_minor,
        account=Account.REFUNDED,
        wanted=amounts,
    )
    if excess:
        await findings.report_loss(session, payment.id, str(cause), excess, payment.currency)
    await rebalance(session, payment, cause)
    await _tell(session, payment, refund, "refund.succeeded")


async def _tell(session: Session, payment: Payment, refund: Refund, topic: str) -> None:
    lines = await _lines_meant(session, refund.id)
    await publish(
        session,
        topic,
        {
            "refund_id": str(refund.id),
            "payment_id": str(payment.id),
            "order_ref": payment.order_ref,
            "amount_minor": refund.amount_minor,
            "currency": refund.currency,
            "lines": {str(line_id): amount for line_id, amount in lines.items()},
        },
    )


_LINES = select(RefundLine.refund_id, RefundLine.line_id, RefundLine.amount_minor).where(
    RefundLine.refund_id.in_(bindparam("refund_ids", expanding=True))
)
_ALL_OF = (
    select(Refund)
    .where(Refund.payment_id.in_(bindparam("payment_ids", expanding=True)))
    .with_for_update()
    .execution_options(populate_existing=True)
)


async def _lines_meant(session: Session, refund_id: UUID) -> dict[UUID, int]:
    # Written with the refund and never changed; one transaction asks for them twice.
    known: dict[UUID, dict[UUID, int]] = session.known("lines meant")
    if refund_id not in known:
        await _know_lines_meant(session, [refund_id])
    return known[refund_id]


async def _know_lines_meant(session: Session, refund_ids: Sequence[UUID]) -> None:
    known: dict[UUID, dict[UUID, int]] = session.known("lines meant")
    known.update({refund_id: {} for refund_id in refund_ids})
    for refund_id, line_id, amount in await session.execute(_LINES, {"refund_ids": refund_ids}):
        known[refund_id][line_id] = int(amount)


async def know_those_of(session: Session, payment_ids: Sequence[UUID]) -> None:
    """Fetch the refunds of these payments (locked), so that `record` need not ask for them one by one."""
    known = session.known(OF_PAYMENTS)
    known.update({payment_id: [] for payment_id in payment_ids})
    rows = (await session.scalars(_ALL_OF, {"payment_ids": payment_ids})).all()
    for row in rows:
        known[row.payment_id].append(row)
    await _know_lines_meant(session, [row.id for row in rows])


async def refuse(
    session: Session, payment: Payment, refund: Refund, *, because: str, request_id: str | None = None, **facts: Any
) -> None:
    """The provider will not do it: release what was reserved and tell who asked."""
    await move(session, refund, "refused", because=because, request_id=request_id, next_retry_at=None, **facts)
    await _tell(session, payment, refund, "refund.failed")


_KNOWN = (
    select(Refund)
    .where(
        Refund.payment_id == bindparam("payment_id"),
        or_(Refund.stripe_refund_id == bindparam("stripe_id"), Refund.id == bindparam("ours")),
    )
    .with_for_update()
    .execution_options(populate_existing=True)
)


async def _known(session: Session, payment: Payment, seen: Mapping[str, Any]) -> Refund | None:
    """Ours by the provider's id, else by the id of ours that its metadata names."""
    ours: UUID | None = None
    with suppress(ValueError, TypeError, AttributeError):
        ours = UUID((seen.get("metadata") or {}).get("veza_refund"))
    by = {"payment_id": payment.id, "stripe_id": str(seen["id"]), "ours": ours}
    known: list[Refund] | None = session.known(OF_PAYMENTS).get(payment.id)
    rows = (await session.scalars(_KNOWN, by)).all() if known is None else known
    theirs = next((row for row in rows if row.stripe_refund_id == seen["id"]), None)
    # A row that has another refund there already was carried out twice: the second is a refund by itself.
    named = next((row for row in rows if row.id == ours), None)
    if theirs is not None or named is not None:
        return theirs or (named if named is not None and named.stripe_refund_id is None else None)
    return None if ours is None else await _asked_anew(session, payment, seen)


async def _asked_anew(session: Session, payment: Payment, seen: Mapping[str, Any]) -> Refund | None:
    """The row that asks for what was refunded already by a row that was lost: younger than that refund, never sent."""
    made = created_at(seen)
    mine = select(Refund).where(
        Refund.payment_id == payment.id,
        Refund.status == "requested",
        Refund.amount_minor == seen.get("amount"),
        Refund.first_sent_at.is_(None),
        Refund.unanswered.is_(False),
    )
    rows = (await session.scalars(mine.order_by(Refund.id))).all() if made is not None else ()
    return next((row for row in rows if made is not None and row.created_at >= made), None)


async def _adopt(session: Session, payment: Payment, seen: Mapping[str, Any], because: str) -> Refund | None:
    if str(seen["currency"]).upper() != payment.currency:
        await findings.report(
            session,
            findings.FindingKind.AMOUNT_DIFFERS,
            f"refund {seen['id']}",
            f"refund {seen['id']} is in {str(seen['currency']).upper()}, payment {payment.id} in {payment.currency}",
            mend="settle it by hand; nothing was posted",
            payment_id=payment.id,
        )
        return None
    refund = await add(session, payment, int(seen["amount"]), "provider", "pending", because, str(seen["id"]))
    left = await unreserved(session, payment)
    parts, _ = returns.allocate(await lines_of(session, payment.id), left, refund.amount_minor, {})
    if parts:
        await session.execute(
            insert(RefundLine),
            [{"refund_id": refund.id, "line_id": line, "amount_minor": part} for line, part in parts.items()],
        )
    return refund
