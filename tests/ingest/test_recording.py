"""Tags are read from every form alike, and what is wrong in them is left out, never fatal."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from base64 import b64encode
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from mutagen.apev2 import APEv2, APEValue
from mutagen.flac import FLAC
from mutagen.id3 import APIC, ID3, TALB, TCON, TIT2, TPE1, TextFrame

from tests.ingest.pictures import picture
from tests.ingest.recordings import FORMS, TAGS, recording
from veza.ingest.fields import FIELDS
from veza.ingest.media import read_media
from veza.ingest.recording import Recording, place_of, read_recording
from veza.ingest.sources import SourceFile, UnreadableFile

RUSSIAN, JAPANESE = ("Группа крови", "Кино"), ("残酷な天使のテーゼ", "高橋洋子")


def _read(path: Path, encoding: str | None = None) -> Recording:
    file = SourceFile(path.name, path.stat().st_size)
    with path.open("rb") as opened:
        return read_recording(read_media(opened, file), file, encoding)


def _pictures(path: Path) -> list[tuple[int, bytes]]:
    with path.open("rb") as opened:
        return [(one.kind, one.data) for one in read_media(opened, SourceFile(path.name, 1)).pictures]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_the_same(tmp_path: Path, form: str) -> None:
    found = _read(recording(tmp_path / f"one{form}", **TAGS))
    track = found.track
    assert (track.title, track.isrc, track.language) == ("Night Bus", "FRZ039800212", "en")
    assert (track.explicit, found.says_explicit, track.tags) == (True, True, ["folk", "sevdah"])
    assert track.credits == [("Džana Kovač", "artist"), ("Ben", "composer")]
    assert track.musicbrainz_id == UUID(TAGS["musicbrainz_track"])
    assert (found.album, found.disc, found.side, found.number) == ("Blue Hours", 1, "", 2)
    assert found.date is not None
    assert (found.date.first.isoformat(), found.date.precision) == ("2026-02-01", "day")
    assert track.duration_ms is not None
    assert 90 <= track.duration_ms <= 600
    assert found.notes == ()


@pytest.mark.parametrize("form", FORMS)
def test_the_picture_inside_is_found(tmp_path: Path, form: str) -> None:
    assert _pictures(recording(tmp_path / f"one{form}", cover=picture(), **TAGS)) == [(3, picture())]


@pytest.mark.parametrize("form", FORMS)
def test_a_file_without_tags_is_called_by_its_name(tmp_path: Path, form: str) -> None:
    found = _read(recording(tmp_path / f"01 Тихо{form}"))
    assert (found.track.title, found.title_is_name, found.album, found.track.credits) == ("01 Тихо", True, None, [])
    assert (found.says_explicit, found.number, found.disc) == (None, None, None)


@pytest.mark.parametrize("form", FORMS)
def test_a_file_whose_name_says_another_form_is_read_by_its_content(tmp_path: Path, form: str) -> None:
    other = ".mp3" if form != ".mp3" else ".flac"
    path = recording(tmp_path / f"one{form}", title="A").rename(tmp_path / f"one{other}")
    found = _read(path)
    assert found.track.title == "A"
    assert f"though its name ends in {other}" in found.notes[0]


def test_what_cannot_be_taken_is_left_out_with_a_note(tmp_path: Path) -> None:
    tags = {"isrc": "none", "language": "klingon", "title": "x\x07" * 300, "track": "A/B"}
    found = _read(recording(tmp_path / "one.mp3", **tags, genre="x" * 99, musicbrainz_album="?"))
    assert (found.track.isrc, found.track.language, found.album_id, found.date) == (None, None, None, None)
    assert found.track.title == " ".join("x" * 100)
    assert found.track.tags == []
    assert [note.partition(" is left out")[0].partition(" is cut")[0] for note in found.notes] == [
        "its title", "its isrc", "its language", f"its genre “{'x' * 60}”",
        "its musicbrainz album",
    ]  # fmt: skip


class TDRC(TextFrame):
    """A date as programs write it, word for word: mutagen's own frame writes what it understands."""


