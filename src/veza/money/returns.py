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
from veza.money.payments import PaymentLine


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
    return (await returned_of_all(session, [payment_id]))[payment_id]


async def returned_of_all(session: Session, payment_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, int]]:
    """Payment → what has gone back of each of its lines, in one query."""
    await session.write_appended()
    sums: dict[UUID, dict[UUID, int]] = {payment_id: {} for payment_id in payment_ids}
    for payment_id, line_id, total in await session.execute(_RETURNED, {"payment_ids": payment_ids}):
        sums[payment_id][line_id] = int(total)
    return sums


def told_returned(returned: Mapping[UUID, int]) -> dict[str, int]:
    """The field `returned` of an event: what has gone back of each line by now, so that its hearers need not ask."""
    return {str(line_id): minor for line_id, minor in returned.items()}


def heard_returned(told: Mapping[str, int]) -> dict[UUID, int]:
    """The field as it was before it was told."""
    return {UUID(line_id): minor for line_id, minor in told.items()}


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
