"""The modules of one process, built from the settings; none of them has opened a connection yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from pydantic import SecretStr

from veza.accounts import roles
from veza.accounts.challenges import Challenges
from veza.accounts.devices import Devices
from veza.accounts.facade import AccountRules, Accounts
from veza.accounts.passwords import Passwords
from veza.accounts.permissions import Role
from veza.app.personal_data import listening_of
from veza.app.subjects import SUBJECTS
from veza.app.subscriptions import plain_values, subscriptions
from veza.catalog.facade import Catalog
from veza.catalog.limits import Limits
from veza.community import preferences
from veza.community.notices import Notices
from veza.ingest.audio_worker import AudioRules
from veza.ingest.facade import Ingest
from veza.ingest.upload_space import UploadLimits
from veza.kit import mail
from veza.kit.clock import Clock
from veza.kit.database import Database, Session
from veza.kit.messages import Message
from veza.kit.objects import Bucket, Objects
from veza.lab.sandbox.belonging import sandbox_key
from veza.lab.sandbox.hosted import HostedSandbox, hosted_sandbox
from veza.market import claims
from veza.market import export as market_export
from veza.market.rules import MarketRules
from veza.moderation.facade import Moderation
from veza.money import configured
from veza.money.claims import RecordedAttempt
from veza.money.facade import Money
from veza.money.stripe.answers import Answer
from veza.ops.encryption_keys import secret_box
from veza.ops.metrics import Metrics
from veza.search.facade import Search
from veza.settings import SANDBOX_KEY, Settings
from veza.streaming.facade import Streaming
from veza.streaming.links import Links
from veza.streaming.listenbrainz import ListenBrainz
from veza.streaming.local_hearing import LocalHearing
from veza.streaming.rules import DownloadRules
from veza.streaming.stream_links import StreamLinks

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Modules:
    """What the doors open onto; `sandbox` is None where a real provider, or another process, is asked."""

    database: Database
    accounts: Accounts
    catalog: Catalog
    ingest: Ingest
    search: Search
    streaming: Streaming
    market: MarketRules
    moderation: Moderation
    money: Money
    hearing: LocalHearing
    sandbox: HostedSandbox | None


def build_modules(settings: Settings, token: str, metrics: Metrics, clock: Clock, *, hosts_sandbox: bool) -> Modules:
    """Every money. `token`, the operator's, is the same in every process: sandbox and device cookies sign with it."""
    market = _market_rules(settings, token)
    objects = objects_of(settings)
    database = Database.open(
        settings.database_url,
        clock=clock,
        subscriptions=subscriptions(market, objects),
        pool_size=settings.database_pool_size,
        box=secret_box(settings),
    )
    sandbox = hosted_sandbox(settings, clock, token) if hosts_sandbox else None
    catalog = Catalog(
        database, objects, settings.platform_currencies, _first_artist, settings.base_url, _limits(settings)
    )
    accounts, listenbrainz = _accounts(settings, database, token), _listenbrainz(settings)
    return Modules(
        database=database,
        accounts=accounts,
        catalog=catalog,
        ingest=Ingest(database, objects, catalog, _audio_rules(settings), _upload_limits(settings)),
        search=Search(database),
        streaming=Streaming(database, objects, _download_rules(settings), Links(token), listenbrainz),
        market=market,
        moderation=Moderation(SUBJECTS),
        money=_money(settings, database, metrics, sandbox, _provider_key(settings, token)),
        hearing=LocalHearing(
            database,
            objects,
            StreamLinks(token),
            _claim_of,
            accounts.rules,
            settings.stream_recheck,
            listenbrainz.api_url if listenbrainz is not None else "",
        ),
        sandbox=sandbox,
    )


def _provider_key(settings: Settings, token: str) -> str:
    """The key as set, else the one that our own sandbox takes, else one that any other sandbox takes."""
    if key := settings.stripe_secret_key.get_secret_value():
        return key
    return sandbox_key(token) if settings.hosts_sandbox else SANDBOX_KEY


def _limits(settings: Settings) -> Limits:
    return Limits(settings.artists_per_person, settings.people_per_artist, settings.tracks_per_release)


