"""Buying by the keyboard alone, in Firefox, and what a screen reader reads on the way."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.browsers import chromium
from tests.journeys.firefox import firefox_in
from tests.web.pages.reading_order import CART, DISCOVER, ORDER, PAID, RELEASE
from tests.web.pages.test_buying_journey import LONGEST_MS, served
from tests.web.pages.test_library import sounding

__all__ = ["chromium"]
FOCUSED = """() => {
    const one = document.activeElement;
    if (one === document.body) return ["", true];
    const name = one.getAttribute("aria-label") || one.labels?.[0]?.textContent || one.textContent || "";
    const around = [one.labels?.[0]];
    for (let at = one; at && around.length < 6; at = at.parentElement) around.push(at);
    const parts = around.filter(Boolean).flatMap((it) => [null, "::before", "::after"].map((part) => [it, part]));
    const look = () => JSON.stringify(parts.map(([it, part]) => {
        const style = getComputedStyle(it, part);
        return [style.outline, style.border, style.boxShadow, style.backgroundColor, style.content, style.translate];
    }));
    const with_focus = look();
    one.blur();
    const without = look();
    one.focus({preventScroll: true});
    return [name.trim().replace(/\\s+/g, " "), with_focus !== without];
}"""
"""What has the focus, and whether it looks otherwise than without it."""
MOST_TABS = 60


async def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Go on by the Tab key, or another, to what is called so; each stop on the way can be seen."""
    seen: list[str] = []
    while len(seen) < MOST_TABS:
        await page.keyboard.press(key)
        called, is_marked = await page.evaluate(FOCUSED)
        seen.append(called)
        assert is_marked or not called, f"the focus on “{called}” is not to be seen at {page.url}"
        if called.startswith(name):
            return
    raise AssertionError(f"no “{name}” among {seen}")


async def test_bought_by_the_keyboard_alone_and_read_in_order(tmp_path: Path, chromium: Browser) -> None:
    expect.set_options(timeout=LONGEST_MS)
    async with served(tmp_path) as store:
        await sounding(store)
        _, reader = await store.reader()
        context = await chromium.new_context(
            base_url=store.base_url, extra_http_headers={"X-Test-Visitor": reader.who["X-Test-Visitor"]}
        )
        page = await context.new_page()
        read = page.locator("body")
        await page.goto("/")
        await expect(read).to_match_aria_snapshot(DISCOVER)
        await page.keyboard.press("Tab")
        assert (await page.evaluate(FOCUSED))[0] == "Skip to the page"
        await page.keyboard.press("Enter")
        await tab_to(page, "Blue Hours")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Blue Hours", level=1)).to_be_visible()
        await expect(read).to_match_aria_snapshot(RELEASE)
        await tab_to(page, "Buy")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="One thing")).to_be_visible()
        await expect(read).to_match_aria_snapshot(CART)
        await tab_to(page, "I want it at once")
        await page.keyboard.press("Space")
        await tab_to(page, "Pay €7.00")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Your order")).to_be_visible()
        for field, text in (
            ("Email", "bo@example.org"), ("Card number", "4242424242424242"), ("Valid", "12/40"), ("Security", "123"),
        ):  # fmt: skip
            await tab_to(page, field)
            await page.keyboard.type(text)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Your bank’s answer is on its way")).to_be_visible()
        await store.shop.stage.settle()
        await expect(read).to_match_aria_snapshot(PAID)
        await tab_to(page, "The order")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/orders/*")
        await expect(read).to_match_aria_snapshot(ORDER)
        await tab_to(page, "Ask for the money back")
        await page.keyboard.press("Enter")
        await tab_to(page, "Why €7.00 shall come back")
        await page.keyboard.type("bought by mistake")
        await tab_to(page, "Ask for €7.00")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("you asked for the money back", exact=True)).to_be_visible()
        await context.close()


async def test_a_visitor_buys_in_firefox_and_pays_on_another_origin(tmp_path: Path) -> None:
    async with served(tmp_path) as store, firefox_in(tmp_path) as firefox:
        _, release, _ = await sounding(store)
        await firefox.open(f"{store.base_url}/releases/{release}")
        await firefox.click("form.buy button[value=cart]")
        await firefox.reads("One thing")
        await firefox.write("input[type=email]", "bo@example.org")
        await firefox.click("input[name=consent]")
        await firefox.click("aside button.main")
        await firefox.reads("Your order")
        await firefox.write("#email", "bo@example.org")
        await firefox.write("#card", "4242424242424242")  # the rest is filled in
        await firefox.click("form button")
        await firefox.reads("Your bank’s answer is on its way")
        await store.shop.stage.settle()
        await firefox.reads("€7.00 has arrived.")
