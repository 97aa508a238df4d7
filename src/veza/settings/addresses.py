"""Settings that hold a host or the URL of a service, and one check for all of them.

An error never quotes the address itself: a password may stand in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr


class BadUrl(ValueError):
    """A URL that cannot be used; says why, without repeating it."""


@dataclass(frozen=True, slots=True)
class UrlForm:
    """The parts that a URL may have; `example` is a URL of that form."""

    schemes: tuple[str, ...]
    example: str
    user: bool = False
    port: bool = True
    path: bool = True

    def check(self, written: str) -> SplitResult:
        """The parts of `written`; raises BadUrl."""
        try:
            parts = self._split(written)
        except BadUrl as error:
            raise BadUrl(f"{error}; write it like {self.example}") from None
        return parts

    def _split(self, written: str) -> SplitResult:
        if "\\" in written or any(character <= " " or character == "\x7f" for character in written):
            raise BadUrl("a URL has no spaces, backslashes and control characters")
        if not written.startswith(tuple(f"{scheme}://" for scheme in self.schemes)):
            raise BadUrl(f"it must begin with {' or '.join(f'{scheme}://' for scheme in self.schemes)}")
        try:
            parts = urlsplit(written)
        except ValueError:
            raise BadUrl(f"the address in brackets is no IPv6 address{self._hint()}") from None
        if "@" in parts.netloc and not self.user:
            raise BadUrl("it may not name a user or a password")
        if parts.query or parts.fragment or written.endswith(("?", "#")):
            raise BadUrl(f"it may not have ? or #{self._hint()}")
        self._check_port(parts)
        check_host(parts.hostname or "")
        if not self.path and parts.path not in ("", "/"):
            raise BadUrl(f"it may not have a path{self._hint()}")
        return parts

    def _check_port(self, parts: SplitResult) -> None:
        after_host = parts.netloc.rpartition("@")[2].rpartition("]")[2]
        if ":" in after_host and not self.port:
            raise BadUrl("it may not have a port")
        try:
            port = parts.port
        except ValueError:
            port = 0
        if port == 0 or after_host.endswith(":"):
            raise BadUrl(f"its port must be a whole number from 1 to 65535{self._hint()}")

    def _hint(self) -> str:
        """A password that is not percent-encoded looks like a port, a path or brackets."""
        return " (a password's # is written %23, its / %2F, its [ %5B)" if self.user else ""


def check_host(host: str) -> None:
    """Raises BadUrl unless `host` is an IP address without brackets, or could be a machine's name."""
    if not host:
        raise BadUrl("it names no host")
    try:
        ip_address(host)
    except ValueError:
        labels = host.removesuffix(".").split(".")
        is_name = all(label and label.replace("-", "").replace("_", "").isalnum() for label in labels)
        if not is_name or len(host) > 253 or labels[-1].isdecimal():
            raise BadUrl("its host is neither an IP address nor a name") from None


