"""The editor in Chromium: tracks put in order by pointer, touch and keyboard, a cover shown before it is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browsers import chromium
from tests.ingest.pictures import picture
from tests.web.pages.conftest import Store
from veza.http.serving import listen, serving

__all__ = ["chromium"]
LONGEST_MS = 30_000
BEYOND = 8
"""Pixels that a row is dragged past the middle of another one."""
COLOUR = (20, 90, 160)
MIDDLE = "(one) => [...one.getContext('2d').getImageData(one.width / 2, one.height / 2, 1, 1).data]"


@pytest.fixture
async def page(store: Store, chromium: Browser) -> AsyncIterator[Page]:
    """The editor of a draft of three tracks."""
    anna = await store.shop.artist()
    release = await anna.release("Blue", status="draft", tracks=3)
    async with serving(store.asgi, listen("127.0.0.1", 0)) as url:
        context = await chromium.new_context(base_url=url, extra_http_headers=anna.who)
        page = await context.new_page()
        expect.set_options(timeout=LONGEST_MS)
        page.set_default_timeout(LONGEST_MS)
        await page.goto(f"/studio/releases/{release}")
        yield page
        await context.close()


async def grip_of(page: Page, title: str) -> tuple[float, float]:
    """The middle of what a row is dragged by."""
    box = await page.locator(".file").filter(has_text=title).locator("[data-grip]").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def is_in_order(page: Page, *numbers: int) -> None:
    await expect(page.locator(".file .named a")).to_have_text([f"Blue {one}" for one in numbers])


async def test_a_track_is_dragged_with_the_pointer_or_a_finger_and_moved_by_its_buttons(page: Page) -> None:
    says = page.locator("#says")
    (x, start), (_, end) = await grip_of(page, "Blue 3"), await grip_of(page, "Blue 1")
    await page.mouse.move(x, start)
    await page.mouse.down()
    await page.mouse.move(x, end - BEYOND, steps=4)
    await page.mouse.up()
    await expect(says).to_have_text("Blue 3 is track 1 of 3 now.")
    await is_in_order(page, 3, 1, 2)
    await expect(page.get_by_role("button", name="Move Blue 3 down")).to_be_focused()

    (x, start), (_, end) = await grip_of(page, "Blue 3"), await grip_of(page, "Blue 2")
    finger = await page.context.new_cdp_session(page)
    for kind, y in (("touchStart", start), ("touchMove", end + BEYOND), ("touchEnd", None)):
        where = [] if y is None else [{"x": x, "y": y}]
        await finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})
    await expect(says).to_have_text("Blue 3 is track 3 of 3 now.")
    up = page.get_by_role("button", name="Move Blue 3 up")
    await expect(up).to_be_focused()

    await page.keyboard.press("Enter")
    await expect(says).to_have_text("Blue 3 is track 2 of 3 now.")
    await expect(up).to_be_focused()
    await page.get_by_role("button", name="Move Blue 3 down").focus()
    await page.keyboard.press("Enter")
    await expect(says).to_have_text("Blue 3 is track 3 of 3 now.")
    await expect(up).to_be_focused()
    await page.reload()
    await is_in_order(page, 1, 2, 3)


async def test_a_drag_that_is_broken_off_or_not_kept_leaves_the_track_where_it_was(page: Page) -> None:
    async def lost(route: Route) -> None:
        await route.abort("connectionreset")

    await page.route("**/order", lost)
    for is_broken_off in (True, False):
        (x, start), (_, end) = await grip_of(page, "Blue 1"), await grip_of(page, "Blue 3")
        await page.mouse.move(x, start)
        await page.mouse.down()
        await page.mouse.move(x, end + BEYOND, steps=4)
        await is_in_order(page, 2, 3, 1)
        if is_broken_off:
            await page.keyboard.press("Escape")
            await is_in_order(page, 1, 2, 3)
        await page.mouse.up()
    await expect(page.get_by_text("The order could not be kept")).to_be_visible()
    await is_in_order(page, 1, 2, 3)


async def test_a_cover_is_shown_before_it_is_sent_and_no_picture_says_so(page: Page, tmp_path: Path) -> None:
    words, cover = tmp_path / "words.png", tmp_path / "cover.png"
    side, field = page.locator("form[data-cover]"), page.locator("input[name=cover]")
    words.write_bytes(b"words")
    await field.set_input_files(words)
    await expect(side.get_by_role("status")).to_have_text("Your browser cannot read this as a picture.")
    cover.write_bytes(picture(size=(1600, 1400), colour=COLOUR))
    await field.set_input_files(cover)
    await expect(side.get_by_role("status")).to_have_text("This is how it will look. It is not sent yet.")
    assert await side.locator("canvas").evaluate(MIDDLE) == [*COLOUR, 255]
    await field.set_input_files([])
    await expect(side.locator("canvas")).to_have_count(0)
    await expect(side.locator(".cover")).to_be_visible()
