"""The cover is the best picture, not the first: by its type inside any file, else by its name; never a back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mutagen.flac import FLAC, Picture

from tests.ingest.conftest import Intake
from tests.ingest.pictures import picture
from tests.ingest.recordings import recording
from veza.catalog.covers import Cover
from veza.catalog.pictures import MOST_BYTES

FRONT, BACK, OTHER = picture(colour=(0, 0, 200)), picture(colour=(200, 0, 0)), picture(colour=(0, 200, 0))
NAMES = {"#0000c8": "front", "#c80000": "back", "#00c800": "other", None: "none"}


def _inside(path: Path, *pictures: tuple[int, bytes]) -> None:
    media: Any = FLAC(path)
    for kind, data in pictures:
        block = Picture()
        block.data, block.mime, block.type = data, "image/png", kind
        media.add_picture(block)
    media.save()


async def _cover(intake: Intake) -> str:
    ((release, _),) = (await intake.releases()).values()
    async with intake.catalog.database.read() as session:
        cover = await session.get(Cover, release.cover_id) if release.cover_id else None
    return NAMES[cover.colour if cover else None]


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        ([(4, BACK), (3, FRONT)], [], "front"),
        ([], [(3, FRONT)], "front"),
        ([(0, OTHER)], [(3, FRONT)], "front"),
        ([(4, BACK)], [(0, OTHER)], "other"),
        ([(4, BACK), (6, OTHER)], [], "none"),
        ([(3, b"no picture")], [(3, FRONT)], "front"),
    ],
)
async def test_the_front_is_taken_from_whichever_file_has_it(
    intake: Intake, first: list[Any], second: list[Any], taken: str
) -> None:
    for number, pictures in (("1", first), ("2", second)):
        path = recording(intake.folder / f"{number}.flac", title=number, album="X", track=number)
        _inside(path, *pictures)
    await intake.imported()
    assert await _cover(intake) == taken


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        ({"back.jpg": BACK}, "none"),
        ({"back.jpg": BACK, "front.jpg": FRONT}, "front"),
        ({"cover.jpg": OTHER, "front.jpg": FRONT}, "front"),
        ({"folder.jpg": OTHER, "Cover.PNG": FRONT}, "front"),
        ({"Album - Front.jpg": FRONT, "Album - Back Cover.jpg": BACK}, "front"),
        ({"AlbumArt_{0}_Large.jpg": FRONT, "AlbumArtSmall.jpg": OTHER}, "front"),
        ({"CD.jpg": BACK, "inlay.jpg": OTHER}, "none"),
        ({"IMG_1.jpg": FRONT}, "front"),
        ({"IMG_1.jpg": FRONT, "IMG_2.jpg": OTHER}, "none"),
        ({"backcover.jpg": BACK}, "none"),
        ({"FrontBack.jpg": BACK, "x.jpg": FRONT}, "front"),
        ({"Rückseite.jpg": BACK, "Hülle.jpg": FRONT}, "front"),
        ({"verso.jpg": BACK}, "none"),
        ({"contracapa.jpg": BACK, "capa.jpg": FRONT}, "front"),
        ({"00-band-notes-2001-front.jpg": FRONT, "00-band-notes-2001-back.jpg": BACK}, "front"),
        ({"band.jpg": OTHER}, "none"),
        ({"Scans/back.jpg": BACK, "Scans/front.jpg": FRONT}, "front"),
    ],
)
async def test_beside_the_files_the_name_decides(intake: Intake, names: dict[str, bytes], taken: str) -> None:
    recording(intake.folder / "1.flac", title="A", album="X", track="1")
    for name, data in names.items():
        (intake.folder / name).parent.mkdir(exist_ok=True)
        (intake.folder / name).write_bytes(data)
    report = await intake.imported()
    assert await _cover(intake) == taken
    assert report.ok
    said = any("it has no cover: " in note for note in report.releases[0].notes)
    assert said == (taken == "none")


async def test_the_cover_of_discs_lies_with_them_or_above(intake: Intake) -> None:
    for disc in "12":
        recording(intake.folder / "A" / f"CD{disc}" / "1.flac", title=disc, album="X", track="1")
    (intake.folder / "A" / "cover.png").write_bytes(FRONT)
    (intake.folder / "cover.png").write_bytes(OTHER)
    await intake.imported()
    assert await _cover(intake) == "front"


async def test_a_cover_in_a_form_that_is_not_read_is_named_where_there_is_no_other(intake: Intake) -> None:
    for folder in "AB":
        recording(intake.folder / folder / "1.flac", title=folder, album=folder, track="1")
        (intake.folder / folder / "cover.gif").write_bytes(b"GIF89a")
        (intake.folder / folder / "back.gif").write_bytes(b"GIF89a")
    (intake.folder / "B" / "front.png").write_bytes(FRONT)
    for _ in range(2):
        report = await intake.imported()
        assert report.refused == [("A/cover.gif", "a GIF makes no cover: send a JPEG, PNG or WebP")]
        assert report.passed_over == ["A/back.gif", "B/back.gif", "B/cover.gif"]


@pytest.mark.parametrize("is_inside", [False, True])
async def test_a_picture_that_is_too_large_is_named(intake: Intake, *, is_inside: bool) -> None:
    large = FRONT + bytes(MOST_BYTES)
    if is_inside:
        recording(intake.folder / "1.mp3", title="A", album="X", track="1", cover=large)
    else:
        recording(intake.folder / "1.mp3", title="A", album="X", track="1")
        (intake.folder / "cover.png").write_bytes(large)
    (intake.folder / "folder.png").write_bytes(OTHER)
    report = await intake.imported()
    ((where, why),) = report.refused
    assert where == ("the picture in 1.mp3" if is_inside else "cover.png")
    assert "it makes no cover: it has 15," in why
    assert not report.ok
    assert await _cover(intake) == "other"
