"""Invitations: one answer for every address, a link for its holder, and no person joins by any other way."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests import factories
from tests.api.catalog.conftest import Shelf
from tests.client import UNKNOWN_ID
from tests.factories import change, person
from tests.statements import counted
from veza.accounts.people import Person
from veza.app.personal_data import on_person_deleted
from veza.catalog import invitations
from veza.catalog.invitations import BATCH, BEING_INVITED, INVITING, LASTS, Invitation
from veza.catalog.limits import Limits
from veza.kit import mail
from veza.kit.mail import Mail
from veza.kit.subscriptions import Event

ACCEPT = "/artist-invitations/accept"


async def _invited(shelf: Shelf, email: str = "ben@example.org", *, by: UUID | None = None, **more: str) -> Any:
    path = f"/artists/{shelf.artist['id']}/invitations"
    return await shelf.call("POST", path, {"email": email, **more}, by=by or shelf.anna)


async def _mails(shelf: Shelf) -> list[mail.OpenedMail]:
    async with shelf.catalog.database.read() as session:
        rows = (await session.scalars(select(Mail).order_by(Mail.id))).all()
        return [mail.opened(session.box, row) for row in rows]


async def _link(shelf: Shelf) -> dict[str, str]:
    """The secret of the newest mail's link."""
    found = re.search(r"https://veza.test/invitation\?token=(\S+)", (await _mails(shelf))[-1].text)
    assert found
    return {"token": found[1]}


async def _members(shelf: Shelf, by: UUID | None = None) -> dict[str, str]:
    path = f"/artists/{shelf.artist['id']}/members"
    return {one["name"]: one["part"] for one in (await shelf.call("GET", path, by=by or shelf.anna))["items"]}


async def test_who_is_invited_joins_by_the_link_once(any_shelf: Shelf) -> None:
    shelf = any_shelf
    path = f"/artists/{shelf.artist['id']}/invitations"
    made = await _invited(shelf, " BEN@Example.org ", part="owner")
    assert (made["email"], made["part"]) == ("ben@example.org", "owner")
    assert (await shelf.call("GET", path, by=shelf.anna))["items"] == [made]
    link = await _link(shelf)
    assert await _members(shelf) == {"Anna": "owner"}
    await shelf.refused("POST", ACCEPT, link, 401, "unauthorized")
    joined = await shelf.call("POST", ACCEPT, link, by=shelf.ben, expect=200)
    assert (joined["slug"], joined["member"]["name"], joined["member"]["part"]) == ("dzana-kovac", "Ben", "owner")
    assert shelf.became_artists[-1] == shelf.ben
    assert await _members(shelf, shelf.ben) == {"Anna": "owner", "Ben": "owner"}
    assert (await shelf.call("GET", path, by=shelf.ben))["items"] == []
    await shelf.refused("POST", ACCEPT, link, 404, "not-found", by=shelf.ben)


async def test_the_answer_and_the_work_are_the_same_whether_there_is_an_account_or_not(any_shelf: Shelf) -> None:
    told, asked = [], []
    for email in ("ben@example.org", "nobody@example.org", "anna@example.org"):
        with counted(any_shelf.catalog.database) as statements:
            made = await _invited(any_shelf, email)
        told.append({**made, "id": None, "email": None})
        asked.append(len(statements))
    assert told[0] == told[1] == told[2]
    assert asked[0] == asked[1] == asked[2]
    mails = await _mails(any_shelf)
    assert [one.to for one in mails] == ["ben@example.org", "nobody@example.org", "anna@example.org"]
    assert len({re.sub(r"token=\S+", "", one.text) for one in mails}) == 1


async def test_only_the_account_of_the_address_accepts_and_it_counts_as_confirmed(any_shelf: Shelf) -> None:
    shelf = any_shelf
    carl = await person(shelf.catalog.database, "Carl", email="carl@example.org")
    await change(shelf.catalog.database, Person, shelf.ben, email_confirmed_at=None)
    await _invited(shelf)
    link = await _link(shelf)
    assert "another address" in await shelf.refused("POST", ACCEPT, link, 403, "forbidden", by=carl)
    await shelf.call("POST", ACCEPT, link, by=shelf.ben, expect=200)
    async with shelf.catalog.database.read() as session:
        assert (await session.get_one(Person, shelf.ben)).is_confirmed


async def test_an_invitation_ends_when_it_is_taken_back_replaced_too_old_or_its_owner_is_none(any_shelf: Shelf) -> None:
    shelf = any_shelf
    path = f"/artists/{shelf.artist['id']}"
    made = await _invited(shelf)
    taken_back = await _link(shelf)
    await shelf.call("DELETE", f"{path}/invitations/{made['id']}", by=shelf.anna)
    await shelf.refused("DELETE", f"{path}/invitations/{made['id']}", None, 404, "not-found", by=shelf.anna)
    await _invited(shelf)
    replaced = await _link(shelf)
    await _invited(shelf)
    too_old = await _link(shelf)
    assert len((await shelf.call("GET", f"{path}/invitations", by=shelf.anna))["items"]) == 1
    shelf.clock.advance(LASTS)
    assert (await shelf.call("GET", f"{path}/invitations", by=shelf.anna))["items"] == []
    carl = await person(shelf.catalog.database, "Carl", email="carl@example.org")
    await shelf.join(carl, "owner")
    await _invited(shelf, by=carl)
    by_one_who_left = await _link(shelf)
    await shelf.call("PATCH", f"{path}/members/{carl}", {"part": "member"}, by=shelf.anna)
    assert (await shelf.call("GET", f"{path}/invitations", by=shelf.anna))["items"] == []
    for link in (taken_back, replaced, too_old, by_one_who_left, {"token": "made-up"}):
        await shelf.refused("POST", ACCEPT, link, 404, "not-found", by=shelf.ben)
    assert await _members(shelf) == {"Anna": "owner", "Carl": "member"}


