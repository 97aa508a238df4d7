"""Charges that are booked for no payment: given back to their buyers, whole."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath
from msgspec import Meta, Struct

from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.money.findings import TAG
from veza.api.money.problems import NOT_REFUNDABLE, PROVIDER_UNAVAILABLE
from veza.api.problems import NOT_FOUND
from veza.api.shapes import PLAIN, WRITE_PROBLEMS, answers, show
from veza.kit.database import Session
from veza.money.charge_returns import ReturnedCharge, return_charge
from veza.money.facade import Money


class ReturnRequest(Struct, forbid_unknown_fields=True):
    """Why the charge goes back."""

    reason: Annotated[str, Meta(min_length=3, max_length=500, pattern=PLAIN)]


class ReturnedChargeResponse(Struct, frozen=True):
    """What went back, by which refund of the provider, and the transfers of a lost payment that sellers still hold."""

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


@post(
    "/charges/{charge_id:str}/return",
    status_code=200,
    operation_id="returnCharge",
    tags=[TAG],
    summary="Give a charge back that no payment is booked with",
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        200, ReturnedChargeResponse, "What goes back to the buyer.", RETURNED_EXAMPLE,
        NOT_FOUND, NOT_REFUNDABLE, PROVIDER_UNAVAILABLE, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def return_whole_charge(
    charge_id: FromPath[Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9_]+$")]],
    data: Annotated[ReturnRequest, BodyKwarg(examples=[Example(value={"reason": "the buyer paid twice"})])],
    idempotent: NamedDependency[Idempotent],
    money: NamedDependency[Money],
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
