"""Covers: what a picture becomes, where it is served, and what hostile files get."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.api.catalog.conftest import Shelf
from tests.api.visitors import visiting
from tests.client import UNKNOWN_ID
from tests.factories import change, person
from tests.ingest.pictures import opened, picture
from veza.catalog.artists import Artist
from veza.catalog.pictures import MOST_BYTES
from veza.catalog.releases import Release
from veza.kit.messages import gettext
from veza.library import grants
from veza.library.grants import CauseKind, Given, ItemKind


async def _put(shelf: Shelf, release_id: str, source: bytes, kind: str = "image/png", **more: str) -> httpx.Response:
    return await shelf.send(
        "PUT", f"/releases/{release_id}/cover", by=shelf.anna, content=source,
        headers={"Content-Type": kind}, **more,
    )  # fmt: skip


async def test_a_published_cover_is_served_to_everybody_in_its_sizes(any_shelf: Shelf) -> None:
    release = await any_shelf.release("A", publish=True)
    answer = await _put(any_shelf, release["id"], picture(size=(400, 300)))
    assert answer.status_code == 200, answer.text
    cover = answer.json()["cover"]
    assert cover["sizes"] == [96, 256]
    assert cover["colour"] == "#c81e3c"
    assert cover["palette"] is None or len(cover["palette"]) == 16
    for name, kind, side in (("96.webp", "WEBP", 96), ("256.jpg", "JPEG", 256), ("1024.webp", "WEBP", 256)):
        shown = await any_shelf.client.get(f"/covers/{cover['id']}/{name}")
        assert shown.status_code == 200
        assert (opened(shown.content).format, opened(shown.content).size) == (kind, (side, side))
        assert shown.headers["content-type"] == f"image/{kind.lower()}"
        assert shown.headers["cache-control"] == "public, max-age=3600"
        again = await any_shelf.client.get(
            f"/covers/{cover['id']}/{name}", headers={"If-None-Match": shown.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")
    assert cover["url"] == f"/covers/{cover['id']}/256.webp"


async def _look(shelf: Shelf, cover: dict[str, Any], by: Any = None) -> tuple[int, str]:
    """The status of looking at a cover, and what caches are told."""
    who = by if isinstance(by, dict) else visiting(by) if by else {}
    answer = await shelf.client.get(cover["url"], headers=who)
    return answer.status_code, answer.headers["cache-control"]


NOT_THERE, OWN, FOR_ALL = (404, "private, no-store"), (200, "private, no-store"), (200, "public, max-age=3600")


async def test_a_cover_is_seen_by_who_may_see_a_release_with_it(any_shelf: Shelf) -> None:
    shelf, moderator = any_shelf, visiting(any_shelf.ben, "moderator")
    release = await shelf.release("A")
    path = f"/releases/{release['id']}"
    cover = (await _put(shelf, release["id"], picture())).json()["cover"]

    async def seen() -> list[tuple[int, str]]:
        return [await _look(shelf, cover, by) for by in (None, shelf.ben, shelf.anna, moderator)]

    closed, opened_up = [NOT_THERE, NOT_THERE, OWN, OWN], [FOR_ALL] * 4
    assert await seen() == closed
    at = (shelf.clock.now() + timedelta(days=1)).isoformat()
    await shelf.call("POST", f"{path}/schedule", {"publish_at": at}, by=shelf.anna, expect=200)
    assert await seen() == closed
    await shelf.call("POST", f"{path}/publish", by=shelf.anna, expect=200)
    assert await seen() == opened_up
    await shelf.call("POST", f"{path}/withdraw", by=shelf.anna, expect=200)
    assert await seen() == closed
    await shelf.call("POST", f"{path}/publish", by=shelf.anna, expect=200)
    for model, row_id in ((Release, release["id"]), (Artist, shelf.artist["id"])):
        await change(shelf.catalog.database, model, UUID(row_id), hidden_at=shelf.clock.now())
        assert await seen() == closed
        await change(shelf.catalog.database, model, UUID(row_id), hidden_at=None)
        assert await seen() == opened_up
    await shelf.call("DELETE", f"{path}/cover", by=shelf.anna)
    assert await seen() == closed


async def test_a_token_that_does_not_read_shows_no_cover_that_is_not_public(shelf: Shelf) -> None:
    release = await shelf.release("A")
    cover = (await _put(shelf, release["id"], picture())).json()["cover"]
    to_read, to_buy = (visiting(shelf.anna, "artist", scopes=scope) for scope in ("read", "shop"))
    assert [(await _look(shelf, cover, by))[0] for by in (to_read, to_buy)] == [200, 403]


async def test_a_picture_on_a_draft_and_on_what_is_published_is_public(shelf: Shelf) -> None:
    for row in (await shelf.release("A", publish=True), await shelf.release()):
        cover = (await _put(shelf, row["id"], picture())).json()["cover"]
        assert await _look(shelf, cover) == FOR_ALL


@pytest.mark.parametrize("kind", ["release", "track"])
async def test_an_owner_sees_the_cover_of_what_was_withdrawn_and_not_of_what_was_hidden(
    any_shelf: Shelf, kind: str
) -> None:
    shelf, eve = any_shelf, await person(any_shelf.catalog.database, "Eve", email="eve@example.org")
    release = await shelf.release("A", publish=True)
    cover = (await _put(shelf, release["id"], picture())).json()["cover"]
    item = UUID(release["id"] if kind == "release" else release["tracks"][0]["id"])
    cause = shelf.catalog.database.ids.new()
    given = Given(ItemKind(kind), item, UUID(release["id"]), CauseKind.ORDER_LINE, cause, person_id=eve)
    async with shelf.catalog.database.write() as session:
        await grants.give(session, given, because=gettext("bought"))
    await shelf.call("POST", f"/releases/{release['id']}/withdraw", by=shelf.anna, expect=200)
    assert [await _look(shelf, cover, by) for by in (eve, shelf.ben, None)] == [OWN, NOT_THERE, NOT_THERE]
    await change(shelf.catalog.database, Release, UUID(release["id"]), hidden_at=shelf.clock.now())
    assert await _look(shelf, cover, eve) == NOT_THERE
    await change(shelf.catalog.database, Release, UUID(release["id"]), hidden_at=None)
    async with shelf.catalog.database.write() as session:
        await grants.revoke(session, CauseKind.ORDER_LINE, [cause], because=gettext("refunded"))
    assert await _look(shelf, cover, eve) == NOT_THERE


async def test_the_same_picture_is_one_cover(any_shelf: Shelf) -> None:
    one, other = await any_shelf.release(), await any_shelf.release(title="Other")
    source = picture()
    answers = await asyncio.gather(*(_put(any_shelf, row["id"], source) for row in (one, other)))
    assert [answer.status_code for answer in answers] == [200, 200]
    first, second = [answer.json() for answer in answers]
    assert first["cover"] == second["cover"]
    assert first["version"] == 2
    again = (await _put(any_shelf, one["id"], source)).json()
    assert again["version"] == 2
    bare = await any_shelf.call("DELETE", f"/releases/{one['id']}/cover", by=any_shelf.anna)
    assert bare["cover"] is None


async def test_the_same_key_twice_is_one_write(shelf: Shelf) -> None:
    release = await shelf.release()
    first = await _put(shelf, release["id"], picture(), key="k")
    again = await _put(shelf, release["id"], picture(), key="k")
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize(
    ("source", "kind", "status", "sentence"),
    [
        (b"", "image/png", 422, "no picture"),
        (b"GIF89a" + bytes(100), "image/png", 422, "no picture"),
        (picture("GIF"), "image/png", 422, "no picture"),
        (picture("JPEG")[:400], "image/jpeg", 422, "no picture"),
        (picture(size=(95, 900)), "image/png", 422, "95 × 900"),
        (picture("PNG", (8000, 7000), 0, mode="1"), "image/png", 422, "50 million pixels"),
        (picture(), "image/gif", 415, "image/gif"),
        (picture(), "application/json", 400, "not UTF-8"),
        (bytes(MOST_BYTES + 1), "image/png", 413, "larger"),
    ],
)
async def test_what_cannot_be_a_cover_is_one_sentence(
    shelf: Shelf, source: bytes, kind: str, status: int, sentence: str
) -> None:
    release = await shelf.release()
    answer = await _put(shelf, release["id"], source, kind)
    assert answer.status_code == status, answer.text
    assert sentence in answer.json()["detail"]
    assert (await shelf.call("GET", f"/releases/{release['id']}", by=shelf.anna))["cover"] is None


async def test_a_cover_is_the_artists_peoples_to_give(shelf: Shelf) -> None:
    release = await shelf.release("A", publish=True)
    path = f"/releases/{release['id']}/cover"
    headers = {"Content-Type": "image/png"}
    for by, status in ((shelf.ben, 403), (None, 401)):
        assert (await shelf.send("PUT", path, by=by, content=picture(), headers=headers)).status_code == status


@pytest.mark.parametrize("name", ["96.gif", "x.webp", "96", "0.webp", "95.jpg", "٩٦.jpg", "..%2F96.jpg"])
async def test_an_address_without_a_picture_is_a_404(shelf: Shelf, name: str) -> None:
    release = await shelf.release()
    cover = (await _put(shelf, release["id"], picture())).json()["cover"]
    for cover_id in (cover["id"], UNKNOWN_ID):
        assert (await shelf.client.get(f"/covers/{cover_id}/{name}")).status_code == 404
