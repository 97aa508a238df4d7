"""Folders named like discs are one release where they are discs of it, and apart where they are albums."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping

import pytest

from tests.ingest.conftest import Intake
from tests.ingest.recordings import recording
from veza.ingest.disc_names import disc_name, numbers_of, side_name, without_disc

of_names = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What a name says is decided before a database is asked: one is enough. The tests without rows are for both."""


def _make(intake: Intake, folders: Mapping[str, Mapping[str, str]], songs: str = "12") -> None:
    """In each folder songs called `01` and `02` with the folder's tags, and a title where these name an album."""
    for folder, tags in folders.items():
        for number in songs:
            named = {"title": f"{folder.rpartition('/')[2]} {number}", "track": number} if "album" in tags else {}
            recording(intake.folder / folder / f"0{number}.flac", **named, **tags)


async def _releases(intake: Intake, folders: Mapping[str, Mapping[str, str]]) -> dict[str, int]:
    """How many tracks each release has, by its title."""
    _make(intake, folders)
    report = await intake.imported()
    assert report.ok
    made = {one.title: one.tracks_made for one in report.releases}
    assert len(made) == len(report.releases)
    assert {one.result for one in (await intake.imported()).releases} == {"unchanged"}
    return made


UNTAGGED: dict[str, str] = {}
DISCS = (
    ("CD1", "CD2"), ("CD 01", "CD 02"), ("Disc One", "Disc Two"), ("disc one", "disc three"), ("CD I", "CD II"),
    ("Disc A", "Disc B"), ("Disc H", "Disc I"), ("[CD1]", "[CD2]"), ("(Disc 1)", "(Disc 2)"), ("Disque 1", "Disque 2"),
    ("Disc 1 - Studio", "Disc 2 - Live"), ("Disc One (Studio)", "Disc Two (Live)"), ("First Disc", "Second Disc"),
    ("Disc 1 of 2", "Disc 2 of 2"), ("CD1", "Bonus Disc"), ("LP 1", "LP 2"), ("Disco 1", "Disco 2"), ("CD2", "CD3"),
    ("Erste CD", "Zweite CD"), ("ディスク1", "ディスク2"), ("DVD 1", "CD 2"),
)  # fmt: skip


@of_names
@pytest.mark.parametrize("names", DISCS, ids=" + ".join)
async def test_disc_folders_without_tags_are_one_release_of_their_parents_name(
    intake: Intake, names: tuple[str, str]
) -> None:
    assert await _releases(intake, {f"Blue/{name}": UNTAGGED for name in names}) == {"Blue": 4}


@of_names
@pytest.mark.parametrize("names", DISCS, ids=" + ".join)
async def test_disc_folders_whose_tags_have_no_disc_are_one_release(intake: Intake, names: tuple[str, str]) -> None:
    assert await _releases(intake, {f"x/{name}": {"album": "Blue"} for name in names}) == {"Blue": 4}
    ((_, tracks),) = (await intake.releases()).values()
    assert [track.title for track in tracks] == [f"{name} {number}" for name in names for number in "12"]


@of_names
@pytest.mark.parametrize(
    "names",
    [
        ("Blue (Disc 1)", "Blue (Disc 2)"), ("Blue [CD1]", "Blue [CD2]"), ("Blue CD1", "Blue CD2"),
        ("Blue", "Blue CD2"),
        ("Blue - Disc One", "Blue - Disc Two"), ("Blue (Disc A)", "Blue (Disc B)"), ("Blue, CD I", "Blue, CD II"),
        ("Blue (Disc 1: Studio)", "blue (disc 2: Live)"), ("Blue - Disc 1 - Studio", "Blue - Disc 2 - Live"),
        ("Blue", "Blue (Bonus Disc)"), ("Blue (CD 1 of 2)", "Blue (CD 2 of 2)"),
    ],
    ids=" + ".join,
)  # fmt: skip
async def test_folders_with_the_same_album_before_the_disc_are_one_release(
    intake: Intake, names: tuple[str, str]
) -> None:
    others = {"Green": UNTAGGED, "Blues (Disc 3)": UNTAGGED}
    assert await _releases(intake, dict.fromkeys(names, UNTAGGED) | others) == {"Blue": 4, "Green": 2, "Blues": 2}


@of_names
@pytest.mark.parametrize(
    "names",
    [
        ("LP3", "LP4"), ("American Football (LP2)", "American Football (LP3)"), ("Disco 2", "Disco 3"),
        ("LP1", "LP2", "EP"),
        ("Disco", "Disco 2"), ("Vol. 1", "Vol. 2"), ("Volume One", "Volume Two"), ("Part 1", "Part 2"), ("1", "2"),
        ("IV", "V"), ("Blue (Disc 1)", "Green (Disc 2)"), ("Blue CD1", "Green CD2"), ("CD Baby", "CD Single"),
        ("Record 5", "Record 6"), ("Tape 2", "Tape 3"), ("CD2", "Live"),
    ],
    ids=" + ".join,
)  # fmt: skip
async def test_albums_without_tags_stay_apart(intake: Intake, names: tuple[str, ...]) -> None:
    made = await _releases(intake, {f"Artist/{name}": UNTAGGED for name in names})
    assert list(made.values()) == [2] * len(names)


async def test_discs_whose_tags_name_different_albums_are_releases_of_their_own(intake: Intake) -> None:
    folders = {f"Box/CD{number}": {"album": album} for number, album in enumerate(("Please", "Actually", "Very"), 1)}
    assert await _releases(intake, folders) == {"Please": 2, "Actually": 2, "Very": 2}


