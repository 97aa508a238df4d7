"""What a downloaded file says of itself, written in the words of each format.

Sources: Vorbis comments and the picture block (RFC 9639, 8.6 and 8.8), ID3v2.4 frames, the atoms that iTunes writes,
ReplayGain 2.0 (−18 LUFS is 0 dB), R128 gains of Opus (RFC 7845, 5.2.1: −23 LUFS, in 1/256 dB). MusicBrainz' ids stand
where its own tagger, Picard, puts them.
"""

# mypy: allow-untyped-calls
# mutagen is typed in part.
from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct
from mutagen._file import FileType
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, TXXX, UFID, Frames
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4, MP4Cover, MP4FreeForm
from mutagen.oggopus import OggOpus
from mutagen.wave import WAVE

_FRONT_COVER = 3
_REPLAYGAIN_LUFS, _R128_LUFS = -18.0, -23.0
_MUSICBRAINZ = "http://musicbrainz.org"


class Gain(Struct, frozen=True):
    """How loud a track or its release is: LUFS, and the true peak in dBTP."""

    integrated_lufs: float
    true_peak_dbtp: float


class Cover(Struct, frozen=True):
    """A picture of the release's front; `media_type` is image/jpeg or image/png."""

    data: bytes
    media_type: str
    width: int
    height: int


class Tags(Struct, frozen=True, kw_only=True):
    """What is written into a file.

    `track` and `disc` are (number, of how many); `date` is YYYY, YYYY-MM or YYYY-MM-DD.
    """

    title: str
    artist: str
    album: str
    album_artist: str
    track: tuple[int, int]
    disc: tuple[int, int] = (1, 1)
    date: str | None = None
    genres: tuple[str, ...] = ()
    copyright: str | None = None
    isrc: str | None = None
    musicbrainz_recording_id: str | None = None
    musicbrainz_release_id: str | None = None
    track_gain: Gain | None = None
    album_gain: Gain | None = None
    cover: Cover | None = None


def write_tags(path: Path, tags: Tags) -> None:
    """Write `tags` into the file, in place of those that are there. Raises OSError."""
    write = _WRITERS[path.suffix]
    write(path, tags)


def _comments(tags: Tags) -> Iterator[tuple[str, list[str]]]:
    """Vorbis comments, without gains."""
    texts = {
        "TITLE": tags.title, "ARTIST": tags.artist, "ALBUM": tags.album, "ALBUMARTIST": tags.album_artist,
        "TRACKNUMBER": str(tags.track[0]), "TRACKTOTAL": str(tags.track[1]),
        "DISCNUMBER": str(tags.disc[0]), "DISCTOTAL": str(tags.disc[1]),
        "DATE": tags.date, "COPYRIGHT": tags.copyright, "ISRC": tags.isrc,
        "MUSICBRAINZ_TRACKID": tags.musicbrainz_recording_id, "MUSICBRAINZ_ALBUMID": tags.musicbrainz_release_id,
    }  # fmt: skip
    yield from ((name, [text]) for name, text in texts.items() if text)
    if tags.genres:
        yield "GENRE", list(tags.genres)


def _replay_gains(tags: Tags) -> Iterator[tuple[str, str]]:
    for scope, gain in (("TRACK", tags.track_gain), ("ALBUM", tags.album_gain)):
        if gain is not None:
            yield f"REPLAYGAIN_{scope}_GAIN", f"{_REPLAYGAIN_LUFS - gain.integrated_lufs:.2f} dB"
            yield f"REPLAYGAIN_{scope}_PEAK", f"{10 ** (gain.true_peak_dbtp / 20):.6f}"


def _picture(cover: Cover) -> Picture:
    picture = Picture()
    picture.data, picture.mime, picture.type = cover.data, cover.media_type, _FRONT_COVER
    picture.width, picture.height, picture.depth = cover.width, cover.height, 24
    return picture


def _write_flac(path: Path, tags: Tags) -> None:
    file = FLAC(path)
    file.delete()
    file = FLAC(path)
    file.add_tags()
    file.update(dict(_comments(tags)))
    file.update({name: [text] for name, text in _replay_gains(tags)})
    if tags.cover:
        file.add_picture(_picture(tags.cover))
    file.save()


