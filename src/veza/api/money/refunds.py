"""Refunds: ask for one, list them, look at one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Meta, Struct

from veza.accounts.permissions import Permission
from veza.api.operations import listing, read, write
from veza.api.shapes import (
    CHANGE_EXAMPLE,
    Change,
    CurrencyCode,
    Minor,
    Text,
    changes,
    show,
)
from veza.http.endpoints import AnswerLanguage
from veza.http.errors.money import NOT_REFUNDABLE, REFUND_EXCEEDS_PAYMENT
from veza.http.paging import Page, PageRequest
from veza.http.problems import BAD_AMOUNT, NOT_FOUND
from veza.kit import moves
from veza.kit.database import Session
from veza.kit.messages import render, verbatim
from veza.money import listings, payment_frame, refunding, refunds
from veza.money.refunds import Refund

TAG = "refunds"
Status = Literal["requested", "pending", "requires_action", "succeeded", "failed", "canceled", "refused"]


class RefundOfLine(Struct, forbid_unknown_fields=True):
    """The part of a refund that is for one line."""

    line_id: UUID
    amount_minor: Minor


class RefundDraft(Struct, forbid_unknown_fields=True):
    """What the buyer is to get back. What `lines` do not name is spread over what is left of all lines."""

    payment_id: UUID
    amount_minor: Minor
    currency: CurrencyCode
    reason: Text
    lines: Annotated[list[RefundOfLine], Meta(max_length=100)] = []


class RefundResponse(Struct, frozen=True):
    """A refund; `origin` is `requested` here, or made at the `provider`."""

    id: UUID
    payment_id: UUID
    status: Status
    origin: Literal["requested", "provider"]
    currency: str
    amount_minor: int
    reason: str
    requested_by: str
    stripe_refund_id: str | None
    retry_count: int
    next_retry_at: datetime | None
    last_error: str | None
    created_at: datetime
    succeeded_at: datetime | None


class RefundLineResponse(Struct, frozen=True):
    """How much of the refund is for which line."""

    line_id: UUID
    amount_minor: int


class RefundDetail(RefundResponse, frozen=True):
    """A refund with its lines and the moves it made."""

    lines: list[RefundLineResponse]
    history: list[Change]


def refund_response(row: Refund, language: str) -> RefundResponse:
    """A refund with its reason in a language."""
    return show(RefundResponse, row, reason=render(row.why, language))


WANTED_EXAMPLE = {
    "payment_id": "01890000-0000-7000-8000-000000000001",
    "amount_minor": 700,
    "currency": "EUR",
    "reason": "the download never worked",
    "lines": [{"line_id": "01890000-0000-7000-8000-000000000002", "amount_minor": 500}],
}
REFUND_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-000000000003",
    "payment_id": "01890000-0000-7000-8000-000000000001",
    "status": "requested",
    "origin": "requested",
    "currency": "EUR",
    "amount_minor": 700,
    "reason": "the download never worked",
    "requested_by": "operator",
    "stripe_refund_id": None,
    "retry_count": 0,
    "next_retry_at": "2026-01-02T10:30:00Z",
    "last_error": None,
    "created_at": "2026-01-02T10:30:00Z",
    "succeeded_at": None,
}
DETAIL_EXAMPLE = {
    **REFUND_EXAMPLE,
    "status": "succeeded",
    "stripe_refund_id": "re_1",
    "next_retry_at": None,
    "succeeded_at": "2026-01-02T10:30:02Z",
    "lines": [{"line_id": "01890000-0000-7000-8000-000000000002", "amount_minor": 700}],
    "history": [{**CHANGE_EXAMPLE, "source": "requested", "target": "succeeded", "because": "done"}],
}


@write.post(
    "/refunds",
    operation="createRefund",
    summary="Give a buyer money back",
    permission=Permission.MONEY,
    body=WANTED_EXAMPLE,
    gives=(202, RefundResponse, "The refund, reserved; the provider is asked for it at once.", REFUND_EXAMPLE),
    location="/api/v1/refunds/{shown.id}",
    problems=(NOT_FOUND, BAD_AMOUNT, REFUND_EXCEEDS_PAYMENT, NOT_REFUNDABLE),
)
async def create_refund(session: Session, data: RefundDraft, language: AnswerLanguage) -> RefundResponse:
    """Reserves the amount and asks the provider for the refund in the background. Once it succeeds, the sellers'
    shares of it are taken back from their transfers; the buyer never waits for that."""
    amounts = [(line.line_id, line.amount_minor) for line in data.lines]
    frame = await payment_frame.lock(session, data.payment_id)
    row = await refunding.request(
        session, frame, data.amount_minor, data.currency, reason=verbatim(data.reason), line_amounts=amounts
    )
    return refund_response(row, language)


@listing(
    "/refunds",
    operation="listRefunds",
    summary="List refunds",
    permission=Permission.MONEY,
    sorts=listings.REFUND_SORTS,
    gives=(RefundResponse, "A page, newest first.", REFUND_EXAMPLE),
)
async def list_refunds(
    session: Session,
    page_request: PageRequest,
    language: AnswerLanguage,
    status: Annotated[Status | None, QueryParameter(description="Only of this status.")] = None,
    payment: Annotated[UUID | None, QueryParameter(description="Only of this payment.")] = None,
) -> Page[RefundResponse]:
    """All refunds, newest first, with those that were made at the provider."""
    filters = {"status": status, "payment_id": payment}
    page = page_request.of("refunds", filters)
    rows = await listings.refunds(session, page.slice, status=status, payment_id=payment)
    return page.filled(rows, lambda row: refund_response(row, language))


@read(
    "/refunds/{refund_id:uuid}",
    operation="showRefund",
    summary="Show a refund",
    permission=Permission.MONEY,
    gives=(RefundDetail, "The refund, its lines and its history.", DETAIL_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_refund(session: Session, refund_id: UUID, language: AnswerLanguage) -> RefundDetail:
    """One refund: how much of it is for which line, and every move it made."""
    row = await refunds.find(session, refund_id)
    return show(
        RefundDetail,
        row,
        reason=render(row.why, language),
        lines=[show(RefundLineResponse, line) for line in await listings.refund_lines(session, refund_id)],
        history=changes(await moves.history_of(session, refund_id), language),
    )
