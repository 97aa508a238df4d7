"""Players that people use: hls.js in Chromium, Firefox and WebKit with a file and with segments, on a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route

from tests.journeys.album import PREVIEW_SECONDS, TAKES, Album
from tests.journeys.firefox import Firefox, firefox_in
from tests.journeys.label import RATE
from tests.journeys.pages import (
    GIVEN_A_PLAYER,
    PLAYED_BY_HLS_JS,
    PLAYED_BY_SEGMENTS,
    PLAYED_BY_THE_PAGE,
    PLAYED_FROM_THE_QUEUE,
)
from tests.journeys.webkit import WebKit, webkit_in
from tests.npm import installed

HLS_JS = Path(__file__).parent / "hls_js"
PAGE = "<!doctype html><title>hls.js</title><audio></audio><script src=/hls.js></script>"
BOUND_SECONDS = 120
LENGTH = TAKES["Night Bus"][2] / RATE
FRAME_SECONDS = 1024 / RATE


@pytest.fixture(scope="session")
def hls_js() -> Path:
    """The player's one file, installed once for each lock file."""
    return installed(HLS_JS) / "node_modules" / "hls.js" / "dist" / "hls.min.js"


@pytest.mark.parametrize(
    ("query", "is_owner", "codecs"),
    [("", True, ["mp4a.40.2"] * 3), ("?lossless=1", True, ["fLaC"]), ("", False, ["mp4a.40.2"])],
    ids=["AAC", "FLAC", "preview"],
)
async def test_hls_js_plays_it_in_chromium(
    album: Album, chromium: Browser, hls_js: Path, query: str, is_owner: bool, codecs: list[str]
) -> None:
    context = await chromium.new_context()
    if is_owner:
        await context.add_cookies([{"name": "veza", "value": album.buyer.cookie, "url": album.url}])

    async def page_of_tests(route: Route) -> None:
        await route.fulfill(body=PAGE, content_type="text/html")

    async def script(route: Route) -> None:
        await route.fulfill(path=hls_js, content_type="text/javascript")

    await context.route(f"{album.url}/player", page_of_tests)
    await context.route(f"{album.url}/hls.js", script)
    page = await context.new_page()
    await page.goto(f"{album.url}/player")
    (length, reached, end), levels, troubles = await page.evaluate(PLAYED_BY_HLS_JS, album.stream("Night Bus") + query)
    expected = LENGTH if is_owner else PREVIEW_SECONDS
    assert length == pytest.approx(expected, abs=2 * FRAME_SECONDS)
    assert 0.2 < reached < 5
    assert end == pytest.approx(length, abs=2 * FRAME_SECONDS)
    assert [one.lower() for one in levels] == [one.lower() for one in codecs]
    assert troubles == []
    await context.close()


@pytest.fixture
async def firefox(album: Album, tmp_path: Path) -> AsyncIterator[Firefox]:
    async with firefox_in(tmp_path) as firefox:
        await firefox.open(f"{album.url}/health/live")
        await firefox.add_cookie("veza", album.buyer.cookie)
        yield firefox


@pytest.fixture
async def webkit(album: Album, tmp_path: Path) -> AsyncIterator[WebKit]:
    async with webkit_in(tmp_path) as webkit:
        await webkit.open(f"{album.url}/health/live")
        await webkit.add_cookie("veza", album.buyer.cookie)
        yield webkit


async def test_firefox_plays_the_page_and_every_rung_from_segments(album: Album, firefox: Firefox) -> None:
    await plays_the_page(album, firefox)
    await plays_every_rung(album, firefox)


async def test_webkit_plays_the_page_and_every_rung_from_segments(album: Album, webkit: WebKit) -> None:
    await plays_the_page(album, webkit)
    await plays_every_rung(album, webkit)


@pytest.mark.parametrize("query", ["", "?lossless=1"], ids=["AAC", "FLAC"])
async def test_hls_js_plays_it_in_webkit(album: Album, webkit: WebKit, hls_js: Path, query: str) -> None:
    await webkit.open(f"{album.url}/assets/now/scripts/clock.js")
    await webkit.evaluate(GIVEN_A_PLAYER, await asyncio.to_thread(hls_js.read_text, "utf-8"))
    (length, reached, end), _, troubles = await webkit.evaluate(PLAYED_BY_HLS_JS, album.stream("Night Bus") + query)
    assert length == pytest.approx(LENGTH, abs=2 * FRAME_SECONDS)
    assert 0.2 < reached < 5
    assert end == pytest.approx(length, abs=2 * FRAME_SECONDS)
    assert troubles == []


async def plays_the_page(album: Album, browser: Firefox | WebKit) -> None:
    await browser.open(album.page("Night Bus"))
    length, reached, end = await browser.evaluate(PLAYED_BY_THE_PAGE)
    assert length == pytest.approx(LENGTH, abs=2 * FRAME_SECONDS)
    assert 0.2 < reached < 5
    assert end == pytest.approx(length, abs=2 * FRAME_SECONDS)
    release = await browser.evaluate("async () => document.querySelector(\"a[href^='/releases']\").href")
    await browser.open(release)
    queue, shown = await browser.evaluate(PLAYED_FROM_THE_QUEUE, "Harbour")
    assert (queue, shown) == (["Night Bus", "Harbour"], "Harbour")


async def plays_every_rung(album: Album, browser: Firefox | WebKit) -> None:
    for rung in ("aac64", "aac128", "aac256", "flac"):
        await browser.open(f"{album.url}/assets/now/scripts/clock.js")  # a document without a player of its own
        (_, _, end), stretches, buffered = await browser.evaluate(
            PLAYED_BY_SEGMENTS, str(album.tracks["Night Bus"]), rung
        )
        assert stretches == 1, rung
        assert buffered == pytest.approx(LENGTH, abs=2 * FRAME_SECONDS), rung
        assert end == pytest.approx(buffered, abs=2 * FRAME_SECONDS), rung
