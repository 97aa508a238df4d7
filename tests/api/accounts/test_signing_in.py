"""Signing in tells no visitor who has an account, is slowed without locking people out, and ends when it should."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from tests.api.accounts.conftest import EMAIL, PASSWORD, Desk, open_desk
from veza.accounts import passwords
from veza.accounts.passwords import Passwords
from veza.accounts.sessions import SignIn
from veza.http.idempotency import IdempotentAnswer
from veza.kit.clock import ManualClock

RIGHT = {"email": EMAIL, "password": PASSWORD}
WRONG = {"email": EMAIL, "password": "not the right one"}


async def test_signing_out_ends_the_session_everywhere(any_desk: Desk) -> None:
    browser = await any_desk.signed_up()
    cookie = dict(browser.client.cookies)
    await browser.call("DELETE", "/session", expect=204)
    assert "veza" not in browser.client.cookies
    stolen = any_desk.browser()
    stolen.client.cookies.update(cookie)
    await stolen.get("/me", expect=401)
    await browser.call("DELETE", "/session", expect=204)


async def test_signing_in_again_renews_the_session(desk: Desk) -> None:
    browser = await desk.signed_up()
    before = browser.client.cookies["veza"]
    await browser.sign_in()
    assert browser.client.cookies["veza"] != before
    stolen = desk.browser()
    stolen.client.cookies.set("veza", before)
    await stolen.get("/me", expect=401)


async def test_a_session_ends_when_idle_and_after_its_longest_time(desk: Desk) -> None:
    browser = await desk.signed_up()
    for _ in range(6):
        desk.clock.advance(timedelta(days=13))
        await browser.get("/me")
    desk.clock.advance(timedelta(days=13))
    await browser.get("/me", expect=401)
    await browser.sign_in()
    desk.clock.advance(timedelta(days=14, minutes=1))
    await browser.get("/me", expect=401)


async def test_only_digests_of_secrets_are_stored(desk: Desk) -> None:
    browser = await desk.signed_up()
    cookie = browser.client.cookies["veza"]
    async with desk.database.read() as session:
        row = (await session.scalars(select(SignIn))).one()
        kept = (await session.scalars(select(IdempotentAnswer))).all()
    assert cookie not in str(vars(row))
    assert row.secret_hash != cookie
    assert all(not answer.body for answer in kept)


async def test_cookies_are_host_bound_and_secure_under_https(sqlite_url: str, clock: ManualClock) -> None:
    async for desk in open_desk(sqlite_url, clock, "https://veza.test"):
        browser = desk.browser()
        await browser.call("POST", "/people", {**RIGHT, "name": "Anna"}, expect=202)
        answer = await browser.send("POST", "/session", RIGHT)
        cookies = answer.headers.get_list("set-cookie")
        assert [cookie.partition("=")[0] for cookie in cookies] == ["__Host-veza", "__Host-veza-device"]
        for cookie in cookies:
            assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
            assert "Domain" not in cookie


async def test_a_repeated_sign_in_is_told_that_it_was_done(desk: Desk) -> None:
    await desk.signed_up()
    browser = desk.browser()
    assert (await browser.send("POST", "/session", RIGHT, key="k")).status_code == 201
    again = await desk.browser().send("POST", "/session", RIGHT, key="k")
    assert (again.status_code, again.json()["type"]) == (409, "urn:veza:problem:done-already")
    assert "set-cookie" not in again.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
    ],
)
async def test_a_write_with_our_cookie_from_another_site_is_refused(desk: Desk, headers: dict[str, str]) -> None:
    browser = await desk.signed_up()
    answer = await browser.send("PATCH", "/me", {"name": "Eve"}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:veza:problem:cross-site-request")
    assert (await browser.get("/me"))["name"] == "Anna"
    own = {"Origin": "http://veza.test", "Sec-Fetch-Site": "same-origin"}
    await browser.call("PATCH", "/me", {"name": "Eve"}, expect=200, headers=own)


async def test_strangers_failures_do_not_keep_the_owner_out(any_desk: Desk) -> None:
    owner = await any_desk.signed_up()
    strangers = [any_desk.browser(f"198.51.100.{number}") for number in range(12)]
    statuses = [(await stranger.send("POST", "/session", WRONG)).status_code for stranger in strangers]
    assert statuses == [401] * 10 + [429] * 2
    late = await strangers[0].send("POST", "/session", RIGHT)
    assert late.status_code == 429
    assert 1 <= int(late.headers["retry-after"]) <= 60
    await owner.call("DELETE", "/session", expect=204)
    await owner.sign_in()
    any_desk.clock.advance(timedelta(seconds=int(late.headers["retry-after"])))
    await strangers[0].sign_in()


async def test_a_reset_by_mail_makes_a_new_device_known_while_strangers_guess(desk: Desk) -> None:
    await desk.signed_up()
    for number in range(11):
        await desk.browser(f"198.51.100.{number}").send("POST", "/session", WRONG)
    fresh = desk.browser("203.0.113.5")
    assert (await fresh.send("POST", "/session", RIGHT)).status_code == 429
    await fresh.call("POST", "/password-resets", {"email": EMAIL}, expect=202)
    wanted = {"token": await desk.mailed_token(), "password": "a ferry full of harps"}
    await fresh.call("POST", "/password-resets/complete", wanted, expect=204)
    await fresh.sign_in(password="a ferry full of harps")


async def test_a_known_device_is_slowed_by_its_own_failures(desk: Desk) -> None:
    browser = await desk.signed_up()
    statuses = [(await browser.send("POST", "/session", WRONG)).status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2


async def test_one_address_is_slowed_across_all_accounts_it_tries(any_desk: Desk) -> None:
    browser = any_desk.browser("2001:db8::1")
    same_customer = any_desk.browser("2001:db8::2")
    tries = [(browser if number % 2 else same_customer, f"p{number}@example.org") for number in range(32)]
    statuses = [
        (await one.send("POST", "/session", {"email": email, "password": PASSWORD})).status_code for one, email in tries
    ]
    assert statuses == [401] * 30 + [429] * 2


async def test_guesses_at_the_same_instant_count_each(any_desk: Desk) -> None:
    await any_desk.signed_up()
    browsers = [any_desk.browser(f"198.51.100.{number}") for number in range(16)]
    answers = await asyncio.gather(*(one.send("POST", "/session", WRONG) for one in browsers))
    assert Counter(answer.status_code for answer in answers) == {401: 10, 429: 6}


async def test_right_passwords_cost_no_tries(desk: Desk) -> None:
    await desk.signed_up()
    for _ in range(40):
        await desk.browser().sign_in()


async def test_the_hash_is_renewed_when_parameters_changed(desk: Desk) -> None:
    await desk.signed_up()
    person_id = await desk.person_id()
    async with desk.database.read() as session:
        before = await passwords.stored(session, person_id)

    object.__setattr__(
        desk.accounts, "passwords", Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    )
    await desk.browser().sign_in()
    async with desk.database.read() as session:
        after = await passwords.stored(session, person_id)
    assert before is not None
    assert after is not None
    assert "m=8,t=1" in before
    assert "m=16,t=2" in after
    await desk.browser().sign_in()


async def test_bearer_tokens_that_are_no_good_are_refused(desk: Desk) -> None:
    for token in ("nonsense", "veza_nonsense", "vézà"):
        browser = desk.browser(headers={"Authorization": f"Bearer {token}".encode()})  # type: ignore[dict-item]  # bytes, as a hostile client sends them
        await browser.get("/session", expect=401)
    assert (await desk.browser().get("/session"))["roles"] == ["visitor"]
    assert (await desk.operator().get("/session"))["roles"] == ["admin"]
