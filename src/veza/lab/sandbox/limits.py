"""The rate limit, and the log of requests by which others judge it."""

from __future__ import annotations

from collections import Counter, deque

from veza.lab.sandbox.wire import Obj, Request

WINDOW_SECONDS = 1.0
LOGGED_ARRIVALS = 1_000_000
LOGGED_REFUSALS = 500


class RateLimit:
    """At most so many accepted requests in any sliding second of sandbox time."""

    def __init__(self) -> None:
        self._accepted: deque[float] = deque()

    def admits(self, now: float, per_second: int | None) -> bool:
        if not per_second:
            return True
        accepted = self._accepted
        # A clock set back leaves arrivals in the future; they no longer count.
        while accepted and not now - WINDOW_SECONDS < accepted[0] <= now:
            accepted.popleft()
        if len(accepted) >= per_second:
            return False
        accepted.append(now)
        return True


class RequestLog:
    """Counts of requests and answers, and when accepted requests arrived (monotonic seconds)."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.arrivals: deque[float] = deque(maxlen=LOGGED_ARRIVALS)
        self._refusals: dict[str, Obj] = {}
        self.requests = 0
        self.replays = 0
        self.statuses: Counter[int] = Counter()
        self.faults: Counter[str] = Counter()

    def accepted(self, arrived: float) -> None:
        self.arrivals.append(arrived)

    def refused(self, id: str, now: float, request: Request, status: int, error: Obj) -> None:
        """Keep a refusal for the page its `request_log_url` leads to; the oldest make space."""
        self._refusals[id] = {
            "at": now, "method": request.method, "path": request.path, "status": status, "error": error,
            "version": request.headers.get("stripe-version", ""), "agent": request.headers.get("user-agent", ""),
        }  # fmt: skip
        if len(self._refusals) > LOGGED_REFUSALS:
            del self._refusals[next(iter(self._refusals))]

    def refusal(self, id: str) -> Obj | None:
        """The refusal of the request with this id, if it is still kept."""
        return self._refusals.get(id)

    def busiest_second(self) -> int:
        """The most arrivals of accepted requests in any sliding second."""
        most, arrivals = 0, list(self.arrivals)
        first = 0
        for last, at in enumerate(arrivals):
            while arrivals[first] <= at - WINDOW_SECONDS:
                first += 1
            most = max(most, last - first + 1)
        return most

    def summary(self) -> Obj:
        return {
            "requests": self.requests,
            "accepted": len(self.arrivals),
            "busiest_second": self.busiest_second(),
            "idempotent_replays": self.replays,
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "faults": dict(self.faults),
        }
