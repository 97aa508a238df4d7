"""Payments: found by any id, ours or the provider's, and told from beginning to end; and their refund."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from litestar.di import NamedDependency
from sqlalchemy import bindparam, select

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.http.requests import DoorRequest
from veza.kit.database import Database, Session
from veza.kit.messages import gettext
from veza.money import invariants, payments, refunding
from veza.money.disputes import Dispute
from veza.money.listings import PAYMENT_SORTS
from veza.money.payment_frame import PaymentFrame
from veza.money.payments import Payment
from veza.money.short_ids import payments_ending
from veza.money.timeline import NothingFound, payment_of
from veza.money.webhook_inbox import WebhookEvent
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.operator import flow, refunding_by_hand
from veza.web.operator.equation import equation_of
from veza.web.operator.history import history_of
from veza.web.operator.naming import named, shown_status
from veza.web.operator.office import asked_for, known_id, looking_for
from veza.web.operator.paging import page_of

ALL = ("/operator/payments", gettext("See all payments"))
PAYMENT = gettext("payment")


@page("/operator/payments", permission=Permission.MONEY)
async def payments_page(session: Session, request: DoorRequest) -> Shown | See:
    """Payments, newest first; with `find`, the one that an id belongs to."""
    wanted = asked_for(request, "find")
    ending: Sequence[UUID] = []
    if wanted:
        try:
            return See(f"/operator/payments/{await payment_of(session, wanted)}")
        except NothingFound:
            if await session.get(WebhookEvent, wanted) is not None:
                return See(f"/operator/inbox/{wanted}")
        ending = await payments_ending(session, wanted)
        if len(ending) == 1:
            return See(f"/operator/payments/{ending[0]}")
    query = select(Payment).where(Payment.id.in_(ending)) if ending else select(Payment)
    found = await page_of(session, query, PAYMENT_SORTS, request, {})
    told = await named(session, [row.id for row in found.rows])
    return Shown(
        "operator/payments.html",
        status=404 if wanted and not ending else 200,
        live=None if wanted else found.here,
        page=found,
        wanted=wanted,
        ending=ending,
        named=told,
        shown={row.id: shown_status(row, told[row.id].returned_minor) for row in found.rows},
    )


@page("/operator/payments/{payment_id:str}", permission=Permission.MONEY)
async def payment_page(session: Session, request: DoorRequest, payment_id: str, form: Form) -> Shown:
    """One payment: its lines, refunds, transfers, reversals, disputes, whether its books balance, its timeline."""
    row_id = known_id(payment_id, PAYMENT, ALL)
    with looking_for(PAYMENT, row_id, ALL):
        row = await payments.find(session, row_id)
    books = await invariants.books(session, row)
    lines = books.lines
    left = await refunding.refundable(session, PaymentFrame(row, lines, books.returned))
    is_paid = row.status == "succeeded"
    told = (await named(session, [row.id]))[row.id]
    return Shown(
        "operator/payment.html",
        live=None if form.asks else f"/operator/payments/{row.id}",
        payment=row,
        lines=lines,
        products={line.id: line.product_ref for line in lines},
        flow=flow.draw(lines, flow.ends_of(lines, books.transfers, told.returned_minor)) if is_paid else None,
        equation=equation_of(row.amount_minor, books.of) if is_paid else None,
        nettings=books.nettings,
        broken=[violation.message for violation in invariants.broken_in(books)],
        refunds=books.refunds,
        seller_transfers=books.transfers,
        transfer_reversals=books.reversals,
        disputes=(await session.scalars(_DISPUTES, {"payment_id": row.id})).all(),
        named=told,
        shown=shown_status(row, told.returned_minor),
        history=await history_of(session, row.id),
        left_minor=left.most_minor,
        left_of=left.of_lines if left.most_minor else {},
        was_asked=request.query_params.get("asked") == "refund",
    )


_DISPUTES = select(Dispute).where(Dispute.payment_id == bindparam("payment_id")).order_by(Dispute.id)


@form("/operator/payments/{payment_id:str}", permission=Permission.MONEY, shows=payment_page)
async def refund(payment_id: str, identity: Identity, form: Form, database: NamedDependency[Database]) -> See | Form:
    """Give the buyer money back, asked once more before it is sent; the sellers' shares follow by themselves."""
    row_id = known_id(payment_id, PAYMENT, ALL)
    with looking_for(PAYMENT, row_id, ALL):
        asks = await refunding_by_hand.send(database, row_id, form, actor=identity.actor)
    return See(f"/operator/payments/{row_id}?asked=refund") if asks is None else form.asking(asks)
