"""Transfers: the list, one of them with everything that happened around it, and trying again with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy import func, select

from veza.http.errors.table import kind_of
from veza.http.language import told
from veza.http.problems import CONFLICT, INVALID_REQUEST
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.money import operator, payments, reversals, transfers
from veza.money.listings import TRANSFER_SORTS
from veza.money.operator import OperatorAction
from veza.money.reversals import TransferReversal
from veza.money.sellers import Seller, seller
from veza.money.transfers import STATUSES, SellerTransfer
from veza.web.operator.history import history_of
from veza.web.operator.naming import named
from veza.web.operator.office import ACTOR, Office, fields, go_to, known_id, looking_for
from veza.web.operator.paging import page_of
from veza.web.rendering import form_status

ALL = ("/operator/transfers", gettext("See all transfers"))
TRANSFER = gettext("transfer")


def transfer_handlers(office: Office) -> list[HTTPRouteHandler]:
    """The list, one transfer, and its retry (a POST to the transfer's own address)."""

    @get("/transfers")
    async def listed(request: DoorRequest) -> Response[bytes]:
        """Transfers by status and seller, newest first."""
        wanted = {"status": request.query_params.get("status", ""), "seller": _asked(request, "seller")}
        if wanted["status"] not in STATUSES:
            wanted["status"] = ""
        query = select(SellerTransfer)
        if wanted["status"]:
            query = query.where(SellerTransfer.status == wanted["status"])
        if wanted["seller"]:
            query = query.where(SellerTransfer.seller_id == wanted["seller"])
        async with office.database.read() as session:
            page = await page_of(session, query, TRANSFER_SORTS, request, wanted)
            more = {
                "names": await _names(session, {row.seller_id for row in page.rows}),
                "named": await named(session, {row.payment_id for row in page.rows}),
                "next_attempts": await _next_attempts(session, [row.id for row in page.rows]),
            }
        return office.show(request, "transfers.html", live=page.here, page=page, wanted=wanted, **more)

    @get("/transfers/{transfer_id:str}")
    async def one(request: DoorRequest, transfer_id: FromPath[str]) -> Response[bytes]:
        """One transfer: its facts, its reversals, and the timeline of its payment."""
        return await _show(request, known_id(transfer_id, TRANSFER, ALL))

    @post("/transfers/{transfer_id:str}")
    async def retry(request: DoorRequest, transfer_id: FromPath[str]) -> Response[bytes] | Redirect:
        """Try a permanently failed transfer again; the worker looks up first."""
        row_id = known_id(transfer_id, TRANSFER, ALL)
        reason = (await fields(request)).get("reason", "")
        try:
            with looking_for(TRANSFER, row_id, ALL):
                async with office.database.write(ACTOR) as session:
                    await operator.retry_transfer(session, row_id, reason)
        except Exception as error:
            kind = kind_of(error)
            if kind is INVALID_REQUEST:
                more = {"reason": reason, "reason_error": told(request, error)}
                return await _show(request, row_id, status=form_status(kind), **more)
            if kind.status == CONFLICT.status:
                return await _show(request, row_id, status=kind.status, was_first=told(request, error))
            raise
        return go_to(f"/operator/transfers/{row_id}?asked=retry")

    async def _show(request: DoorRequest, row_id: UUID, **more: Any) -> Response[bytes]:
        async with office.database.read() as session:
            with looking_for(TRANSFER, row_id, ALL):
                row = await transfers.find(session, row_id)
            back = await reversals.of_transfer(session, row.id)
            values = {
                "transfer": row,
                "payment": await payments.find(session, row.payment_id),
                "seller": await seller(session, row.seller_id),
                "reversals": back,
                "at_stake_minor": _at_stake(row, back),
                "last_action": await _last_action(session, row.id),
                "history": await history_of(session, row.payment_id),
            }
        told = {"reason": "", "reason_error": None, "was_first": None, **more}
        asked = request.query_params.get("asked") == "retry"
        return office.show(
            request, "transfer.html", live=f"/operator/transfers/{row.id}", was_asked=asked, **told, **values
        )

    return [listed, one, retry]


def _at_stake(row: SellerTransfer, back: Sequence[TransferReversal]) -> int:
    """How much a retry is about: all it sends, or the part that could not be taken back."""
    if row.failed_step == "transfer":
        return row.sent_minor
    return sum(one.amount_minor for one in back if one.status == "permanently_failed")


def _asked(request: DoorRequest, name: str) -> str:
    """A search word; PostgreSQL knows no text with a zero byte in it."""
    return request.query_params.get(name, "").replace("\0", "").strip()[:200]


async def _names(session: Session, sellers: set[str]) -> dict[str, str]:
    found = await session.execute(select(Seller.id, Seller.name).where(Seller.id.in_(sellers)))
    return {row[0]: row[1] for row in found}


async def _next_attempts(session: Session, transfer_ids: Sequence[UUID]) -> dict[UUID, datetime | None]:
    """When the next of their reversals is due: a sent transfer has no attempt of its own."""
    due = select(TransferReversal.transfer_id, func.min(TransferReversal.next_retry_at)).where(
        TransferReversal.transfer_id.in_(transfer_ids), TransferReversal.next_retry_at.is_not(None)
    )
    return {row[0]: row[1] for row in await session.execute(due.group_by(TransferReversal.transfer_id))}


async def _last_action(session: Session, row_id: UUID) -> OperatorAction | None:
    mine = select(OperatorAction).where(OperatorAction.row_id == row_id).order_by(OperatorAction.id.desc()).limit(1)
    found: Sequence[OperatorAction] = (await session.scalars(mine)).all()
    return found[0] if found else None
