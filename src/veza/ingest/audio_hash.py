"""The hash by which a recording is known when its tags change: of the sound as it lies in the file, without tags.

| form | rule | what is hashed |
|---|---|---|
| FLAC, Ogg FLAC | `flac-md5` | the MD5 of the samples that the encoder wrote into STREAMINFO, where it did |
| FLAC without it | `sha256` | the frames: everything after the last metadata block, without a tag at the end |
| MP3 | `sha256` | everything between the tags at the beginning (ID3v2) and at the end (APEv2, Lyrics3, ID3v1) |
| M4A | `sha256` | what the `mdat` atoms hold |
| WAV, RF64, AIFF | `sha256` | what the `data` or `SSND` chunk holds |
| Ogg Vorbis, Opus | `sha256` | all packets but the one with the comments |

The rule's name stands before the hash, so that another rule can never be taken for this one.
"""

from __future__ import annotations

import hashlib
import struct
from typing import IO

from veza.ingest.chunks import read_aiff, read_riff
from veza.ingest.sources import UnreadableFile
from veza.kit.messages import gettext

_READ = 1024 * 1024
_NOTHING = f"sha256:{hashlib.sha256().hexdigest()}"
_HEADER_MOST = 64 * 1024 * 1024
"""Bytes of the comments of an Ogg, pictures included."""
_FLAC_BLOCKS_MOST = 10_000
_ATOMS_MOST = 100_000


def audio_hash(opened: IO[bytes], form: str) -> str:
    """The rule and the hash, such as `flac-md5:6d24…`, of a file that was read as `form`; raises UnreadableFile, where
    there is no sound at all, too: everything silent would be the same."""
    by_form = {".flac": _flac, ".mp3": _mp3, ".m4a": _mp4, ".aiff": _aiff, ".wav": _wav, ".ogg": _ogg}
    try:
        found = by_form[form](opened)
    except (struct.error, IndexError, ValueError) as error:
        raise UnreadableFile(gettext("its sound cannot be found ({error})", error=error)) from None
    if found == _NOTHING:
        raise UnreadableFile(gettext("it holds no sound"))
    return found


def sound_of_mp3(opened: IO[bytes]) -> tuple[int, int]:
    """Where the frames of an MP3 begin and end: without tags before and after them."""
    opened.seek(0, 2)
    end, start = opened.tell(), 0
    for _ in range(16):  # some tools write a second tag before the first
        opened.seek(start)
        head = opened.read(10)
        if head[:3] != b"ID3" or len(head) < 10:
            break
        size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        start += 10 + size + (10 if head[5] & 0x10 else 0)
    return min(start, end), _without_trailing_tags(opened, min(start, end), end)


def _without_trailing_tags(opened: IO[bytes], start: int, end: int) -> int:
    """Where the sound ends before ID3v1, Lyrics3 and APEv2 tags, in any order."""
    for _ in range(8):
        opened.seek(max(end - 128, start))
        tail = opened.read(end - max(end - 128, start))
        if len(tail) == 128 and tail.startswith(b"TAG"):
            end -= 128
        elif tail[-32:-24] == b"APETAGEX":
            size, _, flags = struct.unpack("<III", tail[-20:-8])
            end -= size + (32 if flags & 0x8000_0000 else 0)
        elif tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
            end -= int(tail[-15:-9]) + 15
        else:
            break
        if end <= start:
            return start
    return end


def _hashed(opened: IO[bytes], parts: list[tuple[int, int]]) -> str:
    """The hash of what lies at these (offset, bytes)."""
    digest = hashlib.sha256()
    for offset, size in parts:
        opened.seek(offset)
        left = size
        while left > 0 and (read := opened.read(min(left, _READ))):
            digest.update(read)
            left -= len(read)
    return f"sha256:{digest.hexdigest()}"


def _flac(opened: IO[bytes]) -> str:
    start, _ = sound_of_mp3(opened)  # an ID3 tag may stand before a FLAC, too
    opened.seek(start)
    if opened.read(4) != b"fLaC":
        raise ValueError("no FLAC")
    at, md5 = start + 4, bytes(16)
    for _ in range(_FLAC_BLOCKS_MOST):
        opened.seek(at)
        head = opened.read(4)
        size = int.from_bytes(head[1:4], "big")
        if head[0] & 0x7F == 0:
            md5 = opened.read(34)[18:34]
        at += 4 + size
        if head[0] & 0x80:
            break
    if any(md5):
        return f"flac-md5:{md5.hex()}"
    opened.seek(0, 2)
    end = _without_trailing_tags(opened, at, opened.tell())
    return _hashed(opened, [(at, end - at)])


def _mp3(opened: IO[bytes]) -> str:
    start, end = sound_of_mp3(opened)
    return _hashed(opened, [(start, end - start)])


def _wav(opened: IO[bytes]) -> str:
    return _hashed(opened, [read_riff(opened).sound])


def _aiff(opened: IO[bytes]) -> str:
    return _hashed(opened, [read_aiff(opened).sound])


def _mp4(opened: IO[bytes]) -> str:
    opened.seek(0, 2)
    end, at, parts = opened.tell(), 0, list[tuple[int, int]]()
    for _ in range(_ATOMS_MOST):
        if at + 8 > end:
            break
        opened.seek(at)
        head = opened.read(16)
        size, name, body = struct.unpack(">I", head[:4])[0], head[4:8], 8
        if size == 1:
            size, body = struct.unpack(">Q", head[8:16])[0], 16
        size = size or end - at
        if size < body:
            raise ValueError("an atom of no length")
        if name == b"mdat":
            parts.append((at + body, min(size, end - at) - body))
        at += size
    return _hashed(opened, parts)


def _ogg(opened: IO[bytes]) -> str:
    """The packets without the pages they are cut into: a new tag moves packets to other pages."""
    digest, opened_at, head, packets, stream = hashlib.sha256(), 0, bytearray(), 0, None
    opened.seek(opened_at)
    while len(page := opened.read(27)) == 27:
        if page[:4] != b"OggS":
            break
        lengths = opened.read(page[26])
        body = opened.read(sum(lengths))
        stream = stream or page[14:18]
        if page[14:18] != stream:
            continue
        at = 0
        for length in lengths:
            piece = body[at : at + length]
            at += length
            if packets >= 2:
                digest.update(piece)
                continue
            head += piece
            if len(head) > _HEADER_MOST:
                raise ValueError("its comments do not end")
            if length < 255:  # a packet ends with a piece that is not full (RFC 3533)
                if packets == 0 and head.startswith(b"\x7fFLAC") and any(head[35:51]):
                    return f"flac-md5:{head[35:51].hex()}"
                if packets == 0:
                    digest.update(head)
                packets, head = packets + 1, bytearray()
    return f"sha256:{digest.hexdigest()}"
