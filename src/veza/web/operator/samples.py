"""The samples behind the charts, kept until there is a newer one: pages ask every few seconds."""

from __future__ import annotations

from datetime import datetime

from veza.kit.database import Session
from veza.money import backlog
from veza.money.backlog import Peak
from veza.web.operator.chart import RANGES, Range


class Samples:
    """The peaks of each range that was asked for, and of which newest sample they are."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[datetime, datetime | None], list[Peak]]] = {}

    async def peaks(self, session: Session, chosen: Range, last: datetime | None) -> list[Peak]:
        """The most that waited in each step of the range; `last` is when the newest sample was taken."""
        begins = chosen.begins(session.now)
        stamp = begins, last
        kept = self._kept.get(chosen.name)
        if kept is None or kept[0] != stamp:
            kept = self._kept[chosen.name] = stamp, await backlog.peaks(session, begins, chosen.step)
        return kept[1]


def fitting_range(now: datetime, first: datetime | None) -> Range:
    """A day, but an hour where the first sample is not older: a new shop's chart would be a sliver at its edge."""
    hour = RANGES["1h"]
    return hour if first is not None and first >= hour.begins(now) else RANGES["24h"]
