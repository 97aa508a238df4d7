"""Every page of the site, looked at in the demo: axe in both themes, a phone's width, the player, no third party."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, ViewportSize

from tests.journeys.demo import Demo
from tests.journeys.test_accessible import RULES
from tests.judging import axe_source, faults
from tests.sights import SIGHTS, WITHOUT_PLAYER, not_seen, reached, signed_in

DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 800}
OWN_SCHEMES = frozenset({"data", "blob"})


async def test_no_page_has_a_fault_in_either_theme_or_lacks_the_player_or_asks_a_third_party(
    demo: Demo, chromium: Browser
) -> None:
    axe = await asyncio.to_thread(axe_source)
    pages: dict[str, Page] = {}
    asked: set[str] = set()
    paths: set[str] = set()
    wrong: list[str] = []
    for sight in SIGHTS:
        if sight.who not in pages:
            context = await chromium.new_context(base_url=demo.url, bypass_csp=True, reduced_motion="reduce")
            context.on("request", lambda request: asked.add(request.url))
            pages[sight.who] = await signed_in(context, sight.who)
        page = pages[sight.who]
        await page.emulate_media(color_scheme="light")
        await page.set_viewport_size(DESK)
        if not await reached(page, sight):
            wrong.append(f"{sight.name}: no way to it")
            continue
        paths.add(urlsplit(page.url).path)
        wrong += [f"{sight.name}, light: {one}" for one in await faults(page, axe, RULES["light"])]
        await page.emulate_media(color_scheme="dark")
        await page.set_viewport_size(PHONE)
        wrong += [f"{sight.name}, dark, on a phone: {one}" for one in await faults(page, axe, RULES["dark"])]
        has_player = await page.get_by_role("region", name="Player", include_hidden=True).count() == 1
        if has_player == (sight.name in WITHOUT_PLAYER):
            wrong.append(f"{sight.name}: {'a' if has_player else 'no'} player")
    wrong += [f"{one} was not come to" for one in not_seen(paths)]
    for page in pages.values():
        await page.context.close()
    assert wrong == [], "\n".join(wrong)
    strangers = {url for url in asked if not url.startswith(f"{demo.url}/") and urlsplit(url).scheme not in OWN_SCHEMES}
    assert strangers == set()
    kinds = {urlsplit(url).path.split("/")[1] for url in asked}
    assert {"assets", "covers", "embed", "live", "operator", "stream"} <= kinds
