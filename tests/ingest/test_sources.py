"""Folders and ZIPs are read within bounds; what climbs, explodes or lies is refused, and nothing is left out unsaid."""

from __future__ import annotations

import os
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import pytest

from veza.ingest.opening import open_source
from veza.ingest.sources import BadSource, Bounds, Source, UnreadableFile


def _zip(path: Path, entries: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def _raw_zip(path: Path, names: list[bytes], *, made_on_windows: bool = True, extra: bytes = b"") -> Path:
    """A ZIP whose names are just these bytes, without the flag that says UTF-8."""
    stands_for = {name: f"{number:0{len(name)}d}" for number, name in enumerate(names)}
    with zipfile.ZipFile(path, "w") as archive:
        for plain in stands_for.values():
            entry = zipfile.ZipInfo(plain)
            entry.create_system, entry.extra = (0 if made_on_windows else 3), extra
            archive.writestr(entry, b"x")
    packed = path.read_bytes()
    for name, plain in stands_for.items():
        packed = packed.replace(plain.encode(), name)
    path.write_bytes(packed)
    return path


def _paths(source: Source) -> list[str]:
    source.close()
    return [file.path for file in source.listed.files]


def test_a_folder_is_walked_in_order_and_what_systems_keep_there_is_passed_over(tmp_path: Path) -> None:
    for name in ("b/2.mp3", "a/1.mp3", "__MACOSX/a.mp3", "@eaDir/1.mp3", ".Trash-1000/files/x.mp3", "a/.DS_Store"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "a" / "._1.mp3").write_bytes(b"\x00\x05\x16\x07 and so on")
    source = open_source(tmp_path)
    assert [file.path for file in source.listed.files] == ["a/1.mp3", "b/2.mp3"]
    assert source.listed.files[0].folder == "a"
    assert source.place(source.listed.files[0]) == f"{tmp_path}/a/1.mp3"
    assert source.listed.refused == []
    assert sorted(source.listed.others) == [".Trash-1000", "@eaDir", "__MACOSX", "a/.DS_Store", "a/._1.mp3"]
    with source.open(source.listed.files[0]) as opened:
        assert opened.read() == b"x"
    source.close()


@pytest.mark.parametrize("is_zip", [False, True])
def test_names_that_begin_with_a_dot_are_music_like_any_other(tmp_path: Path, *, is_zip: bool) -> None:
    names = ("...And Justice for All/01.mp3", ".38 Special.mp3", "x/._live.mp3")
    for name in names:
        (tmp_path / "m" / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / "m" / name).write_bytes(b"x")
    path = _zip(tmp_path / "x.zip", dict.fromkeys(names, b"x")) if is_zip else tmp_path / "m"
    assert _paths(open_source(path)) == sorted(names)


@pytest.mark.parametrize("is_zip", [False, True])
def test_audio_that_is_not_read_is_named_with_what_it_is(tmp_path: Path, *, is_zip: bool) -> None:
    files = {
        "1.wma": b"", "2.wv": b"wvpk", "3.aac": b"", "4.tta": b"", "5.M4B": b"", "6.ape": b"", "7.dsf": b"",
        "8.zip": b"PK", "9": b"fLaC and more", "a.bin": b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "b.txt": b"words",
        "c.mkv": b"\x1a\x45\xdf\xa3", "d.part": b"RIFF\0\0\0\0WAVE",
    }  # fmt: skip
    for name, data in files.items():
        (tmp_path / "m").mkdir(exist_ok=True)
        (tmp_path / "m" / name).write_bytes(data)
    source = open_source(_zip(tmp_path / "x.zip", files) if is_zip else tmp_path / "m")
    source.close()
    refused = dict(source.listed.refused)
    assert sorted(refused) == [
        "1.wma", "2.wv", "3.aac", "4.tta", "5.M4B", "6.ape", "7.dsf", "8.zip", "9", "a.bin", "d.part",
    ]  # fmt: skip
    assert refused["2.wv"] == "WavPack is not read: convert it to FLAC, or to MP3"
    assert refused["8.zip"] == "it is an archive inside: import it by itself"
    assert refused["9"] == "it holds FLAC audio, its name does not say so: let it end in .flac"
    assert "Windows Media audio, which is not read" in refused["a.bin"]
    assert sorted(source.listed.others) == ["b.txt", "c.mkv"]


def test_links_are_named_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "1.mp3").write_bytes(b"x")
    (tmp_path / "m" / "2.mp3").symlink_to("/etc/hostname")
    (tmp_path / "m" / "loop").symlink_to(tmp_path)
    (tmp_path / "m" / "notes").symlink_to("nowhere")
    source = open_source(tmp_path / "m")
    assert _paths(source) == ["1.mp3"]
    assert dict(source.listed.refused) == {
        "2.mp3": "it is a link to /etc/hostname: links are not followed, import what it leads to",
        "loop": f"it is a link to {tmp_path}: links are not followed, import what it leads to",
    }
    assert source.listed.others == ["notes"]


