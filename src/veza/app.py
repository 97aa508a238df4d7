"""The composition root: builds the rooms and lists who hears which event, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from litestar import Litestar, asgi
from litestar.types import ControllerRouterHandler
from pydantic import SecretStr

from veza.api.application import api_v1, web_application
from veza.api.health import Check, health_routes
from veza.api.idempotency import IdempotencySweep
from veza.api.market.problems import MARKET_TRANSLATIONS
from veza.api.market.routes import MARKET_TAGS, market_routes
from veza.api.money.payments import SaleTerms
from veza.api.money.problems import MONEY_TRANSLATIONS
from veza.api.money.routes import MONEY_TAGS, money_routes
from veza.api.money.webhooks import webhook_route
from veza.api.visitors import operator_only
from veza.kit.clock import Clock, SystemClock
from veza.kit.database import Database
from veza.kit.services import OutboxRelay, Periodic, WakeListener, WorkerService
from veza.kit.subscriptions import Event, Subscriptions
from veza.kit.worker import Worker
from veza.market.news import market_subscriptions
from veza.market.rules import MarketRules
from veza.money import backlog, configured, law
from veza.money.catch_up import catch_up
from veza.money.claims import Settled
from veza.money.configured import SANDBOX_PATH
from veza.money.reconciliation import compare_and_report
from veza.money.room import MoneyRoom
from veza.money.sandbox.hosted import HostedSandbox, hosted_sandbox
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import Observer
from veza.ops.application import Service
from veza.ops.demo import DemoData
from veza.ops.metrics import Metrics
from veza.ops.migrations import out_of_date
from veza.ops.money_metrics import money_gauges
from veza.ops.operator_token import operator_token
from veza.settings import Settings
from veza.web.operator.door import operator_routes

log = structlog.get_logger(__name__)

BACKLOG_SAMPLED = timedelta(minutes=1)
MISSED_WITHIN = timedelta(days=3)
"""The provider retries a webhook for three days: what it gave up on lies within them."""


@dataclass
class Veza:
    """One process of Veza, built and not yet started."""

    settings: Settings
    database: Database
    services: Sequence[Service]
    foundations: Sequence[Callable[[], AbstractAsyncContextManager[Any]]]
    stop: asyncio.Event
    metrics: Metrics
    room: MoneyRoom
    sandbox: HostedSandbox | None
    litestar: Litestar
    asgi: Any

    async def close(self) -> None:
        """Give back every connection."""
        await self.room.gateway.close()
        await self.database.close()


def subscriptions(rules: MarketRules) -> Subscriptions:
    """Who hears what: *inside* the publishing transaction, or *after* it from the outbox."""
    return Subscriptions(
        inside=market_subscriptions(rules),
        after={
            "payment.succeeded": (write_down,),
            "refund.succeeded": (write_down,),
            "refund.failed": (write_down,),
            "reversal.succeeded": (write_down,),
            "reversal.failed": (write_down,),
            "dispute.funds_withdrawn": (write_down,),
            "dispute.funds_reinstated": (write_down,),
        },
    )


def market_rules(settings: Settings) -> MarketRules:
    """What the operator decided about the market."""
    return MarketRules(
        currencies=settings.platform_currencies,
        fee_bps=settings.platform_fee_bps,
        base_url=settings.base_url,
        send_mail=None,
        vat_rate_bps=settings.vat_rate_bps,
        refund_window=settings.refund_window,
        platform_name=settings.platform_name,
        platform_address=settings.platform_address,
    )


def build(settings: Settings, *, http: bool = True, clock: Clock | None = None) -> Veza:
    """Build everything from `settings`; opens no connection yet.

    Without `http` (a process of workers) nothing is served, and so no sandbox is hosted: it is asked over HTTP.
    """
    rules = market_rules(settings)
    database = Database.open(
        settings.database_url,
        clock=clock or SystemClock(),
        subscriptions=subscriptions(rules),
        pool_size=settings.database_pool_size,
    )
    stop = asyncio.Event()
    metrics = Metrics()
    metrics.before_scrape(money_gauges(database))
    token = operator_token(settings)
    hosts = http and settings.uses_sandbox and not settings.stripe_api_base
    sandbox = hosted_sandbox(settings, database.clock, token) if hosts else None
    secrets = (sandbox.webhook_secret,) if sandbox else _plain(settings.stripe_webhook_secrets)
    gateway = configured.gateway(settings, database, observe=_observer(metrics))
    room = MoneyRoom(database, gateway, configured.money_rules(settings, secrets))
    for worker in (room.refund_worker, room.transfer_worker, room.reversal_worker):
        worker.on_settled = _settled(metrics)
    checks: dict[str, Check] = {"database": lambda: out_of_date(database)}
    routes: list[ControllerRouterHandler] = [*health_routes(checks, stop, metrics.render)]
    if sandbox:
        routes.append(asgi(SANDBOX_PATH, is_mount=True, copy_scope=True)(sandbox.app))
    terms = SaleTerms(settings.platform_currencies, settings.platform_fee_bps)
    routes += [
        api_v1(operator_only(token), [*money_routes(room, terms), *market_routes(room, rules)]),
        webhook_route(room.inbox, settings.webhook_max_bytes),
        *operator_routes(database, room.inbox, token, secure=settings.base_url.startswith("https://")),
    ]
    served, litestar = web_application(
        database, routes, {**MONEY_TRANSLATIONS, **MARKET_TRANSLATIONS}, [*MONEY_TAGS, *MARKET_TAGS]
    )
    return Veza(
        settings=settings,
        database=database,
        services=[*_services(settings, database, room), *_beside(settings, room, sandbox)],
        foundations=[],
        stop=stop,
        metrics=metrics,
        room=room,
        sandbox=sandbox,
        litestar=litestar,
        asgi=served,
    )


def _beside(settings: Settings, room: MoneyRoom, hosted: HostedSandbox | None) -> list[Service]:
    """What only the process that plays the provider runs."""
    if hosted is None:
        return []
    return [hosted, *([DemoData(room, hosted.sandbox)] if settings.demo_data else [])]


def _services(settings: Settings, database: Database, room: MoneyRoom) -> list[Service]:
    """Everything that runs beside the web server; `veza worker` runs the same without it."""
    enabled: list[tuple[Worker[Any], bool]] = [
        (room.refund_worker, settings.refund_worker_enabled),
        (room.transfer_worker, settings.transfer_retry_worker_enabled),
        (room.reversal_worker, settings.reversal_worker_enabled),
        (room.check_worker, True),
        (room.inbox, True),
    ]
    grace, gateway = settings.shutdown_grace, room.gateway
    services: list[Service] = [WorkerService(database, worker, grace) for worker, on in enabled if on]
    if not database.is_sqlite:
        services.append(WakeListener(database))
    return [
        *services,
        OutboxRelay(database),
        IdempotencySweep(database),
        Periodic("backlog sampler", BACKLOG_SAMPLED, lambda: backlog.sample(database), at_start=True),
        Periodic(
            "catch-up", settings.catch_up_interval, lambda: catch_up(database, gateway, room.inbox, MISSED_WITHIN)
        ),
        Periodic("reconciliation", settings.reconcile_interval, lambda: compare_and_report(database, gateway)),
        Periodic("law check", settings.law_check_interval, lambda: law.check_all(database, report=True)),
    ]


def _settled(metrics: Metrics) -> Callable[[Settled], None]:
    def on_settled(settled: Settled) -> None:
        metrics.attempts.labels(settled.kind, settled.meaning).inc()
        log.info("attempt.settled", **_plain_values(asdict(settled)))

    return on_settled


async def write_down(event: Event) -> None:
    """What happened to money, as a line of the log with every id in it."""
    log.info(event.topic, **_plain_values(event.payload))


def _plain_values(said: Mapping[str, Any]) -> dict[str, Any]:
    """As they are, so that a log collector can count with them; an id as its text."""
    return {name: str(value) if isinstance(value, UUID) else value for name, value in said.items()}


def _observer(metrics: Metrics) -> Observer:
    def observe(operation: str, answer: Answer) -> None:
        metrics.latency.labels(operation).observe(answer.latency_ms / 1000)

    return observe


def _plain(secrets: Sequence[SecretStr]) -> tuple[str, ...]:
    return tuple(secret.get_secret_value() for secret in secrets)
