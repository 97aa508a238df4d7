"""Ready means: the database answers, its schema is current, and no stop was asked for."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from litestar import Litestar

from tests.client import http_client
from veza.api import health
from veza.api.health import Check, health_routes
from veza.ops.metrics import Metrics


def _client(
    checks: dict[str, Check], stop: asyncio.Event | None = None, metrics: Metrics | None = None
) -> httpx.AsyncClient:
    routes = health_routes(checks, stop or asyncio.Event(), (metrics or Metrics()).render)
    app = Litestar(routes, logging_config=None, debug=False)
    return http_client(app)


async def _fine() -> str | None:
    return None


async def _behind() -> str | None:
    return "run `veza migrate`"


async def _broken() -> str | None:
    raise OSError("no route")


async def _hanging() -> str | None:
    await asyncio.Event().wait()
    return None


async def test_all_well_is_ready() -> None:
    async with _client({"database": _fine}) as client:
        answer = await client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "checks": {"database": "ok", "stopping": "ok"}}


@pytest.mark.parametrize(
    ("check", "sentence"),
    [(_behind, "run `veza migrate`"), (_broken, "OSError: no route"), (_hanging, "no answer within 0 s")],
)
async def test_a_failing_check_is_not_ready_and_says_why(
    check: Check, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "CHECK_BOUND_SECONDS", 0.05)
    async with _client({"database": check}) as client:
        answer = await client.get("/health/ready")
        assert (await client.get("/health/live")).status_code == 200
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == sentence


async def test_a_stopping_process_is_alive_and_not_ready() -> None:
    stop = asyncio.Event()
    stop.set()
    async with _client({}, stop) as client:
        assert (await client.get("/health/ready")).status_code == 503
        assert (await client.get("/health/live")).status_code == 200


async def test_gauges_are_read_when_asked_for() -> None:
    metrics = Metrics()

    async def refresh(into: Metrics) -> None:
        into.backlog.labels("reversal", "pending").set(3)

    metrics.before_scrape(refresh)
    metrics.attempts.labels("reversal", "done").inc()
    async with _client({}, metrics=metrics) as client:
        text = (await client.get("/metrics")).text
    assert 'veza_backlog_rows{machine="reversal",status="pending"} 3.0' in text
    assert 'veza_provider_attempts_total{operation="reversal",outcome="done"} 1.0' in text
