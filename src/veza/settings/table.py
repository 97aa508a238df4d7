"""Every setting of Veza, once: its environment name, type, default, unit and meaning.

`Settings()` is the defaults and looks at nothing; `Settings.load()` reads `.env` and the environment, and
nothing else in Veza does. docs/configuration.md and .env.example are generated from this class.
"""
# ruff: noqa: E501  (the class is a table: one line per setting, so that grep shows all there is to know)

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from veza.settings.addresses import (
    BucketUrl,
    DatabaseUrl,
    Host,
    HostPort,
    RabbitUrl,
    RedisUrl,
    SmtpUrl,
    WebUrl,
    is_loopback,
    origins,
)
from veza.settings.contradictions import contradictions
from veza.settings.durations import LONGEST_DURATION, Duration, parse_duration
from veza.settings.lists import Secrets, currencies, listed, networks
from veza.settings.sentences import SettingsError, sentences

SANDBOX_PATH = "/sandbox"
"""Where `veza serve` plays the provider, below its own address."""
SANDBOX_KEY = "sk_test_veza_sandbox"
"""A key that a sandbox of its own (`veza sandbox serve`) takes."""


def setting(
    name: str, default: Any, meaning: str, *, unit: str = "", shown: str = "", like: str = "", **bounds: Any
) -> Any:
    """A field read from `name`; `shown` replaces the default in the generated pages where it is computed, and `like`
    is what a value with a `pattern` looks like.

    A number and a duration have both bounds, `ge` and `le`; those of a duration are written as it is, `100ms`.
    """
    extra: dict[str, Any] = {"unit": unit, "shown": shown, "like": like}
    if unit == "duration":
        bounds = {"le": LONGEST_DURATION, **{name: parse_duration(bound) for name, bound in bounds.items()}}
    if callable(default):
        bounds |= {"default_factory": default}
    else:
        bounds |= {"default": parse_duration(default) if unit == "duration" else default}
    return Field(validation_alias=name, description=meaning, json_schema_extra=extra, **bounds)


