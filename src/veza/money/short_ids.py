"""Ids as pages show them, by their last eight signs: found again by them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import String, cast, func, select

from veza.kit.database import Session
from veza.money.disputes import Dispute
from veza.money.payments import Payment
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer

MOST = 20
"""Payments that one ending may lead to: eight random signs are shared by two of four billion ids."""
_SHORT = re.compile(r"(?:…|\.\.\.)?\s*([0-9a-f]{8,12})", re.IGNORECASE)


async def payments_ending(session: Session, written: str) -> Sequence[UUID]:
    """Payments that have an id ending so, or a refund, transfer, reversal or dispute with one; newest first.

    `written` is an ending as pages show it (“…1a2b3c4d”); for anything else there are none. It looks at every row: for
    the few times an operator types it.
    """
    found = _SHORT.fullmatch(written.strip())
    if found is None:
        return []
    ending = f"%{found[1].lower()}"
    ids: set[UUID] = set()
    models: tuple[tuple[Any, Any], ...] = (
        (Payment.id, Payment.id),
        *((model.id, model.payment_id) for model in (Refund, SellerTransfer, TransferReversal, Dispute)),
    )
    for row_id, payment_id in models:
        mine = select(payment_id).where(func.lower(cast(row_id, String)).like(ending)).limit(MOST)
        ids.update(await session.scalars(mine))
    return sorted(ids, reverse=True)[:MOST]
