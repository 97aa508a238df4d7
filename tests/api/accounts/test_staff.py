"""Admins and moderators show a second factor before they use their rights, where that is asked of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.api.accounts.conftest import EMAIL, PASSWORD, Browser, Desk, open_desk
from tests.api.accounts.test_second_factor import code
from veza.accounts.permissions import Role
from veza.kit.clock import ManualClock


@pytest.fixture
async def strict(database_url: str, clock: ManualClock) -> AsyncIterator[Desk]:
    """A desk whose staff needs a second factor, on both databases."""
    async for desk in open_desk(database_url, clock):
        rules = replace(desk.accounts.rules, staff_needs_second_factor=True)
        object.__setattr__(desk.accounts, "rules", rules)
        yield desk


async def _turn_on(desk: Desk, browser: Browser) -> str:
    begun = await browser.call("POST", "/me/second-factor", {"password": PASSWORD}, expect=201)
    wanted = {"code": code(desk, begun["secret"])}
    await browser.call("POST", "/me/second-factor/confirmation", wanted, expect=201)
    return str(begun["secret"])


async def _has_no_rights_of_staff(browser: Browser) -> None:
    """What staff may do is refused; the session itself goes on."""
    await browser.refused("GET", "/people", None, 403, "second-factor-needed")
    await browser.get("/session")


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MODERATOR])
async def test_who_is_staff_is_so_once_a_second_factor_is_on(strict: Desk, role: Role) -> None:
    browser = await strict.signed_up(EMAIL, role)
    elsewhere = strict.browser("203.0.113.8")
    await elsewhere.sign_in()
    who = await browser.get("/session")
    assert (who["roles"], who["withheld_roles"]) == (["listener"], [role.value])
    await _turn_on(strict, browser)
    who = await browser.get("/session")
    assert (who["roles"], who["withheld_roles"]) == (["listener", role.value], [])
    # A session that began before, a stolen one too, has shown no code.
    assert (await elsewhere.get("/session"))["withheld_roles"] == [role.value]


async def test_the_rights_come_with_a_sign_in_by_code_and_go_with_the_second_factor(strict: Desk) -> None:
    browser = await strict.signed_up(EMAIL, Role.ADMIN)
    await _has_no_rights_of_staff(browser)
    secret = await _turn_on(strict, browser)
    await browser.get("/people")
    elsewhere = strict.browser("203.0.113.8")
    strict.clock.advance(timedelta(seconds=30))
    await elsewhere.sign_in(code=code(strict, secret))
    await elsewhere.get("/people")
    strict.clock.advance(timedelta(seconds=30))
    off = {"password": PASSWORD, "code": code(strict, secret)}
    await browser.call("DELETE", "/me/second-factor", off, expect=204)
    for one in (browser, elsewhere):
        await _has_no_rights_of_staff(one)
    await _turn_on(strict, browser)
    await browser.get("/people")
    await _has_no_rights_of_staff(elsewhere)


async def test_a_token_of_staff_has_its_rights_while_a_second_factor_is_on(strict: Desk) -> None:
    browser = await strict.signed_up(EMAIL, Role.ADMIN)
    bare = strict.browser(headers={"Authorization": f"Bearer {await browser.token('t', 'admin')}"})
    await bare.refused("GET", "/people", None, 403, "second-factor-needed")
    await _turn_on(strict, browser)
    await bare.get("/people")


async def test_the_operators_token_is_its_own_proof(strict: Desk) -> None:
    await strict.signed_up()
    await strict.operator().get("/people")
    person = await strict.person_id()
    await strict.operator().call("PUT", f"/people/{person}/roles/moderator", expect=200)


async def test_without_the_rule_a_password_is_enough(desk: Desk) -> None:
    browser = await desk.signed_up(EMAIL, Role.ADMIN)
    await browser.get("/people")
    assert (await browser.get("/session"))["withheld_roles"] == []


async def test_a_listener_is_told_that_a_right_is_missing_and_not_a_code(strict: Desk) -> None:
    browser = await strict.signed_up()
    assert (await browser.client.get("/api/v1/people")).json()["type"] == "urn:veza:problem:forbidden"
