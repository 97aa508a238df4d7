"""Imports: folders become drafts once, through every failure in between, and only drafts follow changed tags."""

from __future__ import annotations

import asyncio
import random
import shutil
import string
import warnings
import zipfile
from datetime import date
from pathlib import Path

import pytest

from tests.ingest.conftest import Intake
from tests.ingest.pictures import picture
from tests.ingest.recordings import recording
from veza.catalog.covers import Cover, set_cover
from veza.catalog.facade import record_cover
from veza.catalog.publishing import publish
from veza.catalog.releases import Release, edit_release
from veza.catalog.tracks import find_track, remove_track
from veza.ingest.opening import open_source
from veza.ingest.run import run_import


def _album(folder: Path, *titles: str, album: str = "Blue Hours", **tags: str) -> list[Path]:
    return [
        recording(folder / f"{number:02} {title}.flac", title=title, album=album, track=str(number), **tags)
        for number, title in enumerate(titles, 1)
    ]


async def test_a_folder_becomes_drafts_in_the_order_of_discs_and_tracks(intake: Intake) -> None:
    for disc, number, title in (("2", "1", "C"), ("1", "2", "B"), ("1", "1", "A"), ("2", "2", "D")):
        tags = {"title": title, "album": "Blue Hours", "disc": disc, "track": number, "language": "bos"}
        recording(intake.folder / f"CD{disc}" / f"{title}.mp3", day="2026-02", **tags)
    recording(intake.folder / "Loose" / "Demo.wav")
    (intake.folder / "Loose" / "notes.txt").write_text("x")
    report = await intake.imported()
    assert report.ok
    assert report.passed_over == ["Loose/notes.txt"]
    assert await intake.titles() == {"blue-hours": ["A", "B", "C", "D"], "loose": ["Demo"]}
    release, tracks = (await intake.releases())["blue-hours"]
    assert (release.status, release.kind, release.language) == ("draft", "ep", "bs")
    assert release.release_date == date(2026, 2, 1)
    assert [track.position for track in tracks] == [1, 2, 3, 4]


async def test_importing_again_changes_nothing(intake: Intake) -> None:
    _album(intake.folder, "A", "B")
    (intake.folder / "cover.png").write_bytes(picture())
    await intake.imported()
    before = await intake.releases()
    report = await intake.imported()
    assert [one.result for one in report.releases] == ["unchanged"]
    after = await intake.releases()
    assert after["blue-hours"][0].version == before["blue-hours"][0].version
    assert [row.id for row in after["blue-hours"][1]] == [row.id for row in before["blue-hours"][1]]


async def test_a_zip_and_the_folder_it_was_made_of_are_the_same(intake: Intake, tmp_path: Path) -> None:
    _album(intake.folder / "album", "A", "B")
    path = tmp_path / "label.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(intake.folder.rglob("*.flac")):
            archive.write(file, file.relative_to(intake.folder))
    assert [one.result for one in (await intake.imported(path)).releases] == ["made"]
    assert [one.result for one in (await intake.imported()).releases] == ["unchanged"]


async def test_a_killed_import_goes_on_where_it_stopped(intake: Intake) -> None:
    _album(intake.folder / "1", "A", album="First")
    _album(intake.folder / "2", "B", album="Second")

    def dies(what: str, done: int, _of: int) -> None:
        if (what, done) == ("importing", 1):
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await intake.imported(on_step=dies)
    assert await intake.titles() == {"first": ["A"]}
    report = await intake.imported()
    assert [one.result for one in report.releases] == ["unchanged", "made"]
    assert await intake.titles() == {"first": ["A"], "second": ["B"]}


async def test_two_imports_at_once_make_everything_once(intake: Intake) -> None:
    _album(intake.folder, "A", "B", "C")
    reports = await asyncio.gather(intake.imported(), intake.imported())
    assert sorted(one.releases[0].result for one in reports) == ["made", "unchanged"]
    assert await intake.titles() == {"blue-hours": ["A", "B", "C"]}


async def test_changed_tags_update_a_draft_and_new_files_find_their_place(intake: Intake) -> None:
    first, *_ = _album(intake.folder, "A", "B")
    await intake.imported()
    ((_, before),) = (await intake.releases()).values()
    recording(first, title="A (remastered)", album="Blue Hours", track="1", isrc="FRZ039800212")
    recording(intake.folder / "0.mp3", title="Intro", album="Blue Hours", track="0")
    (one,) = (await intake.imported()).releases
    assert (one.result, one.tracks_made, one.tracks_updated) == ("updated", 1, 1)
    ((_, after),) = (await intake.releases()).values()
    assert [track.title for track in after] == ["Intro", "A (remastered)", "B"]
    assert [track.id for track in after[1:]] == [track.id for track in before]
    assert after[1].isrc == "FRZ039800212"
    assert [one.result for one in (await intake.imported()).releases] == ["unchanged"]


