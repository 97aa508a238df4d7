"""A request that cannot be read or kept is refused with 400 and its problem's type: on every route, both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.api.walk import Walk, steps, walking
from tests.http.test_json_bodies import MALFORMED
from tests.samples import Sampler
from veza.http.whole_request import STREAMED
from veza.settings import Settings

KINDS = "urn:veza:problem:"
BODIES = [MALFORMED[name][0] for name in ("not UTF-8", "1,000 objects", "a NUL", "a lone high surrogate")]
BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
async def on_both(database_url: str, tmp_path: Path) -> AsyncIterator[Walk]:
    async with walking(Settings(database_url=database_url, var_dir=tmp_path), signed_in=True) as walk:
        yield walk


@pytest.fixture
async def walk(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Walk]:
    async with walking(Settings(database_url=sqlite_url, var_dir=tmp_path), signed_in=True) as walk:
        yield walk


PARAMETERS = ["%00", "a%00b", "%FF", "%ED%A0%80"]


async def test_what_is_no_text_or_no_json_is_refused_by_every_route(on_both: Walk, sampler: Sampler) -> None:
    wrong: list[str] = []
    walked = 0

    def judge(answer: httpx.Response, status: int, kind: str, sent: object) -> None:
        nonlocal walked
        walked += 1
        if (answer.status_code, answer.json()["type"]) != (status, f"{KINDS}{kind}"):
            wrong.append(f"{answer.request.method} {answer.request.url} with {sent!r:.60}: {answer.text[:200]}")

    for step in on_both.writes():
        if step.handler.opt.get(STREAMED):
            continue  # bytes of a file
        for body in sampler.some(BODIES, 2):
            judge(await on_both.send(step, body), 400, "malformed-body", body)
        for headers in ({"Content-Type": "application/json; charset=utf-16"}, {"Content-Encoding": "gzip"}):
            judge(await on_both.send(step, b"{}", **headers), 415, "unsupported-media-type", headers)
    for step in [*steps(on_both.veza), *steps(on_both.veza, under_api=False)]:
        names = sorted(step.handler.parsed_fn_signature.parameters)
        folder = step.path.rpartition("/")[0]
        for place in (f"{step.path}?currency=", f"{step.path}?{names[0] if names else 'x'}=", f"{folder}/"):
            for value in sampler.some(PARAMETERS, 1):
                address = place + value
                answer = await on_both.client.request(step.method, address)
                judge(answer, 400, "invalid-request", address)
    assert wrong == []
    assert walked > 900


async def test_a_header_with_a_nul_is_refused(walk: Walk) -> None:
    """As from a proxy or a server that lets it pass; ours does not (tests/ops/test_http_protocol.py)."""
    for name in ("User-Agent", "Authorization", "Idempotency-Key", "If-Match", "Cookie"):
        answer = await walk.client.get("/api/v1/artists", headers={name: b"a\0b"})
        assert (answer.status_code, answer.json()["errors"]) == (
            400,
            [
                {
                    "source": "header",
                    "pointer": f"/{name.lower()}",
                    "field": name.lower(),
                    "message": "holds a NUL character or a line break",
                }
            ],
        )


async def test_the_sender_of_a_cookie_that_is_no_text_is_not_signed_in(walk: Walk) -> None:
    """Other programs of the same host set cookies of their own: they keep no request from being answered."""
    walk.client.cookies.clear()
    for secret in ("%00", "a%00b", "%FF", '"\\000"'):
        answer = await walk.client.get("/api/v1/me", headers={"Cookie": f"veza={secret}; other=%00"})
        assert (answer.status_code, answer.json()["type"]) == (401, f"{KINDS}unauthorized")
        page = await walk.client.get("/operator", headers={"Cookie": f"veza={secret}", "Accept": "text/html"})
        assert page.status_code == 303


FORMS = ["/confirm-address", "/forgot-password", "/reset-password", "/admin-claim", "/invitation", "/claim", "/refund"]
FORM = "application/x-www-form-urlencoded"


async def test_a_malformed_form_is_told_to_a_program_and_shown_to_a_person(walk: Walk) -> None:
    for path in FORMS:
        for body in (b"token=%00", b"token=x&email=%FF", b"email=\xff", b"token=a&token=b", b"%00=1"):
            answer = await walk.client.post(path, content=body, headers={"Content-Type": FORM})
            assert (answer.status_code, answer.json()["type"]) == (400, f"{KINDS}malformed-body"), (path, body)
            page = await walk.client.post(path, content=body, headers={"Content-Type": FORM, **BROWSER})
            assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8"), (path, body)
            assert "The body cannot be read" in page.text


async def test_a_form_of_another_kind_is_refused(walk: Walk) -> None:
    for sent in (
        {"headers": {"Content-Type": "text/plain"}, "content": b"token=x"},
        {"headers": {"Content-Type": f"{FORM}; charset=utf-16"}, "content": b"token=x"},
        {"headers": {"Content-Type": FORM, "Content-Encoding": "gzip"}, "content": b"token=x"},
        {"files": {"token": b"x"}},
    ):
        answer = await walk.client.post("/forgot-password", **sent)
        assert (answer.status_code, answer.json()["type"]) == (415, f"{KINDS}unsupported-media-type"), sent


async def test_a_malformed_webhook_is_refused(walk: Walk) -> None:
    for path in ("/webhooks/stripe", "/api/v1/webhooks/stripe"):
        for body in BODIES:
            answer = await walk.client.post(path, content=body, headers={"Content-Type": "application/json"})
            assert (answer.status_code, answer.json()["type"]) == (400, f"{KINDS}malformed-body"), body[:30]


async def test_faults_of_path_query_header_and_body_are_told_together(walk: Walk) -> None:
    answer = await walk.client.request(
        "PATCH",
        f"/api/v1/artists/{'x' * 101}?limit=1",
        content=b'{"country": "Germany", "currency": 1, "naem": "x"}',
        headers={"Content-Type": "application/json"},
    )
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (400, f"{KINDS}idempotency-key-missing")
    assert {(error["source"], error["pointer"]): error["message"] for error in problem["errors"]} == {
        ("header", "/Idempotency-Key"): "every write needs a header Idempotency-Key: 1 to 255 characters, new for each "
        "intent",
        ("path", "/artist"): "at most 100 characters, these are 101",
        ("query", "/limit"): "is no parameter here: it takes none",
        ("body", "/country"): "two letters such as DE",
        ("body", "/currency"): "three letters such as EUR, not a whole number",
        ("body", "/naem"): "is no field here: it takes name, country, currency, bio, tags",
    }


async def test_a_parameter_given_twice_is_refused(walk: Walk) -> None:
    answer = await walk.client.get("/api/v1/artists?limit=1&limit=2")
    assert (answer.status_code, answer.json()["detail"]) == (400, "limit: is given 2 times, once is enough")
