"""Music plays on while one moves around: over pages that come, that are not there, and that do not come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.journeys.album import Album
from tests.journeys.listening import POSITION, listening
from tests.stalls import lateness

CHANGES = 20
LONGEST_STEP_SECONDS = 0.15
"""Between two looks at the element, as much less sound than time may have passed: its position moves by blocks."""
TRIES, LATE_SECONDS = 4, 0.1
LOOKS_EVERY_SECONDS = 0.05
WATCHED = """(every) => {
    const audio = document.querySelector("veza-player audio");
    window.seen = [];
    window.stops = [];
    if (window.looks) return;
    for (const name of ["pause", "waiting", "emptied"]) audio.addEventListener(name, () => window.stops.push(name));
    window.looks = setInterval(() => window.seen.push([performance.now() / 1000, audio.currentTime]), every * 1000);
}"""


@pytest.fixture
async def page(album: Album, chromium: Browser) -> AsyncIterator[Page]:
    """The buyer's, whose track begins anew when it is over."""
    async with listening(album, chromium, album.buyer.cookie) as page:
        await page.evaluate("() => document.querySelector('veza-player').player.setRepeat(true)")
        await page.evaluate(WATCHED, LOOKS_EVERY_SECONDS)
        yield page


async def changed(page: Page, act: Callable[[], Awaitable[object]]) -> None:
    """What it does has put another page in the place of this one."""
    await page.evaluate("() => document.getElementById('main').setAttribute('data-left', '')")
    await act()
    await page.locator("#main:not([data-left])").wait_for(state="attached")


async def walk(page: Page) -> list[str]:
    """Twenty changes of the page, by links, forms and the browser's own buttons; the titles that were seen."""
    titles = []

    async def by(act: Callable[[], Awaitable[object]]) -> None:
        await changed(page, act)
        titles.append(await page.title())

    async def searched() -> None:
        await page.get_by_placeholder("Artists and records").fill("Blue")
        await page.keyboard.press("Enter")

    links = ["/library", "/playlists", "/studio", "/operator", "/operator/transfers", "/operator/payments"]
    for link in [*links, "/operator/findings", "/operator/people", "/cart", "/account", "/about", "/"]:
        await by(page.locator(f"#page a[href='{link}']:visible").first.click)
    await by(page.locator(".sleeve h2 a").first.click)
    await by(page.locator("li.track .named a").first.click)
    for _ in range(2):  # a form that changes something, and takes it back
        await by(page.locator(".track-head button[name=liked]").click)
    await by(searched)
    await by(page.go_back)
    await by(page.go_forward)
    await by(page.locator("#page a[href='/']:visible").first.click)
    return titles


async def test_music_does_not_stop_on_twenty_changes_of_the_page(album: Album, chromium: Browser) -> None:
    async with listening(album, chromium, album.operator) as page:
        await page.evaluate("() => document.querySelector('veza-player').player.setRepeat(true)")
        await page.wait_for_function(f"() => ({POSITION})() > 0.3")
        for _ in range(TRIES):
            await page.evaluate(WATCHED, LOOKS_EVERY_SECONDS)
            with lateness() as here:
                titles = await walk(page)
            seen, stops = await page.evaluate("() => [window.seen, window.stops]")
            longest = max((now - then) - (there - here) for (then, here), (now, there) in pairwise(seen))
            there = max(now - then for (then, _), (now, _) in pairwise(seen)) - LOOKS_EVERY_SECONDS
            if (stops == [] and longest < LONGEST_STEP_SECONDS) or max(here.seconds, there) < LATE_SECONDS:
                break
        assert len(titles) == CHANGES
        assert len(set(titles)) > CHANGES // 2
        assert stops == []
        assert longest < LONGEST_STEP_SECONDS
        (began, from_), *_, (ended, to) = seen
        assert to - from_ == pytest.approx(ended - began, abs=LONGEST_STEP_SECONDS)


async def test_a_link_that_is_gone_when_its_page_comes_has_led_there_all_the_same(album: Album, page: Page) -> None:
    async def without_it(route: Route) -> None:
        await page.evaluate("() => document.querySelector('.nav').remove()")
        await route.continue_()

    await page.route(f"{album.url}/", without_it)
    await page.locator(".nav").get_by_role("link", name="Discover").click()
    await page.wait_for_url(f"{album.url}/")
    await expect(page.locator(".nav")).to_be_visible()
    for once in ("#page", "veza-player", "#says"):
        await expect(page.locator(once)).to_have_count(1)
