"""Files that tell a reader to open another file, or to call an address."""

from __future__ import annotations

import struct
from pathlib import Path

from tests.audio.sounds import FORMATS, tone, write

_URL = "http://127.0.0.1:9/a.wav"
_HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{}\n#EXT-X-ENDLIST\n"
_CONCAT = "ffconcat version 1.0\nfile '{}'\n"
_CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"dinf")
"""Boxes on the way from an MP4 file to its data references."""


def files_that_name(secret: Path) -> dict[str, bytes]:
    """What it is → the file, which names the sound file `secret` or an address."""
    texts = {
        "HLS playlist of a file": _HLS.format(secret), "HLS playlist of a URL": _HLS.format(_URL),
        "M3U playlist": f"#EXTM3U\n{secret}\n{_URL}\n", "CUE sheet": f'FILE "{secret}" WAVE\n  TRACK 01 AUDIO\n',
        "concat list of a file": _CONCAT.format(secret), "concat list of a URL": _CONCAT.format(_URL),
        "file's URL": secret.as_uri(), "URL": _URL,
        "SDP": "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n",
    }  # fmt: skip
    sound = _mp4(secret)
    return {kind: text.encode() for kind, text in texts.items()} | {
        "MP4 with an alias": _with_reference(sound, _alias(secret)),
        "MP4 with a file's URL": _with_reference(sound, _reference(b"url ", secret.as_uri())),
        "MP4 with a URL": _with_reference(sound, _reference(b"url ", _URL)),
    }


def _mp4(secret: Path) -> bytes:
    path = write(secret.with_name("whole.m4a"), FORMATS["ALAC 16 bit"], tone(5_000, 48_000), 48_000)
    content = path.read_bytes()
    path.unlink()
    return content


def _with_reference(content: bytes, reference: bytes) -> bytes:
    """The MP4 file, whose sound lies where the data reference says."""
    changed, at = b"", 0
    while at < len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        body = content[at + 8 : at + size]
        if kind in _CONTAINERS:
            body = _with_reference(body, reference)
        elif kind == b"dref":
            body = struct.pack(">II", 0, 1) + reference
        changed += struct.pack(">I4s", 8 + len(body), kind) + body
        at += size
    return changed


def _reference(kind: bytes, place: str) -> bytes:
    body = bytes(4) + place.encode() + b"\0"  # flag 1, not set here, would say: in this file
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _alias(secret: Path) -> bytes:
    """An alias of Mac OS, version 2 (QuickTime File Format): volume, file name, no levels, then the whole path."""
    name, path = secret.name.encode(), f"disk{secret}".replace("/", ":").encode()
    record = bytes(4) + struct.pack(">HHH", 0, 2, 0) + _pascal(b"disk", 28) + bytes(4 + 2 + 2 + 4) + _pascal(name, 64)
    record += bytes(16) + struct.pack(">hh", -1, -1) + bytes(4 + 2 + 10)
    record += struct.pack(">hH", 2, len(path)) + path + bytes(len(path) % 2) + struct.pack(">hH", -1, 0)
    body = bytes(4) + record
    return struct.pack(">I4s", 8 + len(body), b"alis") + body


def _pascal(text: bytes, size: int) -> bytes:
    return (bytes([len(text)]) + text).ljust(size, b"\0")
