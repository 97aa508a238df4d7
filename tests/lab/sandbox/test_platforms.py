"""A platform for every test, starting over, and the pages that say what is offered."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from veza.kit.clock import ManualClock
from veza.lab.sandbox.control import MOST_PLATFORMS
from veza.lab.sandbox.core import Sandbox
from veza.lab.sandbox.delivery import deliver_webhooks
from veza.lab.sandbox.offer_page import offer_markdown
from veza.lab.sandbox.offers.table import OFFERS
from veza.lab.sandbox.store import Store

from .conftest import Served, client_in_process, close, make_sale
from .test_payments import session_params


async def test_a_platform_for_a_test_sees_nothing_of_the_others(served: Served) -> None:
    async with httpx.AsyncClient(base_url=served.url) as http:
        made = [(await http.post("/_sandbox/platforms")).json() for _ in range(2)]
        assert [one["path"] for one in (await http.get("/_sandbox/platforms")).json()] == [one["path"] for one in made]
        first, second = (served.client(one["secret_key"]) for one in made)
        session = await first.v1.checkout.sessions.create_async(session_params())  # type: ignore[arg-type]
        assert session.url == f"{served.url}{made[0]['path']}/pay/{session.id}"
        page = await http.get(session.url)
        assert (page.status_code, "Night Bus" in page.text) == (200, True)
        paid = await http.post(session.url, data={"card": "4242424242424242", "expiry": "12 / 34", "cvc": "123"})
        assert paid.status_code == 303
        assert [one.id for one in (await first.v1.checkout.sessions.list_async()).data] == [session.id]
        assert (await second.v1.checkout.sessions.list_async()).data == []
        assert served.sandbox.summary()["objects"]["charges"] == 0
        counted = (await http.get(f"{made[0]['path']}/_sandbox")).json()
        assert counted["effects"]["charges"] == 1
        moved = await http.post(f"{made[1]['path']}/_sandbox/clock/advance", json={"seconds": 86_400})
        assert moved.status_code == 200
        assert served.sandbox.now() == served.sandbox.clock.now().timestamp()
        account: Any = await second.v1.accounts.retrieve_current_async()
        assert account.id == made[1]["account"]
        assert (await http.delete(f"/_sandbox/platforms/{made[0]['account']}")).status_code == 200
        assert (await http.get(made[0]["path"] + "/_sandbox")).status_code == 404
        with pytest.raises(stripe.AuthenticationError, match="Invalid API Key"):
            await first.v1.charges.list_async()
        await close(first)
        await close(second)


async def test_a_platforms_webhooks_are_delivered(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from veza.lab.sandbox import delivery

    seen: list[str] = []
    stop = asyncio.Event()

    async def deliver(platform: Any, _: object, one: Any) -> None:
        seen.append(one.type)
        platform.record_delivery(one.id, 200)
        stop.set()

    monkeypatch.setattr(delivery, "deliver", deliver)
    account = served.sandbox.new_platform()["account"]
    platform = served.sandbox.platforms[account]
    platform.add_webhook("https://veza.example", ["charge.succeeded"])
    platform.take_payment(900, "eur")
    async with asyncio.timeout(5):
        await deliver_webhooks(served.sandbox, stop)
    assert seen == ["charge.succeeded"]


def test_there_is_a_bound_on_platforms(sandbox: Sandbox) -> None:
    for _ in range(MOST_PLATFORMS):
        sandbox.new_platform()
    with pytest.raises(ValueError, match=f"there are {MOST_PLATFORMS} platforms already"):
        sandbox.new_platform()


def test_a_reset_forgets_everything_but_switches_and_endpoints(tmp_path: Path, clock: ManualClock) -> None:
    file = tmp_path / "sandbox.db"
    sandbox = Sandbox(clock, random.Random(1), Store(file))
    sandbox.set_switches({"rate_limit_per_second": 7})
    secret = sandbox.add_webhook("https://veza.example")["secret"]
    charge = make_sale(sandbox).charge
    (delivery, *_) = sandbox.due_deliveries()
    sandbox.add_fault("error_503")
    sandbox.advance(100)
    summary = sandbox.reset()
    kept = {name: count for name, count in summary["objects"].items() if count and name != "facts"}
    assert kept == {"webhook_endpoints": 1}
    assert (summary["offset"], summary["effects"]["charges"], summary["requests"]["requests"]) == (0.0, 0, 0)
    assert sandbox.record_delivery(delivery.id, 200) is None
    sandbox.close()
    again = Sandbox(clock, random.Random(1), Store(file))
    assert again.switches()["rate_limit_per_second"] == 7
    assert again.add_webhook("https://veza.example")["secret"] == secret
    assert again.summary()["objects"]["charges"] == 0
    assert make_sale(again).charge != charge
    again.close()


async def test_the_page_and_the_document_list_every_endpoint_and_parameter(served: Served) -> None:
    async with httpx.AsyncClient(base_url=served.url) as http:
        page = (await http.get("/offered")).text
    document = offer_markdown()
    for (method, path), offer in OFFERS.items():
        shown = f"{method} {path.replace('*', '{id}')}"
        assert f"<code>{shown}</code>" in page
        assert f"## {shown}\n" in document
        for name in offer.fields:
            assert f"<code>{name}</code>" in page
            assert f"| `{name}` |" in document
    assert "Refused: " in document


async def test_a_refused_requests_page_tells_what_was_refused(served: Served) -> None:
    client = served.client()
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.refunds.create_async({"charge": "ch_1", "reverse_transfer": True})
    error: Any = refusal.value.error
    assert (error.doc_url, error.request_log_url) == (
        f"{served.url}/offered",
        f"{served.url}/requests/{refusal.value.request_id}",
    )
    async with httpx.AsyncClient() as http:
        page = await http.get(error.request_log_url)
        assert "This sandbox does not offer reverse_transfer=true." in page.text
        assert "POST /v1/refunds" in page.text
        assert (await http.get(f"{served.url}/requests/req_no")).status_code == 404
        assert (await http.get(error.doc_url)).status_code == 200
    await close(client)


@pytest.mark.parametrize(("outcome", "ends"), [("pass", "https://shop.example/ok"), ("fail", "/pay/")])
async def test_the_authentication_page_leads_back(served: Served, outcome: str, ends: str) -> None:
    params = session_params() | {
        "billing_address_collection": "required",
        "phone_number_collection": {"enabled": True},
        "submit_type": "donate",
        "custom_text": {"submit": {"message": "Thank you for the music"}},
    }
    session = await client_in_process(served.sandbox).v1.checkout.sessions.create_async(params)  # type: ignore[arg-type]
    page = f"{served.url}/pay/{session.id}"
    form = {"card": "4000002760003184", "expiry": "12 / 34", "cvc": "123", "email": "a@b.example"}
    async with httpx.AsyncClient() as http:
        shown = (await http.get(page)).text
        assert "Thank you for the music" in shown
        assert "Donate €20.00" in shown
        assert "Please enter the country" in (await http.post(page, data=form)).text
        form |= {"country": "DE", "postal_code": "10115"}
        assert "Please enter a telephone number" in (await http.post(page, data=form)).text
        form["phone"] = "+49 30 1"
        asked = await http.post(page, data=form)
        assert asked.headers["location"].startswith(f"{served.url}/authenticate/pi_")
        assert "3-D Secure" in (await http.get(asked.headers["location"])).text
        back = await http.post(asked.headers["location"], data={"outcome": outcome})
        assert back.status_code == 303
        assert ends in back.headers["location"]
        assert "nothing to authenticate" in (await http.get(asked.headers["location"])).text
    seen: Any = await client_in_process(served.sandbox).v1.checkout.sessions.retrieve_async(session.id)
    assert seen.status == ("complete" if outcome == "pass" else "open")
    if outcome == "pass":
        details = seen.customer_details
        assert (details.address.country, details.address.postal_code, details.phone) == ("DE", "10115", "+49 30 1")


async def test_an_onboarding_link_runs_out(served: Served, clock: ManualClock) -> None:
    account = served.sandbox.new_account(onboarded=False)["id"]
    link = await client_in_process(served.sandbox).v1.account_links.create_async(
        {
            "account": account,
            "type": "account_onboarding",
            "return_url": "https://shop.example/done",
            "refresh_url": "https://shop.example/again",
        }
    )
    assert link.expires_at - link.created == 300
    async with httpx.AsyncClient() as http:
        assert (await http.get(f"{served.url}/onboard/{account}")).status_code == 200
        served.sandbox.advance(301)
        late = await http.get(f"{served.url}/onboard/{account}")
    assert (late.status_code, late.headers["location"]) == (303, "https://shop.example/again")
