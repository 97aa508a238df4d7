"""Two people edit one thing: the second is told with 412, and nothing is overwritten."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from litestar.routes import HTTPRoute

from tests.api.market.conftest import open_shop
from tests.api.visitors import visiting
from tests.api.world import World, filled, world_in
from veza.accounts import links
from veza.accounts.links import Purpose
from veza.community.comments import Comment

API = "/api/v1"
NOT_SHARED = {
    "/me": "one's own, ended by its person alone",
    "/people/{person_id}": "closing an account changes nothing of it: it ends",
    "/me/second-factor": "one's own, and every step of it proves who asks",
    "/session": "one's own",
    "/me/listenbrainz": "one's own",
    "/me/findability": "one's own, and one choice",
    "/me/sessions": "one's own",
    "/cart": "one's own",
    "/uploads/{upload_id}": "tus: `Upload-Offset` says what its sender has read",
}
"""Shown and written at the same address, without `If-Match`, and why."""


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One for all tests here: each reads what it edits just before, and leaves the things in their places."""
    async with world_in(tmp_path_factory.mktemp("edited"), sqlite_template, 3) as made:
        await _commented(made)
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def on_both(database_url: str) -> AsyncIterator[World]:
    async for shop in open_shop(database_url, create_tables=False):
        made = await filled(shop, 2)
        await _commented(made)
        yield made
        await made.close()


async def _commented(world: World) -> None:
    """The person has said something on their track, a moment ago."""
    world.ids["comment_id"] = await _comment(world)


async def _comment(world: World) -> UUID:
    async with world.shop.stage.database.write() as session:
        said = {"track_id": world.ids["track_id"], "person_id": world.person, "at_ms": 5, "text": "mine"}
        comment = Comment(id=session.new_id(), created_at=session.now, **said)
        session.add(comment)
    return comment.id


