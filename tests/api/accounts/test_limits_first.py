"""Every limit is spent before the work it limits: a request that is one too many hashes nothing and mails nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.api.accounts.conftest import EMAIL, PASSWORD, Browser, Desk
from tests.api.accounts.test_one_answer import work_of
from veza.accounts import limits as account_limits

NEW = "a ferry full of harps"


async def _until_refused(browser: Browser, method: str, path: str, body: Any, most: int) -> int:
    """How many requests were taken before the first 429, which says when to come again."""
    for taken in range(most):
        answer = await browser.send(method, path, body)
        if answer.status_code == 429:
            assert int(answer.headers["retry-after"]) > 0
            assert answer.json()["type"] == "urn:veza:problem:rate-limited"
            return taken
    pytest.fail(f"{most} requests were taken")


@pytest.mark.parametrize(
    ("method", "path", "body", "burst"),
    [
        ("POST", "/session", {"email": EMAIL, "password": "not the right one"}, account_limits.SIGN_IN_AS_STRANGER),
        ("POST", "/people", {"email": EMAIL, "name": "A", "password": NEW}, account_limits.SIGN_UP_FROM_NETWORK),
        ("POST", "/password-resets", {"email": EMAIL}, account_limits.MAIL_FROM_NETWORK),
        (
            "POST",
            "/password-resets/complete",
            {"token": "x" * 43, "password": NEW},
            account_limits.RESET_FROM_NETWORK,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_of_a_stranger(desk: Desk, method: str, path: str, body: Any, burst: Any) -> None:
    await desk.signed_up()
    guest = desk.browser("198.51.100.9")
    assert await _until_refused(guest, method, path, body, 40) == burst.burst
    mails = len(await desk.mails())
    with work_of(desk) as work:
        assert (await guest.send(method, path, body)).status_code == 429
    assert work["hashed"] == work["verified"] == 0
    assert len(await desk.mails()) == mails
    other = desk.browser("203.0.113.4")
    assert (await other.send("POST", "/people", {"email": "ben@example.org", "name": "B", "password": NEW})).is_success


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/me/password", {"current": "wrong one here", "new": NEW}),
        ("PUT", "/me/email", {"email": "anna@new.example", "password": "wrong one here"}),
        ("POST", "/me/second-factor", {"password": "wrong one here"}),
        ("DELETE", "/me", {"password": "wrong one here"}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_of_a_stolen_session(desk: Desk, method: str, path: str, body: Any) -> None:
    browser = await desk.signed_up()
    assert await _until_refused(browser, method, path, body, 20) == account_limits.PASSWORD_AGAIN.burst
    with work_of(desk) as work:
        assert (await browser.send(method, path, body)).status_code == 429
    assert work["hashed"] == work["verified"] == 0


async def test_a_change_of_address_too_many_hashes_nothing_and_writes_nothing(desk: Desk) -> None:
    browser = await desk.signed_up()
    body = {"email": "anna@new.example", "password": PASSWORD}
    assert await _until_refused(browser, "PUT", "/me/email", body, 10) == account_limits.EMAIL_CHANGE.burst
    for later in (0, 2):  # remembered by this process, and read again
        desk.clock.advance(timedelta(seconds=later))
        with work_of(desk) as work:
            assert (await browser.send("PUT", "/me/email", body)).status_code == 429
        assert work["verified"] == work["writes"] == 0


async def test_a_mail_too_many_to_confirm_with_writes_nothing(desk: Desk) -> None:
    browser = await desk.signed_up(confirmed=False)
    await _until_refused(browser, "POST", "/me/email/confirmation-mails", None, 10)
    with work_of(desk) as work:
        assert (await browser.send("POST", "/me/email/confirmation-mails", None)).status_code == 429
    assert work["writes"] == 0


async def test_a_new_password_is_hashed_after_the_old_one_was_right(desk: Desk) -> None:
    browser = await desk.signed_up()
    with work_of(desk) as work:
        await browser.refused("PUT", "/me/password", {"current": "wrong one here", "new": NEW}, 422, "wrong-password")
    assert (work["verified"], work["hashed"]) == (1, 0)


async def test_right_passwords_of_one_network_have_an_end_too(desk: Desk) -> None:
    await desk.signed_up()
    browser = desk.browser("198.51.100.9")
    taken = await _until_refused(browser, "POST", "/session", {"email": EMAIL, "password": PASSWORD}, 130)
    assert taken == account_limits.HASHING_FROM_NETWORK.burst
    await desk.browser("203.0.113.4").sign_in()


async def test_a_flood_of_forgotten_passwords_keeps_no_person_from_signing_in(any_desk: Desk) -> None:
    await any_desk.signed_up()
    flooding = any_desk.browser("198.51.100.9")
    flood = [flooding.send("POST", "/password-resets", {"email": EMAIL}) for _ in range(100)]
    answers, _ = await asyncio.gather(asyncio.gather(*flood), any_desk.browser("203.0.113.4").sign_in())
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [202] * 20 + [429] * 80
