"""A form is taken from the session that was shown it alone, through every door and with every cookie."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar, Request, get, post
from litestar.connection import ASGIConnection

from tests.client import http_client
from veza.http.form_tokens import FORM_FIELD, FormTokens, own_forms_only
from veza.http.host_cookies import HostCookie
from veza.http.problem_answers import exception_handlers
from veza.http.requests import DoorRequest

TOKENS = FormTokens("a secret of this test")
COOKIE = HostCookie("session", "https://veza.test")
ANNA, BEN = {"Cookie": "__Host-session=anna"}, {"Cookie": "__Host-session=ben"}


@get("/", sync_to_thread=False)
def shown() -> str:
    return "a form"


@post("/", status_code=200)
async def sent(request: Request[None, None, None]) -> str:
    return "done"


@pytest.fixture
async def door() -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar(
        [shown, sent],
        before_request=own_forms_only(TOKENS, COOKIE.read),
        exception_handlers=exception_handlers(),
        request_class=DoorRequest,
    )
    async with http_client(app, base_url="https://veza.test") as client:
        yield client


async def test_a_form_of_ones_own_session_is_taken(door: httpx.AsyncClient) -> None:
    answer = await door.post("/", data={FORM_FIELD: TOKENS.of("anna")}, headers=ANNA)
    assert (answer.status_code, answer.text) == (200, "done")
    assert (await door.get("/")).status_code == 200, "reading takes no form"


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({}, ANNA),
        ({FORM_FIELD: ""}, ANNA),
        ({FORM_FIELD: TOKENS.of("anna")}, BEN),
        ({FORM_FIELD: TOKENS.of("anna")}, {}),
        ({FORM_FIELD: TOKENS.of("")}, {}),
        ({FORM_FIELD: FormTokens("another secret").of("anna")}, ANNA),
        ({FORM_FIELD: TOKENS.of("anna")}, {**ANNA, "Sec-Fetch-Site": "cross-site"}),
        ({FORM_FIELD: TOKENS.of("anna")}, {**ANNA, "Sec-Fetch-Site": "same-site"}),
    ],
)
async def test_any_other_form_changes_nothing(
    door: httpx.AsyncClient, fields: dict[str, str], headers: dict[str, str]
) -> None:
    answer = await door.post("/", data=fields, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:veza:problem:cross-site-request")
    assert answer.json()["detail"].startswith("nothing was changed")


def test_a_session_cannot_be_read_in_its_forms() -> None:
    assert "anna" not in TOKENS.of("anna")
    assert len(TOKENS.of("x" * 500)) == len(TOKENS.of("x"))


@pytest.mark.parametrize(
    ("scheme", "base_url", "name", "path"),
    [
        ("http", "http://veza.test", "visit", "/operator"),
        ("https", "http://veza.test", "__Host-visit", "/"),
        ("http", "https://veza.test", "__Host-visit", "/"),
    ],
)
def test_a_cookie_keeps_to_its_path_unless_https_makes_it_this_hosts_own(
    scheme: str, base_url: str, name: str, path: str
) -> None:
    connection = ASGIConnection[None, None, None, None]({"type": "http", "scheme": scheme})  # type: ignore[typeddict-item]
    cookie = HostCookie("visit", base_url, "/operator").make(connection, "value", None)
    assert (cookie.key, cookie.path, cookie.secure, cookie.max_age) == (name, path, path == "/", None)
