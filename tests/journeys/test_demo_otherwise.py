"""The demo by other ways than the newcomer's: without scripts, in another theme and language, by a code, and signed out
in the middle of a form."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.audio.sounds import FORMATS, tone, write
from tests.journeys.demo import Demo
from tests.journeys.label import RATE
from tests.mailed import link_mailed
from tests.waiting import until
from veza.catalog.artists import find_artist
from veza.catalog.releases import Release
from veza.kit.database import Database
from veza.lab.demo.opening import OWNER, PASSWORD, address_of
from veza.library.grants import ItemKind
from veza.market import codes

WITHIN_MS = 60_000
GROUND = "() => getComputedStyle(document.body).backgroundColor"
SAID = "half a sentence that took a while"
MAILBOX, NEW_PASSWORD = "nora@story.example", "a horse that eats batteries"


@pytest.fixture
async def context(demo: Demo, chromium: Browser) -> AsyncIterator[BrowserContext]:
    expect.set_options(timeout=WITHIN_MS)
    context = await chromium.new_context(base_url=demo.url)
    context.set_default_timeout(WITHIN_MS)
    yield context
    await context.close()


async def signs_in(page: Page, name: str) -> None:
    """By the form, as every account does."""
    await page.goto("/sign-in")
    await page.get_by_label("E-mail address").fill(address_of(name))
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_role("link", name="Studio", exact=True)).to_be_visible()


async def test_without_scripts_one_signs_in_hears_buys_asks_for_the_money_and_sends_a_file(
    demo: Demo, chromium: Browser, tmp_path: Path
) -> None:
    expect.set_options(timeout=WITHIN_MS)
    context = await chromium.new_context(base_url=demo.url, java_script_enabled=False)
    context.set_default_timeout(WITHIN_MS)
    page = await context.new_page()
    await signs_in(page, "listener-2")
    await page.locator("main").get_by_role("link", name=demo.title, exact=True).click()
    await page.locator(".track .named a").first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(demo.title)
    await hears(page)
    await buys_and_asks_for_the_money(page)
    await page.goto("/account")
    await page.get_by_role("button", name="Sign out").click()
    await signs_in(page, OWNER)
    await sends_a_file(page, demo, write(tmp_path / "one.flac", FORMATS["FLAC 16 bit"], tone(RATE, RATE), RATE))
    await context.close()


async def hears(page: Page) -> None:
    """By the browser's own player."""
    player = page.locator("#page audio[controls]")
    await expect(player).to_be_visible()
    await player.evaluate("(audio) => { audio.muted = true; audio.play(); }")

    async def moves() -> bool:
        return bool(await player.evaluate("(audio) => audio.currentTime > 0.2"))

    await until(moves, "sound", every=0.1)


async def buys_and_asks_for_the_money(page: Page) -> None:
    await page.get_by_role("link", name="Buy for $2.50").click()
    await page.goto(await page.locator(".small a.link[href^='/releases/']").first.get_attribute("href") or "")
    await page.get_by_role("button", name="Buy", exact=True).click()
    await page.get_by_label("I want it at once").check()
    await page.get_by_role("button", name="Pay $2.50").click()
    await page.get_by_label("Card number").fill("4242 4242 4242 4242")
    await page.get_by_role("button", name="Pay").click()
    await expect(page.get_by_role("heading", name="$2.50 has arrived.")).to_be_visible()
    await page.get_by_role("link", name="The order").click()
    await page.locator("details.ask summary").click()
    await page.get_by_label("Why $2.50 shall come back").fill("bought without a script")
    await page.get_by_role("button", name="Ask for $2.50").click()
    await expect(page.get_by_text("you asked for the money back", exact=True)).to_be_visible()


async def sends_a_file(page: Page, demo: Demo, file: Path) -> None:
    """For a track of a new draft. What becomes of it is told in test_studio.py."""
    await page.get_by_role("link", name="Studio", exact=True).click()
    await page.get_by_role("link", name=demo.artist).click()
    await page.get_by_role("link", name="Records", exact=True).click()
    await page.get_by_label("Title", exact=True).fill("Without Scripts")
    await page.get_by_role("button", name="Begin it").click()
    await page.get_by_label("Another track").fill("By Hand")
    await page.get_by_role("button", name="Add it").click()
    await page.locator("#file").set_input_files(file)
    await page.get_by_role("button", name="Send it").click()
    await expect(page.get_by_text("The file has come.")).to_be_visible()


