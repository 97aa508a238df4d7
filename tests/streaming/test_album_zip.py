"""The archive of a release: as long as it says, the same from any byte on, and open to every program."""

from __future__ import annotations

import asyncio
import io
import os
import random
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.conftest import missing
from veza.streaming.album_zip import AlbumZip, Entry
from veza.streaming.file_names import MOST_BYTES, different, file_name

NAMES = [
    "Ostrov/01 Zimní slunce.flac", "Ostrov/02 a.b.c….flac", "Ostrov/03 🎧🌊.flac", "Ostrov/04 שלום.flac",
    "Ostrov/cover.jpg",
]  # fmt: skip
TITLES = [
    "x" * 400, "ž" * 400, "🎧" * 100, "👩\u200d🎤 live", "שלום עולם", "مرحبا 12", "\u202egpj.exe", "Zimni\u0301 slunce",
    "...And Justice . .", "a.b.c…", "..", "AC/DC: \\..\\../../etc/passwd", "con", "-rf *", "$HOME `id` [x]?", "A.B.C…",
]  # fmt: skip
"""Of 255 bytes and more, emoji, right to left, decomposed, with dots and slashes, and what a shell would read."""
PROGRAMS = {
    "unzip": ("unzip", "-q", "{archive}", "-d", "{folder}"),
    "p7zip-full": ("7z", "x", "-bd", "-o{folder}", "{archive}"),
    "libarchive-tools": ("bsdtar", "-xf", "{archive}", "-C", "{folder}"),
    "python3": (sys.executable, "-m", "zipfile", "-e", "{archive}", "{folder}"),
}  # fmt: skip
"""Debian's package → a command that unpacks an archive; macOS unpacks with bsdtar, which takes names beyond ASCII only
in a locale of UTF-8."""


def entry(name: str, content: bytes) -> Entry:
    async def read(start: int, end: int) -> AsyncGenerator[bytes, None]:
        for at in range(start, end, 100):
            yield content[at : min(end, at + 100)]

    return Entry(name, len(content), zlib.crc32(content), f'"{zlib.crc32(content)}"', read)


def sparse(name: str, size: int, crc32: int) -> Entry:
    """A file of so many zeros, never held."""

    async def read(start: int, end: int) -> AsyncGenerator[bytes, None]:
        while start < end:
            yield bytes(min(1 << 20, end - start))
            start += 1 << 20

    return Entry(name, size, crc32, '"zeros"', read)


async def taken(archive: AlbumZip, start: int = 0, end: int | None = None) -> bytes:
    end = archive.length if end is None else end
    return b"".join([chunk async for chunk in archive.read(start, end)])


@pytest.fixture
def archive() -> AlbumZip:
    chance = random.Random(3)
    return AlbumZip([entry(name, chance.randbytes(chance.choice((0, 1, 999, 5_000)))) for name in NAMES])


async def test_it_is_as_long_as_it_says_and_python_opens_it(archive: AlbumZip) -> None:
    content = await taken(archive)
    assert len(content) == archive.length
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.namelist() == NAMES
        assert opened.testzip() is None
        assert {one.compress_type for one in opened.infolist()} == {zipfile.ZIP_STORED}


async def test_every_range_is_that_part_of_the_whole(archive: AlbumZip) -> None:
    content, chance = await taken(archive), random.Random(4)
    for _ in range(300):
        start = chance.randrange(len(content))
        end = chance.randrange(start, len(content)) + 1
        assert await taken(archive, start, end) == content[start:end]
    assert await taken(archive, 5, 5) == b""


@pytest.mark.parametrize("package", PROGRAMS)
def test_every_program_unpacks_the_names_and_the_bytes_that_were_packed(tmp_path: Path, package: str) -> None:
    if shutil.which(PROGRAMS[package][0]) is None:
        missing(f"{PROGRAMS[package][0]} is not installed (Debian: apt-get install {package})")
    album = file_name("Ostrov / … שלום 🎧")
    names = [f"{album}/{name}" for name in different(file_name(title, "flac") for title in TITLES)]
    assert max(len(name.rpartition("/")[2].encode()) for name in names) == MOST_BYTES
    archive, folder = tmp_path / "a.zip", tmp_path / "unpacked"
    archive.write_bytes(asyncio.run(taken(AlbumZip([entry(name, name.encode()) for name in names]))))
    folder.mkdir()
    command = [word.format(archive=archive, folder=folder) for word in PROGRAMS[package]]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    unpacked = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in unpacked.items()} == {name: name.encode() for name in names}
    assert sorted(tmp_path.iterdir()) == [archive, folder], "nothing is unpacked outside of the folder"


async def test_it_is_the_same_whenever_it_is_asked_for_and_another_with_another_file(archive: AlbumZip) -> None:
    one, other = entry("a.flac", b"a"), entry("a.flac", b"b")
    assert AlbumZip([one]).etag == AlbumZip([one]).etag
    assert await taken(AlbumZip([one])) == await taken(AlbumZip([one]))
    assert len({AlbumZip([one]).etag, AlbumZip([other]).etag, AlbumZip([one, other]).etag, archive.etag}) == 4


async def test_files_and_archives_of_more_than_4_gib_are_right(tmp_path: Path) -> None:
    large, after = sparse("large.wav", (5 << 30) + 3, 0x1234), entry("after.txt", b"behind 5 GiB")
    archive = AlbumZip([large, after])
    path = tmp_path / "a.zip"
    with path.open("wb") as file:
        file.truncate(archive.length)  # the zeros are a hole
        for start, end in ((0, 200), ((5 << 30), archive.length)):
            file.seek(start)
            file.write(await taken(archive, start, end))
    with zipfile.ZipFile(path) as opened:
        first, second = opened.infolist()
        assert (first.file_size, second.file_size) == (large.size_bytes, 12)
        assert opened.read(second) == b"behind 5 GiB"


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("01 Title", "01 Title.flac"),
        ('AC/DC: live? \\ "best" <of> a|b*', "AC_DC_ live_ _ _best_ _of_ a_b_.flac"),
        ("  ...hidden. . ", "hidden.flac"),
        ("...", "untitled.flac"),
        ("", "untitled.flac"),
        ("con", "_con.flac"),
        ("Lpt1.x", "_Lpt1.x.flac"),
        ("a\x00b\nc\u202egpj", "ab cgpj.flac"),
        ("Zimni\u0301", "Zimní.flac"),
        ("👩\u200d🎤", "👩\u200d🎤.flac"),
    ],
)
def test_a_title_becomes_a_name_that_every_system_takes(stem: str, expected: str) -> None:
    assert file_name(stem, "flac") == expected


@pytest.mark.parametrize("stem", ["x" * 400, "ž" * 400, "🎧" * 100, "a" * 249 + ". b"])
def test_a_long_title_is_cut_between_characters_and_keeps_its_suffix(stem: str) -> None:
    name = file_name(stem, "flac")
    assert len(name.encode()) <= MOST_BYTES
    assert name.endswith(".flac")
    assert not name.removesuffix(".flac").endswith((".", " "))
    assert stem.startswith(name.removesuffix(".flac"))


def test_two_files_of_one_name_get_two() -> None:
    assert different(["a.flac", "A.flac", "b", "a.flac", "b"]) == ["a.flac", "A (2).flac", "b", "a (3).flac", "b (2)"]
    long = different([file_name("x" * 400, "flac")] * 2)
    assert max(len(one.encode()) for one in long) <= MOST_BYTES
    assert len(set(long)) == 2
