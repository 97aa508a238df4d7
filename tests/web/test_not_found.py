"""Addresses where nothing is, and HEAD, of a whole Veza: people get a page, programs a problem."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.client import DEFAULT_URL, http_client
from veza.app import build
from veza.kit.clock import ManualClock
from veza.settings import Settings

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
async def door(sqlite_url: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[httpx.AsyncClient]:
    veza = build(Settings(database_url=sqlite_url, var_dir=tmp_path), clock=clock)
    async with http_client(veza.asgi, base_url=DEFAULT_URL) as client:
        yield client
    await veza.close()


@pytest.mark.parametrize("path", ["/nonsense", "/track/1", "/<b>", "/" + "x" * 300])
async def test_a_browser_at_an_address_that_is_not_there_gets_a_page(door: httpx.AsyncClient, path: str) -> None:
    answer = await door.get(path, headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert ">Nothing here</h1>" in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize(("path", "status"), [("/nonsense", 404), ("/orders", 303)])
async def test_htmx_accepts_anything_and_gets_what_a_browser_gets(
    door: httpx.AsyncClient, path: str, status: int
) -> None:
    """What it is given is put in the place of the page."""
    answer = await door.get(path, headers={"Accept": "*/*", "HX-Request": "true"})
    assert (answer.status_code, 'id="page"' in answer.text) == (status, status == 404)
    assert answer.headers.get("location", "") == ("" if status == 404 else f"/sign-in?next={path}")


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/nonsense", {}),
        ("/nonsense", {"Accept": "application/json"}),
        ("/nonsense", {"Accept": "text/html;q=0.1, application/json"}),
        ("/api/v1/nonsense", BROWSER),
    ],
)
async def test_a_program_there_and_anybody_under_api_gets_a_problem(
    door: httpx.AsyncClient, path: str, accept: dict[str, str]
) -> None:
    answer = await door.get(path, headers=accept)
    assert (answer.status_code, answer.json()["detail"]) == (404, f"there is nothing at {path}")


@pytest.mark.parametrize(
    "path", ["/mailbox", "/permissions", "/health/live", "/api/v1/tracks", "/nonsense", "/sandbox/"]
)
async def test_head_says_of_an_address_what_get_says_and_no_more(door: httpx.AsyncClient, path: str) -> None:
    got, head = await door.get(path), await door.head(path)
    assert head.content == b""
    assert head.status_code == got.status_code
    for name in ("content-type", "content-length", "etag"):
        assert head.headers.get(name) == got.headers.get(name) or path == "/nonsense", name


async def test_head_of_what_is_only_written_to_is_refused_as_get_is(door: httpx.AsyncClient) -> None:
    head = await door.head("/api/v1/cart/checkout")
    assert (head.status_code, head.content) == (405, b"")


@pytest.mark.parametrize("path", ["/confirm-address", "/admin-claim", "/invitation", "/claim"])
async def test_a_link_without_its_end_is_told_before_anything_is_typed(door: httpx.AsyncClient, path: str) -> None:
    for cut in (path, f"{path}?token="):
        answer = await door.get(cut)
        assert (answer.status_code, 'method="post"' in answer.text) == (404, False)
        assert "This link is not whole" in answer.text
