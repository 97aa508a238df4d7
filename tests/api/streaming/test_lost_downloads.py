"""A download whose file the store has lost is made again for who asks for it, and never by itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.api.streaming.counter import Counter
from tests.api.streaming.test_release_downloads import bought as bought_with_cover
from tests.api.streaming.test_release_downloads import made as made_release
from tests.api.streaming.test_release_downloads import opened
from tests.api.streaming.test_track_downloads import bought
from veza.kit.worker import run_once
from veza.streaming.downloads import Download


async def lose(counter: Counter, how: str = "gone") -> str:
    """The store loses the file of one download, or all of it but a byte; its key."""
    key, *_ = await counter.label.stored()
    await counter.label.objects.remove(key)
    if how == "cut short":
        await counter.label.objects.put(key, b"f")
    return key


async def row_of(counter: Counter, track_id: UUID) -> Download:

    async with counter.label.database.read() as session:
        return (await session.scalars(select(Download).where(Download.track_id == track_id))).one()


async def no_work(counter: Counter) -> bool:
    return await run_once(counter.label.worker) == 0


@pytest.mark.parametrize("how", ["gone", "cut short"])
async def test_who_asks_for_a_lost_file_is_told_that_it_is_made_again(counter: Counter, how: str) -> None:
    _, (track_id,), owner, _ = await bought(counter, "Led")
    path, flac = f"/tracks/{track_id}/downloads", {"format": "flac"}
    before = await counter.fetch((await counter.made(track_id, owner))["link"])
    await lose(counter, how)
    asked = await counter.post(path, flac, by=owner, expect=202)
    assert (asked["status"], asked["link"], asked["size_bytes"]) == ("waiting", None, None)
    assert (await counter.get(f"{path}/flac", by=owner))["status"] == "waiting"
    shown = await counter.made(track_id, owner)
    after = await counter.fetch(shown["link"])
    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])
    assert len(await counter.label.stored()) == 1
    assert (await counter.post(path, flac, by=owner, expect=200))["status"] == "ready"


@pytest.mark.parametrize("how", ["gone", "cut short"])
async def test_a_link_to_a_lost_file_says_that_it_is_to_be_asked_for_and_works_again_then(
    counter: Counter, how: str
) -> None:
    _, (track_id,), owner, _ = await bought(counter, "Led")
    link = (await counter.made(track_id, owner))["link"]
    await lose(counter, how)
    for _ in range(3):
        answer = await counter.fetch(link, Range="bytes=100-")
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:veza:problem:not-found")
        assert answer.json()["detail"] == "the file of this link is not there: ask for it again"
        assert await no_work(counter), "a link makes nothing"
    assert (await counter.get(f"/tracks/{track_id}/downloads/flac", by=owner))["status"] == "evicted"
    await counter.made(track_id, owner)
    assert (await counter.fetch(link)).status_code == 200


async def test_a_zip_with_a_lost_file_is_whole_again_after_that_one_alone(counter: Counter) -> None:
    release_id, _, owner, _ = await bought_with_cover(counter, "Zimní slunce", "Led")
    link = (await made_release(counter, release_id, owner))["link"]
    before = (await counter.fetch(link)).content
    await lose(counter)
    answer = await counter.fetch(link)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert await no_work(counter)
    path = f"/releases/{release_id}/downloads"
    asked = await counter.post(path, {"format": "flac"}, by=owner, expect=202)
    assert sorted(one["status"] for one in asked["tracks"]) == ["ready", "waiting"]
    assert asked["share"] == 0.5
    await made_release(counter, release_id, owner)
    with opened(await counter.fetch(link)) as archive:
        assert archive.testzip() is None
    assert (await counter.fetch(link)).content == before


async def test_a_zip_that_is_asked_for_when_a_file_is_lost_is_told_at_once(counter: Counter) -> None:
    release_id, _, owner, _ = await bought_with_cover(counter, "Zimní slunce", "Led")
    await made_release(counter, release_id, owner)
    await lose(counter)
    asked = await counter.post(f"/releases/{release_id}/downloads", {"format": "flac"}, by=owner, expect=202)
    assert (asked["status"], asked["link"]) == ("making", None)


async def test_a_store_that_loses_everything_costs_one_file_for_each_asking(sqlite_counter: Counter) -> None:
    counter = sqlite_counter
    _, (track_id,), owner, _ = await bought(counter, "Led")
    for asked in range(1, 4):
        link = (await counter.made(track_id, owner))["link"]
        await lose(counter)
        for _ in range(3):
            assert (await counter.fetch(link)).status_code == 404
            assert await no_work(counter)
        assert (await row_of(counter, track_id)).attempt == asked


async def test_what_can_not_be_made_again_fails_with_its_reason_each_time_it_is_asked_for(
    sqlite_counter: Counter,
) -> None:
    counter = sqlite_counter
    _, (track_id,), owner, _ = await bought(counter, "Led")
    await counter.made(track_id, owner)
    await lose(counter)
    (original,) = await counter.label.stored("originals")
    await counter.label.objects.remove(original)
    path: Any = f"/tracks/{track_id}/downloads"
    for _ in range(2):
        await counter.post(path, {"format": "flac"}, by=owner, expect=202)
        assert await run_once(counter.label.worker) == 1
        shown = await counter.get(f"{path}/flac", by=owner)
        assert (shown["status"], shown["reason"]) == ("failed", "the original or its cover is gone")
        assert await no_work(counter)
