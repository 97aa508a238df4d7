"""Transfers that wait for a seller's account or for a balance: made due at once when it comes."""

from __future__ import annotations

from sqlalchemy import bindparam, update

from veza.kit.database import Session, table_of
from veza.money.transfers import UNSENT, WAKE, SellerTransfer


async def wake_waiting_for(session: Session, *, seller_id: str | None = None) -> None:
    """What waits for this seller's account, or (without one) for the platform's balance, is due at once."""
    if seller_id is None:
        await session.execute(_DUE_NOW, {"now": session.now})
    else:
        await session.execute(_DUE_NOW_OF, {"now": session.now, "of": seller_id})
    session.wake(WAKE)


async def forget_destination(session: Session, seller_id: str) -> None:
    """Bodies that were frozen for this seller's account and never sent are built anew, for the account to come."""
    await session.execute(_UNFROZEN, {"of": seller_id})


_TABLE = table_of(SellerTransfer)
_UNFROZEN = (
    update(_TABLE)
    .where(
        _TABLE.c.seller_id == bindparam("of"),
        _TABLE.c.status.in_(UNSENT),
        _TABLE.c.first_sent_at.is_(None),
        _TABLE.c.unanswered.is_(False),
    )
    .values(request_body=None)
)
_DUE_NOW = (
    update(_TABLE)
    .where(
        _TABLE.c.waiting_since.is_not(None),
        _TABLE.c.status.in_(UNSENT),
        _TABLE.c.unwanted_at.is_(None),
        _TABLE.c.unanswered.is_(False),
    )
    .values(next_retry_at=bindparam("now"))
)
_DUE_NOW_OF = _DUE_NOW.where(_TABLE.c.seller_id == bindparam("of"))
