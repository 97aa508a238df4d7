"""Covers of before get their palette from a chore, also when single files are damaged; no request computes one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from tests import factories
from tests.ingest.pictures import picture
from veza.catalog.covers import Cover, find_cover
from veza.catalog.facade import Catalog, record_cover
from veza.catalog.kept_palettes import StoredPalette, find_palettes
from veza.catalog.palette_backfill import compute_missing
from veza.catalog.palettes import HOUSE, HOUSE_HASH, VERSION, Palette
from veza.catalog.pictures import make_cover, palette_file
from veza.kit.database import Database
from veza.kit.elsewhere import Busy

RED, GREEN, BLUE, GREY = (200, 30, 60), (60, 160, 30), (30, 90, 200), (128, 128, 128)


@pytest.fixture
def catalog(database: Database) -> Catalog:
    return factories.catalog(database)


async def cover_of_before(catalog: Catalog, colour: Any) -> UUID:
    """A cover of one colour, taken before there were palettes."""
    artist = await factories.artist(catalog.database)
    made = await catalog.keep_picture(picture(colour=colour))
    async with catalog.database.write("test") as session:
        row = await record_cover(session, artist, made)
    await factories.change(catalog.database, Cover, row.id, palette_hash=None, palette_version=0)
    return row.id


async def palette(catalog: Catalog, cover_id: UUID) -> tuple[str | None, int]:
    """The cover's hash and version."""
    async with catalog.database.read() as session:
        row = await find_cover(session, cover_id)
        return row.palette_hash, row.palette_version


async def test_covers_of_before_get_the_palette_that_an_upload_gives(catalog: Catalog) -> None:
    red, also_red, grey = [await cover_of_before(catalog, colour) for colour in (RED, RED, GREY)]
    assert await catalog.compute_palettes() == 3
    of_red, version = await palette(catalog, red)
    assert of_red is not None
    assert version == VERSION
    assert await palette(catalog, also_red) == (of_red, VERSION)
    assert await palette(catalog, grey) == (None, VERSION)
    async with catalog.database.read() as session:
        assert await find_palettes(session, [of_red, "0" * 16]) == {of_red: make_cover(picture(colour=RED)).palette}
        assert await session.scalar(select(func.count()).select_from(StoredPalette)) == 1
    assert await catalog.compute_palettes() == 0


async def test_a_cover_whose_file_is_gone_or_damaged_is_left_and_the_others_are_done(catalog: Catalog) -> None:
    gone, damaged, good = [await cover_of_before(catalog, colour) for colour in (RED, GREEN, BLUE)]
    async with catalog.database.read() as session:
        keys = [(await find_cover(session, one)).objects[palette_file([96, 256])] for one in (gone, damaged)]
    await catalog.objects.remove(keys[0])
    await catalog.objects.put(keys[1], b"no picture")
    assert await catalog.compute_palettes() == 1
    assert [await palette(catalog, one) for one in (gone, damaged)] == [(None, 0)] * 2
    assert (await palette(catalog, good))[0] is not None


async def test_a_cover_waits_while_the_child_process_is_busy(catalog: Catalog) -> None:
    first, second, third = [await cover_of_before(catalog, colour) for colour in (RED, GREEN, BLUE)]
    asked: list[bytes] = []

    async def busy_at_first(file: bytes) -> Palette | None:
        asked.append(file)
        if len(asked) == 1:
            raise Busy
        return HOUSE

    assert await compute_missing(catalog.database, catalog.objects, busy_at_first, at_once=1) == 2
    assert [(await palette(catalog, one))[1] for one in (first, second, third)] == [0, VERSION, VERSION]
    assert await compute_missing(catalog.database, catalog.objects, busy_at_first, at_once=1) == 1
    assert await palette(catalog, first) == (HOUSE_HASH, VERSION)
