"""Who gets in, and whose forms are taken."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from itsdangerous import URLSafeSerializer
from litestar.connection import ASGIConnection

from tests.client import http_client
from tests.web.conftest import TOKEN, Desk, form_token, pages_of
from veza.accounts import operator_visits
from veza.money.operator import OperatorAction
from veza.money.webhook_inbox import WebhookEvent
from veza.web.operator.sessions import COOKIE, GUEST, OPERATOR, Sessions

PAGES = [
    "",
    "/transfers",
    "/transfers/x",
    "/payments",
    "/payments?find=x",
    "/findings",
    "/inbox",
    "/inbox/x",
    "/nowhere",
]


@pytest.mark.parametrize("page", PAGES)
async def test_without_signing_in_every_page_leads_to_the_sign_in_page_and_back(guest: Desk, page: str) -> None:
    answer = await guest.get(f"/operator{page}")
    assert answer.status_code == 303
    where = httpx.URL(answer.headers["location"])
    assert where.path == "/operator/sign-in"
    assert where.params["next"] == f"/operator{page}"


async def test_the_token_opens_the_page_that_was_asked_for(guest: Desk) -> None:
    answer = await guest.sign_in(next="/operator/transfers?status=failed")
    assert (answer.status_code, answer.headers["location"]) == (303, "/operator/transfers?status=failed")
    assert (await guest.get(answer.headers["location"])).status_code == 200
    assert (await guest.get("/operator/sign-in")).headers["location"] == "/operator"


@pytest.mark.parametrize(
    "address",
    [
        "//evil.test",
        "https://evil.test/operator",
        "/\\evil.test",
        "/operator/sign-in",
        "/operatorx",
        "/operator\r\nX: y",
    ],
)
async def test_signing_in_never_leads_elsewhere(guest: Desk, address: str) -> None:
    assert (await guest.sign_in(next=address)).headers["location"] == "/operator"


async def test_a_wrong_token_is_told_so_and_opens_nothing(guest: Desk) -> None:
    answer = await guest.sign_in("not-the-token", next="/operator/inbox")
    assert answer.status_code == 403
    assert "not the operator token" in answer.text
    assert 'name="next" value="/operator/inbox"' in answer.text
    assert "not-the-token" not in answer.text
    assert (await guest.get("/operator")).status_code == 303


async def test_guessing_is_slowed_for_everyone_at_that_address(guest: Desk) -> None:
    for _ in range(10):
        assert (await guest.sign_in("wrong")).status_code == 403
    slowed = await guest.sign_in()
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "6")
    assert "wait 6 s" in slowed.text
    guest.stage.clock.advance(timedelta(seconds=6))
    assert (await guest.sign_in()).status_code == 303


@pytest.mark.parametrize(("secure", "flag"), [(False, False), (True, True)])
async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(guest: Desk, secure: bool, flag: bool) -> None:
    async with http_client(pages_of(guest.stage, secure=secure)[0]) as client:
        cookie = (await client.get("/operator/sign-in")).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert ("path=/;" if flag else "path=/operator;") in f"{cookie};"
    assert "domain" not in cookie
    assert ("; secure" in cookie) is flag
    assert cookie.startswith("__host-veza_operator=" if flag else "veza_operator=")


async def test_who_comes_by_https_through_a_trusted_proxy_gets_this_hosts_own_cookie(guest: Desk) -> None:
    async with http_client(guest.asgi) as client:  # the server has made the proxy's word the scheme
        client.base_url = httpx.URL("https://veza.test")
        page = await client.get("/operator/sign-in")
        assert page.headers["set-cookie"].startswith("__Host-veza_operator=")
        given = {"token": TOKEN, "form_token": form_token(page)}
        assert (await client.post("/operator/sign-in", data=given)).status_code == 303
        assert (await client.get("/operator")).status_code == 200


async def test_a_session_ends_after_a_working_day(desk: Desk) -> None:
    desk.stage.clock.advance(timedelta(hours=11, minutes=59))
    assert (await desk.get("/operator")).status_code == 200
    desk.stage.clock.advance(timedelta(minutes=1))
    assert (await desk.get("/operator")).status_code == 303


async def test_signing_out_ends_every_copy_of_the_cookie(desk: Desk) -> None:
    copy = dict(desk.client.cookies)
    async with http_client(desk.asgi) as thief:
        thief.cookies.update(copy)
        assert (await thief.get("/operator")).status_code == 200
        form = {"form_token": form_token(await desk.get("/operator"))}
        await desk.client.post("/operator/sign-out", data=form)
        for page in ("/operator", "/operator/payments", "/operator/inbox"):
            assert (await thief.get(page)).status_code == 303
        assert 'name="token"' in (await thief.get("/operator/sign-in")).text
        assert (await thief.post("/operator", data=form)).status_code == 303
    assert (await desk.sign_in()).status_code == 303
    assert (await desk.get("/operator")).status_code == 200


async def test_one_browser_that_signs_out_leaves_the_others_signed_in(desk: Desk) -> None:
    async with http_client(desk.asgi) as other:
        page = await other.get("/operator/sign-in")
        await other.post("/operator/sign-in", data={"form_token": form_token(page), "token": TOKEN})
        await other.post("/operator/sign-out", data={"form_token": form_token(await other.get("/operator"))})
        assert (await other.get("/operator")).status_code == 303
    assert (await desk.get("/operator")).status_code == 200


async def test_signing_out_forgets_the_session(desk: Desk) -> None:
    answer = await desk.client.post("/operator/sign-out", data={"form_token": form_token(await desk.get("/operator"))})
    assert (answer.status_code, answer.headers["location"]) == (303, "/operator/sign-in")
    assert (await desk.get("/operator")).status_code == 303


def told_otherwise(cookie: str, change: Callable[[list[Any]], list[Any]]) -> str:
    """The cookie with another value under its signature."""
    said, _, signature = cookie.rpartition(".")
    forger = URLSafeSerializer("")
    return forger.dump_payload(change(forger.load_payload(said.encode()))).decode() + "." + signature


async def test_a_forged_a_guests_and_another_tokens_cookie_open_nothing(guest: Desk) -> None:
    clock = guest.stage.clock
    here_at = "http://veza.test"
    ours, theirs = Sessions(TOKEN, clock, here_at), Sessions("another-token-entirely", clock, here_at)
    here: Any = ASGIConnection({"type": "http", "scheme": "http"})  # type: ignore[typeddict-item]
    good = ours.begin(OPERATOR, here)[1].value or ""
    as_guest = ours.begin(GUEST, here)[1].value or ""
    forged = [
        "", "x", "....", as_guest, told_otherwise(as_guest, lambda said: [OPERATOR, *said[1:]]),
        theirs.begin(OPERATOR, here)[1].value or "",
        good[:-1], good.replace(".", "..", 1), told_otherwise(good, lambda said: [said[0], said[1] + 1, said[2]]),
        "operator.é.x.y", ours.form_tokens.of(good), good.rpartition(".")[0] + "." + ours.form_tokens.of(good),
    ]  # fmt: skip
    assert told_otherwise(good, lambda said: said) == good
    async with guest.stage.database.write() as session:
        for value in forged:
            await operator_visits.begin(session, value, timedelta(hours=1))
    for value in forged:
        answer = await guest.get("/operator", headers={"Cookie": f"{COOKIE}={value}".encode()})
        assert answer.status_code == 303, value
    assert (await guest.get("/operator", headers={"Cookie": f"{COOKIE}={good}"})).status_code == 303  # no session
    async with guest.stage.database.write() as session:
        await operator_visits.begin(session, good, timedelta(hours=1))
    assert (await guest.get("/operator", headers={"Cookie": f"{COOKIE}={good}"})).status_code == 200


async def test_every_post_needs_the_form_token_of_this_very_visit(desk: Desk) -> None:
    given_up = await desk.given_up()
    (event, *_) = await desk.stage.all(WebhookEvent)
    posts = [path for path in _addresses(desk, "POST") if path != "/operator/sign-in"]
    assert len(posts) == 7
    stranger = desk.another()
    await stranger.get("/operator/sign-in")
    their_token = form_token(await stranger.get("/operator/sign-in"))
    for path in [*posts, "/operator/sign-in"]:
        address = path.replace("{transfer_id:str}", str(given_up.id)).replace("{event_id:str}", event.id)
        address = address.replace("{payment_id:str}", str(given_up.payment_id)).replace("{charge_id:str}", "ch_1")
        for fields in ({}, {"form_token": ""}, {"form_token": "x" * 43}, {"form_token": their_token}):
            answer = await desk.client.post(address, data={"reason": "because", "token": TOKEN, **fields})
            assert answer.status_code == 403, address
            assert "Nothing was changed" in answer.text
    assert await desk.stage.all(OperatorAction) == []
    await stranger.aclose()


async def test_a_form_sent_from_another_site_is_refused_even_with_the_right_token(desk: Desk) -> None:
    token = form_token(await desk.get("/operator"))
    for site in ("cross-site", "same-site"):
        answer = await desk.client.post("/operator", data={"form_token": token}, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
    own = await desk.client.post("/operator", data={"form_token": token}, headers={"Sec-Fetch-Site": "same-origin"})
    assert own.status_code == 200


async def test_a_post_of_a_guest_changes_nothing(guest: Desk) -> None:
    given_up = await guest.given_up()
    page = await guest.get("/operator/sign-in")
    answer = await guest.client.post(
        f"/operator/transfers/{given_up.id}", data={"form_token": form_token(page), "reason": "because"}
    )
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/operator/sign-in")
    assert await guest.stage.all(OperatorAction) == []


async def test_an_oversized_form_is_refused_in_a_sentence(desk: Desk) -> None:
    answer = await desk.client.post("/operator", data={"form_token": "x" * 20_000})
    assert answer.status_code == 413
    assert "form may hold 16384 bytes" in answer.text


async def test_every_page_carries_the_strict_headers_and_nothing_inline(desk: Desk) -> None:
    given_up = await desk.given_up()
    (event, *_) = await desk.stage.all(WebhookEvent)
    addresses = [f"/operator{page}" for page in PAGES]
    addresses += [f"/operator/transfers/{given_up.id}", f"/operator/payments/{given_up.payment_id}"]
    addresses += [f"/operator/inbox/{event.id}"]
    async with desk.another() as stranger:
        pages = [await stranger.get("/operator/sign-in"), *[await desk.get(address) for address in addresses]]
    for page in pages:
        assert page.headers["content-security-policy"].startswith("default-src 'self';")
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["cache-control"] == "private, no-store"
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)", page.text)
        assert page.text.count("<h1") == 1
        assert page.text.count("<main") == 1


async def test_static_files_may_be_kept_because_their_address_changes_with_them(guest: Desk) -> None:
    page = await guest.get("/operator/sign-in")
    addresses = re.findall(r'(?:href|src)="(/assets/[^"]+)"', page.text)
    assert {address.rpartition("/")[2].partition("?")[0] for address in addresses} == {"icon.svg", "operator.css"}
    for address in addresses:
        answer = await guest.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert (await guest.get("/assets/now/operator.css")).headers["content-type"].startswith("text/css")
    for name in ("nothing.css", "..%2fpages.py", "operator.html"):
        assert (await guest.get(f"/assets/now/{name}")).status_code in (303, 404)


def _addresses(desk: Desk, method: str) -> list[str]:
    app: Any = desk.litestar
    return sorted(
        route.path for route in app.routes for handler in route.route_handlers if method in handler.http_methods
    )
