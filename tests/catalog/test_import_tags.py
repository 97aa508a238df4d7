"""Tags are read from every form alike, and what is wrong in them is left out, never fatal."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from tests.catalog.pictures import picture
from tests.catalog.recordings import FORMS, TAGS, recording
from veza.catalog.import_source import SourceFile, UnreadableFile
from veza.catalog.import_tags import FIELDS, Recording, read_picture, read_recording


def _read(path: Path) -> Recording:
    with path.open("rb") as opened:
        return read_recording(opened, SourceFile(path.name, path.stat().st_size))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_the_same(tmp_path: Path, form: str) -> None:
    found = _read(recording(tmp_path / f"one{form}", **TAGS))
    track = found.track
    assert (track.title, track.isrc, track.language) == ("Night Bus", "FRZ039800212", "en")
    assert (track.explicit, track.tags) == (True, ["folk", "sevdah"])
    assert track.credits == [("Džana Kovač", "artist"), ("Ben", "composer")]
    assert track.musicbrainz_id == UUID(TAGS["musicbrainz_track"])
    assert (found.album, found.disc, found.number, found.day) == ("Blue Hours", 1, 2, date(2026, 2, 1))
    assert track.duration_ms is not None
    assert 90 <= track.duration_ms <= 600
    assert found.notes == ()


@pytest.mark.parametrize("form", FORMS)
def test_the_picture_inside_is_found(tmp_path: Path, form: str) -> None:
    path = recording(tmp_path / f"one{form}", cover=picture(), **TAGS)
    with path.open("rb") as opened:
        assert read_picture(opened, SourceFile(path.name, 1)) == picture()


@pytest.mark.parametrize("form", FORMS)
def test_a_file_without_tags_is_called_by_its_name(tmp_path: Path, form: str) -> None:
    found = _read(recording(tmp_path / f"01 Тихо{form}"))
    assert (found.track.title, found.album, found.track.credits) == ("01 Тихо", None, [])


def test_what_cannot_be_taken_is_left_out_with_a_note(tmp_path: Path) -> None:
    tags = {"isrc": "none", "language": "klingon", "title": "x\x07" * 300, "track": "A/B", "day": "soon"}
    found = _read(recording(tmp_path / "one.mp3", **tags, genre="x" * 99, musicbrainz_album="?"))
    assert (found.track.isrc, found.track.language, found.album_id, found.day) == (None, None, None, None)
    assert len(found.track.title) <= 200
    assert len(found.track.tags[0]) <= 40
    assert [note.partition(" is left out")[0] for note in found.notes] == [
        "its isrc",
        "its language",
        "its musicbrainz album",
    ]


@pytest.mark.parametrize("form", FORMS)
def test_no_damaged_file_raises_anything_else(tmp_path: Path, form: str) -> None:
    whole = recording(tmp_path / f"one{form}", cover=picture(), **TAGS).read_bytes()
    chance = random.Random(7)
    damaged = tmp_path / f"damaged{form}"
    for _ in range(60):
        data = bytearray(whole[: chance.randrange(len(whole))] if chance.random() < 0.3 else whole)
        for _ in range(chance.randrange(1, 30)):
            if data:
                data[chance.randrange(min(len(data), 400))] = chance.randrange(256)
        damaged.write_bytes(data)
        try:
            _read(damaged)
            with damaged.open("rb") as opened:
                read_picture(opened, SourceFile(damaged.name, 1))
        except UnreadableFile as refusal:
            assert "can be read" in str(refusal)  # noqa: PT017


def test_every_field_is_named_in_every_format() -> None:
    assert all(len(keys) == 3 and all(keys) for keys in FIELDS.values())
