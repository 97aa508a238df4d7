"""Numbers for monitoring: counters that workers feed, and gauges that are read from the rows when asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

Refresh = Callable[["Metrics"], Awaitable[None]]
"""Sets the gauges from the database; called once per scrape, so an idle Veza costs nothing."""

# The provider answers in 100 to 400 ms; 30 s is the request timeout.
_LATENCY_BUCKETS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 12, 30)


class Metrics:
    """Every metric of one process, on its own registry.

    `machine` is refund, transfer or reversal; `outcome` is a meaning of the outcome tables.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._refreshes: list[Refresh] = []
        self.backlog = Gauge("veza_backlog_rows", "Rows by state.", ["machine", "status"], registry=registry)
        self.oldest = Gauge(
            "veza_backlog_oldest_seconds", "Age of the oldest row by state.", ["machine", "status"], registry=registry
        )
        self.attempts = Counter(
            "veza_provider_attempts", "Requests to the provider by what they ended in.", ["operation", "outcome"],
            registry=registry,
        )  # fmt: skip
        self.latency = Histogram(
            "veza_provider_latency_seconds", "Time to the provider's whole answer.", ["operation"],
            buckets=_LATENCY_BUCKETS, registry=registry,
        )  # fmt: skip
        self.breaker = Gauge(
            "veza_breaker_state", "1 for the state the breaker is in.", ["provider", "state"], registry=registry
        )
        self.inbox_lag = Gauge("veza_inbox_lag_seconds", "Age of the oldest webhook not handled.", registry=registry)
        self.audio = Gauge("veza_audio_versions", "Recordings by status.", ["status"], registry=registry)
        self.audio_oldest = Gauge(
            "veza_audio_oldest_seconds", "Age of the recording that waits longest for a worker.", registry=registry
        )
        self.database_up = Gauge("veza_database_up", "1 when the last scrape could read the rows.", registry=registry)

    def before_scrape(self, refresh: Refresh) -> None:
        """Let `refresh` set gauges each time the metrics are read."""
        self._refreshes.append(refresh)

    async def render(self) -> tuple[bytes, str]:
        """The text exposition and its content type."""
        for refresh in self._refreshes:
            await refresh(self)
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
