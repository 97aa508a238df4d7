"""Imports done again: what people wrote stays, what files say anew is taken, what is gone is named, runs are undone."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from tests.ingest.conftest import Intake
from tests.ingest.recordings import recording
from veza.catalog.publishing import publish
from veza.catalog.releases import Release, edit_release
from veza.catalog.tracks import Track, edit_track, find_track, reorder_tracks
from veza.ingest.changes import changes
from veza.ingest.memory import ImportedFile, ImportedRelease, ImportRun
from veza.ingest.opening import open_source
from veza.ingest.report import Report
from veza.ingest.run import run_import
from veza.ingest.undo import UnknownRun, undo


def _album(intake: Intake, *titles: str, **tags: str) -> None:
    for number, title in enumerate(titles, 1):
        recording(intake.folder / f"{number}.flac", title=title, album="Edits", track=str(number), **tags)


async def _one(intake: Intake) -> tuple[Release, list[Track]]:
    ((release, tracks),) = (await intake.releases()).values()
    return release, tracks


async def _edit(intake: Intake, track: Track | None = None, **values: Any) -> None:
    release, _ = await _one(intake)
    async with intake.catalog.database.write() as session:
        row = await session.get_one(Release, release.id)
        if track is None:
            await edit_release(session, row, row.version, values)
        else:
            await edit_track(session, await find_track(session, track.id), values)


async def test_what_people_wrote_stays_and_what_the_file_says_anew_is_taken(intake: Intake) -> None:
    _album(intake, "Song", "Other", day="1999", genre="Folk")
    await intake.imported()
    _, tracks = await _one(intake)
    await _edit(intake, title="By hand", release_date=date(2020, 5, 5), language="bs", tags=["choir"])
    await _edit(intake, tracks[0], isrc="FRZ039800212", tags=["live"])
    _album(intake, "Song, corrected", "Other", day="1999", genre="Folk")
    report = await intake.imported()
    assert [(one.result, one.tracks_updated) for one in report.releases] == [("updated", 1)]
    release, (song, other) = await _one(intake)
    assert (release.title, release.language, release.tags) == ("By hand", "bs", ["choir"])
    assert (release.release_date, release.release_date_precision) == (date(2020, 5, 5), "day")
    assert (song.title, song.isrc, song.tags, other.title) == ("Song, corrected", "FRZ039800212", ["live"], "Other")
    assert [one.result for one in (await intake.imported()).releases] == ["unchanged"]


async def test_of_two_who_changed_one_value_the_file_is_taken_and_the_other_named(intake: Intake) -> None:
    _album(intake, "Song", isrc="FRZ039800211")
    await intake.imported()
    _, (track,) = await _one(intake)
    await _edit(intake, track, isrc="FRZ039800212")
    _album(intake, "Song", isrc="FRZ039800213")
    (one,) = (await intake.imported()).releases
    assert (await _one(intake))[1][0].isrc == "FRZ039800213"
    assert any(
        "its isrc was set to “FRZ039800212” by hand; the file says “FRZ039800213” now" in note for note in one.notes
    )


async def test_a_tag_that_is_gone_says_nothing(intake: Intake) -> None:
    _album(intake, "Song", isrc="FRZ039800211", language="bos", day="1999", genre="Folk", explicit="1")
    await intake.imported()
    recording(intake.folder / "1.flac", album="Edits", track="1")
    (one,) = (await intake.imported()).releases
    release, (track,) = await _one(intake)
    assert one.result == "unchanged"
    assert (track.title, track.isrc, track.language, track.explicit) == ("Song", "FRZ039800211", "bs", True)
    assert (release.release_date, release.tags) == (date(1999, 1, 1), ["folk"])
    assert "1.flac: its isrc is gone from the file; the draft keeps it" in one.notes
    _album(intake, "Song", isrc="FRZ039800214")
    await intake.imported()
    assert (await _one(intake))[1][0].isrc == "FRZ039800214"


async def test_single_tags_are_added_and_taken_away(intake: Intake) -> None:
    _album(intake, "Song", genre="Folk; Jazz")
    await intake.imported()
    _, (track,) = await _one(intake)
    await _edit(intake, track, tags=["folk", "jazz", "live"])
    _album(intake, "Song", genre="Jazz; Rock")
    await intake.imported()
    assert (await _one(intake))[1][0].tags == ["jazz", "live", "rock"]


async def test_the_order_people_made_stays_and_new_tracks_find_their_place(intake: Intake) -> None:
    _album(intake, "A", "B", "D")
    await intake.imported()
    release, (a, b, d) = await _one(intake)
    async with intake.catalog.database.write() as session:
        await reorder_tracks(session, await session.get_one(Release, release.id), [d.id, a.id, b.id])
    assert [one.result for one in (await intake.imported()).releases] == ["unchanged"]
    assert [row.title for row in (await _one(intake))[1]] == ["D", "A", "B"]
    recording(intake.folder / "2b.flac", title="C", album="Edits", track="2")
    await intake.imported()
    assert [row.title for row in (await _one(intake))[1]] == ["D", "A", "B", "C"]
    assert [one.result for one in (await intake.imported()).releases] == ["unchanged"]


async def test_numbers_that_change_in_the_files_order_the_tracks_anew(intake: Intake) -> None:
    _album(intake, "A", "B", "C")
    await intake.imported()
    for number, title in (("3", "A"), ("2", "B"), ("1", "C")):
        path = intake.folder / f"{'ABC'.index(title) + 1}.flac"
        recording(path, title=title, album="Edits", track=number)
    assert [one.result for one in (await intake.imported()).releases] == ["updated"]
    assert [row.title for row in (await _one(intake))[1]] == ["C", "B", "A"]


async def test_files_that_are_gone_are_named_and_their_tracks_stay(intake: Intake) -> None:
    _album(intake, "A", "B")
    await intake.imported()
    (intake.folder / "2.flac").unlink()
    report = await intake.imported()
    assert not report.ok
    ((path, why),) = report.gone
    assert (path, why.partition(" since ")[0], why.partition("; ")[2]) == (
        "2.flac",
        "it is gone",
        "its track “B” stays",
    )
    assert await intake.titles() == {"edits": ["A", "B"]}
    assert (await intake.imported(is_dry=True)).gone == report.gone
    _album(intake, "A", "B")
    assert (await intake.imported()).ok


async def test_a_file_that_moved_is_not_gone(intake: Intake) -> None:
    _album(intake, "A", "B")
    await intake.imported()
    (intake.folder / "2.flac").rename(intake.folder / "02 B.flac")
    for is_dry in (True, False, False):
        report = await intake.imported(is_dry=is_dry)
        assert (report.ok, [one.result for one in report.releases]) == (True, ["unchanged"])


async def _rows(intake: Intake) -> int:
    async with intake.catalog.database.read() as session:
        counts = [
            await session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Release, Track, ImportRun, ImportedFile, ImportedRelease)
        ]
    return sum(counts)


async def test_a_dry_run_says_what_would_be_made_and_writes_nothing(intake: Intake) -> None:
    _album(intake, "A", "B")
    dry = await intake.imported(is_dry=True)
    assert [(one.title, one.result, one.tracks_made) for one in dry.releases] == [("Edits", "made", 2)]
    assert dry.releases[0].files == [("1.flac", "a new track"), ("2.flac", "a new track")]
    assert (dry.run_id, await _rows(intake)) == (None, 0)
    await intake.imported()
    before = await _rows(intake)
    _album(intake, "A", "B!", "C")
    dry = await intake.imported(is_dry=True)
    assert [(one.result, one.tracks_made, one.tracks_updated) for one in dry.releases] == [("updated", 1, 1)]
    assert dict(dry.releases[0].files)["2.flac"] == "known; it changes title"
    assert await _rows(intake) == before
    assert await intake.titles() == {"edits": ["A", "B"]}


async def test_a_dry_run_needs_no_artist(intake: Intake) -> None:
    _album(intake, "A")
    source = open_source(intake.folder)
    report = await run_import(intake.catalog, None, source, lambda *_: None, is_dry=True)
    assert ([one.result for one in report.releases], await _rows(intake)) == (["made"], 0)


def _run(report: Report) -> UUID:
    assert report.run_id is not None
    return report.run_id


async def test_a_run_is_taken_back_and_may_be_done_again(intake: Intake) -> None:
    _album(intake, "A", "B")
    run_id = _run(await intake.imported())
    report = await undo(intake.catalog.database, run_id)
    assert (report.ok, [one.result for one in report.releases]) == (True, ["taken back"])
    assert await intake.titles() == {}
    with pytest.raises(UnknownRun, match="was taken back already"):
        await undo(intake.catalog.database, run_id)
    with pytest.raises(UnknownRun, match="there is no import"):
        await undo(intake.catalog.database, UUID(int=7))
    assert [one.result for one in (await intake.imported()).releases] == ["made"]


async def test_what_a_later_run_added_goes_alone(intake: Intake) -> None:
    _album(intake, "A")
    await intake.imported()
    _album(intake, "A", "B")
    run_id = _run(await intake.imported())
    report = await undo(intake.catalog.database, run_id)
    assert [(one.result, one.notes) for one in report.releases] == [
        ("updated", ["1 track that this import added went; what it changed stays"])
    ]
    assert await intake.titles() == {"edits": ["A"]}


async def _publish(intake: Intake) -> None:
    release, _ = await _one(intake)
    async with intake.catalog.database.write() as session:
        await publish(session, await session.get_one(Release, release.id), sound_follows=True)


async def _retitle(intake: Intake) -> None:
    await _edit(intake, title="By hand")


async def _edit_track(intake: Intake) -> None:
    await _edit(intake, (await _one(intake))[1][0], isrc="FRZ039800212")


@pytest.mark.parametrize(
    ("by_hand", "why"),
    [(_publish, "it is published"), (_retitle, "people changed it since"), (_edit_track, "people changed it since")],
)
async def test_a_draft_that_people_changed_or_published_is_left_alone(intake: Intake, by_hand: Any, why: str) -> None:
    _album(intake, "A", "B")
    run_id = _run(await intake.imported())
    await by_hand(intake)
    report = await undo(intake.catalog.database, run_id)
    assert (report.ok, [one.result for one in report.releases]) == (False, ["left alone"])
    assert why in report.releases[0].notes[0]
    assert list((await intake.titles()).values()) == [["A", "B"]]


def test_without_a_memory_only_what_is_empty_is_filled() -> None:
    found = changes({}, {"title": "A", "isrc": "X", "tags": ["a"]}, {"title": "By hand", "isrc": None, "tags": []})
    assert (found.values, found.notes) == ({"isrc": "X", "tags": ["a"]}, [])
