"""The player beside the page, in Chromium: it plays on while one moves around, and comes back paused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.album import Album

CHANGES = 20
LONGEST_STEP_SECONDS = 0.5
WATCHED = """() => {
    const audio = document.querySelector("veza-player audio");
    window.seen = [];
    window.stops = [];
    for (const name of ["pause", "waiting", "emptied"]) audio.addEventListener(name, () => window.stops.push(name));
    setInterval(() => window.seen.push([performance.now() / 1000, audio.currentTime]), 50);
}"""
POSITION = "() => document.querySelector('veza-player').player.state.position"


@pytest.fixture
async def page(album: Album, chromium: Browser) -> AsyncIterator[Page]:
    """The buyer's, with a track that plays."""
    context = await chromium.new_context(base_url=album.url)
    await context.add_cookies([{"name": "veza", "value": album.buyer.cookie, "url": album.url}])
    page = await context.new_page()
    await page.goto(album.page("Night Bus"))
    await page.locator(".track-head [data-play-track]").click()
    await expect(page.locator("veza-player [data-do=toggle]")).to_have_attribute("aria-label", "Pause")
    yield page
    await context.close()


async def test_music_does_not_stop_on_twenty_changes_of_the_page(album: Album, page: Page) -> None:
    await page.wait_for_function(f"() => ({POSITION})() > 0.3")
    await page.evaluate(WATCHED)
    titles = set()
    for number in range(CHANGES // 2):
        await page.get_by_role("link", name="Discover").first.click()
        await page.wait_for_url(f"{album.url}/")
        titles.add(await page.title())
        if number % 2:
            await page.go_back()
        else:
            await page.locator(".sleeve h2 a").first.click()
        await page.wait_for_function("() => location.pathname !== '/' && document.querySelector('#page h1')")
        titles.add(await page.title())
    seen, stops = await page.evaluate("() => [window.seen, window.stops]")
    assert stops == []
    assert len(titles) > 1
    drifts = [(now - then) - (here - there) for (then, there), (now, here) in pairwise(seen)]
    assert max(drifts) < LONGEST_STEP_SECONDS
    assert seen[-1][1] - seen[0][1] == pytest.approx(seen[-1][0] - seen[0][0], abs=LONGEST_STEP_SECONDS)


async def test_a_reload_brings_back_the_queue_paused_where_it_was(page: Page) -> None:
    await page.wait_for_function(f"() => ({POSITION})() > 1")
    await page.reload()
    await expect(page.locator("veza-player .deck-now .title")).to_have_text("Night Bus")
    assert await page.evaluate("() => document.querySelector('veza-player audio').paused")
    assert await page.evaluate(POSITION) > 0.5
    await page.locator("veza-player [data-do=toggle]").click()
    await page.wait_for_function("() => document.querySelector('veza-player').player.state.playing")


async def test_what_plays_is_marked_on_the_page_and_a_click_pauses_it(page: Page) -> None:
    await page.locator(".track-head a.link").first.click()
    row = page.locator("li.track").filter(has_text="Night Bus")
    await expect(row).to_have_class("track is-playing")
    await row.get_by_role("button", name="Play Night Bus").click()
    await expect(page.locator("veza-player [data-do=toggle]")).to_have_attribute("aria-label", "Play")


async def test_the_queue_is_shown_and_the_next_track_follows(page: Page) -> None:
    await page.locator(".track-head a.link").first.click()
    for title in ("Harbour", "Ferry"):
        await page.get_by_role("button", name=f"Put {title} in the queue").click()
    await page.get_by_role("button", name="Queue", exact=True).click()
    await expect(page.locator(".queue li")).to_have_count(3)
    await page.locator("veza-player").get_by_role("button", name="Next").click()
    await expect(page.locator("veza-player .deck-now .title")).to_have_text("Harbour")
    await page.get_by_role("button", name="Remove Ferry").click()
    await expect(page.locator(".queue li")).to_have_count(2)


async def test_the_slider_seeks_by_the_keyboard(page: Page) -> None:
    slider = page.get_by_role("slider", name="Seek")
    await slider.focus()
    await slider.press("End")
    await page.wait_for_function(f"() => ({POSITION})() > 30")
    assert await page.evaluate(POSITION) > 30
