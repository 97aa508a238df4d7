"""Tracks stand in the order of discs, sides and numbers, from tags, folders and names."""

from __future__ import annotations

import pytest

from tests.ingest.conftest import Intake
from tests.ingest.recordings import recording


async def _order(intake: Intake, **files: dict[str, str]) -> list[str]:
    """The names of the files, without their forms, in the order of their tracks."""
    for path, tags in files.items():
        recording(intake.folder / path, **{"title": path.rpartition("/")[2].partition(".")[0], **tags})
    await intake.imported()
    ((_, tracks),) = (await intake.releases()).values()
    return [track.title for track in tracks]


async def test_sides_of_a_record_by_their_tags(intake: Intake) -> None:
    files = {f"{name}.flac": {"album": "V", "track": name} for name in ("B1", "A2", "A1", "B2", "C1")}
    assert await _order(intake, **files) == ["A1", "A2", "B1", "B2", "C1"]


async def test_sides_of_a_record_by_their_names(intake: Intake) -> None:
    names = ("B1 Gamma", "A2 Beta", "A10 Late", "A1 Alpha")
    assert await _order(intake, **{f"V/{name}.flac": {} for name in names}) == [
        "A1 Alpha", "A2 Beta", "A10 Late", "B1 Gamma",
    ]  # fmt: skip


@pytest.mark.parametrize("word", ["Side", "Seite", "Lado"])
async def test_sides_that_are_folders(intake: Intake, word: str) -> None:
    files = {f"V/{word} {side}/{number}{side}.flac": {"track": number} for side in "BA" for number in "21"}
    assert await _order(intake, **files) == ["1A", "2A", "1B", "2B"]


@pytest.mark.parametrize(
    "folder", ["CD", "Disc ", "disk_", "Album CD", "Album (Disc ", "Диск ", "ディスク", "Schijf ", "Альбом Диск "]
)
async def test_disc_folders_without_disc_tags(intake: Intake, folder: str) -> None:
    end = ")" if "(" in folder else ""
    files = {
        f"{folder}{disc}{end}/{number}{disc}.flac": {"album": "D", "track": number} for disc in "21" for number in "21"
    }
    assert await _order(intake, **files) == ["11", "21", "12", "22"]


async def test_disc_folders_whose_tags_all_say_the_first(intake: Intake) -> None:
    files = {
        f"CD{disc}/{number}{disc}.flac": {"album": "D", "track": number, "disc": "1"}
        for disc in "21"
        for number in "21"
    }
    assert await _order(intake, **files) == ["11", "21", "12", "22"]


async def test_numbers_in_names_after_a_first_number(intake: Intake) -> None:
    names = ("1-10 J", "1-02 B", "2-01 X", "1-1 A", "10-1 Z")
    assert await _order(intake, **{f"D/{name}.flac": {} for name in names}) == [
        "1-1 A", "1-02 B", "1-10 J", "2-01 X", "10-1 Z",
    ]  # fmt: skip


async def test_numbers_after_the_same_beginning(intake: Intake) -> None:
    names = ("2004 Live 10", "2004 Live 9", "2004 Live 1")
    assert await _order(intake, **{f"D/{name}.flac": {} for name in names}) == [
        "2004 Live 1", "2004 Live 9", "2004 Live 10",
    ]  # fmt: skip


async def test_a_file_without_a_number_tag_finds_its_place_by_its_name(intake: Intake) -> None:
    files = {f"0{number} T.flac": {"album": "D", "track": str(number)} for number in (1, 2, 4)}
    files["03 No tag.flac"] = {"album": "D"}
    assert await _order(intake, **files) == ["01 T", "02 T", "03 No tag", "04 T"]


async def test_a_title_that_begins_with_a_number_is_no_number(intake: Intake) -> None:
    files = {
        "1.flac": {"album": "D", "track": "1"},
        "1979.flac": {"album": "D"},
        "2.flac": {"album": "D", "track": "2"},
    }
    assert await _order(intake, **files) == ["1", "2", "1979"]
