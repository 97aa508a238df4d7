"""Every page of the site judged by axe in both themes, and by what every page must have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Literal, TypeAlias

import pytest
from playwright.async_api import Browser, Page

from tests.journeys.album import Album
from tests.judging import ALL_RULES, axe_source, faults

Theme: TypeAlias = Literal["light", "dark"]
RULES: dict[Theme, object] = {
    "light": ALL_RULES,
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
"""The dark theme has other colours, and nothing else that is other."""
FOR_VISITORS = (
    "/", "/sign-in", "/sign-up", "/cart", "/search?q=n", "/search", "/about", "/preferences", "/permissions",
    "/forgot-password", "/nonsense", "/design", "/design/music", "/design/money",
)  # fmt: skip
FOR_OWNERS = (
    "/account", "/account/password", "/account/second-factor", "/account/sessions", "/account/tokens", "/account/mails",
    "/account/listenbrainz", "/account/data", "/playlists", "/news", "/following", "/reports", "/studio", "/library",
    "/orders",
)  # fmt: skip

STUDIO = ("", "/records", "/sales", "/money", "/onboarding", "/plays", "/codes", "/people", "/about")
"""Places of an artist's studio."""


@pytest.fixture
async def axe() -> str:
    return await asyncio.to_thread(axe_source)


@pytest.fixture
async def page(album: Album, chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context(base_url=album.url, bypass_csp=True, reduced_motion="reduce")
    yield await context.new_page()
    await context.close()


async def judged(page: Page, address: str, axe: str) -> list[str]:
    """What is wrong with a page, on a phone and on a desk, in light and in dark."""
    wrong: list[str] = []
    await page.emulate_media(color_scheme="light")
    await page.goto(address)
    for theme, rules in RULES.items():
        await page.emulate_media(color_scheme=theme)
        for width in (360, 1280):
            await page.set_viewport_size({"width": width, "height": 900})
            wrong += [f"{address}, {theme}, at {width}: {one}" for one in await faults(page, axe, rules)]
    return wrong


async def test_axe_finds_nothing_on_a_visitors_pages(album: Album, page: Page, axe: str) -> None:
    track = f"/tracks/{album.tracks['Night Bus']}"
    await page.goto(track)
    links = [await page.locator(f"a[href^='{kind}']").first.get_attribute("href") for kind in ("/releases", "/artists")]
    wrong: list[str] = []
    framed = [f"/embed{track}", f"/embed{links[0]}", f"/embed{links[0]}?size=compact"]
    for address in (*FOR_VISITORS, track, *framed, *(link for link in links if link)):
        wrong += await judged(page, address, axe)
    assert wrong == [], "\n".join(wrong)


async def test_axe_finds_nothing_in_the_studio(album: Album, page: Page, axe: str) -> None:
    await page.context.add_cookies([{"name": "veza", "value": album.owner, "url": album.url}])
    await page.goto("/studio")
    studio = page.url.removeprefix(album.url)
    wrong: list[str] = []
    for place in STUDIO:
        wrong += await judged(page, f"{studio}{place}", axe)
    await page.goto(f"{studio}/records")
    for beginning in ("/studio/releases/", "/studio/tracks/"):
        link = await page.locator(f"a[href^='{beginning}']").first.get_attribute("href")
        assert link is not None
        wrong += await judged(page, link, axe)
        await page.goto(link)
    assert wrong == [], "\n".join(wrong)


async def test_axe_finds_nothing_on_pages_of_ones_own(album: Album, page: Page, axe: str) -> None:
    await page.context.add_cookies([{"name": "veza", "value": album.buyer.cookie, "url": album.url}])
    wrong: list[str] = []
    for address in FOR_OWNERS:
        wrong += await judged(page, address, axe)
    assert wrong == [], "\n".join(wrong)
