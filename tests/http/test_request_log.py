"""One line per request, and those that went well and come all the time keep quiet."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from veza.http.request_log import RequestLog, keep_quiet, name_actor
from veza.settings import SANDBOX_PATH


async def asked(path: str, status: int, request_id: bytes = b"") -> tuple[dict[str, Any], list[Any]]:
    """The line and the headers of one request, answered by something mounted that shortens the path."""
    sent: list[Any] = []

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        scope["path"] = "/rest"
        await send({"type": "http.response.start", "status": status, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"x-request-id", request_id)] if request_id else []
    scope: Any = {"type": "http", "method": "GET", "path": path, "headers": headers}
    with capture_logs() as lines:
        await RequestLog(mounted)(scope, None, send)  # type: ignore[arg-type]
    (line,) = lines
    return dict(line), sent[0]["headers"]


@pytest.mark.parametrize(
    ("path", "status", "level"),
    [
        ("/api/v1/payments", 200, "info"),
        ("/operator", 304, "debug"),
        (f"{SANDBOX_PATH}/v1/charges", 200, "debug"),
        (f"{SANDBOX_PATH}/v1/charges", 402, "info"),
        ("/webhooks/stripe", 200, "debug"),
        ("/webhooks/stripe", 400, "info"),
        ("/health/live", 503, "info"),
    ],
)
async def test_a_line_has_the_whole_path_and_its_level_says_who_must_read_it(
    path: str, status: int, level: str
) -> None:
    line, _ = await asked(path, status)
    assert (line["path"], line["status"], line["log_level"]) == (path, status, level)


@pytest.mark.parametrize(("status", "level"), [(206, "debug"), (403, "info"), (500, "info")])
async def test_an_answer_that_keeps_quiet_does_so_if_it_went_well(status: int, level: str) -> None:
    async def part_of_a_file(scope: Any, receive: Any, send: Any) -> None:
        keep_quiet(scope)
        await send({"type": "http.response.start", "status": status, "headers": []})

    async def send(message: Any) -> None:
        assert message["status"] == status

    scope: Any = {"type": "http", "method": "GET", "path": "/sound", "headers": []}
    with capture_logs() as lines:
        await RequestLog(part_of_a_file)(scope, None, send)  # type: ignore[arg-type]
    assert [line["log_level"] for line in lines] == [level]


async def test_an_id_is_echoed_unless_it_could_break_a_line() -> None:
    _, headers = await asked("/api/v1/payments", 200, b"ours-1")
    assert headers == [(b"x-request-id", b"ours-1")]
    _, headers = await asked("/api/v1/payments", 200, b"two\nlines")
    assert headers != [(b"x-request-id", b"two\nlines")]


@pytest.mark.parametrize(
    ("names_callers", "said"),
    [(True, {"actor": "person 1", "address": "203.0.113.9"}), (False, {})],
)
async def test_a_line_says_who_asked_and_from_where_unless_told_not_to(
    names_callers: bool, said: dict[str, str]
) -> None:
    async def recognising(scope: Any, receive: Any, send: Any) -> None:
        name_actor({**scope}, "person 1")  # wrappers hand on copies of the scope
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        """The answer goes nowhere: the test reads the log."""

    scope: Any = {"type": "http", "method": "GET", "path": "/", "headers": [], "client": ("203.0.113.9", 1)}
    with capture_logs() as lines:
        await RequestLog(recognising, names_callers=names_callers)(scope, None, send)  # type: ignore[arg-type]
    assert {name: lines[0][name] for name in ("actor", "address") if name in lines[0]} == said
