"""By the keyboard alone, in the demo: a listener signs in, hears and downloads; a label begins a record; an operator
tries a reversal again. Buying and asking for the money back are in tests/web/pages/test_buying_otherwise.py."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from playwright.async_api import Browser, Page, expect

from tests.journeys.demo import Demo
from tests.journeys.test_demo_newcomer import HEARD, WITHIN_MS
from tests.web.pages.test_buying_otherwise import tab_to
from veza.accounts import people
from veza.kit.database import Database
from veza.kit.messages import verbatim
from veza.lab.demo.opening import OPERATOR, OWNER, PASSWORD, address_of
from veza.library import grants
from veza.library.grants import CauseKind, Given, ItemKind

LISTENER = "listener-4"


async def presses(page: Page, name: str, key: str = "Tab") -> None:
    """Go to what is called so, and press Enter."""
    await tab_to(page, name, key)
    await page.keyboard.press("Enter")


async def types(page: Page, name: str, text: str) -> None:
    await tab_to(page, name)
    await page.keyboard.type(text)


@asynccontextmanager
async def signed_in(demo: Demo, chromium: Browser, name: str) -> AsyncIterator[Page]:
    """A window whose person came in by the form."""
    expect.set_options(timeout=WITHIN_MS)
    context = await chromium.new_context(base_url=demo.url)
    context.set_default_timeout(WITHIN_MS)
    page = await context.new_page()
    await page.goto("/")
    await presses(page, "Sign in")
    await expect(page.get_by_role("heading", name="Come in", exact=True)).to_be_visible()
    await types(page, "E-mail address", address_of(name))
    await types(page, "Password", PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="Studio", exact=True)).to_be_visible()
    yield page
    await context.close()


async def test_a_listener_signs_in_hears_a_record_and_downloads_it(demo: Demo, chromium: Browser) -> None:
    await owns(demo, LISTENER)
    async with signed_in(demo, chromium, LISTENER) as page:
        await presses(page, demo.title)
        await expect(page.get_by_role("heading", name=demo.title, level=1)).to_be_visible()
        await presses(page, f"Play {demo.title}")
        await page.wait_for_function(HEARD)
        await presses(page, "Library", "Shift+Tab")
        await expect(page.get_by_role("heading", name="Yours")).to_be_visible()
        await presses(page, demo.title)
        await expect(page.locator("#files")).to_be_visible()
        await tab_to(page, "FLAC")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("link", name="Download FLAC").first).to_be_visible()
        async with page.expect_download() as begun:
            await presses(page, "Download FLAC")
        assert (await (await begun.value).path()).stat().st_size > 0


async def owns(demo: Demo, name: str) -> None:
    """The listener has the record that sounds."""
    database = Database.open(f"sqlite+aiosqlite:///{demo.folder}/var/veza.db")
    async with database.write("test") as session:
        person = await people.by_email(session, address_of(name))
        assert person is not None
        given = Given(ItemKind.RELEASE, demo.release, demo.release, CauseKind.DOWNLOAD_CODE, uuid4(), person.id)
        await grants.give(session, given, because=verbatim("a test"))
    await database.close()


async def test_a_label_begins_a_record_with_a_track(demo: Demo, chromium: Browser) -> None:
    async with signed_in(demo, chromium, OWNER) as page:
        await presses(page, "Studio")
        await expect(page.get_by_role("heading", name="Studio", level=1)).to_be_visible()
        await presses(page, demo.artist)
        await page.wait_for_url("**/studio/*")
        await presses(page, "Records")
        await page.wait_for_url("**/records")
        await types(page, "Title", "By Keys")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="By Keys", level=1)).to_be_visible()
        await types(page, "Another track", "First Key")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="First Key", level=1)).to_be_visible()


async def test_an_operator_tries_a_reversal_again_with_a_reason(demo: Demo, chromium: Browser) -> None:
    async with signed_in(demo, chromium, OPERATOR) as page:
        await presses(page, "Operator")
        await expect(page.get_by_role("heading", name="Every cent is accounted for.")).to_be_visible()
        await presses(page, "Transfers")
        await expect(page.get_by_role("heading", name="Transfers", level=1)).to_be_visible()
        await types(page, "Status", "permanently")
        await presses(page, "Show")
        await page.wait_for_url("**status=permanently_failed*")
        await presses(page, await page.locator("tbody a.inline-link[href^='/operator/transfers/']").first.inner_text())
        await expect(page.locator("#state")).to_contain_text("permanently failed")
        await types(page, "Reason", "the provider says it is mended")
        await presses(page, "Try again")
        await expect(page.get_by_text("It will be tried again")).to_be_visible()
        await expect(page.locator("#state")).to_contain_text("reversed")
