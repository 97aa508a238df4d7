"""Roles and the end of other people's accounts take a fresh proof, which is good once, for a while, for its person."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.api.accounts.conftest import EMAIL, PASSWORD, Desk
from tests.api.accounts.test_second_factor import turned_on
from veza.accounts import roles
from veza.accounts.permissions import Role

BEN = "ben@example.org"
NEEDED = "urn:veza:problem:proof-needed"


@pytest.mark.parametrize(
    ("method", "path", "done"),
    [("PUT", "/roles/moderator", 200), ("DELETE", "/roles/artist", 200), ("DELETE", "", 204)],
)
async def test_what_takes_a_proof(any_desk: Desk, method: str, path: str, done: int) -> None:
    anna = await any_desk.signed_up(EMAIL, Role.ADMIN)
    ben = await any_desk.signed_up(BEN, Role.ARTIST)
    address = f"/people/{await any_desk.person_id(BEN)}{path}"
    foreign = await ben.proof()
    for headers in ({}, {"X-Veza-Proof": ""}, {"X-Veza-Proof": "x" * 43}, foreign):
        answer = await anna.send(method, address, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (422, NEEDED), answer.text
    old = await anna.proof()
    proof = await anna.proof()
    assert (await anna.send(method, address, headers=old)).json()["type"] == NEEDED
    key = str(uuid4())
    assert (await anna.send(method, address, headers=proof, key=key)).status_code == done
    repeated = await anna.send(method, address, headers=proof, key=key)
    assert (repeated.status_code, repeated.headers["idempotent-replayed"]) == (done, "true")
    again = await anna.send("PUT", f"/people/{await any_desk.person_id()}/roles/moderator", headers=proof)
    assert again.json()["type"] == NEEDED


async def test_a_proof_lasts_five_minutes(desk: Desk) -> None:
    anna = await desk.signed_up(EMAIL, Role.ADMIN)
    proof = await anna.proof()
    desk.clock.advance(timedelta(minutes=5))
    address = f"/people/{await desk.person_id()}/roles/moderator"
    assert (await anna.send("PUT", address, headers=proof)).json()["type"] == NEEDED


async def test_of_two_requests_with_one_proof_one_is_done(any_desk: Desk) -> None:
    anna = await any_desk.signed_up(EMAIL, Role.ADMIN)
    proof, person = await anna.proof(), await any_desk.person_id()
    sent = [anna.send("PUT", f"/people/{person}/roles/{role}", headers=proof) for role in ("moderator", "artist")]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_a_proof_takes_the_password_and_a_code_where_there_is_one(any_desk: Desk) -> None:
    browser, _, codes = await turned_on(any_desk)
    await browser.refused("POST", "/me/proofs", {"password": "wrong one here"}, 422, "wrong-password")
    await browser.refused("POST", "/me/proofs", {"password": PASSWORD}, 401, "code-needed")
    await browser.refused("POST", "/me/proofs", {"password": PASSWORD, "code": "000000"}, 422, "wrong-code")
    proof = await browser.proof(code=codes[0])
    async with any_desk.database.write() as session:
        await roles.give(session, await any_desk.person_id(), Role.ADMIN, by="test")
    address = f"/people/{await any_desk.person_id()}/roles/artist"
    assert (await browser.send("PUT", address, headers=proof)).status_code == 200


async def test_a_new_password_ends_a_proof_that_was_given_before(desk: Desk) -> None:
    anna = await desk.signed_up(EMAIL, Role.ADMIN)
    proof = await anna.proof()
    await anna.call("PUT", "/me/password", {"current": PASSWORD, "new": "a ferry full of harps"}, expect=204)
    address = f"/people/{await desk.person_id()}/roles/moderator"
    assert (await anna.send("PUT", address, headers=proof)).json()["type"] == NEEDED
