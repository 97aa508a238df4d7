"""An artist at work in a browser that runs no script: a record is begun, filled, heard of, and published."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.audio.sounds import FORMATS, tone, write
from tests.journeys.label import RATE, Label

PROCESSED_WITHIN_MS = 90_000


async def desk_of(label: Label, chromium: Browser) -> Page:
    """The records of the site's artist in the studio, scripting off, signed in as its owner."""
    cookie = await label.owner()
    context = await chromium.new_context(java_script_enabled=False, base_url=label.site.url)
    await context.add_cookies([{"name": "veza", "value": cookie, "url": label.site.url}])
    page = await context.new_page()
    await to_records(page)
    return page


async def to_records(page: Page) -> None:
    """The studio leads to its one artist, and from there to the records."""
    await page.goto("/studio")
    await page.get_by_role("link", name="Records", exact=True).click()
    await expect(page).to_have_url(re.compile("/records$"))


async def begun(page: Page, title: str, track: str) -> None:
    """A draft with one track, whose page is open."""
    await page.get_by_label("Title", exact=True).fill(title)
    await page.get_by_role("button", name="Begin it").click()
    await page.get_by_label("Another track").fill(track)
    await page.get_by_role("button", name="Add it").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(track)


async def sent(page: Page, file: Path) -> None:
    await page.locator("#file").set_input_files(file)
    await page.get_by_role("button", name="Send it").click()
    await expect(page.get_by_text("The file has come.")).to_be_visible()


async def test_a_file_sent_by_a_plain_form_becomes_a_published_record_and_an_empty_one_says_so(
    label: Label, chromium: Browser, tmp_path: Path
) -> None:
    page = await desk_of(label, chromium)
    await begun(page, "Night Bus", "Last Stop")
    (tmp_path / "empty.wav").write_bytes(b"")
    await page.locator("#file").set_input_files(tmp_path / "empty.wav")
    await page.get_by_role("button", name="Send it").click()
    await expect(page.get_by_role("alert")).to_contain_text("The file is empty")
    await page.get_by_role("link", name="Night Bus").click()
    await page.get_by_role("button", name="Publish it").click()
    await expect(page.get_by_role("alert")).to_contain_text("cannot be published yet")
    await page.get_by_role("link", name="Last Stop", exact=True).click()
    await sent(page, write(tmp_path / "last stop.flac", FORMATS["FLAC 16 bit"], tone(4 * RATE, RATE), RATE))
    # The page looks again by itself, which needs no script.
    await expect(page.get_by_text("plays", exact=True)).to_be_visible(timeout=PROCESSED_WITHIN_MS)
    await expect(page.locator(".state").first).to_have_text("ready")
    await page.get_by_role("link", name="Night Bus").click()
    await page.get_by_role("button", name="Publish it").click()
    await expect(page.get_by_text("“Night Bus” is out.")).to_be_visible()
    assert re.search(r"/releases/[0-9a-f-]{36}$", page.url)
    await expect(page.get_by_role("link", name="Last Stop", exact=True)).to_be_visible()
