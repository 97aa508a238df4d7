"""Rows of a damaged SQLite file, read from its leaves one by one: a tree whose root is gone cannot be asked.

Follows SQLite's description of its file format (sqlite.org/fileformat2.html): leaves of tables (type 13), their cells,
pages of overflow, and the committed frames of a WAL. Rows that were deleted may come back from pages that are not
overwritten yet.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

_LEAF = 13
_HEAD_BYTES = 100
_WAL_HEAD_BYTES, _FRAME_HEAD_BYTES = 32, 24
_WAL_MAGIC = (0x377F0682, 0x377F0683)
_INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_DEFAULT_PAGE_BYTES = 4096
_MOST_VALUE_BYTES = 16 * 1024 * 1024
"""No object of a sandbox is as large: a longer one is junk that looks like a length."""

Value = int | bytes | None


def salvage(path: Path) -> Iterator[tuple[Value, ...]]:
    """Every row of every table that can still be read; texts as bytes."""
    raw = path.read_bytes()
    size = _page_bytes(raw)
    pages = {number: raw[start : start + size] for number, start in enumerate(range(0, len(raw), size), 1)}
    pages |= _of_wal(path.with_name(f"{path.name}-wal"), size)
    for number in sorted(pages):
        yield from _rows(pages, number, size)


def _page_bytes(raw: bytes) -> int:
    size = int.from_bytes(raw[16:18], "big")
    size = 65536 if size == 1 else size
    return size if 512 <= size <= 65536 and size & (size - 1) == 0 else _DEFAULT_PAGE_BYTES


def _of_wal(path: Path, size: int) -> dict[int, bytes]:
    """The newest committed page of each number in the log."""
    log = path.read_bytes() if path.exists() else b""
    if len(log) < _WAL_HEAD_BYTES or int.from_bytes(log[:4], "big") not in _WAL_MAGIC:
        return {}
    committed: dict[int, bytes] = {}
    pending: dict[int, bytes] = {}
    for start in range(_WAL_HEAD_BYTES, len(log) - _FRAME_HEAD_BYTES - size + 1, _FRAME_HEAD_BYTES + size):
        number, pages_after = struct.unpack(">II", log[start : start + 8])
        if log[start + 8 : start + 16] != log[16:24]:  # a frame of an earlier turn of the log
            break
        pending[number] = log[start + _FRAME_HEAD_BYTES : start + _FRAME_HEAD_BYTES + size]
        if pages_after:
            committed |= pending
            pending.clear()
    return committed


def _rows(pages: dict[int, bytes], number: int, size: int) -> Iterator[tuple[Value, ...]]:
    page, start = pages[number], _HEAD_BYTES if number == 1 else 0
    if len(page) < start + 8 or page[start] != _LEAF:
        return
    cells = int.from_bytes(page[start + 3 : start + 5], "big")
    for cell in range(min(cells, size // 4)):
        at = start + 8 + cell * 2
        try:
            yield _decode_record(_payload(pages, page, int.from_bytes(page[at : at + 2], "big"), size))
        except (ValueError, IndexError, KeyError):
            continue  # this cell is junk; the next one need not be


def _payload(pages: dict[int, bytes], page: bytes, at: int, size: int) -> bytes:
    """A cell's record, with what of it lies on pages of overflow."""
    length, at = _varint(page, at)
    _rowid, at = _varint(page, at)
    if length > _MOST_VALUE_BYTES:
        raise ValueError("longer than anything that is stored")
    least = (size - 12) * 32 // 255 - 23
    fits = least + (length - least) % (size - 4)
    local = length if length <= size - 35 else fits if fits <= size - 35 else least
    found = page[at : at + local]
    following = int.from_bytes(page[at + local : at + local + 4], "big") if local < length else 0
    seen: set[int] = set()
    while len(found) < length:
        if following in seen:
            raise ValueError("pages of overflow go in a circle")
        seen.add(following)
        more = pages[following]
        found += more[4 : 4 + length - len(found)]
        following = int.from_bytes(more[:4], "big")
    return found


def _decode_record(record: bytes) -> tuple[Value, ...]:
    head_bytes, at = _varint(record, 0)
    body, values = head_bytes, list[Value]()
    while at < head_bytes:
        kind, at = _varint(record, at)
        if kind in (0, 8, 9):
            values.append({0: None, 8: 0, 9: 1}[kind])
            continue
        width = _INTEGER_BYTES.get(kind, 8 if kind == 7 else (kind - 12) // 2)
        value = record[body : body + width]
        if width < 0 or len(value) < width:
            raise ValueError("the record ends before its values do")
        values.append(int.from_bytes(value, "big", signed=True) if kind in _INTEGER_BYTES else value)
        body += width
    return tuple(values)


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where the next thing begins."""
    found = 0
    for count in range(9):
        byte = raw[at + count]
        if count == 8:
            return (found << 8) | byte, at + 9
        found = (found << 7) | (byte & 0x7F)
        if byte < 0x80:
            return found, at + count + 1
    raise ValueError("no number")
