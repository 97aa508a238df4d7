"""From a record to its files and back to the money, in a real browser, with scripting and without."""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browsers import chromium
from tests.journeys.pages import OBSCURED
from tests.journeys.test_accessible import axe, judged
from tests.web.pages.conftest import Store, open_store
from tests.web.pages.test_library import made, sounding
from veza.http.serving import listen, serving
from veza.lab.sandbox.server import create_app
from veza.lab.sandbox.settings import SandboxSettings
from veza.lab.simulator.driver import URL_IN_THREAD
from veza.market.orders import Order, OrderLine
from veza.market.refund_requests import RefundRequest
from veza.web.assets import ASSETS

__all__ = ["axe", "chromium"]
LONGEST_MS = 30_000
"""Pages look again every three seconds, and the machine may be busy."""


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Store]:
    """The pages and, on another origin, the provider's, each by a server of its own."""
    site, provider = listen("127.0.0.1", 0), listen("127.0.0.1", 0)
    site_url, pay_url = (f"http://127.0.0.1:{one.getsockname()[1]}" for one in (site, provider))
    settings = SandboxSettings(public_url=pay_url, rate_limit_per_second=None, asynchronous_capture_seconds=None)
    how: dict[str, Any] = {"base_url": site_url, "pay_origin": pay_url, "sandbox": settings, "create_tables": True}
    async for store in open_store(URL_IN_THREAD, folder, **how):
        async with serving(store.asgi, site), serving(create_app(store.shop.stage.sandbox), provider):
            yield store


async def pay_by_card(page: Page) -> None:
    """On the provider's page."""
    await expect(page.get_by_role("heading", name="Your order")).to_be_visible()
    await page.get_by_label("Email").fill("bo@example.org")
    await page.get_by_label("Card number").fill("4242 4242 4242 4242")
    await page.get_by_label("Valid until").fill("12 / 40")
    await page.get_by_label("Security code").fill("123")
    await page.get_by_role("button", name="Pay").click()


async def download(page: Page, folder: Path, store: Store, *, scripting: bool) -> list[str]:
    """Choose a format, wait until it is made, and fetch the ZIP; the names in it. With scripting it is one document all
    the way, so that music would play on."""
    if scripting:
        await page.evaluate("window.isTheSame = true")
    await page.get_by_label("MP3 320").check()
    await page.get_by_role("button", name="Download as ZIP").click()
    await expect(page.get_by_text("MP3 320 is being made for the first time.")).to_be_visible()
    await made(store)
    link = page.get_by_role("link", name="Download MP3 320").first
    await expect(link).to_be_visible()
    if scripting and ASSETS.has("htmx.js"):
        assert await page.evaluate("window.isTheSame") is True
    async with page.expect_download() as begun:
        await link.click()
    path = folder / "album.zip"
    await (await begun.value).save_as(path)
    return zipfile.ZipFile(path).namelist()


@pytest.mark.parametrize("scripting", [True, False])
async def test_bought_downloaded_and_given_back(scripting: bool, tmp_path: Path, chromium: Browser) -> None:
    async with served(tmp_path) as store:
        act, release, _ = await sounding(store)
        _, reader = await store.reader()
        context = await chromium.new_context(
            base_url=store.base_url, java_script_enabled=scripting,
            extra_http_headers={"X-Test-Visitor": reader.who["X-Test-Visitor"]},
        )  # fmt: skip
        page = await context.new_page()
        page.set_default_timeout(LONGEST_MS)
        expect.set_options(timeout=LONGEST_MS)
        try:
            await buy(page, release, store)
            await page.get_by_role("link", name="Download").click()
            assert await download(page, tmp_path, store, scripting=scripting) == [
                f"Anna Berg - Blue Hours/0{number} Blue Hours {number}.mp3" for number in (1, 2)
            ]
            await give_back(page, act, store)
            await page.goto(f"/library/{release}")
            await expect(page.get_by_text("€7.00 went back.")).to_be_visible()
        finally:
            await context.close()


async def buy(page: Page, release: UUID, store: Store) -> None:
    """From the record's page over the cart and the provider's page to what one comes back to."""
    await page.goto(f"/releases/{release}")
    await page.get_by_role("button", name="Buy").click()
    await expect(page.get_by_role("heading", name="One thing")).to_be_visible()
    await page.get_by_label("I want it at once").check()
    await page.get_by_role("button", name="Pay €7.00").click()
    await pay_by_card(page)
    await expect(page.get_by_role("heading", name="Your bank’s answer is on its way")).to_be_visible()
    await store.shop.stage.settle()
    await expect(page.get_by_role("heading", name="€7.00 has arrived.")).to_be_visible()
    await expect(page.get_by_role("link", name="Cart, empty")).to_be_visible()


async def give_back(page: Page, act: Any, store: Store) -> None:
    """Ask for the money on the order's page; the artist says yes."""
    await page.get_by_role("link", name="Ask for the money back").click()
    await expect(page.get_by_role("heading", name="€7.00 on 5 January 2026")).to_be_visible()
    await page.locator("summary").click()
    await page.get_by_label("Why €7.00 shall come back").fill("bought by mistake")
    await page.get_by_role("button", name="Ask for €7.00").click()
    await expect(page.get_by_text("you asked for the money back", exact=True)).to_be_visible()
    request = await store.shop.stage.one(RefundRequest)
    await store.shop.post(f"/refund-requests/{request.id}/grant", {"answer": "of course"}, by=act.who, expect=200)
    await store.shop.stage.settle()
    await page.reload()
    await expect(page.get_by_text("the money went back", exact=True)).to_be_visible()


SMALL = """[...document.querySelectorAll("main :is(a.button, button, input:not([type=hidden]), textarea, summary)")]
    .map((one) => one.closest("label") ?? one)
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44)
    .map((one) => one.outerHTML)"""
"""What a finger would miss."""


async def test_axe_finds_nothing_and_on_a_phone_everything_can_be_touched_and_seen_with_the_focus(
    tmp_path: Path, chromium: Browser, axe: str
) -> None:
    async with served(tmp_path) as store:
        act = await store.shop.artist("a-very-long-name-without-a-space-" * 3)
        named = await act.product(await act.release("Stile " * 20), 600, pricing="minimum")
        _, browser = await store.reader()
        await store.buy(browser, await act.selling("unbreakable" * 12, 123_456))
        await store.put_in(browser, named, amount="8")
        (order,) = await store.shop.stage.all(Order)
        (line,) = await store.shop.stage.all(OrderLine)
        context = await chromium.new_context(
            base_url=store.base_url, reduced_motion="reduce", bypass_csp=True,
            extra_http_headers={"X-Test-Visitor": browser.who["X-Test-Visitor"]},
        )  # fmt: skip
        page = await context.new_page()
        wrong: list[str] = []
        for address in (
            "/cart", f"/checkout/done?order={order.id}", "/library", f"/library/{line.release_id}", "/redeem",
            "/orders", f"/orders/{order.id}",
        ):  # fmt: skip
            wrong += await judged(page, address, axe)
            await page.set_viewport_size({"width": 360, "height": 800})
            wrong += await page.evaluate(SMALL)
            await page.set_viewport_size({"width": 360, "height": 640})
            await page.evaluate("document.querySelector('veza-player').classList.remove('is-idle')")
            wrong += [f"{address}: {one}" for one in (await page.evaluate(OBSCURED))[1]]
        await context.close()
    assert wrong == [], "\n".join(wrong)
