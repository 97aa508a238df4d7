"""What the studio's forms do with files in a browser: they are sent in parts, or as the form is, and none is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from tests.browsers import chromium
from tests.web.live_site import LiveSite
from veza.accounts.permissions import Role
from veza.catalog.tracks import Track
from veza.http.session_cookies import SESSION_COOKIE
from veza.ingest.uploads import Upload
from veza.kit.clock import SystemClock
from veza.kit.database import Database
from veza.settings import Settings

__all__ = ["chromium"]
TUS = "**/tus.js"
CHOSEN, DROPPED = "chosen", "dropped"


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
        """Choose files in the form and send it, or drop them on it."""
        form = self.page.locator("form[data-upload]")
        if how == CHOSEN:
            await form.locator("input[type=file]").first.set_input_files(paths)
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

    async def uploads(self) -> list[Upload]:
        async with self.site.database.read() as session:
            return list(await session.scalars(select(Upload).order_by(Upload.id)))


@pytest.fixture
async def studio(sqlite_url: str, tmp_path: Path, chromium: Browser) -> AsyncIterator[Studio]:
    clock = SystemClock()
    database = Database.open(sqlite_url, clock=clock)
    site = LiveSite(Settings(database_url=sqlite_url, var_dir=tmp_path / "var"), clock, database)
    await site.start()
    person, cookie = await site.person(Role.ARTIST)
    track, version = await site.sound(person)
    await site.take_back(version)
    async with database.read() as session:
        artist = (await session.get_one(Track, track)).artist_id
    context = await chromium.new_context(base_url=site.url)
    await context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": site.url}])
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
