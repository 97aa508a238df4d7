"""The money module as the settings say: its rules, its line to the provider, its pace."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from veza.kit.database import Database
from veza.money.claims import RetryPolicy
from veza.money.facade import MoneyRules
from veza.money.pace import Pace, ProcessSlots, Slots
from veza.money.stripe.gateway import Gateway, Observer
from veza.money.stripe.live import BoundedAiohttpClient, Line
from veza.money.webhook_inbox import InboxPolicy
from veza.settings import SANDBOX_PATH, Settings


def money_rules(settings: Settings, webhook_secrets: tuple[str, ...]) -> MoneyRules:
    """What the settings say of retries, the breaker and the inbox."""
    key = settings.stripe_secret_key.get_secret_value()
    return MoneyRules(
        refunds=_policy(settings, "refund"),
        transfers=_policy(settings, "transfer_retry"),
        reversals=_policy(
            settings,
            "reversal",
            batch_size=settings.reversal_batch_size,
            concurrency=settings.reversal_concurrency,
        ),
        inbox=InboxPolicy(
            secrets=webhook_secrets,
            livemode=key.startswith(("sk_live_", "rk_live_")),
            max_retries=settings.inbox_max_retries,
            backoff_base=settings.inbox_backoff_base,
            backoff_max=settings.inbox_backoff_max,
        ),
        netting_enabled=settings.netting_enabled,
        breaker_threshold=settings.stripe_breaker_threshold,
        breaker_interval=settings.stripe_breaker_interval,
        lease=settings.claim_lease,
    )


def _policy(settings: Settings, prefix: str, **more: Any) -> RetryPolicy:
    def named(name: str) -> Any:
        return getattr(settings, f"{prefix}_{name}")

    return RetryPolicy(
        max_retries=named("max_retries"),
        check_interval=named("check_interval"),
        backoff_base=named("backoff_base"),
        backoff_max=named("backoff_max"),
        lease=settings.claim_lease,
        # Transfers and refunds short of balance wait by the same two settings.
        balance_retry=settings.reversal_balance_retry,
        balance_max=settings.reversal_balance_max,
        **more,
    )


def provider_base(settings: Settings) -> str | None:
    """Where the provider's API is: as set, else our own sandbox, else (None) Stripe."""
    if settings.stripe_api_base:
        return settings.stripe_api_base
    return settings.local_url + SANDBOX_PATH if settings.uses_sandbox else None


def gateway(settings: Settings, database: Database, key: str, observe: Observer | None = None) -> Gateway:
    """The provider, at the deployment's pace: shared in Redis where there is one, else in PostgreSQL."""
    timeout: timedelta = settings.stripe_request_timeout
    most = settings.reversal_concurrency + 48  # beside the reversals: refunds, transfers, checks, people
    http = BoundedAiohttpClient(timeout.total_seconds(), most)
    pace = Pace(_slots(settings, database), settings.stripe_max_requests_per_second, settings.stripe_workers_share)
    return Gateway(Line(key, http, provider_base(settings)), pace, observe=observe)


def _slots(settings: Settings, database: Database) -> Slots:
    if settings.redis_url:
        from redis.asyncio import Redis

        from veza.money.pace_redis import RedisSlots

        return RedisSlots(Redis.from_url(settings.redis_url))
    if not database.is_sqlite:
        from veza.money.pace_postgres import PostgresSlots

        return PostgresSlots(database.engine)
    return ProcessSlots()
