"""Reversals that wait for the balance of a seller's account: made due at once when money comes."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from veza.kit.database import Session, table_of
from veza.money.reversals import WAKE, TransferReversal
from veza.money.sellers import Seller

_TABLE = table_of(TransferReversal)
_DUE_NOW = (
    update(_TABLE)
    .where(
        _TABLE.c.waiting_since.is_not(None),
        _TABLE.c.status == "pending",
        # What may be alive is not waiting; it keeps its lease or its backoff.
        _TABLE.c.unanswered.is_(False),
        _TABLE.c.seller_id.in_(select(Seller.id).where(Seller.stripe_account_id == bindparam("account_id"))),
    )
    .values(next_retry_at=bindparam("now"))
)


async def wake_waiting_for(session: Session, account_id: str) -> None:
    """What waits for the balance of this connected account is due at once."""
    await session.execute(_DUE_NOW, {"account_id": account_id, "now": session.now})
    session.wake(WAKE)