async def test_theme_and_language_are_chosen_kept_and_go_before_the_systems(context: BrowserContext) -> None:
    page = await context.new_page()

    async def grounds() -> list[str]:
        """The page's colour where the system is light, and where it is dark."""
        found: list[str] = []
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            await page.reload()
            found.append(await page.evaluate(GROUND))
        return found

    await page.goto("/preferences")
    light, dark = await grounds()
    assert light != dark
    for chosen, expected in (("Dark", [dark] * 2), ("Light", [light] * 2), ("As the system has it", [light, dark])):
        await page.goto("/preferences")
        await page.get_by_label(chosen).check()
        await page.get_by_role("button", name="Keep it").first.click()
        await expect(page.get_by_text("It is kept in this browser.")).to_be_visible()
        assert await grounds() == expected, chosen
    await page.get_by_label("Français").check()
    await page.get_by_role("button", name="Keep it").first.click()
    for address in ("/cart", "/"):
        await page.goto(address)
        await page.reload()
        await expect(page.locator("html")).to_have_attribute("lang", "fr")
    await expect(page.get_by_role("link", name="Découvrir").first).to_be_visible()


async def test_a_visitor_redeems_a_code_and_finds_the_record_in_a_library(demo: Demo, context: BrowserContext) -> None:
    code, page = await a_code(demo), await context.new_page()
    await page.goto("/redeem")
    await page.get_by_label("Code", exact=True).fill(code.lower().replace("-", " "))
    await page.get_by_label("E-mail address").fill(MAILBOX)
    await page.get_by_role("button", name="Redeem it").click()
    await expect(page.get_by_text(f"A link to it is on its way to {MAILBOX}.")).to_be_visible()
    token = (demo.folder / "var" / "operator-token").read_text().strip()
    async with httpx.AsyncClient(base_url=demo.url) as mailbox:
        await page.goto(await link_mailed(mailbox, token, MAILBOX, "/claim"))
    await page.get_by_label("E-mail address").fill(MAILBOX)
    await page.get_by_label(re.compile("^Name")).fill("Nora")
    await page.get_by_label(re.compile("^Password")).fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Put it into my library").click()
    await expect(page.get_by_role("status").filter(has_text="library")).to_be_visible()
    await page.goto("/sign-in?next=/library")
    await page.get_by_label("E-mail address").fill(MAILBOX)
    await page.get_by_label("Password").fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.locator("main").get_by_role("link", name=demo.title, exact=True)).to_be_visible()


async def a_code(demo: Demo) -> str:
    """For the record that sounds."""
    database = Database.open(f"sqlite+aiosqlite:///{demo.folder}/var/veza.db")
    try:
        async with database.write("test") as session:
            artist = await find_artist(session, (await session.get_one(Release, demo.release)).artist_id)
            return (await codes.make(session, artist, ItemKind.RELEASE, demo.release, 1, "for a test"))[1][0]
    finally:
        await database.close()


async def test_a_session_that_ends_in_the_middle_of_a_form_loses_no_text(
    demo: Demo, chromium: Browser, context: BrowserContext
) -> None:
    page = await context.new_page()
    await signs_in(page, "listener-5")
    tab = await context.new_page()
    await tab.goto("/")
    await page.goto(f"/tracks/{demo.track}")
    await page.get_by_label("Say something").fill(SAID)
    elsewhere = await chromium.new_context(base_url=demo.url)
    other = await elsewhere.new_page()
    await signs_in(other, "listener-5")
    await other.goto("/account/sessions")
    await other.locator("summary", has_text="Sign out everywhere else").click()
    await other.get_by_role("button", name="Sign out everywhere else").click()
    await expect(other.get_by_text("You are signed in nowhere else.")).to_be_visible()
    await elsewhere.close()

    await tab.get_by_role("link", name="Library", exact=True).first.click()
    await expect(tab.get_by_role("heading", name="Come in", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Say it").click()
    await expect(page.get_by_text("What you typed is not lost")).to_be_visible()
    await page.get_by_label("E-mail address").fill(address_of("listener-5"))
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.locator(".typed").first).to_have_text(SAID)
    await page.get_by_role("button", name="Send it now").click()
    await expect(page.locator(".comments .say").get_by_text(SAID)).to_be_visible()
