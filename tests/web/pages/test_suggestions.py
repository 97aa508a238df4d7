"""Suggestions under a search field, in a browser and by the keyboard alone."""

from __future__ import annotations

from playwright.async_api import Browser, Page, Route, expect

from tests.browsers import chromium
from tests.judging import axe_source, faults
from tests.search.shop import publish
from tests.web.live_site import LiveSite

__all__ = ["chromium"]
ASKED = "**/api/v1/search/suggestions?q="
KEPT = "localStorage.getItem('veza-searches')"
OPTION, LIST = ".suggests [role=option]", ".suggests [role=listbox]"
TOUCHED = "document.documentElement.dataset.touched = 'yes'"


async def opened(site: LiveSite, browser: Browser, address: str = "/", **how: int) -> Page:
    """A page of a site with an artist, Zorblax, whose album Quuxmoor has two tracks."""
    assert site.veza is not None
    await publish(site.veza.modules.database)
    size = {"width": how.get("width", 1280), "height": 740}
    page = await site.window(browser, viewport=size, bypass_csp=True)
    await page.goto(address)
    return page


async def test_by_the_keyboard_one_chooses_what_was_meant_and_forgets_it_again(
    site: LiveSite, chromium: Browser
) -> None:
    page = await opened(site, chromium)
    await page.evaluate(TOUCHED)
    field, options = page.locator("#find"), page.locator(OPTION)
    await field.focus()
    await expect(field).to_have_attribute("role", "combobox")
    await expect(page.locator(LIST)).to_be_hidden()
    await page.keyboard.type("zorb")
    await expect(options).to_have_count(4)
    await expect(options.first).to_have_text("Zorblaxartist")
    await expect(field).to_have_attribute("aria-expanded", "true")
    assert await faults(page, axe_source()) == []

    await page.keyboard.press("Escape")
    await expect(options).to_have_count(0)
    await expect(field).to_have_value("zorb")
    await page.keyboard.press("ArrowDown")
    await expect(options).to_have_count(4)
    await page.keyboard.press("ArrowUp")
    await expect(options.last).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("[aria-selected=true]")).to_have_count(0)
    await page.keyboard.press("ArrowDown")
    await expect(field).to_have_attribute("aria-activedescendant", "find-list-0")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/artists/zorblax")
    await expect(page.locator("main h1")).to_have_text("Zorblax")
    assert await page.evaluate("document.documentElement.dataset.touched") == "yes"  # the player went on

    await page.locator("#find").focus()
    await expect(page.locator(OPTION)).to_have_text(["Zorblax"])
    assert await faults(page, axe_source()) == []
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Forget these")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(LIST)).to_be_hidden()
    assert await page.evaluate(KEPT) is None


async def test_what_is_typed_is_searched_for_where_nothing_is_chosen(site: LiveSite, chromium: Browser) -> None:
    page = await opened(site, chromium)
    await page.locator("#find").fill("quuxmor")
    await expect(page.locator("#find")).to_have_attribute("role", "combobox")  # its script comes with the first focus
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/search?q=quuxmor")
    await expect(page.locator("main .sleeve h3")).to_have_text("Quuxmoor")
    await page.goto("/")
    await page.locator("#find").focus()
    await expect(page.locator(OPTION)).to_have_text(["quuxmor"])
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/search?q=quuxmor")


async def test_an_answer_to_fewer_letters_is_waited_for_no_longer(site: LiveSite, chromium: Browser) -> None:
    page = await opened(site, chromium)

    async def never(_: Route) -> None:
        return

    await page.route(f"{ASKED}zor", never)
    await page.locator("#find").focus()
    async with page.expect_request(f"{ASKED}zor"):
        await page.keyboard.type("zor")
    async with page.expect_event("requestfailed") as failed:
        await page.keyboard.type("b")
    assert (await failed.value).url.endswith("?q=zor")
    await expect(page.locator(OPTION).first).to_contain_text("Zorblax")


async def test_on_a_phone_the_page_has_the_suggestions(site: LiveSite, chromium: Browser) -> None:
    page = await opened(site, chromium, "/search", width=360)
    await page.locator("#q").focus()
    await page.keyboard.type("wibble")
    await expect(page.locator(OPTION)).to_have_text("WibblefenZorblax · track")
    assert await faults(page, axe_source()) == []
    await page.locator(OPTION).click()
    await expect(page.locator("main h1")).to_have_text("Wibblefen")
