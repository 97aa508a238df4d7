"""Recording returns to buyers, and returns that failed later: signed rows for each line, one posting for each fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

from sqlalchemy import bindparam, func, select

from veza.kit.database import Session
from veza.money import findings
from veza.money.causes import Cause, CauseKind
from veza.money.ledger import Account, LedgerEntry, Leg, post
from veza.money.payment_frame import PaymentFrame
from veza.money.payments import PaymentLine
from veza.money.returns import LineReturn, allocate, owed


async def give(
    session: Session,
    frame: PaymentFrame,
    cause: Cause,
    fact: str,
    amount_minor: int,
    *,
    account: Account,
    wanted: Mapping[UUID, int] | None = None,
) -> int:
    """Money went back to the buyer (payment locked): rows per line and one posting; returns the platform's loss.

    `account` is where it went (refunded, disputed).
    """
    lines = await frame.lines(session)
    before = await frame.returned(session)
    left = {line.id: line.gross_minor - before.get(line.id, 0) for line in lines}
    parts, excess = allocate(lines, left, amount_minor, wanted or {})
    _append(session, frame, cause, fact, parts, before)
    legs = [*_legs(frame, lines, before, parts), (account, -amount_minor, None), (Account.LOSS, excess, None)]
    post(session, frame.payment.id, frame.payment.currency, fact, legs, cause=cause)
    return excess


async def take_back(
    session: Session, frame: PaymentFrame, cause: Cause, fact: str, amount_minor: int, *, account: Account
) -> None:
    """A return was undone (payment locked): the lines get `amount_minor` back, the loss what they did not carry."""
    lines = await frame.lines(session)
    before = await frame.returned(session)
    await session.write_appended()
    rows = await session.execute(_GIVEN, {"cause_id": cause.id, "cause_kind": cause.kind.value})
    given = {line_id: int(total) for line_id, total in rows}
    on_lines = min(amount_minor, sum(given.values()))
    parts, _ = allocate([line for line in lines if line.id in given], given, on_lines, {})
    back = {line_id: -part for line_id, part in parts.items()}
    _append(session, frame, cause, fact, back, before)
    legs = [*_legs(frame, lines, before, back), (account, amount_minor, None)]
    legs.append((Account.LOSS, on_lines - amount_minor, None))
    post(session, frame.payment.id, frame.payment.currency, fact, legs, cause=cause)
    await _carry_losses(session, frame, fact)


_GIVEN = (
    select(LineReturn.line_id, func.sum(LineReturn.amount_minor))
    .where(LineReturn.cause_id == bindparam("cause_id"), LineReturn.cause_kind == bindparam("cause_kind"))
    .group_by(LineReturn.line_id)
)


async def _carry_losses(session: Session, frame: PaymentFrame, after: str) -> None:
    """Lines with space again carry what others returned beyond them, so the order of facts makes no difference."""
    lines = await frame.lines(session)
    for cause, loss in (await _losses(session, frame.payment.id)).items():
        before = await frame.returned(session)
        left = {line.id: line.gross_minor - before.get(line.id, 0) for line in lines}
        parts, rest = allocate(lines, left, loss, {})
        fact = f"{cause} carried after {after}"
        _append(session, frame, cause, fact, parts, before)
        legs = [*_legs(frame, lines, before, parts), (Account.LOSS, rest - loss, None)]
        post(session, frame.payment.id, frame.payment.currency, fact, legs, cause=cause)
        if rest == 0:
            await findings.resolve(session, findings.FindingKind.PLATFORM_LOSS, str(cause))


async def _losses(session: Session, payment_id: UUID) -> dict[Cause, int]:
    """What each refund or dispute returned beyond the lines."""
    losses: dict[Cause, int] = {}
    await session.write_appended()
    for kind, cause_id, amount in await session.execute(_LOST, {"payment_id": payment_id}):
        cause = Cause(CauseKind(str(kind)), cast(UUID, cause_id))
        losses[cause] = losses.get(cause, 0) + int(amount)
    return losses


_LOST = select(LedgerEntry.cause_kind, LedgerEntry.cause_id, LedgerEntry.amount_minor).where(
    LedgerEntry.payment_id == bindparam("payment_id"), LedgerEntry.account == Account.LOSS
)


def _legs(
    frame: PaymentFrame, lines: Sequence[PaymentLine], before: Mapping[UUID, int], parts: Mapping[UUID, int]
) -> list[Leg]:
    legs: list[Leg] = []
    for line in lines:
        part = parts.get(line.id, 0)
        if part:
            was = before.get(line.id, 0)
            from_seller = owed(line, was, frame.payment.currency) - owed(line, was + part, frame.payment.currency)
            legs.append((Account.TO_RECOVER, from_seller, line.seller_id))
            legs.append((Account.PLATFORM_REVENUE, part - from_seller, None))
    return legs


def _append(
    session: Session,
    frame: PaymentFrame,
    cause: Cause,
    fact: str,
    parts: Mapping[UUID, int],
    before: Mapping[UUID, int],
) -> None:
    rows = [
        {
            "id": session.new_id(),
            "fact": fact,
            "cause_kind": cause.kind.value,
            "cause_id": cause.id,
            "payment_id": frame.payment.id,
            "line_id": line_id,
            "amount_minor": amount,
            "at": session.now,
        }
        for line_id, amount in parts.items()
    ]
    session.append(LineReturn, *rows)
    # The payment is locked until this transaction ends: what is returned is known from here on.
    now = {line: before.get(line, 0) + parts.get(line, 0) for line in {*before, *parts}}
    frame.set_returned(now)