def test_links_in_a_zip_are_named(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.mp3")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    source = open_source(tmp_path / "x.zip")
    assert _paths(source) == []
    assert source.listed.refused == [("link.mp3", "it is a link or no file: links are not followed")]


def test_a_zip_is_read_without_unpacking_it_anywhere(tmp_path: Path) -> None:
    path = _zip(tmp_path / "label.zip", {"b/2.mp3": b"two", "a/1.mp3": b"one", "a/": b""})
    source = open_source(path)
    assert [file.path for file in source.listed.files] == ["a/1.mp3", "b/2.mp3"]
    assert (source.name, source.place(source.listed.files[0])) == ("label", f"{path}!/a/1.mp3")
    with source.open(source.listed.files[1]) as opened:
        assert opened.read() == b"two"
        assert opened.seek(0) == 0
    source.close()
    assert list(tmp_path.iterdir()) == [path]


def test_of_two_entries_of_one_name_the_last_is_read_and_the_other_named(tmp_path: Path) -> None:
    path = tmp_path / "label.zip"
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(path, "w") as archive:
        for data in (b"one", b"two!", b"three"):
            archive.writestr("1.mp3", data)
    source = open_source(path)
    assert [(file.path, file.size) for file in source.listed.files] == [("1.mp3", 5)]
    assert [where for where, _ in source.listed.refused] == ["1.mp3", "1.mp3"]
    with source.open(source.listed.files[0]) as opened:
        assert opened.read() == b"three"
    source.close()


@pytest.mark.parametrize(
    "name", ["../x.mp3", "a/../../x.mp3", "/etc/x.mp3", "C:/x.mp3", "c:\\x.mp3", "a\\..\\x.mp3", "\\\\server\\x.mp3"]
)
def test_an_entry_that_climbs_out_refuses_the_whole_zip(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadSource, match="climbs out"):
        open_source(_zip(tmp_path / "x.zip", {"good.mp3": b"", name: b"x"}))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("Album\\CD1\\01.mp3", "Album/CD1/01.mp3"),
        ("4:44/01.mp3", "4:44/01.mp3"),
        ("Q: Are We Not Men?/01.mp3", "Q: Are We Not Men?/01.mp3"),
        ("./a/01.mp3", "a/01.mp3"),
    ],
)
def test_backslashes_separate_and_only_a_letter_with_a_slash_is_a_drive(tmp_path: Path, name: str, path: str) -> None:
    assert _paths(open_source(_zip(tmp_path / "x.zip", {name: b"x"}))) == [path]


@pytest.mark.parametrize("name", [b".", b"\0ab.mp3"])
def test_an_entry_without_a_name_refuses_the_whole_zip(tmp_path: Path, name: bytes) -> None:
    with pytest.raises(BadSource, match="the ZIP has an entry"):
        open_source(_raw_zip(tmp_path / "label.zip", [name]))


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", {f"{number}.wav": bytes(3_000_000) for number in range(4)})
    with pytest.raises(BadSource, match="refused as a bomb"):
        open_source(path, Bounds(ratio_from_bytes=10_000_000))
    open_source(path).close()


