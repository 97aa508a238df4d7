"""Sound in a film's container is named as something left out; a film beside the songs spoils nothing."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from tests.ingest.recordings import FORMS
from veza.ingest.opening import open_source
from veza.ingest.sources import Listed

_ASF = bytes.fromhex("3026b2758e66cf11")
_ASF_STREAMS = {
    "soun": bytes.fromhex("409e69f84d5bcf11a8fd00805f5c442b"),
    "vide": bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b"),
}


def _mp4(*kinds: str, is_sound_first: bool = False) -> bytes:
    def box(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data) + 8) + name + data

    tracks = b"".join(box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + kind.encode() + bytes(13)))) for kind in kinds)
    parts = [box(b"moov", tracks), struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 1016) + bytes(1000)]
    return box(b"ftyp", b"isom" + bytes(4)) + b"".join(reversed(parts) if is_sound_first else parts)


def _webm(*kinds: str) -> bytes:
    def element(name: str, data: bytes) -> bytes:
        return bytes.fromhex(name) + struct.pack(">I", len(data) | 0x1000_0000) + data

    tracks = b"".join(element("ae", element("83", bytes([{"vide": 1, "soun": 2}[kind]]))) for kind in kinds)
    body = element("ec", bytes(9)) + element("1654ae6b", tracks)
    return element("1a45dfa3", bytes(12)) + bytes.fromhex("18538067" + "01ffffffffffffff") + body


def _asf(*kinds: str) -> bytes:
    return _ASF + bytes(40) + b"".join(_ASF_STREAMS[kind] for kind in kinds)


def _avi(*kinds: str) -> bytes:
    return b"RIFF\0\1\0\0AVI " + b"".join(b"strh\x38\0\0\0" + {"vide": b"vids", "soun": b"auds"}[k] for k in kinds)


def _listed(tmp_path: Path, files: dict[str, bytes], *, is_zip: bool) -> Listed:
    path = tmp_path / ("x.zip" if is_zip else "m")
    if is_zip:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    else:
        path.mkdir()
        for name, data in files.items():
            (path / name).write_bytes(data)
    source = open_source(path)
    source.close()
    return source.listed


@pytest.mark.parametrize("is_zip", [False, True])
def test_sound_alone_in_a_films_container_is_named(tmp_path: Path, *, is_zip: bool) -> None:
    files = {
        "a.mp4": _mp4("soun"), "b.mp4": _mp4("soun", is_sound_first=True), "c.mov": _mp4("soun"),
        "d.webm": _webm("soun"), "e.mkv": _webm("soun"), "f.wmv": _asf("soun"), "g.asf": _asf("soun"),
        "h.avi": _avi("soun"), "i": _mp4("soun"),
    }  # fmt: skip
    listed = _listed(tmp_path, files, is_zip=is_zip)
    refused = dict(listed.refused)
    assert sorted(refused) == sorted(files)
    assert refused["b.mp4"] == "it holds M4A audio, its name does not say so: let it end in .m4a"
    assert refused["d.webm"] == "it holds Matroska or WebM audio, which is not read: convert it to FLAC, or to MP3"
    assert (listed.films, listed.others) == ([], [])


@pytest.mark.parametrize("is_zip", [False, True])
def test_a_film_is_listed_as_one_and_leaves_nothing_out(tmp_path: Path, *, is_zip: bool) -> None:
    both = ("vide", "soun")
    files = {
        "a.mp4": _mp4(*both), "b.mp4": _mp4(*both, is_sound_first=True), "c.webm": _webm(*both), "d.wmv": _asf(*both),
        "e.asf": _asf(*both), "f.avi": _avi(*both), "g.ogv": b"OggS" + bytes(20) + b"\x80theora\x01vorbis",
        "h.mkv": _webm("vide"),
    }  # fmt: skip
    listed = _listed(tmp_path, files, is_zip=is_zip)
    assert sorted(listed.films) == sorted(files)
    assert (listed.refused, listed.others) == ([], [])


def test_a_damaged_container_is_passed_over_by_name(tmp_path: Path) -> None:
    files = {"a.mp4": _mp4("soun")[:40], "b.webm": b"\x1a\x45\xdf\xa3\0\0", "c.mp4": b"", "d.mp4": b"\0\0\0\3ftyp" * 9}
    listed = _listed(tmp_path, files, is_zip=False)
    assert sorted(listed.others) == sorted(files)
    assert (listed.refused, listed.films) == ([], [])


def test_sound_without_a_tag_is_known_by_its_frames(tmp_path: Path) -> None:
    bare, _ = FORMS[".mp3"]
    frame = b"\xff\xf1\x50\x80" + struct.pack(">H", 40 << 5 | 0x1F) + bytes(34)
    files = {"song": bare(b"x" * 64), "song.aac.bak": frame * 5, "notes": b"\xff\xfb\x90\x00 and words" * 300}
    listed = _listed(tmp_path, files, is_zip=False)
    assert dict(listed.refused) == {
        "song": "it holds MP3 audio, its name does not say so: let it end in .mp3",
        "song.aac.bak": "it holds AAC audio, which is not read: convert it to FLAC, or to MP3",
    }
    assert listed.others == ["notes"]
