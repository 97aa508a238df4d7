"""What has been returned to buyers, per line, and what each seller is therefore owed.

Every fact that returns money (a refund that succeeded, funds a dispute withdrew) or takes the return back
(a refund that failed later, funds reinstated) appends signed rows, once per fact. Only their sum matters,
so the order in which facts arrive does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, func, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.kit.money import spread, step
from veza.money import findings
from veza.money.causes import Cause, CauseKind
from veza.money.ledger import Account, LedgerEntry, Leg, post
from veza.money.payments import Payment, PaymentLine, lines_of


class LineReturn(Base):
    """One fact's effect on one line. `fact` names it (`refund ID succeeded`); positive goes to the buyer."""

    __tablename__ = "line_returns"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    fact: Mapped[str]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    line_id: Mapped[UUID] = mapped_column(ForeignKey("payment_lines.id"))
    amount_minor: Mapped[int]
    at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
        Index("uq_line_returns_fact", "fact", "line_id", unique=True),
        Index(None, "payment_id"),
        Index(None, "cause_id"),
    )


def owed(line: PaymentLine, returned_minor: int, currency: str) -> int:
    """What of this line belongs to its seller once `returned_minor` of its gross went back to the buyer.

    What is taken back is rounded down to an amount `currency` allows: it will be asked for at the provider.
    """
    back = line.share_minor * returned_minor // line.gross_minor
    return line.share_minor - (back - back % step(currency))


async def returned(session: Session, payment_id: UUID) -> dict[UUID, int]:
    """Line id → what has gone back to the buyer, in minor units; lines with nothing returned are left out."""
    known: dict[UUID, dict[UUID, int]] = session.known(_KNOWN)
    if payment_id in known:
        return known[payment_id]
    return (await _sums(session, [payment_id]))[payment_id]


async def know_returned(session: Session, payment_ids: Sequence[UUID]) -> None:
    """Fetch what was returned of these payments (locked) in one query, so that `returned` need not ask."""
    session.known(_KNOWN).update(await _sums(session, payment_ids))


async def _sums(session: Session, payment_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, int]]:
    await session.write_appended()
    sums: dict[UUID, dict[UUID, int]] = {payment_id: {} for payment_id in payment_ids}
    for payment_id, line_id, total in await session.execute(_RETURNED, {"payment_ids": payment_ids}):
        sums[payment_id][line_id] = int(total)
    return sums


_KNOWN = "returned"
_RETURNED = (
    select(LineReturn.payment_id, LineReturn.line_id, func.sum(LineReturn.amount_minor))
    .where(LineReturn.payment_id.in_(bindparam("payment_ids", expanding=True)))
    .group_by(LineReturn.payment_id, LineReturn.line_id)
)


def allocate(
    lines: Sequence[PaymentLine], left: Mapping[UUID, int], amount_minor: int, wanted: Mapping[UUID, int]
) -> tuple[dict[UUID, int], int]:
    """Share `amount_minor` out over `lines`; returns (line id → amount, the excess no line can carry).

    `wanted` is honoured as far as each line has `left`; the rest is spread over what is then left, by
    largest remainder. No line ever gets more than it has left.
    """
    parts = {line.id: min(wanted.get(line.id, 0), left[line.id]) for line in lines}
    rest = amount_minor - sum(parts.values())
    if rest < 0:
        raise ValueError(f"the wanted lines sum to {-rest} more than the amount")
    money = [left[line.id] - parts[line.id] for line in lines]
    carried = min(rest, sum(money))
    for line, extra in zip(lines, spread(carried, money), strict=True):
        parts[line.id] += extra
    return {line_id: part for line_id, part in parts.items() if part}, rest - carried


