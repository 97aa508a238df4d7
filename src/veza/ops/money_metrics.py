"""The money module's gauges, read from its rows at each scrape: every process shows the same figures."""

from __future__ import annotations

from collections import defaultdict

import structlog

from veza.kit.database import Database
from veza.kit.database_trouble import DatabaseUnavailable
from veza.money import backlog, breaker, webhook_inbox
from veza.ops.metrics import Metrics, Refresh

log = structlog.get_logger(__name__)


def money_gauges(database: Database) -> Refresh:
    """What sets backlog, oldest age, breaker and inbox before each scrape.

    Without a database `veza_database_up` is 0 and the rest keeps its last value: monitoring must not go blind
    together with what it watches.
    """

    async def refresh(metrics: Metrics) -> None:
        try:
            async with database.read() as session:
                waiting = await backlog.backlog(session)
                now, state = session.now, (await breaker.state(session)).state
                lag = await webhook_inbox.lag_seconds(session)
        except (DatabaseUnavailable, LookupError) as error:
            log.warning("metrics.stale", reason=str(error))
            metrics.database_up.set(0)
            return
        metrics.database_up.set(1)
        metrics.inbox_lag.set(lag)
        for one in ("closed", "half_open", "open"):
            metrics.breaker.labels(breaker.STRIPE, one).set(one == state)
        _set_backlog(
            metrics, [(one.kind, one.state, one.rows, (now - one.oldest_at).total_seconds()) for one in waiting]
        )

    return refresh


def _set_backlog(metrics: Metrics, waiting: list[tuple[str, str, int, float]]) -> None:
    """Currencies are put together; a state nothing waits in any more goes to zero instead of keeping its last value."""
    rows: dict[tuple[str, str], int] = defaultdict(int)
    oldest: dict[tuple[str, str], float] = defaultdict(float)
    for machine, status, count, age_seconds in waiting:
        rows[machine, status] += count
        oldest[machine, status] = max(oldest[machine, status], age_seconds)
    for machine, statuses in backlog.WAITING.items():
        for status in statuses:
            metrics.backlog.labels(machine, status).set(rows[machine, status])
            metrics.oldest.labels(machine, status).set(max(0.0, oldest[machine, status]))
