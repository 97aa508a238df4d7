"""Transfers: list them by state and seller, look at one with its reversals, try again what was given up."""

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
    PLAIN,
    Change,
    changes,
    show,
)
from veza.http.endpoints import AnswerLanguage
from veza.http.errors.money import NOTHING_TO_RETRY
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND
from veza.kit import moves
from veza.kit.database import Session
from veza.money import listings, operator, reversals, transfers
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
    """Money taken back from a transfer; `surplus_minor` of it is more than was owed here."""

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


@listing(
    "/transfers",
    operation="listTransfers",
    summary="List transfers",
    permission=Permission.MONEY,
    sorts=listings.TRANSFER_SORTS,
    gives=(TransferResponse, "A page, newest first.", TRANSFER_EXAMPLE),
)
async def list_transfers(
    session: Session,
    page_request: PageRequest,
    status: Annotated[Status | None, QueryParameter(description="Only in this state.")] = None,
    seller: Annotated[
        str | None, QueryParameter(max_length=200, pattern=PLAIN, description="Only to this seller.")
    ] = None,
    payment: Annotated[UUID | None, QueryParameter(description="Only of this payment.")] = None,
) -> Page[TransferResponse]:
    """All transfers to sellers, newest first."""
    filters = {"status": status, "seller_id": seller, "payment_id": payment}
    page = page_request.of("transfers", filters)
    rows = await listings.transfers(session, page.slice, status=status, seller_id=seller, payment_id=payment)
    return page.filled(rows, lambda row: show(TransferResponse, row))


@read(
    "/transfers/{transfer_id:uuid}",
    operation="showTransfer",
    summary="Show a transfer",
    permission=Permission.MONEY,
    gives=(TransferDetail, "The transfer, its reversals and its history.", DETAIL_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_transfer(session: Session, transfer_id: UUID, language: AnswerLanguage) -> TransferDetail:
    """One transfer: what is being taken back from it and why, and every move it made."""
    return await _detail(session, await transfers.find(session, transfer_id), language)


@write.post(
    "/transfers/{transfer_id:uuid}/retry",
    operation="retryTransfer",
    summary="Try a given-up transfer again",
    permission=Permission.MONEY,
    body={"reason": "the seller's account is open again"},
    gives=(200, TransferDetail, "The transfer, due again.", DETAIL_EXAMPLE),
    problems=(NOT_FOUND, NOTHING_TO_RETRY),
)
async def retry_transfer(
    session: Session, transfer_id: UUID, data: RetryRequest, language: AnswerLanguage
) -> TransferDetail:
    """Makes a permanently failed transfer, or its failed reversals, due again with a fresh count of retries. The worker
    looks at the provider first, so nothing that happened after all is done twice."""
    row = await operator.retry_transfer(session, transfer_id, data.reason)
    return await _detail(session, row, language)


async def _detail(session: Session, row: SellerTransfer, language: str) -> TransferDetail:
    return show(
        TransferDetail,
        row,
        reversals=[show(ReversalResponse, one) for one in await reversals.of_transfer(session, row.id)],
        history=changes(await moves.history_of(session, row.id), language),
    )
