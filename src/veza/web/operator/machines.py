"""How many transfers and reversals stand in each state, kept until any state changes: pages ask every few seconds."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select

from veza.kit.database import Session
from veza.kit.moves import StatusChange
from veza.money import reversals, transfers
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer

Counts = Mapping[str, int]
"""State → rows."""


class StateCounts:
    """The counts of both machines, and after which change of a state they were read."""

    def __init__(self) -> None:
        self._kept: tuple[UUID | None, Counts, Counts] | None = None

    async def read(self, session: Session) -> tuple[Counts, Counts]:
        """The counts of transfers and of reversals, every state among them."""
        newest = await session.scalar(select(StatusChange.id).order_by(StatusChange.id.desc()).limit(1))
        if self._kept is None or self._kept[0] != newest:
            sent = dict.fromkeys(transfers.STATUSES, 0) | await _by_status(session, SellerTransfer)
            back = dict.fromkeys(reversals.STATUSES, 0) | await _by_status(session, TransferReversal)
            self._kept = newest, sent, back
        return self._kept[1:]


async def _by_status(session: Session, model: type[SellerTransfer] | type[TransferReversal]) -> dict[str, int]:
    rows = await session.execute(select(model.status, func.count()).group_by(model.status))
    return {status: int(count) for status, count in rows}
