"""One's sessions, tokens, name and data; and leaving."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.api.accounts.conftest import EMAIL, PASSWORD, TOKEN_WANTED, Desk, open_desk
from veza.accounts import tokens
from veza.accounts.audit import AuditEntry
from veza.accounts.people import Person
from veza.accounts.permissions import Role
from veza.accounts.tokens import ApiToken
from veza.kit import mail
from veza.kit.clock import ManualClock
from veza.kit.messages import verbatim


async def test_sessions_are_listed_and_can_be_ended_from_elsewhere(any_desk: Desk) -> None:
    browser = await any_desk.signed_up()
    elsewhere = any_desk.browser("203.0.113.9", {"User-Agent": "Lynx\x01/2.9"})
    await elsewhere.sign_in()
    items = (await browser.get("/me/sessions"))["items"]
    assert [(item["address"], item["is_this"]) for item in items] == [("203.0.113.9", False), ("192.0.2.1", True)]
    assert (await browser.get("/me/sessions", current="true"))["items"] == [items[1]]
    assert (await browser.get("/me/sessions", current="false"))["items"] == [items[0]]
    await browser.call("DELETE", f"/me/sessions/{items[0]['id']}", expect=204)
    await elsewhere.get("/me", expect=401)
    await browser.refused("DELETE", f"/me/sessions/{items[0]['id']}", None, 404, "not-found")
    await elsewhere.sign_in()
    await browser.call("DELETE", "/me/sessions", expect=204)
    await elsewhere.get("/me", expect=401)
    await browser.get("/me")


async def test_no_person_ends_or_revokes_what_is_another_persons(desk: Desk) -> None:
    anna, ben = await desk.signed_up(), await desk.signed_up("ben@example.org")
    token = await anna.call("POST", "/me/tokens", TOKEN_WANTED, expect=201)
    session_id = (await anna.get("/me/sessions"))["items"][0]["id"]
    await ben.refused("DELETE", f"/me/tokens/{token['id']}", None, 404, "not-found")
    await ben.refused("DELETE", f"/me/sessions/{session_id}", None, 404, "not-found")
    assert (await ben.get("/me/tokens"))["items"] == []
    await anna.get("/me")


async def test_a_token_does_what_its_scopes_allow_until_it_is_revoked(any_desk: Desk) -> None:
    browser = await any_desk.signed_up()
    made = await browser.call("POST", "/me/tokens", TOKEN_WANTED, expect=201)
    assert made["token"].startswith("veza_")
    script = any_desk.browser(headers={"Authorization": f"Bearer {made['token']}"})
    assert (await script.get("/me"))["email"] == EMAIL
    await script.get("/me/tokens", expect=403)
    await script.get("/people", expect=403)
    (listed,) = (await browser.get("/me/tokens"))["items"]
    assert "token" not in listed
    assert listed["hint"] == made["token"][-4:]
    async with any_desk.database.read() as session:
        row = (await session.scalars(select(ApiToken))).one()
    assert made["token"] not in str(vars(row))
    await browser.call("DELETE", f"/me/tokens/{made['id']}", expect=204)
    await script.get("/me", expect=401)


async def test_tokens_that_have_ended_are_told_from_those_that_work(any_desk: Desk) -> None:
    browser = await any_desk.signed_up()
    for name, days in (("a day", 1), ("a year", 365), ("for good", None)):
        wanted = {"password": PASSWORD, "name": name, "scopes": ["read"], "expires_in_days": days}
        await browser.call("POST", "/me/tokens", wanted, expect=201)
    any_desk.clock.advance(timedelta(days=2))
    listed = {ended: await browser.get("/me/tokens", ended=ended) for ended in ("true", "false")}
    assert [[token["name"] for token in one["items"]] for one in listed.values()] == [["a day"], ["for good", "a year"]]


async def test_the_last_use_of_a_token_is_written_once_a_minute(desk: Desk) -> None:
    browser = await desk.signed_up()
    made = await browser.call("POST", "/me/tokens", TOKEN_WANTED, expect=201)
    script = desk.browser(headers={"Authorization": f"Bearer {made['token']}"})
    used = []
    for wait in (0, 30, 30):
        desk.clock.advance(timedelta(seconds=wait))
        await script.get("/me")
        used.append((await browser.get("/me/tokens"))["items"][0]["last_used_at"])
    assert used[0] == used[1] < used[2]


async def test_a_token_ends_when_it_was_said_to(desk: Desk) -> None:
    browser = await desk.signed_up()
    wanted = {"password": PASSWORD, "name": "brief", "scopes": ["read"], "expires_in_days": 1}
    made = await browser.call("POST", "/me/tokens", wanted, expect=201)
    script = desk.browser(headers={"Authorization": f"Bearer {made['token']}"})
    await script.get("/me")
    desk.clock.advance(timedelta(days=1))
    await script.get("/me", expect=401)


@pytest.mark.parametrize(
    "wanted",
    [
        {"password": PASSWORD, "name": "t", "scopes": []},
        {"password": PASSWORD, "name": "t", "scopes": ["everything"]},
        {"password": PASSWORD, "name": "t", "scopes": ["read"], "expires_in_days": 0},
        {"password": PASSWORD, "name": "t", "scopes": ["read"], "expires_in_days": 366},
        {"password": PASSWORD, "name": "t", "scopes": ["read"], "more": 1},
        {"name": "t", "scopes": ["read"]},
    ],
)
async def test_a_token_that_makes_no_sense_is_refused(desk: Desk, wanted: Any) -> None:
    browser = await desk.signed_up()
    await browser.refused("POST", "/me/tokens", wanted, 400, "invalid-request")


async def test_a_person_has_so_many_tokens_and_no_more(desk: Desk) -> None:
    browser = await desk.signed_up()
    for number in range(tokens.MOST_PER_PERSON):
        await browser.call("POST", "/me/tokens", {**TOKEN_WANTED, "name": f"t{number}"}, expect=201)
    await browser.refused("POST", "/me/tokens", TOKEN_WANTED, 409, "too-many-tokens")


async def test_a_new_token_is_shown_once_even_to_a_repeat(desk: Desk) -> None:
    browser = await desk.signed_up()
    wanted = TOKEN_WANTED
    await browser.call("POST", "/me/tokens", wanted, expect=201, key="k")
    again = await browser.send("POST", "/me/tokens", wanted, key="k")
    assert (again.status_code, again.json()["type"]) == (409, "urn:veza:problem:done-already")
    assert len((await browser.get("/me/tokens"))["items"]) == 1


async def test_an_export_has_every_modules_part_and_no_secret(desk: Desk) -> None:
    browser = await desk.signed_up()
    made = await browser.call("POST", "/me/tokens", TOKEN_WANTED, expect=201)
    answer = await browser.client.get("/api/v1/me/export")
    assert "attachment" in answer.headers["content-disposition"]
    parts = answer.json()
    assert parts["likes"] == [{"track": "a"}]
    assert parts["account"]["email"] == EMAIL
    assert [act["act"] for act in parts["account"]["audit_log"]][-1] == "signed up"
    for secret in (made["token"], browser.client.cookies["veza"], "argon2", "hash"):
        assert secret not in answer.text


async def test_deleting_an_account_removes_what_is_personal_and_keeps_the_row(any_desk: Desk) -> None:
    browser = await any_desk.signed_up(EMAIL, Role.ARTIST)
    person_id = await any_desk.person_id()
    made = await browser.call("POST", "/me/tokens", TOKEN_WANTED, expect=201)
    await browser.refused("DELETE", "/me", {"password": "wrong one here"}, 422, "wrong-password")
    await browser.call("DELETE", "/me", {"password": PASSWORD}, expect=204)
    await browser.get("/me", expect=401)
    await any_desk.browser(headers={"Authorization": f"Bearer {made['token']}"}).get("/me", expect=401)
    await any_desk.browser().refused(
        "POST", "/session", {"email": EMAIL, "password": PASSWORD}, 401, "wrong-credentials"
    )
    assert any_desk.told == [{"person_id": str(person_id)}]
    async with any_desk.database.read() as session:
        row = await session.get(Person, person_id)
        acts = (await session.scalars(select(AuditEntry).where(AuditEntry.person_id == person_id))).all()
    assert row is not None
    assert (row.email, row.name, row.email_confirmed_at) == (None, "deleted account", None)
    assert row.deleted_at is not None
    assert "account deleted" in {act.act for act in acts}
    assert {act.address for act in acts} == {None}
    assert not any("192.0.2" in act.actor for act in acts)
    assert [mail.subject for mail in await any_desk.mails(EMAIL)] == ["Your account was deleted"]
    await any_desk.signed_up()
    assert await any_desk.person_id() != person_id


async def test_mails_about_a_person_go_with_the_account_wherever_they_went(any_desk: Desk) -> None:
    browser = await any_desk.signed_up()
    proof = {"password": PASSWORD}
    await browser.call("PUT", "/me/email", {"email": "anna@new.example", **proof}, expect=202)
    token = await any_desk.mailed_token("anna@new.example")
    await browser.call("POST", "/email-confirmations", {"token": token}, expect=204)
    await browser.call("PUT", "/me/email", {"email": "anna@never.example", **proof}, expect=202)
    mails = (await browser.get("/me/export"))["account"]["mails"]
    assert {mail["to"] for mail in mails} == {EMAIL, "anna@new.example", "anna@never.example"}
    await browser.call("DELETE", "/me", proof, expect=204)
    assert [(mail.to, mail.subject) for mail in await any_desk.mails()] == [
        ("anna@new.example", "Your account was deleted")
    ]


async def test_a_person_is_written_to_in_the_language_they_signed_up_in(any_desk: Desk) -> None:
    browser = any_desk.browser(headers={"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.8"})
    await browser.call("POST", "/people", {"email": EMAIL, "name": "Anna", "password": PASSWORD}, expect=202)
    await browser.sign_in()
    assert (await browser.get("/me/export"))["account"]["language"] == "fr"
    async with any_desk.database.read() as session:
        assert list(await session.scalars(select(mail.Mail.language))) == ["fr"]
    elsewhere = any_desk.browser(headers={"Accept-Language": "de"})
    await elsewhere.sign_in()
    await elsewhere.call("DELETE", "/me", {"password": PASSWORD}, expect=204)
    async with any_desk.database.read() as session:
        assert list(await session.scalars(select(Person.language))) == [None]
        last = select(mail.Mail.language).order_by(mail.Mail.id.desc()).limit(1)
        assert await session.scalar(last) == "fr"


async def test_an_unconfirmed_address_gives_and_takes_no_mails_of_others(any_desk: Desk) -> None:
    async with any_desk.database.write() as session:
        mail.send(session, EMAIL, verbatim("What you bought"), verbatim("text"), about=None)
    browser = await any_desk.signed_up(confirmed=False)
    mails = (await browser.get("/me/export"))["account"]["mails"]
    assert [one["subject"] for one in mails] == ["Confirm your address"]
    await browser.call("DELETE", "/me", {"password": PASSWORD}, expect=204)
    left = [one.subject for one in await any_desk.mails()]
    assert left == ["What you bought", "Your account was deleted"]


async def test_what_is_revoked_ends_at_once_in_every_process(database_url: str, clock: ManualClock) -> None:
    async for one in open_desk(database_url, clock):
        async for other in open_desk(database_url, clock):  # another process on the same database
            here = await one.signed_up()
            made = await here.call("POST", "/me/tokens", TOKEN_WANTED, expect=201)
            script = other.browser(headers={"Authorization": f"Bearer {made['token']}"})
            there = other.browser()
            await there.sign_in()
            await script.get("/me")
            await there.get("/me")
            await here.call("DELETE", f"/me/tokens/{made['id']}", expect=204)
            await here.call("DELETE", "/me/sessions", expect=204)
            await script.get("/me", expect=401)
            await there.get("/me", expect=401)
