"""Refund requests, line by line: made by buyers, granted or declined by the line's artist or an operator."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.kit.messages import Message, gettext, verbatim
from veza.kit.moves import Machine, Move
from veza.kit.text import one_line
from veza.market import orders
from veza.market.orders import OrderLine
from veza.money import payment_frame, refunding, refunds
from veza.money.payment_frame import PaymentFrame
from veza.money.refunds import Refund

STATUSES = ("asked", "declined", "granted", "refunded", "failed")
REASON_LEAST, REASON_MOST = 3, 500
"""Code points of what is written: by the buyer, and by who decides."""
FAILED_BECAUSE = {
    "refused": gettext("the payment provider refused the refund"),
    "failed": gettext("the buyer's bank did not take the money"),
    "canceled": gettext("the refund was canceled at the payment provider"),
}
"""Status of a failed refund → a sentence for the buyer and the artist."""


class RefundRequest(Base):
    """One line's request; there is never a second one for the line, a declined one is asked again.

    `answer_by` is until when an answer is promised; at `remind_at` the next of those who may decide are told that it
    waits: the artist's people before the deadline, the admins at it, then null. `person_id` is null while the order
    has no account; the person who claims the order has its requests, too.
    """

    __tablename__ = "refund_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id"), unique=True)
    artist_id: Mapped[UUID]
    person_id: Mapped[UUID | None]
    status: Mapped[str]
    version: Mapped[int] = mapped_column("attempt", default=0)
    times_asked: Mapped[int]
    reason: Mapped[str]
    answer: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    refund_id: Mapped[UUID | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    remind_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("status IN ({})".format(", ".join(f"'{s}'" for s in STATUSES)), name="status_known"),
        CheckConstraint("times_asked BETWEEN 1 AND 2", name="times_bounded"),
        Index(None, "person_id", "id"),
        Index(None, "artist_id", "id"),
        Index(None, "order_id"),
        Index(None, "remind_at"),
    )


_NEWS = "refunds, as they become known"
_JUDGE = "artist or operator"
MOVES = (
    Move("asked", "granted", "the refund is requested of the money module", _JUDGE),
    Move("asked", "declined", "no, and why", _JUDGE),
    Move("declined", "asked", "asked once more", "buyer"),
    Move("declined", "granted", "yes after all", _JUDGE),
    Move("granted", "refunded", "the money went back", _NEWS),
    Move("granted", "failed", "the refund was refused or failed", _NEWS),
    Move("refunded", "failed", "the refund failed after all", _NEWS),
    Move("failed", "refunded", "the money went back after all, as by a dispute", _NEWS),
    Move("failed", "granted", "tried once more", _JUDGE),
    Move("asked", "refunded", "the money went back for another reason", _NEWS),
    Move("refunded", "asked", "the return for another reason failed after all", _NEWS),
)
machine: Machine[RefundRequest] = Machine("refund request", RefundRequest, STATUSES, MOVES, version="version")


class UnknownRequest(LookupError):
    """No such request, or not one this person may see."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no refund request {wanted}", wanted=wanted))


class CannotAsk(Exception):
    """The refund of this line cannot be requested; says why in one sentence."""


class CannotDecide(Exception):
    """The request waits for no decision; says what it is."""

    def __init__(self, request: RefundRequest, what: str) -> None:
        super().__init__(
            gettext(
                "refund request {request_id} is {request_status}: it cannot be {what}",
                request_id=request.id,
                request_status=request.status,
                what=what,
            )
        )


async def grant(session: Session, request: RefundRequest, frame: PaymentFrame, *, because: str) -> Refund:
    """Grant the request: refund exactly what is left of the line (request locked; the frame is its payment's).

    Raises CannotDecide, BadText, and what money.refunds.request raises.
    """
    because = _answer(because)
    if not machine.allows(request.status, "granted"):
        raise CannotDecide(request, "granted")
    line, _ = await orders.find_line(session, request.line_id)
    refund = await refund_line(session, line, frame, reason=gettext("granted: {reason}", reason=request.reason[:200]))
    facts: dict[str, Any] = {
        "decided_by": session.actor,
        "decided_at": session.now,
        "answer": because,
        "refund_id": refund.id,
    }
    await machine.move(session, request, "granted", because=verbatim(because), **facts)
    return refund


