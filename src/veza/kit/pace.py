"""A pace kept in memory: the limits of `kit.limits` for reading, which is worth no write.

Each process keeps its own. It bounds what one network costs; a limit that must be exact is a row of `kit.limits`.
"""

from __future__ import annotations

from collections import OrderedDict
from math import ceil

from veza.kit.clock import Clock
from veza.kit.limits import Limit, RateLimited

MOST_KNOWN = 20_000
"""Networks that are remembered, those that came last."""


class Pace:
    """Tries of many, by the generic cell rate algorithm (see `kit.limits`)."""

    def __init__(self, limit: Limit, clock: Clock) -> None:
        self._limit, self._clock = limit, clock
        # In milliseconds since 1970.
        self._spent_until: OrderedDict[str, int] = OrderedDict()

    def spend(self, whom: str) -> None:
        """Take one try of `whom`. Raises RateLimited."""
        now, per = round(self._clock.now().timestamp() * 1000), round(self._limit.per.total_seconds() * 1000)
        until = max(self._spent_until.get(whom, now), now)
        wait = until - (now + (self._limit.burst - 1) * per)
        if wait > 0:
            raise RateLimited(self._limit, max(1, ceil(wait / 1000)))
        self._spent_until[whom] = until + per
        self._spent_until.move_to_end(whom)
        if len(self._spent_until) > MOST_KNOWN:
            self._spent_until.popitem(last=False)
