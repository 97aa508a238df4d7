"""Refunds that buyers ask for; what becomes of them is decided beside this, in `refund_decisions`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, QueryParameter
from msgspec import Meta, Struct

from veza.accounts.permissions import Permission
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.listeners.problems import BAD_TEXT
from veza.api.market.buyers import keyed_by_cart
from veza.api.market.problems import CART_TOKEN_MISSING, NO_REFUND, SELLING_PROBLEMS
from veza.api.market.products import is_operator
from veza.api.market.receipts import LinkToken
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import CONFLICT, NOT_FOUND
from veza.api.shapes import LIST_PROBLEMS, PLAIN, WRITE_PROBLEMS, answers, page_of, show
from veza.api.visitors import Visitor, needs
from veza.kit.database import Database, Session
from veza.market import listings, orders, receipts, refund_notices, refund_requests, sellers
from veza.market.cart import Buyer
from veza.market.listings import Asked
from veza.market.refund_requests import REASON_LEAST, REASON_MOST, RefundRequest, UnknownRequest
from veza.market.rules import MarketRules

TAG = "refund requests"
Status = Literal["asked", "declined", "granted", "refunded", "failed"]
OfStatus = Annotated[Status | None, QueryParameter(description="Only of this status.")]
Reason = Annotated[str, Meta(min_length=REASON_LEAST, max_length=REASON_MOST, pattern=PLAIN)]


class RefundRequestDraft(Struct, forbid_unknown_fields=True):
    """Which line of the order the money shall come back for, and why."""

    line_id: UUID
    reason: Reason


class RepeatedRefundRequest(Struct, forbid_unknown_fields=True):
    """Why it is asked once more."""

    reason: Reason


class RefundRequestResponse(Struct, frozen=True):
    """A request for one line: `granted` once the refund is under way, `refunded` when the money went back, by a dispute
    too. `failed` when it came to nothing, `failed_because` says why: whoever decides may grant it once more."""

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
    failed_because: str | None
    created_at: datetime
    answer_by: datetime


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
    "failed_because": None,
    "created_at": "2026-01-03T09:00:00Z",
    "answer_by": "2026-01-10T09:00:00Z",
}
ASKED_EXAMPLE = {"line_id": "01890000-0000-7000-8000-000000000026", "reason": "bought by mistake"}


def shown(asked: Asked) -> RefundRequestResponse:
    """A request in the shape of this door."""
    return show(
        RefundRequestResponse,
        asked.request,
        title=asked.line.title,
        currency=asked.order.currency,
        gross_minor=asked.line.gross_minor,
        refunded_minor=asked.line.refunded_minor,
        failed_because=asked.failed_because,
    )


async def reply(session: Session, request: RefundRequest, status: int) -> Reply:
    """The request as it is now."""
    line, order = await orders.find_line(session, request.line_id)
    why = await refund_requests.failed_because(session, request)
    return Reply(status, shown(Asked(request, line, order, why)))


@post(
    "/orders/{order_id:uuid}/refund-requests",
    operation_id="askForRefund",
    tags=[TAG],
    summary="Ask for one line's money back",
    opt=needs(Permission.OWN_ORDERS),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        201, RefundRequestResponse, "The request.", REQUEST_EXAMPLE, NOT_FOUND, NO_REFUND, BAD_TEXT, *WRITE_PROBLEMS
    ),
)  # fmt: skip
async def ask_for_refund(
    order_id: FromPath[UUID],
    data: Annotated[RefundRequestDraft, BodyKwarg(examples=[Example(value=ASKED_EXAMPLE)])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    rules: NamedDependency[MarketRules],
) -> Response[RefundRequestResponse]:
    """Within the window the operator set. The line's artist or an operator decides, by `answer_by` as a rule; a request
    that was declined may be made once more."""

    async def work(session: Session) -> Reply:
        order = await orders.find_theirs(session, order_id, visitor.person)
        request = await refund_requests.ask(session, order, data.line_id, visitor.person, data.reason, rules)
        await refund_notices.asked(session, request, rules)
        return await reply(session, request, 201)

    return await idempotent.run(work)


@post(
    "/cart/orders/{order_id:uuid}/refund-requests",
    operation_id="askForCartsRefund",
    tags=[TAG],
    summary="Ask for money back without an account",
    opt=needs(Permission.BUY),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        201, RefundRequestResponse, "The request.", REQUEST_EXAMPLE,
        NOT_FOUND, CART_TOKEN_MISSING, NO_REFUND, BAD_TEXT, CONFLICT, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def ask_for_carts_refund(
    order_id: FromPath[UUID],
    data: Annotated[RefundRequestDraft, BodyKwarg(examples=[Example(value=ASKED_EXAMPLE)])],
    buyer: NamedDependency[Buyer],
    idempotent: NamedDependency[Idempotent],
    rules: NamedDependency[MarketRules],
    token: LinkToken = None,
) -> Response[RefundRequestResponse]:
    """For who has no account: by the link that was mailed, or by the cart the order was made from. The answer comes by
    mail; after a no it may be asked once more. The requests of
    an order that is claimed belong to the person who claimed it."""
    idempotent = keyed_by_cart(idempotent, buyer) if token is None else idempotent.within(f"order {order_id}")

    async def work(session: Session) -> Reply:
        order = await receipts.bought_here(session, order_id, token, buyer)
        request = await refund_requests.ask_by_link(session, order, data.line_id, data.reason, rules)
        await refund_notices.asked(session, request, rules)
        return await reply(session, request, 201)

    return await idempotent.run(work)


@get(
    "/refund-requests",
    operation_id="listRefundRequests",
    tags=[TAG],
    summary="List the refunds one asked for",
    opt=needs(Permission.OWN_ORDERS),
    dependencies=paged(listings.REQUEST_SORTS),
    responses=answers(
        200, Page[RefundRequestResponse], "A page, newest first.", page_of(REQUEST_EXAMPLE), *LIST_PROBLEMS
    ),
)  # fmt: skip
async def list_requests(
    page_request: NamedDependency[PageRequest],
    database: NamedDependency[Database],
    visitor: NamedDependency[Visitor],
    status: OfStatus = None,
    order: Annotated[UUID | None, QueryParameter(description="Only for lines of this order.")] = None,
) -> Page[RefundRequestResponse]:
    """What the signed-in person asked for."""
    filters: dict[str, Any] = {"person_id": visitor.person, "status": status, "order_id": order}
    part = page_request.of("refund requests", filters)
    async with database.read() as session:
        rows = await listings.refund_requests(session, part.slice, **filters)
    return part.page(rows, shown)


@get(
    "/artists/{artist_id:uuid}/refund-requests",
    operation_id="listArtistsRefundRequests",
    tags=[TAG],
    summary="List the refunds asked of an artist",
    opt=needs(Permission.SELL),
    dependencies=paged(listings.REQUEST_SORTS),
    responses=answers(
        200, Page[RefundRequestResponse], "A page, newest first.", page_of(REQUEST_EXAMPLE),
        *SELLING_PROBLEMS, *LIST_PROBLEMS,
    ),
)  # fmt: skip
async def list_artists_requests(
    artist_id: FromPath[UUID],
    page_request: NamedDependency[PageRequest],
    database: NamedDependency[Database],
    visitor: NamedDependency[Visitor],
    status: OfStatus = None,
) -> Page[RefundRequestResponse]:
    """For an artist's people: what buyers want back."""
    filters: dict[str, Any] = {"artist_id": artist_id, "status": status}
    part = page_request.of("artist's refund requests", filters)
    async with database.read() as session:
        await sellers.artist_for(session, artist_id, visitor.person_id, is_operator=is_operator(visitor))
        rows = await listings.refund_requests(session, part.slice, **filters)
    return part.page(rows, shown)


@post(
    "/refund-requests/{request_id:uuid}/ask-again",
    status_code=200,
    operation_id="askForRefundAgain",
    tags=[TAG],
    summary="Ask once more after a no",
    opt=needs(Permission.OWN_ORDERS),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        200, RefundRequestResponse, "The request, asked again.", {**REQUEST_EXAMPLE, "times_asked": 2},
        NOT_FOUND, NO_REFUND, BAD_TEXT, CONFLICT, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def ask_again(
    request_id: FromPath[UUID],
    data: Annotated[
        RepeatedRefundRequest, BodyKwarg(examples=[Example(value={"reason": "the second song cuts off half way"})])
    ],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    rules: NamedDependency[MarketRules],
) -> Response[RefundRequestResponse]:
    """Once, and within the window."""

    async def work(session: Session) -> Reply:
        request = await refund_requests.lock(session, request_id)
        if request.person_id != visitor.person:
            raise UnknownRequest(request_id)
        await refund_requests.ask_again(session, request, data.reason, rules)
        await refund_notices.asked(session, request, rules)
        return await reply(session, request, 200)

    return await idempotent.run(work)
