"""Containers that hold films or sound alone (MP4, Matroska, ASF, AVI, Ogg, FLV, MPEG, RealMedia): which of the two.

Only as much is read as says it. Sources: ISO 14496-12, RFC 9559, the ASF specification 3, RFC 3533, ISO 13818-1.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import IO

SOUND, PICTURE = "sound", "picture"
_HEAD_BYTES = 256 * 1024
"""Of formats that name their streams at the beginning."""
_SKIPPED_MOST = 256 * 1024 * 1024
"""Bytes before what names the streams of an MP4 or Matroska: a ZIP unpacks all of them to get there."""
_BOXES_MOST = 10_000


def streams(opened: IO[bytes], head: bytes) -> tuple[str, set[str]]:
    """The container's name, and whether it holds `sound` and `picture`; "" and neither for what is none of these, and
    neither where a damaged one does not say."""
    for marks, name, read in _CONTAINERS:
        if all(head[offset : offset + len(magic)] == magic for offset, magic in marks):
            try:
                return name, read(opened)
            except (struct.error, IndexError, ValueError, OSError):
                return name, set()
    return "", set()


def _mp4(opened: IO[bytes]) -> set[str]:
    opened.seek(0)
    found: set[str] = set()
    for name, start, end in _boxes(opened, 0, None):
        if name == b"moov":
            for track in _inside(opened, start, end, b"trak"):
                for media in _inside(opened, *track, b"mdia"):
                    for at, _ in _inside(opened, *media, b"hdlr"):
                        opened.seek(at + 8)
                        found |= {b"soun": {SOUND}, b"vide": {PICTURE}}.get(opened.read(4), set())
            break
    return found


def _inside(opened: IO[bytes], start: int, end: int | None, wanted: bytes) -> list[tuple[int, int | None]]:
    return [(at, to) for name, at, to in _boxes(opened, start, end) if name == wanted]


def _boxes(opened: IO[bytes], start: int, end: int | None) -> Iterator[tuple[bytes, int, int | None]]:
    """Name, beginning and end of each box; no end where it goes to the end of the file."""
    at = start
    for _ in range(_BOXES_MOST):
        if (end is not None and at + 8 > end) or at > _SKIPPED_MOST:
            return
        opened.seek(at)
        head = opened.read(16)
        if len(head) < 8:
            return
        size, body = struct.unpack(">I", head[:4])[0], 8
        if size == 1:
            size, body = struct.unpack(">Q", head[8:16])[0], 16
        if size and size < body:
            raise ValueError("a box that is shorter than its head")
        yield head[4:8], at + body, at + size if size else None
        if not size:
            return
        at += size


_SEGMENT, _TRACKS, _TRACK, _TYPE, _CLUSTER = 0x18538067, 0x1654AE6B, 0xAE, 0x83, 0x1F43B675


def _matroska(opened: IO[bytes]) -> set[str]:
    found: set[str] = set()
    for element, start, end in _elements(opened, 0, None):
        if element != _SEGMENT:
            continue
        for inner, at, to in _elements(opened, start, end):
            if inner == _CLUSTER:
                return found
            for track, track_at, track_to in _elements(opened, at, to) if inner == _TRACKS else ():
                for field, field_at, field_to in _elements(opened, track_at, track_to) if track == _TRACK else ():
                    if field == _TYPE and field_to is not None:
                        opened.seek(field_at)
                        kind = int.from_bytes(opened.read(min(field_to - field_at, 8)), "big")
                        found |= {1: {PICTURE}, 2: {SOUND}}.get(kind, set())
            if found:
                return found
    return found


def _elements(opened: IO[bytes], start: int, end: int | None) -> Iterator[tuple[int, int, int | None]]:
    """Id, beginning and end of each element; no end where its size is not known (RFC 8794, 6.2)."""
    at = start
    for _ in range(_BOXES_MOST):
        if (end is not None and at >= end) or at > _SKIPPED_MOST:
            return
        opened.seek(at)
        head = opened.read(12)
        if len(head) < 2:
            return
        id_bytes = _vint_bytes(head[0])
        size_bytes = _vint_bytes(head[id_bytes])
        mask = (1 << 7 * size_bytes) - 1
        size = int.from_bytes(head[id_bytes : id_bytes + size_bytes], "big") & mask
        begins = at + id_bytes + size_bytes
        ends = None if size == mask else begins + size
        yield int.from_bytes(head[:id_bytes], "big"), begins, ends
        if ends is None:
            return
        at = ends


def _vint_bytes(first: int) -> int:
    if not first:
        raise ValueError("a number of no length")
    return 9 - first.bit_length()


def _of_marks(sound: tuple[bytes, ...], picture: tuple[bytes, ...]) -> Callable[[IO[bytes]], set[str]]:
    """Reads formats whose heads have one of these byte strings for each stream."""

    def read(opened: IO[bytes]) -> set[str]:
        opened.seek(0)
        head = opened.read(_HEAD_BYTES)
        marks = ((SOUND, sound), (PICTURE, picture))
        return {kind for kind, those in marks if any(mark in head for mark in those)}

    return read


def _avi(opened: IO[bytes]) -> set[str]:
    opened.seek(0)
    head = opened.read(_HEAD_BYTES)
    kinds = {part[4:8] for part in head.split(b"strh")[1:]}
    return {name for name, kind in ((SOUND, b"auds"), (PICTURE, b"vids")) if kind in kinds}


def _flv(opened: IO[bytes]) -> set[str]:
    opened.seek(4)
    flags = opened.read(1)[0]
    return {name for name, bit in ((SOUND, 4), (PICTURE, 1)) if flags & bit}


def _mpeg(opened: IO[bytes]) -> set[str]:
    """A program or transport stream: the ids of its packets say what they hold."""
    opened.seek(0)
    ids = {part[0] for part in opened.read(_HEAD_BYTES).split(b"\0\0\1")[1:] if part}
    sound, picture = (SOUND, {0xBD, 0xFD, *range(0xC0, 0xE0)}), (PICTURE, {*range(0xE0, 0xF0)})
    return {name for name, those in (sound, picture) if ids & those}


_ASF_SOUND = bytes.fromhex("409e69f84d5bcf11a8fd00805f5c442b")
_ASF_PICTURE = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")

_OGG_SOUND = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")
_OGG_PICTURE = (b"\x80theora", b"OVP80", b"BBCD")
_SYNC = b"G"

_CONTAINERS: tuple[tuple[tuple[tuple[int, bytes], ...], str, Callable[[IO[bytes]], set[str]]], ...] = (
    # bytes at offsets, the container's name, and how its streams are read
    (((4, b"ftyp"),), "MP4", _mp4),
    (((4, b"moov"),), "QuickTime", _mp4),
    (((4, b"wide"),), "QuickTime", _mp4),
    (((4, b"mdat"),), "QuickTime", _mp4),
    (((0, b"\x1a\x45\xdf\xa3"),), "Matroska or WebM", _matroska),
    (((0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),), "Windows Media", _of_marks((_ASF_SOUND,), (_ASF_PICTURE,))),
    (((8, b"AVI "),), "AVI", _avi),
    (((0, b"OggS"),), "Ogg", _of_marks(_OGG_SOUND, _OGG_PICTURE)),
    (((0, b"FLV\x01"),), "Flash", _flv),
    (((0, b".RMF"),), "RealMedia", _of_marks((b"audio/x-pn-", b"audio/x-ralf"), (b"video/x-pn-",))),
    (((0, b"\0\0\1\xba"),), "MPEG", _mpeg),
    (((0, _SYNC), (188, _SYNC), (376, _SYNC)), "MPEG", _mpeg),
    (((4, _SYNC), (196, _SYNC), (388, _SYNC)), "MPEG", _mpeg),
)
