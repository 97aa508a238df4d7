"""Palettes as style sheets: kept for good under their hashes, several in one, and nothing but colours in them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from tests import factories
from tests.client import DEFAULT_URL, http_client
from tests.ingest.pictures import picture
from tests.statements import counted
from veza.app import Veza, build
from veza.catalog import listings
from veza.catalog.covers import set_cover
from veza.catalog.facade import record_cover
from veza.catalog.kept_palettes import keep_palette
from veza.catalog.palettes import HOUSE, HOUSE_HASH, VERSION, Palette
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.kit.clock import ManualClock
from veza.kit.listing import start_of
from veza.settings import Settings
from veza.web.palettes import MOST_IN_A_SHEET, class_of, rule_of, sheets_of

FOR_GOOD = "public, max-age=31536000, immutable"
EXAMPLE = Palette(light=HOUSE.dark, dark=HOUSE.light)


@pytest.fixture
async def veza(database_url: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Veza]:
    veza = build(Settings(database_url=database_url, var_dir=tmp_path), clock=clock)
    yield veza
    await veza.close()


@pytest.fixture
async def browser(veza: Veza) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(veza.asgi, base_url=DEFAULT_URL) as client:
        yield client


async def stored(veza: Veza, palette: Palette) -> str:
    async with veza.database.write("test") as session:
        return str(await keep_palette(session, palette))


async def test_a_palette_is_a_sheet_that_is_kept_for_good(veza: Veza, browser: httpx.AsyncClient) -> None:
    palette_hash = await stored(veza, EXAMPLE)
    answer = await browser.get(f"/palettes/{palette_hash}.css")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == FOR_GOOD
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    assert "vary" not in answer.headers
    assert answer.text == rule_of(palette_hash, EXAMPLE)
    assert answer.text.startswith(f".palette-{palette_hash}{{--l-ground:{EXAMPLE.light.ground};")
    assert f"--d-accent:{EXAMPLE.dark.accent};}}\n" in answer.text


async def test_several_palettes_are_one_sheet_in_one_order(veza: Veza, browser: httpx.AsyncClient) -> None:
    other = await stored(veza, EXAMPLE)
    (address,) = sheets_of([HOUSE_HASH, other, None, other])
    assert [address] == sheets_of([other, HOUSE_HASH])
    sheet = await browser.get(address)
    assert sheet.headers["cache-control"] == FOR_GOOD
    assert re.findall(r"^\.([a-z0-9-]+)\{", sheet.text, re.M) == sorted([class_of(other), class_of(None)])
    first, second = sorted([HOUSE_HASH, other])
    for unsorted in (f"{second},{first}", f"{first},{first},{second}"):
        led = await browser.get(f"/palettes/{unsorted}.css")
        assert (led.status_code, led.headers["location"]) == (308, address)


async def test_a_sheet_that_lacks_a_palette_is_not_kept(veza: Veza, browser: httpx.AsyncClient) -> None:
    palette_hash = await stored(veza, EXAMPLE)
    sheet = await browser.get(f"/palettes/{','.join(sorted([palette_hash, '0' * 16]))}.css")
    assert (sheet.status_code, sheet.headers["cache-control"]) == (200, "public, max-age=60")
    assert sheet.text == rule_of(palette_hash, EXAMPLE)


@pytest.mark.parametrize(
    "name",
    ["0" * 16 + ".css", "0" * 15 + ".css", "A" * 16 + ".css", HOUSE_HASH, f"{HOUSE_HASH},.css", f"{HOUSE_HASH}.css.css",
     ",".join(f"{number:016x}" for number in range(MOST_IN_A_SHEET + 1)) + ".css"],
    ids=["unknown", "short", "upper case", "no sheet", "empty hash", "twice", "too many"],
)  # fmt: skip
async def test_what_names_no_sheet_is_not_found_and_not_kept(browser: httpx.AsyncClient, name: str) -> None:
    answer = await browser.get(f"/palettes/{name}")
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "private, no-store")


def test_many_palettes_are_sheets_of_a_bounded_size() -> None:
    hashes = [f"{number:016x}" for number in range(2 * MOST_IN_A_SHEET + 1)]
    sheets = sheets_of(hashes)
    assert [address.count(",") + 1 for address in sheets] == [MOST_IN_A_SHEET, MOST_IN_A_SHEET, 1]
    assert max(map(len, sheets)) < 1_200
    assert len(rule_of(HOUSE_HASH, HOUSE)) * MOST_IN_A_SHEET < 32_768
    assert sheets_of([]) == []


def test_a_sheet_that_says_something_else_has_another_version() -> None:
    """A browser keeps a sheet for a year: count `palettes.VERSION` up, and put its digest here."""
    said = sha256(rule_of("0" * 16, HOUSE).encode()).hexdigest()
    assert {VERSION: said} == {1: "35a795aa4de345290b42ec409e176848950bb0af709b1a2d3ec136631b9e23a2"}


async def test_lists_of_releases_and_tracks_know_the_palette_without_another_statement(
    veza: Veza, browser: httpx.AsyncClient
) -> None:
    artist = await factories.artist(veza.database)
    release, (track,) = await factories.release(veza.database, artist, "First light")
    await factories.change(veza.database, Track, track, listed_at=veza.database.clock.now())
    made = await veza.catalog.keep_picture(picture())
    async with veza.database.write("test") as session:
        cover = await record_cover(session, artist, made)
        await set_cover(session, await session.get_one(Release, release), cover)
        palette_hash = cover.palette_hash
    assert palette_hash is not None
    async with veza.database.read() as session:
        with counted(veza.database) as said:
            rows = [
                await listings.release_card(session, release),
                await listings.track_card(session, track),
                *await listings.cards_of_release(session, release),
                *await listings.releases(session, start_of(listings.RELEASE_SORTS, 10)),
                *await listings.tracks(session, start_of(listings.TRACK_SORTS, 10)),
            ]
    assert [row.palette_hash for row in rows] == [palette_hash] * 5
    assert len(said) == 5
    assert (await browser.get(sheets_of([palette_hash])[0])).status_code == 200
