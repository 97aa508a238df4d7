"""What is taken for the same, and what is kept apart: folders, releases, recordings, formats, renames."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from tests.ingest.conftest import Intake
from tests.ingest.pictures import picture
from tests.ingest.recordings import recording


async def test_two_folders_with_the_same_names_are_two_releases(intake: Intake) -> None:
    for name in ("First", "Second"):
        recording(intake.folder / name / "01.flac", title=f"{name} song", album=name, track="1")
        assert [one.result for one in (await intake.imported(intake.folder / name)).releases] == ["made"]
    assert await intake.titles() == {"first": ["First song"], "second": ["Second song"]}


async def test_another_disk_at_the_same_place_takes_nothing_from_the_first(intake: Intake) -> None:
    disk = intake.folder / "usb"
    recording(disk / "01.flac", title="One", album="First", track="1", sound="one")
    await intake.imported(disk)
    shutil.rmtree(disk)
    recording(disk / "01.flac", title="Two", album="Second", track="1", sound="two")
    await intake.imported(disk)
    assert await intake.titles() == {"first": ["One"], "second": ["Two"]}


async def test_names_that_differ_in_accents_or_dakuten_are_other_names(intake: Intake) -> None:
    for name in ("Mùa", "Mưa", "かき", "がき", "Straße", "Strasse"):
        recording(intake.folder / name / "1.flac", title=name, album=name, track="1")
    assert [one.title for one in (await intake.imported()).releases if one.result == "made"] == sorted(
        ["Mùa", "Mưa", "かき", "がき", "Straße", "Strasse"]
    )


async def test_names_in_another_unicode_form_or_case_are_the_same(intake: Intake) -> None:
    for number, album in enumerate(("Élan", "E\u0301lan", "ÉLAN"), 1):
        recording(intake.folder / f"{number}.flac", title=f"T{number}", album=album, track=str(number))
    (one,) = (await intake.imported()).releases
    assert one.tracks_made == 3


async def _self_titled(intake: Intake, *days: str) -> list[str]:
    for number, day in enumerate(days, 1):
        tags = {"day": day} if day else {}
        for track in "12":
            recording(
                intake.folder / f"Weezer {number}" / f"{track}.flac", title=f"{number}-{track}", album="Weezer",
                album_artist="Weezer", track=track, **tags,
            )  # fmt: skip
    report = await intake.imported()
    return [note for one in report.releases for note in one.notes]


async def test_albums_of_one_name_are_told_apart_by_their_songs(intake: Intake) -> None:
    notes = await _self_titled(intake, "", "", "")
    assert await intake.titles() == {"weezer": ["1-1", "1-2"], "weezer-2": ["2-1", "2-2"], "weezer-3": ["3-1", "3-2"]}
    assert "it is kept apart from “Weezer 1”: they have different songs as disc 1, track 1: “1-1” and “2-1”" in notes
    assert [one.result for one in (await intake.imported()).releases] == ["unchanged"] * 3


async def test_albums_of_one_name_imported_one_by_one_are_kept_apart(intake: Intake) -> None:
    await _self_titled(intake, "1994", "2001")
    for number in (1, 2):
        (one,) = (await intake.imported(intake.folder / f"Weezer {number}")).releases
        assert one.result == "unchanged"
    assert await intake.titles() == {"weezer": ["1-1", "1-2"], "weezer-2": ["2-1", "2-2"]}


async def test_albums_of_one_name_without_a_common_number_are_told_apart_by_their_years(intake: Intake) -> None:
    recording(intake.folder / "a" / "1.flac", title="A", album="X", track="1", day="1994")
    recording(intake.folder / "b" / "2.flac", title="B", album="X", track="2", day="2001")
    report = await intake.imported()
    assert [one.tracks_made for one in report.releases] == [1, 1]
    assert "it is kept apart from “a”: their years differ (1994 and 2001)" in report.releases[1].notes


@pytest.mark.parametrize("missing", ["album", "album_artist", "day", "musicbrainz_album"])
async def test_an_album_with_a_tag_missing_in_some_files_is_one(intake: Intake, missing: str) -> None:
    whole = {
        "album": "Blue Hours", "album_artist": "Džana", "day": "2026",
        "musicbrainz_album": "0b8d1a0e-6e2c-4c64-9c3c-0d3b9c6f7a11",
    }  # fmt: skip
    for number in range(1, 5):
        tags = {name: text for name, text in whole.items() if name != missing or number != 3}
        recording(intake.folder / "x" / f"{number}.mp3", title=f"T{number}", track=str(number), **tags)
    (one,) = (await intake.imported()).releases
    assert (one.title, one.tracks_made) == ("Blue Hours", 4)


async def test_loose_songs_beside_an_album_are_not_on_it(intake: Intake) -> None:
    for name in ("a", "b"):
        recording(intake.folder / "Downloads" / f"{name}.mp3", title=name.upper())
    for number in "12":
        recording(intake.folder / "Downloads" / f"x{number}.mp3", title=f"X{number}", album="X", track=number)
    await intake.imported()
    assert await intake.titles() == {"downloads": ["A", "B"], "x": ["X1", "X2"]}


async def test_a_compilation_of_many_artists_and_years_in_one_folder_is_one(intake: Intake) -> None:
    for number in range(1, 6):
        recording(
            intake.folder / "Hits" / f"{number}.mp3", title=f"T{number}", artist=f"Band {number}", track=str(number),
            album="Hits", day=str(1960 + number),
        )  # fmt: skip
    (one,) = (await intake.imported()).releases
    assert one.tracks_made == 5
    assert "its files name 5 dates, 1965-01-01 (year) is taken" in one.notes
    assert (await intake.releases())["hits"][0].release_date == date(1965, 1, 1)


async def test_albums_of_one_name_in_one_folder_are_told_apart_by_their_artists(intake: Intake) -> None:
    for artist in ("Queen", "ABBA"):
        for track in "12":
            recording(
                intake.folder / f"{artist} {track}.mp3", title=f"{artist} {track}", album="Greatest Hits",
                album_artist=artist, track=track,
            )  # fmt: skip
    await intake.imported()
    assert sorted((await intake.titles()).values()) == [["ABBA 1", "ABBA 2"], ["Queen 1", "Queen 2"]]


def _both(folder: Path, number: str, title: str, forms: tuple[str, ...] = (".flac", ".mp3")) -> None:
    for form in forms:
        recording(
            folder / form[1:].upper() / f"{number}{form}", title=title, album="Both", track=number,
            sound=f"{title}{form}",
        )  # fmt: skip


async def test_the_same_album_in_two_formats_is_one_and_the_lossless_one_is_taken(intake: Intake) -> None:
    for number, title in (("1", "Song"), ("2", "Other")):
        _both(intake.folder, number, title)
    (one,) = (await intake.imported()).releases
    assert await intake.titles() == {"both": ["Song", "Other"]}
    said = dict(one.files)
    assert said["FLAC/1.flac"] == "a new track"
    assert said["MP3/1.mp3"].startswith("taken for the recording of FLAC/1.flac: it has the same album, number, title")
    assert "“MP3” and “FLAC” are one release: they have the same songs" in one.notes
    assert [one.result for one in (await intake.imported()).releases] == ["unchanged"]


async def test_another_format_that_comes_later_makes_no_track(intake: Intake) -> None:
    _both(intake.folder, "1", "Song", (".mp3",))
    await intake.imported()
    _both(intake.folder, "1", "Song")
    (one,) = (await intake.imported()).releases
    assert one.result == "unchanged"
    assert "taken for another format of" in dict(one.files)["FLAC/1.flac"]
    assert await intake.titles() == {"both": ["Song"]}
    assert (await intake.imported()).ok


async def test_tags_mended_in_one_format_do_not_make_the_other_a_release_of_its_own(intake: Intake) -> None:
    for number, title in (("1", "Song"), ("2", "Other")):
        _both(intake.folder, number, title)
    await intake.imported()
    for number, title in (("1", "Song"), ("2", "Other")):
        recording(
            intake.folder / "FLAC" / f"{number}.flac", title=f"{title} (2026)", album="Both", track=number,
            sound=f"{title}.flac",
        )  # fmt: skip
    (one,) = (await intake.imported()).releases
    assert (one.result, one.tracks_made) == ("updated", 0)
    assert "“MP3” and “FLAC” are one release: an earlier import took them for the same tracks" in one.notes
    assert list((await intake.titles()).values()) == [["Song (2026)", "Other (2026)"]]
    assert [one.result for one in (await intake.imported()).releases] == ["unchanged"]


def _album_called(intake: Intake, form: str, album: str) -> None:
    """The songs of one format of `_both`, tagged anew with another album."""
    for number, title in (("1", "Song"), ("2", "Other")):
        path = intake.folder / form[1:].upper() / f"{number}{form}"
        recording(path, title=title, album=album, track=number, sound=f"{title}{form}")


@pytest.mark.parametrize("is_one_by_one", [False, True])
@pytest.mark.parametrize(("form", "title"), [(".flac", "Both (2026)"), (".mp3", "Both")])
async def test_an_album_named_anew_in_one_format_stays_one_release_called_as_its_best_format_says(
    intake: Intake, form: str, title: str, *, is_one_by_one: bool
) -> None:
    sources = [intake.folder / "FLAC", intake.folder / "MP3"] if is_one_by_one else [intake.folder]
    for number, name in (("1", "Song"), ("2", "Other")):
        _both(intake.folder, number, name)
    for source in sources:
        await intake.imported(source)
    _album_called(intake, form, "Both (2026)")
    for _ in range(2):
        for source in sources:
            (one,) = (await intake.imported(source)).releases
    assert one.result == "unchanged"
    assert [(row.title, len(tracks)) for row, tracks in (await intake.releases()).values()] == [(title, 2)]


async def test_an_album_named_anew_in_one_of_two_copies_of_a_format_is_another_release(intake: Intake) -> None:
    for folder in "ab":
        recording(intake.folder / folder / "1.flac", title="Song", album="Both", track="1", sound=folder)
    await intake.imported()
    recording(intake.folder / "b" / "1.flac", title="Song", album="Both (Remaster)", track="1", sound="b")
    await intake.imported()
    assert sorted(row.title for row, _ in (await intake.releases()).values()) == ["Both", "Both (Remaster)"]


async def test_another_format_says_nothing_of_the_release(intake: Intake) -> None:
    _both(intake.folder, "1", "Song", (".flac",))
    await intake.imported()
    path = intake.folder / "MP3" / "1.mp3"
    recording(path, title="Song", album="Both", track="1", day="1999", genre="Folk", cover=picture())
    (one,) = (await intake.imported(intake.folder / "MP3")).releases
    ((release, _),) = (await intake.releases()).values()
    assert (one.result, release.release_date, release.tags) == ("updated", None, [])
    assert release.cover_id is not None
    assert [one.result for one in (await intake.imported()).releases] == ["unchanged"]


async def test_tracks_of_the_same_sound_are_two_where_their_numbers_are(intake: Intake) -> None:
    for number in ("1", "2", "3"):
        recording(intake.folder / f"{number}.flac", title="Silence", album="4'33", track=number, sound="nothing")
    (one,) = (await intake.imported()).releases
    assert one.tracks_made == 3
    assert [one.result for one in (await intake.imported()).releases] == ["unchanged"]


async def test_files_renamed_and_tagged_anew_are_the_tracks_they_were(intake: Intake) -> None:
    for number in ("1", "2"):
        recording(intake.folder / f"{number}.flac", title=f"T{number}", album="Old", track=number, sound=number)
    await intake.imported()
    ((_, before),) = (await intake.releases()).values()
    for number in ("1", "2"):
        (intake.folder / f"{number}.flac").unlink()
        recording(
            intake.folder / "New" / f"0{number} N.flac", title=f"N{number}", album="New", track=number, sound=number
        )
    report = await intake.imported()
    assert [(one.result, one.tracks_made, one.tracks_updated) for one in report.releases] == [("updated", 0, 2)]
    assert report.ok
    ((release, after),) = (await intake.releases()).values()
    assert (release.title, [row.title for row in after]) == ("New", ["N1", "N2"])
    assert [row.id for row in after] == [row.id for row in before]


async def test_a_folder_that_moved_is_the_release_it_was(intake: Intake) -> None:
    recording(intake.folder / "a" / "1.flac", title="A", album="X", track="1")
    await intake.imported(intake.folder / "a")
    (intake.folder / "a").rename(intake.folder / "b")
    assert [one.result for one in (await intake.imported(intake.folder / "b")).releases] == ["unchanged"]
    assert (await intake.imported(intake.folder / "b")).ok


async def test_an_album_under_another_name_beside_the_first_is_another_release(intake: Intake) -> None:
    for number in ("1", "2"):
        recording(intake.folder / "a" / f"{number}.flac", title=f"T{number}", album="X", track=number, sound=number)
    await intake.imported()
    for number in ("1", "2"):
        recording(intake.folder / "b" / f"{number}.flac", title=f"T{number}", album="X!", track=number, sound=number)
    assert sorted(one.result for one in (await intake.imported()).releases) == ["made", "unchanged"]


async def test_discs_of_a_box_are_one_release_with_any_years(intake: Intake) -> None:
    for disc, day in (("1", "1970"), ("2", "1975")):
        for number in ("1", "2"):
            recording(
                intake.folder / "Box" / f"CD{disc}" / f"{number}.flac", title=f"{disc}-{number}", album="Box",
                track=number, day=day,
            )  # fmt: skip
    (one,) = (await intake.imported()).releases
    assert await intake.titles() == {"box": ["1-1", "1-2", "2-1", "2-2"]}
    assert "“Box/CD2” and “Box/CD1” are one release: they are discs or sides in one folder" in one.notes


@pytest.mark.parametrize("parts", [("Side A", "Side B"), ("CD1", "CD2")])
async def test_songs_of_one_name_and_length_on_two_sides_or_discs_are_two(
    intake: Intake, parts: tuple[str, str]
) -> None:
    for part in parts:
        recording(intake.folder / "Blue" / part / "1.flac")
    (one,) = (await intake.imported()).releases
    assert one.tracks_made == 2
    assert [one.result for one in (await intake.imported()).releases] == ["unchanged"]


async def test_discs_that_the_album_titles_name_are_one_release(intake: Intake) -> None:
    for disc in ("1", "2"):
        recording(intake.folder / f"D{disc}" / "1.flac", title=f"D{disc}", album=f"Blue (Disc {disc})", track="1")
    await intake.imported()
    ((release, tracks),) = (await intake.releases()).values()
    assert (release.title, [row.title for row in tracks]) == ("Blue", ["D1", "D2"])


async def test_discs_without_any_tag_are_one_release_called_like_their_folder(intake: Intake) -> None:
    for disc in ("1", "2"):
        for number in ("01", "02"):
            recording(intake.folder / "Blue Hours" / f"Disc {disc}" / f"{number}.wav")
    (one,) = (await intake.imported()).releases
    assert (one.title, one.tracks_made) == ("Blue Hours", 4)


async def test_the_same_musicbrainz_release_in_two_folders_is_one(intake: Intake) -> None:
    found = "0b8d1a0e-6e2c-4c64-9c3c-0d3b9c6f7a11"
    for number, album in (("1", "X"), ("2", "X (Deluxe)")):
        recording(intake.folder / number / "1.mp3", title=number, album=album, track=number, musicbrainz_album=found)
    (one,) = (await intake.imported()).releases
    assert one.tracks_made == 2
