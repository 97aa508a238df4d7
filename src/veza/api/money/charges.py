"""Charges that are booked for no payment: given back to their buyers, whole."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Response
from msgspec import Meta, Struct

from veza.accounts.permissions import Permission
from veza.api.operations import write
from veza.api.shapes import PLAIN, show
from veza.http.errors.money import NOT_REFUNDABLE, PROVIDER_UNAVAILABLE
from veza.http.idempotency import Idempotent, Reply
from veza.http.problems import NOT_FOUND
from veza.kit.database import Session
from veza.money.charge_returns import ReturnedCharge, return_charge
from veza.money.facade import Money

TAG = "findings"


class ReturnRequest(Struct, forbid_unknown_fields=True):
    """Why the charge goes back."""

    reason: Annotated[str, Meta(min_length=3, max_length=500, pattern=PLAIN)]


class ReturnedChargeResponse(Struct, frozen=True):
    """The returned amount, the provider's refund, and the transfers of a lost payment that sellers still hold."""

    charge_id: str
    payment_id: UUID
    stripe_refund_id: str | None
    status: str
    amount_minor: int
    currency: str
    transfers_left: list[str]


RETURNED_EXAMPLE: dict[str, Any] = {
    "charge_id": "ch_2",
    "payment_id": "01890000-0000-7000-8000-000000000001",
    "stripe_refund_id": "re_2",
    "status": "succeeded",
    "amount_minor": 1000,
    "currency": "EUR",
    "transfers_left": [],
}


@write.post(
    "/charges/{charge_id:str}/return",
    operation="returnCharge",
    summary="Give a charge back that no payment is booked with",
    permission=Permission.MONEY,
    body={"reason": "the buyer paid twice"},
    gives=(200, ReturnedChargeResponse, "The charge, with the amount that goes back to the buyer.", RETURNED_EXAMPLE),
    problems=(NOT_FOUND, NOT_REFUNDABLE, PROVIDER_UNAVAILABLE),
)
async def return_whole_charge(
    charge_id: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9_]+$")],
    data: ReturnRequest,
    idempotent: Idempotent,
    money: Money,
) -> Response[ReturnedChargeResponse]:
    """The way back for a charge that a `second_charge`, `amount_differs` or `missing_here` finding names: all that is
    left of it goes to the buyer. Refused for the charge of a payment, which is refunded by `POST /refunds`."""

    async def intend(session: Session) -> str:
        return session.actor

    async def ask(actor: str) -> ReturnedCharge:
        return await return_charge(money.database, money.gateway.for_people(), charge_id, data.reason, actor=actor)

    async def record(_: Session, __: str, done: ReturnedCharge) -> Reply:
        return Reply(200, show(ReturnedChargeResponse, done, transfers_left=list(done.transfers_left)))

    return await idempotent.run_in_steps(intend, ask, record)