def _audio_rules(settings: Settings) -> AudioRules:
    return AudioRules(settings.var_dir / "processing", settings.audio_jobs, settings.upload_max_duration)


def _upload_limits(settings: Settings) -> UploadLimits:
    return UploadLimits(settings.upload_max_bytes, settings.upload_quota_bytes, settings.upload_free_disk_bytes)


def _download_rules(settings: Settings) -> DownloadRules:
    folder, longest = settings.var_dir / "downloads", settings.upload_max_duration
    return DownloadRules(
        folder, settings.download_jobs, longest, settings.downloads_max_bytes,
        free_disk_bytes=settings.upload_free_disk_bytes,
    )  # fmt: skip


def _listenbrainz(settings: Settings) -> ListenBrainz | None:
    if not settings.listenbrainz_enabled:
        return None
    public_url = settings.public_url.rstrip("/")
    return ListenBrainz(settings.listenbrainz_url.rstrip("/"), settings.base_url, public_url)


def _accounts(settings: Settings, database: Database, token: str) -> Accounts:
    rules = AccountRules(
        settings.base_url,
        settings.session_idle,
        settings.session_max,
        settings.audit_kept,
        settings.staff_needs_second_factor,
    )
    words = (settings.platform_name, urlsplit(settings.base_url).hostname or "")
    exporters = {
        "listening": listening_of,
        "market": market_export.export_of,
        "notices": preferences.export_of,
    }
    passwords, clock = Passwords(site_words=words), database.clock
    return Accounts(database, rules, passwords, Devices(token, clock), Challenges(token, clock), exporters)


def _market_rules(settings: Settings, token: str) -> MarketRules:
    return MarketRules(
        currencies=settings.platform_currencies,
        fee_bps=settings.platform_fee_bps,
        base_url=settings.base_url,
        send_mail=_send_mail,
        notices=Notices(settings.base_url, token, settings.platform_name),
        vat_rate_bps=settings.vat_rate_bps,
        refund_window=settings.refund_window,
        refund_answer_within=settings.refund_answer_within,
        platform_name=settings.platform_name,
        platform_address=settings.platform_address,
    )


def _money(settings: Settings, database: Database, metrics: Metrics, sandbox: HostedSandbox | None, key: str) -> Money:
    def observe(operation: str, answer: Answer) -> None:
        metrics.latency.labels(operation).observe(answer.latency_ms / 1000)

    def on_recorded(attempt: RecordedAttempt) -> None:
        metrics.attempts.labels(attempt.kind, attempt.meaning).inc()
        log.info("attempt.recorded", **plain_values(asdict(attempt)))

    secrets = (sandbox.webhook_secret,) if sandbox else _plain(settings.stripe_webhook_secrets)
    gateway = configured.gateway(settings, database, key, observe=observe)
    money = Money(database, gateway, configured.money_rules(settings, secrets))
    for worker in (money.refund_worker, money.transfer_worker, money.reversal_worker):
        worker.on_recorded = on_recorded
    return money


def objects_of(settings: Settings) -> Objects:
    """The store of covers and files that the settings name."""
    if not settings.objects_url:
        return Objects.in_folder(settings.var_dir / "objects")
    key_id, secret = settings.objects_access_key_id, settings.objects_secret_access_key
    where = (settings.objects_url, settings.objects_endpoint, settings.objects_region)
    return Objects.in_bucket(Bucket(*where, key_id.get_secret_value(), secret.get_secret_value()))


async def _claim_of(session: Session, token: str) -> UUID:
    return (await claims.look(session, token)).id


async def _first_artist(session: Session, person_id: UUID) -> None:
    await roles.give(session, person_id, Role.ARTIST, by=session.actor)


async def _send_mail(
    session: Session, to: str, subject: Message, text: Message, order_id: UUID, language: str | None
) -> None:
    mail.send(session, to, subject, text, about=order_id, language=language)


def _plain(secrets: Sequence[SecretStr]) -> tuple[str, ...]:
    return tuple(secret.get_secret_value() for secret in secrets)
