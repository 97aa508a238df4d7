"""Imports done again: what people wrote stays, what files say anew is taken, what is gone is named, runs are undone."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from tests.ingest.conftest import Shop
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


def _album(shop: Shop, *titles: str, **tags: str) -> None:
    for number, title in enumerate(titles, 1):
        recording(shop.folder / f"{number}.flac", title=title, album="Edits", track=str(number), **tags)


async def _one(shop: Shop) -> tuple[Release, list[Track]]:
    ((release, tracks),) = (await shop.releases()).values()
    return release, tracks


async def _edit(shop: Shop, track: Track | None = None, **values: Any) -> None:
    release, _ = await _one(shop)
    async with shop.catalog.database.write() as session:
        row = await session.get_one(Release, release.id)
        if track is None:
            await edit_release(session, row, row.attempt, values)
        else:
            await edit_track(session, await find_track(session, track.id), values)


async def test_what_people_wrote_stays_and_what_the_file_says_anew_is_taken(shop: Shop) -> None:
    _album(shop, "Song", "Other", day="1999", genre="Folk")
    await shop.imported()
    _, tracks = await _one(shop)
    await _edit(shop, title="By hand", release_date=date(2020, 5, 5), language="bs", tags=["choir"])
    await _edit(shop, tracks[0], isrc="FRZ039800212", tags=["live"])
    _album(shop, "Song, corrected", "Other", day="1999", genre="Folk")
    report = await shop.imported()
    assert [(one.result, one.tracks_updated) for one in report.releases] == [("updated", 1)]
    release, (song, other) = await _one(shop)
    assert (release.title, release.language, release.tags) == ("By hand", "bs", ["choir"])
    assert (release.release_date, release.release_date_precision) == (date(2020, 5, 5), "day")
    assert (song.title, song.isrc, song.tags, other.title) == ("Song, corrected", "FRZ039800212", ["live"], "Other")
    assert [one.result for one in (await shop.imported()).releases] == ["unchanged"]


async def test_of_two_who_changed_one_value_the_file_is_taken_and_the_other_named(shop: Shop) -> None:
    _album(shop, "Song", isrc="FRZ039800211")
    await shop.imported()
    _, (track,) = await _one(shop)
    await _edit(shop, track, isrc="FRZ039800212")
    _album(shop, "Song", isrc="FRZ039800213")
    (one,) = (await shop.imported()).releases
    assert (await _one(shop))[1][0].isrc == "FRZ039800213"
    assert any(
        "its isrc was set to “FRZ039800212” by hand; the file says “FRZ039800213” now" in note for note in one.notes
    )


async def test_a_tag_that_is_gone_says_nothing(shop: Shop) -> None:
    _album(shop, "Song", isrc="FRZ039800211", language="bos", day="1999", genre="Folk", explicit="1")
    await shop.imported()
    recording(shop.folder / "1.flac", album="Edits", track="1")
    (one,) = (await shop.imported()).releases
    release, (track,) = await _one(shop)
    assert one.result == "unchanged"
    assert (track.title, track.isrc, track.language, track.explicit) == ("Song", "FRZ039800211", "bs", True)
    assert (release.release_date, release.tags) == (date(1999, 1, 1), ["folk"])
    assert "1.flac: its isrc is gone from the file; the draft keeps it" in one.notes
    _album(shop, "Song", isrc="FRZ039800214")
    await shop.imported()
    assert (await _one(shop))[1][0].isrc == "FRZ039800214"


async def test_single_tags_are_added_and_taken_away(shop: Shop) -> None:
    _album(shop, "Song", genre="Folk; Jazz")
    await shop.imported()
    _, (track,) = await _one(shop)
    await _edit(shop, track, tags=["folk", "jazz", "live"])
    _album(shop, "Song", genre="Jazz; Rock")
    await shop.imported()
    assert (await _one(shop))[1][0].tags == ["jazz", "live", "rock"]


async def test_the_order_people_made_stays_and_new_tracks_find_their_place(shop: Shop) -> None:
    _album(shop, "A", "B", "D")
    await shop.imported()
    release, (a, b, d) = await _one(shop)
    async with shop.catalog.database.write() as session:
        await reorder_tracks(session, await session.get_one(Release, release.id), [d.id, a.id, b.id])
    assert [one.result for one in (await shop.imported()).releases] == ["unchanged"]
    assert [row.title for row in (await _one(shop))[1]] == ["D", "A", "B"]
    recording(shop.folder / "2b.flac", title="C", album="Edits", track="2")
    await shop.imported()
    assert [row.title for row in (await _one(shop))[1]] == ["D", "A", "B", "C"]
    assert [one.result for one in (await shop.imported()).releases] == ["unchanged"]


async def test_numbers_that_change_in_the_files_order_the_tracks_anew(shop: Shop) -> None:
    _album(shop, "A", "B", "C")
    await shop.imported()
    for number, title in (("3", "A"), ("2", "B"), ("1", "C")):
        path = shop.folder / f"{'ABC'.index(title) + 1}.flac"
        recording(path, title=title, album="Edits", track=number)
    assert [one.result for one in (await shop.imported()).releases] == ["updated"]
    assert [row.title for row in (await _one(shop))[1]] == ["C", "B", "A"]


async def test_files_that_are_gone_are_named_and_their_tracks_stay(shop: Shop) -> None:
    _album(shop, "A", "B")
    await shop.imported()
    (shop.folder / "2.flac").unlink()
    report = await shop.imported()
    assert not report.ok
    ((path, why),) = report.gone
    assert (path, why.partition(" since ")[0], why.partition("; ")[2]) == (
        "2.flac",
        "it is gone",
        "its track “B” stays",
    )
    assert await shop.titles() == {"edits": ["A", "B"]}
    assert (await shop.imported(is_dry=True)).gone == report.gone
    _album(shop, "A", "B")
    assert (await shop.imported()).ok


async def test_a_file_that_moved_is_not_gone(shop: Shop) -> None:
    _album(shop, "A", "B")
    await shop.imported()
    (shop.folder / "2.flac").rename(shop.folder / "02 B.flac")
    for is_dry in (True, False, False):
        report = await shop.imported(is_dry=is_dry)
        assert (report.ok, [one.result for one in report.releases]) == (True, ["unchanged"])


async def _rows(shop: Shop) -> int:
    async with shop.catalog.database.read() as session:
        counts = [
            await session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Release, Track, ImportRun, ImportedFile, ImportedRelease)
        ]
    return sum(counts)


async def test_a_dry_run_says_what_would_be_made_and_writes_nothing(shop: Shop) -> None:
    _album(shop, "A", "B")
    dry = await shop.imported(is_dry=True)
    assert [(one.title, one.result, one.tracks_made) for one in dry.releases] == [("Edits", "made", 2)]
    assert dry.releases[0].files == [("1.flac", "a new track"), ("2.flac", "a new track")]
    assert (dry.run_id, await _rows(shop)) == (None, 0)
    await shop.imported()
    before = await _rows(shop)
    _album(shop, "A", "B!", "C")
    dry = await shop.imported(is_dry=True)
    assert [(one.result, one.tracks_made, one.tracks_updated) for one in dry.releases] == [("updated", 1, 1)]
    assert dict(dry.releases[0].files)["2.flac"] == "known; it changes title"
    assert await _rows(shop) == before
    assert await shop.titles() == {"edits": ["A", "B"]}


async def test_a_dry_run_needs_no_artist(shop: Shop) -> None:
    _album(shop, "A")
    source = open_source(shop.folder)
    report = await run_import(shop.catalog, None, source, lambda *_: None, is_dry=True)
    assert ([one.result for one in report.releases], await _rows(shop)) == (["made"], 0)


def _run(report: Report) -> UUID:
    assert report.run_id is not None
    return report.run_id


async def test_a_run_is_taken_back_and_may_be_done_again(shop: Shop) -> None:
    _album(shop, "A", "B")
    run_id = _run(await shop.imported())
    report = await undo(shop.catalog.database, run_id)
    assert (report.ok, [one.result for one in report.releases]) == (True, ["taken back"])
    assert await shop.titles() == {}
    with pytest.raises(UnknownRun, match="was taken back already"):
        await undo(shop.catalog.database, run_id)
    with pytest.raises(UnknownRun, match="there is no import"):
        await undo(shop.catalog.database, UUID(int=7))
    assert [one.result for one in (await shop.imported()).releases] == ["made"]


async def test_what_a_later_run_added_goes_alone(shop: Shop) -> None:
    _album(shop, "A")
    await shop.imported()
    _album(shop, "A", "B")
    run_id = _run(await shop.imported())
    report = await undo(shop.catalog.database, run_id)
    assert [(one.result, one.notes) for one in report.releases] == [
        ("updated", ["1 track that this import added went; what it changed stays"])
    ]
    assert await shop.titles() == {"edits": ["A"]}


async def _publish(shop: Shop) -> None:
    release, _ = await _one(shop)
    async with shop.catalog.database.write() as session:
        await publish(session, await session.get_one(Release, release.id))


async def _retitle(shop: Shop) -> None:
    await _edit(shop, title="By hand")


async def _edit_track(shop: Shop) -> None:
    await _edit(shop, (await _one(shop))[1][0], isrc="FRZ039800212")


@pytest.mark.parametrize(
    ("by_hand", "why"),
    [(_publish, "it is published"), (_retitle, "people changed it since"), (_edit_track, "people changed it since")],
)
async def test_a_draft_that_people_changed_or_published_is_left_alone(shop: Shop, by_hand: Any, why: str) -> None:
    _album(shop, "A", "B")
    run_id = _run(await shop.imported())
    await by_hand(shop)
    report = await undo(shop.catalog.database, run_id)
    assert (report.ok, [one.result for one in report.releases]) == (False, ["left alone"])
    assert why in report.releases[0].notes[0]
    assert list((await shop.titles()).values()) == [["A", "B"]]


def test_without_a_memory_only_what_is_empty_is_filled() -> None:
    found = changes({}, {"title": "A", "isrc": "X", "tags": ["a"]}, {"title": "By hand", "isrc": None, "tags": []})
    assert (found.values, found.notes) == ({"isrc": "X", "tags": ["a"]}, [])