async def test_of_two_who_accept_at_once_one_joins(any_shelf: Shelf) -> None:
    await _invited(any_shelf)
    link = await _link(any_shelf)
    answers = await asyncio.gather(*(any_shelf.send("POST", ACCEPT, link, by=any_shelf.ben) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 404]
    assert await _members(any_shelf) == {"Anna": "owner", "Ben": "member"}


async def test_who_is_one_of_them_already_is_told_when_accepting(shelf: Shelf) -> None:
    await shelf.join(shelf.ben)
    await _invited(shelf, part="owner")
    await shelf.refused("POST", ACCEPT, await _link(shelf), 409, "not-now", by=shelf.ben)
    assert await _members(shelf) == {"Anna": "owner", "Ben": "member"}


async def test_members_see_and_take_back_invitations_and_only_owners_invite(shelf: Shelf) -> None:
    path = f"/artists/{shelf.artist['id']}/invitations"
    await shelf.join(shelf.ben)
    made = await _invited(shelf, "carl@example.org")
    await shelf.refused("POST", path, {"email": "carl@example.org"}, 403, "forbidden", by=shelf.ben)
    assert (await shelf.call("GET", path, by=shelf.ben))["items"] == [made]
    other = await shelf.call("POST", "/artists", {"name": "Ben", "country": "DE", "currency": "EUR"}, by=shelf.ben)
    elsewhere = f"/artists/{other['id']}/invitations/{made['id']}"
    await shelf.refused("DELETE", elsewhere, None, 404, "not-found", by=shelf.ben)
    await shelf.refused("DELETE", f"{path}/{UNKNOWN_ID}", None, 404, "not-found", by=shelf.ben)
    await shelf.call("DELETE", f"{path}/{made['id']}", by=shelf.ben)
    assert (await shelf.call("GET", path, by=shelf.ben))["items"] == []


@pytest.mark.parametrize("email", ["ben", "ben@", "b en@example.org", "бен@example.org", "a" * 300 + "@example.org"])
async def test_what_is_no_address_is_refused(shelf: Shelf, email: str) -> None:
    path = f"/artists/{shelf.artist['id']}/invitations"
    await shelf.refused("POST", path, {"email": email}, 422, "bad-email", by=shelf.anna)
    assert await _mails(shelf) == []


async def test_invitations_are_slowed_by_person_and_by_address(shelf: Shelf) -> None:
    path = f"/artists/{shelf.artist['id']}/invitations"
    for _ in range(BEING_INVITED.burst):
        await _invited(shelf)
    answer = await shelf.send("POST", path, {"email": "ben@example.org"}, by=shelf.anna)
    assert (answer.status_code, int(answer.headers["retry-after"]) > 60) == (429, True)
    with counted(shelf.catalog.database) as statements:
        await shelf.send("POST", path, {"email": "ben@example.org"}, by=shelf.anna)
    # The proof that was given before is a link; of the invitation itself nothing is written.
    written = [one for one in statements if not one.startswith(("SELECT", "INSERT INTO links"))]
    assert written == []
    for number in range(INVITING.burst - BEING_INVITED.burst):
        await _invited(shelf, f"{number}@example.org")
    await shelf.refused("POST", path, {"email": "carl@example.org"}, 429, "rate-limited", by=shelf.anna)
    shelf.clock.advance(INVITING.per)
    await _invited(shelf, "carl@example.org")


async def test_people_and_invitations_together_have_a_bound(shelf: Shelf) -> None:
    path = f"/artists/{shelf.artist['id']}/invitations"
    for number in range(Limits().people_per_artist - 1):
        shelf.clock.advance(INVITING.per)
        await _invited(shelf, f"{number}@example.org")
    shelf.clock.advance(INVITING.per)
    said = await shelf.refused("POST", path, {"email": "ben@example.org"}, 422, "bad-value", by=shelf.anna)
    assert "has 50 people and invitations" in said


async def test_addresses_are_forgotten_when_an_invitation_is_over(any_shelf: Shelf) -> None:
    database = any_shelf.catalog.database
    async with database.write() as session:
        for number in range(BATCH + 1):
            session.add(
                Invitation(
                    id=session.new_id(), artist_id=UUID(any_shelf.artist["id"]), email=f"{number}@example.org",
                    role="member", secret_hash=str(number), created_at=session.now,
                    expires_at=session.now + timedelta(seconds=number and 1),
                )
            )  # fmt: skip
    assert await invitations.sweep(database) == 1
    any_shelf.clock.advance(timedelta(seconds=1))
    assert await invitations.sweep(database) == BATCH


async def test_the_invitations_of_a_deleted_account_are_gone(any_shelf: Shelf) -> None:
    await _invited(any_shelf)
    database = any_shelf.catalog.database
    # An artist keeps an owner: without another one the account could not go.
    await factories.member(database, UUID(any_shelf.artist["id"]), any_shelf.ben, "owner")
    async with database.write() as session:
        event = Event(session.new_id(), "person.deleted", {"person_id": str(any_shelf.anna)}, session.now)
        await on_person_deleted(session, event)
        assert (await session.scalars(select(Invitation))).all() == []
