"""Real recordings of a moment, made for tests in every form: nothing binary is kept in the repository."""

from __future__ import annotations

import hashlib
import struct
import wave
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

from mutagen.aiff import AIFF
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3, TALB, TCOM, TCON, TDRC, TIT2, TLAN, TPE1, TPE2, TPOS, TRCK, TSRC, TXXX, UFID
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4, MP4Cover, MP4FreeForm
from mutagen.ogg import OggPage
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

TAGS = {
    "title": "Night Bus",
    "album": "Blue Hours",
    "artist": "Džana Kovač",
    "track": "2",
    "disc": "1",
    "genre": "Folk; Sevdah",
    "day": "2026-02-01",
    "isrc": "FR-Z03-98-00212",
    "language": "eng",
    "composer": "Ben",
    "explicit": "1",
    "musicbrainz_track": "0b8d1a0e-6e2c-4c64-9c3c-0d3b9c6f7a11",
}
_ID3: dict[str, Any] = {
    "title": TIT2, "album": TALB, "artist": TPE1, "album_artist": TPE2, "track": TRCK, "disc": TPOS, "genre": TCON,
    "day": TDRC, "isrc": TSRC, "language": TLAN, "composer": TCOM,
}  # fmt: skip
_VORBIS = {
    "album_artist": "albumartist", "track": "tracknumber", "disc": "discnumber", "day": "date",
    "explicit": "itunesadvisory", "musicbrainz_track": "musicbrainz_trackid",
    "musicbrainz_album": "musicbrainz_albumid",
}  # fmt: skip
_MP4 = {"title": "©nam", "album": "©alb", "artist": "©ART", "genre": "©gen", "day": "©day", "composer": "©wrt"}


def recording(path: Path, *, cover: bytes = b"", sound: str = "", **tags: str) -> Path:
    """A tagged recording at `path`, in the form its name says. What it sounds like is `sound`, else another thing at
    every path: written there again with other tags it sounds as before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bare, tag = FORMS[path.suffix]
    path.write_bytes(bare(hashlib.sha256((sound or str(path)).encode()).hexdigest().encode()))
    tag(path, tags, cover)
    return path


def _wav(sound: bytes) -> bytes:
    target = BytesIO()
    with wave.open(target, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(8000)
        writer.writeframes(sound * 25)
    return target.getvalue()


def _aiff(sound: bytes) -> bytes:
    rate = struct.pack(">HQ", 0x400B, 8000 << 51)  # 8000 as an 80-bit float
    common = struct.pack(">hIh", 1, 800, 16) + rate
    chunks = (
        b"COMM" + struct.pack(">I", len(common)) + common + b"SSND" + struct.pack(">I", 1608) + bytes(8) + sound * 25
    )
    return b"FORM" + struct.pack(">I", len(chunks) + 4) + b"AIFF" + chunks


def _mp3(sound: bytes) -> bytes:
    return (b"\xff\xfb\x90\x00" + bytes(349) + sound) * 20  # MPEG 1 layer 3, 128 kbit/s, 44.1 kHz


def _flac(sound: bytes) -> bytes:
    about = struct.pack(">HH", 4096, 4096) + bytes(6) + struct.pack(">Q", (8000 << 44) | (15 << 36) | 1600) + sound[:16]
    return b"fLaC" + b"\x80" + struct.pack(">I", len(about))[1:] + about


def _ogg(head: bytes, tags: bytes, sound: bytes, last: int) -> bytes:
    pages = []
    for number, packet in enumerate((head, tags, sound)):
        page = OggPage()
        page.serial, page.sequence, page.packets = 1, number, [packet]
        page.first, page.last, page.position = number == 0, number == 2, last if number == 2 else 0
        pages.append(page.write())
    return b"".join(pages)


def _comments(lead: bytes, trail: bytes = b"") -> bytes:
    return lead + struct.pack("<I", 4) + b"veza" + struct.pack("<I", 0) + trail


def _vorbis(sound: bytes) -> bytes:
    head = b"\x01vorbis" + struct.pack("<IBIiiiBB", 0, 1, 8000, 0, 64000, 0, 0xB8, 1)
    # The set-up packet is not looked into.
    return _ogg(head, _comments(b"\x03vorbis", b"\x01"), sound, 1600)


def _opus(sound: bytes) -> bytes:
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48000, 0, 0)
    return _ogg(head, _comments(b"OpusTags"), sound, 9600)


def _atom(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + name + data


def _m4a(sound: bytes) -> bytes:
    header = _atom(b"mdhd", bytes(12) + struct.pack(">II", 1000, 200) + bytes(4))
    handler = _atom(b"hdlr", bytes(8) + b"soun" + bytes(13))
    movie = _atom(b"moov", _atom(b"trak", _atom(b"mdia", header + handler)))
    return _atom(b"ftyp", b"M4A \x00\x00\x00\x00M4A ") + movie + _atom(b"mdat", sound)


def _tag_id3(kind: Any) -> Any:
    def tag(path: Path, said: dict[str, str], cover: bytes) -> None:
        media = kind(path)
        if media.tags is None:
            media.add_tags()
        tags: ID3 = media.tags
        for name, text in said.items():
            if name in _ID3:
                tags.add(_ID3[name](encoding=3, text=[text]))
            elif name == "musicbrainz_track":
                tags.add(UFID(owner="http://musicbrainz.org", data=text.encode()))
            else:
                described = {"explicit": "ITUNESADVISORY", "musicbrainz_album": "MusicBrainz Album Id"}[name]
                tags.add(TXXX(encoding=3, desc=described, text=[text]))
        if cover:
            tags.add(APIC(encoding=3, mime="image/png", type=3, desc="", data=cover))
        media.save()

    return tag


def _tag_vorbis(kind: Any) -> Any:
    def tag(path: Path, said: dict[str, str], cover: bytes) -> None:
        media = kind(path)
        for name, text in said.items():
            media[_VORBIS.get(name, name)] = [text]
        if cover:
            picture = Picture()
            picture.data, picture.mime, picture.type = cover, "image/png", 3
            if isinstance(media, FLAC):
                media.add_picture(picture)
            else:
                media["metadata_block_picture"] = [b64encode(picture.write()).decode()]
        media.save()

    return tag


def _tag_mp4(path: Path, said: dict[str, str], cover: bytes) -> None:
    media = MP4(path)
    for name, text in said.items():
        if name in _MP4:
            media[_MP4[name]] = [text]
        elif name in {"track", "disc"}:
            media["trkn" if name == "track" else "disk"] = [(int(text), 9)]
        elif name == "explicit":
            media["rtng"] = [int(text)]
        elif name == "album_artist":
            media["aART"] = [text]
        else:
            named = {"musicbrainz_track": "MusicBrainz Track Id", "musicbrainz_album": "MusicBrainz Album Id"}
            media[f"----:com.apple.iTunes:{named.get(name, name.upper())}"] = [MP4FreeForm(text.encode())]
    if cover:
        media["covr"] = [MP4Cover(cover, MP4Cover.FORMAT_PNG)]
    media.save()


FORMS: dict[str, tuple[Any, Any]] = {
    ".wav": (_wav, _tag_id3(WAVE)),
    ".aiff": (_aiff, _tag_id3(AIFF)),
    ".mp3": (_mp3, _tag_id3(MP3)),
    ".flac": (_flac, _tag_vorbis(FLAC)),
    ".ogg": (_vorbis, _tag_vorbis(OggVorbis)),
    ".opus": (_opus, _tag_vorbis(OggOpus)),
    ".m4a": (_m4a, _tag_mp4),
}
