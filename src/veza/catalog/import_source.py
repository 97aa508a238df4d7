"""Where an import reads from: a folder, or a ZIP that may be hostile. Nothing is ever written beside it."""

from __future__ import annotations

import lzma
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import IO, Protocol, cast

AUDIO = frozenset({".mp3", ".flac", ".m4a", ".ogg", ".oga", ".opus", ".wav", ".aif", ".aiff"})
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
IN_MEMORY = 16 * 1024 * 1024
_GIB = 1024**3
_SAYS_UTF_8 = 0x800
"""The flag of a ZIP's entry (APPNOTE.TXT 4.4.4, bit 11)."""
_DAMAGE = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
"""What a damaged, encrypted or strangely packed entry of a ZIP makes the library raise."""


class BadSource(Exception):
    """What is to be imported cannot be read, or is not what it should be; says why in one sentence."""


class UnreadableFile(Exception):
    """One file of it cannot be read; says why in a few words."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is read at most. A ZIP that unpacks to over `ratio` times its size is a bomb, if it is large."""

    files: int = 20_000
    file_bytes: int = 2 * _GIB
    total_bytes: int = 200 * _GIB
    ratio: int = 200
    ratio_from_bytes: int = 256 * 1024 * 1024


BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file by its path inside the source, with slashes."""

    path: str
    size: int

    @property
    def folder(self) -> str:
        parent = str(PurePosixPath(self.path).parent)
        return "" if parent == "." else parent

    @property
    def stem(self) -> str:
        return PurePosixPath(self.path).stem

    @property
    def form(self) -> str:
        return PurePosixPath(self.path).suffix.lower()


class Source(Protocol):
    """A folder or a ZIP: its `name`, its `files` in order, and each of them opened for reading.

    `doubled` are those that another of the same name takes the place of, as it would when the ZIP is unpacked;
    `unseen` are folders and files that cannot even be looked at, each with the reason.
    """

    name: str
    files: list[SourceFile]
    doubled: list[SourceFile]
    unseen: list[tuple[str, str]]

    def open(self, file: SourceFile) -> AbstractContextManager[IO[bytes]]:
        """The file, seekable; raises UnreadableFile."""

    def close(self) -> None:
        """Give back what is open."""


def open_source(path: Path, bounds: Bounds = BOUNDS) -> Source:
    """What is at `path`; raises BadSource. Hidden files and links are passed over."""
    try:
        if path.is_dir():
            return _Folder(path, bounds)
        if zipfile.is_zipfile(path):
            return _Zip(path, bounds)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        raise BadSource(f"{path} cannot be read: {why}") from None
    raise BadSource(f"{path} is neither a folder nor a ZIP" if path.exists() else f"there is no {path}")


class _Folder:
    def __init__(self, folder: Path, bounds: Bounds) -> None:
        self._folder = folder
        self._real: dict[str, Path] = {}
        self.doubled: list[SourceFile] = []
        self.unseen: list[tuple[str, str]] = []
        files: dict[str, SourceFile] = {}
        count = total = 0
        for where, folders, names in os.walk(folder, onerror=self._cannot_look, followlinks=False):
            folders[:] = sorted(name for name in folders if not _is_hidden(name))
            for name in sorted(names):
                found = Path(where) / name
                try:
                    about = found.lstat()
                except OSError as error:
                    self._cannot_look(error)
                    continue
                if _is_hidden(name) or not stat.S_ISREG(about.st_mode):
                    continue
                file = SourceFile(_plain(found.relative_to(folder).as_posix()), about.st_size)
                count, total = count + 1, total + file.size
                _within(bounds, count, file.size, total, file.path)
                if file.path in files:  # two names that are no UTF-8 may be written down alike
                    self.doubled.append(files.pop(file.path))
                self._real[file.path], files[file.path] = found, file
        self.name, self.files = _plain(folder.resolve().name), list(files.values())

    def _cannot_look(self, error: OSError) -> None:
        where = Path(os.fsdecode(error.filename))
        if where == self._folder:
            raise error
        self.unseen.append((_plain(where.relative_to(self._folder).as_posix()), error.strerror or str(error)))

    def close(self) -> None:
        """Nothing stays open."""

    @contextmanager
    def open(self, file: SourceFile) -> Iterator[IO[bytes]]:
        try:
            with self._real[file.path].open("rb") as opened:
                yield opened
        except OSError as error:
            raise UnreadableFile(error.strerror or str(error)) from None


class _Zip:
    def __init__(self, path: Path, bounds: Bounds) -> None:
        self._archive = zipfile.ZipFile(path)
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self.doubled: list[SourceFile] = []
        self.unseen: list[tuple[str, str]] = []
        try:
            self.name, self.files = _plain(path.stem), self._listed(bounds, path.stat().st_size)
        except BaseException:
            self._archive.close()
            raise

    def _listed(self, bounds: Bounds, packed: int) -> list[SourceFile]:
        total = 0
        for number, entry in enumerate(self._archive.infolist(), 1):
            name = _name_of(entry)
            parts = PurePosixPath(name).parts
            if "\\" in name or ":" in name[:2] or name.startswith("/") or ".." in parts or "\0" in name:
                raise BadSource(f"the ZIP has an entry that climbs out of it: {_plain(name)[:100]}")
            total += entry.file_size
            _within(bounds, number, entry.file_size, total, name)
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if entry.is_dir() or kind not in (0, stat.S_IFREG) or any(map(_is_hidden, parts)):
                continue
            before = self._entries.get(_plain(name))
            if before is not None:
                self.doubled.append(SourceFile(_plain(name), before.file_size))
            self._entries[_plain(name)] = entry
        if total > bounds.ratio_from_bytes and total > bounds.ratio * packed:
            raise BadSource(f"the ZIP unpacks to {total // max(packed, 1)} times its size: it is refused as a bomb")
        return [SourceFile(name, entry.file_size) for name, entry in sorted(self._entries.items())]

    @contextmanager
    def open(self, file: SourceFile) -> Iterator[IO[bytes]]:
        entry = self._entries[file.path]
        with SpooledTemporaryFile(IN_MEMORY) as unpacked:
            try:
                with self._archive.open(entry) as packed:  # reads no more than the entry said it has
                    shutil.copyfileobj(packed, unpacked, 1024 * 1024)
            except _DAMAGE as error:
                raise UnreadableFile(f"it does not unpack ({error})") from None
            unpacked.seek(0)
            yield cast(IO[bytes], unpacked)

    def close(self) -> None:
        self._archive.close()


def _within(bounds: Bounds, count: int, size: int, total: int, path: str) -> None:
    if count > bounds.files:
        raise BadSource(f"there are more than {bounds.files} files: import them in parts")
    if size > bounds.file_bytes:
        raise BadSource(f"{_plain(path)[:100]} has {size:,} bytes, at most {bounds.file_bytes:,} are read")
    if total > bounds.total_bytes:
        raise BadSource(f"the files have more than {bounds.total_bytes:,} bytes together: import them in parts")


def _name_of(entry: zipfile.ZipInfo) -> str:
    """macOS writes names in UTF-8 without saying so; the library then takes them for those of DOS."""
    if entry.flag_bits & _SAYS_UTF_8:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode()
    except UnicodeError:
        return entry.filename


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _plain(path: str) -> str:
    """A name that is no UTF-8 can still be written down."""
    return path.encode("utf-8", "backslashreplace").decode()
