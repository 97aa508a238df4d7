"""A release as one ZIP whose every byte is known before the first is sent: files are stored, not compressed.

So its length is exact, a range begins anywhere, and no memory holds a file. Sizes and checksums come from when the
files were made. Sources: PKWARE's APPNOTE 6.3.10 (4.3.7 local header, 4.3.12 central directory, 4.3.14 ZIP64).
"""

from __future__ import annotations

import struct
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from pathlib import Path

Read = Callable[[int, int], AsyncGenerator[bytes, None]]
"""Bytes of a file from a position up to, not including, another."""

_STORED = 0
_UTF8 = 1 << 11
_PLAIN, _ZIP64 = 20, 45
"""Versions needed to unpack, times ten."""
_MADE_ON_UNIX = 3 << 8
_MODE = 0o100644 << 16
_DATE, _TIME = (1 << 5) | 1, 0
"""1 January 1980, the beginning of such dates: the same files make the same archive whenever it is asked for."""
_FULL_32, _FULL_16 = 0xFFFFFFFF, 0xFFFF


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the archive. `name` has `/` between folders; `etag` names the version that `read` reads."""

    name: str
    size_bytes: int
    crc32: int
    etag: str
    read: Read
    path: Path | None = None
    """Where it lies, if it is a file."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a file from `start` up to, not including, `end`."""

    entry: Entry
    start: int
    end: int


class AlbumZip:
    """The archive of `entries`, in their order."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        heads = [_local_header(one) for one in entries]
        sizes = [len(head) + one.size_bytes for head, one in zip(heads, entries, strict=True)]
        starts = [0, *accumulate(sizes)]
        self._heads, self._starts = heads, starts
        self._end = _directory(entries, starts[:-1], starts[-1])

    @property
    def length(self) -> int:
        """Bytes in all."""
        return self._starts[-1] + len(self._end)

    @property
    def etag(self) -> str:
        """Quoted and strong: another as soon as one file is another, or is called otherwise."""
        said = repr([(one.name, one.size_bytes, one.crc32, one.etag) for one in self._entries])
        return f'"{sha256(said.encode()).hexdigest()[:32]}"'

    def pieces(self, start: int, end: int) -> Iterator[bytes | Part]:
        """What the bytes from `start` up to, not including, `end` are made of, in order."""
        for begin, head, one in zip(self._starts, self._heads, self._entries, strict=False):
            if begin + len(head) + one.size_bytes <= start:
                continue
            if begin >= end:
                return
            if piece := head[max(0, start - begin) : max(0, end - begin)]:
                yield piece
            content = begin + len(head)
            first, last = max(0, start - content), min(one.size_bytes, end - content)
            if first < last:
                yield Part(one, first, last)
        if piece := self._end[max(0, start - self._starts[-1]) : max(0, end - self._starts[-1])]:
            yield piece

    async def read(self, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """The same bytes, in chunks."""
        for piece in self.pieces(start, end):
            if isinstance(piece, bytes):
                yield piece
                continue
            async with aclosing(piece.entry.read(piece.start, piece.end)) as chunks:
                async for chunk in chunks:
                    yield chunk


def _local_header(entry: Entry) -> bytes:
    name, is_large = entry.name.encode(), entry.size_bytes >= _FULL_32
    extra = struct.pack("<HHQQ", 1, 16, entry.size_bytes, entry.size_bytes) if is_large else b""
    size = _FULL_32 if is_large else entry.size_bytes
    version = _ZIP64 if is_large else _PLAIN
    head = struct.pack(
        "<4sHHHHHIIIHH", b"PK\3\4", version, _UTF8, _STORED, _TIME, _DATE, entry.crc32, size, size,
        len(name), len(extra),
    )  # fmt: skip
    return head + name + extra


def _directory(entries: Sequence[Entry], starts: Sequence[int], begins: int) -> bytes:
    """What stands behind the files: the central directory and its end."""
    rows = b"".join(map(_central_header, entries, starts))
    count = len(entries)
    end = struct.pack(
        "<4sHHHHIIH", b"PK\5\6", 0, 0, min(count, _FULL_16), min(count, _FULL_16), min(len(rows), _FULL_32),
        min(begins, _FULL_32), 0,
    )  # fmt: skip
    if count < _FULL_16 and begins < _FULL_32:
        return rows + end
    record = struct.pack(
        "<4sQHHIIQQQQ", b"PK\6\6", 44, _MADE_ON_UNIX | _ZIP64, _ZIP64, 0, 0, count, count, len(rows), begins
    )  # fmt: skip
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, begins + len(rows), 1)
    return rows + record + locator + end


def _central_header(entry: Entry, start: int) -> bytes:
    name, large = entry.name.encode(), []
    size, offset = entry.size_bytes, start
    if size >= _FULL_32:
        large += [size, size]
        size = _FULL_32
    if offset >= _FULL_32:
        large.append(offset)
        offset = _FULL_32
    extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    version = _ZIP64 if large else _PLAIN
    head = struct.pack(
        "<4sHHHHHHIIIHHHHHII", b"PK\1\2", _MADE_ON_UNIX | version, version, _UTF8, _STORED, _TIME, _DATE, entry.crc32,
        size, size, len(name), len(extra), 0, 0, 0, _MODE, offset,
    )  # fmt: skip
    return head + name + extra