async def test_a_file_that_comes_to_a_draft_fills_what_is_empty_and_keeps_what_people_wrote(intake: Intake) -> None:
    _album(intake.folder, "A", language="bos")
    await intake.imported()
    release, _ = (await intake.releases())["blue-hours"]
    async with intake.catalog.database.write() as session:
        row = await session.get_one(Release, release.id)
        await edit_release(session, row, row.version, {"title": "Blue Hours (Remastered)", "tags": ["choir"]})
    recording(intake.folder / "02 B.flac", title="B", album="Blue Hours", track="2", language="bos", day="2026-02")
    assert [one.result for one in (await intake.imported()).releases] == ["updated"]
    ((row, tracks),) = (await intake.releases()).values()
    assert (row.title, row.tags, row.release_date) == ("Blue Hours (Remastered)", ["choir"], date(2026, 2, 1))
    assert [track.title for track in tracks] == ["A", "B"]


async def test_an_album_renamed_in_every_file_is_the_same_release(intake: Intake) -> None:
    files = _album(intake.folder, "A", "B")
    await intake.imported()
    for number, file in enumerate(files, 1):
        recording(file, title="AB"[number - 1], album="Bluer Hours", track=str(number))
    (one,) = (await intake.imported()).releases
    assert (one.result, one.title, one.slug) == ("updated", "Bluer Hours", "bluer-hours")
    assert await intake.titles() == {"bluer-hours": ["A", "B"]}
    assert [one.result for one in (await intake.imported()).releases] == ["unchanged"]


async def test_a_song_on_a_single_and_an_album_is_on_both(intake: Intake) -> None:
    single = recording(intake.folder / "Single" / "A.flac", title="A")
    recording(intake.folder / "Album" / "1.flac", title="Z")
    shutil.copy(single, intake.folder / "Album" / "2.flac")
    await intake.imported()
    assert await intake.titles() == {"album": ["Z", "A"], "single": ["A"]}
    assert [one.result for one in (await intake.imported()).releases] == ["unchanged", "unchanged"]


async def test_a_published_release_is_left_alone(intake: Intake) -> None:
    first, *_ = _album(intake.folder, "A", "B")
    (made,) = (await intake.imported()).releases
    assert made.release_id is not None
    async with intake.catalog.database.write() as session:
        await publish(session, await session.get_one(Release, made.release_id), sound_follows=True)
    assert (await intake.imported()).ok
    recording(first, title="Other", album="Blue Hours", track="1")
    report = await intake.imported()
    assert not report.ok
    assert "it is published: 0 new and 1 changed files wait" in report.releases[0].notes
    assert await intake.titles() == {"blue-hours": ["A", "B"]}


async def test_a_track_taken_out_of_the_draft_by_hand_stays_out_and_is_named(intake: Intake) -> None:
    _album(intake.folder, "A", "B")
    await intake.imported()
    ((release, tracks),) = (await intake.releases()).values()
    async with intake.catalog.database.write() as session:
        row = await session.get_one(Release, release.id)
        await remove_track(session, row, await find_track(session, tracks[0].id))
    (one,) = (await intake.imported()).releases
    assert one.result == "unchanged"
    assert "01 A.flac: its track was taken off the release by hand, and is not made again" in one.notes
    assert await intake.titles() == {"blue-hours": ["B"]}


async def test_what_is_no_recording_is_named_with_its_reason(intake: Intake) -> None:
    _album(intake.folder, "A")
    (intake.folder / "broken.mp3").write_bytes(b"nothing")
    shutil.copy(intake.folder / "01 A.flac", intake.folder / "copy.flac")
    report = await intake.imported()
    assert report.refused == [("broken.mp3", "it is no MP3 file that can be read")]
    assert dict(report.releases[0].files)["copy.flac"] == "taken for the recording of 01 A.flac: it is the same file"
    assert await intake.titles() == {"blue-hours": ["A"]}


async def _colour(intake: Intake, slug: str = "blue-hours") -> str | None:
    release, _ = (await intake.releases())[slug]
    async with intake.catalog.database.read() as session:
        cover = await session.get(Cover, release.cover_id) if release.cover_id else None
    return cover.colour if cover else None


RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


async def test_a_cover_put_beside_the_files_later_is_taken_once(intake: Intake) -> None:
    recording(intake.folder / "1.mp3", title="A", album="Blue Hours")
    await intake.imported()
    assert await _colour(intake) is None
    for name, colour, expected in (("cover.png", RED, "#c80000"), ("front.png", GREEN, "#00c800")):
        (intake.folder / name).write_bytes(picture(colour=colour))
        (made,) = (await intake.imported()).releases
        assert (made.result, made.tracks_made, made.tracks_updated, made.cover) == ("updated", 0, 0, name)
        assert await _colour(intake) == expected
        before = (await intake.releases())["blue-hours"][0].version
        assert [one.result for one in (await intake.imported()).releases] == ["unchanged"]
        assert (await intake.releases())["blue-hours"][0].version == before


