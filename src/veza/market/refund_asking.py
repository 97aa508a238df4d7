"""A buyer requests the refund of a line: in time, of what is left, and once more after it was declined."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from veza.kit.database import Session
from veza.kit.field_faults import FieldChecks
from veza.kit.messages import gettext, verbatim
from veza.kit.money import Amount
from veza.kit.text import one_line
from veza.market import orders
from veza.market.orders import Order, OrderLine, UnknownLine
from veza.market.refund_requests import REASON_LEAST, REASON_MOST, CannotAsk, RefundRequest, lock, machine
from veza.market.rules import MarketRules
from veza.settings import show_duration

MOST_TIMES = 2
"""A request that was declined may be made once more."""
REMINDED_BEFORE = timedelta(days=2)
"""How long before the deadline the artist's people are reminded; half of the time where that is shorter."""


async def ask(
    session: Session, order: Order, line_id: UUID, person_id: UUID | None, reason: str, rules: MarketRules
) -> RefundRequest:
    """The buyer of `order`, with or without an account, requests the refund of one line; of two at once one is made.

    Raises UnknownLine, CannotAsk, BadText.
    """
    checks = FieldChecks()
    with checks.field("reason"):
        reason = _reason(reason)
    # Under the order's lock: of two requests at once the second sees the first. Returns take it before the lines, too.
    order = await orders.lock(session, order.id)
    line = next((one for one in (await orders.lines_of(session, [order.id]))[order.id] if one.id == line_id), None)
    with checks.field("line_id", also=(UnknownLine,)):
        if line is None:
            raise UnknownLine(line_id)
    checks.demand()
    assert line is not None
    if order.payment_id is None:
        raise CannotAsk(gettext("“{line_title}” was free: there is nothing to give back", line_title=line.title))
    _refuse_late(session, order, line, rules)
    known = (await session.scalars(select(RefundRequest).where(RefundRequest.line_id == line_id))).one_or_none()
    if known is not None:
        raise CannotAsk(
            gettext(
                "a refund of “{line_title}” was asked for already: the request is {known_status}",
                line_title=line.title,
                known_status=known.status,
            )
        )
    values = {
        "id": session.new_id(),
        "payment_id": order.payment_id,
        "order_id": order.id,
        "line_id": line_id,
        "artist_id": line.artist_id,
        "person_id": person_id or order.person_id,
        "status": "asked",
        "times_asked": 1,
        "reason": reason,
        "created_at": session.now,
        **_deadline(session, rules),
    }
    (request,) = await machine.create(session, [values], because=verbatim(reason))
    return request


async def ask_of_order(session: Session, order: Order, line_id: UUID, reason: str, rules: MarketRules) -> RefundRequest:
    """As `ask`, and once more where the answer was no: a buyer who comes with the order, by its link, its cart or their
    account, need not know the request."""
    mine = select(RefundRequest.id).where(RefundRequest.line_id == line_id, RefundRequest.order_id == order.id)
    declined = await session.scalar(mine.where(RefundRequest.status == "declined"))
    if declined is None:
        return await ask(session, order, line_id, None, reason, rules)
    request, _ = await lock(session, declined)
    await ask_again(session, request, reason, rules)
    return request


async def ask_again(session: Session, request: RefundRequest, reason: str, rules: MarketRules) -> None:
    """Request once more what was declined (request locked). Raises CannotAsk, BadText."""
    reason = _reason(reason)
    line, order = await orders.find_line(session, request.line_id)
    if request.status == "failed":
        raise CannotAsk(
            gettext(
                "a refund of “{line_title}” was granted and failed: the artist or an operator may grant it once more",
                line_title=line.title,
            )
        )
    if request.status != "declined":
        raise CannotAsk(
            gettext(
                "the request is {request_status}: only a declined one can be asked again", request_status=request.status
            )
        )
    if request.times_asked >= MOST_TIMES:
        raise CannotAsk(
            gettext(
                "a refund of “{line_title}” was asked for {times_asked} times: the answer stands",
                line_title=line.title,
                times_asked=request.times_asked,
            )
        )
    _refuse_late(session, order, line, rules)
    again: dict[str, Any] = {"times_asked": request.times_asked + 1, "reason": reason, "answer": None}
    again |= _deadline(session, rules)
    await machine.move(session, request, "asked", because=verbatim(reason), decided_by=None, decided_at=None, **again)


def _reason(written: str) -> str:
    # A text area sends its line breaks.
    return one_line(
        written.replace("\r\n", " ").replace("\n", " "), gettext("the reason"), least=REASON_LEAST, most=REASON_MOST
    )


def _deadline(session: Session, rules: MarketRules) -> dict[str, datetime]:
    """Both instants of a request that waits from now on."""
    answer_by = session.now + rules.refund_answer_within
    return {"answer_by": answer_by, "remind_at": answer_by - min(REMINDED_BEFORE, rules.refund_answer_within / 2)}


def _refuse_late(session: Session, order: Order, line: OrderLine, rules: MarketRules) -> None:
    if order.paid_at is None or order.status not in orders.PAID:
        raise CannotAsk(
            gettext(
                "order {order_id} is {order_status}: there is nothing to give back",
                order_id=order.id,
                order_status=order.status,
            )
        )
    if order.paid_at + rules.refund_window < session.now:
        window = show_duration(rules.refund_window)
        raise CannotAsk(
            gettext(
                "a refund of “{line_title}” could be asked for until {until:day}, {window} after it was paid",
                line_title=line.title,
                until=order.paid_at + rules.refund_window,
                window=window,
            )
        )
    left = line.gross_minor - line.refunded_minor
    if left <= 0:
        raise CannotAsk(
            gettext(
                "{refunded} of “{line_title}” went back: nothing is left",
                refunded=Amount(line.refunded_minor, order.currency),
                line_title=line.title,
            )
        )