def is_loopback(host: str) -> bool:
    """Whether a host's name can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


WEB = UrlForm(("https", "http"), "https://music.example.org or http://127.0.0.1:8000")
ORIGIN = UrlForm(("https", "http"), "https://shop.example", path=False)
SMTP = UrlForm(("smtp", "smtps"), "smtp://user:password@host:587", user=True, path=False)
BUCKET = UrlForm(("s3",), "s3://bucket/prefix", port=False)
RABBITMQ = UrlForm(("amqp", "amqps"), "amqp://user:password@host:5672/vhost", user=True)
REDIS = UrlForm(("redis", "rediss"), "redis://user:password@host:6379/0", user=True)
POSTGRESQL = "postgresql://user:password@host:5432/name"
SQLITE = "sqlite:///folder/veza.db"


def _url(form: UrlForm) -> AfterValidator:
    def checked(written: str) -> str:
        if written:
            form.check(written)
        return written

    return AfterValidator(checked)


def _smtp(written: SecretStr) -> SecretStr:
    if written.get_secret_value():
        SMTP.check(written.get_secret_value())
    return written


def _redis(written: str) -> str:
    options = written.partition("?")[2]  # such as ?ssl_ca_certs=…: the client's own, which knows what they may be
    if not written:
        return written
    path = REDIS.check(written.removesuffix(f"?{options}") if options else written).path.strip("/")
    if path and not path.isdecimal():
        raise BadUrl(f"after the host stands the number of the database; write it like {REDIS.example}")
    if options:
        from redis.asyncio import ConnectionPool
        from redis.exceptions import RedisError

        try:
            ConnectionPool.from_url(written).make_connection()  # type: ignore[no-untyped-call]  # nothing is sent
        except (RedisError, TypeError, ValueError):
            raise BadUrl("its options after ? are not those of a Redis client, such as ?socket_timeout=5") from None
    return written


def _bucket(written: str) -> str:
    if written:
        name = BUCKET.check(written).netloc
        if not (len(name) > 1 and name.isascii() and name == name.lower() and "_" not in name and name[0].isalnum()):
            raise BadUrl("a bucket's name has small letters, digits, dots and dashes; write it like s3://bucket/prefix")
    return written


def _origins(listed: tuple[str, ...]) -> tuple[str, ...]:
    for number, item in enumerate(listed, start=1):
        try:
            ORIGIN.check(item)
        except BadUrl as error:
            raise BadUrl(f"address {number} of the list: {error}") from None
    return listed


def _host(written: str) -> str:
    try:
        check_host(written)
    except BadUrl:
        raise ValueError(
            "must be an address such as 127.0.0.1, 0.0.0.0 or ::1, or a name; without http://, brackets and port"
        ) from None
    return written


def host_of(written: str) -> str:
    """The host of a host:port."""
    return written.rpartition(":")[0].strip("[]")


def _host_port(written: str) -> str:
    """Empty, or host:port; an IPv6 address stands in brackets."""
    host, colon, port = written.rpartition(":")
    if not written:
        return written
    is_bare_ipv6 = ":" in host and not (host.startswith("[") and host.endswith("]"))
    try:
        if not colon or is_bare_ipv6 or not port.isdecimal() or int(port) > 65535:
            raise BadUrl("no port")
        check_host(host.strip("[]"))
    except BadUrl:
        raise ValueError("must be host:port, such as 127.0.0.1:50051, 0.0.0.0:50051 or [::1]:50051") from None
    return written


_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgres": "postgresql+asyncpg", "postgresql": "postgresql+asyncpg"}
_OPTIONS = ("host", "port", "ssl", "passfile", "target_session_attrs", "prepared_statement_cache_size")
"""The options that may stand after the ? of a PostgreSQL address: those of the driver that are texts."""


def _database(written: object) -> object:
    """Name the async driver, so that the URL form of other tools works."""
    from sqlalchemy.engine import make_url  # late: `veza --help` reads no setting
    from sqlalchemy.exc import ArgumentError

    if not isinstance(written, str):
        return written
    scheme, mark, rest = written.partition("://")
    driver = _DRIVERS.get(scheme, scheme)
    if not mark or driver not in _DRIVERS.values():
        raise BadUrl(f"use {SQLITE} or {POSTGRESQL}")
    try:
        url = make_url(f"{driver}://{rest}")
    except (ArgumentError, ValueError):
        raise BadUrl(f"this is no URL; use {POSTGRESQL}, the port a number") from None
    if driver == "sqlite+aiosqlite":
        if url.host or url.database in (None, "", ":memory:"):
            raise BadUrl(f"it names no file; write it like {SQLITE}, with three slashes, or four before a full path")
        return f"{driver}://{rest}"
    try:
        if url.port is not None and not 1 <= url.port <= 65535:
            raise BadUrl("its port must be a whole number from 1 to 65535")
        if url.host:
            check_host(url.host)
    except BadUrl as error:
        raise BadUrl(f"{error}; write it like {POSTGRESQL}") from None
    if "sslmode" in url.query:  # what libpq calls it
        url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": url.query["sslmode"]})
        rest = url.render_as_string(hide_password=False).partition("://")[2]
    _check_options(url.query)
    return f"{driver}://{rest}"


_TLS = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def _check_options(options: Any) -> None:
    for name, value in options.items():
        if name not in _OPTIONS:
            raise BadUrl(f"“{name[:50]}” is no option here: after ? may stand {', '.join(_OPTIONS)}")
        if name == "ssl" and value not in _TLS:
            raise BadUrl(f"ssl must be one of {', '.join(_TLS)}")


Host = Annotated[str, AfterValidator(_host)]
HostPort = Annotated[str, AfterValidator(_host_port)]
WebUrl = Annotated[str, _url(WEB)]
SmtpUrl = Annotated[SecretStr, AfterValidator(_smtp)]
RedisUrl = Annotated[str, AfterValidator(_redis)]
RabbitUrl = Annotated[str, _url(RABBITMQ)]
BucketUrl = Annotated[str, AfterValidator(_bucket)]
DatabaseUrl = Annotated[str, BeforeValidator(_database)]
origins = AfterValidator(_origins)
