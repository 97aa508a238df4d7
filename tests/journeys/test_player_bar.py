"""The player beside the page, in Chromium: what is clicked there and on pages, and that it comes back paused."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.journeys.album import OTHER, OTHER_SECONDS, OTHER_TITLE, Album
from tests.journeys.listening import POSITION, page

__all__ = ["page"]


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
    await row.get_by_role("button", name="1. Pause Night Bus").click()
    await expect(page.locator("veza-player [data-do=toggle]")).to_have_attribute("aria-label", "Play")
    await row.get_by_role("button", name="1. Play Night Bus").click()
    await expect(page.locator("veza-player [data-do=toggle]")).to_have_attribute("aria-label", "Pause")


async def test_a_button_says_in_french_what_a_click_does(page: Page) -> None:
    await page.set_extra_http_headers({"Accept-Language": "fr"})
    await page.reload()
    await page.locator("#page").get_by_role("button", name="Écouter Night Bus").click()
    await page.locator("#page").get_by_role("button", name="Mettre Night Bus en pause").click()
    await expect(page.locator("#page").get_by_role("button", name="Écouter Night Bus")).to_be_visible()


async def test_a_releases_button_pauses_what_is_of_that_release_and_nothing_else(album: Album, page: Page) -> None:
    """However it came into the queue, and after a reload, too."""
    deck, title = page.locator("veza-player [data-do=toggle]"), page.locator("veza-player .deck-now .title")
    await page.get_by_role("link", name="Discover").first.click()
    wall, pause, play = page.locator(".wall"), "Pause Blue Hours", "Play Blue Hours"
    await wall.get_by_role("button", name=pause).click()
    await expect(deck).to_have_attribute("aria-label", "Play")
    await wall.get_by_role("button", name=play).click()
    await expect(deck).to_have_attribute("aria-label", "Pause")
    await wall.get_by_role("link", name=OTHER).click()
    await page.get_by_role("button", name=f"1. Play {OTHER_TITLE}").click()
    await expect(title).to_have_text(OTHER_TITLE)
    await page.get_by_role("link", name="Discover").first.click()
    await expect(wall.get_by_role("button", name=f"Pause {OTHER}")).to_have_attribute("data-plays", "")
    await expect(wall.get_by_role("button", name=play)).not_to_have_attribute("data-plays", "")
    await wall.get_by_role("button", name=play).click()
    await expect(title).to_have_text("Night Bus")
    await expect(wall.get_by_role("button", name=pause)).to_be_visible()
    await page.reload()
    await deck.click()
    await wall.get_by_role("button", name=pause).click()
    await expect(deck).to_have_attribute("aria-label", "Play")


async def test_the_queue_is_shown_arranged_and_emptied_and_the_next_track_follows(page: Page) -> None:
    await page.locator(".track-head a.link").first.click()
    for title in ("Harbour", "Ferry"):
        await page.get_by_role("button", name=f"Put {title} in the queue").click()
    await page.get_by_role("button", name="Queue", exact=True).click()
    titles = page.locator(".queue [data-key] b")
    await expect(titles).to_have_text(["Night Bus", "Harbour", "Ferry"])
    await expect(page.locator(".queue-part")).to_have_text(["Now", "You put these here"])
    grip = page.get_by_role("button", name="Move Ferry: drag it, or press the arrow keys")
    await grip.press("ArrowUp")
    await expect(titles).to_have_text(["Night Bus", "Ferry", "Harbour"])
    await expect(grip).to_be_focused()
    await expect(page.locator("#says")).to_have_text("Ferry is in place 1 now.")
    await grip.hover()
    await page.mouse.down()
    below = await page.locator(".queue [data-row]").nth(1).bounding_box()
    assert below is not None
    await page.mouse.move(below["x"] + 20, below["y"] + below["height"] - 2, steps=4)
    await page.mouse.up()
    await expect(titles).to_have_text(["Night Bus", "Harbour", "Ferry"])
    await page.locator("veza-player").get_by_role("button", name="Next").click()
    await expect(page.locator("veza-player .deck-now .title")).to_have_text("Harbour")
    await page.get_by_role("button", name="Remove Ferry").click()
    await expect(titles).to_have_text(["Harbour"])
    await expect(page.get_by_role("button", name="Empty it")).to_be_hidden()


async def test_levelling_turns_a_loud_track_down_and_is_remembered(page: Page) -> None:
    loudness = "() => document.querySelector('veza-player audio').volume"
    await page.wait_for_function(f"() => ({loudness})() < 1")
    await page.get_by_role("button", name="Queue", exact=True).click()
    await page.get_by_role("switch", name="Every record equally loud").click()
    await page.wait_for_function(f"() => ({loudness})() === 1")
    await page.reload()
    await page.get_by_role("button", name="Queue", exact=True).click()
    await expect(page.get_by_role("switch", name="Every record equally loud")).not_to_be_checked()


async def test_what_plays_is_liked_from_the_bar(page: Page) -> None:
    heart = page.get_by_role("button", name="Like what plays")
    async with page.expect_response("**/tracks/*/like") as answer:
        await heart.click()
    assert (await answer.value).status == 303
    await page.reload()
    await expect(heart).to_have_attribute("aria-pressed", "true")
    await heart.click()
    await expect(heart).to_have_attribute("aria-pressed", "false")


async def test_on_a_phone_the_bar_opens_into_a_screen_and_the_page_waits_behind_it(page: Page) -> None:
    await page.set_viewport_size({"width": 360, "height": 800})
    opens, closes = (page.get_by_role("button", name=name) for name in ("Show what plays", "Back to the page"))
    await expect(page.get_by_role("button", name="Previous")).to_be_hidden()
    await opens.click()
    await expect(closes).to_be_focused()
    await expect(page.locator("#page")).to_have_attribute("inert", "")
    for name in ("Shuffle", "Previous", "Pause", "Next", "Repeat", "Queue"):
        await expect(page.get_by_role("button", name=name, exact=True)).to_be_in_viewport()
    await page.keyboard.press("Escape")
    await expect(opens).to_be_focused()
    await expect(page.locator("#page")).not_to_have_attribute("inert", "")
    await opens.click()
    await page.locator("veza-player .deck-now .title").click()
    await expect(closes).to_be_hidden()


async def test_the_slider_seeks_by_the_keyboard(page: Page) -> None:
    slider = page.get_by_role("slider", name="Seek", exact=True)
    await slider.focus()
    await slider.press("End")
    await page.wait_for_function(f"() => ({POSITION})() > 30")
    assert await page.evaluate(POSITION) > 30


async def test_the_large_wave_seeks_in_its_track_by_pointer_and_keyboard(page: Page) -> None:
    wave = page.get_by_role("slider", name="Seek in Night Bus")
    box = await wave.bounding_box()
    assert box is not None
    await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.wait_for_function(f"() => ({POSITION})() > 17")
    await expect(wave).to_have_attribute("aria-valuetext", re.compile(r"^0:1[789] of 0:35$"))
    await wave.press("Home")
    await page.wait_for_function(f"() => ({POSITION})() < 3")
    await wave.press("End")
    await page.wait_for_function(f"() => ({POSITION})() > 30")
    assert await page.evaluate(POSITION) > 30


async def test_the_large_wave_starts_its_track_where_another_one_plays(album: Album, page: Page) -> None:
    await page.get_by_role("link", name="Discover").first.click()
    await page.locator(".wall").get_by_role("link", name=OTHER).click()
    await page.locator("#page").get_by_role("link", name=OTHER_TITLE, exact=True).click()
    wave = page.get_by_role("slider", name=f"Seek in {OTHER_TITLE}")
    title = page.locator("veza-player .deck-now .title")
    await expect(wave).to_have_attribute("aria-valuetext", f"0:00 of 0:{OTHER_SECONDS}")
    await expect(title).to_have_text("Night Bus")
    await expect(page.locator(".big-wave .needle")).to_have_count(0)
    await wave.focus()
    await wave.press("PageUp")
    await expect(title).to_have_text(OTHER_TITLE)
    await page.wait_for_function(f"() => ({POSITION})() > 1.1 && ({POSITION})() < 5")
    await expect(page.locator(".big-wave .needle")).to_be_visible()


async def test_a_tracks_page_puts_it_into_the_queue(album: Album, page: Page) -> None:
    await page.goto(album.page("Harbour"))
    await page.get_by_role("button", name="Put Harbour in the queue").click()
    await page.get_by_role("button", name="Queue", exact=True).click()
    await expect(page.locator(".queue [data-key] b")).to_have_text(["Night Bus", "Harbour"])
