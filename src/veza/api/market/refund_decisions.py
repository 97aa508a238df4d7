"""What becomes of refunds that were asked for: the line's artist or an operator decides."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath
from msgspec import Struct

from veza.accounts.permissions import Permission
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.listeners.problems import BAD_TEXT
from veza.api.market.problems import DECIDED_ALREADY, NO_REFUND
from veza.api.market.products import is_operator
from veza.api.market.refund_requests import REQUEST_EXAMPLE, TAG, Reason, RefundRequestResponse, reply
from veza.api.money.problems import NOT_REFUNDABLE, REFUND_EXCEEDS_PAYMENT
from veza.api.money.refunds import REFUND_EXAMPLE, RefundResponse
from veza.api.problems import BAD_AMOUNT, CONFLICT, FORBIDDEN, NOT_FOUND
from veza.api.shapes import WRITE_PROBLEMS, answers, show
from veza.api.visitors import Visitor, needs
from veza.kit.database import Session
from veza.market import orders, refund_notices, refund_requests, sellers
from veza.market.orders import UnknownLine
from veza.market.refund_requests import RefundRequest, UnknownRequest
from veza.market.rules import MarketRules


class Decision(Struct, forbid_unknown_fields=True):
    """What the buyer is told."""

    answer: Reason


DecisionSent = Annotated[
    Decision, BodyKwarg(examples=[Example(value={"answer": "thank you for telling us what was wrong with it"})])
]

GRANTED_EXAMPLE = {
    **REQUEST_EXAMPLE,
    "status": "granted",
    "answer": "of course",
    "decided_at": "2026-01-03T10:00:00Z",
    "refund_id": "01890000-0000-7000-8000-000000000003",
}
DECIDING_PROBLEMS = (NOT_FOUND, DECIDED_ALREADY, BAD_TEXT, CONFLICT)


async def _to_decide(session: Session, request_id: UUID, visitor: Visitor) -> RefundRequest:
    """The request, locked, for who may decide it; to anybody else it is not there."""
    request = await refund_requests.lock(session, request_id)
    try:
        await sellers.artist_for(session, request.artist_id, visitor.person_id, is_operator=is_operator(visitor))
    except (sellers.NotTheirArtist, sellers.UnknownArtist):
        raise UnknownRequest(request_id) from None
    return request


@post(
    "/refund-requests/{request_id:uuid}/grant",
    status_code=200,
    operation_id="grantRefund",
    tags=[TAG],
    summary="Grant a refund",
    opt=needs(Permission.SELL),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        200, RefundRequestResponse, "The request, granted.", GRANTED_EXAMPLE,
        *DECIDING_PROBLEMS, NO_REFUND, NOT_REFUNDABLE, REFUND_EXCEEDS_PAYMENT, BAD_AMOUNT, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def grant_refund(
    request_id: FromPath[UUID],
    data: DecisionSent,
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    rules: NamedDependency[MarketRules],
) -> Response[RefundRequestResponse]:
    """Gives exactly this line's money back; the buyer loses the thing when the money went. The artist's share is taken
    back from their transfer in the background. A refund that came to nothing may be granted once more."""

    async def work(session: Session) -> Reply:
        request = await _to_decide(session, request_id, visitor)
        await refund_requests.grant(session, request, because=data.answer)
        await refund_notices.answered(session, request, rules)
        return await reply(session, request, 200)

    return await idempotent.run(work)


@post(
    "/refund-requests/{request_id:uuid}/decline",
    status_code=200,
    operation_id="declineRefund",
    tags=[TAG],
    summary="Decline a refund",
    opt=needs(Permission.SELL),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        200, RefundRequestResponse, "The request, declined.",
        {**REQUEST_EXAMPLE, "status": "declined", "answer": "you heard it to the end"},
        *DECIDING_PROBLEMS, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def decline_refund(
    request_id: FromPath[UUID],
    data: DecisionSent,
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    rules: NamedDependency[MarketRules],
) -> Response[RefundRequestResponse]:
    """No, and why; the buyer may ask once more."""

    async def work(session: Session) -> Reply:
        request = await _to_decide(session, request_id, visitor)
        await refund_requests.decline(session, request, because=data.answer)
        await refund_notices.answered(session, request, rules)
        return await reply(session, request, 200)

    return await idempotent.run(work)


@post(
    "/order-lines/{line_id:uuid}/refund",
    status_code=202,
    operation_id="refundLine",
    tags=[TAG],
    summary="Refund a line without a request",
    opt=needs(Permission.MONEY),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        202, RefundResponse, "The refund, reserved.", REFUND_EXAMPLE,
        NOT_FOUND, NO_REFUND, NOT_REFUNDABLE, REFUND_EXCEEDS_PAYMENT, BAD_AMOUNT, BAD_TEXT, FORBIDDEN, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def refund_line(
    line_id: FromPath[UUID],
    data: DecisionSent,
    idempotent: NamedDependency[Idempotent],
    rules: NamedDependency[MarketRules],
) -> Response[RefundResponse]:
    """For operators: gives back what is left of one line, whenever it was bought; a request that waits is granted."""

    async def work(session: Session) -> Reply:
        line, order = await orders.find_line(session, line_id)
        if order.payment_id is None:
            raise UnknownLine(line_id)
        refund = await refund_requests.refund_directly(session, line, order.payment_id, because=data.answer)
        await refund_notices.refunded_directly(session, line, order, data.answer, rules)
        await session.refresh(refund)
        return Reply(202, show(RefundResponse, refund), location=f"/api/v1/refunds/{refund.id}")

    return await idempotent.run(work)