@pytest.mark.parametrize("is_zip", [False, True])
def test_bounds_are_for_what_is_read(tmp_path: Path, *, is_zip: bool) -> None:
    """A film beside the songs, and any number of notes, change nothing."""
    files = {"1.mp3": b"xxx", "2.mp3": b"xxx", "film.mkv": bytes(9_000), **{f"{n}.txt": b"" for n in range(9)}}
    (tmp_path / "m").mkdir()
    for name, data in files.items():
        (tmp_path / "m" / name).write_bytes(data)
    path = _zip(tmp_path / "x.zip", files) if is_zip else tmp_path / "m"
    assert _paths(open_source(path, Bounds(files=2, file_bytes=3, total_bytes=6, ratio=1, ratio_from_bytes=7))) == [
        "1.mp3",
        "2.mp3",
    ]
    with pytest.raises(BadSource, match="more than 1 recordings and pictures"):
        open_source(path, Bounds(files=1))
    with pytest.raises(BadSource, match="more than 5 bytes"):
        open_source(path, Bounds(total_bytes=5))
    source = open_source(path, Bounds(file_bytes=2))
    assert _paths(source) == []
    assert source.listed.refused[0] == ("1.mp3", "it has 3 bytes, at most 2 are read (IMPORT_FILE_BYTES)")


