"""A phone's window: what its header has no place for is reached otherwise."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page

from tests.browsers import chromium
from tests.web.live_site import LiveSite
from veza.accounts.permissions import Role

__all__ = ["chromium"]
PHONE = {"viewport": {"width": 360, "height": 740}}
ALL_LINKS = "[...document.querySelectorAll('header.top a')].map((one) => one.getAttribute('href'))"
TO_BE_SEEN = """[...document.querySelectorAll('a')].filter((one) => one.checkVisibility())
    .map((one) => one.getAttribute('href'))"""


async def seen(page: Page, address: str) -> set[str]:
    """The links of a page that are to be seen."""
    await page.goto(address)
    return set(await page.evaluate(TO_BE_SEEN))


@pytest.mark.parametrize("role", ["visitor", None, Role.MODERATOR, Role.ADMIN])
async def test_at_360_pixels_every_link_of_the_header_has_a_visible_way(
    site: LiveSite, chromium: Browser, role: Role | str | None
) -> None:
    cookie = None if role == "visitor" else (await site.person(*([role] if isinstance(role, Role) else [])))[1]
    page = await site.window(chromium, cookie, **PHONE)
    for address in ("/", "/playlists", "/about"):
        links = await seen(page, address)
        wanted = set(await page.evaluate(ALL_LINKS))
        assert wanted > {"/library", "/playlists"}
        assert wanted <= links, (address, wanted - links)
        assert "/search" in links
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, address
    if cookie is not None:
        of_header = set(await page.evaluate(ALL_LINKS)) - {"/", "/cart", "/library", "/account"}
        await page.goto("/account")
        assert of_header <= set(await page.evaluate(TO_BE_SEEN.replace("'a'", "'main a'")))
