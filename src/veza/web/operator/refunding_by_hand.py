"""The refund form of a payment's page: one line or an amount, tried as it would be done, asked before it is sent."""

from __future__ import annotations

from uuid import UUID

from veza.kit.database import Database
from veza.kit.field_faults import FieldChecks
from veza.kit.messages import Message, gettext, verbatim
from veza.kit.money import Amount, typed
from veza.money import payment_frame, refunding
from veza.money.operator import ReasonMissing, reason_for
from veza.money.payments import PaymentLine
from veza.money.refunds import NotRefundable, RefundableChanged
from veza.web.answers import Form

SPREAD = ""
"""The choice *over all lines*: an amount is spread over what is left of them."""


class _NotSure(Exception):
    """Undoes what was tried: the operator is asked first."""


async def send(database: Database, payment_id: UUID, form: Form, *, actor: str) -> Message | None:
    """Request the refund the form asks for, or return the question to ask before; None: it was requested.

    Raises RefundableChanged, UnknownPayment, and for what was typed the errors of its fields.
    """
    asks: Message | None = None
    try:
        async with database.write(actor) as session:
            frame = await payment_frame.lock(session, payment_id)
            currency, left = frame.payment.currency, await refunding.refundable(session, frame)
            if form.value("left") != str(left.most_minor):
                # A second click, or a second operator: what they saw is not there any more.
                raise RefundableChanged(Amount(left.most_minor, currency))
            lines = {str(line.id): line for line in await frame.lines(session)}
            line, checks = lines.get(form.value("line")), FieldChecks()
            with checks.field("line"):
                if line is None and form.value("line") != SPREAD:
                    raise NotRefundable(gettext("this payment has no such line: choose one of the list"))
            with checks.field("amount"):
                money = typed(form.value("amount"), currency)
            with checks.field("reason", also=(ReasonMissing,)):
                reason = reason_for("refund", form.value("reason"))
            if checks.all_right:
                with checks.field("amount"):
                    only = [(line.id, money.minor)] if line is not None else []
                    await refunding.request(
                        session, frame, money.minor, money.currency, reason=verbatim(reason), line_amounts=only,
                        left=left,
                    )  # fmt: skip
            checks.demand()
            if form.value("sure") != "yes":
                asks = _question(money, line)
                raise _NotSure
    except _NotSure:
        return asks
    return None


def _question(money: Amount, line: PaymentLine | None) -> Message:
    if line is None:
        return gettext("Give the buyer {money} back, spread over the lines?", money=money)
    return gettext("Give the buyer {money} back, for “{product}”?", money=money, product=line.product_ref)
