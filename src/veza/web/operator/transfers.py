"""Transfers: the list, one of them with everything that happened around it, and trying again with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from veza.accounts.permissions import Permission
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.money import operator, payments, reversals, transfers
from veza.money.listings import TRANSFER_SORTS
from veza.money.operator import OperatorAction
from veza.money.reversals import TransferReversal
from veza.money.sellers import Seller, seller
from veza.money.transfers import STATUSES, SellerTransfer
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.operator.actors import names_of
from veza.web.operator.history import history_of
from veza.web.operator.naming import named
from veza.web.operator.office import asked_for, known_id, looking_for
from veza.web.operator.paging import page_of

ALL = ("/operator/transfers", gettext("See all transfers"))
TRANSFER = gettext("transfer")


@page("/operator/transfers", permission=Permission.MONEY)
async def transfers_page(session: Session, request: DoorRequest) -> Shown:
    """Transfers by status, by the status of a reversal, and by seller, newest first."""
    of_address = request.query_params
    wanted = {
        "status": of_address.get("status", ""),
        "reversal": of_address.get("reversal", ""),
        "seller": asked_for(request, "seller"),
    }
    for name, known in (("status", STATUSES), ("reversal", reversals.STATUSES)):
        wanted[name] = wanted[name] if wanted[name] in known else ""
    query = select(SellerTransfer)
    if wanted["reversal"]:
        state = TransferReversal.status == wanted["reversal"]
        query = query.where(SellerTransfer.id.in_(select(TransferReversal.transfer_id).where(state)))
    if wanted["status"]:
        query = query.where(SellerTransfer.status == wanted["status"])
    if wanted["seller"]:
        query = query.where(SellerTransfer.seller_id == wanted["seller"])
    shown = await page_of(session, query, TRANSFER_SORTS, request, wanted)
    return Shown(
        "operator/transfers.html",
        live=shown.here,
        page=shown,
        wanted=wanted,
        names=await _names(session, {row.seller_id for row in shown.rows}),
        named=await named(session, {row.payment_id for row in shown.rows}),
        next_attempts=await _next_attempts(session, [row.id for row in shown.rows]),
    )


@page("/operator/transfers/{transfer_id:str}", permission=Permission.MONEY)
async def transfer_page(session: Session, request: DoorRequest, transfer_id: str, form: Form) -> Shown:
    """One transfer: its facts, its reversals, and the timeline of its payment."""
    row_id = known_id(transfer_id, TRANSFER, ALL)
    with looking_for(TRANSFER, row_id, ALL):
        row = await transfers.find(session, row_id)
    back = await reversals.of_transfer(session, row.id)
    last_action = await _last_action(session, row.id)
    return Shown(
        "operator/transfer.html",
        live=f"/operator/transfers/{row.id}",
        transfer=row,
        payment=await payments.find(session, row.payment_id),
        seller=await seller(session, row.seller_id),
        reversals=back,
        at_stake_minor=_at_stake(row, back),
        last_action=last_action,
        last_actor=None if last_action is None else (await names_of(session, [last_action.by]))[last_action.by],
        history=await history_of(session, row.payment_id),
        was_asked=request.query_params.get("asked") == "retry",
    )


@form("/operator/transfers/{transfer_id:str}", permission=Permission.MONEY, shows=transfer_page)
async def retry_transfer(session: Session, transfer_id: str, form: Form) -> See:
    """Try a permanently failed transfer again; the worker looks up first."""
    row_id = known_id(transfer_id, TRANSFER, ALL)
    with looking_for(TRANSFER, row_id, ALL):
        await operator.retry_transfer(session, row_id, form.value("reason"))
    return See(f"/operator/transfers/{row_id}?asked=retry")


def _at_stake(row: SellerTransfer, back: Sequence[TransferReversal]) -> int:
    """How much a retry is about: all it sends, or the part that could not be taken back."""
    if row.failed_step == "transfer":
        return row.sent_minor
    return sum(one.amount_minor for one in back if one.status == "permanently_failed")


async def _names(session: Session, seller_ids: set[str]) -> dict[str, str]:
    found = await session.execute(select(Seller.id, Seller.name).where(Seller.id.in_(seller_ids)))
    return {row[0]: row[1] for row in found}


async def _next_attempts(session: Session, transfer_ids: Sequence[UUID]) -> dict[UUID, datetime | None]:
    """When the next of their reversals is due: a sent transfer has no attempt of its own."""
    due = select(TransferReversal.transfer_id, func.min(TransferReversal.next_retry_at)).where(
        TransferReversal.transfer_id.in_(transfer_ids), TransferReversal.next_retry_at.is_not(None)
    )
    return {row[0]: row[1] for row in await session.execute(due.group_by(TransferReversal.transfer_id))}


async def _last_action(session: Session, row_id: UUID) -> OperatorAction | None:
    mine = select(OperatorAction).where(OperatorAction.row_id == row_id).order_by(OperatorAction.id.desc()).limit(1)
    return (await session.scalars(mine)).first()
