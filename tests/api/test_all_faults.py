"""What a module cannot take of a body is told in one answer: each field that is wrong, with a sentence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.market.conftest import open_shop
from tests.api.world import World, filled

API = "/api/v1"
TWO_TAGS = ["jazz", " ", "soul", "  "]
"""Spaces are text of that length, and nothing is left of it."""


@pytest.fixture
async def world(sqlite_url: str) -> AsyncIterator[World]:
    async for shop in open_shop(sqlite_url, create_tables=False):
        made = await filled(shop, 2)
        yield made
        await made.client.aclose()


async def sent(world: World, method: str, path: str, body: Any) -> httpx.Response:
    headers = {**world.who, "Idempotency-Key": str(uuid4()), "If-Match": "*"}
    if method == "POST":
        del headers["If-Match"]
    return await world.client.request(method, f"{API}{path}", json=body, headers=headers)


def bodies(world: World) -> dict[str, tuple[str, str, Any, set[str]]]:
    """Method, path, a body, and the pointers of everything that is wrong in it."""
    ids = world.ids
    artist, release, track = f"/artists/{world.act.id}", f"/releases/{ids['release_id']}", f"/tracks/{ids['track_id']}"
    credits = [{"name": "Mara", "part": " "}, {"name": " ", "part": "bass"}]
    odd_artist = {"name": " ", "country": "XX", "currency": "ZZZ", "tags": TWO_TAGS}
    at_artist = {"/name", "/country", "/currency", "/tags/1", "/tags/3"}
    odd_track = {"title": "  ", "isrc": "nonononononono", "language": "xx-no", "credits": credits}
    at_track = {"/title", "/isrc", "/language", "/credits/0/part", "/credits/1/name"}
    odd_release = {"title": " ", "language": "qqqq", "release_date": "0001-01-01", "tags": TWO_TAGS}
    at_release = {"/title", "/language", "/release_date", "/tags/1", "/tags/3"}
    priced = {"pricing": "fixed", "price_minor": 1, "currency": "ZZZ"}
    listed = {"title": " ", "description": "fine"}
    return {
        "new artist": ("POST", "/artists", odd_artist, at_artist),
        "artist": ("PATCH", artist, odd_artist, at_artist),
        "new release": ("POST", f"{artist}/releases", {"kind": "album", **odd_release}, at_release),
        "release": ("PATCH", release, odd_release, at_release),
        "new track": ("POST", f"{release}/tracks", odd_track, at_track),
        "track": ("PATCH", track, odd_track, at_track),
        "new playlist": ("POST", "/playlists", listed, {"/title"}),
        "playlist": ("PATCH", f"/playlists/{ids['playlist_id']}", listed, {"/title"}),
        "product": ("PATCH", f"/products/{ids['product_id']}", priced, {"/currency", "/price_minor"}),
    }


async def test_every_field_a_module_cannot_take_is_named_at_once(world: World) -> None:
    wrong = []
    for name, (method, path, body, pointers) in bodies(world).items():
        answer = await sent(world, method, path, body)
        errors = answer.json().get("errors", [])
        if answer.status_code != 422 or {one["pointer"] for one in errors} != pointers:
            wrong.append(f"{name}: {answer.status_code} {answer.text[:600]}")
            continue
        assert {one["source"] for one in errors} == {"body"}
        assert answer.json()["detail"] == "; ".join(one["message"] for one in errors)
    assert wrong == [], "\n".join(wrong)


async def test_one_wrong_field_is_named_with_its_sentence_as_before(world: World) -> None:
    answer = await sent(world, "PATCH", f"/artists/{world.act.id}", {"country": "XX", "bio": "fine"})
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["field"]) == ("/country", "country")
    assert answer.json()["detail"] == error["message"]


async def test_what_was_refused_has_changed_nothing(world: World) -> None:
    path = f"/artists/{world.act.id}"
    before = (await world.client.get(f"{API}{path}", headers=world.who)).json()
    assert (await sent(world, "PATCH", path, {"name": "Other", "country": "XX"})).status_code == 422
    assert (await world.client.get(f"{API}{path}", headers=world.who)).json() == before
