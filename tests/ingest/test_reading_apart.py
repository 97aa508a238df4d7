"""Tags are read in a process of its own: it says what reading here says, and its end is one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.pictures import picture
from tests.ingest.recordings import FORMS, TAGS, recording
from tests.pseudo_language import plain
from veza.audio.jobs import Limits
from veza.ingest import reading_apart
from veza.ingest.file_reading import read_file
from veza.ingest.reading_apart import NotRead, read_apart
from veza.ingest.sources import SourceFile


@pytest.mark.parametrize("suffix", FORMS)
async def test_a_file_says_the_same_in_either_process(tmp_path: Path, suffix: str) -> None:
    path = recording(tmp_path / f"take{suffix}", cover=picture(), **TAGS)
    file = SourceFile(f"disc 1/{path.name}", path.stat().st_size)
    with path.open("rb") as opened:
        here = read_file(opened, file)
    assert here.recording.track.title == "Night Bus"
    read = await read_apart(path, file)
    assert (read.file_hash, read.audio_hash, read.pictures) == (here.file_hash, here.audio_hash, here.pictures)
    assert [(name, role) for name, role in read.recording.track.credits] == here.recording.track.credits
    assert (read.recording.date, read.recording.notes) == (here.recording.date, here.recording.notes)


async def test_what_is_no_recording_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "take.flac"
    path.write_bytes(b"<html>" * 100)
    with pytest.raises(NotRead) as refused:
        await read_apart(path, SourceFile("take.flac", 600))
    assert plain(str(refused.value)) == "it is no FLAC file that can be read"


@pytest.mark.parametrize(
    "limits", [Limits(32 << 20, 10, 10.0, 1 << 20), Limits(1 << 30, 10, 0.01, 1 << 20)], ids=["memory", "time"]
)
async def test_what_takes_too_much_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: Limits
) -> None:
    path = recording(tmp_path / "take.flac", **TAGS)
    monkeypatch.setattr(reading_apart, "limits_for", lambda _: limits)
    with pytest.raises(NotRead, match=r"time than it may|took longer than|more memory than it may"):
        await read_apart(path, SourceFile("take.flac", path.stat().st_size))
