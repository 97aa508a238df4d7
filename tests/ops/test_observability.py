"""Logs hold no secret, for every place that raises and every form of a line, and move no terminal's cursor."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from litestar import Request, Router, post
from litestar.params import JSONBody
from sqlalchemy import text

from tests.api.visitors import operator_only
from tests.client import http_client
from veza.accounts.permissions import Permission
from veza.api.application import api_v1, web_application
from veza.http.identity import needs
from veza.kit.database import Database
from veza.kit.visible import visible
from veza.ops.observability import configure_logs, formatter
from veza.settings import Settings

SECRETS = ("smtp-password-of-a-local", "cookie-of-a-browser", "password-in-a-body", "token-of-the-operator-0123456789")
FORMATS = ("json", "console")


@pytest.fixture(params=FORMATS)
def written(request: pytest.FixtureRequest) -> Iterator[StringIO]:
    """What is logged, as the format writes it to a collector or a terminal."""
    root = logging.getLogger()
    before = root.handlers[:]
    configure_logs(Settings(log_format=request.param, log_level="debug"))
    sink = StringIO()
    handler = logging.StreamHandler(sink)
    handler.setFormatter(formatter(request.param))
    root.handlers[:] = [handler]
    yield sink
    root.handlers[:] = before


@post("/breaks", opt=needs(Permission.MONEY), sync_to_thread=False)
def breaks(request: Request[Any, Any, Any], data: JSONBody[dict[str, str]]) -> None:
    """Fails with secrets in its locals, in a cause and in a group."""
    smtp_password = SECRETS[0]
    sent = [*request.headers.values(), *data.values()]
    try:
        raise ExceptionGroup("several", [KeyError("inner"), ValueError("other")])
    except ExceptionGroup as cause:
        cause.add_note("a note")
        raise RuntimeError(f"{len(sent)} values and {len(smtp_password)} characters") from cause


async def test_no_secret_of_locals_headers_or_bodies_is_written(written: StringIO, database: Database) -> None:
    router = Router("/", route_handlers=[breaks])
    asgi, _ = web_application(database, [api_v1(operator_only(SECRETS[3]), [router])])
    headers = {"Authorization": f"Bearer {SECRETS[3]}", "Cookie": f"veza={SECRETS[1]}", "Idempotency-Key": "k"}
    async with http_client(asgi, headers=headers) as client:
        answer = await client.post("/api/v1/breaks", json={"password": SECRETS[2]})
    assert answer.status_code == 500
    said = written.getvalue()
    # The trace itself is there: what raised, where, and the cause.
    for part in ("RuntimeError", "ExceptionGroup", "KeyError", "test_observability.py", "request.failed"):
        assert part in said
    assert [secret for secret in SECRETS if secret in said] == []


async def test_the_parameters_of_a_failed_statement_are_not_written(written: StringIO, database: Database) -> None:
    async with database.write() as session:
        try:
            await session.execute(
                text("SELECT * FROM nothing_of_that_name WHERE secret = :secret"), {"secret": SECRETS[2]}
            )
        except Exception:
            logging.getLogger("veza").exception("failed")
        await session.rollback()
    assert "nothing_of_that_name" in written.getvalue()
    assert SECRETS[2] not in written.getvalue()


def test_control_characters_are_shown_and_not_obeyed(written: StringIO) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\r\u202eabc"
    structlog.get_logger("veza").warning(f"event {evil}", path=evil, many=[evil], **{f"key{evil}": 1})
    logging.getLogger("library").warning("library says %s", evil)
    try:
        raise ValueError(evil)
    except ValueError:
        structlog.get_logger("veza").exception("failed")
    said = written.getvalue()
    assert "x1b" in said or "u001b" in said
    assert [character for character in "\x1b\x07\x9b\r\u202e" if character in said] == []


def test_a_value_cannot_begin_a_line_of_its_own(written: StringIO) -> None:
    structlog.get_logger("veza").warning("request", path="/\n2026-01-01 [error    ] forged")
    assert len(written.getvalue().splitlines()) == 1


def test_a_line_for_a_collector_is_json_with_its_trace() -> None:
    record = logging.LogRecord("veza", logging.ERROR, "x", 1, "failed", None, None)
    try:
        raise ValueError("reason")
    except ValueError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    line = json.loads(formatter("json").format(record))
    assert (line["event"], line["exception"][0]["exc_value"]) == ("failed", "reason")
    assert all("locals" not in frame or not frame["locals"] for frame in line["exception"][0]["frames"])


@given(st.text())
def test_what_is_visible_has_no_control_character_and_the_rest_is_as_it_was(text: str) -> None:
    shown = visible(text, one_line=True)
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in shown)
    if text.isprintable() and not any(character in "\u200e\u200f\u061c" for character in text):
        assert shown == text
