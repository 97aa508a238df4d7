"""Showing afresh that it is oneself: a proof for one request that decides who gets in, or who is paid."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, HeaderParameter
from msgspec import Struct

from veza.accounts import reauthentication
from veza.accounts.facade import Accounts
from veza.accounts.links import LASTS, Purpose
from veza.accounts.permissions import Permission
from veza.api.accounts.problems import PROOF_PROBLEMS
from veza.api.accounts.shapes import PROOF_EXAMPLE, ProofGiven
from veza.api.one_shot import DONE_ALREADY, ONE_SHOT_DEPENDENCY, OneShot
from veza.api.problems import NOT_FOUND, RATE_LIMITED
from veza.api.shapes import WRITE_PROBLEMS, answers
from veza.api.visitors import Visitor, needs
from veza.http.limits import address_of
from veza.kit.database import Session

TAG = "accounts"
HEADER = "X-Veza-Proof"

ProofHeader = Annotated[
    str | None,
    HeaderParameter(
        name=HEADER,
        max_length=200,
        description="What `POST /me/proofs` gave, once; with the operator's token none is needed.",
    ),
]
"""Take `proof: ProofHeader = None`; the work begins with `fresh_proof.spend(session, visitor.person_id, proof)`."""


class ProofMade(Struct, frozen=True):
    """A secret to send once in the header `X-Veza-Proof`, before `expires_at`."""

    proof: str
    expires_at: datetime


@post(
    "/me/proofs",
    operation_id="proveAfresh",
    tags=[TAG],
    summary="Show afresh that it is you",
    opt=needs(Permission.CREDENTIALS),
    dependencies=ONE_SHOT_DEPENDENCY,
    responses=answers(
        201,
        ProofMade,
        "The proof; the one before it is good for nothing.",
        {"proof": "nTq3zW1v5b0Yd1J8wq2Qm0uXhCk9rLq4o7sPpE6aTzA", "expires_at": "2026-01-02T10:35:00Z"},
        *PROOF_PROBLEMS, NOT_FOUND, RATE_LIMITED, DONE_ALREADY, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def prove_afresh(
    data: Annotated[ProofGiven, BodyKwarg(examples=[Example(value=PROOF_EXAMPLE)])],
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Visitor],
    accounts: NamedDependency[Accounts],
    one_shot: NamedDependency[OneShot],
) -> Response[ProofMade]:
    """Takes your password, and a code where a second factor is on, and gives a proof for one request that wants one:
    giving or taking a role, closing somebody's account, opening an artist's payout form. It is good for five
    minutes."""
    address = address_of(request)
    async with reauthentication.given(accounts, visitor.person, data.password, data.code, address) as given:

        async def work(session: Session) -> ProofMade:
            secret = await reauthentication.voucher(session, given)
            return ProofMade(secret, session.now + LASTS[Purpose.PROOF])

        made = await one_shot.run(work)
    return Response(made, status_code=201, headers={"Cache-Control": "no-store"})
