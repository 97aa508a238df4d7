"""Showing afresh that it is oneself: a proof for one request that decides who gets in, or who is paid."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar.params import HeaderParameter
from msgspec import Struct

from veza.accounts import reauthentication
from veza.accounts.links import LASTS, Purpose
from veza.accounts.permissions import Permission
from veza.api.accounts.shapes import PROOF_EXAMPLE, Reauthenticated
from veza.api.operations import one_shot
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
"""Take `proof: ProofHeader = None`, and begin with `reauthentication.spend(session, identity.person_id, proof)`."""


class ProofMade(Struct, frozen=True):
    """A secret to send once in the header `X-Veza-Proof`, before `expires_at`."""

    proof: str
    expires_at: datetime


MADE_EXAMPLE = {"proof": "nTq3zW1v5b0Yd1J8wq2Qm0uXhCk9rLq4o7sPpE6aTzA", "expires_at": "2026-01-02T10:35:00Z"}


@one_shot.post(
    "/me/proofs",
    operation="proveAfresh",
    summary="Show afresh that it is you",
    permission=Permission.CREDENTIALS,
    body=PROOF_EXAMPLE,
    gives=(201, ProofMade, "The proof; the one before it is good for nothing.", MADE_EXAMPLE),
)
async def prove_afresh(session: Session, proof: Reauthenticated) -> ProofMade:
    """Takes your password, and a code where a second factor is on, and gives a proof for one request that wants one:
    giving or taking a role, closing an account, opening an artist's payout form. It is good for five
    minutes."""
    secret = await reauthentication.voucher(session, proof)
    return ProofMade(secret, session.now + LASTS[Purpose.PROOF])
