"""Deciding a refund that was asked for: granted or declined, and the buyer is told."""

from __future__ import annotations

from uuid import UUID

from veza.accounts.identity import Identity
from veza.catalog import acting
from veza.kit.database import Session
from veza.market import refund_notices, refund_requests
from veza.market.refund_requests import RefundRequest, UnknownRequest
from veza.market.rules import MarketRules


async def decide(
    session: Session, request_id: UUID, identity: Identity, answer: str, rules: MarketRules, *, grants: bool,
    artist_id: UUID | None = None,
) -> RefundRequest:  # fmt: skip
    """Grants or declines the request with the `answer` that the buyer is told, and returns it.

    Raises UnknownRequest for an identity that does not act for its artist, and for a request of another artist than
    `artist_id`; and what `refund_requests.grant` and `decline` raise.
    """
    request, frame = await refund_requests.lock(session, request_id)
    is_theirs = artist_id in (None, request.artist_id) and await acting.acts_for(session, request.artist_id, identity)
    if not is_theirs:
        raise UnknownRequest(request_id)
    if grants:
        await refund_requests.grant(session, request, frame, because=answer)
    else:
        await refund_requests.decline(session, request, because=answer)
    await refund_notices.answered(session, request, rules)
    return request
