"""What the studio's forms do with files in a browser: they are sent in parts, or as the form is, and none is lost."""

from __future__ import annotations

import asyncio
import hashlib
import random
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, Route, expect
from sqlalchemy import select

from tests import factories
from tests.browsers import chromium, running_chromium
from tests.ingest.recordings import recording
from tests.waiting import until
from tests.web.live_site import LiveSite
from veza.accounts.permissions import Role
from veza.catalog.tracks import Track
from veza.http.session_cookies import SESSION_COOKIE
from veza.ingest.upload_space import MOST_PENDING
from veza.ingest.upload_worker import UploadRules, UploadWorker
from veza.ingest.uploads import Upload
from veza.kit.clock import SystemClock
from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.kit.worker import run_once
from veza.settings import Settings

__all__ = ["chromium"]
TUS, PARTS = "**/tus.js", "**/api/v1/uploads/*"
PART_BYTES = 8 << 20
CHOSEN, DROPPED = "chosen", "dropped"
MOST_BYTES = 9_000_000


@dataclass
class Studio:
    """A page in the studio of an artist, who has a draft with one track; no worker runs."""

    site: LiveSite
    page: Page
    artist: UUID
    track: UUID

    async def open_track(self) -> None:
        await self.page.goto(f"/studio/tracks/{self.track}")

    async def open_records(self) -> None:
        await self.page.goto(f"/studio/{self.artist}/records")

    async def give(self, how: str, *paths: Path) -> None:
        """Choose files, or a folder, in the form and send it, or drop them on it."""
        form = self.page.locator("form[data-upload]")
        if how == CHOSEN:
            for field in ("[type=file]:not([webkitdirectory])", "[webkitdirectory]"):
                mine = [path for path in paths if path.is_dir() is (field == "[webkitdirectory]")]
                if mine:
                    await form.locator(f"input{field}").set_input_files(mine)
            await form.locator("button.button").first.click()
            return
        box = await form.bounding_box()
        assert box is not None
        where = {"x": box["x"] + 5, "y": box["y"] + 5}
        held: Any = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        mouse = await self.page.context.new_cdp_session(self.page)
        for kind in ("dragEnter", "dragOver", "drop"):
            await mouse.send("Input.dispatchDragEvent", {"type": kind, "data": held, **where})
        await mouse.detach()

    async def work(self) -> None:
        """All that has come is taken."""
        objects = Objects.in_folder(self.site.settings.var_dir / "objects")
        rules = UploadRules(self.site.settings.var_dir / "processing")
        while await run_once(UploadWorker(factories.catalog(self.site.database, objects), rules)):
            pass

    async def uploads(self) -> list[Upload]:
        async with self.site.database.read() as session:
            return list(await session.scalars(select(Upload).order_by(Upload.id)))


@pytest.fixture
async def studio(sqlite_url: str, tmp_path: Path, chromium: Browser) -> AsyncIterator[Studio]:
    async with open_studio(sqlite_url, tmp_path, chromium) as studio:
        yield studio


@asynccontextmanager
async def open_studio(url: str, folder: Path, browser: Browser, host: str = "127.0.0.1") -> AsyncIterator[Studio]:
    """The browser reaches the site at this host."""
    clock = SystemClock()
    database = Database.open(url, clock=clock)
    site = LiveSite(Settings(database_url=url, var_dir=folder / "var", upload_max_bytes=MOST_BYTES), clock, database)
    await site.start()
    person, cookie = await site.person(Role.ARTIST)
    track, version = await site.sound(person)
    await site.take_back(version)
    async with database.read() as session:
        artist = (await session.get_one(Track, track)).artist_id
    address = f"http://{host}:{site.port}"
    context = await browser.new_context(base_url=address)
    await context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": address}])
    yield Studio(site, await context.new_page(), artist, track)
    await context.close()
    await site.stop()
    await database.close()


def take(path: Path, content: bytes = b"fLaC and so on") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("how", [CHOSEN, DROPPED])
async def test_a_file_goes_by_the_form_where_the_script_that_sends_parts_does_not_come(
    studio: Studio, tmp_path: Path, how: str
) -> None:
    page = studio.page
    await page.route(TUS, lambda route: route.abort())
    await studio.open_track()
    await studio.give(how, take(tmp_path / "night bus.flac"))
    await expect(page.get_by_text("The file has come.")).to_be_visible()
    (row,) = await studio.uploads()
    assert (row.file_name, row.length_bytes, row.status) == ("night bus.flac", 14, "received")


@pytest.mark.parametrize("how", [CHOSEN, DROPPED])
async def test_a_form_that_needs_that_script_says_so_and_keeps_the_files(
    studio: Studio, tmp_path: Path, how: str
) -> None:
    page = studio.page
    await page.route(TUS, lambda route: route.abort())
    await studio.open_records()
    await studio.give(how, take(tmp_path / "1.flac"), take(tmp_path / "2.flac"))
    await expect(page.get_by_role("alert")).to_contain_text("nothing was sent")
    assert await studio.uploads() == []
    await page.unroute(TUS)
    await page.get_by_role("button", name="Send them").click()
    await expect(page.get_by_role("alert")).to_have_count(0)
    await expect(page.locator("#coming progress")).to_have_count(2)  # the page as it is now
    assert sorted(row.file_name for row in await studio.uploads()) == ["1.flac", "2.flac"]


