"""Playlists through the door: whose they are, who may see and change them, and what two people at once do to them."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.listeners.conftest import Hall
from tests.factories import change, person, tracks
from tests.statements import counted
from veza.accounts.people import Person
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.community.playlists import Playlist


async def _made(hall: Hall, owner: UUID, **wanted: Any) -> Any:
    return await hall.post("/playlists", {"title": "Mine", **wanted}, by=owner)


async def _titles(hall: Hall, playlist: Any, **how: Any) -> list[str | None]:
    items = await hall.walk(f"/playlists/{playlist['id']}/items", **how)
    return [item["track"]["title"] if item["track"] else None for item in items]


async def test_tracks_are_added_moved_and_removed(any_hall: Hall) -> None:
    mara = await person(any_hall.database)
    ids = await tracks(any_hall.database, "a", "b", "c")
    mine = await _made(any_hall, mara)
    path = f"/playlists/{mine['id']}/items"
    items = (await any_hall.post(path, {"track_ids": [str(one) for one in ids]}, by=mara))["item_ids"]
    assert await _titles(any_hall, mine, by=mara) == ["a", "b", "c"]
    await any_hall.call("PUT", f"{path}/{items[2]}/place", {"before": items[0]}, by=mara)
    assert await _titles(any_hall, mine, by=mara) == ["c", "a", "b"]
    await any_hall.call("PUT", f"{path}/{items[2]}/place", {}, by=mara)
    await any_hall.post(path, {"track_ids": [str(ids[0])], "before": items[1]}, by=mara)
    assert await _titles(any_hall, mine, by=mara) == ["a", "a", "b", "c"]
    await any_hall.call("DELETE", f"{path}/{items[1]}", by=mara)
    assert await _titles(any_hall, mine, by=mara) == ["a", "a", "c"]
    assert (await any_hall.get(f"/playlists/{mine['id']}", by=mara))["items_count"] == 3
    await any_hall.refused("DELETE", f"{path}/{items[1]}", status=409, kind="item-gone", by=mara)
    moved = {"before": items[1]}
    await any_hall.refused("PUT", f"{path}/{items[0]}/place", moved, status=409, kind="item-gone", by=mara)


async def test_two_people_adding_at_once_lose_nothing(any_hall: Hall) -> None:
    mara, ben = await person(any_hall.database), await person(any_hall.database, "Ben")
    (track,) = await tracks(any_hall.database, "a")
    mine = await _made(any_hall, mara, is_collaborative=True)
    await any_hall.call("PUT", f"/playlists/{mine['id']}/people/{ben}", by=mara)
    path, body = f"/playlists/{mine['id']}/items", {"track_ids": [str(track)]}
    await asyncio.gather(*(any_hall.post(path, body, by=who) for who in (mara, ben) * 4))
    assert await _titles(any_hall, mine, by=ben) == ["a"] * 8
    assert (await any_hall.get(f"/playlists/{mine['id']}", by=ben))["items_count"] == 8


async def test_of_two_who_rename_at_once_one_is_told(any_hall: Hall) -> None:
    mara = await person(any_hall.database)
    mine = await _made(any_hall, mara)
    edits = [{"version": 1, "title": title} for title in ("One", "Other")]
    answers = await asyncio.gather(
        *(any_hall.send("PATCH", f"/playlists/{mine['id']}", edit, by=mara) for edit in edits)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (told,) = [answer.json() for answer in answers if answer.status_code == 409]
    assert told["detail"] == "the playlist is at version 2, this change was made to version 1: read it again"


async def test_a_private_playlist_is_there_for_its_owner_only(hall: Hall) -> None:
    mara, ben = await person(hall.database), await person(hall.database, "Ben")
    mine = await _made(hall, mara)
    for path in ("", "/items", "/playlist.m3u8", "/people"):
        await hall.refused("GET", f"/playlists/{mine['id']}{path}", status=404, kind="not-found", by=ben)
    await hall.refused("DELETE", f"/playlists/{mine['id']}", status=404, kind="not-found", by=ben)
    await hall.get(f"/playlists/{mine['id']}", by=ben, roles=("moderator",))
    assert await hall.walk("/playlists") == []


async def test_a_public_playlist_is_changed_by_its_owner_only(hall: Hall) -> None:
    mara, ben = await person(hall.database), await person(hall.database, "Ben")
    mine = await _made(hall, mara, is_public=True)
    path = f"/playlists/{mine['id']}"
    assert (await hall.get(path))["owner_name"] == "Mara"
    (track,) = await tracks(hall.database, "a")
    for method, rest, body in (
        ("PATCH", "", {"version": 1, "title": "x"}),
        ("DELETE", "", None),
        ("POST", "/items", {"track_ids": [str(track)]}),
        ("POST", "/link", None),
        ("PUT", f"/people/{ben}", None),
    ):
        await hall.refused(method, path + rest, body, status=403, kind="forbidden", by=ben)
    await hall.refused("POST", "/playlists", {"title": "x"}, status=401, kind="unauthorized")


async def test_those_invited_change_items_while_it_is_collaborative_and_may_leave(hall: Hall) -> None:
    mara, ben = await person(hall.database), await person(hall.database, "Ben")
    (track,) = await tracks(hall.database, "a")
    mine = await _made(hall, mara, is_collaborative=True)
    path, body = f"/playlists/{mine['id']}", {"track_ids": [str(track)]}
    await hall.call("PUT", f"{path}/people/{ben}", by=mara)
    await hall.call("PUT", f"{path}/people/{ben}", by=mara)
    assert [one["name"] for one in (await hall.get(f"{path}/people", by=ben))["items"]] == ["Ben"]
    assert [one["id"] for one in await hall.walk("/me/playlists", by=ben)] == [mine["id"]]
    await hall.post(f"{path}/items", body, by=ben)
    await hall.refused("PATCH", path, {"version": 1, "title": "Ours"}, status=403, kind="forbidden", by=ben)
    await hall.call("PATCH", path, {"version": 1, "is_collaborative": False}, by=mara)
    await hall.refused("POST", f"{path}/items", body, status=404, kind="not-found", by=ben)
    await hall.call("PATCH", path, {"version": 2, "is_collaborative": True}, by=mara)
    await hall.call("DELETE", f"{path}/people/{ben}", by=ben)
    await hall.refused("GET", path, status=404, kind="not-found", by=ben)
    unknown = f"{path}/people/{uuid4()}"
    await hall.refused("PUT", unknown, status=404, kind="not-found", by=mara)


async def test_a_share_link_opens_a_private_playlist_until_it_is_renewed(hall: Hall) -> None:
    mara = await person(hall.database)
    mine = await _made(hall, mara)
    path = f"/playlists/{mine['id']}"
    first = (await hall.post(f"{path}/link", by=mara))["link"]
    shown = await hall.get(path, link=first)
    assert (shown["title"], shown["has_link"], shown["may_edit"]) == ("Mine", False, False)
    await hall.get(f"{path}/items", link=first)
    second = (await hall.post(f"{path}/link", by=mara))["link"]
    assert len(second) >= 32
    await hall.refused("GET", path, status=404, kind="not-found", link=first)
    assert (await hall.get(path, by=mara))["has_link"] is True
    await hall.call("DELETE", f"{path}/link", by=mara)
    await hall.refused("GET", path, status=404, kind="not-found", link=second)
    async with hall.database.read() as session:
        row = await session.get_one(Playlist, UUID(mine["id"]))
    assert row.link_hash is None


async def test_what_is_withdrawn_or_hidden_keeps_its_place_and_comes_back(any_hall: Hall) -> None:
    database = any_hall.database
    mara = await person(database)
    (here,), (gone,) = await tracks(database, "here"), await tracks(database, "gone")
    mine = await _made(any_hall, mara)
    path = f"/playlists/{mine['id']}"
    await any_hall.post(f"{path}/items", {"track_ids": [str(gone), str(here)]}, by=mara)
    async with database.read() as session:
        release_id = (await session.get_one(Track, gone)).release_id
    await change(database, Release, release_id, status="withdrawn")
    assert await _titles(any_hall, mine, by=mara) == [None, "here"]
    added = {"track_ids": [str(gone)]}
    await any_hall.refused("POST", f"{path}/items", added, status=404, kind="not-found", by=mara)
    exported = (await any_hall.send("GET", f"{path}/playlist.m3u8", by=mara)).text
    assert str(gone) not in exported
    await change(database, Release, release_id, status="published")
    assert await _titles(any_hall, mine, by=mara) == ["gone", "here"]


async def test_a_playlist_is_exported_as_m3u(hall: Hall) -> None:
    mara = await person(hall.database)
    (track,) = await tracks(hall.database, "Свет\nhttps://evil.test/")
    mine = await _made(hall, mara, title="Öl 🎵 \u05e9\u05dc\u05d5\u05dd", is_public=True)
    await hall.post(f"/playlists/{mine['id']}/items", {"track_ids": [str(track)]}, by=mara)
    answer = await hall.send("GET", f"/playlists/{mine['id']}/playlist.m3u8")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("audio/x-mpegurl")
    assert answer.content.decode().splitlines() == [
        "#EXTM3U",
        "#PLAYLIST:Öl 🎵 שלום",
        "#EXTINF:180,Anna - Свет https://evil.test/",
        f"https://veza.test/tracks/{track}",
    ]
    assert "filename*=UTF-8''%C3%96l" in answer.headers["content-disposition"]


async def test_what_a_moderator_hid_is_in_no_exported_file(any_hall: Hall) -> None:
    mara = await person(any_hall.database)
    seen, hidden = await tracks(any_hall.database, "seen", "hidden")
    mine = await _made(any_hall, mara, title="one\u202ftwo", is_public=True)
    for track in (hidden, seen, seen):
        await any_hall.post(f"/playlists/{mine['id']}/items", {"track_ids": [str(track)]}, by=mara)
    decided = {"subject_kind": "track", "subject_id": str(hidden), "decision": "hide", "reason": "because"}
    await any_hall.post("/moderation/decisions", decided, roles=("moderator",))
    for by in (mara, None):
        exported = (await any_hall.send("GET", f"/playlists/{mine['id']}/playlist.m3u8", by=by)).text
        assert exported.splitlines()[2:] == ["#EXTINF:180,Anna - seen", f"https://veza.test/tracks/{seen}"] * 2


async def test_a_playlist_deleted_while_others_look_has_an_answer_for_each(any_hall: Hall) -> None:
    mara, ben = await person(any_hall.database), await person(any_hall.database, "Ben")
    (track,) = await tracks(any_hall.database, "a")
    mine = await _made(any_hall, mara, is_public=True, is_collaborative=True)
    path = f"/playlists/{mine['id']}"
    await any_hall.call("PUT", f"{path}/people/{ben}", by=mara)
    answers = await asyncio.gather(
        any_hall.send("DELETE", path, by=mara),
        any_hall.send("GET", path, by=ben),
        any_hall.send("GET", f"{path}/items", by=ben),
        any_hall.send("GET", f"{path}/playlist.m3u8"),
        any_hall.send("POST", f"{path}/items", {"track_ids": [str(track)]}, by=ben),
        any_hall.send("PATCH", path, {"version": 1, "title": "Late"}, by=mara),
    )
    assert all(answer.status_code in {200, 201, 404, 409} for answer in answers), [one.text for one in answers]
    assert answers[0].status_code == 200
    for where in (path, f"{path}/items", f"{path}/playlist.m3u8"):
        await any_hall.refused("GET", where, status=404, kind="not-found", by=mara)


async def test_my_playlists_are_told_apart_by_whose_they_are_and_who_sees_them(any_hall: Hall) -> None:
    mara, ben = await person(any_hall.database), await person(any_hall.database, "Ben")
    private = (await _made(any_hall, ben))["id"]
    public = (await _made(any_hall, ben, is_public=True))["id"]
    together = (await _made(any_hall, mara, is_collaborative=True))["id"]
    await any_hall.call("PUT", f"/playlists/{together}/people/{ben}", by=mara)
    await _made(any_hall, mara)
    for asked, there in (
        ({}, [together, public, private]),
        ({"mine": True}, [public, private]),
        ({"mine": False}, [together]),
        ({"public": True}, [public]),
        ({"mine": True, "public": False}, [private]),
    ):
        found = await any_hall.walk("/me/playlists", limit=1, by=ben, **asked)
        assert [one["id"] for one in found] == there, asked


async def test_the_same_key_twice_is_one_playlist(any_hall: Hall) -> None:
    mara = await person(any_hall.database)
    answers = await asyncio.gather(
        *(any_hall.send("POST", "/playlists", {"title": "x"}, by=mara, key="k") for _ in range(4))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len(await any_hall.walk("/me/playlists", by=mara)) == 1


@pytest.mark.parametrize(
    ("title", "status", "kind"),
    [
        ("", 400, "invalid-request"),
        ("   ", 422, "bad-text"),
        ("\u200b", 422, "bad-text"),
        ("\u3164", 422, "bad-text"),
        ("a\u202eb", 422, "bad-text"),
        ("a\nb", 400, "invalid-request"),
        ("a\u2028b", 422, "bad-text"),
        ("x" * 201, 400, "invalid-request"),
        (None, 400, "invalid-request"),
    ],
)
async def test_a_title_that_is_none_is_refused(hall: Hall, title: Any, status: int, kind: str) -> None:
    mara = await person(hall.database)
    await hall.refused("POST", "/playlists", {"title": title}, status=status, kind=kind, by=mara)
    assert await hall.walk("/me/playlists", by=mara) == []


@pytest.mark.parametrize("title", ["שלום עולם", "🎵🎵", "x" * 200, "e\u0301", "Same", "' OR 1=1 --", "%_\\"])
async def test_titles_are_kept_as_people_write_them(any_hall: Hall, title: str) -> None:
    mara = await person(any_hall.database)
    for _ in range(2):
        made = await _made(any_hall, mara, title=title)
        assert made["title"] == title.replace("e\u0301", "é")


async def test_public_playlists_are_listed_newest_first_and_by_person(any_hall: Hall) -> None:
    mara, ben = await person(any_hall.database), await person(any_hall.database, "Ben")
    made = [await _made(any_hall, who, is_public=True) for who in (mara, ben, mara)]
    await _made(any_hall, mara)
    ids = [one["id"] for one in made]
    assert [one["id"] for one in await any_hall.walk("/playlists", limit=1)] == ids[::-1]
    assert [one["id"] for one in await any_hall.walk("/playlists", owner=str(mara))] == [ids[2], ids[0]]
    await any_hall.call("DELETE", f"/playlists/{ids[0]}", by=mara)
    assert [one["id"] for one in await any_hall.walk("/playlists", owner=str(mara))] == [ids[2]]


async def test_a_longer_list_takes_no_more_queries(any_hall: Hall) -> None:
    mara = await person(any_hall.database)
    ids = [str(one) for one in await tracks(any_hall.database, "a", "b", "c")]
    said = []
    for _ in range(2):
        mine = await _made(any_hall, mara, is_public=True)
        await any_hall.post(f"/playlists/{mine['id']}/items", {"track_ids": ids}, by=mara)
        with counted(any_hall.database) as statements:
            for path in ("/playlists", "/me/playlists", f"/playlists/{mine['id']}/items"):
                await any_hall.get(path, by=mara)
        said.append(len(statements))
    assert said[0] == said[1] <= 8


async def test_who_is_gone_makes_nothing_any_more(any_hall: Hall) -> None:
    database = any_hall.database
    mara, (track,) = await person(database), await tracks(database, "a")
    await change(database, Person, mara, deleted_at=any_hall.clock.now(), email=None)
    for path, body in (
        ("/playlists", {"title": "x"}),
        ("/comments", {"track_id": str(track), "text": "x"}),
        ("/reports", {"subject_kind": "track", "subject_id": str(track), "reason": "spam"}),
    ):
        said = await any_hall.refused("POST", path, body, status=404, kind="not-found", by=mara)
        assert said == f"there is no person {mara}"
