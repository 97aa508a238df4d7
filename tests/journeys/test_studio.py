"""An artist at work in a browser that runs no script: a record is begun, filled, heard of, and published."""

from __future__ import annotations

import re
from pathlib import Path

import mutagen
from playwright.async_api import Browser, Page, Route, expect

from tests.audio.sounds import FORMATS, tone, write
from tests.journeys.label import RATE, Label, tagged
from tests.waiting import until

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


async def test_a_file_sent_by_a_plain_form_becomes_a_published_record(
    label: Label, chromium: Browser, tmp_path: Path
) -> None:
    page = await desk_of(label, chromium)
    await begun(page, "Night Bus", "Last Stop")
    await page.get_by_role("link", name="Night Bus").click()
    await page.get_by_role("button", name="Publish it").click()
    await expect(page.get_by_role("alert")).to_contain_text("cannot be published yet")
    await page.get_by_role("link", name="Last Stop").click()
    await sent(page, write(tmp_path / "last stop.flac", FORMATS["FLAC 16 bit"], tone(4 * RATE, RATE), RATE))
    # The page looks again by itself, which needs no script.
    await expect(page.get_by_text("plays", exact=True)).to_be_visible(timeout=PROCESSED_WITHIN_MS)
    await expect(page.locator(".state").first).to_have_text("ready")
    await page.get_by_role("link", name="Night Bus").click()
    await page.get_by_role("button", name="Publish it").click()
    await expect(page.get_by_text("“Night Bus” is out.")).to_be_visible()
    assert re.search(r"/releases/[0-9a-f-]{36}$", page.url)
    await expect(page.get_by_role("link", name="Last Stop")).to_be_visible()


async def test_a_file_that_is_no_sound_fails_with_a_reason_and_can_be_tried_again(
    label: Label, chromium: Browser, tmp_path: Path
) -> None:
    page = await desk_of(label, chromium)
    await begun(page, "Noise", "Nothing")
    (tmp_path / "nothing.wav").write_bytes(b"RIFF" + bytes(3_000))
    await sent(page, tmp_path / "nothing.wav")
    await expect(page.get_by_text("failed", exact=True)).to_be_visible(timeout=PROCESSED_WITHIN_MS)
    told = page.locator("td p.small")
    await expect(told).to_have_text(re.compile(r"\w+ \w+.*\."))
    await page.get_by_role("button", name="Try it again").click()
    again = page.get_by_role("button", name="Take it back").or_(page.get_by_text("failed", exact=True))
    await expect(again).to_be_visible()


async def test_an_empty_form_says_so_and_keeps_what_plays(label: Label, chromium: Browser, tmp_path: Path) -> None:
    page = await desk_of(label, chromium)
    await begun(page, "Silence", "Empty")
    (tmp_path / "empty.wav").write_bytes(b"")
    await page.locator("#file").set_input_files(tmp_path / "empty.wav")
    await page.get_by_role("button", name="Send it").click()
    await expect(page.get_by_role("alert")).to_contain_text("The file is empty")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Empty")


async def scripted(label: Label, chromium: Browser) -> Page:
    """The studio with scripting on."""
    page = await desk_of(label, chromium)
    context = await chromium.new_context(base_url=label.site.url)
    await context.add_cookies(await page.context.cookies())  # type: ignore[arg-type]
    await page.context.close()
    page = await context.new_page()
    await to_records(page)
    return page


async def test_an_upload_that_loses_its_line_goes_on_where_it_was(
    label: Label, chromium: Browser, tmp_path: Path
) -> None:
    page = await scripted(label, chromium)
    await begun(page, "Ferry", "Deck")
    lost = 0

    async def cut(route: Route) -> None:
        nonlocal lost
        lost += 1
        await (route.abort("connectionreset") if lost <= 2 else route.continue_())

    sent_at: list[str] = []
    page.on("request", lambda one: sent_at.append(one.headers["upload-offset"]) if one.method == "PATCH" else None)
    await page.route("**/api/v1/uploads/*", cut)
    file = write(tmp_path / "deck.wav", FORMATS["WAV 16 bit"], tone(60 * RATE, RATE), RATE)
    await page.locator("#file").set_input_files(file)
    await page.get_by_role("button", name="Send it").click()
    await expect(page.get_by_text("plays", exact=True)).to_be_visible(timeout=PROCESSED_WITHIN_MS)
    assert lost > 2
    assert sent_at[0] == "0"


async def test_files_that_are_chosen_together_become_a_draft(label: Label, chromium: Browser, tmp_path: Path) -> None:
    page = await scripted(label, chromium)
    records = page.url
    for number, title in enumerate(("First", "Second"), 1):
        sound = tone(2 * RATE, RATE, hertz=200 * number)
        file = tagged(tmp_path / f"{number}.flac", "FLAC 16 bit", sound, title, number)
        untagged = mutagen.File(file, easy=True)
        assert untagged is not None
        del untagged["tracknumber"]
        untagged.save()
    await page.locator("#files").set_input_files([tmp_path / "2.flac", tmp_path / "1.flac"])
    async with page.expect_response(lambda one: "hx-request" in one.request.headers and one.url == page.url):
        await page.get_by_role("button", name="Send them").click()  # once all have come, the page is asked for anew

    async def is_there() -> bool:
        await page.goto(records)
        return await page.get_by_role("link", name="Blue Hours").count() == 1

    await until(is_there, lambda: "a draft of the files", every=0.5, within=60.0)
    await page.get_by_role("link", name="Blue Hours").click()
    await expect(page.locator(".file .named a")).to_have_text(["First", "Second"])

    async def says_what_was_guessed() -> bool:
        await page.reload()  # it is kept when the files are taken, a moment after the draft is there
        return await page.get_by_text("Guessed from the files").is_visible()

    await until(says_what_was_guessed, lambda: "what was guessed from the files", every=0.5)
