"""Refunds that buyers ask for, and what becomes of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from veza.accounts.permissions import Permission
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.market.problems import DECIDED_ALREADY, NO_REFUND, SELLING_PROBLEMS
from veza.api.market.products import is_operator
from veza.api.money.problems import NOT_REFUNDABLE, REFUND_EXCEEDS_PAYMENT
from veza.api.money.refunds import REFUND_EXAMPLE, RefundShown
from veza.api.pagination import PAGE_DEPENDENCY, Page, PageRequest
from veza.api.problems import BAD_AMOUNT, CONFLICT, FORBIDDEN, NOT_FOUND
from veza.api.shapes import LIST_PROBLEMS, PLAIN, WRITE_PROBLEMS, answers, page_of, show
from veza.api.visitors import Visitor, needs
from veza.kit.database import Database, Session
from veza.market import orders, refund_requests, sellers
from veza.market.orders import Order, OrderLine, UnknownLine
from veza.market.refund_requests import RefundRequest, UnknownRequest
from veza.market.rules import MarketRules

TAG = "refund requests"
Status = Literal["asked", "declined", "granted", "refunded", "failed"]
Reason = Annotated[str, Meta(min_length=3, max_length=500, pattern=PLAIN)]


class RefundAsked(Struct, forbid_unknown_fields=True):
    """Which line of the order the money shall come back for, and why."""

    line_id: UUID
    reason: Reason


class AskedAgain(Struct, forbid_unknown_fields=True):
    """Why it is asked once more."""

    reason: Reason


class Decision(Struct, forbid_unknown_fields=True):
    """What the buyer is told."""

    answer: Reason


class RefundRequestShown(Struct, frozen=True):
    """A request for one line: `granted` once the refund is under way, `refunded` when the money went back."""

    id: UUID
    order_id: UUID
    line_id: UUID
    artist_id: UUID
    title: str
    currency: str
    gross_minor: int
    refunded_minor: int
    status: Status
    times_asked: int
    reason: str
    answer: str | None
    decided_at: datetime | None
    refund_id: UUID | None
    created_at: datetime


REQUEST_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-000000000031",
    "order_id": "01890000-0000-7000-8000-000000000025",
    "line_id": "01890000-0000-7000-8000-000000000026",
    "artist_id": "01890000-0000-7000-8000-000000000020",
    "title": "Blue Hours",
    "currency": "EUR",
    "gross_minor": 900,
    "refunded_minor": 0,
    "status": "asked",
    "times_asked": 1,
    "reason": "bought by mistake",
    "answer": None,
    "decided_at": None,
    "refund_id": None,
    "created_at": "2026-01-03T09:00:00Z",
}
GRANTED_EXAMPLE = {
    **REQUEST_EXAMPLE,
    "status": "granted",
    "answer": "of course",
    "decided_at": "2026-01-03T10:00:00Z",
    "refund_id": "01890000-0000-7000-8000-000000000003",
}
ASKED_EXAMPLE = {"line_id": "01890000-0000-7000-8000-000000000026", "reason": "bought by mistake"}
DECIDING_PROBLEMS = (NOT_FOUND, DECIDED_ALREADY, CONFLICT)


def _shown(request: RefundRequest, line: OrderLine, order: Order) -> RefundRequestShown:
    return show(
        RefundRequestShown,
        request,
        title=line.title,
        currency=order.currency,
        gross_minor=line.gross_minor,
        refunded_minor=line.refunded_minor,
    )


async def _reply(session: Session, request: RefundRequest, status: int) -> Reply:
    line, order = await orders.find_line(session, request.line_id)
    return Reply(status, _shown(request, line, order))


@post(
    "/orders/{order_id:uuid}/refund-requests",
    operation_id="askForRefund",
    tags=[TAG],
    summary="Ask for one line's money back",
    opt=needs(Permission.OWN_ORDERS),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        201, RefundRequestShown, "The request.", REQUEST_EXAMPLE, NOT_FOUND, NO_REFUND, *WRITE_PROBLEMS
    ),
)  # fmt: skip
async def ask_for_refund(
    order_id: FromPath[UUID],
    data: Annotated[RefundAsked, BodyKwarg(examples=[Example(value=ASKED_EXAMPLE)])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    rules: NamedDependency[MarketRules],
) -> Response[RefundRequestShown]:
    """Within the window the operator set. The line's artist or an operator decides; a request that was declined may be
    made once more."""

    async def work(session: Session) -> Reply:
        order = await orders.find_theirs(session, order_id, visitor.person)
        request = await refund_requests.ask(session, order, data.line_id, visitor.person, data.reason, rules)
        return await _reply(session, request, 201)

    return await idempotent.run(work)


@get(
    "/refund-requests",
    operation_id="listRefundRequests",
    tags=[TAG],
    summary="List the refunds one asked for",
    opt=needs(Permission.OWN_ORDERS),
    dependencies=PAGE_DEPENDENCY,
    responses=answers(
        200, Page[RefundRequestShown], "A page, newest first.", page_of(REQUEST_EXAMPLE), *LIST_PROBLEMS
    ),
)  # fmt: skip
async def list_requests(
    page_request: NamedDependency[PageRequest],
    database: NamedDependency[Database],
    visitor: NamedDependency[Visitor],
    status: Annotated[Status | None, QueryParameter(description="Only of this status.")] = None,
) -> Page[RefundRequestShown]:
    """What the signed-in person asked for, newest first."""
    filters = {"status": status}
    after = page_request.after("refund requests", filters)
    async with database.read() as session:
        rows = await refund_requests.listing(
            session, page_request.fetch, after, person_id=visitor.person, status=status
        )
    return page_request.page(rows, lambda row: _shown(*row), lambda row: row[0].id, "refund requests", filters)


@get(
    "/artists/{artist_id:uuid}/refund-requests",
    operation_id="listArtistsRefundRequests",
    tags=[TAG],
    summary="List the refunds asked of an artist",
    opt=needs(Permission.SELL),
    dependencies=PAGE_DEPENDENCY,
    responses=answers(
        200, Page[RefundRequestShown], "A page, newest first.", page_of(REQUEST_EXAMPLE),
        *SELLING_PROBLEMS, *LIST_PROBLEMS,
    ),
)  # fmt: skip
async def list_artists_requests(
    artist_id: FromPath[UUID],
    page_request: NamedDependency[PageRequest],
    database: NamedDependency[Database],
    visitor: NamedDependency[Visitor],
    status: Annotated[Status | None, QueryParameter(description="Only of this status.")] = None,
) -> Page[RefundRequestShown]:
    """For an artist's people: what buyers want back, newest first."""
    filters = {"artist_id": artist_id, "status": status}
    after = page_request.after("artist's refund requests", filters)
    async with database.read() as session:
        await sellers.artist_for(session, artist_id, visitor.person_id, is_operator=is_operator(visitor))
        rows = await refund_requests.listing(session, page_request.fetch, after, artist_id=artist_id, status=status)
    return page_request.page(rows, lambda row: _shown(*row), lambda row: row[0].id, "artist's refund requests", filters)


