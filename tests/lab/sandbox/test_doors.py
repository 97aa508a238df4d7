"""The sandbox's front page, and who may play the bank."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest

from tests.client import DEFAULT_URL, http_client
from veza.kit.clock import ManualClock
from veza.lab.sandbox import belonging
from veza.lab.sandbox.core import Sandbox, SandboxSettings, Store
from veza.lab.sandbox.hosted import hosted_sandbox
from veza.lab.sandbox.server import create_app
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


def as_bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize("changes", [{}, {"host": "0.0.0.0"}, {"public_url": "https://label.example"}])
async def test_a_hosted_sandbox_takes_its_operators_key_and_token_and_nothing_else(
    tmp_path: Path, clock: ManualClock, changes: dict[str, str]
) -> None:
    hosted = hosted_sandbox(Settings(var_dir=tmp_path, **changes), clock, "only-ours")  # type: ignore[arg-type]
    own = belonging.sandbox_key("only-ours")
    async with http_client(hosted.app, base_url=DEFAULT_URL) as client:
        for key in ("", "sk_test_x", "sk_test_veza_sandbox", belonging.sandbox_key("another"), own[:-1], "only-ours"):
            assert (await client.get("/v1/balance", headers=as_bearer(key))).status_code == 401, key
        assert (await client.get("/v1/balance", headers=as_bearer(own))).status_code == 200
        for token in ("", "another", own):
            assert (await client.get("/_sandbox", headers=as_bearer(token))).status_code == 401, token
        assert (await client.get("/_sandbox", headers=as_bearer("only-ours"))).status_code == 200
    hosted.sandbox.close()


async def test_a_hosted_sandbox_delivers_to_its_own_veza_alone_and_not_to_those_of_before(
    tmp_path: Path, clock: ManualClock
) -> None:
    first = hosted_sandbox(Settings(var_dir=tmp_path, port=8001), clock, "only-ours")
    first.sandbox.keep_only_webhook(first.endpoint, first.webhook_secret)
    wanted = {"url": "http://169.254.169.254/latest", "enabled_events[0]": "*"}
    async with http_client(first.app, base_url="http://127.0.0.1:8001") as client:
        key, token = as_bearer(belonging.sandbox_key("only-ours")), as_bearer("only-ours")
        assert (await client.post("/v1/webhook_endpoints", data=wanted, headers=key)).status_code == 400
        (endpoint,) = (await client.get("/v1/webhook_endpoints", headers=key)).json()["data"]
        moved = await client.post(f"/v1/webhook_endpoints/{endpoint['id']}", data=wanted, headers=key)
        assert moved.status_code == 400
        by_hand = await client.post("/_sandbox/webhooks", json={"url": wanted["url"]}, headers=token)
        assert by_hand.status_code == 400
        await client.post("/_sandbox/payments", json={"amount": 1000, "currency": "eur"}, headers=token)
    first.sandbox.close()

    second = hosted_sandbox(Settings(var_dir=tmp_path, port=8002), clock, "only-ours")
    second.sandbox.keep_only_webhook(second.endpoint, second.webhook_secret)
    urls = {delivery.url for delivery in second.sandbox.due_deliveries()}
    assert urls == {"http://127.0.0.1:8002/webhooks/stripe"}, "what waited goes to where Veza listens now"
    second.sandbox.close()


async def test_a_hosted_sandbox_and_its_shop_prove_to_each_other_that_they_belong_together(
    tmp_path: Path, clock: ManualClock
) -> None:
    hosted = hosted_sandbox(Settings(var_dir=tmp_path), clock, "only-ours")
    async with http_client(hosted.app, base_url=DEFAULT_URL) as client:

        async def ask(proof: str, challenge: str = "abc") -> httpx.Response:
            return await client.get("/_sandbox/belonging", params={"challenge": challenge, "proof": proof})

        assert (await ask(belonging.proof("shop", "another", "abc"))).status_code == 401
        assert (await ask(belonging.proof("sandbox", "only-ours", "abc"))).status_code == 401
        assert (await ask("")).status_code == 401
        assert (await ask(belonging.proof("shop", "only-ours", ""), "")).status_code == 401
        answer = await ask(belonging.proof("shop", "only-ours", "abc"))
        assert belonging.is_proof(answer.json()["proof"], "sandbox", "only-ours", "abc")
    hosted.sandbox.close()


def test_each_folders_sandbox_is_another_account_and_stays_it_when_the_token_changes(
    tmp_path: Path, clock: ManualClock
) -> None:
    def account(folder: str, token: str) -> str:
        hosted = hosted_sandbox(Settings(var_dir=tmp_path / folder), clock, token)
        hosted.sandbox.close()
        return hosted.sandbox.settings.platform_account

    assert account("one", "a") != account("two", "b")
    assert account("one", "a") == account("one", "changed")
    with_sales = Sandbox(clock, random.Random(1), Store(tmp_path / "old" / "sandbox.db"))
    with_sales.take_payment(1000, "eur")
    with_sales.close()
    assert account("old", "a") == SandboxSettings().platform_account, "a state from before keeps its books"
