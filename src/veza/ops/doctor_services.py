"""The doctor's look at what Veza talks to: the database, Redis, the payment provider, and their clocks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url

from veza.kit.clock import Clock
from veza.kit.database import Database, Session
from veza.kit.database_trouble import DatabaseUnavailable, DiskFull
from veza.money.backlog import BacklogSample
from veza.ops.doctor_finding import Finding
from veza.ops.doctor_webhooks import webhook_endpoints
from veza.ops.migrations import out_of_date
from veza.settings import Settings

STRIPE = "https://api.stripe.com"
ANSWER_BOUND_SECONDS = 10
CLOCK_MAY_DIFFER = timedelta(seconds=30)
"""A tenth of the 300 s a webhook's signature is valid: time to act before webhooks are refused."""


async def services(settings: Settings, clock: Clock) -> list[Finding]:
    """Findings about everything outside this process."""
    return [
        *[finding async for finding in _database(settings, clock)],
        *[finding async for finding in _redis(settings)],
        *[finding async for finding in _rabbitmq(settings)],
        *[finding async for finding in _mail(settings)],
        *[finding async for finding in _provider(settings, clock)],
    ]


async def _database(settings: Settings, clock: Clock) -> AsyncIterator[Finding]:
    url = make_url(settings.database_url)
    shown = url.render_as_string(hide_password=True)
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    if is_file and not await asyncio.to_thread(Path(str(url.database)).exists):
        yield Finding("database", False, f"{url.database} does not exist yet", "run `veza migrate`")
        return
    database = Database.open(settings.database_url, pool_size=2)
    try:
        async with database.read() as session:
            await session.execute(text("SELECT 1"))
            theirs = await _database_time(session)
        yield Finding("database", True, f"{shown} answers")
        yield await _writable(database)
        behind = await out_of_date(database)
        advice = "run `veza migrate`" if behind else ""
        yield Finding("migrations", behind is None, behind or "the schema is current", advice)
        if theirs is not None:
            yield _clock_finding("clock of the database", theirs, clock)
        else:
            yield await _own_clock(database, clock)
    except (DatabaseUnavailable, OSError) as error:
        advice = "free some space" if isinstance(error, DiskFull) else "start it, or correct DATABASE_URL"
        yield Finding("database", False, f"{shown}: {error}", advice)
    finally:
        await database.close()


async def _own_clock(database: Database, clock: Clock) -> Finding:
    """Nothing outside to compare with, but a clock that was put back is behind what it wrote itself."""
    async with database.read() as session:
        newest = await session.scalar(select(func.max(BacklogSample.at)))
    if newest is not None and newest > clock.now() + CLOCK_MAY_DIFFER:
        ahead = (newest - clock.now()).total_seconds()
        return Finding("clock", False, f"{ahead:.0f} s behind the newest row we wrote", "let NTP set the clock")
    return Finding("clock", True, f"{clock.now():%Y-%m-%d %H:%M:%S} UTC, not behind what was written")