async def test_a_cover_that_was_given_or_taken_away_by_hand_is_left_alone(intake: Intake) -> None:
    _album(intake.folder, "A")
    (intake.folder / "cover.png").write_bytes(picture(colour=RED))
    (made,) = (await intake.imported()).releases
    assert made.release_id is not None

    async def by_hand(picked: tuple[int, int, int] | None) -> None:
        files = await intake.catalog.keep_picture(picture(colour=picked)) if picked else None
        async with intake.catalog.database.write() as session:
            cover = await record_cover(session, intake.artist_id, files) if files else None
            await set_cover(session, await session.get_one(Release, made.release_id or intake.artist_id), cover)

    await by_hand(None)
    assert [one.result for one in (await intake.imported()).releases] == ["unchanged"]
    assert await _colour(intake) is None
    await by_hand(BLUE)
    (intake.folder / "cover.png").write_bytes(picture(colour=GREEN))
    assert [one.result for one in (await intake.imported()).releases] == ["unchanged"]
    assert await _colour(intake) == "#0000c8"


async def test_a_cover_beside_what_is_published_waits_and_says_so(intake: Intake) -> None:
    _album(intake.folder, "A")
    (made,) = (await intake.imported()).releases
    assert made.release_id is not None
    async with intake.catalog.database.write() as session:
        await publish(session, await session.get_one(Release, made.release_id), sound_follows=True)
    (intake.folder / "cover.png").write_bytes(picture())
    (left,) = (await intake.imported()).releases
    assert left.result == "left alone"
    assert "it is published: its new cover waits" in left.notes
    assert await _colour(intake) is None


async def test_two_entries_of_one_name_in_a_zip_are_said(intake: Intake, tmp_path: Path) -> None:
    first, other = _album(intake.folder / "x", "A", "B")
    path = tmp_path / "label.zip"
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(path, "w") as archive:
        for file in (first, other):
            archive.write(file, "album/1.flac")
        for text in ("one", "two"):
            archive.writestr("album/notes.txt", text)
    report = await intake.imported(path)
    assert not report.ok
    assert [where for where, _ in report.refused] == ["album/1.flac"]
    assert "that one is taken" in report.refused[0][1]
    assert report.passed_over == ["album/notes.txt", "album/notes.txt"]
    assert await intake.titles() == {"blue-hours": ["B"]}


async def test_paths_longer_than_an_index_entry_are_imported_once(intake: Intake, tmp_path: Path) -> None:
    # Random letters: PostgreSQL would pack repeated ones into its index.
    chance = random.Random(1)
    folder = "/".join("".join(chance.choices(string.ascii_letters, k=240)) for _ in range(40))
    loose = recording(tmp_path / "loose.flac", title="A")
    tagged = recording(
        tmp_path / "tagged.flac", title="B", album="ø" * 200, album_artist="".join(chance.choices("ю€a", k=200))
    )
    path = tmp_path / "label.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number, file in enumerate((loose, tagged)):
            archive.write(file, f"{folder}/{number}/{file.name}")
    assert [one.result for one in (await intake.imported(path)).releases] == ["made", "made"]
    assert [one.result for one in (await intake.imported(path)).releases] == ["unchanged", "unchanged"]


async def test_a_file_that_takes_the_place_of_another_takes_nothing_from_it(intake: Intake) -> None:
    first, second = _album(intake.folder, "A", "B")
    await intake.imported()
    _, (a, b) = (await intake.releases())["blue-hours"]
    second.rename(intake.folder / "03.flac")
    first.rename(second)
    recording(first, title="New", album="Blue Hours", track="0")
    report = await intake.imported()
    assert [(one.tracks_made, one.tracks_updated) for one in report.releases] == [(1, 0)]
    assert await intake.titles() == {"blue-hours": ["New", "A", "B"]}
    recording(second, title="A (live)", album="Blue Hours", track="1")
    await intake.imported()
    _, (_new, live, b_now) = (await intake.releases())["blue-hours"]
    assert (live.id, live.title, b_now.id) == (a.id, "A (live)", b.id)


async def test_numbers_in_names_are_numbers_where_no_tag_has_one(intake: Intake) -> None:
    for number in (10, 2, 1):
        recording(intake.folder / "Demos" / f"{number} Demo.flac", composer=str(number))
    await intake.imported()
    assert await intake.titles() == {"demos": ["1 Demo", "2 Demo", "10 Demo"]}


async def test_a_folder_that_cannot_be_looked_into_is_not_passed_over_in_silence(intake: Intake) -> None:
    _album(intake.folder, "A")
    source = open_source(intake.folder)
    source.listed.refused.append(("lost", "Permission denied"))
    report = await run_import(intake.catalog, intake.artist_id, source, lambda *_: None)
    assert report.refused == [("lost", "Permission denied")]
    assert not report.ok
