"""What monitoring sees is what the rows say."""

from __future__ import annotations

from pathlib import Path

from tests.money.conftest import OpenStage
from veza.kit.database import Database
from veza.ops.metrics import Metrics
from veza.ops.money_metrics import _set_backlog, money_gauges


async def test_a_quiet_platform_shows_zeros_and_a_closed_breaker(open_stage: OpenStage) -> None:
    stage = await open_stage()
    metrics = Metrics()
    metrics.before_scrape(money_gauges(stage.database))
    text = (await metrics.render())[0].decode()
    assert 'veza_backlog_rows{machine="reversal",status="pending"} 0.0' in text
    assert 'veza_breaker_state{provider="stripe",state="closed"} 1.0' in text
    assert 'veza_breaker_state{provider="stripe",state="open"} 0.0' in text
    assert "veza_inbox_lag_seconds 0.0" in text
    assert "veza_database_up 1.0" in text


def test_currencies_add_up_and_a_state_that_emptied_goes_back_to_zero() -> None:
    metrics = Metrics()
    _set_backlog(metrics, [("reversal", "pending", 2, 60.0), ("reversal", "pending", 3, 90.0)])
    value = metrics.registry.get_sample_value
    labels = {"machine": "reversal", "status": "pending"}
    assert value("veza_backlog_rows", labels) == 5
    assert value("veza_backlog_oldest_seconds", labels) == 90
    _set_backlog(metrics, [])
    assert value("veza_backlog_rows", labels) == 0
    assert value("veza_backlog_oldest_seconds", labels) == 0


async def test_without_a_database_the_metrics_still_answer(tmp_path: Path) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/gone/veza.db")
    metrics = Metrics()
    metrics.before_scrape(money_gauges(database))
    text = (await metrics.render())[0].decode()
    await database.close()
    assert "veza_database_up 0.0" in text