async def decline(session: Session, request: RefundRequest, *, because: str) -> None:
    """Decline the request with a reason (request locked). Raises CannotDecide, BadText."""
    because = _answer(because)
    if not machine.allows(request.status, "declined"):
        raise CannotDecide(request, "declined")
    facts: dict[str, Any] = {"decided_by": session.actor, "decided_at": session.now, "answer": because}
    await machine.move(session, request, "declined", because=verbatim(because), **facts)


async def refund_line(session: Session, line: OrderLine, frame: PaymentFrame, *, reason: Message) -> Refund:
    """Ask the money module for what is left of this line and no other. Raises CannotAsk when nothing is."""
    left = await refunding.refundable(session, frame)
    amount = left.of_lines.get(line.payment_line_id, 0) if line.payment_line_id is not None else 0
    if line.payment_line_id is None or not amount:
        raise CannotAsk(
            gettext(
                "nothing is left to refund of “{line_title}”: it went back, or is on its way", line_title=line.title
            )
        )
    only = [(line.payment_line_id, amount)]
    currency = frame.payment.currency
    return await refunding.request(session, frame, amount, currency, reason=reason, line_amounts=only, left=left)


async def refund_directly(session: Session, line: OrderLine, payment_id: UUID, *, because: str) -> Refund:
    """An operator refunds a line without a request; an open request for it is granted with that. Raises as `grant`."""
    because = _answer(because)
    frame = await payment_frame.lock(session, payment_id)
    mine = select(RefundRequest).where(RefundRequest.line_id == line.id).with_for_update()
    request = (await session.scalars(mine.execution_options(populate_existing=True))).one_or_none()
    if request is not None and machine.allows(request.status, "granted"):
        return await grant(session, request, frame, because=because)
    return await refund_line(session, line, frame, reason=verbatim(because[:200]))


async def follow(session: Session, order_id: UUID, gone: Collection[UUID], *, because: Message) -> None:
    """Set open requests, and those whose own refund failed, by what was returned of their whole line for another
    reason."""
    for request, refund in (await session.execute(_FOLLOWING, {"order_id": order_id})).all():
        if request.line_id in gone:
            target = "refunded"
        elif refund is None:
            target = "asked"
        else:
            target = "failed" if refund in FAILED_BECAUSE else request.status
        if target != request.status:
            await machine.move(session, request, target, because=because)


async def record_outcome(session: Session, refund_id: UUID, *, is_done: bool) -> None:
    """Record on its request that a granted refund succeeded or failed, once; the lines are up to date already.

    A line that a dispute took counts as refunded, though the provider refuses to refund it as well.
    """
    request = (await session.scalars(_OF_REFUND, {"refund_id": refund_id})).one_or_none()
    if request is None:
        return
    left = 0 if is_done else await session.scalar(_LEFT, {"line_id": request.line_id})
    target = "failed" if left else "refunded"
    if machine.allows(request.status, target):
        await machine.move(session, request, target, because=gettext("refund {refund_id}", refund_id=refund_id))


async def failed_because(session: Session, request: RefundRequest) -> Message | None:
    """Why a granted refund came to nothing, in one sentence; None unless the request is failed."""
    if request.status != "failed" or request.refund_id is None:
        return None
    return FAILED_BECAUSE.get((await refunds.find(session, request.refund_id)).status)


async def lock(session: Session, request_id: UUID) -> tuple[RefundRequest, PaymentFrame]:
    """The request and its payment, which is locked first, as for everything about it. Raises UnknownRequest."""
    payment_id = await session.scalar(select(RefundRequest.payment_id).where(RefundRequest.id == request_id))
    if payment_id is None:
        raise UnknownRequest(request_id)
    frame = await payment_frame.lock(session, payment_id)
    mine = select(RefundRequest).where(RefundRequest.id == request_id).with_for_update()
    return (await session.scalars(mine.execution_options(populate_existing=True))).one(), frame


_FOLLOWING = (
    select(RefundRequest, Refund.status)
    .outerjoin(Refund, Refund.id == RefundRequest.refund_id)
    .where(RefundRequest.order_id == bindparam("order_id"), RefundRequest.status.in_(("asked", "refunded", "failed")))
    .with_for_update(of=RefundRequest)
    .execution_options(populate_existing=True)
)
_LEFT = select(OrderLine.gross_minor - OrderLine.refunded_minor).where(OrderLine.id == bindparam("line_id"))
_OF_REFUND = (
    select(RefundRequest)
    .where(RefundRequest.refund_id == bindparam("refund_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def _answer(written: str) -> str:
    return one_line(written, gettext("the answer"), least=REASON_LEAST, most=REASON_MOST)
