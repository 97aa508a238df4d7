"""The control API and the hosted pages over HTTP, alone and under a prefix."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import aiohttp
import pytest

from veza.lab.sandbox import control_api
from veza.lab.sandbox.core import Sandbox
from veza.lab.sandbox.server import create_app

from .conftest import Served, client_in_process, close, make_sale, serve
from .test_payments import session_params


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def control(browser: aiohttp.ClientSession, served: Served, method: str, path: str, /, **body: object) -> object:
    sent = {"json": body} if body else {}
    async with browser.request(method, f"{served.url}/_sandbox{path}", **sent) as answer:  # type: ignore[arg-type]
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def new_session(served: Served) -> str:
    sessions = client_in_process(served.sandbox).v1.checkout.sessions
    return (await sessions.create_async(session_params())).id  # type: ignore[arg-type]


PAYMENT = {"email": "buyer@example.org", "card": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123"}


async def test_the_control_api_steers_everything(browser: aiohttp.ClientSession, served: Served) -> None:
    seller = await control(browser, served, "POST", "/accounts", country="DE")
    charge = await control(browser, served, "POST", "/payments", amount=2000, currency="eur")
    transfer = await control(
        browser,
        served,
        "POST",
        "/transfers",
        destination=seller["id"],  # type: ignore[index]
        amount=1500,
        currency="eur",
        source_transaction=charge["id"],  # type: ignore[index]
    )
    await control(browser, served, "POST", f"/balances/{seller['id']}/set", amount=0, currency="eur")  # type: ignore[index]
    balance = await control(browser, served, "GET", f"/balances/{seller['id']}")  # type: ignore[index]
    assert balance["available"][0]["amount"] == 0  # type: ignore[index]
    await control(browser, served, "POST", f"/balances/{seller['id']}/add", amount=1500, currency="eur")  # type: ignore[index]
    reversal = await control(browser, served, "POST", "/reversals", transfer=transfer["id"], amount=300)  # type: ignore[index]
    assert reversal["amount"] == 300  # type: ignore[index]
    refund = await control(browser, served, "POST", "/refunds", charge=charge["id"], amount=100)  # type: ignore[index]
    failed = await control(browser, served, "POST", f"/refunds/{refund['id']}/fail")  # type: ignore[index]
    assert failed["status"] == "failed"  # type: ignore[index]
    dispute = await control(browser, served, "POST", "/disputes", charge=charge["id"])  # type: ignore[index]
    won = await control(browser, served, "POST", f"/disputes/{dispute['id']}/close", outcome="won")  # type: ignore[index]
    assert won["status"] == "won"  # type: ignore[index]
    before = (await control(browser, served, "GET", ""))["now"]  # type: ignore[index]
    assert await control(browser, served, "POST", "/clock/advance", seconds=3600) == before + 3600
    rule = await control(browser, served, "POST", "/faults", kind="error_503", path="balance", times=2)
    assert await control(browser, served, "GET", "/faults") == [rule]
    assert await control(browser, served, "DELETE", f"/faults/{rule['id']}") == 1  # type: ignore[index]
    switches = await control(browser, served, "PUT", "/switches", pending_covers_reversals=True)
    assert switches["pending_covers_reversals"] is True  # type: ignore[index]
    await control(browser, served, "POST", "/webhooks", url="http://127.0.0.1:9/x", events=["charge.succeeded"])
    await control(browser, served, "POST", "/payments", amount=900, currency="eur")
    (delivery,) = await control(
        browser,
        served,
        "GET",
        "/deliveries",
    )  # type: ignore[misc]
    await control(browser, served, "POST", "/webhooks/pause")
    again = await control(browser, served, "POST", "/webhooks/redeliver", event=delivery["event"])
    assert len(again) == 1  # type: ignore[arg-type]
    await control(browser, served, "POST", "/webhooks/resume")
    summary = await control(browser, served, "GET", "")
    assert summary["effects"] == {"transfers": 1, "reversals": 1, "refunds": 1, "charges": 2}  # type: ignore[index]
    log = await control(browser, served, "GET", "/requests")
    assert (log["requests"], log["arrivals"]) == (0, [])  # type: ignore[index]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("GET", "/nowhere", None, 404, "there is no GET /_sandbox/nowhere in the control API"),
        ("POST", "/payments", b"{", 400, "the body is not JSON"),
        ("POST", "/payments", b"[1]", 400, "the body must be a JSON object"),
        ("POST", "/payments", b'{"amount": "5"}', 400, "amount must be a whole number, not '5'"),
        ("POST", "/payments", b'{"currency": "eur"}', 400, "missing a required argument: 'amount'"),
        ("POST", "/payments", b'{"amount": 5, "currency": "eur"}', 400, "at least €0.50"),
        ("POST", "/faults", b'{"kind": "meteor"}', 400, "there is no fault kind “meteor”"),
        ("POST", "/clock/advance", b'{"seconds": -5}', 400, "time only moves forward, not by -5 seconds"),
        ("POST", "/payments", b'{"amount": null, "currency": "eur"}', 400, "amount must be a whole number, not null"),
        ("POST", "/faults", b'{"kind": "error_503", "rule": "x"}', 400, "unexpected keyword argument 'rule'"),
        ("POST", "/webhooks/redeliver", b'{"event": "evt_1", "times": null}', 400, "must be a whole number, not null"),
        ("PUT", "/switches", b'{"colour": 1}', 400, "there is no switch “colour”"),
        ("PUT", "/switches", b'{"rate_limit_per_second": "5"}', 400, "must be a whole number or null, not '5'"),
        ("PUT", "/switches", b'{"rate_limit_per_second": -5}', 400, "must not be negative, got -5"),
        ("PUT", "/switches", b'{"exchange_rates": {"usd": 0}}', 400, "must be an object of numbers above zero"),
        ("POST", "/faults", b'{"kind": "error_503", "method": 5}', 400, "method must be a text, not 5"),
        ("POST", "/webhooks", b'{"url": "http://x", "events": [1]}', 400, "events must be a list of texts, not [1]"),
        ("POST", "/webhooks", b'{"url": "x"}', 400, "An explicit scheme (such as https) must be provided"),
        ("POST", "/refunds/re_no/fail", None, 404, "No such refund: 're_no'"),
        ("GET", "/balances/acct_no", None, 404, "No such account: 'acct_no'"),
    ],
)
async def test_a_mistaken_control_request_is_told_in_one_sentence(
    browser: aiohttp.ClientSession,
    served: Served,
    method: str,
    path: str,
    body: bytes | None,
    status: int,
    message: str,
) -> None:
    headers = {"content-type": "application/json"}
    url = f"{served.url}/_sandbox{path}"
    async with browser.request(method, url, data=body, headers=headers) as answer:
        assert answer.status == status
        assert message in (await answer.json())["error"]["message"]


async def test_only_a_bank_debit_ends_and_it_ends_once(browser: aiohttp.ClientSession, served: Served) -> None:
    client = served.client()
    session = await client.v1.checkout.sessions.create_async(session_params())  # type: ignore[arg-type]
    await close(client)
    end = f"{served.url}/_sandbox/checkouts/{session.id}/end-debit"
    async with browser.post(end, json={}) as answer:
        assert (answer.status, "by bank debit" in await answer.text()) == (400, True)
    served.sandbox.pay_checkout(session.id, "DE89370400440532013000")
    async with browser.post(end, json={"pays": True}) as answer:
        assert (answer.status, (await answer.json())["payment_status"]) == (200, "paid")
    async with browser.post(end, json={"pays": False}) as answer:
        assert (answer.status, (await answer.json())["payment_status"]) == (200, "paid")


async def test_a_form_on_a_foreign_page_cannot_steer(browser: aiohttp.ClientSession, served: Served) -> None:
    async with browser.post(f"{served.url}/_sandbox/clock/advance", data={"seconds": "5"}) as answer:
        assert answer.status == 400


def test_every_control_endpoint_says_what_it_does() -> None:
    rows = control_api.table()
    assert len(rows) == len(control_api.ACTIONS)
    assert all(path.startswith("/_sandbox") and what for _, path, what in rows)


async def test_the_pay_page_takes_a_card_without_scripts(browser: aiohttp.ClientSession, served: Served) -> None:
    session = await new_session(served)
    url = f"{served.url}/pay/{session}"
    async with browser.get(url) as page:
        html = await page.text()
    assert page.status == 200
    assert "script" not in html
    assert "Night Bus" in html
    assert "€20.00" in html
    assert "4000000000009995" in html
    async with browser.post(url, data=PAYMENT, allow_redirects=False) as paid:
        assert (paid.status, paid.headers["location"]) == (303, f"https://shop.example/ok?s={session}")
    async with browser.get(url) as again:
        assert "Already paid" in await again.text()
    assert served.sandbox.find_session(session)["payment_status"] == "paid"  # type: ignore[index]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("card", "", "Please enter a card number"),
        ("card", "1234", "Your card number is incorrect"),
        ("card", "4000 0000 0000 0002", "Your card was declined."),
        ("card", "4000 0000 0000 9995", "Your card has insufficient funds."),
        ("expiry", "13/30", "Please enter month and year"),
        ("expiry", "12/25", "in the past"),
        ("cvc", "12", "three or four digits"),
        ("email", "nobody", "no @"),
    ],
)
async def test_the_pay_page_says_what_is_wrong_and_keeps_the_input(
    browser: aiohttp.ClientSession, served: Served, field: str, value: str, message: str
) -> None:
    session = await new_session(served)
    async with browser.post(f"{served.url}/pay/{session}", data=PAYMENT | {field: value}) as page:
        html = unescape(await page.text())
    assert page.status == 422
    assert message in html
    assert f'value="{value}"' in html
    assert re.search(rf'<input id="{field}"[^>]*aria-invalid="true"', html)
    assert served.sandbox.find_session(session)["status"] == "open"  # type: ignore[index]


async def test_an_unknown_or_expired_session_has_a_clear_page(browser: aiohttp.ClientSession, served: Served) -> None:
    async with browser.get(f"{served.url}/pay/cs_test_<b>no") as page:
        assert page.status == 404
        assert "<b>" not in await page.text()
    session = await new_session(served)
    served.sandbox.advance(86_400)
    async with browser.get(f"{served.url}/pay/{session}") as page:
        assert page.status == 410
        assert "expired" in await page.text()
    async with browser.get(f"{served.url}/elsewhere") as page:
        assert page.status == 404
    async with browser.get(f"{served.url}/assets/sandbox.css") as page:
        assert page.headers["content-type"].startswith("text/css")


async def test_onboarding_activates_transfers_and_returns(browser: aiohttp.ClientSession, served: Served) -> None:
    client = client_in_process(served.sandbox)
    account = await client.v1.accounts.create_async(
        {"type": "express", "capabilities": {"transfers": {"requested": True}}}
    )
    link = await client.v1.account_links.create_async(
        {
            "account": account.id,
            "type": "account_onboarding",
            "return_url": "https://shop.example/back",
            "refresh_url": "https://shop.example/again",
        }
    )
    assert link.url.endswith(f"/onboard/{account.id}")
    url = f"{served.url}/onboard/{account.id}"
    async with browser.get(url) as page:
        assert "Get paid" in await page.text()
    async with browser.post(url, data={"name": "", "terms": "yes"}) as page:
        assert page.status == 422
        assert "Please enter a name" in await page.text()
    async with browser.post(url, data={"name": "Ana", "terms": "yes"}, allow_redirects=False) as done:
        assert (done.status, done.headers["location"]) == (303, "https://shop.example/back")
    active = await client.v1.accounts.retrieve_async(account.id)
    assert active.capabilities is not None
    assert (active.capabilities.transfers, active.details_submitted) == ("active", True)
    assert active.business_profile is not None
    assert active.business_profile.name == "Ana"


async def test_an_oversized_request_is_refused(browser: aiohttp.ClientSession, served: Served) -> None:
    async with browser.post(f"{served.url}/v1/transfers", data=b"a" * 1_000_001) as answer:
        assert answer.status == 413


async def test_a_request_that_breaks_off_has_no_effect(served: Served) -> None:
    sale = make_sale(served.sandbox)
    waiting = [{"type": "http.request", "body": b"amount=1", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> dict[str, object]:
        return waiting.pop(0)

    async def send(message: dict[str, Any]) -> None:
        raise AssertionError(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/v1/transfers/{sale.transfer}/reversals",
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer sk_test_veza")],
    }
    await create_app(served.sandbox)(scope, receive, send)  # type: ignore[arg-type]
    assert served.sandbox.summary()["effects"]["reversals"] == 0


async def test_latency_delays_answers_side_by_side(sandbox: Sandbox) -> None:
    async with serve(sandbox, latency_seconds=0.2) as running:
        client = running.client()
        started = time.monotonic()
        await asyncio.gather(*(client.v1.balance.retrieve_async() for _ in range(10)))
        assert 0.2 <= time.monotonic() - started < 1.9
        await close(client)


@pytest.mark.parametrize(
    ("path", "root_path", "raw_path"),
    [
        ("/v1/checkout/sessions", "", b"/v1/checkout/sessions"),
        ("/sandbox/v1/checkout/sessions", "/sandbox", b"/sandbox/v1/checkout/sessions"),
        ("/v1/checkout/sessions", "/sandbox", b"/sandbox/v1/checkout/sessions"),
        ("/v1/checkout/sessions/", "", b"/sandbox/v1/checkout/sessions"),
    ],
    ids=["alone", "starlette mount", "root path cut off", "litestar mount"],
)
async def test_the_api_answers_wherever_it_is_mounted(
    served: Served, path: str, root_path: str, raw_path: bytes
) -> None:
    app = create_app(served.sandbox)
    sent: list[dict[str, Any]] = []
    form = (
        b"mode=payment&success_url=https://x&line_items[0][quantity]=1&line_items[0][price_data][currency]=eur"
        b"&line_items[0][price_data][unit_amount]=500&line_items[0][price_data][product_data][name]=x"
    )

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": form, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "root_path": root_path,
        "raw_path": raw_path,
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer sk_test_veza"), (b"host", b"veza.example")],
    }
    await app(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 200
    prefix = "" if raw_path == b"/v1/checkout/sessions" else "/sandbox"
    session = json.loads(sent[1]["body"])
    assert session["url"] == f"http://veza.example{prefix}/pay/{session['id']}"
