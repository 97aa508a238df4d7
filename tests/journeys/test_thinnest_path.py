"""`veza import` of real files into a running server, and what people then hear: in mpv, in Chromium, by byte range."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import Browser, Page

from tests.journeys.album import PREVIEW_SECONDS, PRIMING_AND_PADDING, TAKES, Album
from tests.journeys.label import RATE, Listener
from tests.journeys.pages import PLAYED_BY_THE_PAGE
from tests.journeys.programs import length_by_ffprobe, samples_by_mpv


def test_the_folder_became_one_album_in_its_order(album: Album) -> None:
    assert list(album.tracks) == list(TAKES)


@pytest.mark.parametrize("title", TAKES)
async def test_an_owner_plays_every_format_to_its_last_sample(album: Album, tmp_path: Path, title: str) -> None:
    samples = TAKES[title][2]
    for url in (album.stream(title), album.stream(title) + "?lossless=1"):
        if "lossless" in url and "FLAC" not in TAKES[title][0]:
            continue
        assert await length_by_ffprobe(url, album.buyer.bearer) == pytest.approx(samples / RATE, abs=1e-3)
        played = await samples_by_mpv(url, album.buyer.bearer, tmp_path)
        assert 0 <= played - samples < PRIMING_AND_PADDING


async def test_a_stranger_plays_the_preview_and_no_more(album: Album, tmp_path: Path) -> None:
    url = album.stream("Night Bus")
    assert await length_by_ffprobe(url, {}) == pytest.approx(PREVIEW_SECONDS, abs=1e-3)
    assert 0 <= await samples_by_mpv(url, {}, tmp_path) - PREVIEW_SECONDS * RATE < PRIMING_AND_PADDING


async def test_any_range_of_the_file_is_that_part_of_it(album: Album) -> None:
    url = album.stream("Night Bus", "audio.m4a")
    async with httpx.AsyncClient(headers=album.buyer.bearer) as client:
        whole = await client.get(url)
        assert (whole.status_code, whole.headers["accept-ranges"]) == (200, "bytes")
        size = len(whole.content)
        parts = {"100-199": slice(100, 200), "-77": slice(-77, None), f"{size - 5}-": slice(-5, None)}
        for asked, part in parts.items():
            answer = await client.get(url, headers={"Range": f"bytes={asked}"})
            assert (answer.status_code, answer.content) == (206, whole.content[part])
        beyond = await client.get(url, headers={"Range": f"bytes={size}-"})
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")


async def opened(album: Album, chromium: Browser, title: str, listener: Listener | None) -> Page:
    """The track's page."""
    context = await chromium.new_context()
    if listener is not None:
        cookie = {"name": "veza", "value": listener.cookie, "url": album.url}
        await context.add_cookies([cookie])  # type: ignore[list-item]
    page = await context.new_page()
    await page.goto(album.page(title))
    return page


async def test_the_page_plays_all_of_a_track_to_its_owner(album: Album, chromium: Browser) -> None:
    for title, (_, _, samples) in TAKES.items():
        page = await opened(album, chromium, title, album.buyer)
        length, reached, end = await page.evaluate(PLAYED_BY_THE_PAGE)
        assert length == pytest.approx(samples / RATE, abs=0.03)
        assert 0.2 < reached < length - 0.5
        assert end == pytest.approx(length, abs=0.06)
        assert await page.get_by_text("Preview").count() == 0
        await page.context.close()


async def test_the_page_plays_the_preview_to_a_stranger_and_says_so(album: Album, chromium: Browser) -> None:
    page = await opened(album, chromium, "Night Bus", None)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    length, _, end = await page.evaluate(PLAYED_BY_THE_PAGE)
    assert length == pytest.approx(PREVIEW_SECONDS, abs=0.03)
    assert end == pytest.approx(length, abs=0.06)
    assert await page.get_by_text("Preview").is_visible()
    of_streams, stream = {path for path in asked if path.startswith("/stream/")}, f"/stream/{album.tracks['Night Bus']}"
    assert of_streams == {f"{stream}/manifest.json", f"{stream}/preview/audio.mp4"}
    await page.context.close()
