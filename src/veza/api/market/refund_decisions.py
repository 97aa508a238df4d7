"""What becomes of refunds that were asked for: the line's artist or an operator decides."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.market.refund_requests import REQUEST_EXAMPLE, Reason, RefundRequestResponse, shown_now
from veza.api.money.refunds import REFUND_EXAMPLE, RefundResponse, refund_response
from veza.api.operations import write
from veza.http.endpoints import AnswerLanguage
from veza.http.errors.kit import BAD_TEXT
from veza.http.errors.market import DECIDED_ALREADY, NO_REFUND
from veza.http.errors.money import NOT_REFUNDABLE, REFUND_EXCEEDS_PAYMENT
from veza.http.problems import BAD_AMOUNT, CONFLICT, NOT_FOUND
from veza.kit.database import Session
from veza.market import orders, refund_notices, refund_requests
from veza.market.orders import UnknownLine
from veza.market.refund_deciding import decide
from veza.market.rules import MarketRules

TAG = "refund requests"


class Decision(Struct, forbid_unknown_fields=True):
    """What the buyer is told."""

    answer: Reason


DECISION_EXAMPLE = {"answer": "thank you for telling us what was wrong with it"}
GRANTED_EXAMPLE = {
    **REQUEST_EXAMPLE,
    "status": "granted",
    "answer": "of course",
    "decided_at": "2026-01-03T10:00:00Z",
    "refund_id": "01890000-0000-7000-8000-000000000003",
}
DECLINED_EXAMPLE = {**REQUEST_EXAMPLE, "status": "declined", "answer": "you heard it to the end"}
DECIDING_PROBLEMS = (NOT_FOUND, DECIDED_ALREADY, BAD_TEXT, CONFLICT)


@write.post(
    "/refund-requests/{request_id:uuid}/grant",
    operation="grantRefund",
    summary="Grant a refund",
    permission=Permission.SELL,
    body=DECISION_EXAMPLE,
    gives=(200, RefundRequestResponse, "The request, granted.", GRANTED_EXAMPLE),
    problems=(*DECIDING_PROBLEMS, NO_REFUND, NOT_REFUNDABLE, REFUND_EXCEEDS_PAYMENT, BAD_AMOUNT),
)
async def grant_refund(
    session: Session, request_id: UUID, data: Decision, identity: Identity, rules: MarketRules, language: AnswerLanguage
) -> RefundRequestResponse:
    """Gives exactly this line's money back; the buyer loses the thing when the money went. The artist's share is taken
    back from their transfer in the background. A refund that came to nothing may be granted once more."""
    request = await decide(session, request_id, identity, data.answer, rules, grants=True)
    return await shown_now(session, request, language)


@write.post(
    "/refund-requests/{request_id:uuid}/decline",
    operation="declineRefund",
    summary="Decline a refund",
    permission=Permission.SELL,
    body=DECISION_EXAMPLE,
    gives=(200, RefundRequestResponse, "The request, declined.", DECLINED_EXAMPLE),
    problems=DECIDING_PROBLEMS,
)
async def decline_refund(
    session: Session, request_id: UUID, data: Decision, identity: Identity, rules: MarketRules, language: AnswerLanguage
) -> RefundRequestResponse:
    """No, and why; the buyer may ask once more."""
    request = await decide(session, request_id, identity, data.answer, rules, grants=False)
    return await shown_now(session, request, language)


@write.post(
    "/order-lines/{line_id:uuid}/refund",
    operation="refundLine",
    summary="Refund a line without a request",
    permission=Permission.MONEY,
    body=DECISION_EXAMPLE,
    gives=(202, RefundResponse, "The refund, reserved.", REFUND_EXAMPLE),
    location="/api/v1/refunds/{shown.id}",
    problems=(NOT_FOUND, NO_REFUND, NOT_REFUNDABLE, REFUND_EXCEEDS_PAYMENT, BAD_AMOUNT, BAD_TEXT),
)
async def refund_line(
    session: Session, line_id: UUID, data: Decision, rules: MarketRules, language: AnswerLanguage
) -> RefundResponse:
    """For operators: gives back what is left of one line, whenever it was bought; a request that waits is granted."""
    line, order = await orders.find_line(session, line_id)
    if order.payment_id is None:
        raise UnknownLine(line_id)
    refund = await refund_requests.refund_directly(session, line, order.payment_id, because=data.answer)
    await refund_notices.refunded_directly(session, line, order, data.answer, rules)
    return refund_response(refund, language)
