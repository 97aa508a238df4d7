"""A person who changes who gets in proves afresh who they are: by the password, and by a code where there is one."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.api.accounts.conftest import EMAIL, PASSWORD, Browser, Desk
from tests.api.accounts.test_second_factor import code, turned_on
from veza.accounts.audit import AuditEntry

NEW = "a ferry full of harps"
MATTERS: list[tuple[str, str, dict[str, Any], int]] = [
    ("PUT", "/me/password", {"current": PASSWORD, "new": NEW}, 204),
    ("PUT", "/me/email", {"email": "anna@new.example", "password": PASSWORD}, 202),
    ("POST", "/me/second-factor/recovery-codes", {"password": PASSWORD}, 201),
    ("DELETE", "/me/second-factor", {"password": PASSWORD}, 204),
    ("DELETE", "/me", {"password": PASSWORD}, 204),
]
IDS = [f"{method} {path}" for method, path, _, _ in MATTERS]


async def _acts(desk: Desk) -> list[str]:
    async with desk.database.read() as session:
        return list((await session.scalars(select(AuditEntry.act).order_by(AuditEntry.id))).all())


@pytest.mark.parametrize(("method", "path", "body", "done"), MATTERS, ids=IDS)
async def test_with_a_second_factor_the_password_alone_is_not_enough(
    any_desk: Desk, method: str, path: str, body: dict[str, Any], done: int
) -> None:
    browser, _, codes = await turned_on(any_desk)
    before = await browser.get("/me"), await browser.get("/me/second-factor"), len(await any_desk.mails())
    await browser.refused(method, path, body, 401, "code-needed")
    await browser.refused(method, path, {**body, "code": "000000"}, 422, "wrong-code")
    name = "current" if "current" in body else "password"
    await browser.refused(method, path, {**body, name: "wrong one here", "code": codes[0]}, 422, "wrong-password")
    assert (await browser.get("/me"), await browser.get("/me/second-factor"), len(await any_desk.mails())) == before
    assert (await _acts(any_desk)).count("wrong code given again") == 1
    await browser.call(method, path, {**body, "code": codes[0]}, expect=done)


@pytest.mark.parametrize(("method", "path", "body", "done"), MATTERS[:2] + MATTERS[4:], ids=IDS[:2] + IDS[4:])
async def test_without_a_second_factor_the_password_will_do(
    desk: Desk, method: str, path: str, body: dict[str, Any], done: int
) -> None:
    browser = await desk.signed_up()
    await browser.call(method, path, body, expect=done)


async def test_a_code_proves_one_thing_once(any_desk: Desk) -> None:
    browser, secret, _ = await turned_on(any_desk)
    any_desk.clock.advance(timedelta(seconds=30))
    body = {"current": PASSWORD, "new": NEW, "code": code(any_desk, secret)}
    answers = await asyncio.gather(*(browser.send("PUT", "/me/password", body) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [204, 422, 422]
    again = {"email": "anna@new.example", "password": NEW, "code": body["code"]}
    await browser.refused("PUT", "/me/email", again, 422, "wrong-code")


async def test_a_second_factor_that_waits_for_its_first_code_is_not_asked_for(desk: Desk) -> None:
    browser = await desk.signed_up()
    await browser.call("POST", "/me/second-factor", {"password": PASSWORD}, expect=201)
    await browser.call("PUT", "/me/password", {"current": PASSWORD, "new": NEW}, expect=204)


async def test_a_repeat_of_what_was_proven_is_told_that_it_was_done(desk: Desk) -> None:
    browser, _, codes = await turned_on(desk)
    body = {"current": PASSWORD, "new": NEW, "code": codes[0]}
    await browser.call("PUT", "/me/password", body, expect=204, key="k")
    again = await browser.send("PUT", "/me/password", body, key="k")
    assert (again.status_code, again.json()["type"]) == (409, "urn:veza:problem:done-already")
    assert "wrong password given again" not in await _acts(desk)


async def test_codes_of_a_stolen_session_cannot_be_guessed_for_long(desk: Desk) -> None:
    browser, _, _ = await turned_on(desk)
    wrong = {"password": PASSWORD, "code": "000000"}
    statuses = [(await browser.send("DELETE", "/me/second-factor", wrong)).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]


async def test_right_proofs_cost_no_tries(desk: Desk) -> None:
    browser, secret, _ = await turned_on(desk)
    for _ in range(12):
        desk.clock.advance(timedelta(seconds=30))
        body = {"password": PASSWORD, "code": code(desk, secret)}
        await browser.call("POST", "/me/second-factor/recovery-codes", body, expect=201)


async def _wrong_codes_of_a_stranger(desk: Desk) -> None:
    """A stranger who has the password uses up every try there is for strangers."""
    wrong = {"email": EMAIL, "password": PASSWORD, "code": "000000"}
    strangers = [desk.browser(f"198.51.100.{number}") for number in range(11)]
    statuses = [(await stranger.send("POST", "/session", wrong)).status_code for stranger in strangers]
    assert statuses == [422] * 10 + [429]


async def test_who_has_the_password_keeps_the_owner_neither_out_nor_from_changing_it(any_desk: Desk) -> None:
    owner, _, codes = await turned_on(any_desk)
    await owner.sign_in(code=codes[0])
    await _wrong_codes_of_a_stranger(any_desk)
    await owner.call("DELETE", "/session", expect=204)
    await owner.sign_in(code=codes[1])
    await owner.call("PUT", "/me/password", {"current": PASSWORD, "new": NEW, "code": codes[2]}, expect=204)


async def test_who_reads_the_mailbox_gets_no_more_tries_of_a_code(desk: Desk) -> None:
    await turned_on(desk)
    await _wrong_codes_of_a_stranger(desk)
    reader: Browser = desk.browser("203.0.113.66")
    await reader.call("POST", "/password-resets", {"email": EMAIL}, expect=202)
    reset = {"token": await desk.mailed_token(), "password": NEW}
    await reader.call("POST", "/password-resets/complete", reset, expect=204)
    answer = await reader.send("POST", "/session", {"email": EMAIL, "password": NEW, "code": "000000"})
    assert answer.status_code == 429


async def test_being_asked_for_a_code_costs_no_try(desk: Desk) -> None:
    await turned_on(desk)
    guest = desk.browser("203.0.113.7")
    for _ in range(40):
        await guest.refused("POST", "/session", {"email": EMAIL, "password": PASSWORD}, 401, "code-needed")
