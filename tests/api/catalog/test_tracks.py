"""Tracks: their order has no gaps, their codes are checked, and lists are read in a fixed number of statements."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api.catalog.conftest import ARTIST, Shelf
from tests.client import UNKNOWN_ID
from tests.statements import counted

FULL = {
    "title": "Night Bus",
    "credits": [{"name": "Ben", "part": "guitar"}, {"name": "شجر", "part": "voice"}],
    "explicit": True,
    "isrc": "fr-z03-98-00212",
    "musicbrainz_id": "0b8d1a0e-6e2c-4c64-9c3c-0d3b9c6f7a11",
    "language": "EN",
    "tags": ["Folk", "fo\u0301lk", "FOLK", "🎧"],
    "duration_ms": 214_000,
}


async def _titles(shelf: Shelf, release: dict[str, Any]) -> list[tuple[int, str]]:
    shown = await shelf.call("GET", f"/releases/{release['id']}", by=shelf.anna)
    return [(one["position"], one["title"]) for one in shown["tracks"]]


async def test_a_track_keeps_what_is_said_of_it(any_shelf: Shelf) -> None:
    release = await any_shelf.release()
    made = await any_shelf.call("POST", f"/releases/{release['id']}/tracks", FULL, by=any_shelf.anna)
    assert made["isrc"] == "FRZ039800212"
    assert made["language"] == "en"
    assert made["tags"] == ["folk", "fólk", "🎧"]
    assert made["credits"] == FULL["credits"]
    assert made["artist_name"] == "Džana Kovač"
    assert await any_shelf.call("GET", f"/tracks/{made['id']}", by=any_shelf.anna) == made
    changes = {"tags": ["jazz"], "isrc": None, "explicit": False, "credits": []}
    changed = await any_shelf.call("PATCH", f"/tracks/{made['id']}", changes, by=any_shelf.anna)
    assert changed == {**made, **changes}


@pytest.mark.parametrize(
    ("changes", "status", "kind"),
    [
        ({"title": "\u200e"}, 422, "bad-value"),
        ({"title": "x" * 201}, 422, "bad-value"),
        ({"isrc": "FR-Z03-98-0021X"}, 422, "bad-value"),
        ({"isrc": "short"}, 400, "invalid-request"),
        ({"language": "e1"}, 422, "bad-value"),
        ({"tags": ["  "]}, 422, "bad-value"),
        ({"credits": [{"name": "Ben"}]}, 400, "invalid-request"),
        ({"credits": [{"name": " ", "part": "x"}]}, 422, "bad-value"),
        ({"duration_ms": -1}, 400, "invalid-request"),
        ({"duration_ms": 2**70}, 400, "invalid-request"),
        ({"position": 1}, 400, "invalid-request"),
    ],
)
async def test_a_track_that_makes_no_sense_is_refused(
    shelf: Shelf, changes: dict[str, Any], status: int, kind: str
) -> None:
    release = await shelf.release()
    await shelf.refused("POST", f"/releases/{release['id']}/tracks", {**FULL, **changes}, status, kind, by=shelf.anna)
    assert await _titles(shelf, release) == []


async def test_of_two_who_edit_a_track_at_once_both_are_heard_where_they_say_different_things(any_shelf: Shelf) -> None:
    await any_shelf.join(any_shelf.ben)
    release = await any_shelf.release("A")
    path = f"/tracks/{release['tracks'][0]['id']}"
    both = (
        ({"title": "By Anna", "language": "de"}, any_shelf.anna),
        ({"title": "By Ben", "explicit": True}, any_shelf.ben),
    )
    answers = await asyncio.gather(*(any_shelf.send("PATCH", path, body, by=by) for body, by in both))
    assert [answer.status_code for answer in answers] == [200, 200]
    now = await any_shelf.call("GET", path, by=any_shelf.anna)
    assert (now["language"], now["explicit"]) == ("de", True)
    assert now["title"] in ("By Anna", "By Ben")


async def test_tracks_are_moved_reordered_and_removed_without_gaps(any_shelf: Shelf) -> None:
    shelf = any_shelf
    release = await shelf.release("A", "B", "C", "D")
    ids = {one["title"]: one["id"] for one in release["tracks"]}
    moved = await shelf.call("POST", f"/tracks/{ids['D']}/move", {"position": 2}, by=shelf.anna, expect=200)
    assert [one["title"] for one in moved["items"]] == ["A", "D", "B", "C"]
    await shelf.call("POST", f"/tracks/{ids['A']}/move", {"position": 300}, by=shelf.anna, expect=200)
    assert await _titles(shelf, release) == [(1, "D"), (2, "B"), (3, "C"), (4, "A")]
    order = f"/releases/{release['id']}/tracks/order"
    wanted = [ids[title] for title in "CDAB"]
    await shelf.call("PUT", order, {"track_ids": wanted}, by=shelf.anna)
    assert await _titles(shelf, release) == [(1, "C"), (2, "D"), (3, "A"), (4, "B")]
    for wrong in ([], wanted[:3], [*wanted, wanted[0]], [*wanted[:3], UNKNOWN_ID], [wanted[0]] * 4):
        await shelf.refused("PUT", order, {"track_ids": wrong}, 422, "bad-value", by=shelf.anna)
    await shelf.call("DELETE", f"/tracks/{ids['D']}", by=shelf.anna)
    assert await _titles(shelf, release) == [(1, "C"), (2, "A"), (3, "B")]


async def test_tracks_added_at_once_each_have_a_place(any_shelf: Shelf) -> None:
    release = await any_shelf.release()
    path = f"/releases/{release['id']}/tracks"
    bodies = [{"title": f"T{number}"} for number in range(5)]
    answers = await asyncio.gather(*(any_shelf.send("POST", path, body, by=any_shelf.anna) for body in bodies))
    assert {answer.status_code for answer in answers} == {201}
    assert [position for position, _ in await _titles(any_shelf, release)] == [1, 2, 3, 4, 5]


async def test_a_track_removed_twice_at_once_is_gone_once(any_shelf: Shelf) -> None:
    release = await any_shelf.release("A", "B")
    path = f"/tracks/{release['tracks'][0]['id']}"
    answers = await asyncio.gather(*(any_shelf.send("DELETE", path, by=any_shelf.anna) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404]
    assert await _titles(any_shelf, release) == [(1, "B")]


async def test_the_tracks_of_what_was_published_stay(shelf: Shelf) -> None:
    release = await shelf.release("A", "B", publish=True)
    await shelf.refused("DELETE", f"/tracks/{release['tracks'][0]['id']}", None, 409, "not-now", by=shelf.anna)
    await shelf.call("POST", f"/releases/{release['id']}/tracks", {"title": "Bonus"}, by=shelf.anna)
    shown = await shelf.get(f"/releases/{release['id']}")
    assert [one["title"] for one in shown["tracks"]] == ["A", "B", "Bonus"]


async def test_only_the_artists_people_touch_its_tracks(shelf: Shelf) -> None:
    release = await shelf.release("A", publish=True)
    track = f"/tracks/{release['tracks'][0]['id']}"
    for method, path, body in (
        ("PATCH", track, {"title": "Mine"}),
        ("DELETE", track, None),
        ("POST", f"{track}/move", {"position": 1}),
        ("PUT", f"/releases/{release['id']}/tracks/order", {"track_ids": []}),
        ("POST", f"/releases/{release['id']}/tracks", {"title": "Mine"}),
    ):
        await shelf.refused(method, path, body, 403, "forbidden", by=shelf.ben)
        await shelf.refused(method, path, body, 401, "unauthorized")


async def test_tracks_are_listed_by_age_title_artist_release_tag_and_text(any_shelf: Shelf) -> None:
    shelf = any_shelf
    release = await shelf.release("Zoo", "élan", "Apple", publish=True)
    other = await shelf.release("Echo", publish=True, title="Other")
    await shelf.call("PATCH", f"/tracks/{other['tracks'][0]['id']}", {"tags": ["dub"]}, by=shelf.anna)
    titles = lambda rows: [row["title"] for row in rows]  # noqa: E731
    assert titles(await shelf.walk("/tracks", sort="title")) == ["Apple", "Echo", "élan", "Zoo"]
    assert titles(await shelf.walk("/tracks"))[0] == "Echo"
    assert titles(await shelf.walk("/tracks", release=release["id"], sort="title")) == ["Apple", "élan", "Zoo"]
    assert len(await shelf.walk("/tracks", artist=shelf.artist["id"])) == 4
    assert titles(await shelf.walk("/tracks", tag="Dub")) == ["Echo"]
    assert titles(await shelf.walk("/tracks", text="e", sort="title")) == ["Echo", "élan"]
    page = await shelf.call("GET", "/tracks", params={"limit": 1})
    bad = {"limit": 1, "cursor": page["next_cursor"], "sort": "title"}
    await shelf.call("GET", "/tracks", params=bad, expect=400)


async def _filled(shelf: Shelf, releases: int) -> dict[str, Any]:
    for number in range(releases):
        last = await shelf.release("A", "B", publish=True, title=f"R{number}", tags=["x"])
    for _ in range(releases):
        await shelf.call("POST", "/artists", ARTIST, by=shelf.ben)
    return last


@pytest.mark.parametrize("by", ["visitor", "anna"])
async def test_the_number_of_statements_does_not_depend_on_the_length_of_a_list(shelf: Shelf, by: str) -> None:
    who = None if by == "visitor" else shelf.anna
    last = await _filled(shelf, 1)
    paths = {
        "/artists": 1,
        "/artists/dzana-kovac": 3,
        "/releases": 1,
        "/tracks": 1,
        "/tracks?sort=title&tag=x&text=a": 1,
        "/artists/dzana-kovac/releases": 4,
        "/artists/dzana-kovac/releases/r0": 7,
        f"/releases/{last['id']}": 5,
        f"/tracks/{last['tracks'][0]['id']}": 5,
    }

    async def asked(path: str) -> int:
        with counted(shelf.catalog.database) as statements:
            await shelf.call("GET", path, by=who)
        return len([one for one in statements if one.startswith("SELECT")])

    few = {path: await asked(path) for path in paths}
    await _filled(shelf, 4)
    assert {path: await asked(path) for path in paths} == few
    assert {path: count for path, count in few.items() if count > paths[path]} == {}
