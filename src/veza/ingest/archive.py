"""A ZIP as a source: each entry is read into memory or an unnamed file, and never unpacked under its name."""

from __future__ import annotations

import lzma
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from veza.ingest import encodings
from veza.ingest.folder import leave_out
from veza.ingest.forms import READ, SHEETS, SNIFFED_BYTES, form_of, is_apple_double, is_litter
from veza.ingest.sources import BadSource, Bounds, Gathered, Listed, SourceFile, UnreadableFile
from veza.kit.messages import gettext
from veza.kit.work_folders import raise_shortage

IN_MEMORY = 16 * 1024 * 1024
"""Of an entry that is open, in bytes; a larger one is unpacked into an unnamed file."""
_SAYS_UTF_8 = 0x800
"""The flag of an entry (APPNOTE.TXT 4.4.4, bit 11)."""
_IS_ENCRYPTED = 0x1
_UNICODE_PATH = 0x7075
"""The extra field in which Info-ZIP and others write the name in UTF-8 (APPNOTE.TXT 4.6.9)."""
_DRIVE = re.compile(r"[A-Za-z]:/")
_METHODS = {9: "Deflate64", 93: "Zstandard", 95: "XZ", 96: "JPEG", 97: "WavPack", 98: "PPMd", 99: "AES"}
_READ_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
_DAMAGE = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
"""The errors that the library raises for a damaged or strangely packed entry."""
ENCRYPTED = "it is encrypted: unpack the ZIP with its password and import the folder"
DOUBLED = "another file comes after it under the same name, and that one is taken"