@pytest.mark.parametrize(
    ("written", "first", "note"),
    [("19/05/2004", "2004-05-19", ""), ("soon", None, "“soon” is no date"), ("2004-05", "2004-05-01", "")],
)
def test_odd_dates_of_an_mp3_are_read_or_noted(tmp_path: Path, written: str, first: str | None, note: str) -> None:
    path = recording(tmp_path / "one.mp3")
    tags: Any = ID3()
    tags.add(TDRC(encoding=3, text=[written]))
    tags.save(path)
    found = _read(path)
    assert (found.date.first.isoformat() if found.date else None) == first
    assert note in "".join(found.notes)


def test_a_language_that_is_said_to_be_unknown_says_nothing(tmp_path: Path) -> None:
    found = _read(recording(tmp_path / "one.mp3", language="XXX"))
    assert (found.track.language, found.notes) == (None, ())


@pytest.mark.parametrize(
    ("genre", "tags"),
    [
        ("Folk, World, & Country", ["folk, world, & country"]),
        ("Hip-Hop/Rap", ["hip-hop/rap"]),
        ("R&B; Soul ;R&B", ["r&b", "soul"]),
        ("(17)", ["rock"]),
    ],
)
def test_genres_with_commas_and_slashes_stay_whole(tmp_path: Path, genre: str, tags: list[str]) -> None:
    found = _read(recording(tmp_path / "one.mp3", genre=genre))
    assert (found.track.tags, found.notes) == (tags, ())


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("7", ("", None, 7)), ("07/12", ("", None, 7)), ("7 of 12", ("", None, 7)), ("2-07", ("", 2, 7)),
        ("A1", ("A", None, 1)), ("b-02", ("B", None, 2)), ("AA", ("AA", None, 1)), ("C 3/4", ("C", None, 3)),
        ("", ("", None, None)), ("?", ("", None, None)),
    ],
)  # fmt: skip
def test_numbers_and_sides_of_tags(written: str, place: tuple[str, int | None, int | None]) -> None:
    assert place_of(written) == place


def _undeclared(path: Path, texts: tuple[str, str], encoding: str, *, v1_only: bool = False) -> Path:
    """Tags in an encoding that ID3 does not know, as programs of their day wrote them: they say Latin-1."""
    recording(path)
    title, artist = (text.encode(encoding).decode("latin-1") for text in texts)
    tags = ID3()
    tags.add(TIT2(encoding=0, text=[title]))
    tags.add(TPE1(encoding=0, text=[artist]))
    tags.add(TALB(encoding=0, text=[title]))
    tags.save(path, v1=2)
    if v1_only:
        tags.delete(path, delete_v1=False)
    return path


@pytest.mark.parametrize("v1_only", [False, True])
@pytest.mark.parametrize(("texts", "encoding"), [(RUSSIAN, "cp1251"), (JAPANESE, "cp932")])
def test_old_tags_are_read_as_told_and_guessed_only_with_a_note(
    tmp_path: Path, texts: tuple[str, str], encoding: str, *, v1_only: bool
) -> None:
    path = _undeclared(tmp_path / "one.mp3", texts, encoding, v1_only=v1_only)
    told, guessed = _read(path, encoding), _read(path)
    assert (told.track.title, told.artist, told.notes) == (*texts, ())
    assert (guessed.track.title, guessed.artist) == texts
    assert f"were read as {encoding}, which is a guess" in guessed.notes[0]


@pytest.mark.parametrize("texts", [("Jóga", "Björk"), ("Ágætis byrjun", "Sigur Rós"), ("Motörhead", "Motörhead")])
def test_latin_letters_with_accents_are_what_they_say(tmp_path: Path, texts: tuple[str, str]) -> None:
    found = _read(_undeclared(tmp_path / "one.mp3", texts, "latin-1"))
    assert (found.track.title, found.artist, found.notes) == (*texts, ())


def test_utf_8_that_says_latin_1_is_read_as_utf_8(tmp_path: Path) -> None:
    found = _read(_undeclared(tmp_path / "one.mp3", ("Čežnja", "Džana"), "utf-8"))
    assert (found.track.title, found.artist) == ("Čežnja", "Džana")
    assert found.notes == ("its tags say Latin-1 and are UTF-8: they were read as UTF-8",)


