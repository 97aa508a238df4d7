"""A newcomer after `make run`, in one Chromium: hears, buys, downloads, gives back, and sees the seller's money
return."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.journeys.demo import SECONDS, Demo
from tests.sights import DOORS, LABEL, LISTENER, OPERATOR

WITHIN_MS = 60_000
HEARD = """() => {
    const audio = document.querySelector("veza-player audio");
    return !audio.paused && audio.currentTime > 0.5;
}"""
BYTES = SECONDS * 320_000 // 8
"""Of an MP3 of 320 kbit/s, without its tags."""
PAID, BACK = "$2.50", "2.50 USD"
REASON = "bought by mistake"


async def test_a_newcomer_hears_buys_downloads_gives_back_and_watches_the_sellers_money_return(
    demo: Demo, chromium: Browser, tmp_path: Path
) -> None:
    context = await chromium.new_context(base_url=demo.url)
    page = await context.new_page()
    page.set_default_timeout(WITHIN_MS)
    expect.set_options(timeout=WITHIN_MS)
    await comes_in(page, LISTENER)
    await hears_within_two_clicks(page, demo)
    await buys(page, demo)
    await downloads(page, demo, tmp_path)
    await asks_for_the_money(page)
    await comes_in(page, LABEL)
    await agrees(page, demo)
    await comes_in(page, OPERATOR)
    await sees_the_money_come_back(page)
    await context.close()


async def comes_in(page: Page, who: str) -> None:
    """By one click, after the person before has gone."""
    await page.goto("/account")
    if (leave := page.get_by_role("button", name="Sign out")) and await leave.count():
        await leave.click()
        await expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    await page.goto("/")
    await page.get_by_role("link", name="Come in by one click").click()
    await page.locator("section:has(h2:text('come in by one click')) button").nth(DOORS.index(who)).click()
    await expect(page.get_by_role("link", name="Studio")).to_be_visible()


async def hears_within_two_clicks(page: Page, demo: Demo) -> None:
    await page.goto("/")
    await page.get_by_role("button", name=f"Play {demo.title}", exact=True).click()
    await page.wait_for_function(HEARD)


async def buys(page: Page, demo: Demo) -> None:
    """By the test card, on the sandbox's page."""
    await page.get_by_role("link", name=demo.title, exact=True).first.click()
    await page.get_by_role("button", name="Buy", exact=True).click()
    await expect(page.get_by_role("heading", name="One thing")).to_be_visible()
    await page.get_by_label("I want it at once").check()
    await page.get_by_role("button", name=f"Pay {PAID}").click()
    await expect(page).to_have_url(re.compile("/sandbox/pay/"))
    await page.get_by_label("Card number").fill("4242 4242 4242 4242")
    await page.get_by_role("button", name="Pay").click()
    await expect(page.get_by_role("heading", name=f"{PAID} has arrived.")).to_be_visible()


async def downloads(page: Page, demo: Demo, folder: Path) -> None:
    """The record's file, out of the library."""
    await page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Library").click()
    await page.locator("main").get_by_role("link", name=demo.title, exact=True).click()
    await expect(page).to_have_url(re.compile(f"/library/{demo.release}"))
    await page.get_by_label("MP3 320").check()
    # Another who has the record may have had it made in another format.
    await page.get_by_role("button", name=re.compile("^(Download|Take the format chosen above)$")).click()
    link = page.locator("#files").get_by_role("link", name=re.compile("^Download MP3 320"))
    async with page.expect_download() as begun:
        await link.click()
    path = folder / "record"
    await (await begun.value).save_as(path)
    with zipfile.ZipFile(path) as record:
        (sound,) = (one for one in record.namelist() if one.endswith(f"/01 {demo.title}.mp3"))
        assert record.getinfo(sound).file_size > BYTES


async def asks_for_the_money(page: Page) -> None:
    await page.get_by_role("link", name="Ask for the money back").click()
    await page.locator("details.ask summary").click()
    await page.get_by_label(f"Why {PAID} shall come back").fill(REASON)
    await page.get_by_role("button", name=f"Ask for {PAID}").click()
    await expect(page.get_by_text("you asked for the money back", exact=True)).to_be_visible()


async def agrees(page: Page, demo: Demo) -> None:
    """The label finds the request with its words in its studio."""
    await page.get_by_role("link", name="Studio").click()
    await page.get_by_role("link", name=demo.artist).click()
    await page.get_by_role("link", name="Sales", exact=True).click()
    await expect(page).to_have_url(re.compile("/sales$"))
    asked = page.locator(".asked-back").filter(has_text=REASON)
    await asked.get_by_label("What the buyer is told").fill("of course")
    await asked.get_by_role("button", name="Give it back").click()
    await expect(page.get_by_text("The money goes back; your share of it returns by itself.")).to_be_visible()


async def sees_the_money_come_back(page: Page) -> None:
    """On the newest payment's page, which follows it by itself until the books are even."""
    await page.get_by_role("link", name="Operator", exact=True).click()
    await page.get_by_role("link", name="Payments", exact=True).first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Payments")
    await page.locator("main a[href^='/operator/payments/']").first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(re.escape(BACK)))
    rows = page.locator("#flows tbody tr")
    for what, state in (("refund", "succeeded"), ("reversal", "succeeded"), ("transfer", "reversed")):
        await expect(rows.filter(has_text=what).filter(has_text=state).first).to_be_visible()
    await expect(page.locator("#timeline")).to_contain_text("reversed")
    await expect(page.locator("#state")).to_contain_text("books balance")
    equation = page.get_by_role("group", name="Every cent of it")
    await expect(equation).to_contain_text("holds")
    await expect(equation).not_to_contain_text("owed by sellers")
    await expect(page.get_by_role("group", name=f"{BACK} were paid; {BACK} went back")).to_be_visible()
