"""Folders and ZIPs are read within bounds; what climbs, explodes or lies is refused in one sentence."""

from __future__ import annotations

import os
import struct
import warnings
import zipfile
from pathlib import Path

import pytest

from veza.catalog.import_source import BadSource, Bounds, UnreadableFile, open_source


def _zip(path: Path, entries: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def test_a_folder_is_walked_in_order_without_hidden_files_and_links(tmp_path: Path) -> None:
    for name in ("b/2.mp3", "a/1.mp3", ".hidden/x.mp3", "a/._1.mp3", "__MACOSX/a"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "link.mp3").symlink_to("/etc/hostname")
    (tmp_path / "loop").symlink_to(tmp_path)
    source = open_source(tmp_path)
    assert [file.path for file in source.files] == ["a/1.mp3", "b/2.mp3"]
    assert source.files[0].folder == "a"
    with source.open(source.files[0]) as opened:
        assert opened.read() == b"x"
    source.close()


def test_a_zip_is_read_without_unpacking_it_anywhere(tmp_path: Path) -> None:
    path = _zip(tmp_path / "label.zip", {"b/2.mp3": b"two", "a/1.mp3": b"one", "a/": b"", ".x/y": b""})
    source = open_source(path)
    assert [file.path for file in source.files] == ["a/1.mp3", "b/2.mp3"]
    with source.open(source.files[1]) as opened:
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
    assert [(file.path, file.size) for file in source.files] == [("1.mp3", 5)]
    assert [(file.path, file.size) for file in source.doubled] == [("1.mp3", 3), ("1.mp3", 4)]
    with source.open(source.files[0]) as opened:
        assert opened.read() == b"three"
    source.close()


@pytest.mark.parametrize("name", ["../x.mp3", "a/../../x.mp3", "/etc/x.mp3", "C:/x.mp3", "a\\..\\x.mp3"])
def test_an_entry_that_climbs_out_refuses_the_whole_zip(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadSource, match="climbs out"):
        open_source(_zip(tmp_path / "x.zip", {"good.mp3": b"", name: b"x"}))


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", {f"{number}.wav": bytes(3_000_000) for number in range(4)})
    with pytest.raises(BadSource, match="refused as a bomb"):
        open_source(path, Bounds(ratio_from_bytes=10_000_000))
    open_source(path).close()


@pytest.mark.parametrize(
    ("bounds", "sentence"),
    [
        (Bounds(files=1), "more than 1 files"),
        (Bounds(file_bytes=2), "3 bytes, at most 2"),
        (Bounds(total_bytes=5), "more than 5 bytes together"),
    ],
)
def test_too_much_is_refused(tmp_path: Path, bounds: Bounds, sentence: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("1.mp3", "2.mp3"):
        (folder / name).write_bytes(b"xxx")
    archive = _zip(tmp_path / "x.zip", {"1.mp3": b"xxx", "2.mp3": b"xxx"})
    for path in (folder, archive):
        with pytest.raises(BadSource, match=sentence):
            open_source(path, bounds)


def test_links_in_a_zip_are_passed_over(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.mp3")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    source = open_source(tmp_path / "x.zip")
    assert source.files == []
    source.close()


def test_an_entry_that_lies_about_its_size_or_content_is_unreadable(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", {"1.mp3": b"x" * 1000}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[60:64] = b"abcd"
    path.write_bytes(data)
    source = open_source(path)
    with pytest.raises(UnreadableFile, match="does not unpack"), source.open(source.files[0]):
        pass
    source.close()


def test_an_encrypted_entry_is_unreadable(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", {"1.mp3": b"x"}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, 6, 1)
    struct.pack_into("<H", data, data.index(b"PK\x01\x02") + 8, 1)
    path.write_bytes(data)
    source = open_source(path)
    with pytest.raises(UnreadableFile, match="does not unpack"), source.open(source.files[0]):
        pass
    source.close()


def test_what_is_not_there_or_no_zip_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 no")
    with pytest.raises(BadSource, match="there is no"):
        open_source(tmp_path / "gone")
    with pytest.raises(BadSource, match="neither a folder nor a ZIP"):
        open_source(tmp_path / "x.zip")


def test_an_entry_packed_with_damaged_lzma_is_unreadable(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", {"a.mp3": b"music " * 1000}, zipfile.ZIP_LZMA)
    packed = bytearray(path.read_bytes())
    packed[50:70] = bytes(255 - byte for byte in packed[50:70])
    path.write_bytes(packed)
    source = open_source(path)
    with pytest.raises(UnreadableFile, match="does not unpack"), source.open(source.files[0]):
        pass
    source.close()


def test_names_in_utf_8_that_do_not_say_so_are_read_as_macos_writes_them(tmp_path: Path) -> None:
    path = _zip(tmp_path / "label.zip", {"Kovač été.mp3": b"one", "plain.mp3": b"two"})
    packed = bytearray(path.read_bytes())
    for start, flag in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        packed[packed.index(start) + flag] &= ~0x08
    path.write_bytes(packed)
    source = open_source(path)
    assert [file.path for file in source.files] == ["Kovač été.mp3", "plain.mp3"]
    with source.open(source.files[0]) as opened:
        assert opened.read() == b"one"
    source.close()


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
    assert [file.path for file in source.files] == ["1.mp3"]
    ((where, why),) = source.unseen
    assert where.startswith("x" * 250)
    assert why == "File name too long"
    source.close()