def _write_opus(path: Path, tags: Tags) -> None:
    file = OggOpus(path)
    file.delete()
    file.update(dict(_comments(tags)))
    for scope, gain in (("TRACK", tags.track_gain), ("ALBUM", tags.album_gain)):
        if gain is not None:
            steps = round((_R128_LUFS - gain.integrated_lufs) * 256)
            file[f"R128_{scope}_GAIN"] = [str(max(-32_768, min(32_767, steps)))]
    if tags.cover:
        file["METADATA_BLOCK_PICTURE"] = [base64.b64encode(_picture(tags.cover).write()).decode()]
    file.save()


def _write_mp3(path: Path, tags: Tags) -> None:
    _write_id3(MP3(path), tags)


def _write_wav(path: Path, tags: Tags) -> None:
    _write_id3(WAVE(path), tags)


def _write_id3(file: FileType, tags: Tags) -> None:
    if file.tags is None:
        file.add_tags()
    frames: Any = file.tags
    frames.clear()
    texts = {
        "TIT2": tags.title, "TPE1": tags.artist, "TALB": tags.album, "TPE2": tags.album_artist,
        "TRCK": "/".join(map(str, tags.track)), "TPOS": "/".join(map(str, tags.disc)),
        "TDRC": tags.date, "TCOP": tags.copyright, "TSRC": tags.isrc,
    }  # fmt: skip
    for name, text in texts.items():
        if text:
            frames.add(Frames[name](encoding=3, text=[text]))
    if tags.genres:
        frames.add(Frames["TCON"](encoding=3, text=list(tags.genres)))
    for name, text in _replay_gains(tags):
        frames.add(TXXX(encoding=3, desc=name, text=[text]))
    if tags.musicbrainz_release_id:
        frames.add(TXXX(encoding=3, desc="MusicBrainz Album Id", text=[tags.musicbrainz_release_id]))
    if tags.musicbrainz_recording_id:
        frames.add(UFID(owner=_MUSICBRAINZ, data=tags.musicbrainz_recording_id.encode("ascii")))
    if tags.cover:
        frames.add(APIC(encoding=3, mime=tags.cover.media_type, type=_FRONT_COVER, desc="", data=tags.cover.data))
    file.save()


def _write_mp4(path: Path, tags: Tags) -> None:
    file = MP4(path)
    before: Any = file.tags or {}
    kept = before.get(_ITUNES.format("iTunSMPB"))
    file.delete()
    file = MP4(path)
    if file.tags is None:
        file.add_tags()
    texts = {
        "\xa9nam": tags.title, "\xa9ART": tags.artist, "\xa9alb": tags.album, "aART": tags.album_artist,
        "\xa9day": tags.date, "cprt": tags.copyright,
    }  # fmt: skip
    for name, text in texts.items():
        if text:
            file[name] = [text]
    file["trkn"], file["disk"] = [tags.track], [tags.disc]
    if tags.genres:
        file["\xa9gen"] = list(tags.genres)
    free = {
        "ISRC": tags.isrc, "MusicBrainz Track Id": tags.musicbrainz_recording_id,
        "MusicBrainz Album Id": tags.musicbrainz_release_id,
        **{name.lower(): text for name, text in _replay_gains(tags)},
    }  # fmt: skip
    for name, text in free.items():
        if text:
            file[_ITUNES.format(name)] = [MP4FreeForm(text.encode())]
    if kept:
        file[_ITUNES.format("iTunSMPB")] = kept
    if tags.cover:
        kind = MP4Cover.FORMAT_PNG if tags.cover.media_type == "image/png" else MP4Cover.FORMAT_JPEG
        file["covr"] = [MP4Cover(tags.cover.data, imageformat=kind)]
    file.save()


_ITUNES = "----:com.apple.iTunes:{}"
_WRITERS = {".flac": _write_flac, ".opus": _write_opus, ".mp3": _write_mp3, ".wav": _write_wav, ".m4a": _write_mp4}
