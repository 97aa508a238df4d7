"""Payments: found by any id, ours or the provider's, and told from beginning to end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy import select

from veza.http.language import language_of, say, told
from veza.http.requests import DoorRequest
from veza.kit.messages import gettext
from veza.money import invariants, nettings, payments, refunding
from veza.money.disputes import Dispute
from veza.money.listings import PAYMENT_SORTS
from veza.money.payment_frame import PaymentFrame
from veza.money.payments import Payment, lines_of
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.short_ids import payments_ending
from veza.money.timeline import NothingFound, payment_of
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import WebhookEvent
from veza.web.operator import refund_form
from veza.web.operator.history import history_of
from veza.web.operator.naming import named, shown_status
from veza.web.operator.office import Office, fields, go_to, known_id, looking_for
from veza.web.operator.paging import page_of
from veza.web.operator.refund_form import RefundableChanged, RefundForm

ALL = ("/operator/payments", gettext("See all payments"))
PAYMENT = gettext("payment")


def payment_handlers(office: Office) -> list[HTTPRouteHandler]:
    """The list, the search, one payment, and its refund (a POST to the payment's own address)."""

    @get("/payments")
    async def listed(request: DoorRequest) -> Response[bytes] | Redirect:
        """Payments, newest first; with `find`, the one that an id belongs to."""
        wanted = request.query_params.get("find", "").replace("\0", "").strip()[:200]
        ending: Sequence[UUID] = []
        async with office.database.read() as session:
            if wanted:
                try:
                    return go_to(f"/operator/payments/{await payment_of(session, wanted)}")
                except NothingFound:
                    if await session.get(WebhookEvent, wanted) is not None:
                        return go_to(f"/operator/inbox/{wanted}")
                ending = await payments_ending(session, wanted)
                if len(ending) == 1:
                    return go_to(f"/operator/payments/{ending[0]}")
            query = select(Payment).where(Payment.id.in_(ending)) if ending else select(Payment)
            page = await page_of(session, query, PAYMENT_SORTS, request, {})
            said = await named(session, [row.id for row in page.rows])
        status = 404 if wanted and not ending else 200
        live = None if wanted else page.here
        return office.show(
            request, "payments.html", status=status, live=live, page=page, wanted=wanted, ending=ending, named=said,
            shown={row.id: shown_status(row, said[row.id].returned_minor) for row in page.rows},
        )  # fmt: skip

    @get("/payments/{payment_id:str}")
    async def one(request: DoorRequest, payment_id: FromPath[str]) -> Response[bytes]:
        """One payment: its lines, refunds, transfers, reversals, disputes, whether its books balance, its timeline."""
        return await _show(request, known_id(payment_id, PAYMENT, ALL))

    @post("/payments/{payment_id:str}")
    async def refund(request: DoorRequest, payment_id: FromPath[str]) -> Response[bytes] | Redirect:
        """Give the buyer money back; the sellers' shares follow by themselves."""
        row_id = known_id(payment_id, PAYMENT, ALL)
        try:
            with looking_for(PAYMENT, row_id, ALL):
                form = await refund_form.send(office.database, row_id, await fields(request), language_of(request))
        except RefundableChanged as error:
            return await _show(request, row_id, status=409, was_first=told(request, error))
        if form is None:
            return go_to(f"/operator/payments/{row_id}?asked=refund")
        return await _show(request, row_id, status=422 if form.errors else 200, live=None, form=form)

    async def _show(request: DoorRequest, row_id: UUID, **more: Any) -> Response[bytes]:
        async with office.database.read() as session:
            with looking_for(PAYMENT, row_id, ALL):
                row = await payments.find(session, row_id)
            values = {
                model.__tablename__: (
                    await session.scalars(select(model).where(model.payment_id == row.id).order_by(model.id))
                ).all()
                for model in (Refund, SellerTransfer, TransferReversal, Dispute)
            }
            values["nettings"] = await nettings.of_payment(session, row.id)
            lines = await lines_of(session, row.id)
            left = await refunding.refundable(session, PaymentFrame(row))
            broken = [violation.message for violation in await invariants.check(session, row)]
            history = await history_of(session, row.id)
            said = (await named(session, [row.id]))[row.id]
        told: dict[str, Any] = {"form": RefundForm(), "was_first": None, "live": f"/operator/payments/{row.id}", **more}
        errors = {f"{name}_error": told["form"].errors.get(name) for name in ("amount", "reason")}
        asked = request.query_params.get("asked") == "refund"
        why_held = None if row.why_held is None else say(request, row.why_held)
        left_of = left.of_lines if left.most_minor else {}
        return office.show(
            request, "payment.html", payment=row, lines=lines, broken=broken, named=said, left_of=left_of,
            shown=shown_status(row, said.returned_minor), history=history, left_minor=left.most_minor, was_asked=asked,
            why_held=why_held, **told, **errors, **values,
        )  # fmt: skip

    return [listed, one, refund]
