"""Every answer carries what keeps it from caches, frames and foreign scripts, whichever door it comes from."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.api.walk import steps
from tests.client import http_client
from veza.app import Veza, build
from veza.http.headers import HSTS, policy_of, safe
from veza.http.identity import permission_named
from veza.settings import Settings
from veza.web.assets import ASSETS

MAY_BE_FRAMED = {"/embed/tracks/{track_id:uuid}", "/embed/releases/{release_id:uuid}"}
"""See tests/web/test_embeds.py."""
MAY_BE_KEPT = {
    "/assets/{digest:str}/{path:path}", "/palettes/{name:str}", "/feed.xml", "/robots.txt", "/sitemap.xml",
    "/api/v1/search", "/api/v1/search/suggestions",
}  # fmt: skip


@pytest.fixture
async def veza(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Veza]:
    veza = build(Settings(database_url=sqlite_url, var_dir=tmp_path))
    yield veza
    await veza.close()


def client_of(veza: Veza, url: str = "http://127.0.0.1:8000") -> httpx.AsyncClient:
    return http_client(veza.asgi, base_url=url)


async def test_every_answer_is_personal_unless_it_says_otherwise(veza: Veza) -> None:
    wrong: list[str] = []
    async with client_of(veza) as client:
        walked = [*steps(veza), *steps(veza, under_api=False)]
        outside = [step for step in walked if not step.path.startswith("/api/")]
        pages = {(step.method, step.path) for step in outside if permission_named(step.handler)}
        addresses = [(step.method, step.path) for step in walked if step.template not in MAY_BE_KEPT | MAY_BE_FRAMED]
        for method, path in [*addresses, ("GET", "/nowhere"), ("GET", "/sandbox/"), ("GET", "/api/docs")]:
            headers = (await client.request(method, path)).headers
            if headers.get("cache-control") != "private, no-store" and (method, path) not in pages:
                wrong.append(f"{method} {path}: {headers.get('cache-control')}")
            if (headers.get("x-content-type-options"), headers.get("x-frame-options")) != ("nosniff", "DENY"):
                wrong.append(f"{method} {path}: {headers}")
            is_page = headers.get("content-type", "").startswith("text/html")
            if is_page and "frame-ancestors 'none'" not in headers.get("content-security-policy", ""):
                wrong.append(f"{method} {path}: {headers.get('content-security-policy')}")
            if "strict-transport-security" in headers:
                wrong.append(f"{method} {path} by HTTP: {headers}")
    assert wrong == []
    assert len(walked) > 150


async def test_what_never_changes_may_be_kept(veza: Veza) -> None:
    async with client_of(veza) as client:
        kept = await client.get(ASSETS.address("icon.svg"))
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_the_page_of_the_api_names_its_own_style_sheet_and_runs_nothing(veza: Veza) -> None:
    async with client_of(veza) as client:
        page = await client.get("/api/docs")
    (style,) = re.findall("<style>(.*?)</style>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = page.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "style=" not in page.text
    assert "<script" not in page.text


async def test_where_people_come_by_tls_browsers_are_told_to_stay_with_it(sqlite_url: str, tmp_path: Path) -> None:
    veza = build(Settings(database_url=sqlite_url, var_dir=tmp_path, public_url="https://shop.example"))
    async with client_of(veza) as plain:
        told = await plain.get("/nowhere")
    await veza.close()
    assert told.headers["strict-transport-security"] == HSTS.decode()


async def test_behind_a_proxy_that_took_a_request_by_tls_it_is_told_as_well(veza: Veza) -> None:
    async with client_of(veza, "https://127.0.0.1:8000") as client:
        told = await client.get("/nowhere")
    assert told.headers["strict-transport-security"] == HSTS.decode()


def test_what_an_answer_says_itself_stays() -> None:
    said = [(b"Cache-Control", b"public, max-age=3600"), (b"Content-Security-Policy", b"default-src 'self'")]
    told = dict(safe([*said, (b"Content-Type", b"text/html; charset=utf-8")], b"", is_tls=False))
    assert told[b"cache-control"] == b"public, max-age=3600"
    assert told[b"content-security-policy"] == b"default-src 'self'"


def test_a_page_without_a_style_sheet_loads_nothing_at_all() -> None:
    assert b"style-src" not in policy_of(b"<h1>Hello</h1>")
