"""With a second factor a password alone opens nothing, and every code works once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pyotp

from tests.api.accounts.conftest import EMAIL, PASSWORD, Browser, Desk

RIGHT = {"email": EMAIL, "password": PASSWORD}


def code(desk: Desk, secret: str) -> str:
    return pyotp.TOTP(secret).at(desk.clock.now())


async def turned_on(desk: Desk) -> tuple[Browser, str, list[str]]:
    browser = await desk.signed_up()
    begun = await browser.call("POST", "/me/second-factor", {"password": PASSWORD}, expect=201)
    wanted = {"code": code(desk, begun["secret"])}
    made = await browser.call("POST", "/me/second-factor/confirmation", wanted, expect=201)
    return browser, begun["secret"], made["recovery_codes"]


async def test_setting_up_gives_an_app_what_it_needs_and_turns_nothing_on(desk: Desk) -> None:
    browser = await desk.signed_up()
    await browser.refused("POST", "/me/second-factor", {"password": "wrong one here"}, 422, "wrong-password")
    begun = await browser.call("POST", "/me/second-factor", {"password": PASSWORD}, expect=201)
    assert begun["uri"].startswith("otpauth://totp/Veza:anna%40example.org?secret=" + begun["secret"])
    assert begun["qr_svg"].startswith("<svg")
    assert await browser.get("/me/second-factor") == {"is_on": False, "recovery_codes_left": 0}
    await desk.browser().sign_in()
    await browser.refused("POST", "/me/second-factor/confirmation", {"code": "000000"}, 422, "wrong-code")


async def test_signing_in_takes_a_code_and_each_code_works_once(any_desk: Desk) -> None:
    browser, secret, _ = await turned_on(any_desk)
    assert (await browser.get("/me"))["second_factor"] is True
    guest = any_desk.browser()
    await guest.refused("POST", "/session", RIGHT, 401, "code-needed")
    await guest.refused("POST", "/session", {**RIGHT, "code": code(any_desk, secret)}, 422, "wrong-code")
    any_desk.clock.advance(timedelta(seconds=30))
    now = code(any_desk, secret)
    sent = [any_desk.browser().send("POST", "/session", {**RIGHT, "code": now}) for _ in range(3)]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422]


async def test_a_clock_may_be_a_step_off_and_no_more(desk: Desk) -> None:
    _, secret, _ = await turned_on(desk)
    late = code(desk, secret)
    desk.clock.advance(timedelta(minutes=5))
    await desk.browser().refused("POST", "/session", {**RIGHT, "code": late}, 422, "wrong-code")
    previous = pyotp.TOTP(secret).at(desk.clock.now() - timedelta(seconds=30))
    await desk.browser().sign_in(code=f"{previous[:3]} {previous[3:]}")


async def test_a_recovery_code_works_once_and_new_ones_replace_all(any_desk: Desk) -> None:
    browser, secret, codes = await turned_on(any_desk)
    assert len(set(codes)) == 10
    await any_desk.browser().sign_in(code=codes[0].upper())
    await any_desk.browser().refused("POST", "/session", {**RIGHT, "code": codes[0]}, 422, "wrong-code")
    assert (await browser.get("/me/second-factor"))["recovery_codes_left"] == 9
    any_desk.clock.advance(timedelta(seconds=30))
    wanted = {"password": PASSWORD, "code": code(any_desk, secret)}
    renewed = await browser.call("POST", "/me/second-factor/recovery-codes", wanted, expect=201)
    await any_desk.browser().refused("POST", "/session", {**RIGHT, "code": codes[1]}, 422, "wrong-code")
    await any_desk.browser().sign_in(code=renewed["recovery_codes"][1])


async def test_what_becomes_of_a_second_factor_is_written_down_with_where_it_came_from(desk: Desk) -> None:
    browser, _, codes = await turned_on(desk)
    await desk.browser("198.51.100.9").sign_in(code=codes[0])
    made = await browser.call(
        "POST", "/me/second-factor/recovery-codes", {"password": PASSWORD, "code": codes[1]}, expect=201
    )
    proof = {"password": PASSWORD, "code": made["recovery_codes"][0]}
    await browser.call("DELETE", "/me/second-factor", proof, expect=204)
    listed = (await desk.operator().get("/audit", sort="oldest"))["items"]
    acts = [(one["act"], one["address"]) for one in listed if "factor" in one["act"] or "code" in one["act"]]
    assert acts == [
        ("second factor on", "192.0.2.1"),
        ("recovery code used", "198.51.100.9"),
        ("recovery code used", "192.0.2.1"),
        ("recovery codes made", "192.0.2.1"),
        ("recovery code used", "192.0.2.1"),
        ("second factor off", "192.0.2.1"),
    ]


async def test_codes_cannot_be_guessed_for_long(desk: Desk) -> None:
    await turned_on(desk)
    wrong = {**RIGHT, "code": "000000"}
    sent = [desk.browser(f"198.51.100.{number}") for number in range(12)]
    statuses = [(await browser.send("POST", "/session", wrong)).status_code for browser in sent]
    assert statuses == [422] * 10 + [429] * 2


async def test_turning_it_off_takes_the_password_and_a_code(desk: Desk) -> None:
    browser, _, codes = await turned_on(desk)
    off: Any = {"password": PASSWORD, "code": "000000"}
    await browser.refused("DELETE", "/me/second-factor", off, 422, "wrong-code")
    await browser.refused("POST", "/me/second-factor", {"password": PASSWORD}, 409, "second-factor-on")
    await browser.call("DELETE", "/me/second-factor", {**off, "code": codes[3]}, expect=204)
    await desk.browser().sign_in()
    await browser.refused("DELETE", "/me/second-factor", {**off, "code": codes[4]}, 409, "no-second-factor")
    assert "The second factor was turned off" in [mail.subject for mail in await desk.mails(EMAIL)]
