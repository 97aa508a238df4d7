"""Nettings: what was kept of a seller's later sales to pay what could not be taken back from them, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar.params import PathParameter
from msgspec import Struct

from veza.accounts.permissions import Permission
from veza.api.operations import listing
from veza.api.shapes import PLAIN, show
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND
from veza.kit.database import Session
from veza.money import listings, sellers
from veza.money.nettings import Netting

TAG = "sellers"


class NettingResponse(Struct, frozen=True):
    """`amount_minor` of the share of one order (`sale_…`) was kept to pay what another (`debt_…`) left owing.

    `reversal_id` is the reversal that could not be made; `paid_at` is when the debt was lowered, moments later.
    """

    id: UUID
    currency: str
    amount_minor: int
    sale_payment_id: UUID
    sale_order_ref: str
    transfer_id: UUID
    debt_payment_id: UUID
    debt_order_ref: str
    reversal_id: UUID
    created_at: datetime
    paid_at: datetime | None


NETTING_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-000000000051",
    "currency": "EUR",
    "amount_minor": 630,
    "sale_payment_id": "01890000-0000-7000-8000-000000000050",
    "sale_order_ref": "01890000-0000-7000-8000-00000000004f",
    "transfer_id": "01890000-0000-7000-8000-000000000052",
    "debt_payment_id": "01890000-0000-7000-8000-000000000001",
    "debt_order_ref": "01890000-0000-7000-8000-000000000002",
    "reversal_id": "01890000-0000-7000-8000-000000000005",
    "created_at": "2026-02-01T08:00:00Z",
    "paid_at": "2026-02-01T08:00:00Z",
}


def shown(row: Netting, order_refs: Mapping[UUID, str]) -> NettingResponse:
    sale, debt = order_refs[row.sale_payment_id], order_refs[row.debt_payment_id]
    return show(NettingResponse, row, sale_order_ref=sale, debt_order_ref=debt)


@listing(
    "/sellers/{seller_id:str}/nettings",
    operation="listNettings",
    summary="List what was kept of a seller's sales",
    permission=Permission.MONEY,
    sorts=listings.NETTING_SORTS,
    gives=(NettingResponse, "A page, newest first.", NETTING_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def list_nettings(
    session: Session,
    seller_id: Annotated[str, PathParameter(pattern=PLAIN, description="As given at onboarding.")],
    page_request: PageRequest,
) -> Page[NettingResponse]:
    """What could not be taken back from a seller is kept of their later sales, before their share is sent."""
    page = page_request.of(f"nettings of {seller_id}", {})
    await sellers.find(session, seller_id)
    rows = await listings.nettings(session, page.slice, seller_id=seller_id)
    refs = await listings.order_refs(session, rows)
    return page.filled(rows, lambda row: shown(row, refs))