async def sent(world: World, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
    told = {**world.who, "Idempotency-Key": str(uuid4()), **headers}
    return await world.client.request(method, f"{API}{path}", json=body, headers=told)


async def tag(world: World, path: str) -> str:
    answer = await world.client.get(f"{API}{path}", headers=world.who)
    assert answer.status_code == 200, answer.text
    assert re.fullmatch('"[0-9a-f]{32}"', answer.headers["etag"])
    return answer.headers["etag"]


async def proof_for(world: World, edit: Edit) -> dict[str, str]:
    """The header of a fresh proof, where the edit takes one."""
    if not edit.takes_proof:
        return {}
    async with world.shop.stage.database.write() as session:
        return {"X-Veza-Proof": links.make(session, Purpose.PROOF, world.person)}


@dataclass(frozen=True)
class Edit:
    """A write of what is shown at an address: two different ones of it."""

    shown: str
    method: str
    path: str
    first: Any
    second: Any
    takes_proof: bool = False


def edits(world: World) -> dict[str, Edit]:
    ids = world.ids
    artist, release, track = f"/artists/{world.act.id}", f"/releases/{ids['release_id']}", f"/tracks/{ids['track_id']}"
    playlist, product = f"/playlists/{ids['playlist_id']}", f"/products/{ids['product_id']}"
    person, report = f"/people/{world.person}", f"/moderation/reports/{ids['report_id']}"
    comment = f"/comments/{ids['comment_id']}"
    message = f"/channels/{ids['channel_id']}/messages/{ids['message_id']}"
    items = {"track_ids": [str(ids["track_id"])]}
    price = {"pricing": "fixed", "price_minor": 700}
    mail = {"kind": "sale", "channel": "mail", "pace": "never"}
    return {
        "artist": Edit(artist, "PATCH", artist, {"bio": "one"}, {"bio": "two"}),
        "fee": Edit(f"{artist}/fee", "PUT", f"{artist}/fee", {"fee_bps": 1}, {"fee_bps": 2}),
        "release": Edit(release, "PATCH", release, {"description": "one"}, {"description": "two"}),
        "its cover": Edit(release, "DELETE", f"{release}/cover", None, None),
        "its tracks": Edit(release, "POST", f"{release}/tracks", {"title": "Another"}, {"title": "One more"}),
        "track": Edit(track, "PATCH", track, {"title": "One"}, {"title": "Two"}),
        "its place": Edit(track, "POST", f"{track}/move", {"position": 2}, {"position": 1}),
        "playlist": Edit(playlist, "PATCH", playlist, {"title": "One"}, {"title": "Two"}),
        "its link": Edit(playlist, "POST", f"{playlist}/link", {}, {}),
        "its items": Edit(playlist, "POST", f"{playlist}/items", items, items),
        "product": Edit(product, "PATCH", product, price, {**price, "price_minor": 800}),
        "comment": Edit(comment, "PATCH", comment, {"text": "One"}, {"text": "Two"}),
        "hidden": Edit(comment, "PUT", f"{comment}/hidden", None, None),
        "shown again": Edit(comment, "DELETE", f"{comment}/hidden", None, None),
        "message": Edit(message, "PATCH", message, {"text": "One"}, {"text": "Two"}),
        "message hidden": Edit(message, "PUT", f"{message}/hidden", None, None),
        "message shown again": Edit(message, "DELETE", f"{message}/hidden", None, None),
        "chat settings": Edit(
            "/me/chat-settings", "PUT", "/me/chat-settings", {"who_may_write": "nobody"}, {"who_may_write": "followed"}
        ),
        "me": Edit("/me", "PATCH", "/me", {"name": "One"}, {"name": "Two"}),
        "person": Edit(person, "PUT", f"{person}/roles/moderator", {}, {}, takes_proof=True),
        "report": Edit(report, "POST", f"{report}/claim", {}, {}),
        "preferences": Edit(
            "/me/notice-preferences", "PUT", "/me/notice-preferences", mail, {**mail, "pace": "at_once"}
        ),
    }


OUTDATED = '"00000000000000000000000000000000"'


async def test_what_was_read_before_another_change_is_not_written_over(world: World) -> None:
    """With an outdated tag nothing changes; with the one that was just read, and with `*`, it does."""
    wrong: list[str] = []
    for name, edit in edits(world).items():
        shown, method, path, first, second = edit.shown, edit.method, edit.path, edit.first, edit.second
        before = await tag(world, shown)
        proof = await proof_for(world, edit)  # what is refused does not use it up
        refused = await sent(world, method, path, first, **{"If-Match": OUTDATED}, **proof)
        if (refused.status_code, refused.json()["type"]) != (412, "urn:veza:problem:precondition-failed"):
            wrong.append(f"{name}: outdated gets {refused.status_code} {refused.text[:300]}")
            continue
        assert refused.headers["etag"] == before, name
        assert await tag(world, shown) == before, name
        weak = await sent(world, method, path, first, **{"If-Match": f"W/{before}"}, **proof)
        done = await sent(world, method, path, first, **{"If-Match": f'"x", {before}'}, **proof)
        if (weak.status_code, done.is_success) != (412, True):
            wrong.append(f"{name}: weak {weak.status_code}, current {done.status_code} {done.text[:300]}")
            continue
        again = await sent(world, method, path, second, **{"If-Match": "*"}, **await proof_for(world, edit))
        if not again.is_success:
            wrong.append(f"{name}: * {again.status_code} {again.text[:300]}")
    assert wrong == []


async def test_of_two_who_read_the_same_exactly_one_writes(on_both: World) -> None:
    world = on_both
    for name in ("artist", "release", "track", "playlist", "product", "comment", "message"):
        edit = edits(world)[name]
        read = await tag(world, edit.shown)
        both = [sent(world, edit.method, edit.path, body, **{"If-Match": read}) for body in (edit.first, edit.second)]
        answers = await asyncio.gather(*both)
        assert sorted(answer.status_code for answer in answers) == [200, 412], name
        (done,) = [answer for answer in answers if answer.status_code == 200]
        wanted = edit.first if answers[0] is done else edit.second
        now = (await world.client.get(f"{API}{edit.shown}", headers=world.who)).json()
        assert {key: value for key, value in now.items() if key in wanted and key != "pricing"} == {
            key: value for key, value in wanted.items() if key != "pricing"
        }, name


async def test_a_repeat_of_what_was_done_is_answered_again_although_the_thing_has_changed(world: World) -> None:
    path = f"/artists/{world.act.id}"
    headers = {"If-Match": await tag(world, path), "Idempotency-Key": "once"}
    done = await sent(world, "PATCH", path, {"bio": "one"}, **headers)
    again = await sent(world, "PATCH", path, {"bio": "one"}, **headers)
    assert (done.status_code, again.status_code, again.headers["idempotent-replayed"]) == (200, 200, "true")


async def test_a_refusal_uses_up_no_key(world: World) -> None:
    path = f"/artists/{world.act.id}"
    refused = await sent(world, "PATCH", path, {"bio": "one"}, **{"If-Match": OUTDATED, "Idempotency-Key": "k"})
    headers = {"If-Match": refused.headers["etag"], "Idempotency-Key": "k"}
    assert (await sent(world, "PATCH", path, {"bio": "one"}, **headers)).status_code == 200


async def test_what_is_no_tag_is_told_in_words(world: World) -> None:
    for header in ("abc", '"abc', "", '"a" "b"', "*, *"):
        refused = await sent(world, "PATCH", f"/artists/{world.act.id}", {"bio": "one"}, **{"If-Match": header})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/If-Match"), header


async def test_a_stranger_learns_nothing_by_a_tag(world: World) -> None:
    stranger = visiting(await world.shop.person())
    headers = {**stranger, "Idempotency-Key": "k", "If-Match": OUTDATED}
    path = f"{API}/playlists/{world.ids['playlist_id']}"
    refused = await world.client.patch(path, json={"title": "Mine"}, headers=headers)
    assert (refused.status_code, refused.headers.get("etag")) in {(403, None), (404, None)}


async def test_a_hidden_comment_is_shown_to_its_author_and_the_artists_people_only(world: World) -> None:
    path, stranger = f"{API}/comments/{await _comment(world)}", visiting(await world.shop.person())
    assert (await world.client.get(path)).json()["text"] == "mine"
    assert (await sent(world, "PUT", path.removeprefix(API) + "/hidden")).status_code == 200
    for who in ({}, stranger):
        assert (await world.client.get(path, headers=who)).status_code == 404
        tagged = {**who, "Idempotency-Key": str(uuid4()), "If-Match": OUTDATED}
        told = await world.client.patch(path, json={"text": "x"}, headers=tagged)
        assert (told.status_code, told.headers.get("etag")) in {(404, None), (401, None)}
    assert (await world.client.get(path, headers=world.who)).json()["is_hidden"] is True
    assert (await sent(world, "DELETE", path.removeprefix(API))).status_code == 200
    assert (await world.client.get(path, headers=world.who)).status_code == 404


async def test_version_or_tag_is_needed_where_version_was(world: World) -> None:
    for path in (f"/releases/{world.ids['release_id']}", f"/playlists/{world.ids['playlist_id']}"):
        version = (await world.client.get(f"{API}{path}", headers=world.who)).json()["version"]
        neither = await sent(world, "PATCH", path, {"title": "New"})
        assert (neither.status_code, neither.json()["errors"][0]["pointer"]) == (400, "/version")
        assert (await sent(world, "PATCH", path, {"title": "New", "version": version + 7})).status_code == 409
        assert (await sent(world, "PATCH", path, {"title": "New", "version": version})).status_code == 200


async def test_every_write_at_the_address_of_a_thing_honours_if_match(world: World) -> None:
    """What is shown at an address, and written there or below it, with one exception each."""
    shown, missing = set(), []
    routes = [route for route in world.litestar.routes if isinstance(route, HTTPRoute)]
    for route in routes:
        if "GET" in route.methods and route.path.startswith(f"{API}/"):
            shown.add(route.path)
    for route in routes:
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path.removeprefix(API))
        for handler in route.route_handlers:
            writes = handler.http_methods & {"PUT", "PATCH", "DELETE"}
            if not writes or route.path not in shown or path in NOT_SHARED:
                continue
            if "if_match" not in _taken_by(handler):
                missing.append(f"{writes} {path}")
    assert missing == []


def _taken_by(handler: Any) -> set[str]:
    return set(handler.parsed_fn_signature.parameters)
