"""RIFF, RF64 and IFF: where the chunks of a WAV or AIFF lie, and the texts some of them hold."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from veza.ingest.sources import UnreadableFile
from veza.kit.messages import gettext

MOST_CHUNKS = 10_000
MOST_TEXT_BYTES = 64 * 1024
"""Bytes of one text; a longer one is no title."""
MOST_TAG_BYTES = 64 * 1024 * 1024
"""Bytes of an ID3 tag inside a chunk, pictures included."""
_UNKNOWN = 0xFFFF_FFFF
"""The size of a chunk that is in the ds64 chunk (EBU Tech 3306), or was never written."""


@dataclass(slots=True)
class Chunks:
    """The content of a file's chunks: sound by (offset, bytes), its length, an ID3 tag, and texts by their chunk."""

    sound: tuple[int, int]
    seconds: float
    bitrate: int
    id3: bytes = b""
    texts: dict[str, list[bytes]] = field(default_factory=dict)


def read_riff(opened: IO[bytes]) -> Chunks:
    """The chunks of a WAV, an RF64 or a BW64; raises UnreadableFile."""
    opened.seek(0)
    head = opened.read(12)
    if head[:4] not in {b"RIFF", b"RF64", b"BW64"} or head[8:12] != b"WAVE":
        raise UnreadableFile(gettext("it is no WAV file that can be read"))
    long_sound, rate, sound = 0, 0, (0, 0)
    id3, texts = b"", dict[str, list[bytes]]()
    for name, offset, size in _chunks(opened, "<"):
        if name == b"ds64":
            long_sound = struct.unpack("<Q", opened.read(24)[8:16])[0]
        elif name == b"fmt ":
            _, _, _, rate, _, _ = struct.unpack("<HHIIHH", opened.read(16))
        elif name == b"data":
            sound = (offset, size)
            if size == _UNKNOWN:
                sound = (offset, min(long_sound or _UNKNOWN, _left(opened, offset)))
                opened.seek(offset + sound[1])
        elif name in {b"id3 ", b"ID3 "}:
            id3 = opened.read(min(size, MOST_TAG_BYTES))
        elif name == b"LIST" and opened.read(4) == b"INFO":
            for inner, at, length in _chunks(opened, "<", offset + 4, offset + size):
                opened.seek(at)
                _add(texts, f"INFO:{inner.decode('latin-1').upper()}", opened.read(min(length, MOST_TEXT_BYTES)))
    if not rate or not sound[0]:
        raise UnreadableFile(gettext("it is no WAV file that can be read: it has no sound or does not say its format"))
    length = min(sound[1], _left(opened, sound[0]))
    return Chunks((sound[0], length), length / rate, rate * 8, id3, texts)


def read_aiff(opened: IO[bytes]) -> Chunks:
    """The chunks of an AIFF or AIFC; raises UnreadableFile."""
    opened.seek(0)
    head = opened.read(12)
    if head[:4] != b"FORM" or head[8:12] not in {b"AIFF", b"AIFC"}:
        raise UnreadableFile(gettext("it is no AIFF file that can be read"))
    frames, rate, sound = 0, 0.0, (0, 0)
    id3, texts = b"", dict[str, list[bytes]]()
    for name, offset, size in _chunks(opened, ">"):
        if name == b"COMM":
            _, frames, _, exponent, mantissa = struct.unpack(">hIhHQ", opened.read(18))
            rate = mantissa * 2.0 ** ((exponent & 0x7FFF) - 16383 - 63)
        elif name == b"SSND":
            sound = (offset + 8, max(size - 8, 0))
        elif name in {b"ID3 ", b"id3 "}:
            id3 = opened.read(min(size, MOST_TAG_BYTES))
        elif name in {b"NAME", b"AUTH", b"ANNO", b"(c) "}:
            _add(texts, f"AIFF:{name.decode()}", opened.read(min(size, MOST_TEXT_BYTES)))
    if not rate or not sound[0]:
        raise UnreadableFile(gettext("it is no AIFF file that can be read: it has no sound or does not say its format"))
    seconds = frames / rate
    length = min(sound[1], _left(opened, sound[0]))
    return Chunks((sound[0], length), seconds, round(length * 8 / seconds) if seconds else 0, id3, texts)


def _chunks(opened: IO[bytes], order: str, start: int = 12, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Name, offset and size of each chunk; the file stands at the chunk's first byte."""
    at = start
    for _ in range(MOST_CHUNKS):
        if end is not None and at + 8 > end:
            return
        opened.seek(at)
        head = opened.read(8)
        if len(head) < 8:
            return
        size = struct.unpack(f"{order}I", head[4:])[0]
        moved = at + 8
        yield head[:4], moved, size
        at = moved + size
        if size == _UNKNOWN and opened.tell() > moved:  # the reader knows where it ends, and stands there
            at = opened.tell()
        at += at & 1


def _left(opened: IO[bytes], offset: int) -> int:
    """Bytes from `offset` to the end of the file."""
    here = opened.tell()
    end = opened.seek(0, 2)
    opened.seek(here)
    return max(end - offset, 0)


def _add(texts: dict[str, list[bytes]], key: str, raw: bytes) -> None:
    kept = raw.split(b"\0", 1)[0].strip()
    if kept:
        texts.setdefault(key, []).append(kept)
