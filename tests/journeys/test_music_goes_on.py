"""Music plays on while one moves around: over pages that come, that are not there, and that do not come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browsers import running_chromium
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
AHEAD = """() => {
    const { position, buffered, duration } = document.querySelector("veza-player").player.state;
    return buffered > Math.min(position + 6, duration - 0.1);
}"""
"""Enough is buffered to be heard without a line for a while."""
BLOCKED = """addEventListener("DOMContentLoaded", () => {
    document.querySelector(".track-head [data-play-track]").click();
    const { player } = document.querySelector("veza-player");
    player.addEventListener("change", () => player.state.blocked && console.log("blocked"));
});"""
"""A click that no person made, so that the browser refuses the sound. Playwright's own looks count as a person's."""


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


async def test_a_page_that_is_not_there_or_breaks_is_shown_and_the_music_plays_on(album: Album, page: Page) -> None:
    status = 404

    async def not_there(route: Route) -> None:
        await route.fulfill(response=await route.fetch(url=f"{album.url}/nonsense"), status=status)

    await page.route(f"{album.url}/about", not_there)
    for status in (404, 500, 503):  # noqa: B007  (what the route answers with)
        await changed(page, page.locator("#page a[href='/']:visible").first.click)
        await changed(page, page.locator("#page a[href='/about']").click)
        await expect(page.locator("#page h1")).to_have_text("Nothing here")
        assert page.url == f"{album.url}/about"
    await plays_on(page)


async def test_an_answer_that_is_no_page_of_the_site_leaves_the_page_and_can_be_asked_for_again(
    album: Album, page: Page
) -> None:
    """Of a proxy whose server is away: nothing of it fits into the page."""

    async def of_a_proxy(route: Route) -> None:
        await route.fulfill(status=502, content_type="text/html", body="<h1>502 Bad Gateway</h1>")

    await page.route(f"{album.url}/about", of_a_proxy)
    await page.locator("#page a[href='/about']").click()
    says = page.locator(".player-says")
    await expect(says.get_by_role("status")).to_have_text("The site does not answer: the page did not come.")
    assert page.url == album.page("Night Bus")
    await page.unroute(f"{album.url}/about")
    await changed(page, says.get_by_role("button", name="Try again").click)
    assert page.url == f"{album.url}/about"
    await expect(says).to_be_hidden()
    await plays_on(page)


async def test_a_page_that_does_not_come_is_asked_for_again_by_a_button(album: Album, page: Page) -> None:
    """By a link, by a form, and where one goes back."""
    says, offline = page.locator(".player-says"), page.context.set_offline
    sentence, again = says.get_by_role("status"), says.get_by_role("button", name="Try again")
    heart, lost = page.locator(".track-head button[name=liked]"), "The line is lost: the page did not come."

    async def lost_at(act: Callable[[], Awaitable[object]]) -> None:
        await page.wait_for_function(AHEAD)
        await offline(True)
        await act()
        await expect(sentence).to_have_text(lost)
        await plays_on(page, had_no_line=True)
        await again.click()
        await expect(sentence).to_have_text(lost)  # it is lost still
        await expect(page.locator("h1")).to_have_text("Night Bus")
        await offline(False)
        await changed(page, again.click)
        await expect(says).to_be_hidden()

    await lost_at(heart.click)
    await expect(heart).to_have_attribute("aria-pressed", "true")
    await changed(page, heart.click)
    await lost_at(page.locator("#page a[href='/']:visible").first.click)
    assert page.url == f"{album.url}/"
    await changed(page, page.locator(".sleeve h2 a").first.click)
    await changed(page, page.locator("li.track .named a", has_text="Night Bus").click)
    length = await page.evaluate("history.length")
    await lost_at(lambda: page.evaluate("history.back()"))
    await expect(page.locator("h1")).to_have_text("Blue Hours")
    assert await page.evaluate("history.length") == length
    await changed(page, page.locator("#page a[href='/']:visible").first.click)
    await plays_on(page, had_no_line=True)


async def plays_on(page: Page, *, had_no_line: bool = False) -> None:
    """It has not stopped since it is watched, and goes on. Where the line was lost it may have waited: a busy machine
    takes longer for a step of the test than what is buffered lasts."""
    at = await page.evaluate("() => window.seen.at(-1)[1]")
    await page.wait_for_function("(at) => window.seen.at(-1)[1] > at + 0.3", arg=at)
    stops = set(await page.evaluate("() => window.stops"))
    assert stops <= ({"waiting"} if had_no_line else set())


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


async def test_a_browser_that_refuses_to_play_is_answered_by_a_button(album: Album) -> None:
    async with running_chromium("--autoplay-policy=document-user-activation-required") as browser:
        page = await browser.new_page()
        await page.add_init_script(BLOCKED)
        async with page.expect_console_message(lambda message: message.text == "blocked"):
            await page.goto(album.page("Night Bus"), wait_until="commit")  # what waits to play holds “load” up
        says = page.locator(".player-says")
        await expect(says.get_by_role("status")).to_have_text("The browser waits for you: press play.")
        await expect(page.locator("veza-player [data-do=toggle]")).to_have_attribute("aria-label", "Play")
        await says.get_by_role("button", name="Play").click()
        await page.wait_for_function(f"() => ({POSITION})() > 0.2")
        await expect(says).to_be_hidden()
