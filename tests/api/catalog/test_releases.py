"""Releases: drafts, what publishing needs, who sees what, and of two who edit at once one is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.api.catalog.conftest import ALBUM, Shelf
from tests.api.visitors import visiting
from tests.client import UNKNOWN_ID
from veza.catalog.publishing import LEASE, PUBLISHED, WITHDRAWN
from veza.catalog.releases import Release, machine
from veza.kit import worker
from veza.kit.moves import history_of
from veza.kit.outbox import OutboxEvent

IN_A_DAY = "2026-01-06T10:00:00+01:00"


async def test_a_draft_is_its_peoples_and_moderators_only(any_shelf: Shelf) -> None:
    made = await any_shelf.release("Night Bus")
    assert (made["status"], made["slug"], made["version"]) == ("draft", "blue-hours", 1)
    paths = [
        f"/releases/{made['id']}",
        f"/artists/dzana-kovac/releases/{made['slug']}",
        f"/tracks/{made['tracks'][0]['id']}",
    ]
    for path in paths:
        await any_shelf.call("GET", path, by=any_shelf.anna)
        await any_shelf.call("GET", path, by=visiting(any_shelf.ben, "moderator"))
        await any_shelf.call("GET", path, by=any_shelf.ben, expect=404)
        await any_shelf.call("GET", path, expect=404)
    await any_shelf.refused("PATCH", paths[0], {"version": 1}, 404, "not-found", by=any_shelf.ben)
    for listing in ("/releases", "/tracks", "/artists/dzana-kovac/releases"):
        assert await any_shelf.walk(listing) == []
    assert len(await any_shelf.walk("/artists/dzana-kovac/releases", by=any_shelf.anna)) == 1


async def test_a_published_release_is_everybodys_and_tells_so(any_shelf: Shelf) -> None:
    made = await any_shelf.release("Night Bus", publish=True)
    shown = await any_shelf.call("GET", f"/releases/{made['id']}")
    assert (shown["status"], shown["published_at"]) == ("published", "2026-01-05T09:00:01Z")
    assert [one["id"] for one in await any_shelf.walk("/releases")] == [made["id"]]
    assert [one["title"] for one in await any_shelf.walk("/tracks")] == ["Night Bus"]
    assert len(await any_shelf.walk("/artists/dzana-kovac/releases")) == 1
    await any_shelf.refused("PATCH", f"/releases/{made['id']}", {"version": 2}, 403, "forbidden", by=any_shelf.ben)
    assert await _events(any_shelf) == [PUBLISHED]


async def test_what_takes_no_body_is_asked_for_without_one(shelf: Shelf) -> None:
    made = await shelf.release("Night Bus")
    headers = {**visiting(shelf.anna, "artist"), "Idempotency-Key": "once"}
    move, tracks = (f"/api/v1/releases/{made['id']}/{what}" for what in ("publish", "tracks"))
    assert (await shelf.client.post(move, headers=headers)).status_code == 200
    for wrong in ({"content": b"x"}, {"data": {"a": "b"}}, {"content": _streamed()}):
        assert (await shelf.client.post(move, headers=headers, **wrong)).status_code == 415
    assert (await shelf.client.post(tracks, headers=headers)).status_code == 415  # this one takes a body


async def test_publishing_needs_a_track_and_a_sample_pack_its_licence(shelf: Shelf) -> None:
    empty = await shelf.release()
    for move, body in (("publish", {}), ("schedule", {"publish_at": IN_A_DAY})):
        said = await shelf.refused("POST", f"/releases/{empty['id']}/{move}", body, 422, "not-complete", by=shelf.anna)
        assert "no track" in said
    pack = await shelf.release("Kick", kind="sample_pack")
    said = await shelf.refused("POST", f"/releases/{pack['id']}/publish", {}, 422, "not-complete", by=shelf.anna)
    assert "licence" in said
    free = {"version": 1, "licence": "Do what you like\nwith it."}
    await shelf.call("PATCH", f"/releases/{pack['id']}", free, by=shelf.anna)
    await shelf.call("POST", f"/releases/{pack['id']}/publish", by=shelf.anna, expect=200)
    gone = {"version": 3, "licence": ""}
    assert "licence" in await shelf.refused(
        "PATCH", f"/releases/{pack['id']}", gone, 422, "bad-value", by=shelf.anna
    )  # fmt: skip


async def test_a_withdrawn_release_is_hidden_and_keeps_its_date_when_it_returns(any_shelf: Shelf) -> None:
    made = await any_shelf.release("Night Bus", publish=True)
    path = f"/releases/{made['id']}"
    await any_shelf.call("POST", f"{path}/withdraw", by=any_shelf.anna, expect=200)
    await any_shelf.call("GET", path, expect=404)
    assert await any_shelf.walk("/tracks") == []
    await any_shelf.refused("POST", f"{path}/withdraw", {}, 409, "not-now", by=any_shelf.anna)
    any_shelf.clock.advance(timedelta(days=1))
    back = await any_shelf.call("POST", f"{path}/publish", by=any_shelf.anna, expect=200)
    assert back["published_at"] == made["published_at"]
    assert len(await any_shelf.walk("/tracks")) == 1
    assert await _events(any_shelf) == [PUBLISHED, WITHDRAWN, PUBLISHED]


async def test_a_scheduled_release_is_published_when_its_time_comes(any_shelf: Shelf) -> None:
    made = await any_shelf.release("Night Bus")
    path, publisher = f"/releases/{made['id']}", any_shelf.catalog.publisher
    for when in ("2026-01-05T09:00:00Z", "2031-01-05T09:00:00Z"):
        body = {"publish_at": when}
        assert "in the future" in await any_shelf.refused(
            "POST", f"{path}/schedule", body, 422, "bad-value", by=any_shelf.anna
        )
    naive = {"publish_at": "2026-01-06T09:00:00"}
    await any_shelf.refused("POST", f"{path}/schedule", naive, 400, "invalid-request", by=any_shelf.anna)
    shown = await any_shelf.call(
        "POST", f"{path}/schedule", {"publish_at": IN_A_DAY}, by=any_shelf.anna, expect=200
    )  # fmt: skip
    assert (shown["status"], shown["publish_at"]) == ("scheduled", "2026-01-06T09:00:00Z")
    assert await worker.run_once(publisher) == 0
    await any_shelf.call("GET", path, expect=404)
    left = datetime(2026, 1, 6, 9, tzinfo=UTC) - any_shelf.clock.now()
    any_shelf.clock.advance(left - timedelta(microseconds=1))
    assert await worker.run_once(publisher) == 0
    any_shelf.clock.advance(timedelta(microseconds=1))
    assert await worker.run_once(publisher) == 1
    assert await worker.run_once(publisher) == 0
    assert (await any_shelf.call("GET", path))["status"] == "published"
    async with any_shelf.catalog.database.read() as session:
        history = await history_of(session, (await session.get_one(Release, _id(made))).id)
    assert [change.by for change in history[-1:]] == ["release publisher"]


async def test_what_is_taken_back_is_not_published(any_shelf: Shelf) -> None:
    made = await any_shelf.release("Night Bus")
    path, publisher = f"/releases/{made['id']}", any_shelf.catalog.publisher
    await any_shelf.call("POST", f"{path}/schedule", {"publish_at": IN_A_DAY}, by=any_shelf.anna, expect=200)
    any_shelf.clock.advance(timedelta(days=1))
    (claim,) = await publisher.claim(5)
    assert await publisher.claim(5) == []
    await any_shelf.call("POST", f"{path}/unschedule", by=any_shelf.anna, expect=200)
    await publisher.work(claim)
    assert (await any_shelf.call("GET", path, by=any_shelf.anna))["status"] == "draft"


async def test_a_crashed_publishers_releases_come_back_with_their_lease(any_shelf: Shelf) -> None:
    made = await any_shelf.release("Night Bus")
    body = {"publish_at": IN_A_DAY}
    await any_shelf.call("POST", f"/releases/{made['id']}/schedule", body, by=any_shelf.anna, expect=200)
    any_shelf.clock.advance(timedelta(days=1))
    assert len(await any_shelf.catalog.publisher.claim(5)) == 1
    any_shelf.clock.advance(LEASE)
    assert await worker.run_once(any_shelf.catalog.publisher) == 1


async def test_the_only_track_of_a_scheduled_release_stays(shelf: Shelf) -> None:
    made = await shelf.release("Night Bus")
    body = {"publish_at": IN_A_DAY}
    await shelf.call("POST", f"/releases/{made['id']}/schedule", body, by=shelf.anna, expect=200)
    await shelf.refused("DELETE", f"/tracks/{made['tracks'][0]['id']}", None, 409, "not-now", by=shelf.anna)


async def test_of_two_who_edit_at_once_one_is_told(any_shelf: Shelf) -> None:
    made = await any_shelf.release()
    path = f"/releases/{made['id']}"
    answers = await asyncio.gather(
        *(any_shelf.send("PATCH", path, {"version": 1, "title": title}, by=any_shelf.anna) for title in ("A", "B"))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    told = next(answer.json() for answer in answers if answer.status_code == 409)
    assert told["type"] == "urn:veza:problem:outdated"
    assert "is at version 2 now, you read version 1" in told["detail"]


async def test_a_release_is_found_by_every_slug_it_or_its_artist_had(any_shelf: Shelf) -> None:
    made = await any_shelf.release("Night Bus", publish=True)
    body = {"version": made["version"], "title": "Bluer Hours"}
    await any_shelf.call("PATCH", f"/releases/{made['id']}", body, by=any_shelf.anna)
    await any_shelf.call("PATCH", "/artists/dzana-kovac", {"name": "Džana"}, by=any_shelf.anna)
    now = "/api/v1/artists/dzana/releases/bluer-hours"
    for path in ("dzana-kovac/releases/blue-hours", "dzana/releases/blue-hours", "dzana-kovac/releases/bluer-hours"):
        answer = await any_shelf.send("GET", f"/artists/{path}")
        assert (answer.status_code, answer.headers["location"]) == (308, now)
    assert (await any_shelf.call("GET", now.removeprefix("/api/v1")))["title"] == "Bluer Hours"
    assert (await any_shelf.release())["slug"] == "blue-hours-2"


async def test_every_slug_of_a_chain_of_renames_leads_to_the_last_at_once(any_shelf: Shelf) -> None:
    made = await any_shelf.release("Night Bus", publish=True)
    artists, titles = ["dzana-kovac"], ["blue-hours"]
    for number, name in enumerate(("Two", "Three", "Four")):
        body = {"version": made["version"] + number, "title": name}
        titles.append((await any_shelf.call("PATCH", f"/releases/{made['id']}", body, by=any_shelf.anna))["slug"])
        path = f"/artists/{any_shelf.artist['id']}"
        artists.append((await any_shelf.call("PATCH", path, {"name": name}, by=any_shelf.anna))["slug"])
    assert (artists[1:], titles[1:]) == (["two", "three", "four"],) * 2
    for artist in artists[:-1]:
        answer = await any_shelf.send("GET", f"/artists/{artist}")
        assert (answer.status_code, answer.headers["location"]) == (308, "/api/v1/artists/four")
        for title in titles:
            answer = await any_shelf.send("GET", f"/artists/{artist}/releases/{title}")
            assert (answer.status_code, answer.headers["location"]) == (308, "/api/v1/artists/four/releases/four")
    assert (await any_shelf.call("GET", "/artists/four/releases/four"))["id"] == made["id"]


async def test_a_draft_is_deleted_with_its_tracks_while_others_look(any_shelf: Shelf) -> None:
    made = await any_shelf.release("One", "Two", tags=["folk"])
    path = f"/releases/{made['id']}"
    answers = await asyncio.gather(
        any_shelf.send("DELETE", path, by=any_shelf.anna),
        any_shelf.send("GET", path, by=any_shelf.anna),
        any_shelf.send("PATCH", path, {"version": 1, "title": "Late"}, by=any_shelf.anna),
        any_shelf.send("POST", f"{path}/tracks", {"title": "Late"}, by=any_shelf.anna),
    )
    assert all(answer.status_code in {200, 201, 404, 409} for answer in answers), answers
    if answers[0].status_code == 200:
        await any_shelf.call("GET", path, by=any_shelf.anna, expect=404)
        await any_shelf.call("GET", f"/tracks/{made['tracks'][0]['id']}", by=any_shelf.anna, expect=404)
        assert (await any_shelf.release())["slug"] == "blue-hours"


async def test_what_was_published_is_not_deleted(shelf: Shelf) -> None:
    made = await shelf.release("One", publish=True)
    for status in ("published", "withdrawn"):
        said = await shelf.refused("DELETE", f"/releases/{made['id']}", None, 409, "not-now", by=shelf.anna)
        assert f"is {status}" in said
        if status == "published":
            await shelf.call("POST", f"/releases/{made['id']}/withdraw", by=shelf.anna, expect=200)


@pytest.mark.parametrize(
    ("changes", "status", "kind"),
    [
        ({"title": ""}, 400, "invalid-request"),
        ({"title": " "}, 422, "bad-value"),
        ({"kind": "mixtape"}, 400, "invalid-request"),
        ({"language": "english"}, 422, "bad-value"),
        ({"language": "d€"}, 422, "bad-value"),
        ({"release_date": "1700-01-01"}, 422, "bad-value"),
        ({"release_date": "yesterday"}, 400, "invalid-request"),
        ({"musicbrainz_id": "x"}, 400, "invalid-request"),
        ({"description": "x" * 10_001}, 422, "bad-value"),
        ({"status": "published"}, 400, "invalid-request"),
    ],
)
async def test_a_release_that_makes_no_sense_is_refused(
    shelf: Shelf, changes: dict[str, Any], status: int, kind: str
) -> None:
    path = f"/artists/{shelf.artist['id']}/releases"
    await shelf.refused("POST", path, {**ALBUM, **changes}, status, kind, by=shelf.anna)
    assert await shelf.walk(path, by=shelf.anna) == []


async def test_no_person_makes_releases_for_another_ones_artist(shelf: Shelf) -> None:
    await shelf.refused("POST", f"/artists/{shelf.artist['id']}/releases", ALBUM, 403, "forbidden", by=shelf.ben)
    await shelf.refused("POST", f"/artists/{UNKNOWN_ID}/releases", ALBUM, 404, "not-found", by=shelf.ben)
    await shelf.refused("POST", f"/releases/{UNKNOWN_ID}/publish", {}, 404, "not-found", by=shelf.anna)


async def test_releases_are_listed_by_age_title_kind_tag_and_text(any_shelf: Shelf) -> None:
    shelf = any_shelf
    for title, kind, tags in (("Élan", "album", ["Folk"]), ("beta", "ep", []), ("Zebra", "single", ["folk"])):
        await shelf.release("x", publish=True, title=title, kind=kind, tags=tags)
        shelf.clock.advance(timedelta(minutes=1))
    titles = lambda rows: [row["title"] for row in rows]  # noqa: E731
    assert titles(await shelf.walk("/releases")) == ["Zebra", "beta", "Élan"]
    assert titles(await shelf.walk("/releases", sort="title")) == ["beta", "Élan", "Zebra"]
    assert titles(await shelf.walk("/releases", kind="ep")) == ["beta"]
    assert titles(await shelf.walk("/releases", tag="folk", sort="title", limit=1)) == ["Élan", "Zebra"]
    assert titles(await shelf.walk("/releases", text="él")) == ["Élan"]
    assert titles(await shelf.walk("/releases", artist=UNKNOWN_ID)) == []
    assert titles(await shelf.walk("/artists/dzana-kovac/releases", status="published", limit=1)) == [
        "Zebra", "beta", "Élan"
    ]  # fmt: skip


async def test_what_has_a_tag_is_listed_as_its_release_is_now(any_shelf: Shelf) -> None:
    shelf = any_shelf
    made = []
    for title in ("Bees", "Ants", "Cats"):
        made.append(await shelf.release("x", publish=True, title=title, tags=["folk"]))
        shelf.clock.advance(timedelta(minutes=1))
    await shelf.release("x", title="Draft", tags=["folk"])

    async def tagged(tag: str, sort: str) -> list[str]:
        return [row["title"] for row in await shelf.walk("/releases", 1, tag=tag, sort=sort)]

    async def change(number: int, changes: dict[str, Any]) -> None:
        path = f"/releases/{made[number]['id']}"
        version = (await shelf.call("GET", path, by=shelf.anna))["version"]
        await shelf.call("PATCH", path, {"version": version, **changes}, by=shelf.anna)

    assert await tagged("folk", "newest") == ["Cats", "Ants", "Bees"]
    await change(1, {"title": "Zebras"})
    await change(2, {"tags": ["jazz", "folk"]})
    assert await tagged("folk", "title") == ["Bees", "Cats", "Zebras"]
    assert await tagged("folk", "oldest") == ["Bees", "Zebras", "Cats"]
    assert await tagged("jazz", "newest") == ["Cats"]
    await shelf.call("POST", f"/releases/{made[1]['id']}/withdraw", {}, by=shelf.anna, expect=200)
    await change(1, {"title": "Aphids", "tags": ["folk", "jazz"]})
    assert await tagged("folk", "newest") == ["Cats", "Bees"]
    await shelf.call("POST", f"/releases/{made[1]['id']}/publish", {}, by=shelf.anna, expect=200)
    assert await tagged("jazz", "title") == ["Aphids", "Cats"]
    assert await tagged("folk", "newest") == ["Cats", "Aphids", "Bees"]


async def test_a_hidden_release_is_its_peoples_only(any_shelf: Shelf) -> None:
    made = await any_shelf.release("One", publish=True)
    async with any_shelf.catalog.database.write() as session:
        release = await session.get_one(Release, _id(made))
        release.hidden_at = session.now
    assert await any_shelf.walk("/tracks") == []
    assert await any_shelf.walk("/releases") == []
    await any_shelf.call("GET", f"/releases/{made['id']}", expect=404)
    await any_shelf.call("GET", f"/releases/{made['id']}", by=any_shelf.anna)


def test_every_state_is_reached_and_left_as_the_table_says() -> None:
    pairs = {(move.source, move.target) for move in machine.moves}
    assert pairs == {
        ("draft", "scheduled"), ("draft", "published"), ("scheduled", "published"), ("scheduled", "draft"),
        ("published", "withdrawn"), ("withdrawn", "published"),
    }  # fmt: skip


def _id(made: dict[str, Any]) -> Any:
    return UUID(made["id"])


async def _events(shelf: Shelf) -> list[str]:
    async with shelf.catalog.database.read() as session:
        found = select(OutboxEvent.topic).where(OutboxEvent.topic.like("release.%")).order_by(OutboxEvent.id)
        return list((await session.scalars(found)).all())


async def _streamed() -> AsyncIterator[bytes]:
    yield b"x"
