"""The refund form of a payment's page: one line or an amount, tried as it would be done, asked before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from veza.http.errors.table import kind_of
from veza.http.problems import INVALID_REQUEST, REFUSED
from veza.kit.database import Database
from veza.kit.messages import Message, gettext, message_of, render, verbatim
from veza.kit.money import Amount, typed
from veza.money import payment_frame, refunding
from veza.money.operator import reason_for
from veza.money.payments import PaymentLine
from veza.money.refunds import NotRefundable
from veza.web.operator.office import ACTOR

SPREAD = ""
"""The choice *over all lines*: an amount is spread over what is left of them."""


class RefundableChanged(Exception):
    """What can be refunded is not what the form was filled in for."""


class _NotSure(Exception):
    """Undoes what was tried: the operator is asked first."""


@dataclass(frozen=True, slots=True)
class RefundForm:
    """What was written into the form, and what is wrong with it; `asks` is the question before it is sent."""

    amount: str | None = None
    line: str = SPREAD
    reason: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    asks: str | None = None


async def send(database: Database, payment_id: UUID, given: Mapping[str, str], language: str) -> RefundForm | None:
    """Request the refund the form asks for, or return the form with its errors or its question; None: it was requested.

    Raises RefundableChanged, UnknownPayment.
    """
    filled = RefundForm(given.get("amount", "").strip(), given.get("line", SPREAD), given.get("reason", "").strip())
    is_sure = given.get("sure") == "yes"
    asks = ""
    try:
        async with database.write(ACTOR) as session:
            frame = await payment_frame.lock(session, payment_id)
            currency, left = frame.payment.currency, await refunding.refundable(session, frame)
            if given.get("left") != str(left.most_minor):
                # A second click, or a second person: what they saw is not there any more.
                most = Amount(left.most_minor, currency)
                raise RefundableChanged(gettext("{most} can still be refunded", most=most))
            money = typed(filled.amount or "", currency)
            lines = {str(line.id): line for line in await frame.lines(session)}
            line = lines.get(filled.line)
            if filled.line != SPREAD and line is None:
                raise NotRefundable(gettext("this payment has no such line: choose one of the list"))
            reason = reason_for("refund", filled.reason)
            only = [(line.id, money.minor)] if line is not None else []
            await refunding.request(
                session, frame, money.minor, money.currency, reason=verbatim(reason), line_amounts=only, left=left
            )
            if not is_sure:
                asks = render(_question(money, line), language)
                raise _NotSure
    except _NotSure:
        return RefundForm(filled.amount, filled.line, filled.reason, asks=asks)
    except Exception as error:
        kind = kind_of(error)
        if kind.status not in (INVALID_REQUEST.status, REFUSED.status):
            raise
        at = "reason" if kind is INVALID_REQUEST else "amount"
        return RefundForm(filled.amount, filled.line, filled.reason, {at: render(message_of(error), language)})
    return None


def _question(money: Amount, line: PaymentLine | None) -> Message:
    if line is None:
        return gettext("Give the buyer {money} back, spread over the lines?", money=money)
    return gettext("Give the buyer {money} back, for “{product}”?", money=money, product=line.product_ref)
