"""The sandbox's front page, and who may play the bank."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest

from veza.kit.clock import ManualClock
from veza.money.sandbox.core import Sandbox
from veza.money.sandbox.hosted import hosted_sandbox
from veza.money.sandbox.server import create_app
from veza.settings import Settings

from .conftest import Served, serve


@pytest.mark.parametrize(
    ("path", "raw_path", "prefix"),
    [("/", b"/sandbox/", "/sandbox"), ("/", b"/sandbox", "/sandbox"), ("/", b"/", "")],
    ids=["mounted", "mounted, no slash", "alone"],
)
async def test_the_front_page_says_what_this_is_and_finds_its_style_sheet(
    served: Served, path: str, raw_path: bytes, prefix: str
) -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "raw_path": raw_path}
    scope |= {"query_string": b"", "headers": [(b"host", b"veza.example")]}
    await create_app(served.sandbox)(scope, receive, send)  # type: ignore[arg-type]
    page = sent[1]["body"].decode()
    assert sent[0]["status"] == 200
    assert f'href="http://veza.example{prefix}/assets/sandbox.css"' in page
    assert "/_sandbox/disputes" in page


async def test_where_strangers_come_the_control_api_wants_the_token(sandbox: Sandbox) -> None:
    async with serve(sandbox, control_token="only-ours") as running, aiohttp.ClientSession() as browser:
        for given, status in ((None, 401), ("Bearer other", 401), ("Basic only-ours", 401), ("Bearer only-ours", 200)):
            headers = {"Authorization": given} if given else {}
            async with browser.get(f"{running.url}/_sandbox", headers=headers) as answer:
                assert answer.status == status, given
            async with browser.post(f"{running.url}/_sandbox/payments", json={}, headers=headers) as answer:
                assert (answer.status == 401) is (status == 401)
        assert sandbox.summary()["effects"].get("charges", 0) == 0


@pytest.mark.parametrize(
    ("changes", "is_guarded"),
    [({}, False), ({"host": "::1"}, False), ({"host": "localhost"}, False), ({"host": "0.0.0.0"}, True),
     ({"host": "192.168.1.5"}, True), ({"host": "label.example"}, True),
     ({"public_url": "https://label.example"}, True)],
)  # fmt: skip
async def test_the_hosted_sandbox_is_guarded_unless_only_this_machine_reaches_it(
    tmp_path: Path, clock: ManualClock, changes: dict[str, str], is_guarded: bool
) -> None:
    hosted = hosted_sandbox(Settings(var_dir=tmp_path, **changes), clock, "only-ours")  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app=hosted.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://veza.test") as browser:
        assert (await browser.get("/_sandbox")).status_code == (401 if is_guarded else 200)
    hosted.sandbox.close()