_OTHER_ARCHIVES = (
    (0, b"Rar!", "RAR"), (0, b"7z\xbc\xaf\x27\x1c", "7-Zip"), (0, b"\x1f\x8b", "gzip"), (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\x00", "XZ"), (0, b"\x28\xb5\x2f\xfd", "Zstandard"), (257, b"ustar", "tar"),
)  # fmt: skip


def why_no_zip(path: Path) -> str:
    """One sentence about a file that was given as a source and is no whole ZIP."""
    with path.open("rb") as opened:
        head = opened.read(512)
    if head.startswith((b"PK\x03\x04", b"PK\x07\x08")):
        return "is a ZIP that was cut off: the list of its files, at its end, is missing; fetch it again"
    for offset, magic, name in _OTHER_ARCHIVES:
        if head[offset:].startswith(magic):
            return f"is a {name} archive: unpack it and import the folder"
    return "is neither a folder nor a ZIP"


class Archive:
    """A ZIP as a source."""

    is_archive = True

    def __init__(self, path: Path, bounds: Bounds, encoding: str | None, spool: Path | None = None) -> None:
        self._spool = spool
        self._archive = zipfile.ZipFile(path)
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self._gathered = Gathered(bounds)
        self.root = encodings.decode(str(path.resolve()).encode("utf-8", "surrogateescape"), encoding)
        self.name = self.root.rpartition("/")[2].rpartition(".")[0] or self.root.rpartition("/")[2]
        try:
            self._list(bounds, path.stat().st_size, encoding)
        except BaseException:
            self._archive.close()
            raise
        self.listed: Listed = self._gathered.listed

    def place(self, file: SourceFile) -> str:
        return f"{self.root}!/{file.path}"

    def close(self) -> None:
        self._archive.close()

    @contextmanager
    def open(self, file: SourceFile) -> Iterator[IO[bytes]]:
        with SpooledTemporaryFile(IN_MEMORY, dir=None if self._spool is None else str(self._spool)) as spooled:
            unpacked = cast(IO[bytes], spooled)
            self._unpack(file, unpacked)
            unpacked.seek(0)
            yield unpacked

    def copy(self, file: SourceFile, path: Path) -> None:
        with path.open("wb") as copy:
            self._unpack(file, copy)

    def _unpack(self, file: SourceFile, into: IO[bytes]) -> None:
        try:
            with self._archive.open(self._entries[file.path]) as packed:  # reads no more than the entry said it has
                shutil.copyfileobj(packed, into, 1024 * 1024)
                into.flush()
        except _DAMAGE as error:
            if isinstance(error, OSError):
                raise_shortage(error)
            raise UnreadableFile(gettext("it does not unpack ({error})", error=error)) from None

    def _list(self, bounds: Bounds, packed: int, encoding: str | None) -> None:
        entries = [entry for entry in self._archive.infolist() if not entry.filename.endswith("/")]
        odd = [raw for raw in map(_undeclared, entries) if raw is not None and not encodings.is_utf_8(raw)]
        names_in = encoding or encodings.guess(odd)
        if odd and encoding is None:
            self._gathered.listed.notes.append(
                f"names in the ZIP that do not say how they are written ({len(odd)}) were read as"
                f" {names_in or 'cp437'}, which is a guess: check them"
            )
        for entry in entries:
            self._gathered.count()
            self._find(entry, _path_of(entry, names_in))
        if self._gathered.listed.files and all(one.flag_bits & _IS_ENCRYPTED for one in self._entries.values()):
            raise BadSource(gettext("the ZIP is encrypted: unpack it with its password and import the folder"))
        files = self._gathered.listed.files
        for file in [one for one in files if self._cannot_unpack(one)]:
            files.remove(file)
        files.sort(key=lambda file: file.path)
        total = sum(file.size for file in files)
        if total > bounds.ratio_from_bytes and total > bounds.ratio * packed:
            raise BadSource(
                gettext(
                    "the ZIP unpacks to {total} times its size: it is refused as a bomb", total=total // max(packed, 1)
                )
            )

    def _find(self, entry: zipfile.ZipInfo, path: str) -> None:
        """List an entry as to be read, as left out with the reason, or not at all."""
        listed, parts = self._gathered.listed, PurePosixPath(path).parts
        if path.startswith("/") or _DRIVE.match(path) or ".." in parts or "\0" in path:
            raise BadSource(gettext("the ZIP has an entry that climbs out of it: {path}", path=path[:100]))
        if not parts:
            raise BadSource(gettext("the ZIP has an entry without a name"))
        path = str(PurePosixPath(path))
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if any(map(is_litter, parts)) or (parts[-1].startswith("._") and is_apple_double(parts[-1], self._head(entry))):
            listed.others.append(path)
        elif kind not in (0, stat.S_IFREG):
            why = "it is a link or no file: links are not followed"
            (listed.refused.append((path, why)) if form_of(path) in READ | SHEETS else listed.others.append(path))
        elif form_of(path) in READ:
            if path in self._entries:
                listed.refused.append((path, DOUBLED))
                listed.files[:] = [file for file in listed.files if file.path != path]
            if self._gathered.take(SourceFile(path, entry.file_size)):
                self._entries[path] = entry
        elif form_of(path) in SHEETS:
            listed.sheets.append(SourceFile(path, entry.file_size))
            self._entries[path] = entry
        else:
            self._leave_out(entry, path)

    def _cannot_unpack(self, file: SourceFile) -> bool:
        """Whether the file is packed in a way that cannot be unpacked; if so it is left out with the reason."""
        entry = self._entries[file.path]
        if entry.flag_bits & _IS_ENCRYPTED:
            why = ENCRYPTED
        elif entry.compress_type not in _READ_METHODS:
            method = _METHODS.get(entry.compress_type, f"method {entry.compress_type}")
            why = f"it is packed with {method}, which is not read: unpack the ZIP and import the folder"
        else:
            return False
        self._gathered.listed.refused.append((file.path, why))
        return True

    def _leave_out(self, entry: zipfile.ZipInfo, path: str) -> None:
        try:
            if _is_unpackable(entry):
                with self._archive.open(entry) as packed:
                    return leave_out(self._gathered.listed, path, packed)
        except (*_DAMAGE, NotImplementedError):
            pass
        return leave_out(self._gathered.listed, path, None)

    def _head(self, entry: zipfile.ZipInfo) -> bytes:
        if not _is_unpackable(entry):
            return b""
        try:
            with self._archive.open(entry) as packed:
                return packed.read(SNIFFED_BYTES)
        except (*_DAMAGE, NotImplementedError):
            return b""


def _is_unpackable(entry: zipfile.ZipInfo) -> bool:
    return not entry.flag_bits & _IS_ENCRYPTED and entry.compress_type in _READ_METHODS


def _undeclared(entry: zipfile.ZipInfo) -> bytes | None:
    """The bytes of a name without a declared encoding; None if it is declared."""
    if entry.flag_bits & _SAYS_UTF_8:
        return None
    try:
        return entry.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return None


def _path_of(entry: zipfile.ZipInfo, encoding: str | None) -> str:
    """An entry's path with slashes. Names without a declared encoding are often UTF-8 (macOS) or of the packer's
    Windows."""
    raw = _undeclared(entry)
    said = _unicode_path(entry)
    if said is not None:
        path = said
    elif raw is None:
        path = entry.orig_filename.encode("utf-8", "replace").decode()
    elif encodings.is_utf_8(raw) or encoding is not None:
        path = encodings.decode(raw, encoding)
    else:
        path = raw.decode("cp437")  # what the format says where nothing is said
    return path.replace("\\", "/")


def _unicode_path(entry: zipfile.ZipInfo) -> str | None:
    """The name in the entry's extra field for it, if it belongs to this name."""
    extra, raw = entry.extra, _undeclared(entry)
    while raw is not None and len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        body, extra = extra[4 : 4 + size], extra[4 + size :]
        is_ours = kind == _UNICODE_PATH and body[1:5] == struct.pack("<I", zlib.crc32(raw))
        if is_ours and encodings.is_utf_8(body[5:]):
            return body[5:].decode()
    return None