async def test_weak_disc_names_are_albums_of_their_own_where_their_years_differ(intake: Intake) -> None:
    folders = {f"x/LP{number}": {"album": "Weezer", "day": f"199{number}"} for number in (1, 2)}
    _make(intake, folders)
    assert [one.tracks_made for one in (await intake.imported()).releases] == [2, 2]


async def test_two_albums_of_two_discs_in_one_folder_are_two_releases(intake: Intake) -> None:
    folders = {f"x/CD{disc} - {album}": UNTAGGED for disc in (1, 2) for album in ("Blue", "Green")}
    assert await _releases(intake, folders) == {"Blue": 4, "Green": 4}


async def test_discs_in_two_formats_are_one_release(intake: Intake) -> None:
    for disc in "12":
        for form in ("flac", "mp3"):
            path = intake.folder / "x" / f"CD{disc} ({form.upper()})" / f"1.{form}"
            recording(path, title=f"Song {disc}", album="Blue", track="1")
    report = await intake.imported()
    assert [(one.title, one.tracks_made) for one in report.releases] == [("Blue", 2)]


async def test_songs_beside_a_second_disc_are_the_first(intake: Intake) -> None:
    assert await _releases(intake, {"Blue": UNTAGGED, "Blue/CD2": UNTAGGED}) == {"Blue": 4}


async def test_loose_songs_beside_discs_are_not_on_them(intake: Intake) -> None:
    recording(intake.folder / "Downloads" / "Song.flac")
    _make(intake, {"Downloads/CD1": UNTAGGED, "Downloads/CD2": UNTAGGED})
    assert sorted(one.tracks_made for one in (await intake.imported()).releases) == [1, 4]
    assert [one.result for one in (await intake.imported()).releases] == ["unchanged"] * 2


async def test_sides_in_discs_are_in_order(intake: Intake) -> None:
    for disc, sides in (("LP 1", "AB"), ("LP 2", "CD")):
        for side in sides:
            recording(intake.folder / "Blue" / disc / f"Side {side}" / "1.flac", title=side, track="1")
    await intake.imported()
    assert await intake.titles() == {"blue": ["A", "B", "C", "D"]}


@of_names
@pytest.mark.parametrize("album", ["", "Blue"])
@pytest.mark.parametrize("names", [("CD1", "CD2"), ("Disc One", "Disc Two"), ("Blue (Disc 1)", "Blue (Disc 2)")])
async def test_discs_that_are_imported_one_by_one_are_one_release(
    intake: Intake, names: tuple[str, str], album: str
) -> None:
    _make(intake, {f"Blue/{name}": {"album": album} if album else UNTAGGED for name in names})
    for name in names:
        await intake.imported(intake.folder / "Blue" / name)
    assert [len(titles) for titles in (await intake.titles()).values()] == [4]
    assert next(iter((await intake.releases()).values()))[0].title == "Blue"
    assert [one.result for one in (await intake.imported(intake.folder / "Blue")).releases] == ["unchanged"]


async def test_discs_that_are_zips_of_their_own_are_one_release(intake: Intake) -> None:
    for number in "12":
        name = f"Blue (Disc {number})"
        _make(intake, {name: UNTAGGED})
        with zipfile.ZipFile(intake.folder / f"{name}.zip", "w") as archive:
            for path in sorted((intake.folder / name).iterdir()):
                archive.write(path, path.name)
        shutil.rmtree(intake.folder / name)
        await intake.imported(intake.folder / f"{name}.zip")
    assert [(row.title, len(tracks)) for row, tracks in (await intake.releases()).values()] == [("Blue", 4)]


@pytest.mark.parametrize(
    ("album", "parts"),
    [
        ("Blue (Disc 2)", ("Blue", 2)),
        ("Blue [CD 1]", ("Blue", 1)),
        ("Blue - Disc 3", ("Blue", 3)),
        ("Blue (Disc 2: Live)", ("Blue", 2)),
        ("Blue (Disc Two)", ("Blue", 2)),
        ("Blue [CD II]", ("Blue", 2)),
        ("Blue (Disc B)", ("Blue", 2)),
        ("Blue", ("Blue", None)),
        ("Disc 1", ("Disc 1", None)),
        ("American Football (LP3)", ("American Football (LP3)", None)),
        ("Disco 2000", ("Disco 2000", None)),
        ("Greatest CD One", ("Greatest CD One", None)),
        ("Blue, Vol. 2", ("Blue, Vol. 2", None)),
    ],
)
def test_a_disc_behind_an_albums_title(album: str, parts: tuple[str, int | None]) -> None:
    assert without_disc(album) == parts


@pytest.mark.parametrize(
    "name", ["CD Baby", "Disco 2000", "2", "CD A Capella", "CD-R", "ABCD2", "CDs", "Disc Go", "2CD"]
)
def test_names_that_are_no_discs(name: str) -> None:
    assert disc_name(name) is None


def test_numbers_are_those_of_their_neighbours() -> None:
    assert numbers_of(["i", "ii", "iv"]) == [1, 2, 4]
    assert numbers_of(["h", "i"]) == [8, 9]
    assert numbers_of(["1", "bonus", "2"]) == [1, 3, 2]
    assert [side_name(name) for name in ("Side A", "Side 2", "Seite b - Live", "Sidewalk")] == ["A", "B", "B", ""]
