"""Transfers: list them by state and seller, look at one with its reversals, try again what was given up."""

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
from veza.api.money.problems import NOTHING_TO_RETRY
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import NOT_FOUND
from veza.api.shapes import (
    CHANGE_EXAMPLE,
    LIST_PROBLEMS,
    PLAIN,
    WRITE_PROBLEMS,
    Change,
    answers,
    changes,
    page_of,
    show,
)
from veza.kit import moves
from veza.kit.database import Session
from veza.money import listings, operator, reversals, transfers
from veza.money.facade import Money
from veza.money.transfers import SellerTransfer

TAG = "transfers"
Status = Literal[
    "pending", "completed", "failed", "permanently_failed", "reversal_pending", "reversed", "canceled"
]  # fmt: skip
ReversalStatus = Literal["pending", "succeeded", "permanently_failed", "canceled"]


class TransferResponse(Struct, frozen=True):
    """A transfer to a seller: `sent_minor` goes to them, `reversed_minor` of it came back, and `netted_minor` of it was
    to come back and was paid from later sales. With `cause_kind` `netting` it was kept to pay such a debt.

    With `permanently_failed`, `failed_step` says what was given up: the transfer itself or a reversal of it.
    """

    id: UUID
    payment_id: UUID
    seller_id: str
    status: Status
    failed_step: Literal["transfer", "reversal"] | None
    currency: str
    share_minor: int
    sent_minor: int
    reversed_minor: int
    netted_minor: int
    cause_kind: str
    cause_id: UUID
    stripe_transfer_id: str | None
    stripe_account_id: str | None
    retry_count: int
    next_retry_at: datetime | None
    waiting_since: datetime | None
    last_outcome: str | None
    last_error: str | None
    created_at: datetime
    completed_at: datetime | None


class ReversalResponse(Struct, frozen=True):
    """Money taken back from a transfer; `surplus_minor` of it nobody here needed."""

    id: UUID
    status: ReversalStatus
    currency: str
    amount_minor: int
    surplus_minor: int
    cause_kind: str
    cause_id: UUID
    stripe_reversal_id: str | None
    retry_count: int
    next_retry_at: datetime | None
    waiting_since: datetime | None
    last_outcome: str | None
    last_error: str | None
    created_at: datetime
    succeeded_at: datetime | None


class TransferDetail(TransferResponse, frozen=True):
    """A transfer with its reversals and the moves it made."""

    reversals: list[ReversalResponse]
    history: list[Change]


class RetryRequest(Struct, forbid_unknown_fields=True):
    """Why it should be tried again."""

    reason: Annotated[str, Meta(pattern=PLAIN, description="3 to 500 characters: the next person will want to know.")]


TRANSFER_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-000000000004",
    "payment_id": "01890000-0000-7000-8000-000000000001",
    "seller_id": "anna",
    "status": "reversal_pending",
    "failed_step": None,
    "currency": "EUR",
    "share_minor": 1035,
    "sent_minor": 1035,
    "reversed_minor": 0,
    "netted_minor": 0,
    "cause_kind": "sale",
    "cause_id": "01890000-0000-7000-8000-000000000001",
    "stripe_transfer_id": "tr_1",
    "stripe_account_id": "acct_1",
    "retry_count": 0,
    "next_retry_at": None,
    "waiting_since": None,
    "last_outcome": "done",
    "last_error": None,
    "created_at": "2026-01-02T10:31:01Z",
    "completed_at": "2026-01-02T10:31:02Z",
}
DETAIL_EXAMPLE = {
    **TRANSFER_EXAMPLE,
    "reversals": [
        {
            "id": "01890000-0000-7000-8000-000000000005",
            "status": "pending",
            "currency": "EUR",
            "amount_minor": 630,
            "surplus_minor": 0,
            "cause_kind": "refund",
            "cause_id": "01890000-0000-7000-8000-000000000003",
            "stripe_reversal_id": None,
            "retry_count": 1,
            "next_retry_at": "2026-01-02T11:31:00Z",
            "waiting_since": None,
            "last_outcome": "server_error",
            "last_error": "503 api_error",
            "created_at": "2026-01-02T11:30:00Z",
            "succeeded_at": None,
        }
    ],
    "history": [CHANGE_EXAMPLE],
}


@get(
    "/transfers",
    operation_id="listTransfers",
    tags=[TAG],
    summary="List transfers",
    dependencies=paged(listings.TRANSFER_SORTS),
    responses=answers(200, Page[TransferResponse], "A page, newest first.", page_of(TRANSFER_EXAMPLE), *LIST_PROBLEMS),
)
async def list_transfers(
    page_request: NamedDependency[PageRequest],
    money: NamedDependency[Money],
    status: Annotated[Status | None, QueryParameter(description="Only in this state.")] = None,
    seller: Annotated[
        str | None, QueryParameter(max_length=200, pattern=PLAIN, description="Only to this seller.")
    ] = None,
    payment: Annotated[UUID | None, QueryParameter(description="Only of this payment.")] = None,
) -> Page[TransferResponse]:
    """All transfers to sellers, newest first."""
    filters = {"status": status, "seller_id": seller, "payment_id": payment}
    part = page_request.of("transfers", filters)
    async with money.database.read() as session:
        rows = await listings.transfers(session, part.slice, status=status, seller_id=seller, payment_id=payment)
    return part.page(rows, lambda row: show(TransferResponse, row))


@get(
    "/transfers/{transfer_id:uuid}",
    operation_id="showTransfer",
    tags=[TAG],
    summary="Show a transfer",
    responses=answers(
        200, TransferDetail, "The transfer, its reversals and its history.", DETAIL_EXAMPLE, NOT_FOUND
    ),
)  # fmt: skip
async def show_transfer(transfer_id: FromPath[UUID], money: NamedDependency[Money]) -> TransferDetail:
    """One transfer: what is being taken back from it and why, and every move it made."""
    async with money.database.read() as session:
        return await _detail(session, await transfers.find(session, transfer_id))


@post(
    "/transfers/{transfer_id:uuid}/retry",
    status_code=200,
    operation_id="retryTransfer",
    tags=[TAG],
    summary="Try a given-up transfer again",
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        200, TransferDetail, "The transfer, due again.", DETAIL_EXAMPLE,
        NOT_FOUND, NOTHING_TO_RETRY, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def retry_transfer(
    transfer_id: FromPath[UUID],
    data: Annotated[
        RetryRequest, BodyKwarg(examples=[Example(value={"reason": "the seller's account is open again"})])
    ],
    idempotent: NamedDependency[Idempotent],
) -> Response[TransferDetail]:
    """Makes a permanently failed transfer, or its failed reversals, due again with a fresh count of retries. The worker
    looks at the provider first, so nothing that happened after all is done twice."""

    async def work(session: Session) -> Reply:
        row = await operator.retry_transfer(session, transfer_id, data.reason)
        return Reply(200, await _detail(session, row))

    return await idempotent.run(work)


async def _detail(session: Session, row: SellerTransfer) -> TransferDetail:
    return show(
        TransferDetail,
        row,
        reversals=[show(ReversalResponse, one) for one in await reversals.of_transfer(session, row.id)],
        history=changes(await moves.history_of(session, row.id)),
    )