@post(
    "/refund-requests/{request_id:uuid}/ask-again",
    status_code=200,
    operation_id="askForRefundAgain",
    tags=[TAG],
    summary="Ask once more after a no",
    opt=needs(Permission.OWN_ORDERS),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        200, RefundRequestShown, "The request, asked again.", {**REQUEST_EXAMPLE, "times_asked": 2},
        NOT_FOUND, NO_REFUND, CONFLICT, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def ask_again(
    request_id: FromPath[UUID],
    data: JSONBody[AskedAgain],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    rules: NamedDependency[MarketRules],
) -> Response[RefundRequestShown]:
    """Once, and within the window."""

    async def work(session: Session) -> Reply:
        request = await refund_requests.lock(session, request_id)
        if request.person_id != visitor.person:
            raise UnknownRequest(request_id)
        await refund_requests.ask_again(session, request, data.reason, rules)
        return await _reply(session, request, 200)

    return await idempotent.run(work)


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
        200, RefundRequestShown, "The request, granted.", GRANTED_EXAMPLE,
        *DECIDING_PROBLEMS, NO_REFUND, NOT_REFUNDABLE, REFUND_EXCEEDS_PAYMENT, BAD_AMOUNT, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def grant_refund(
    request_id: FromPath[UUID],
    data: JSONBody[Decision],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[RefundRequestShown]:
    """Gives exactly this line's money back; the buyer loses the thing when the money went. The artist's share is taken
    back from their transfer in the background."""

    async def work(session: Session) -> Reply:
        request = await _to_decide(session, request_id, visitor)
        await refund_requests.grant(session, request, because=data.answer)
        return await _reply(session, request, 200)

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
        200, RefundRequestShown, "The request, declined.",
        {**REQUEST_EXAMPLE, "status": "declined", "answer": "you heard it to the end"},
        *DECIDING_PROBLEMS, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def decline_refund(
    request_id: FromPath[UUID],
    data: JSONBody[Decision],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[RefundRequestShown]:
    """No, and why; the buyer may ask once more."""

    async def work(session: Session) -> Reply:
        request = await _to_decide(session, request_id, visitor)
        await refund_requests.decline(session, request, because=data.answer)
        return await _reply(session, request, 200)

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
        202, RefundShown, "The refund, reserved.", REFUND_EXAMPLE,
        NOT_FOUND, NO_REFUND, NOT_REFUNDABLE, REFUND_EXCEEDS_PAYMENT, BAD_AMOUNT, FORBIDDEN, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def refund_line(
    line_id: FromPath[UUID], data: JSONBody[Decision], idempotent: NamedDependency[Idempotent]
) -> Response[RefundShown]:
    """For operators: gives back what is left of one line, whenever it was bought; a request that waits is granted."""

    async def work(session: Session) -> Reply:
        line, order = await orders.find_line(session, line_id)
        if order.payment_id is None:
            raise UnknownLine(line_id)
        refund = await refund_requests.refund_directly(session, line, order.payment_id, because=data.answer)
        await session.refresh(refund)
        return Reply(202, show(RefundShown, refund), location=f"/api/v1/refunds/{refund.id}")

    return await idempotent.run(work)
