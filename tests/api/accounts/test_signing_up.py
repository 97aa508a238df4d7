"""Signing up tells no visitor who has an account, and an address counts once its mail was opened."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.api.accounts.conftest import EMAIL, PASSWORD, Desk
from veza.accounts import people

SIGN_UP = {"email": EMAIL, "name": "Anna", "password": PASSWORD}


async def test_from_signing_up_to_a_confirmed_account(any_desk: Desk) -> None:
    browser = any_desk.browser()
    await browser.call("POST", "/people", SIGN_UP, expect=202)
    await browser.sign_in()
    me = await browser.get("/me")
    assert (me["email"], me["name"], me["email_confirmed_at"], me["roles"]) == (EMAIL, "Anna", None, ["listener"])
    await browser.call("POST", "/email-confirmations", {"token": await any_desk.mailed_token()}, expect=204)
    assert (await browser.get("/me"))["email_confirmed_at"] is not None
    assert (await browser.get("/session"))["is_confirmed"] is True


async def test_an_address_with_an_account_gets_the_same_answer_and_another_mail(any_desk: Desk) -> None:
    await any_desk.signed_up()
    stranger = any_desk.browser()
    new = await stranger.send("POST", "/people", {**SIGN_UP, "email": "ben@example.org"})
    again = await stranger.send("POST", "/people", {**SIGN_UP, "email": "ANNA@example.org", "name": "Mallory"})
    assert (new.status_code, new.content) == (again.status_code, again.content)
    assert (await any_desk.mails(EMAIL))[-1].subject == "You have an account already"
    async with any_desk.database.read() as session:
        person = await people.by_email(session, EMAIL)
    assert person is not None
    assert person.name == "Anna"


async def test_two_sign_ups_with_one_address_at_the_same_instant_are_one_account(any_desk: Desk) -> None:
    browser = any_desk.browser()
    answers = await asyncio.gather(*(browser.send("POST", "/people", SIGN_UP) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {202}
    await browser.sign_in()
    subjects = [mail.subject for mail in await any_desk.mails(EMAIL)]
    assert subjects.count("Confirm your address") == 1
    assert subjects.count("You have an account already") == 3


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"email": "anna"}, "bad-email"),
        ({"email": "anna@exa mple.org"}, "bad-email"),
        ({"email": "änna@example.org"}, "bad-email"),
        ({"email": "anna@" + "a" * 64 + ".org"}, "bad-email"),
        ({"email": "a@b@c"}, "bad-email"),
        ({"email": "=?utf-8?q?ben=40example.org?=@example.org"}, "bad-email"),
        ({"email": ".anna@example.org"}, "bad-email"),
        ({"email": "an..na@example.org"}, "bad-email"),
        ({"email": "anna.@example.org"}, "bad-email"),
        ({"email": "anna@example.org."}, "bad-email"),
        ({"email": "anna@exam..ple.org"}, "bad-email"),
        ({"name": "  "}, "bad-name"),
        ({"name": "a" * 101}, "bad-name"),
        ({"name": "a\u202eb"}, "bad-name"),
        ({"name": "\u3164"}, "bad-name"),
        ({"name": "a\x07b"}, "bad-name"),
        ({"password": "short"}, "bad-password"),
        ({"password": "a" * 201}, "bad-password"),
        ({"password": "Anna@Example.org"}, "bad-password"),
        ({"password": "Password1234"}, "bad-password"),
        ({"password": "Password123!"}, "bad-password"),
        ({"password": "a tram fu11"}, "bad-password"),
        ({"password": "aaaaaaaaaaab"}, "bad-password"),
    ],
)
async def test_bad_input_is_one_sentence_and_nothing_changes(desk: Desk, change: dict[str, str], kind: str) -> None:
    said = await desk.browser().refused("POST", "/people", {**SIGN_UP, **change}, 422, kind)
    assert "\n" not in said
    assert await desk.mails() == []


async def test_every_fault_of_a_sign_up_is_told_at_once(desk: Desk) -> None:
    wanted = {"email": "anna", "name": "  ", "password": "short"}
    told = await desk.browser().call("POST", "/people", wanted, expect=422)
    assert [one["pointer"] for one in told["errors"]] == ["/email", "/name", "/password"]


@pytest.mark.parametrize("name", ["أنا محمد", "👩‍👩‍👧 Family", "Ñandú", "a" * 100])
async def test_names_of_any_script_are_names(desk: Desk, name: str) -> None:
    browser = await desk.signed_up(name=name)
    assert (await browser.get("/me"))["name"] == name


async def test_an_international_domain_is_one_address_however_it_is_written(desk: Desk) -> None:
    await desk.signed_up("anna@xn--bcher-kva.example")
    await desk.browser().sign_in("Anna@Bücher.example")


async def test_a_link_works_once_and_for_a_while(desk: Desk) -> None:
    browser = desk.browser()
    await browser.call("POST", "/people", SIGN_UP, expect=202)
    token = await desk.mailed_token()
    for bad in ("x", token[:-1], token.swapcase()):
        await browser.refused("POST", "/email-confirmations", {"token": bad}, 422, "bad-link")
    await browser.refused("POST", "/password-resets/complete", {"token": token, "password": PASSWORD}, 422, "bad-link")
    await browser.call("POST", "/email-confirmations", {"token": token}, expect=204)
    await browser.refused("POST", "/email-confirmations", {"token": token}, 422, "bad-link")


async def test_an_old_link_is_good_for_nothing_and_a_new_one_can_be_had(desk: Desk) -> None:
    browser = await desk.signed_up(confirmed=False)
    old = await desk.mailed_token()
    await browser.call("POST", "/me/email/confirmation-mails", expect=202)
    await browser.refused("POST", "/email-confirmations", {"token": old}, 422, "bad-link")
    newer = await desk.mailed_token()
    desk.clock.advance(timedelta(days=3))
    await browser.refused("POST", "/email-confirmations", {"token": newer}, 422, "bad-link")


async def test_strangers_fill_no_persons_mailbox(desk: Desk) -> None:
    for number in range(8):
        answer = await desk.browser(f"192.0.2.{number}").send("POST", "/people", SIGN_UP)
        assert answer.status_code == 202
    assert len(await desk.mails(EMAIL)) == 5


async def test_a_repeat_of_a_sign_up_does_nothing_and_keeps_no_trace_of_the_password(desk: Desk) -> None:
    browser = desk.browser()
    await browser.call("POST", "/people", SIGN_UP, expect=202, key="k")
    again = await browser.send("POST", "/people", SIGN_UP, key="k")
    assert (again.status_code, again.json()["type"]) == (409, "urn:veza:problem:done-already")
    other = await browser.send("POST", "/people", {**SIGN_UP, "password": "another good one"}, key="k")
    assert other.json() == {**again.json(), "request_id": other.json()["request_id"]}
