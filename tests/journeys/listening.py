"""A page of the site in Chromium, with a track that plays beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.album import Album

POSITION = "() => document.querySelector('veza-player').player.state.position"


@pytest.fixture
async def page(album: Album, chromium: Browser) -> AsyncIterator[Page]:
    """The buyer's."""
    async with listening(album, chromium, album.buyer.cookie) as page:
        yield page


@asynccontextmanager
async def listening(album: Album, browser: Browser, cookie: str) -> AsyncIterator[Page]:
    """The page of “Night Bus”, which plays, in a browser that is signed in by this cookie."""
    context = await browser.new_context(base_url=album.url)
    await context.add_cookies([{"name": "veza", "value": cookie, "url": album.url}])
    page = await context.new_page()
    await page.goto(album.page("Night Bus"))
    await page.locator(".track-head [data-play-track]").click()
    await expect(page.locator("veza-player [data-do=toggle]")).to_have_attribute("aria-label", "Pause")
    yield page
    await context.close()
