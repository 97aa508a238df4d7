"""The samples behind the charts, kept until there is a newer one: pages ask every few seconds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from veza.kit.database import Session
from veza.money import backlog
from veza.money.backlog import BacklogSample, Peak
from veza.web.operator.chart import RANGES, Range


class Samples:
    """The peaks of each range that was asked for, and of which newest sample they are."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[datetime, datetime | None], list[Peak]]] = {}

    async def peaks(self, session: Session, chosen: Range) -> list[Peak]:
        """The most that waited in each step of the range."""
        begins = chosen.begins(session.now)
        stamp = begins, await session.scalar(select(func.max(BacklogSample.at)))
        kept = self._kept.get(chosen.name)
        if kept is None or kept[0] != stamp:
            kept = self._kept[chosen.name] = stamp, await backlog.peaks(session, begins, chosen.step)
        return kept[1]


async def fitting_range(session: Session) -> Range:
    """A day, but an hour where there is no more history yet: a new shop's chart would be a sliver at its edge."""
    oldest = await session.scalar(select(func.min(BacklogSample.at)))
    hour = RANGES["1h"]
    return hour if oldest is not None and oldest >= hour.begins(session.now) else RANGES["24h"]
