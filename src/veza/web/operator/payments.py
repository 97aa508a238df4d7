"""Payments: found by any id, ours or the provider's, and told from beginning to end."""

from __future__ import annotations

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy import select

from veza.money import law, payments
from veza.money.disputes import Dispute
from veza.money.payments import Payment, UnknownPayment, lines_of
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.timeline import NothingFound, payment_of
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import WebhookEvent
from veza.web.operator.history import history_of
from veza.web.operator.office import Office, PageRequest, go_to, known_id, unknown
from veza.web.operator.paging import page_of

ALL = ("/operator/payments", "See all payments")


def payment_handlers(office: Office) -> list[HTTPRouteHandler]:
    """The list, the search, and one payment."""

    @get("/payments")
    async def listed(request: PageRequest) -> Response[bytes] | Redirect:
        """Payments, newest first; with `find`, the one that an id belongs to."""
        wanted = request.query_params.get("find", "").replace("\0", "").strip()[:200]
        async with office.database.read() as session:
            if wanted:
                try:
                    return go_to(f"/operator/payments/{await payment_of(session, wanted)}")
                except NothingFound:
                    if await session.get(WebhookEvent, wanted) is not None:
                        return go_to(f"/operator/inbox/{wanted}")
            page = await page_of(session, select(Payment), Payment.id, request, {})
        status = 404 if wanted else 200
        live = None if wanted else page.here
        return office.show(request, "payments.html", status=status, live=live, page=page, wanted=wanted)

    @get("/payments/{payment_id:str}")
    async def one(request: PageRequest, payment_id: FromPath[str]) -> Response[bytes]:
        """One payment: its lines, refunds, transfers, reversals, disputes, whether its books balance, its timeline."""
        row_id = known_id(payment_id, "payment", ALL)
        async with office.database.read() as session:
            try:
                row = await payments.find(session, row_id)
            except UnknownPayment:
                raise unknown("payment", row_id, ALL) from None
            values = {
                model.__tablename__: (
                    await session.scalars(select(model).where(model.payment_id == row.id).order_by(model.id))
                ).all()
                for model in (Refund, SellerTransfer, TransferReversal, Dispute)
            }
            lines = await lines_of(session, row.id)
            broken = [violation.message for violation in await law.check(session, row)]
            history = await history_of(session, row.id)
        return office.show(
            request, "payment.html", live=f"/operator/payments/{row.id}", payment=row, lines=lines, broken=broken,
            history=history, **values,
        )  # fmt: skip

    return [listed, one]