def test_an_entry_that_lies_about_its_size_or_content_is_unreadable(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", {"1.mp3": b"x" * 1000}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[60:64] = b"abcd"
    path.write_bytes(data)
    source = open_source(path)
    with pytest.raises(UnreadableFile, match="does not unpack"), source.open(source.listed.files[0]):
        pass
    source.close()


def _encrypt(path: Path, *names: bytes) -> None:
    data = bytearray(path.read_bytes())
    for name in names:
        at = data.index(name) - 30
        struct.pack_into("<H", data, at + 6, 1)
        struct.pack_into("<H", data, data.index(name, at + 31) - 46 + 8, 1)
    path.write_bytes(data)


def test_encrypted_archives_get_a_sentence(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", {"1.mp3": b"x", "2.mp3": b"y"}, zipfile.ZIP_STORED)
    _encrypt(path, b"1.mp3")
    source = open_source(path)
    assert _paths(source) == ["2.mp3"]
    said = "it is encrypted: unpack the ZIP with its password and import the folder"
    assert source.listed.refused == [("1.mp3", said)]
    _encrypt(path, b"2.mp3")
    with pytest.raises(BadSource, match="is encrypted: unpack it with its password"):
        open_source(path)


def test_a_packing_that_is_not_read_is_named(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", {"1.mp3": b"x"}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, data.index(b"PK\x01\x02") + 10, 9)
    path.write_bytes(data)
    source = open_source(path)
    assert _paths(source) == []
    assert "packed with Deflate64, which is not read" in source.listed.refused[0][1]


@pytest.mark.parametrize("left", [40, 300, 900])
def test_an_archive_that_was_cut_off_gets_a_sentence(tmp_path: Path, left: int) -> None:
    path = _zip(tmp_path / "x.zip", {f"{n}.mp3": os.urandom(200) for n in range(9)})
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(BadSource, match=r"x\.zip is a ZIP that was cut off: .* fetch it again"):
        open_source(path)


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        (b"Rar!\x1a\x07\x01\x00", "is a RAR archive: unpack it and import the folder"),
        (b"7z\xbc\xaf\x27\x1c", "is a 7-Zip archive"),
        (b"\x1f\x8b\x08", "is a gzip archive"),
        (bytes(257) + b"ustar", "is a tar archive"),
        (b"fLaC", "is neither a folder nor a ZIP"),
    ],
)
def test_what_is_no_zip_is_one_sentence(tmp_path: Path, head: bytes, sentence: str) -> None:
    (tmp_path / "x").write_bytes(head + bytes(400))
    with pytest.raises(BadSource, match=sentence):
        open_source(tmp_path / "x")
    with pytest.raises(BadSource, match="there is no"):
        open_source(tmp_path / "gone")


def test_an_entry_packed_with_damaged_lzma_is_unreadable(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", {"a.mp3": b"music " * 1000}, zipfile.ZIP_LZMA)
    packed = bytearray(path.read_bytes())
    packed[50:70] = bytes(255 - byte for byte in packed[50:70])
    path.write_bytes(packed)
    source = open_source(path)
    with pytest.raises(UnreadableFile, match="does not unpack"), source.open(source.listed.files[0]):
        pass
    source.close()


def test_names_in_a_zip_that_do_not_say_so_are_utf_8_if_they_are(tmp_path: Path) -> None:
    path = _raw_zip(tmp_path / "label.zip", ["Kovač été.mp3".encode(), b"plain.mp3"], made_on_windows=False)
    source = open_source(path)
    assert [file.path for file in source.listed.files] == ["Kovač été.mp3", "plain.mp3"]
    with source.open(source.listed.files[0]) as opened:
        assert opened.read() == b"x"
    source.close()
    assert source.listed.notes == []


RUSSIAN, JAPANESE = "Группа крови", "残酷な天使のテーゼ"


@pytest.mark.parametrize(("title", "encoding"), [(RUSSIAN, "cp1251"), (JAPANESE, "cp932")])
def test_names_of_old_windows_are_guessed_with_a_note_or_read_as_told(
    tmp_path: Path, title: str, encoding: str
) -> None:
    path = _raw_zip(tmp_path / "label.zip", [f"{title}/1.mp3".encode(encoding)])
    source = open_source(path)
    assert _paths(source) == [f"{title}/1.mp3"]
    assert f"were read as {encoding}, which is a guess" in source.listed.notes[0]
    told = open_source(path, encoding=encoding)
    assert (_paths(told), told.listed.notes) == ([f"{title}/1.mp3"], [])


def test_a_name_in_the_extra_field_for_it_is_the_name(tmp_path: Path) -> None:
    raw = b"caf\x82.mp3"
    body = b"\x01" + struct.pack("<I", zlib.crc32(raw)) + "café.mp3".encode()
    path = _raw_zip(tmp_path / "x.zip", [raw], extra=struct.pack("<HH", 0x7075, len(body)) + body)
    assert _paths(open_source(path)) == ["café.mp3"]


@pytest.mark.parametrize(
    ("names", "encoding", "read", "is_noted"),
    [
        ([RUSSIAN.encode("cp1251")], None, [RUSSIAN], True),
        ([RUSSIAN.encode("cp1251")], "cp1251", [RUSSIAN], False),
        ([JAPANESE.encode("cp932")], "cp932", [JAPANESE], False),
        ([b"Bj\xf6rk"], None, ["Björk"], True),
        (["Björk".encode(), "Zoë".encode()], None, ["Björk", "Zoë"], False),
    ],
)
def test_names_on_disk_that_are_no_utf_8_never_become_surrogates(
    tmp_path: Path, names: list[bytes], encoding: str | None, read: list[str], *, is_noted: bool
) -> None:
    folder = os.fsencode(tmp_path / "m")
    os.mkdir(folder)
    for name in names:
        Path(os.fsdecode(os.path.join(folder, name + b".mp3"))).write_bytes(b"x")
    source = open_source(tmp_path / "m", encoding=encoding)
    assert [file.stem for file in source.listed.files] == read
    for file in source.listed.files:
        file.path.encode()
        with source.open(file) as opened:
            assert opened.read() == b"x"
    assert bool(source.listed.notes) == is_noted


def test_what_cannot_be_looked_at_is_named_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "1.mp3").write_bytes(b"x")
    deep, parts = os.open(tmp_path, os.O_RDONLY), ["x" * 250] * 20
    for part in parts:  # longer together than any path may be
        os.mkdir(part, dir_fd=deep)
        into = os.open(part, os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = into
    os.close(deep)
    source = open_source(tmp_path)
    assert _paths(source) == ["1.mp3"]
    ((where, why),) = source.listed.refused
    assert where.startswith("x" * 250)
    assert why == "File name too long"
