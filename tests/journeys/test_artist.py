"""An artist in one piece: from an account of her own to an album that a visitor hears."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import mutagen
import pytest
from playwright.async_api import Browser, CDPSession, Page, expect

from tests.audio.sounds import FORMATS, tone, write
from tests.ingest.pictures import picture
from tests.journeys.label import RATE, Label, tagged
from tests.journeys.pages import PLAYED_BY_THE_PAGE
from tests.mailed import link_mailed
from tests.waiting import until

EMAIL, PASSWORD = "mara@story.example", "a horse that eats batteries"
TAKES = {"Quay": RATE, "Crane": RATE, "Buoy": 6_000}
"""Title → Hz. The last one is of a dictaphone, with fewer than are accepted."""
SECONDS = {"Quay": 4, "Crane": 3, "Buoy": 4}
LATER = 60
"""Seconds of the recording that takes the place of the last one: 10 MB."""
BYTES_PER_SECOND, LARGE_PER_SECOND = 150_000, 1_000_000
PROCESSED_WITHIN_MS = 120_000
WITHIN_MS = 45_000
IS_ON_ITS_WAY = """count => {
    const lines = [...document.querySelectorAll("form[data-upload] progress.grows")];
    return lines.length === count && lines.some((one) => one.value > 0.05 && one.value < 1);
}"""


@pytest.fixture
async def page(label: Label, chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context(base_url=label.site.url)
    page = await context.new_page()
    page.set_default_timeout(WITHIN_MS)
    expect.set_options(timeout=WITHIN_MS)
    yield page
    await context.close()


async def test_an_artist_signs_up_and_her_album_of_three_files_is_heard_by_a_visitor(
    label: Label, chromium: Browser, page: Page, tmp_path: Path
) -> None:
    await signs_up(page, label)
    await gets_paid(page)
    await sends_three_files(page, tmp_path)
    await one_of_them_fails_and_another_takes_its_place(page, tmp_path)
    await dresses_it(page, tmp_path)
    await page.get_by_role("button", name="Publish it").click()
    await expect(page.get_by_text("“Blue Hours” is out.")).to_be_visible()

    context = await chromium.new_context()
    visitor = await context.new_page()
    await visitor.goto(page.url)
    await expect(visitor.locator(".track .named a")).to_have_text(list(TAKES))
    await expect(visitor.locator("main")).to_contain_text("€7")
    await visitor.locator(".track .named a").first.click()
    await expect(visitor.get_by_role("heading", level=1)).to_have_text("Quay")
    duration, reached, end = await visitor.evaluate(PLAYED_BY_THE_PAGE)
    assert duration == pytest.approx(SECONDS["Quay"], abs=0.05)
    assert 0.2 < reached < duration
    assert end == pytest.approx(duration, abs=0.06)
    await context.close()


async def signs_up(page: Page, label: Label) -> None:
    """The account, its mail, and the door, which leads to where she wanted to go."""
    await page.goto("/sign-up?next=/studio")
    await page.get_by_label("Name others see").fill("Mara")
    await page.get_by_label("E-mail address").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Make the account").click()
    await expect(page.get_by_text("Your account is open.")).to_be_visible()
    sign_in, token = page.url, (label.site.folder / "var" / "operator-token").read_text().strip()
    async with httpx.AsyncClient(base_url=label.site.url) as mailbox:
        await page.goto(await link_mailed(mailbox, token, EMAIL, "/confirm-address"))
    await page.get_by_role("button", name="This address is mine").click()
    await page.goto(sign_in)
    await page.get_by_label("E-mail address").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Studio")


async def gets_paid(page: Page) -> None:
    """Her artist's page, and the provider's form about where the money goes."""
    await page.get_by_label("Name", exact=True).fill("Mara & the Ferries")
    await page.get_by_label("Country").select_option("DE")
    await page.get_by_label("Currency").select_option("EUR")
    await page.get_by_role("button", name="Open it").click()
    await expect(page.get_by_text("The page of Mara & the Ferries is open.")).to_be_visible()
    await page.goto(f"{page.url}/onboarding")
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_role("button", name="On to the provider").click()
    await page.get_by_role("button", name="Finish").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You are paid out")


async def sends_three_files(page: Page, folder: Path) -> None:
    """Chosen together, and not in their order: a draft is made of them, and what was guessed is said."""
    paths = []
    for number, (title, rate) in enumerate(TAKES.items(), 1):
        sound = tone(SECONDS[title] * rate, rate, hertz=200 * number)
        file = tagged(folder / f"{number}.flac", "FLAC 16 bit", sound, title, number, rate)
        untagged = mutagen.File(file, easy=True)
        assert untagged is not None
        del untagged["tracknumber"]
        untagged.save()
        paths.append(file)
    await page.get_by_role("link", name="Records", exact=True).click()
    line = await throttled(page, BYTES_PER_SECOND)
    await page.locator("#files").set_input_files(list(reversed(paths)))
    await page.get_by_role("button", name="Send them").click()
    await page.wait_for_function(IS_ON_ITS_WAY, arg=len(paths))
    await line.detach()
    await page.get_by_role("link", name="Blue Hours").click(timeout=PROCESSED_WITHIN_MS)
    await expect(page.locator(".file .named a")).to_have_text(list(TAKES))
    await until_it_says(page, "Guessed from the files")


async def one_of_them_fails_and_another_takes_its_place(page: Page, folder: Path) -> None:
    """The reason stands with the file; the line of the next one is lost, and comes back."""
    broken = page.locator(".file").filter(has_text="Buoy")
    await expect(broken.locator(".state")).to_have_text("cannot be read", timeout=PROCESSED_WITHIN_MS)
    await broken.get_by_role("link").click()
    reason = page.get_by_text("The sound has 6000 samples a second: 8000 to 192000 are accepted.")
    await expect(reason).to_be_visible()
    await page.get_by_role("button", name="Try it again").click()
    await expect(reason.or_(page.locator("summary", has_text="Take it back"))).to_be_visible()

    offsets: list[int] = []
    page.on("request", lambda one: one.method == "PATCH" and offsets.append(int(one.headers["upload-offset"])))
    line = await throttled(page, LARGE_PER_SECOND)
    file = write(folder / "buoy.wav", FORMATS["WAV 16 bit"], tone(LATER * RATE, RATE), RATE)
    await page.locator("#file").set_input_files(file)
    await page.get_by_role("button", name="Send it").click()
    await page.wait_for_function(IS_ON_ITS_WAY, arg=1)
    await conditions(line, offline=True)
    await expect(page.get_by_text("The line is lost. What has come is safe.")).to_be_visible()
    await conditions(line)
    await expect(page.get_by_text("plays", exact=True)).to_be_visible(timeout=PROCESSED_WITHIN_MS)
    await line.detach()
    assert offsets[0] == 0
    assert 0 < offsets[1] < file.stat().st_size, "it went on where it was"
    await page.get_by_role("link", name="Blue Hours").click()


async def dresses_it(page: Page, folder: Path) -> None:
    """What the master check says is read; the cover and the price follow."""
    check = page.locator("section").filter(has=page.get_by_role("heading", name="Master check"))
    await expect(page.locator(".file .state")).to_have_text(["ready"] * 3, timeout=PROCESSED_WITHIN_MS)
    await page.reload()
    await expect(check).to_contain_text(re.compile(r"As a whole -\d+\.\d LUFS"))
    await expect(check).to_contain_text("dBTP")
    cover = folder / "cover.png"
    cover.write_bytes(picture(size=(1400, 1400)))
    await page.get_by_label("Cover", exact=True).set_input_files(cover)
    await page.get_by_role("button", name="Send the cover").click()
    await expect(page.get_by_text("The cover is set.")).to_be_visible()
    await page.get_by_label("Amount in EUR").fill("7")
    await page.get_by_role("button", name="Set the price").click()
    await expect(page.get_by_text("The price is set.")).to_be_visible()


async def until_it_says(page: Page, said: str) -> None:
    """What is kept a moment after the page was made."""

    async def is_said() -> bool:
        await page.reload()
        return await page.get_by_text(said).is_visible()

    await until(is_said, f"“{said}”", every=0.5)


async def throttled(page: Page, bytes_per_second: int) -> CDPSession:
    """A line that takes so much a second, until the session is detached."""
    line = await page.context.new_cdp_session(page)
    await line.send("Network.enable")
    await conditions(line, bytes_per_second)
    return line


async def conditions(line: CDPSession, bytes_per_second: int = -1, *, offline: bool = False) -> None:
    how = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
    await line.send("Network.emulateNetworkConditions", how)
