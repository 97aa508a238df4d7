"""Every page of the site judged by axe in both themes, and by what every page must have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from tests.commands import ROOT
from tests.journeys.album import Album
from tests.npm import installed

AXE = "node_modules/axe-core/axe.min.js"
FOUND = """async () => {
    const rules = {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]};
    const {violations} = await axe.run(document, rules);
    return violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}`));
}"""
BASICS = """() => ({
    title: document.title, headings: document.querySelectorAll("h1").length,
    main: document.querySelectorAll("main").length, lang: document.documentElement.lang,
    wide: document.documentElement.scrollWidth - innerWidth,
})"""
FOR_VISITORS = (
    "/", "/sign-in", "/sign-up", "/cart", "/search?q=n", "/search", "/about", "/preferences", "/permissions",
    "/forgot-password", "/nonsense", "/design",
)  # fmt: skip
FOR_OWNERS = (
    "/account", "/account/password", "/account/second-factor", "/account/sessions", "/account/tokens", "/account/mails",
    "/account/data", "/playlists", "/news", "/following", "/reports", "/studio", "/library", "/orders",
)  # fmt: skip

STUDIO = ("", "/records", "/sales", "/money", "/onboarding", "/plays", "/codes", "/people")
"""Places of an artist's studio."""


@pytest.fixture
async def axe() -> str:
    return await asyncio.to_thread((installed(ROOT) / AXE).read_text)


@pytest.fixture(params=["light", "dark"])
async def page(request: pytest.FixtureRequest, album: Album, chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context(
        base_url=album.url, color_scheme=request.param, bypass_csp=True, viewport={"width": 360, "height": 800}
    )
    yield await context.new_page()
    await context.close()


async def judged(page: Page, address: str, axe: str, widths: tuple[int, ...] = (360, 1280)) -> list[str]:
    """What is wrong with a page, on a phone and on a desk."""
    await page.goto(address)
    wrong: list[str] = []
    for width in widths:
        await page.set_viewport_size({"width": width, "height": 900})
        basics = await page.evaluate(BASICS)
        if basics["wide"] > 0:
            wrong.append(f"{address} at {width} scrolls sideways by {basics['wide']}")
        if (basics["headings"], basics["main"], basics["lang"]) != (1, 1, "en") or not basics["title"]:
            wrong.append(f"{address}: {basics}")
        await page.evaluate(axe)
        wrong += [f"{address} at {width}: {one}" for one in await page.evaluate(FOUND)]
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
    is_dark = await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    wrong, widths = list[str](), (360,) if is_dark else (1280,)
    for place in STUDIO:
        wrong += await judged(page, f"{studio}{place}", axe, widths)
    await page.goto(f"{studio}/records")
    for beginning in ("/studio/releases/", "/studio/tracks/"):
        link = await page.locator(f"a[href^='{beginning}']").first.get_attribute("href")
        assert link is not None
        wrong += await judged(page, link, axe, widths)
        await page.goto(link)
    assert wrong == [], "\n".join(wrong)


async def test_axe_finds_nothing_on_pages_of_ones_own(album: Album, page: Page, axe: str) -> None:
    await page.context.add_cookies([{"name": "veza", "value": album.buyer.cookie, "url": album.url}])
    wrong: list[str] = []
    for address in FOR_OWNERS:
        wrong += await judged(page, address, axe)
    assert wrong == [], "\n".join(wrong)
