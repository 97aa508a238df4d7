"""Asking for refunds: what may still be given back of a payment, and the intent that reserves it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select

from veza.kit.database import Session, table_of
from veza.kit.field_faults import FieldChecks
from veza.kit.messages import Message, gettext, stored
from veza.kit.money import Amount, BadAmount, known_currency, positive
from veza.money import returns
from veza.money.attempts import NEVER_ATTEMPTED
from veza.money.disputes import WITHDRAWN
from veza.money.payment_frame import PaymentFrame
from veza.money.payments import Payment
from veza.money.refunds import RESERVING, WAKE, NotRefundable, Refund, RefundExceedsPayment, RefundLine, machine


@dataclass(frozen=True, slots=True)
class Refundable:
    """What may still be asked back, in minor units: `of_lines` by line, `most_minor` altogether."""

    of_lines: Mapping[UUID, int]
    most_minor: int


async def request(
    session: Session,
    frame: PaymentFrame,
    amount_minor: int,
    currency: str,
    *,
    reason: Message,
    line_amounts: Iterable[tuple[UUID, int]] = (),
    left: Refundable | None = None,
) -> Refund:
    """Reserve a refund of a locked payment; the worker, woken at the commit, asks the provider for it.

    `line_amounts` says which lines it is for (line id, minor units), each once; without it, or for the part it does
    not name, the amount is spread over what is left. `left` is what `refundable` gave, where it was asked
    already. Raises BadAmount, RefundExceedsPayment, NotRefundable, with all that is wrong.
    """
    given = list(line_amounts)
    left = left or await refundable(session, frame)
    _check(frame.payment, amount_minor, currency, given, left)
    lines = await frame.lines(session)
    parts, _ = returns.allocate(lines, left.of_lines, amount_minor, dict(given))
    refund = await add(session, frame, amount_minor, "requested", "requested", reason)
    await session.execute(
        _NEW_LINES,
        [{"refund_id": refund.id, "line_id": line, "amount_minor": part} for line, part in parts.items()],
    )
    session.wake(WAKE)
    return refund


_NEW_LINES = insert(table_of(RefundLine))


def _check(
    payment: Payment, amount_minor: int, currency: str, line_amounts: Sequence[tuple[UUID, int]], left: Refundable
) -> None:
    """Raises for everything that is wrong."""
    checks, unit = FieldChecks(), payment.currency
    with checks.field("payment_id"):
        if payment.status != "succeeded":
            raise NotRefundable(
                gettext(
                    "payment {payment_id} is {payment_status}: there is nothing to refund",
                    payment_id=payment.id,
                    payment_status=payment.status,
                )
            )
    with checks.field("currency"):
        unit = known_currency(currency)
        if unit != payment.currency:
            raise BadAmount(
                gettext(
                    "the payment was made in {currency}, it cannot be refunded in {unit}",
                    currency=payment.currency,
                    unit=unit,
                )
            )
    with checks.field("amount_minor"):
        money = positive(amount_minor, unit)
        if checks.all_right and amount_minor > left.most_minor:
            raise RefundExceedsPayment(money, Amount(left.most_minor, unit))
    seen = set[UUID]()
    for number, (line_id, part) in enumerate(line_amounts):
        with checks.field("lines", number, "line_id"):
            if line_id in seen:
                raise NotRefundable(
                    gettext("line {line_id} is named twice: give each line once with its whole part", line_id=line_id)
                )
            if line_id not in left.of_lines:
                raise NotRefundable(
                    gettext("payment {payment_id} has no line {line_id}", payment_id=payment.id, line_id=line_id)
                )
        seen.add(line_id)
        with checks.field("lines", number, "amount_minor"):
            asked = Amount(part, payment.currency)
            if part <= 0:
                raise BadAmount(
                    gettext(
                        "an amount must be above zero, line {line_id} asks for {asked}", line_id=line_id, asked=asked
                    )
                )
            if payment.status == "succeeded" and part > left.of_lines.get(line_id, part):
                raise RefundExceedsPayment(asked, Amount(left.of_lines[line_id], payment.currency))
    with checks.field("lines"):
        if checks.all_right and sum(part for _, part in line_amounts) > amount_minor:
            raise BadAmount(
                gettext("the lines sum to more than the {amount} to be refunded", amount=Amount(amount_minor, unit))
            )
    checks.demand()


async def refundable(session: Session, frame: PaymentFrame) -> Refundable:
    """What may still be asked back of a payment; nothing before the buyer has paid."""
    if frame.payment.status != "succeeded":
        return Refundable(dict.fromkeys([line.id for line in await frame.lines(session)], 0), 0)
    left = await unreserved(session, frame)
    return Refundable(left, min(sum(left.values()), await _left_of_payment(session, frame)))


async def unreserved(session: Session, frame: PaymentFrame) -> dict[UUID, int]:
    """Line id → what of its gross is neither returned nor reserved by a refund under way."""
    gone = await frame.returned(session)
    under_way = await session.execute(_UNDER_WAY, {"payment_id": frame.payment.id})
    reserved = {line_id: int(total) for line_id, total in under_way}
    return {
        line.id: max(0, line.gross_minor - gone.get(line.id, 0) - reserved.get(line.id, 0))
        for line in await frame.lines(session)
    }


_UNDER_WAY = (
    select(RefundLine.line_id, func.sum(RefundLine.amount_minor))
    .join(Refund, Refund.id == RefundLine.refund_id)
    .where(Refund.payment_id == bindparam("payment_id"), Refund.status.in_(("requested", "pending", "requires_action")))
    .group_by(RefundLine.line_id)
)
_SPOKEN_FOR = select(
    select(func.coalesce(func.sum(Refund.amount_minor), 0))
    .where(Refund.payment_id == bindparam("payment_id"), Refund.status.in_(RESERVING))
    .scalar_subquery(),
    WITHDRAWN.scalar_subquery(),
)


async def _left_of_payment(session: Session, frame: PaymentFrame) -> int:
    reserved, withdrawn = (await session.execute(_SPOKEN_FOR, {"payment_id": frame.payment.id})).one()
    return max(0, frame.payment.amount_minor - int(reserved) - max(0, int(withdrawn)))


async def add(
    session: Session,
    frame: PaymentFrame,
    amount_minor: int,
    origin: str,
    status: str,
    reason: Message,
    stripe_id: str | None = None,
) -> Refund:
    """A new row; `origin` is requested or provider."""
    reason_id, reason_fields = stored(reason)
    values = {
        **NEVER_ATTEMPTED,
        "id": session.new_id(),
        "payment_id": frame.payment.id,
        "status": status,
        "origin": origin,
        "currency": frame.payment.currency,
        "amount_minor": amount_minor,
        "reason_id": reason_id,
        "reason_fields": reason_fields,
        "requested_by": session.actor,
        "stripe_refund_id": stripe_id,
        "next_retry_at": session.now if status == "requested" else None,
        "created_at": session.now,
    }
    (refund,) = await machine.create(session, [values], because=reason)
    frame.add_refund(refund)
    return refund
