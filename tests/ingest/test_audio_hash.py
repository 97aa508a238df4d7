"""The hash of a recording's sound: it stays when the tags change, and other sound has another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mutagen.apev2 import APEv2
from mutagen.id3 import ID3, TIT2

from tests.ingest.pictures import picture
from tests.ingest.recordings import FORMS, TAGS, recording
from veza.ingest.audio_hash import audio_hash
from veza.ingest.sources import UnreadableFile

READ_AS = {".opus": ".ogg"}


def _hash(path: Path) -> str:
    with path.open("rb") as opened:
        return audio_hash(opened, READ_AS.get(path.suffix, path.suffix))


@pytest.mark.parametrize("form", FORMS)
def test_tags_and_covers_do_not_change_it_and_sound_does(tmp_path: Path, form: str) -> None:
    bare = _hash(recording(tmp_path / f"bare{form}", sound="one"))
    many = {**TAGS, "title": "A much longer title " * 9}
    tagged = _hash(recording(tmp_path / f"tagged{form}", sound="one", cover=picture(size=(600, 600)), **many))
    other = _hash(recording(tmp_path / f"other{form}", sound="two"))
    assert bare == tagged
    assert bare != other
    assert bare.startswith("flac-md5:" if form == ".flac" else "sha256:")


def test_tags_at_the_end_of_an_mp3_do_not_change_it(tmp_path: Path) -> None:
    path = recording(tmp_path / "one.mp3", sound="one")
    bare = _hash(path)
    ape: Any = APEv2()
    ape["Title"] = "A"
    ape.save(path)
    assert _hash(path) == bare
    tags: Any = ID3()
    tags.add(TIT2(encoding=3, text=["A"]))
    tags.save(path, v1=2)
    assert _hash(path) == bare
    path.write_bytes(path.read_bytes() + b"LYRICSBEGIN" + b"x" * 9 + b"000020LYRICS200")
    assert _hash(path) == bare


def test_a_flac_without_its_md5_is_known_by_its_frames(tmp_path: Path) -> None:
    path = recording(tmp_path / "one.flac", sound="one")
    data = bytearray(path.read_bytes())
    data[26:42] = bytes(16)
    path.write_bytes(data)
    with pytest.raises(UnreadableFile, match="it holds no sound"):
        _hash(path)
    path.write_bytes(bytes(data) + b"\xff\xf8 frames")
    found = _hash(path)
    assert found.startswith("sha256:")
    path.write_bytes(bytes(data) + b"\xff\xf8 other frames")
    assert _hash(path) != found


def test_a_file_without_sound_is_not_the_same_as_every_other(tmp_path: Path) -> None:
    path = recording(tmp_path / "one.m4a")
    path.write_bytes(path.read_bytes()[:-72])
    with pytest.raises(UnreadableFile, match="it holds no sound"):
        _hash(path)