def test_ape_tags_in_an_mp3_are_read_and_say_more_than_id3v1(tmp_path: Path) -> None:
    path = recording(tmp_path / "one.mp3")
    ID3().save(path, v1=2)
    long = "A title that is longer than the thirty letters of ID3v1"
    tags: Any = ID3()
    tags.add(TIT2(encoding=0, text=[long]))
    tags.save(path, v1=2)
    tags.delete(path, delete_v1=False)
    ape: Any = APEv2()
    ape["Title"], ape["Album"], ape["Track"], ape["Year"] = long, "Blue Hours", "3/9", "1999"
    ape["Cover Art (Front)"] = APEValue(b"front.png\0" + picture(), 1)
    ape.save(path)
    found = _read(path)
    assert (found.track.title, found.album, found.number) == (long, "Blue Hours", 3)
    assert found.date is not None
    assert found.date.precision == "year"
    assert _pictures(path) == [(3, picture())]


def test_id3v2_stands_above_ape_and_ape_fills_what_it_lacks(tmp_path: Path) -> None:
    path = recording(tmp_path / "one.mp3", title="Of ID3")
    ape: Any = APEv2()
    ape["Title"], ape["Album"] = "Of APE", "Blue Hours"
    ape.save(path)
    found = _read(path)
    assert (found.track.title, found.album) == ("Of ID3", "Blue Hours")


def test_pictures_of_before_vorbis_comments_had_blocks_are_read(tmp_path: Path) -> None:
    path = recording(tmp_path / "one.ogg")
    media: Any = __import__("mutagen.oggvorbis").oggvorbis.OggVorbis(path)
    media["coverart"], media["coverartmime"] = [b64encode(picture()).decode()], ["image/png"]
    media.save()
    assert _pictures(path) == [(3, picture())]
    flac: Any = FLAC(recording(tmp_path / "one.flac"))
    flac["coverart"] = [b64encode(picture()).decode()]
    flac.save()
    assert _pictures(tmp_path / "one.flac") == [(3, picture())]


def _chunk(name: bytes, body: bytes, order: str = "<") -> bytes:
    return name + struct.pack(f"{order}I", len(body)) + body + b"\0" * (len(body) % 2)


INFO = {b"INAM": "Čežnja", b"IART": "Džana", b"IPRD": "Blue Hours", b"ICRD": "1999-05", b"ITRK": "4", b"IGNR": "Folk"}


def _wav(path: Path, *, encoding: str = "utf-8", head: bytes = b"RIFF", before_sound: bool = False) -> Path:
    sound = random.Random(1).randbytes(16_000)
    form = _chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16_000, 2, 16))
    info = _chunk(b"LIST", b"INFO" + b"".join(_chunk(key, text.encode(encoding) + b"\0") for key, text in INFO.items()))
    if head == b"RIFF":
        data = _chunk(b"data", sound)
    else:
        form = _chunk(b"ds64", struct.pack("<QQQI", 0, len(sound), 8_000, 0)) + form
        data = b"data\xff\xff\xff\xff" + sound
    chunks = form + (info + data if before_sound else data + info)
    size = 0xFFFF_FFFF if head != b"RIFF" else len(chunks) + 4
    path.write_bytes(head + struct.pack("<I", size) + b"WAVE" + chunks)
    return path


@pytest.mark.parametrize("before_sound", [False, True])
@pytest.mark.parametrize("head", [b"RIFF", b"RF64", b"BW64"])
def test_info_of_a_wav_and_of_an_rf64_is_read(tmp_path: Path, head: bytes, *, before_sound: bool) -> None:
    found = _read(_wav(tmp_path / "one.wav", head=head, before_sound=before_sound))
    assert (found.track.title, found.artist, found.album, found.number) == ("Čežnja", "Džana", "Blue Hours", 4)
    assert (found.track.duration_ms, found.track.tags) == (1000, ["folk"])
    assert found.date is not None
    assert found.date.precision == "month"


def test_info_in_an_old_encoding_is_read_as_told(tmp_path: Path) -> None:
    assert _read(_wav(tmp_path / "one.wav", encoding="cp1250"), "cp1250").track.title == "Čežnja"