async def _database_time(session: Session) -> datetime | None:
    if session.dialect == "sqlite":
        return None  # it lives on this machine and has no clock of its own
    now: datetime = (await session.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return now


class _UndoneOnPurpose(Exception):
    """Rolls the doctor's trial write back."""


async def _writable(database: Database) -> Finding:
    """Try a write and undo it: only that finds a read-only file, a standby, a lock, or a full disk."""
    try:
        async with database.write("doctor") as session:
            await session.execute(text("CREATE TABLE veza_doctor_trial (id INTEGER)"))
            raise _UndoneOnPurpose
    except _UndoneOnPurpose:
        return Finding("database writes", True, "a trial write worked and was undone")
    except Exception as error:
        return Finding("database writes", False, str(error).splitlines()[0], "see the sentence; nothing was changed")


async def _redis(settings: Settings) -> AsyncIterator[Finding]:
    if not settings.redis_url:
        return
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    client: Any = Redis.from_url(settings.redis_url, socket_connect_timeout=ANSWER_BOUND_SECONDS)
    try:
        await asyncio.wait_for(client.ping(), ANSWER_BOUND_SECONDS)
        yield Finding("redis", True, "answers")
    except (RedisError, OSError) as error:
        yield Finding("redis", False, f"does not answer: {error}", "start it, or empty REDIS_URL")
    finally:
        await client.aclose()


async def _rabbitmq(settings: Settings) -> AsyncIterator[Finding]:
    if not settings.rabbitmq_url:
        return
    import aio_pika
    from aio_pika.exceptions import AMQPError

    try:
        connection = await asyncio.wait_for(aio_pika.connect(settings.rabbitmq_url), ANSWER_BOUND_SECONDS)
        await connection.close()
        yield Finding("rabbitmq", True, "answers")
    except (AMQPError, OSError) as error:
        yield Finding("rabbitmq", False, f"does not answer: {error}", "start it, or empty RABBITMQ_URL")


async def _mail(settings: Settings) -> AsyncIterator[Finding]:
    said = settings.smtp_url.get_secret_value()
    if not said:
        return
    from veza.kit import mail_relay

    url = urlsplit(said)
    shown = f"{url.scheme}://{url.netloc.rpartition('@')[2]}"
    try:
        await asyncio.wait_for(mail_relay.Relay(said, settings.smtp_demands_tls).greet(), ANSWER_BOUND_SECONDS)
        yield Finding("mail", True, f"{shown} lets us in")
    except TimeoutError:
        yield Finding("mail", False, f"{shown} does not answer", "correct SMTP_URL: STARTTLS is smtp://, TLS smtps://")
    except mail_relay.NotDelivered as error:
        advice = "name its authority's file in SSL_CERT_FILE" if error.is_untrusted else "start it, or correct SMTP_URL"
        yield Finding("mail", False, f"{shown}: {error}", advice)


async def _provider(settings: Settings, clock: Clock) -> AsyncIterator[Finding]:
    if settings.hosts_sandbox:
        yield Finding("provider", True, "the built-in sandbox; no real money moves")
        return
    base = (settings.stripe_api_base or STRIPE).rstrip("/")
    key = settings.stripe_secret_key.get_secret_value() or "sk_test_veza"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ANSWER_BOUND_SECONDS)) as http,
            http.get(f"{base}/v1/balance", headers={"Authorization": f"Bearer {key}"}) as answer,
        ):
            body = await answer.json(content_type=None)
            date = answer.headers.get("Date")
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        advice = "check the network, and STRIPE_API_BASE"
        yield Finding("provider", False, f"{base} does not answer: {type(error).__name__} {error}".rstrip(), advice)
        return
    if answer.status != 200:
        said = body.get("error", {}).get("message", "") if isinstance(body, dict) else ""
        advice = "check STRIPE_SECRET_KEY" if answer.status in (401, 403) else "look at the provider's status page"
        yield Finding("provider", False, f"{base} answered {answer.status} {said}".rstrip(), advice)
    elif not isinstance(body, dict) or not isinstance(body.get("available"), list):
        yield Finding("provider", False, f"{base} answers, but not with a balance", "check STRIPE_API_BASE")
    else:
        yield Finding("provider", True, f"{base} answers, {'live' if body.get('livemode') else 'test'} mode")
        yield _currencies(settings, body)
        yield await webhook_endpoints(settings, base, key, ANSWER_BOUND_SECONDS)
    if date is not None:
        yield _clock_finding("clock of the provider", parsedate_to_datetime(date), clock)


def _currencies(settings: Settings, balance: dict[str, Any]) -> Finding:
    settled = {str(part["currency"]).upper() for part in balance.get("available", [])}
    missing = [code for code in settings.platform_currencies if code not in settled]
    if not missing:
        return Finding("currencies", True, f"{', '.join(settings.platform_currencies)} are settled")
    return Finding(
        "currencies",
        False,
        f"the provider does not settle {', '.join(missing)}, only {', '.join(sorted(settled)) or 'nothing yet'}",
        "add a bank account in that currency there, or take it out of PLATFORM_CURRENCIES",
    )


def _clock_finding(name: str, theirs: datetime, clock: Clock) -> Finding:
    apart = abs(clock.now() - theirs.astimezone(UTC))
    ok = apart <= CLOCK_MAY_DIFFER
    detail = f"{apart.total_seconds():.0f} s apart from ours"
    return Finding(name, ok, detail, "" if ok else "let NTP set the clocks: webhooks are refused at 300 s")