class Settings(BaseSettings):
    """Every decision of the operator. Frozen: nothing changes after the start."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, env_ignore_empty=True, validate_default=True
    )

    # fmt: off
    # Where it runs
    host: Host = setting("HOST", "127.0.0.1", "address the server listens on; put a reverse proxy in front before opening it to the world")
    port: int = setting("PORT", 8000, "port the server listens on; 0 takes a free one", ge=0, le=65535)
    public_url: WebUrl = setting("PUBLIC_URL", "", "address people and the payment provider reach Veza under; empty: http://HOST:PORT")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed), AfterValidator(networks)] = setting(
        "TRUSTED_PROXIES", ("127.0.0.1", "::1"), "addresses or networks (10.0.0.0/24) of the reverse proxies in front: X-Forwarded-For and X-Forwarded-Proto are believed from these alone", unit="comma list")
    return_addresses: Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed), origins] = setting(
        "RETURN_ADDRESSES", (), "https://shop.example, … : where else than to Veza's own pages the provider's pages may send people back (success_url, cancel_url, return_url)", unit="comma list")
    request_head_timeout: Duration = setting("REQUEST_HEAD_TIMEOUT", "15s", "how long the lines before a request's body may take; a connection that says nothing ends after it, too", unit="duration", ge="1s")
    request_body_timeout: Duration = setting("REQUEST_BODY_TIMEOUT", "1m", "how long a request's body may take; a large one has a second more for each 16 KiB of it that came", unit="duration", ge="1s")
    connections_per_address: int = setting("CONNECTIONS_PER_ADDRESS", 256, "most connections one network address may hold, an IPv6 /64 counting as one; of TRUSTED_PROXIES only those that wait for a request are counted. Above it the one that has waited longest is closed", unit="connections", ge=8, le=8000)
    var_dir: Path = setting("VAR_DIR", Path("var"), "folder for everything Veza writes: the SQLite file, the operator token, the sandbox's state")
    database_url: DatabaseUrl = setting(
        "DATABASE_URL", lambda known: f"sqlite:///{known.get('var_dir', 'var')}/veza.db",
        "sqlite:///folder/veza.db or postgresql://user:password@host:5432/name", shown="sqlite:///<VAR_DIR>/veza.db")
    objects_url: BucketUrl = setting("OBJECTS_URL", "", "s3://bucket/prefix of an S3-compatible service for covers and files; empty: the folder VAR_DIR/objects")
    objects_endpoint: WebUrl = setting("OBJECTS_ENDPOINT", "", "address of the S3-compatible service; empty: Amazon's of the region")
    objects_region: str = setting("OBJECTS_REGION", "us-east-1", "region of the bucket", like="eu-central-1", pattern=r"^[A-Za-z0-9-]+$")
    objects_access_key_id: SecretStr = setting("OBJECTS_ACCESS_KEY_ID", SecretStr(""), "key id of the bucket's user")
    objects_secret_access_key: SecretStr = setting("OBJECTS_SECRET_ACCESS_KEY", SecretStr(""), "secret key of the bucket's user")
    database_pool_size: int = setting("DATABASE_POOL_SIZE", 10, "most connections one process holds", unit="connections", ge=2, le=200)
    redis_url: RedisUrl = setting("REDIS_URL", "", "redis://host:6379/0 to share the provider's rate limit there; empty: shared in the database")
    rabbitmq_url: RabbitUrl = setting("RABBITMQ_URL", "", "amqp://user:password@host:5672/vhost: work wakes one waiting worker on whichever machine; empty: PostgreSQL wakes those of every process")
    operator_token: SecretStr = setting("OPERATOR_TOKEN", SecretStr(""), "bearer token of the API, which also makes an account admin at /operator/token; empty: made at first start and kept in VAR_DIR/operator-token")
    encryption_keys: Secrets = setting("ENCRYPTION_KEYS", (), "keys that stored secrets are sealed with, the newest first, as `veza keys new` prints them; the same on every machine; empty: made at first start and kept in VAR_DIR/encryption-keys", unit="comma list")
    log_format: Literal["console", "json"] = setting("LOG_FORMAT", "console", "console for people, json for a log collector")
    log_callers: bool = setting("LOG_CALLERS", True, "whether each request's line names who asked (a person's id, operator, visitor) and from which network address; what is kept of logs is then personal data")
    log_level: Literal["debug", "info", "warning", "error"] = setting("LOG_LEVEL", "info", "least serious line that is written")
    shutdown_grace: Duration = setting("SHUTDOWN_GRACE", "20s", "how long a stop waits for work in flight; rows cut off come back with their lease", unit="duration", ge="1s")
    demo_data: bool = setting("DEMO_DATA", False, "fill an empty database with a small label's sales and what became of them; only with the sandbox")
    demo_music: bool = setting("DEMO_MUSIC", True, "make music for the demo's tracks, behind the running site: a quarter of an hour of two processors, and 4 GB in VAR_DIR")
    demo_seed: int = setting("DEMO_SEED", 1, "which label that is: the same number makes the same artists, releases, prices, covers and orders", ge=0, le=2_147_483_647)

    # People and mail
    session_idle: Duration = setting("SESSION_IDLE", "14d", "a sign-in that was not used for this long has ended", unit="duration", ge="1m")
    session_max: Duration = setting("SESSION_MAX", "90d", "a sign-in ends after this long however much it was used", unit="duration", ge="1m")
    audit_kept: Duration = setting("AUDIT_KEPT", "365d", "how long the audit log of accounts is kept", unit="duration", ge="1d")
    smtp_url: SmtpUrl = setting("SMTP_URL", SecretStr(""), "smtp://user:password@host:587 (STARTTLS) or smtps://…:465; empty: mails stay in the mailbox at /mailbox, for the operator, and only while HOST and PUBLIC_URL keep other machines out")
    smtp_tls: Literal["auto", "required", "offered"] = setting("SMTP_TLS", "auto", "required: smtp:// sends nothing to a server that does not encrypt (STARTTLS); offered: encrypts where the server offers it; auto: required where SMTP_URL has a password and another machine's name")
    staff_second_factor: Literal["auto", "required", "off"] = setting("STAFF_SECOND_FACTOR", "auto", "required: admins and moderators use their rights only where they signed in with a second factor; auto: required once SMTP_URL is set")
    mail_from: str = setting("MAIL_FROM", "veza@localhost", "sender of every mail: an address, or Name <address>", like="Veza <veza@example.org>", pattern=r"^[^@\r\n]+@[^@\s]+$")

    # How much there may be
    artists_per_person: int = setting("ARTISTS_PER_PERSON", 500, "most artists one person may open: a label has one for each of its acts", unit="artists", ge=1, le=10_000)
    people_per_artist: int = setting("PEOPLE_PER_ARTIST", 50, "most people who may act for one artist, with those who are invited", unit="people", ge=1, le=1000)
    tracks_per_release: int = setting("TRACKS_PER_RELEASE", 500, "most tracks on one release: a whole release is shown and renumbered at once", unit="tracks", ge=1, le=5000)

    import_files: int = setting("IMPORT_FILES", 50_000, "most recordings and pictures `veza import` reads at once; other files do not count", unit="files", ge=1, le=1_000_000)
    import_file_bytes: int = setting("IMPORT_FILE_BYTES", 4 * 1024**3, "largest recording `veza import` reads; a larger one is named and left out", unit="bytes", ge=1024, le=64 * 1024**3)
    import_bytes: int = setting("IMPORT_BYTES", 1024**4, "most bytes of recordings and pictures `veza import` reads at once", unit="bytes", ge=1024, le=64 * 1024**4)

    upload_max_duration: Duration = setting("UPLOAD_MAX_DURATION", "6h", "longest track that is processed; a longer one fails and says so", unit="duration", ge="1m", le="48h")
    stream_recheck: Duration = setting("STREAM_RECHECK", "20s", "how old an answer may be about who may hear a stream; twice as long after a refund, a hiding or a sign-out, streams that it ends have ended", unit="duration", ge="100ms", le="25s")
    audio_worker_enabled: bool = setting("AUDIO_WORKER_ENABLED", True, "turn what is uploaded into streams in this process")
    audio_jobs: int = setting("AUDIO_JOBS", 2, "originals processed at once in this process, each on a processor of its own that gives way to others", unit="originals", ge=1, le=256)
    upload_max_bytes: int = setting("UPLOAD_MAX_BYTES", 4 * 1024**3, "largest file that may be uploaded", unit="bytes", ge=1024, le=32 * 1024**3)
    upload_quota_bytes: int = setting("UPLOAD_QUOTA_BYTES", 500 * 1024**3, "most bytes of uploaded files one artist may have, with those on their way", unit="bytes", ge=1024, le=1024**5)
    upload_free_disk_bytes: int = setting("UPLOAD_FREE_DISK_BYTES", 2 * 1024**3, "what uploads and downloads leave free on the disk of VAR_DIR; a bucket of OBJECTS_URL has no such end", unit="bytes", ge=0, le=1024**5)

    downloads_max_bytes: int = setting("DOWNLOADS_MAX_BYTES", 50 * 1024**3, "most bytes of files made for downloads that are kept; those not used for the longest time go first, and are made again when they are asked for; with those that a link names, twice as much (at least 10 GiB)", unit="bytes", ge=0, le=1024**5)
    download_jobs: int = setting("DOWNLOAD_JOBS", 2, "downloads made at once in this process, where AUDIO_WORKER_ENABLED is set", unit="downloads", ge=1, le=256)

    # Machines beside it
    listenbrainz_enabled: bool = setting("LISTENBRAINZ_ENABLED", True, "people may connect their ListenBrainz account (docs/scrobbling.md); nothing is sent of those who do not")
    listenbrainz_url: WebUrl = setting("LISTENBRAINZ_URL", "https://api.listenbrainz.org", "address of the ListenBrainz API, or of another server that speaks it, such as http://maloja.example:42010/apis/listenbrainz")
    stream_x_accel: str = setting("STREAM_X_ACCEL", "", "path of the proxy's internal location for VAR_DIR/objects, such as /internal/objects/: the proxy sends the files of streams; empty: Veza does", like="/internal/objects/", pattern=r"^(/[A-Za-z0-9._-]+)*/?$")
    grpc_listen: HostPort = setting("GRPC_LISTEN", "", "host:port of the gRPC service for streaming (docs/grpc.md); port 0 takes a free one; empty: off", like="127.0.0.1:50051")
    grpc_token: SecretStr = setting("GRPC_TOKEN", SecretStr(""), "bearer token of gRPC calls; empty: the operator's")
    grpc_tls_cert: str = setting("GRPC_TLS_CERT", "", "PEM file with the certificate of the gRPC service, and those that signed it; demanded unless GRPC_LISTEN is on this machine alone")
    grpc_address: HostPort = setting("GRPC_ADDRESS", "", "host:port of the gRPC service that `veza stream` asks", like="127.0.0.1:50051")
    grpc_tls_ca: str = setting("GRPC_TLS_CA", "", "PEM file of what signed the certificate of GRPC_ADDRESS; empty: `veza stream` asks without encryption")
    grpc_tls_key: str = setting("GRPC_TLS_KEY", "", "PEM file with its key")

    # What the platform sells in
    platform_fee_bps: int = setting("PLATFORM_FEE_BPS", 1000, "the platform's fee, of each line's gross amount", unit="basis points", ge=0, le=10000)
    platform_currencies: Annotated[tuple[str, ...], NoDecode, BeforeValidator(currencies)] = setting(
        "PLATFORM_CURRENCIES", ("EUR", "USD", "GBP"), "currencies the platform settles; checkout refuses any other, there is no conversion", unit="comma list", min_length=1)

    platform_name: str = setting("PLATFORM_NAME", "Veza", "who sells: stands on receipts and in mails", min_length=1, max_length=200)
    platform_logo: str = setting("PLATFORM_LOGO", "", "a drawing that stands at the head of every page instead of the name: an SVG, PNG or WebP file of at most 200 kB")
    platform_address: str = setting("PLATFORM_ADDRESS", "", "postal address and tax number on receipts", max_length=1000)
    vat_rate_bps: int = setting("VAT_RATE_BPS", 0, "VAT that prices include, shown on receipts; an order keeps the rate it was made with; 0: no VAT line", unit="basis points", ge=0, le=5000)
    refund_window: Duration = setting("REFUND_WINDOW", "14d", "how long after paying a buyer may ask for a refund", unit="duration", ge="1m")

    refund_answer_within: Duration = setting("REFUND_ANSWER_WITHIN", "7d", "until when an answer to a refund request is promised: the artist's people are reminded before, the admins told after", unit="duration", ge="1h")

    # The payment provider
    stripe_secret_key: SecretStr = setting("STRIPE_SECRET_KEY", SecretStr(""), "the platform's secret key; empty: the built-in sandbox, no account needed anywhere")
    stripe_webhook_secrets: Secrets = setting("STRIPE_WEBHOOK_SECRETS", (), "signing secrets of the webhook endpoint (whsec_…); two while one is being replaced", unit="comma list")
    stripe_api_base: WebUrl = setting("STRIPE_API_BASE", "", "address of the provider's API; empty: Stripe, or the built-in sandbox when there is no key")
    stripe_max_requests_per_second: float = setting("STRIPE_MAX_REQUESTS_PER_SECOND", 25, "for the whole deployment, all processes together; Stripe allows 25 in test mode and 100 live", unit="requests/s", ge=1, le=1000)
    stripe_workers_share: float = setting("STRIPE_WORKERS_SHARE", 0.8, "part of it workers may use, so that people's own requests come first", unit="part of 1", ge=0.1, le=1)
    stripe_breaker_threshold: int = setting("STRIPE_BREAKER_THRESHOLD", 5, "provider-level failures in a row, over different rows, that open the breaker", unit="failures", ge=2, le=1000)
    stripe_breaker_interval: Duration = setting("STRIPE_BREAKER_INTERVAL", "1m", "while the breaker is open, one row probes the provider this often", unit="duration", ge="1s")
    stripe_request_timeout: Duration = setting("STRIPE_REQUEST_TIMEOUT", "30s", "after this long without a whole answer a request counts as unanswered", unit="duration", ge="1s")
    claim_lease: Duration = setting("CLAIM_LEASE", "2m", "how long a worker owns a row it claimed; a crashed worker's rows come back after it", unit="duration", ge="1s")

    # Webhooks and regular checks
    webhook_max_bytes: int = setting("WEBHOOK_MAX_BYTES", 262_144, "largest webhook body read: the body must be in memory before its signature can be checked, so this bounds what a stranger can make us hold", unit="bytes", ge=1024, le=16_777_216)
    inbox_max_retries: int = setting("INBOX_MAX_RETRIES", 8, "failed handlings of one webhook before it is left for an operator to see", unit="attempts", ge=1, le=1000)
    inbox_backoff_base: Duration = setting("INBOX_BACKOFF_BASE", "5s", "wait after the first failed handling, doubled after each further one", unit="duration", ge="100ms")
    inbox_backoff_max: Duration = setting("INBOX_BACKOFF_MAX", "10m", "longest wait between two handlings", unit="duration", ge="100ms")
    catch_up_interval: Duration = setting("CATCH_UP_INTERVAL", "1h", "how often the provider's list of events is searched for webhooks that never arrived", unit="duration", ge="10s")
    reconcile_interval: Duration = setting("RECONCILE_INTERVAL", "24h", "how often our rows are compared with the provider's", unit="duration", ge="1m")
    law_check_interval: Duration = setting("LAW_CHECK_INTERVAL", "1h", "how often the ledger's conservation law is checked", unit="duration", ge="10s")

    # Worker that takes money back from sellers
    reversal_worker_enabled: bool = setting("REVERSAL_WORKER_ENABLED", True, "run the reversal worker in this process")
    reversal_max_retries: int = setting("REVERSAL_MAX_RETRIES", 5, "counted failures; the last one ends the reversal in permanently_failed", unit="attempts", ge=1, le=1000)
    reversal_check_interval: Duration = setting("REVERSAL_CHECK_INTERVAL", "1m", "longest sleep between two looks for work; new work wakes the worker at once", unit="duration", ge="100ms")
    reversal_backoff_base: Duration = setting("REVERSAL_BACKOFF_BASE", "1m", "delay = min(max, base · 2^retry_count): the first wait is the base", unit="duration", ge="100ms")
    reversal_backoff_max: Duration = setting("REVERSAL_BACKOFF_MAX", "1h", "longest wait between two attempts", unit="duration", ge="100ms")
    reversal_batch_size: int = setting("REVERSAL_BATCH_SIZE", 20, "most rows claimed at once", unit="rows", ge=1, le=1000)
    reversal_concurrency: int = setting("REVERSAL_CONCURRENCY", 16, "requests in flight per worker", unit="requests", ge=1, le=256)
    reversal_balance_retry: Duration = setting("REVERSAL_BALANCE_RETRY", "6h", "wait before asking again a seller whose balance was too low; costs no retry", unit="duration", ge="1s")
    reversal_balance_max: Duration = setting("REVERSAL_BALANCE_MAX", "30d", "after waiting this long for a balance the amount becomes the seller's debt", unit="duration", ge="1s")

    # Debts of sellers
    netting_enabled: bool = setting("NETTING_ENABLED", True, "let later sales of a seller pay what could not be taken back from them; with false it stays a debt until an operator tries again")

    # Worker that pays sellers
    transfer_retry_worker_enabled: bool = setting("TRANSFER_RETRY_WORKER_ENABLED", True, "run the transfer worker in this process")
    transfer_retry_max_retries: int = setting("TRANSFER_RETRY_MAX_RETRIES", 5, "counted failures; the last one ends the transfer in permanently_failed", unit="attempts", ge=1, le=1000)
    transfer_retry_check_interval: Duration = setting("TRANSFER_RETRY_CHECK_INTERVAL", "1m", "longest sleep between two looks for work", unit="duration", ge="100ms")
    transfer_retry_backoff_base: Duration = setting("TRANSFER_RETRY_BACKOFF_BASE", "1m", "wait after the first failure, doubled after each further one", unit="duration", ge="100ms")
    transfer_retry_backoff_max: Duration = setting("TRANSFER_RETRY_BACKOFF_MAX", "1h", "longest wait between two attempts", unit="duration", ge="100ms")

    # Worker that refunds buyers
    refund_worker_enabled: bool = setting("REFUND_WORKER_ENABLED", True, "run the refund worker in this process")
    refund_max_retries: int = setting("REFUND_MAX_RETRIES", 5, "counted failures; the last one ends the refund in refused", unit="attempts", ge=1, le=1000)
    refund_check_interval: Duration = setting("REFUND_CHECK_INTERVAL", "1m", "longest sleep between two looks for work", unit="duration", ge="100ms")
    refund_backoff_base: Duration = setting("REFUND_BACKOFF_BASE", "1m", "wait after the first failure, doubled after each further one", unit="duration", ge="100ms")
    refund_backoff_max: Duration = setting("REFUND_BACKOFF_MAX", "1h", "longest wait between two attempts", unit="duration", ge="100ms")
    # fmt: on

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only values that are passed in; `load` passes the environment."""
        return (init_settings,)

    @classmethod
    def load(cls, env_file: Path | None = Path(".env"), **overrides: Any) -> Self:
        """Read `env_file`, then the environment, then `overrides`; raises SettingsError with every problem found."""
        known = {str(field.validation_alias): name for name, field in cls.model_fields.items()}
        if env_file is not None and not _is_text(env_file):
            raise SettingsError([f"{env_file} is not UTF-8 text: write it anew"])
        logging.getLogger("dotenv.main").setLevel(logging.ERROR)  # `ignored` says it in our words, with the line
        written = {**DotEnvSettingsSource(cls, env_file=env_file)(), **EnvSettingsSource(cls)()}
        values = {known[name]: value for name, value in written.items() if name in known}
        try:
            return cls(**(values | overrides))
        except ValidationError as error:
            raise SettingsError(sentences(error, cls.model_fields)) from None

    @property
    def uses_sandbox(self) -> bool:
        """True when no provider key is set and Veza plays the provider itself."""
        return not self.stripe_secret_key.get_secret_value()

    @property
    def keeps_mails(self) -> bool:
        """True if mails are shown at /mailbox: no mail server is set, and only this machine can reach Veza."""
        return not self.is_public and not self.smtp_url.get_secret_value()

    @property
    def is_public(self) -> bool:
        """True if other machines may reach Veza: its own address says so, or a proxy's may."""
        return not is_loopback(self.host) or bool(self.public_url)

    @property
    def hosts_sandbox(self) -> bool:
        """True when `veza serve` plays the provider itself, in its own process."""
        return self.uses_sandbox and not self.stripe_api_base

    @property
    def smtp_demands_tls(self) -> bool:
        """True if `smtp://` sends nothing without encryption."""
        parts = urlsplit(self.smtp_url.get_secret_value())
        sends_a_password_away = parts.password is not None and not is_loopback(parts.hostname or "")
        return self.smtp_tls == "required" or (self.smtp_tls == "auto" and sends_a_password_away)

    @property
    def staff_needs_second_factor(self) -> bool:
        """True when admins and moderators use their rights only after a sign-in with a second factor."""
        by_itself = self.staff_second_factor == "auto" and bool(self.smtp_url.get_secret_value())
        return self.staff_second_factor == "required" or by_itself

    @property
    def base_url(self) -> str:
        """The address Veza is reached under, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def local_url(self) -> str:
        """The address this machine itself reaches Veza under: the built-in sandbox is asked there."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  (recognised, not bound)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        problems = [sentence for wrong, sentence in contradictions(self) if wrong]
        if problems:
            raise ValueError("\n".join(problems))
        return self


def _is_text(file: Path) -> bool:
    try:
        return not file.is_file() or bool(file.read_text(encoding="utf-8") + " ")
    except UnicodeDecodeError:
        return False
