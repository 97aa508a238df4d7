"""Following and liking: once per person and thing however often it is said in one query."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

from tests.api.listeners.conftest import Hall
from tests.factories import artist, change, person, release
from tests.statements import counted
from veza.catalog.artists import Artist
from veza.catalog.releases import Release


async def test_following_at_the_same_instant_is_following_once(any_hall: Hall) -> None:
    mara, anna = await person(any_hall.database), await artist(any_hall.database)
    answers = await asyncio.gather(*(any_hall.call("PUT", f"/me/follows/{anna}", by=mara) for _ in range(4)))
    assert answers == [{"artist_id": str(anna), "is_followed": True, "followers": 1}] * 4
    (followed,) = await any_hall.walk("/me/follows", by=mara)
    assert followed["name"] == "Anna"
    for _ in range(2):
        answer = await any_hall.call("DELETE", f"/me/follows/{anna}", by=mara)
        assert answer == {"artist_id": str(anna), "is_followed": False, "followers": 0}


async def test_liking_twice_is_liking_once(any_hall: Hall) -> None:
    database = any_hall.database
    mara, ben = await person(database), await person(database, "Ben")
    album, (track,) = await release(database, await artist(database), "a")
    for who in (mara, ben, mara):
        for path in (f"/me/likes/tracks/{track}", f"/me/likes/releases/{album}"):
            await any_hall.call("PUT", path, by=who)
    for kind, one in (("track", track), ("release", album)):
        found = await any_hall.get("/like-counts", kind=kind, id=[str(one), str(uuid4())], by=mara)
        assert [(count["count"], count["is_mine"]) for count in found["items"]] == [(2, True), (0, False)]
        (mine,) = await any_hall.walk("/me/likes", kind=kind, by=mara)
        assert (mine["subject_id"], mine["release_title"]) == (str(one), "Dawn")
    assert (await any_hall.call("DELETE", f"/me/likes/tracks/{track}", by=mara))["likes"] == 1
    assert (await any_hall.call("DELETE", f"/me/likes/releases/{album}", by=mara))["likes"] == 1
    assert await any_hall.walk("/me/likes", by=mara) == []


async def test_what_is_not_public_is_neither_liked_nor_followed(hall: Hall) -> None:
    database = hall.database
    mara, anna = await person(database), await artist(database)
    draft, (track,) = await release(database, anna, "a", status="draft")
    await change(database, Artist, anna, hidden_at=hall.clock.now())
    for path in (f"follows/{anna}", f"likes/tracks/{track}", f"likes/releases/{draft}", f"likes/tracks/{uuid4()}"):
        await hall.refused("PUT", f"/me/{path}", status=404, kind="not-found", by=mara)


async def test_what_is_withdrawn_leaves_the_likes_and_comes_back(any_hall: Hall) -> None:
    database = any_hall.database
    mara = await person(database)
    album, (track,) = await release(database, await artist(database), "a")
    await any_hall.call("PUT", f"/me/likes/tracks/{track}", by=mara)
    await change(database, Release, album, status="withdrawn")
    assert await any_hall.walk("/me/likes", by=mara) == []
    await change(database, Release, album, status="published")
    assert len(await any_hall.walk("/me/likes", by=mara)) == 1


async def test_the_feed_has_new_releases_of_followed_artists_latest_first(any_hall: Hall) -> None:
    database, now = any_hall.database, any_hall.clock.now()
    mara, anna, other = await person(database), await artist(database), await artist(database, "Other")
    days = (3, 1, 2, 1)
    made = [(await release(database, anna, at=now - timedelta(days=day)))[0] for day in days]
    await release(database, other)
    await release(database, anna, status="draft")
    hidden, _ = await release(database, anna)
    await change(database, Release, hidden, hidden_at=now)
    await any_hall.call("PUT", f"/me/follows/{anna}", by=mara)
    for limit in (1, 10):
        feed = await any_hall.walk("/me/feed", limit=limit, by=mara)
        assert [one["id"] for one in feed] == [str(made[place]) for place in (3, 1, 2, 0)]
    assert await any_hall.walk("/me/feed", by=await person(database, "Ben")) == []


async def test_whom_one_follows_is_found_by_how_the_name_begins(any_hall: Hall) -> None:
    mara = await person(any_hall.database)
    for name in ("Élise", "Elis Regina", "Anna", "\U0001f3b9 Elise"):
        await any_hall.call("PUT", f"/me/follows/{await artist(any_hall.database, name)}", by=mara)
    found = await any_hall.walk("/me/follows", limit=1, by=mara, text="ELIS", sort="name")
    assert [one["name"] for one in found] == ["Elis Regina", "Élise"]
    assert await any_hall.walk("/me/follows", by=mara, text="%") == []
    refused = await any_hall.get("/me/follows", 400, by=mara, text="´")
    assert "nothing to search for" in refused["detail"]


async def test_longer_lists_take_no_more_queries(any_hall: Hall) -> None:
    database = any_hall.database
    mara, said = await person(database), []
    for _ in range(2):
        anna = await artist(database)
        album, (track,) = await release(database, anna, "a")
        for path in (f"follows/{anna}", f"likes/tracks/{track}", f"likes/releases/{album}"):
            await any_hall.call("PUT", f"/me/{path}", by=mara)
        with counted(database) as statements:
            for path in ("/me/follows", "/me/likes", "/me/feed"):
                await any_hall.get(path, by=mara)
            await any_hall.get("/me/likes", by=mara, kind="release")
        said.append(len(statements))
    assert said[0] == said[1] == 4


async def test_a_hundred_counts_are_asked_at_once_and_no_more(hall: Hall) -> None:
    ids = [str(uuid4()) for _ in range(101)]
    assert len((await hall.get("/follower-counts", id=ids[:100]))["items"]) == 100
    for path in ("/follower-counts", "/like-counts"):
        await hall.refused("GET", path, status=400, kind="invalid-request", id=ids)
        await hall.refused("GET", path, status=400, kind="invalid-request", id="x")
        await hall.refused("GET", path, status=400, kind="invalid-request")
