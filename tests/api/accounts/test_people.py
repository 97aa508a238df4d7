"""Admins find people, give and take roles, close accounts and read what happened; one of them is always left."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api.accounts.conftest import EMAIL, PASSWORD, Desk
from tests.client import UNKNOWN_ID
from tests.statements import counted
from veza.accounts.first_admin import admin_link
from veza.accounts.permissions import Role


async def test_people_are_found_by_text_and_role_page_by_page(any_desk: Desk) -> None:
    for name in ("Anna", "Änne 100%", "Ben"):
        await any_desk.signed_up(f"{name[0].lower().replace('ä', 'ae')}{len(name)}@example.org", name=name)
    await any_desk.signed_up("mod@example.org", Role.MODERATOR, name="Mo")
    operator = any_desk.operator()

    async def names(**asked: Any) -> list[str]:
        return [item["name"] for item in (await operator.get("/people", **asked))["items"]]

    assert await names() == ["Mo", "Ben", "Änne 100%", "Anna"]
    assert await names(text="AN") == ["Anna"]
    assert await names(text="0%") == ["Änne 100%"]
    assert await names(text="mod@") == ["Mo"]
    assert await names(role="moderator") == ["Mo"]
    first = await operator.get("/people", limit=3)
    second = await operator.get("/people", limit=3, cursor=first["next_cursor"])
    assert ([item["name"] for item in second["items"]], second["next_cursor"]) == (["Anna"], None)
    await operator.get("/people", expect=400, text="\x00")
    await operator.get("/people", expect=400, role="listener")


async def test_a_longer_list_of_people_costs_no_more_queries(desk: Desk) -> None:
    operator = desk.operator()
    counts = []
    for number in range(4):
        await desk.signed_up(f"p{number}@example.org", Role.ARTIST)
        with counted(desk.database) as statements:
            await operator.get("/people")
        counts.append(len([one for one in statements if one.startswith("SELECT")]))
    assert set(counts) == {2}


async def test_roles_count_from_the_next_request_on(any_desk: Desk) -> None:
    browser, operator = await any_desk.signed_up(), any_desk.operator()
    person_id = await any_desk.person_id()
    await browser.get("/people", expect=403)
    for _ in range(2):
        given = await operator.call("PUT", f"/people/{person_id}/roles/admin", expect=200)
        assert given["roles"] == ["listener", "admin"]
    await browser.get("/people")
    await operator.call("PUT", f"/people/{person_id}/roles/moderator", expect=200)
    await operator.refused("DELETE", f"/people/{person_id}/roles/admin", None, 409, "last-admin")
    taken = await operator.call("DELETE", f"/people/{person_id}/roles/moderator", expect=200)
    assert taken["roles"] == ["listener", "admin"]
    acts = (await operator.get("/audit", person=str(person_id), act="role given"))["items"]
    assert [(act["actor"], act["detail"]) for act in acts] == [("operator", "moderator"), ("operator", "admin")]


@pytest.mark.parametrize("role", ["listener", "visitor"])
async def test_roles_people_have_by_themselves_are_not_given(desk: Desk, role: str) -> None:
    await desk.signed_up()
    path = f"/people/{await desk.person_id()}/roles/{role}"
    await desk.operator().refused("PUT", path, None, 422, "role-not-given")


async def test_unknown_people_and_roles_are_told(desk: Desk) -> None:
    operator = desk.operator()
    await operator.get(f"/people/{UNKNOWN_ID}", expect=404)
    await operator.refused("PUT", f"/people/{UNKNOWN_ID}/roles/admin", None, 404, "not-found")
    await operator.refused("DELETE", f"/people/{UNKNOWN_ID}", None, 404, "not-found")
    assert (await operator.send("PUT", f"/people/{UNKNOWN_ID}/roles/king")).status_code in (400, 404)


async def test_two_admins_taking_each_others_role_leave_one(any_desk: Desk) -> None:
    anna = await any_desk.signed_up(EMAIL, Role.ADMIN)
    ben = await any_desk.signed_up("ben@example.org", Role.ADMIN)
    anna_id, ben_id = await any_desk.person_id(), await any_desk.person_id("ben@example.org")
    answers = await asyncio.gather(
        anna.send("DELETE", f"/people/{ben_id}/roles/admin", headers=await anna.proof()),
        ben.send("DELETE", f"/people/{anna_id}", headers=await ben.proof()),
    )
    # The second request is refused: it would end the last admin, or its sender is no admin any more.
    assert len([answer for answer in answers if answer.status_code in (200, 204)]) == 1, [a.text for a in answers]
    items = (await any_desk.operator().get("/people", role="admin"))["items"]
    assert len(items) == 1


async def test_the_last_admin_cannot_leave(desk: Desk) -> None:
    browser = await desk.signed_up(EMAIL, Role.ADMIN)
    answer = await browser.send("DELETE", f"/people/{await desk.person_id()}", headers=await browser.proof())
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:veza:problem:last-admin")


async def test_closing_an_account_tells_its_person(any_desk: Desk) -> None:
    browser, operator = await any_desk.signed_up(), any_desk.operator()
    person_id = await any_desk.person_id()
    await operator.call("DELETE", f"/people/{person_id}", expect=204)
    await browser.get("/me", expect=401)
    await operator.get(f"/people/{person_id}", expect=404)
    assert (await operator.get("/people"))["items"] == []
    assert [mail.subject for mail in await any_desk.mails(EMAIL)] == ["Your account was deleted"]


async def test_an_account_is_suspended_with_a_reason_and_let_in_again(any_desk: Desk) -> None:
    anna, operator = await any_desk.signed_up(), any_desk.operator()
    token = any_desk.browser(headers={"Authorization": f"Bearer {await anna.token()}"})
    person = await any_desk.person_id()
    await operator.refused("PUT", f"/people/{person}/suspension", {"reason": " "}, 422, "bad-text")
    shown = await operator.call("PUT", f"/people/{person}/suspension", {"reason": "ticket 1207"})
    assert shown["suspended_at"] == (await operator.get(f"/people/{person}"))["suspended_at"] is not None
    for browser in (anna, token):
        await browser.refused("GET", "/me", None, 401, "unauthorized")
    signing_in = {"email": EMAIL, "password": PASSWORD}
    await anna.refused("POST", "/session", signing_in, 403, "account-suspended")
    await operator.refused("PUT", f"/people/{person}/suspension", {"reason": "again"}, 409, "conflict")
    assert (await operator.call("DELETE", f"/people/{person}/suspension"))["suspended_at"] is None
    await anna.sign_in()
    await token.get("/me")
    await operator.refused("DELETE", f"/people/{person}/suspension", None, 409, "conflict")


async def test_the_first_admin_comes_by_the_printed_link_once(any_desk: Desk) -> None:
    browser, other = await any_desk.signed_up(), await any_desk.signed_up("ben@example.org")
    links = [await admin_link(any_desk.database, "http://veza.test") for _ in range(2)]
    tokens = [str(link).partition("?token=")[2] for link in links]
    claimed = await browser.call("POST", "/admin-claim", {"token": tokens[0]}, expect=200)
    assert claimed["roles"] == ["listener", "admin"]
    for token in tokens:
        await other.refused("POST", "/admin-claim", {"token": token}, 422, "bad-link")
    assert await admin_link(any_desk.database, "http://veza.test") is None
    await any_desk.browser().refused("POST", "/admin-claim", {"token": tokens[1]}, 401, "unauthorized")


async def test_the_audit_log_has_what_matters_and_no_secret(desk: Desk) -> None:
    browser = await desk.signed_up()
    await browser.send("POST", "/session", {"email": EMAIL, "password": "not the right one"})
    await browser.send("POST", "/session", {"email": "nobody@example.org", "password": "not the right one"})
    page = await desk.operator().get("/audit")
    failed = [item for item in page["items"] if item["act"] == "sign-in failed"]
    assert [item["person_id"] for item in failed] == [None, str(await desk.person_id())]
    assert {item["address"] for item in failed} == {"192.0.2.1"}
    text = str(page)
    assert "not the right one" not in text
    assert "example.org" not in text


async def test_asking_for_an_address_methods_needs_no_permission(desk: Desk) -> None:
    answer = await desk.browser().client.options("/api/v1/people")
    assert answer.status_code == 204