async def test_files_are_sent_to_a_site_on_another_machine_without_tls(sqlite_url: str, tmp_path: Path) -> None:
    """Such a page is no secure context: browsers have no `crypto.randomUUID` and no locks there."""
    async with (
        running_chromium("--host-resolver-rules=MAP veza.lan 127.0.0.1") as browser,
        open_studio(sqlite_url, tmp_path, browser, host="veza.lan") as studio,
    ):
        page = studio.page
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        await studio.open_records()
        assert await page.evaluate("[isSecureContext, 'randomUUID' in crypto, 'locks' in navigator]") == [False] * 3
        await studio.give(CHOSEN, take(tmp_path / "1.flac"), take(tmp_path / "2.flac"))
        await expect(page.locator("#coming progress")).to_have_count(2)
        assert sorted(row.file_name for row in await studio.uploads()) == ["1.flac", "2.flac"]
        assert faults == []


@pytest.mark.parametrize("how", [CHOSEN, DROPPED])
async def test_a_folder_and_a_zip_become_a_draft_each(studio: Studio, tmp_path: Path, how: str) -> None:
    """Its files go with their paths in it; what systems leave there does not, and of an empty file that is said."""
    folder, page = tmp_path / "Blue Hours", studio.page
    for disc in (1, 2):
        recording(folder / f"CD{disc}" / "1.flac", title=f"Blue {disc}", album="Blue Hours", track="1", disc=f"{disc}")
    take(folder / ".DS_Store")
    take(folder / "__MACOSX" / "1.flac")
    take(folder / "CD1" / "2.flac", b"")
    album = tmp_path / "Ferry.zip"
    with zipfile.ZipFile(album, "w") as archive:
        archive.write(recording(tmp_path / "deck.flac", title="Deck", album="Ferry"), "deck.flac")
    await studio.open_records()
    await studio.give(how, folder, album)
    await expect(page.get_by_text("It has come.")).to_have_count(3)
    await expect(page.get_by_text("It is empty")).to_have_count(1)
    uploads = await studio.uploads()
    assert sorted(str(row.path) for row in uploads) == ["Blue Hours/CD1/1.flac", "Blue Hours/CD2/1.flac", "None"]
    await studio.work()
    assert {row.status for row in await studio.uploads()} == {"taken"}
    await page.reload()
    for title, tracks in (("Ferry", ["Deck"]), ("Blue Hours", ["Blue 1", "Blue 2"])):
        await page.get_by_role("link", name=title).click()
        await expect(page.locator(".file .named a")).to_have_text(tracks)
        await page.go_back()


async def test_more_files_than_are_taken_at_once_are_not_begun(studio: Studio, tmp_path: Path) -> None:
    for number in range(MOST_PENDING + 1):
        take(tmp_path / "many" / f"{number}.flac")
    await studio.open_records()
    await studio.give(DROPPED, tmp_path / "many")
    await expect(studio.page.get_by_role("alert")).to_contain_text(f"More than {MOST_PENDING} files")
    assert await studio.uploads() == []


async def test_a_refusal_is_said_as_the_server_says_it(studio: Studio, tmp_path: Path) -> None:
    await studio.open_track()
    await studio.give(CHOSEN, take(tmp_path / "long.flac", bytes(MOST_BYTES + 1)))
    await expect(studio.page.get_by_text(f"The file has {MOST_BYTES + 1:,} bytes, at most")).to_be_visible()
    await expect(studio.page.get_by_role("button", name="Go on")).to_be_visible()


async def test_three_files_are_sent_at_once_and_one_that_is_refused_keeps_no_place(
    studio: Studio, tmp_path: Path
) -> None:
    page, ends, sending = studio.page, asyncio.Event(), list[str]()

    async def held(route: Route) -> None:
        sending.append(route.request.url)
        await ends.wait()
        await route.continue_()

    await page.route(PARTS, held)
    await studio.open_records()
    refused = [take(tmp_path / f"{number} long.flac", bytes(MOST_BYTES + 1)) for number in range(3)]
    await studio.give(DROPPED, *refused, *(take(tmp_path / f"{number}.flac") for number in range(5)))
    await expect(page.get_by_text("bytes, at most")).to_have_count(3)
    await until(lambda: len(sending) == 3)
    assert len(await studio.uploads()) == 3, "the others are not begun"
    ends.set()
    await expect(page.get_by_text("It has come.")).to_have_count(5)


@pytest.mark.parametrize("comes_back", ["by itself", "on the page loaded anew"])
async def test_an_upload_that_loses_its_line_goes_on_where_it_was(
    studio: Studio, tmp_path: Path, comes_back: str
) -> None:
    page, offsets, losses = studio.page, list[int](), 2 if comes_back == "by itself" else 100

    async def cut(route: Route) -> None:
        nonlocal losses
        if route.request.method != "PATCH":
            await route.continue_()
            return
        offsets.append(int(route.request.headers["upload-offset"]))
        losses -= offsets[-1] > 0
        await (route.abort("connectionreset") if offsets[-1] > 0 and losses > 0 else route.continue_())

    await page.route(PARTS, cut)
    content = random.Random(1).randbytes(MOST_BYTES)
    file = take(tmp_path / "deck.wav", content)
    await studio.open_track()
    await studio.give(CHOSEN, file)
    if comes_back != "by itself":
        await until(lambda: len(offsets) > 1)
        await studio.open_track()
        losses = 0
        await studio.give(CHOSEN, file)
    await expect(page.get_by_text("It has come.").or_(page.get_by_text("has come and waits"))).to_be_visible()
    assert offsets[0] == 0
    assert offsets[1:] == [PART_BYTES] * len(offsets[1:])
    assert len(offsets) > 2
    await studio.work()
    (row,) = await studio.uploads()
    assert (row.status, row.sha256) == ("taken", hashlib.sha256(content).hexdigest())
