"""A person is told by mail of a new device, a new token and a code that was used twice."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from tests.api.accounts.conftest import EMAIL, PASSWORD, TOKEN_WANTED, Desk
from tests.api.accounts.test_second_factor import RIGHT, code, turned_on
from veza.accounts import people
from veza.accounts.limits import WARNING_TO_PERSON

DEVICE = "Your account was signed in to from a new device"
TOKEN = "An API token was made for your account"
REUSED = "A code of your second factor was used twice"


async def _subjects(desk: Desk, to: str = EMAIL) -> list[str]:
    return [letter.subject for letter in await desk.mails(to)]


async def test_a_new_device_is_told_of_and_a_known_one_is_not(any_desk: Desk) -> None:
    browser = await any_desk.signed_up()
    assert DEVICE not in await _subjects(any_desk)
    await browser.call("DELETE", "/session", expect=204)
    await browser.sign_in()
    assert DEVICE not in await _subjects(any_desk)
    thief = any_desk.browser("203.0.113.66", {"User-Agent": "Thief/1.0"})
    await thief.sign_in()
    (told,) = [letter for letter in await any_desk.mails(EMAIL) if letter.subject == DEVICE]
    assert "address  203.0.113.66" in told.text
    assert "program  Thief/1.0" in told.text
    assert "http://veza.test/forgot-password" in told.text


async def test_the_time_of_a_sign_in_is_told_in_the_persons_zone(desk: Desk) -> None:
    await desk.signed_up()
    async with desk.database.write() as session:
        person = await people.by_email(session, EMAIL)
        assert person is not None
        await people.choose_time_zone(session, person.id, "Asia/Tokyo")
    await desk.browser("203.0.113.66").sign_in()
    (told,) = [letter for letter in await desk.mails(EMAIL) if letter.subject == DEVICE]
    at = desk.clock.now().astimezone(ZoneInfo("Asia/Tokyo"))
    assert f"At {at:%Y-%m-%d %H:%M} (Asia/Tokyo) a device" in told.text


async def test_the_first_sign_in_is_told_of_where_it_is_not_from_who_just_signed_up(desk: Desk) -> None:
    browser = desk.browser()
    await browser.call("POST", "/people", {"email": EMAIL, "name": "Anna", "password": PASSWORD}, expect=202)
    await browser.call("POST", "/email-confirmations", {"token": await desk.mailed_token()}, expect=204)
    desk.clock.advance(timedelta(hours=2))
    await desk.browser("203.0.113.66").sign_in()
    assert await _subjects(desk) == ["Confirm your address", DEVICE]


async def test_an_unconfirmed_address_is_not_written_to(desk: Desk) -> None:
    await desk.signed_up(confirmed=False)
    await desk.browser("203.0.113.66").sign_in()
    assert DEVICE not in await _subjects(desk)


async def test_a_new_token_is_told_of(any_desk: Desk) -> None:
    browser = await any_desk.signed_up()
    await browser.call("POST", "/me/tokens", TOKEN_WANTED, expect=201)
    told = (await any_desk.mails(EMAIL))[-1]
    assert told.subject == TOKEN
    assert "“backup”" in told.text
    assert "It ends on " in told.text
    await browser.call("POST", "/me/tokens", {**TOKEN_WANTED, "expires_in_days": None}, expect=201)
    assert "It works until it is revoked." in (await any_desk.mails(EMAIL))[-1].text


async def test_a_code_used_twice_is_told_of_at_sign_in_and_where_it_is_asked_again(any_desk: Desk) -> None:
    browser, secret, codes = await turned_on(any_desk)
    any_desk.clock.advance(timedelta(seconds=30))
    now = code(any_desk, secret)
    await any_desk.browser().sign_in(code=now)
    count = (await _subjects(any_desk)).count(REUSED)
    thief = any_desk.browser("203.0.113.66")
    said = await thief.refused("POST", "/session", {**RIGHT, "code": now}, 422, "wrong-code")
    never = await thief.refused("POST", "/session", {**RIGHT, "code": "000000"}, 422, "wrong-code")
    assert said == never
    assert (await _subjects(any_desk)).count(REUSED) == count + 1
    assert "from 203.0.113.66" in (await any_desk.mails(EMAIL))[-1].text
    await browser.call("POST", "/me/proofs", {"password": PASSWORD, "code": codes[0]}, expect=201)
    again = {"password": PASSWORD, "code": codes[0]}
    await browser.refused("POST", "/me/proofs", again, 422, "wrong-code")
    assert (await _subjects(any_desk)).count(REUSED) == count + 2
    acts = (await any_desk.operator().get("/audit", act="used code given again"))["items"]
    assert len(acts) == 2


async def test_a_used_recovery_code_is_not_left_and_works_no_more(any_desk: Desk) -> None:
    browser, _, codes = await turned_on(any_desk)
    await browser.sign_in(code=codes[0])
    assert (await browser.get("/me/second-factor"))["recovery_codes_left"] == 9
    await any_desk.browser().refused("POST", "/session", {**RIGHT, "code": codes[0]}, 422, "wrong-code")


async def test_warnings_have_an_end(desk: Desk) -> None:
    await desk.signed_up()
    for number in range(WARNING_TO_PERSON.burst + 3):
        await desk.browser(f"203.0.113.{number}").sign_in()
    assert (await _subjects(desk)).count(DEVICE) == WARNING_TO_PERSON.burst


async def test_tokens_end_with_other_sessions(any_desk: Desk) -> None:
    browser = await any_desk.signed_up()
    script = any_desk.browser(headers={"Authorization": f"Bearer {await browser.token()}"})
    await script.get("/me")
    await browser.call("DELETE", "/me/sessions", expect=204)
    await script.get("/me", expect=401)
    await browser.get("/me")
    (act,) = (await any_desk.operator().get("/audit", act="sessions ended"))["items"]
    assert act["detail"] == "sessions ended: 0, tokens revoked: 1"


async def test_a_token_ends_after_ninety_days_unless_told_otherwise(desk: Desk) -> None:
    browser = await desk.signed_up()
    script = desk.browser(headers={"Authorization": f"Bearer {await browser.token()}"})
    desk.clock.advance(timedelta(days=89))
    await script.get("/me")
    desk.clock.advance(timedelta(days=1))
    await script.get("/me", expect=401)
