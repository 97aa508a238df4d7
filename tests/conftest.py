"""What every test may ask for: databases of its own, a clock that obeys, and honesty about what was skipped.

A missing PostgreSQL or Redis skips loudly here; with `CI=true` or `VEZA_REQUIRE_SERVICES=1` it fails.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import shutil
import socket
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

import veza.kit.database
import veza.tables
from tests import processor_time, pseudo_language
from tests.compiled_once import open_engine
from tests.left_open import name_their_tests
from tests.needs import leave_out, mark, pytest_configure, pytest_ignore_collect
from tests.order import longest_first
from tests.postgres import Databases, make_database, run_on
from tests.processor_time import pytest_runtest_protocol, pytest_sessionfinish, pytest_testnodedown
from tests.read_once import read_once
from tests.s3_server import S3Server
from tests.samples import sampler
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.schema import make_tables

__all__ = [
    "pytest_configure", "pytest_ignore_collect", "pytest_runtest_protocol", "pytest_sessionfinish",
    "pytest_testnodedown", "sampler",
]  # fmt: skip
REQUIRED = any(os.environ.get(name, "").lower() in {"1", "true"} for name in ("CI", "VEZA_REQUIRE_SERVICES"))
POSTGRES = make_url(os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres"))
RABBITMQ = os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672/")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pseudo", action="store_true", help="say messages in other words (tests/pseudo_language.py)")
    parser.addoption("--quick", action="store_true", help="only tests that need nothing else (tests/needs.py)")
    parser.addoption("--whole", action="store_true", help="run large matrices whole (tests/samples.py)")


OBJECTS_UNTIL_COLLECTION = 10_000
"""Python's own 700 spend a twentieth of a run's time on looking for garbage."""
IN_MEMORY = Path("/dev/shm")
IN_MEMORY_BYTES = 4 << 30
"""A run's files take a gigabyte and a half at most."""


def pytest_sessionstart(session: pytest.Session) -> None:
    # Files of tests lie in memory where there is space: SQLite waits for the disk at each commit, 2 to 5 ms.
    if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free >= IN_MEMORY_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))
    if session.config.getoption("--pseudo"):
        pseudo_language.speak()


def missing(what: str) -> None:
    """Skip because a service is not there, or fail where it has to be."""
    if REQUIRED:
        pytest.fail(f"{what}, and this run requires every service", pytrace=False)
    pytest.skip(what)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    mark(items)
    if config.getoption("--quick"):
        leave_out(config, items)
    yield  # what was not asked for is taken out
    items[:] = longest_first(items)


def pytest_collection_finish() -> None:
    """What is imported and collected by now stays: looking through it again and again is a tenth of a run's time.

    Garbage of until now stays too: finding it takes a second of a processor, in each worker.
    """
    gc.freeze()
    gc.set_threshold(OBJECTS_UNTIL_COLLECTION)
    gc.enable()
    processor_time.begin()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what the tests took, and plainly what was skipped and why, instead of a row of letters."""
    processor_time.tell(terminalreporter)
    reasons = Counter(
        str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr).removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
    )
    if not reasons:
        terminalreporter.write_line("nothing was skipped")
        return
    terminalreporter.section("skipped, and why")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count:4} tests: {reason}")


@pytest.fixture(autouse=True, scope="session")
def _plain_tracebacks() -> None:
    """What is logged as long as nothing has set up logs. structlog's own way of it colours the source of every frame
    and its variables: 50 ms for an exception."""
    *processors, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*processors, plain])


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A command that a test runs in this process sets up logs, with a level that would hide lines of later tests."""
    before, root = structlog.get_config(), logging.getLogger()
    level = root.level
    yield
    if structlog.get_config() != before:
        structlog.configure(**before)
        root.setLevel(level)
        root.handlers[:] = [one for one in root.handlers if type(one) is not logging.StreamHandler]


@pytest.fixture(autouse=True, scope="session")
def _compiled_once() -> Iterator[None]:
    """Databases that tests open share what SQLAlchemy has compiled (see there)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(veza.kit.database, "create_async_engine", open_engine)
        yield


@pytest.fixture(autouse=True, scope="session")
def _read_once() -> Iterator[None]:
    """Applications that tests make share what Litestar has read of their handlers (see there)."""
    with pytest.MonkeyPatch.context() as patch:
        read_once(patch)
        yield


@pytest.fixture(autouse=True, scope="session")
def _connections_name_their_test() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        name_their_tests(patch)
        yield


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table, made once per worker and copied per test."""
    path = tmp_path_factory.mktemp("template") / "veza.db"
    asyncio.run(_create_tables(make_url(f"sqlite+aiosqlite:///{path}")))
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    shutil.copy(sqlite_template, tmp_path / "veza.db")
    return f"sqlite+aiosqlite:///{tmp_path / 'veza.db'}"


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """The name of a PostgreSQL database with every table, made once per worker."""
    with empty_postgres() as url:
        asyncio.run(_create_tables(make_url(url)))
        yield str(make_url(url).database)


@contextmanager
def empty_postgres() -> Iterator[str]:
    """The URL of a PostgreSQL database without tables, dropped at the end."""
    if not _answers(POSTGRES.host or "127.0.0.1", POSTGRES.port or 5432):
        missing(f"PostgreSQL is not running on {POSTGRES.host}:{POSTGRES.port or 5432}")
    name = f"veza_test_{uuid.uuid4().hex[:12]}"
    asyncio.run(make_database(POSTGRES, name))
    try:
        yield _async_url(name).render_as_string(hide_password=False)
    finally:
        asyncio.run(run_on(POSTGRES, f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
def empty_postgres_url() -> Iterator[str]:
    with empty_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_databases(postgres_template: str) -> Iterator[Databases]:
    databases = Databases(POSTGRES, postgres_template)
    yield databases
    databases.close()


@pytest.fixture
def postgres_url(postgres_databases: Databases) -> Iterator[str]:
    """A PostgreSQL database of this test alone, empty."""
    name = postgres_databases.take()
    yield _async_url(name).render_as_string(hide_password=False)
    postgres_databases.empty(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The test runs twice: on SQLite and on PostgreSQL."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
async def database(database_url: str, clock: ManualClock) -> AsyncIterator[Database]:
    database = Database.open(database_url, clock=clock)
    yield database
    await database.close()


@pytest.fixture
def rabbitmq_url() -> str:
    url = make_url(RABBITMQ)
    if not _answers(url.host or "127.0.0.1", url.port or 5672):
        missing(f"RabbitMQ is not running on {url.host}:{url.port or 5672}")
    return RABBITMQ


@pytest.fixture
def redis_url() -> str:
    url = make_url(REDIS)
    if not _answers(url.host or "127.0.0.1", url.port or 6379):
        missing(f"Redis is not running on {url.host}:{url.port or 6379}")
    return REDIS


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """One for all tests of a worker: each keeps to a prefix of its own."""
    server = S3Server()
    server.start()
    yield server
    server.stop()


async def _create_tables(url: URL) -> None:
    engine = create_async_engine(url)
    await make_tables(engine)
    await engine.dispose()


def _async_url(name: str) -> URL:
    return POSTGRES.set(drivername="postgresql+asyncpg", database=name)


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
