"""The timeline as a page shows it: what happened, oldest first, each with where to read more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from veza.kit.database import Session
from veza.money.timeline import Entry, timeline

MOST = 500
"""Entries on one page; what is older is left to `veza money timeline`."""


@dataclass(frozen=True, slots=True)
class History:
    """The newest entries; `left_out` older ones are not shown."""

    shown: Sequence[Entry]
    left_out: int


async def history_of(session: Session, payment_id: UUID) -> History:
    """Everything that happened to a payment, ready to be shown."""
    entries = await timeline(session, payment_id)
    shown = entries[-MOST:]
    return History(shown, len(entries) - len(shown))
