"""Refunds that buyers ask for; what becomes of them is decided beside this, in `refund_decisions`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Meta, Struct

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.market.buyers import by_cart
from veza.api.market.receipts import LinkToken
from veza.api.operations import listing, write
from veza.api.shapes import PLAIN, show
from veza.catalog import acting
from veza.http.endpoints import AnswerLanguage
from veza.http.errors.kit import BAD_TEXT
from veza.http.errors.market import CART_TOKEN_MISSING, NO_REFUND
from veza.http.paging import Page, PageRequest
from veza.http.problems import CONFLICT, NOT_FOUND
from veza.kit.database import Session
from veza.kit.messages import render
from veza.market import listings, orders, receipts, refund_asking, refund_notices, refund_requests
from veza.market.cart import CartOwner
from veza.market.listings import ListedRequest
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
    too. `failed` when it came to nothing, `failed_because` says why: it may be granted once more."""

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


def shown(asked: ListedRequest, language: str) -> RefundRequestResponse:
    """A request in the shape of this door, for a reader of this language."""
    why = asked.failed_because
    return show(
        RefundRequestResponse,
        asked.request,
        title=asked.line.title,
        currency=asked.order.currency,
        gross_minor=asked.line.gross_minor,
        refunded_minor=asked.line.refunded_minor,
        failed_because=render(why, language) if why is not None else None,
    )


async def shown_now(session: Session, request: RefundRequest, language: str) -> RefundRequestResponse:
    """The request as it is now."""
    line, order = await orders.find_line(session, request.line_id)
    why = await refund_requests.failed_because(session, request)
    return shown(ListedRequest(request, line, order, why), language)


@write.post(
    "/orders/{order_id:uuid}/refund-requests",
    operation="askForRefund",
    summary="Ask for one line's money back",
    permission=Permission.OWN_ORDERS,
    body=ASKED_EXAMPLE,
    gives=(201, RefundRequestResponse, "The request.", REQUEST_EXAMPLE),
    problems=(NOT_FOUND, NO_REFUND, BAD_TEXT),
)
async def ask_for_refund(
    session: Session,
    order_id: UUID,
    data: RefundRequestDraft,
    identity: Identity,
    rules: MarketRules,
    language: AnswerLanguage,
) -> RefundRequestResponse:
    """Within the window the operator set. The line's artist or an operator decides, by `answer_by` as a rule; a request
    that was declined may be made once more."""
    order = await orders.find_theirs(session, order_id, identity.person)
    request = await refund_asking.ask(session, order, data.line_id, identity.person, data.reason, rules)
    await refund_notices.asked(session, request, rules)
    return await shown_now(session, request, language)


@write.post(
    "/cart/orders/{order_id:uuid}/refund-requests",
    operation="askForCartsRefund",
    summary="Ask for money back without an account",
    permission=Permission.BUY,
    keyed=lambda order_id, buyer, token: by_cart(buyer) if token is None else f"order {order_id}",
    body=ASKED_EXAMPLE,
    gives=(201, RefundRequestResponse, "The request.", REQUEST_EXAMPLE),
    problems=(NOT_FOUND, CART_TOKEN_MISSING, NO_REFUND, BAD_TEXT, CONFLICT),
)
async def ask_for_carts_refund(
    session: Session,
    order_id: UUID,
    data: RefundRequestDraft,
    buyer: CartOwner,
    rules: MarketRules,
    language: AnswerLanguage,
    token: LinkToken = None,
) -> RefundRequestResponse:
    """For a buyer without an account: by the link that was mailed, or by the cart the order was made from. The answer
    comes by mail; after a no it may be asked once more. The requests of an order that is claimed belong to the person
    who claimed it."""
    order = await receipts.bought_here(session, order_id, token, buyer)
    request = await refund_asking.ask_of_order(session, order, data.line_id, data.reason, rules)
    await refund_notices.asked(session, request, rules)
    return await shown_now(session, request, language)


@listing(
    "/refund-requests",
    operation="listRefundRequests",
    summary="List the refunds one asked for",
    permission=Permission.OWN_ORDERS,
    sorts=listings.REQUEST_SORTS,
    gives=(RefundRequestResponse, "A page, newest first.", REQUEST_EXAMPLE),
)
async def list_requests(
    session: Session,
    page_request: PageRequest,
    identity: Identity,
    language: AnswerLanguage,
    status: OfStatus = None,
    order: Annotated[UUID | None, QueryParameter(description="Only for lines of this order.")] = None,
) -> Page[RefundRequestResponse]:
    """What the signed-in person asked for."""
    filters: dict[str, Any] = {"person_id": identity.person, "status": status, "order_id": order}
    page = page_request.of("refund requests", filters)
    rows = await listings.refund_requests(session, page.slice, **filters)
    return page.filled(rows, lambda row: shown(row, language))


@listing(
    "/artists/{artist_id:uuid}/refund-requests",
    operation="listArtistsRefundRequests",
    summary="List the refunds asked of an artist",
    permission=Permission.SELL,
    sorts=listings.REQUEST_SORTS,
    gives=(RefundRequestResponse, "A page, newest first.", REQUEST_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def list_artists_requests(
    session: Session,
    artist_id: UUID,
    page_request: PageRequest,
    identity: Identity,
    language: AnswerLanguage,
    status: OfStatus = None,
) -> Page[RefundRequestResponse]:
    """For an artist's people: what buyers want back."""
    filters: dict[str, Any] = {"artist_id": artist_id, "status": status}
    page = page_request.of("artist's refund requests", filters)
    await acting.artist_for(session, artist_id, identity)
    rows = await listings.refund_requests(session, page.slice, **filters)
    return page.filled(rows, lambda row: shown(row, language))


@write.post(
    "/refund-requests/{request_id:uuid}/ask-again",
    operation="askForRefundAgain",
    summary="Ask once more after a no",
    permission=Permission.OWN_ORDERS,
    body={"reason": "the second song cuts off half way"},
    gives=(200, RefundRequestResponse, "The request, asked again.", {**REQUEST_EXAMPLE, "times_asked": 2}),
    problems=(NOT_FOUND, NO_REFUND, BAD_TEXT, CONFLICT),
)
async def ask_again(
    session: Session,
    request_id: UUID,
    data: RepeatedRefundRequest,
    identity: Identity,
    rules: MarketRules,
    language: AnswerLanguage,
) -> RefundRequestResponse:
    """Once, and within the window."""
    request, _ = await refund_requests.lock(session, request_id)
    if request.person_id != identity.person:
        raise UnknownRequest(request_id)
    await refund_asking.ask_again(session, request, data.reason, rules)
    await refund_notices.asked(session, request, rules)
    return await shown_now(session, request, language)
