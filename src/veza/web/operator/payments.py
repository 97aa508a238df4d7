"""Payments: found by any id, ours or the provider's, and told from beginning to end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy import select

from veza.kit.money import BadAmount, Money, typed
from veza.money import law, payments, refunds
from veza.money.disputes import Dispute
from veza.money.operator import ReasonMissing, reason_for
from veza.money.payments import Payment, UnknownPayment, lines_of
from veza.money.refunds import NotRefundable, Refund
from veza.money.reversals import TransferReversal
from veza.money.timeline import NothingFound, payment_of
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import WebhookEvent
from veza.web.operator.history import history_of
from veza.web.operator.office import ACTOR, Office, PageRequest, fields, go_to, known_id, unknown
from veza.web.operator.paging import page_of

ALL = ("/operator/payments", "See all payments")


class SomebodyWasFirst(Exception):
    """What can be refunded is not what the form was filled in for."""


def payment_handlers(office: Office) -> list[HTTPRouteHandler]:
    """The list, the search, one payment, and its refund (a POST to the payment's own address)."""

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
        return await _show(request, known_id(payment_id, "payment", ALL))

    @post("/payments/{payment_id:str}")
    async def refund(request: PageRequest, payment_id: FromPath[str]) -> Response[bytes] | Redirect:
        """Give the buyer money back; the sellers' shares follow by themselves."""
        row_id, form = known_id(payment_id, "payment", ALL), await fields(request)
        given = {"amount": form.get("amount", "").strip(), "reason": form.get("reason", "").strip()}
        try:
            async with office.database.write(ACTOR) as session:
                payment = await payments.lock(session, row_id)
                left = await refunds.refundable_minor(session, payment)
                if form.get("left") != str(left):
                    # A second click, or a second person: what they saw is not there any more.
                    raise SomebodyWasFirst(f"{Money(left, payment.currency)} can still be refunded")
                money = typed(given["amount"], payment.currency)
                reason = reason_for("refund", given["reason"])
                await refunds.request(session, payment, money.minor, money.currency, reason=reason)
        except SomebodyWasFirst as error:
            return await _show(request, row_id, status=409, was_first=str(error))
        except ReasonMissing as error:
            return await _show(request, row_id, status=422, **given, reason_error=str(error))
        except (BadAmount, NotRefundable) as error:
            return await _show(request, row_id, status=422, **given, amount_error=str(error))
        except UnknownPayment:
            raise unknown("payment", row_id, ALL) from None
        return go_to(f"/operator/payments/{row_id}?asked=refund")

    async def _show(request: PageRequest, row_id: UUID, **more: Any) -> Response[bytes]:
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
            left = await refunds.refundable_minor(session, row)
            broken = [violation.message for violation in await law.check(session, row)]
            history = await history_of(session, row.id)
        told = {"amount": None, "amount_error": None, "reason": "", "reason_error": None, "was_first": None, **more}
        asked = request.query_params.get("asked") == "refund"
        return office.show(
            request, "payment.html", live=f"/operator/payments/{row.id}", payment=row, lines=lines, broken=broken,
            history=history, left_minor=left, was_asked=asked, **told, **values,
        )  # fmt: skip

    return [listed, one, refund]
