"""A cue sheet beside one long recording, or inside it, is named with its tracks: nothing of it is left out unsaid."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from mutagen.flac import FLAC, CueSheet, CueSheetTrack, CueSheetTrackIndex

from tests.ingest.recordings import recording
from veza.ingest.cue_sheets import read_sheet, tell_of_sheets
from veza.ingest.found import FoundFile
from veza.ingest.opening import open_source
from veza.ingest.readers import _read
from veza.ingest.run import _found

SHEET = """REM DATE 1994
PERFORMER "Džana Kovač"
TITLE "Blue Hours"
FILE "Blue Hours.wav" WAVE
  TRACK 01 AUDIO
    TITLE "Night "Owl" Bus"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Rain"
    PERFORMER "Ben"
    INDEX 00 03:40:10
    INDEX 01 03:41:15
"""


def told(path: Path, encoding: str | None = None) -> list[tuple[str, str, bool]]:
    """(path, what is said of it, whether something was left out) of each sheet in a source."""
    source = open_source(path, encoding=encoding)
    found = [_found(source, file, _read(source, file, encoding)) for file in source.listed.files]
    said = tell_of_sheets(source, found, source.listed.refused, encoding)
    source.close()
    return [(one.path, one.what, one.is_left_out) for one in said]


def test_a_sheet_says_titles_performers_and_where_tracks_begin() -> None:
    sheet = read_sheet("\ufeff" + SHEET)
    assert (sheet.title, sheet.performer) == ("Blue Hours", "Džana Kovač")
    first, second = sheet.tracks
    assert (first.title, first.performer, first.begins_ms, first.file) == ('Night "Owl" Bus', "", 0, "Blue Hours.wav")
    assert (second.title, second.performer, second.begins_ms) == ("Rain", "Ben", 221_200)


def test_an_index_in_the_next_file_and_tracks_of_data_are_understood() -> None:
    lines = (
        "FILE 01.wav WAVE", "TRACK 01 AUDIO", "INDEX 01 00:00:00", "TRACK 02 AUDIO", "INDEX 00 02:00:00",
        r'FILE "C:\rips\02 b.wav" WAVE', "INDEX 01 00:00:00", "TRACK 03 MODE1/2352", "INDEX 01 00:00:00",
    )  # fmt: skip
    assert [(one.number, one.file) for one in read_sheet("\n".join(lines)).tracks] == [(1, "01.wav"), (2, "02 b.wav")]


@pytest.mark.parametrize("is_zip", [False, True])
def test_a_sheet_of_a_long_recording_is_left_out_and_says_so(tmp_path: Path, *, is_zip: bool) -> None:
    folder = tmp_path / "rip"
    recording(folder / "Blue Hours.flac", title="Blue Hours")  # the sheet names the WAV of before
    (folder / "Blue Hours.cue").write_text(SHEET)
    path = folder
    if is_zip:
        path = tmp_path / "rip.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for one in folder.iterdir():
                archive.write(one, one.name)
    what = (
        "it names 2 tracks: sound is not cut yet, so Blue Hours.flac was imported as one track;"
        " cut it into a file for each track and import those"
    )
    assert told(path) == [("Blue Hours.cue", what, True)]


def test_a_sheet_of_a_file_for_each_track_leaves_nothing_out(tmp_path: Path) -> None:
    for number in (1, 2):
        recording(tmp_path / f"0{number}.flac", title=f"Song {number}")
    lines = [f'FILE "0{n}.wav" WAVE\nTRACK 0{n} AUDIO\nINDEX 01 00:00:00' for n in (1, 2)]
    (tmp_path / "list.CUE").write_text("\n".join(lines))
    ((path, what, is_left_out),) = told(tmp_path)
    assert (path, is_left_out) == ("list.CUE", False)
    assert what == "each track it names is a file of its own: their tags were taken, not the sheet"


@pytest.mark.parametrize(
    ("name", "sheet", "said"),
    [
        ("Blue Hours.ape", SHEET.encode(), "it names 2 tracks, but Blue Hours.ape was not imported"),
        ("x.txt", SHEET.encode(), "it names 2 tracks, but there is no Blue Hours.wav beside it"),
        ("x.txt", b"\0\1 no sheet", "it is no cue sheet that can be read: it names no track"),
        ("x.txt", b"TRACK 01 AUDIO " * 80_000, "it cannot be read: it has 1,200,000 bytes, a cue sheet has at most"),
    ],
)
def test_a_sheet_that_cannot_be_followed_says_why(tmp_path: Path, name: str, sheet: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    (tmp_path / "a.cue").write_bytes(sheet)
    ((path, what, is_left_out),) = told(tmp_path)
    assert (path, is_left_out) == ("a.cue", True)
    assert what.startswith(said)


def test_a_sheet_is_read_in_the_encoding_it_was_written_in(tmp_path: Path) -> None:
    sheet = 'FILE "a.wav" WAVE\nTRACK 01 AUDIO\nTITLE "Дальний Свет"\nTRACK 02 AUDIO\nTITLE "Свет За Окном"\n'
    recording(tmp_path / "a.flac", title="a")
    for encoding, said in (("cp1251", "cp1251"), ("utf-16", None), ("utf-8-sig", None)):
        (tmp_path / "a.cue").write_bytes(sheet.encode(encoding))
        source = open_source(tmp_path)
        found = [_found(source, file, _read(source, file, None)) for file in source.listed.files]
        (one,) = tell_of_sheets(source, found, [], said)
        assert [track.title for track in one.tracks] == ["Дальний Свет", "Свет За Окном"], encoding


@pytest.mark.parametrize("is_block", [False, True])
def test_a_sheet_inside_a_flac_is_named_once(tmp_path: Path, *, is_block: bool) -> None:
    path = recording(tmp_path / "a.flac", title="a")
    flac = FLAC(path)  # type: ignore[no-untyped-call]  # mutagen has no types
    if is_block:
        block = CueSheet(None)  # type: ignore[no-untyped-call]
        block.media_catalog_number = b""
        for number, start in ((1, 0), (2, 44_100), (170, 88_200)):
            track = CueSheetTrack(number, start)  # type: ignore[no-untyped-call]
            track.indexes = [] if number == 170 else [CueSheetTrackIndex(1, 0)]  # type: ignore[no-untyped-call]
            block.tracks.append(track)
        flac.cuesheet = block
        flac.metadata_blocks.append(block)
    else:
        flac["cuesheet"] = SHEET
    flac.save()
    ((where, what, is_left_out),) = told(tmp_path)
    assert (where, is_left_out) == ("a.flac", True)
    assert what.startswith("the sheet inside it names 2 tracks: sound is not cut yet, so a.flac was imported as one")
    (tmp_path / "a.cue").write_text(SHEET.replace("Blue Hours.wav", "a.flac"))
    assert [one[0] for one in told(tmp_path)] == ["a.cue"]


class Walked(list[FoundFile]):
    """Recordings that count how often all of them were looked at."""

    times = 0

    def __iter__(self) -> Iterator[FoundFile]:
        self.times += 1
        return super().__iter__()


def test_all_recordings_are_walked_as_often_for_many_sheets_as_for_one(tmp_path: Path) -> None:
    times = []
    for sheets in (1, 6):
        for number in range(sheets):
            recording(tmp_path / f"{number}" / "Blue Hours.flac", title="Blue Hours")
            (tmp_path / f"{number}" / "a.cue").write_text(SHEET)
        source = open_source(tmp_path)
        found = Walked(_found(source, file, _read(source, file, None)) for file in source.listed.files)
        assert len(tell_of_sheets(source, found, [("a.ape", "it is not read")], None)) == sheets
        times.append(found.times)
    assert times[0] == times[1]
