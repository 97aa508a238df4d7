"""Comments through the door: at a moment, one level of replies, corrected soon, hidden by those it is about."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.listeners.conftest import Hall
from tests.factories import artist, change, person, release, tracks
from tests.statements import counted
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.http.paging import encode_cursor


async def _said(hall: Hall, who: UUID, track: UUID, text: str = "This!", at_ms: int = 0, **more: Any) -> Any:
    return await hall.post("/comments", {"track_id": str(track), "text": text, "at_ms": at_ms, **more}, by=who)


async def _texts(hall: Hall, track: UUID, **how: Any) -> list[str]:
    return [comment["text"] for comment in await hall.walk("/comments", track=str(track), **how)]


async def test_comments_are_read_by_moment_or_newest_first(any_hall: Hall) -> None:
    mara, (track,) = await person(any_hall.database), await tracks(any_hall.database, "a")
    first = await _said(any_hall, mara, track, "late", 90_000)
    assert (first["author"], first["at_ms"], first["parent_id"]) == ("Mara", 90_000, None)
    await _said(any_hall, mara, track, "early", 1_000)
    await _said(any_hall, mara, track, "reply", reply_to=first["id"])
    assert await _texts(any_hall, track) == ["early", "late", "reply"]
    assert await _texts(any_hall, track, sort="newest") == ["reply", "early", "late"]
    found = await any_hall.get("/comment-counts", id=[str(track), str(uuid4())])
    assert [one["count"] for one in found["items"]] == [3, 0]


async def test_a_comment_points_into_its_track(hall: Hall) -> None:
    mara, (track,) = await person(hall.database), await tracks(hall.database, "a")
    wanted = {"track_id": str(track), "text": "x", "at_ms": 180_001}
    said = await hall.refused("POST", "/comments", wanted, status=422, kind="bad-moment", by=mara)
    assert said == "asked for 180001 ms into the track, it is 180000 ms long"
    await change(hall.database, Track, track, duration_ms=None)
    assert (await hall.post("/comments", wanted, by=mara))["at_ms"] == 180_001
    for at_ms in (-1, 86_400_001, 2**70, "late"):
        await hall.refused("POST", "/comments", {**wanted, "at_ms": at_ms}, status=400, kind="invalid-request", by=mara)


@pytest.mark.parametrize(
    "text", ["", " \n ", "\u200b\u2060", "\u3164\n\u2800", "a\u202eb", "a\u2067b", "a\x00b", "\x1b[31m", "x" * 2001]
)
async def test_a_text_that_is_none_is_refused(hall: Hall, text: str) -> None:
    mara, (track,) = await person(hall.database), await tracks(hall.database, "a")
    answer = await hall.send("POST", "/comments", {"track_id": str(track), "text": text}, by=mara)
    assert answer.status_code in (400, 422), answer.text
    assert await _texts(hall, track) == []


@pytest.mark.parametrize("text", ["שלום, \u200fמה\u200f?", "👩‍👩‍👧 🎵", "one\ntwo", "<b>&amp;</b>", "x" * 2000])
async def test_a_text_is_kept_as_it_was_written(any_hall: Hall, text: str) -> None:
    mara, (track,) = await person(any_hall.database), await tracks(any_hall.database, "a")
    assert (await _said(any_hall, mara, track, text))["text"] == text


async def test_who_has_not_confirmed_an_address_is_told_to(hall: Hall) -> None:
    mara, (track,) = await person(hall.database, confirmed=False), await tracks(hall.database, "a")
    wanted = {"track_id": str(track), "text": "x"}
    said = await hall.refused("POST", "/comments", wanted, status=403, kind="address-not-confirmed", by=mara)
    assert "confirm your e-mail address" in said
    await hall.refused("POST", "/comments", wanted, status=401, kind="unauthorized")


async def test_ten_at_once_and_then_a_pause(any_hall: Hall) -> None:
    mara, (track,) = await person(any_hall.database), await tracks(any_hall.database, "a")
    wanted = {"track_id": str(track), "text": "x"}
    answers = await asyncio.gather(*(any_hall.send("POST", "/comments", wanted, by=mara) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [429] * 2
    (told, _) = [answer for answer in answers if answer.status_code == 429]
    assert told.headers["retry-after"] == "6"
    assert told.json()["detail"] == "too many tries (10 tries at once, then one every 6 s): wait 6 s, then try again"
    await _said(any_hall, await person(any_hall.database, "Ben"), track)
    with counted(any_hall.database) as statements:
        assert (await any_hall.send("POST", "/comments", wanted, by=mara)).status_code == 429
    assert [one for one in statements if not one.startswith("SELECT")] == [], "a refusal costs no writing"
    any_hall.clock.advance(timedelta(seconds=6))
    await _said(any_hall, mara, track)


async def test_replies_go_one_level_deep_and_stay_with_their_track(hall: Hall) -> None:
    mara, (track, other) = await person(hall.database), await tracks(hall.database, "a", "b")
    first = await _said(hall, mara, track, at_ms=5_000)
    reply = await _said(hall, mara, track, reply_to=first["id"])
    assert (reply["at_ms"], reply["parent_id"]) == (5_000, first["id"])
    wanted = {"track_id": str(track), "text": "x", "reply_to": reply["id"]}
    await hall.refused("POST", "/comments", wanted, status=422, kind="bad-moment", by=mara)
    wanted = {"track_id": str(other), "text": "x", "reply_to": first["id"]}
    await hall.refused("POST", "/comments", wanted, status=404, kind="not-found", by=mara)


async def test_an_author_corrects_soon_and_takes_back_at_any_time(any_hall: Hall) -> None:
    mara, ben = await person(any_hall.database), await person(any_hall.database, "Ben")
    (track,) = await tracks(any_hall.database, "a")
    made = await _said(any_hall, mara, track)
    path, edit = f"/comments/{made['id']}", {"text": "That!"}
    await any_hall.refused("PATCH", path, edit, status=403, kind="forbidden", by=ben)
    await any_hall.refused("DELETE", path, status=403, kind="forbidden", by=ben)
    any_hall.clock.advance(timedelta(minutes=15))
    edited = await any_hall.call("PATCH", path, edit, by=mara)
    assert (edited["text"], edited["edited_at"] is None) == ("That!", False)
    any_hall.clock.advance(timedelta(seconds=1))
    await any_hall.refused("PATCH", path, edit, status=409, kind="too-late-to-edit", by=mara)
    await any_hall.call("DELETE", path, by=mara)
    assert await _texts(any_hall, track) == []
    await any_hall.refused("DELETE", path, status=404, kind="not-found", by=mara)


async def test_what_was_replied_to_leaves_an_empty_place(any_hall: Hall) -> None:
    mara, (track,) = await person(any_hall.database), await tracks(any_hall.database, "a")
    first = await _said(any_hall, mara, track, "question")
    reply = await _said(any_hall, mara, track, "answer", reply_to=first["id"])
    await any_hall.call("DELETE", f"/comments/{first['id']}", by=mara)
    assert await _texts(any_hall, track) == ["", "answer"]
    assert (await any_hall.get("/comment-counts", id=str(track)))["items"][0]["count"] == 1
    await any_hall.call("DELETE", f"/comments/{reply['id']}", by=mara)
    assert await _texts(any_hall, track) == []


async def test_the_artists_people_hide_what_is_said_on_their_track(any_hall: Hall) -> None:
    database = any_hall.database
    mara, anna = await person(database), await person(database, "Anna's manager")
    _, (track,) = await release(database, await artist(database, run_by=anna), "a")
    made = await _said(any_hall, mara, track, "rude")
    await _said(any_hall, mara, track, "indeed", reply_to=made["id"])
    path = f"/comments/{made['id']}/hidden"
    await any_hall.refused("PUT", path, status=403, kind="forbidden", by=mara)
    for _ in range(2):
        assert (await any_hall.call("PUT", path, by=anna))["is_hidden"] is True
    assert await _texts(any_hall, track) == []
    assert (await any_hall.get("/comment-counts", id=str(track)))["items"][0]["count"] == 0
    wanted = {"track_id": str(track), "text": "x", "reply_to": made["id"]}
    await any_hall.refused("POST", "/comments", wanted, status=404, kind="not-found", by=mara)
    assert (await any_hall.call("DELETE", path, by=anna))["is_hidden"] is False
    assert await _texts(any_hall, track) == ["rude", "indeed"]


async def test_a_track_that_is_not_public_has_no_comments(hall: Hall) -> None:
    database = hall.database
    mara = await person(database)
    album, (track,) = await release(database, await artist(database), "a")
    await _said(hall, mara, track)
    await change(database, Release, album, status="withdrawn")
    await hall.refused("GET", "/comments", status=404, kind="not-found", track=str(track))
    wanted = {"track_id": str(track), "text": "x"}
    await hall.refused("POST", "/comments", wanted, status=404, kind="not-found", by=mara)
    await change(database, Release, album, status="published")
    assert len(await _texts(hall, track)) == 1, "what was said before"


async def test_a_longer_list_takes_no_more_queries(any_hall: Hall) -> None:
    (track,), said = await tracks(any_hall.database, "a"), []
    for name in ("Mara", "Ben"):
        who = await person(any_hall.database, name)
        first = await _said(any_hall, who, track)
        await _said(any_hall, who, track, reply_to=first["id"])
        with counted(any_hall.database) as statements:
            for sort in ("moment", "newest"):
                await any_hall.get("/comments", track=str(track), sort=sort)
            await any_hall.get("/comment-counts", id=str(track))
        said.append(len(statements))
    assert said[0] == said[1] == 5


@pytest.mark.parametrize("after", ["x", "1", "x y", f"{UUID(int=1)} -1", f"{UUID(int=1)} {2**63}"])
async def test_a_made_up_cursor_is_refused(any_hall: Hall, after: str) -> None:
    mara, (track,) = await person(any_hall.database), await tracks(any_hall.database, "a")
    kept = await any_hall.post("/playlists", {"title": "Mine"}, by=mara)
    said = set()
    for path, listing, filters, params in (
        ("/comments", "comments", {"track": track, "sort": "moment"}, {"track": str(track)}),
        ("/comments", "comments", {"track": track, "sort": "newest"}, {"track": str(track), "sort": "newest"}),
        (f"/playlists/{kept['id']}/items", f"items of {kept['id']}", {"sort": "position"}, {}),
        ("/me/feed", "feed", {"person": mara, "sort": "newest"}, {}),
    ):
        cursor = encode_cursor(after, listing, filters)
        said.add(await any_hall.refused("GET", path, status=400, kind="bad-cursor", by=mara, cursor=cursor, **params))
    assert len(said) == 1, "none tells what was wrong with it"
