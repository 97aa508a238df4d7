"""Refunds: ask for one, list them, look at one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, QueryParameter
from msgspec import Meta, Struct

from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.money.problems import NOT_REFUNDABLE, REFUND_EXCEEDS_PAYMENT
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import BAD_AMOUNT, NOT_FOUND
from veza.api.shapes import (
    CHANGE_EXAMPLE,
    LIST_PROBLEMS,
    WRITE_PROBLEMS,
    Change,
    CurrencyCode,
    Minor,
    Text,
    answers,
    changes,
    page_of,
    show,
)
from veza.kit import moves
from veza.kit.database import Session
from veza.money import listings, payments, refunds
from veza.money.facade import Money

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
    """A refund; `origin` is `requested` here or made at the `provider` by somebody else."""

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


@post(
    "/refunds",
    status_code=202,
    operation_id="createRefund",
    tags=[TAG],
    summary="Give a buyer money back",
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        202, RefundResponse, "The refund, reserved; the provider is asked for it at once.", REFUND_EXAMPLE,
        NOT_FOUND, BAD_AMOUNT, REFUND_EXCEEDS_PAYMENT, NOT_REFUNDABLE, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def create_refund(
    data: Annotated[RefundDraft, BodyKwarg(examples=[Example(value=WANTED_EXAMPLE)])],
    idempotent: NamedDependency[Idempotent],
) -> Response[RefundResponse]:
    """Reserves the amount and asks the provider for the refund in the background. Once it succeeds, the sellers'
    shares of it are taken back from their transfers; the buyer never waits for that."""
    amounts = [(line.line_id, line.amount_minor) for line in data.lines]

    async def work(session: Session) -> Reply:
        payment = await payments.lock(session, data.payment_id)
        row = await refunds.request(
            session, payment, data.amount_minor, data.currency, reason=data.reason, line_amounts=amounts
        )
        await session.refresh(row)
        return Reply(202, show(RefundResponse, row), location=f"/api/v1/refunds/{row.id}")

    return await idempotent.run(work)


@get(
    "/refunds",
    operation_id="listRefunds",
    tags=[TAG],
    summary="List refunds",
    dependencies=paged(listings.REFUND_SORTS),
    responses=answers(200, Page[RefundResponse], "A page, newest first.", page_of(REFUND_EXAMPLE), *LIST_PROBLEMS),
)
async def list_refunds(
    page_request: NamedDependency[PageRequest],
    money: NamedDependency[Money],
    status: Annotated[Status | None, QueryParameter(description="Only of this status.")] = None,
    payment: Annotated[UUID | None, QueryParameter(description="Only of this payment.")] = None,
) -> Page[RefundResponse]:
    """All refunds, newest first, those made at the provider by somebody else included."""
    filters = {"status": status, "payment_id": payment}
    part = page_request.of("refunds", filters)
    async with money.database.read() as session:
        rows = await listings.refunds(session, part.slice, status=status, payment_id=payment)
    return part.page(rows, lambda row: show(RefundResponse, row))


@get(
    "/refunds/{refund_id:uuid}",
    operation_id="showRefund",
    tags=[TAG],
    summary="Show a refund",
    responses=answers(200, RefundDetail, "The refund, its lines and its history.", DETAIL_EXAMPLE, NOT_FOUND),
)
async def show_refund(refund_id: FromPath[UUID], money: NamedDependency[Money]) -> RefundDetail:
    """One refund: how much of it is for which line, and every move it made."""
    async with money.database.read() as session:
        row = await refunds.find(session, refund_id)
        return show(
            RefundDetail,
            row,
            lines=[show(RefundLineResponse, line) for line in await listings.refund_lines(session, refund_id)],
            history=changes(await moves.history_of(session, refund_id)),
        )
