"""Who gets into the operator's pages, whose forms are taken, and what the operator token is still for."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from tests import factories
from tests.api.visitors import by_header, visiting
from tests.client import DEFAULT_URL, UNKNOWN_ID, hidden_fields, http_client
from tests.web.conftest import READER, TOKEN, Desk, pages_of
from veza.accounts.identity import Identity, SecondFactorNeeded
from veza.app import build
from veza.money import backlog
from veza.money.operator import OperatorAction
from veza.money.webhook_inbox import WebhookEvent
from veza.settings import Settings

PAGES = (
    "", "/transfers", "/transfers/x", "/payments", "/payments?find=x", "/findings", "/inbox", "/inbox/x", "/mailbox",
)  # fmt: skip
PASSWORD = "a horse that eats batteries"


async def test_without_signing_in_every_page_leads_to_the_sign_in_page_and_back(guest: Desk) -> None:
    for page in PAGES:
        answer = await guest.get(f"/operator{page}")
        assert answer.status_code == 303
        where = httpx.URL(answer.headers["location"])
        assert (where.path, where.params["next"]) == ("/sign-in", f"/operator{page}")


async def test_a_page_is_for_the_roles_that_the_table_names(guest: Desk) -> None:
    asgi, _ = pages_of(guest.stage, by_header)
    for roles, status in ((("listener",), 403), (("artist",), 403), (("moderator",), 403), (("admin",), 200)):
        async with http_client(asgi, {**READER, **visiting(UUID(UNKNOWN_ID), *roles)}) as client:
            for page in ("", "/transfers", "/payments", "/findings", "/inbox"):
                assert (await client.get(f"/operator{page}")).status_code == status, (roles, page)


@pytest.mark.parametrize(
    ("zone", "then", "on", "now", "mark"),
    [
        (None, "16:00:00", "5 January 2026", "5 Jan 2026, 16:30", "15:32"),
        ("Asia/Tokyo", "01:00:00", "6 January 2026", "6 Jan 2026, 01:30", "00:32"),
    ],
)
async def test_times_are_told_in_the_zone_of_the_person_who_looks(
    guest: Desk, zone: str | None, then: str, on: str, now: str, mark: str
) -> None:
    guest.stage.clock.advance(timedelta(hours=7))
    row = await guest.given_up()
    guest.stage.clock.advance(timedelta(minutes=30))
    await backlog.sample(guest.stage.database)
    person = await factories.person(guest.stage.database, time_zone=zone)
    asgi, _ = pages_of(guest.stage, by_header)
    async with http_client(asgi, {**READER, **visiting(person, "admin")}) as client:
        overview = (await client.get("/operator?range=1h")).text
        transfer = (await client.get(f"/operator/transfers/{row.id}")).text
    for page in (overview, transfer):
        assert f"As of {now}; all times are told in the zone {zone or 'UTC'}." in page
    assert f"<span>{mark}</span>" in overview
    assert f'<h3 class="day">{on}</h3>' in transfer
    assert re.search(rf'title="2026-01-0[56] {then} {zone or "UTC"}, 30 min ago">{then}</time>', transfer)


async def test_an_admin_who_has_shown_no_second_factor_is_told_so(guest: Desk) -> None:
    async def weak(_connection: Any) -> Identity:
        raise SecondFactorNeeded

    async with http_client(pages_of(guest.stage, weak)[0], dict(READER)) as client:
        answer = await client.get("/operator")
    assert answer.status_code == 403
    assert "it takes a second factor" in answer.text


async def test_a_post_of_a_visitor_and_of_another_sites_page_changes_nothing(desk: Desk) -> None:
    given_up = await desk.given_up()
    (event, *_) = await desk.stage.all(WebhookEvent)
    posts = [
        "/operator/checks", f"/operator/transfers/{given_up.id}", f"/operator/payments/{given_up.payment_id}",
        "/operator/findings/ch_1/return-charge", "/operator/findings/compare", f"/operator/inbox/{event.id}",
    ]  # fmt: skip
    for address in posts:
        async with desk.another() as stranger:
            answer = await stranger.post(address, data={"reason": "because"})
            assert answer.status_code == 401, address
            assert 'action="/sign-in"' in answer.text
        for origin in ({"Origin": "https://evil.test"}, {"Origin": "", "Sec-Fetch-Site": "cross-site"}):
            answer = await desk.client.post(address, data={"reason": "because"}, headers=origin)
            assert answer.status_code == 403, address
            assert "nothing was changed" in answer.text
    assert await desk.stage.all(OperatorAction) == []


async def test_an_oversized_form_is_refused_in_a_sentence(desk: Desk) -> None:
    answer = await desk.post("/operator/checks", reason="x" * 1_000_000)
    assert answer.status_code == 413
    assert answer.text.count("<h1") == 1


async def test_every_page_carries_the_strict_headers_and_nothing_inline(desk: Desk) -> None:
    given_up = await desk.given_up()
    (event, *_) = await desk.stage.all(WebhookEvent)
    addresses = [f"/operator{page}" for page in PAGES if page != "/mailbox"]
    addresses += [f"/operator/transfers/{given_up.id}", f"/operator/payments/{given_up.payment_id}"]
    addresses += [f"/operator/inbox/{event.id}", "/operator/token"]
    for address in addresses:
        page = await desk.get(address)
        assert page.headers["content-security-policy"].startswith("default-src 'self';")
        assert page.headers["x-content-type-options"] == "nosniff"
        assert "no-store" in page.headers["cache-control"]
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)", page.text)
        assert page.text.count("<h1") == 1
        assert page.text.count("<main") == 1


async def test_guessing_the_token_is_slowed_for_everyone_at_that_address(guest: Desk) -> None:
    for _ in range(10):
        assert (await guest.post("/operator/token", token="wrong")).status_code == 422
    slowed = await guest.post("/operator/token", token=TOKEN)
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "6")
    guest.stage.clock.advance(timedelta(seconds=6))
    assert (await guest.post("/operator/token", token=TOKEN)).status_code == 303


@pytest.fixture
async def visitor(sqlite_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A browser before a whole Veza."""
    veza = build(Settings(var_dir=tmp_path, database_url=sqlite_url, operator_token=SecretStr(TOKEN)))
    async with http_client(veza.asgi, {"Accept": "text/html", "Origin": DEFAULT_URL}, base_url=DEFAULT_URL) as client:
        yield client
    await veza.close()


async def test_the_token_makes_operators_of_people_who_then_sign_in(visitor: httpx.AsyncClient) -> None:
    wrong = await visitor.post("/operator/token", data={"token": "not-the-token"})
    assert (wrong.status_code, "not the operator token" in wrong.text) == (422, True)
    assert "not-the-token" not in wrong.text
    for number in range(2):  # the first operator, and one more when there is one already
        person = {"email": f"operator-{number}@example.org", "password": PASSWORD, "name": "O"}
        form = await visitor.get((await visitor.post("/operator/token", data={"token": TOKEN})).headers["location"])
        made = await visitor.post("/admin-claim", data={**hidden_fields(form), **person})
        assert made.status_code == 200, made.text
        assert (await visitor.get("/operator")).headers["location"].startswith("/sign-in"), "it is no way to sign in"
        entered = await visitor.post("/sign-in", data={**person, "next": "/operator"})
        assert (entered.status_code, entered.headers["location"]) == (303, "/operator")
        assert (await visitor.get("/operator/payments")).status_code == 200
        await visitor.post("/sign-out")
        assert (await visitor.get("/operator")).status_code == 303
    used = await visitor.post("/admin-claim", data={**hidden_fields(form), **person})
    assert used.status_code == 410, "a link works once"