def test_an_id3_chunk_of_a_wav_stands_above_its_info(tmp_path: Path) -> None:
    path = recording(tmp_path / "one.wav", title="Of ID3")
    data = path.read_bytes()
    info = _chunk(b"LIST", b"INFO" + _chunk(b"INAM", b"Of INFO\0") + _chunk(b"IPRD", b"Blue Hours\0"))
    path.write_bytes(b"RIFF" + struct.pack("<I", len(data) - 8 + len(info)) + data[8:] + info)
    found = _read(path)
    assert (found.track.title, found.album) == ("Of ID3", "Blue Hours")


def test_name_and_author_of_an_aiff_are_read(tmp_path: Path) -> None:
    path = recording(tmp_path / "one.aiff")
    data = path.read_bytes()
    texts = _chunk(b"NAME", b"Night Bus", ">") + _chunk(b"AUTH", "Džana".encode(), ">")
    path.write_bytes(data[:4] + struct.pack(">I", len(data) - 8 + len(texts)) + data[8:] + texts)
    found = _read(path)
    assert (found.track.title, found.artist, found.track.duration_ms) == ("Night Bus", "Džana", 100)


def test_the_length_of_a_variable_bitrate_without_a_header_is_counted(tmp_path: Path) -> None:
    """Frames of 32 and 320 kbit/s by turns: by the first one's rate the file would last five times as long."""
    slow, fast = b"\xff\xfb\x10\x00" + bytes(100), b"\xff\xfb\xe0\x00" + bytes(1040)
    path = tmp_path / "one.mp3"
    path.write_bytes((slow + fast) * 200)
    tags: Any = ID3()
    tags.add(TIT2(encoding=3, text=["A"]))
    tags.save(path, v1=2)
    assert _read(path).track.duration_ms == round(400 * 1152 / 44_100 * 1000)


@pytest.mark.skipif(shutil.which("lame") is None, reason="lame is not installed: no real VBR file is encoded")
def test_a_real_variable_bitrate_without_its_header_is_as_long_as_with_it(tmp_path: Path) -> None:
    sound = tmp_path / "one.wav"
    noise = random.Random(1)
    samples = b"".join((noise.randbytes(8_000) if second % 2 else bytes(8_000)) for second in range(40))
    form = _chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 44_100, 88_200, 2, 16))
    chunks = form + _chunk(b"data", samples)
    sound.write_bytes(b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks)
    lengths = []
    for more in ((), ("-t",)):
        path = tmp_path / f"one{len(more)}.mp3"
        subprocess.run(["lame", "--quiet", "-V", "4", *more, str(sound), str(path)], check=True)
        lengths.append(_read(path).track.duration_ms or 0)
    with_header, without = lengths
    assert abs(with_header - without) <= 60  # the header says how much of the first and last frame is no sound


def test_two_genres_of_one_tag_and_an_id3_picture_of_another_type(tmp_path: Path) -> None:
    path = recording(tmp_path / "one.mp3", title="A")
    tags: Any = ID3(path)
    tags.add(TCON(encoding=3, text=["Folk", "Jazz"]))
    tags.add(APIC(encoding=3, mime="image/png", type=4, desc="back", data=b"back"))
    tags.add(APIC(encoding=3, mime="image/png", type=3, desc="front", data=b"front"))
    tags.save(path)
    assert _read(path).track.tags == ["folk", "jazz"]
    assert sorted(_pictures(path)) == [(3, b"front"), (4, b"back")]


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
        except UnreadableFile as refusal:
            assert "can be read" in str(refusal)  # noqa: PT017


def test_every_field_has_a_name_in_id3_mp4_and_vorbis_comments() -> None:
    assert all(keys.id3 and keys.mp4 and keys.vorbis for keys in FIELDS.values())


def test_latin_letters_that_are_not_latin_1_are_kept_and_noted_as_a_guess(tmp_path: Path) -> None:
    path = recording(tmp_path / "a.mp3")
    tags = ID3()  # type: ignore[no-untyped-call]  # mutagen has no types
    tags.add(TIT2(encoding=0, text=["Příliš mnoho slov".encode("cp1250").decode("latin-1")]))  # type: ignore[no-untyped-call]
    tags.save(path)
    found = _read(path)
    assert found.track.title == "Pøíliš mnoho slov"
    assert [note for note in found.notes if "were read as cp1252, which is a guess" in note]
    assert _read(path, "cp1250").track.title == "Příliš mnoho slov"