async def give(
    session: Session,
    payment: Payment,
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
    lines = await lines_of(session, payment.id)
    before = await returned(session, payment.id)
    left = {line.id: line.gross_minor - before.get(line.id, 0) for line in lines}
    parts, excess = allocate(lines, left, amount_minor, wanted or {})
    _append(session, payment, cause, fact, parts, before)
    legs = [*_legs(payment, lines, before, parts), (account, -amount_minor, None), (Account.LOSS, excess, None)]
    post(session, payment.id, payment.currency, fact, legs)
    return excess


async def take_back(
    session: Session, payment: Payment, cause: Cause, fact: str, amount_minor: int, *, account: Account
) -> None:
    """A return was undone (payment locked): the lines get `amount_minor` back, the loss what they did not carry."""
    lines = await lines_of(session, payment.id)
    before = await returned(session, payment.id)
    await session.write_appended()
    rows = await session.execute(_GIVEN, {"cause_id": cause.id, "cause_kind": cause.kind.value})
    given = {line_id: int(total) for line_id, total in rows}
    on_lines = min(amount_minor, sum(given.values()))
    parts, _ = allocate([line for line in lines if line.id in given], given, on_lines, {})
    back = {line_id: -part for line_id, part in parts.items()}
    _append(session, payment, cause, fact, back, before)
    legs = [*_legs(payment, lines, before, back), (account, amount_minor, None)]
    legs.append((Account.LOSS, on_lines - amount_minor, None))
    post(session, payment.id, payment.currency, fact, legs)
    await _carry_losses(session, payment, fact)


_GIVEN = (
    select(LineReturn.line_id, func.sum(LineReturn.amount_minor))
    .where(LineReturn.cause_id == bindparam("cause_id"), LineReturn.cause_kind == bindparam("cause_kind"))
    .group_by(LineReturn.line_id)
)


async def _carry_losses(session: Session, payment: Payment, after: str) -> None:
    """Lines with room again carry what others returned beyond them, so the order of facts makes no difference."""
    lines = await lines_of(session, payment.id)
    for cause, loss in (await _losses(session, payment.id)).items():
        before = await returned(session, payment.id)
        left = {line.id: line.gross_minor - before.get(line.id, 0) for line in lines}
        parts, rest = allocate(lines, left, loss, {})
        fact = f"{cause} carried after {after}"
        _append(session, payment, cause, fact, parts, before)
        legs = [*_legs(payment, lines, before, parts), (Account.LOSS, rest - loss, None)]
        post(session, payment.id, payment.currency, fact, legs)
        if rest == 0:
            await findings.resolve(session, findings.FindingKind.PLATFORM_LOSS, str(cause))


async def _losses(session: Session, payment_id: UUID) -> dict[Cause, int]:
    """What each refund or dispute returned beyond the lines. Its postings are named after its facts, so after it."""
    losses: dict[Cause, int] = {}
    await session.write_appended()
    for memo, amount in await session.execute(_LOST, {"payment_id": payment_id}):
        kind, cause_id = memo.split()[:2]
        cause = Cause(CauseKind(kind), UUID(cause_id))
        losses[cause] = losses.get(cause, 0) + int(amount)
    return losses


_LOST = select(LedgerEntry.memo, LedgerEntry.amount_minor).where(
    LedgerEntry.payment_id == bindparam("payment_id"), LedgerEntry.account == Account.LOSS
)


async def is_recorded(session: Session, fact: str) -> bool:
    """Whether this fact has had its effect on the lines already."""
    await session.write_appended()
    return (await session.execute(_RECORDED, {"fact": fact})).first() is not None


_RECORDED = select(LineReturn.id).where(LineReturn.fact == bindparam("fact")).limit(1)


def _legs(
    payment: Payment, lines: Sequence[PaymentLine], before: Mapping[UUID, int], parts: Mapping[UUID, int]
) -> list[Leg]:
    legs: list[Leg] = []
    for line in lines:
        part = parts.get(line.id, 0)
        if part:
            was = before.get(line.id, 0)
            from_seller = owed(line, was, payment.currency) - owed(line, was + part, payment.currency)
            legs.append((Account.TO_RECOVER, from_seller, line.seller_id))
            legs.append((Account.PLATFORM_REVENUE, part - from_seller, None))
    return legs


def _append(
    session: Session, payment: Payment, cause: Cause, fact: str, parts: Mapping[UUID, int], before: Mapping[UUID, int]
) -> None:
    rows = [
        {
            "id": session.new_id(),
            "fact": fact,
            "cause_kind": cause.kind.value,
            "cause_id": cause.id,
            "payment_id": payment.id,
            "line_id": line_id,
            "amount_minor": amount,
            "at": session.now,
        }
        for line_id, amount in parts.items()
    ]
    session.append(LineReturn, *rows)
    # The payment is locked until this transaction ends: what is returned is known from here on.
    now = {line: before.get(line, 0) + parts.get(line, 0) for line in {*before, *parts}}
    session.known(_KNOWN)[payment.id] = now
