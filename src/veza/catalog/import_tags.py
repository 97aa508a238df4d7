"""What a recording's file says of it, in whichever of the tag formats it speaks, made fit for the catalogue."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import IO, Any
from uuid import UUID

from mutagen.aiff import AIFF
from mutagen.flac import FLAC, Picture
from mutagen.id3 import ID3
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from veza.catalog import metadata
from veza.catalog.import_source import SourceFile, UnreadableFile
from veza.catalog.pictures import MOST_BYTES
from veza.catalog.tracks import TrackWanted
from veza.catalog.wording import NAME_MOST, BadValue, clean
from veza.kit.texts import flat

_OGG = (OggVorbis, OggOpus, OggFLAC)
READERS: dict[str, tuple[Callable[..., Any], ...]] = {
    ".mp3": (MP3,), ".flac": (FLAC,), ".m4a": (MP4,), ".ogg": _OGG, ".oga": _OGG, ".opus": (OggOpus,),
    ".wav": (WAVE,), ".aif": (AIFF,), ".aiff": (AIFF,),
}  # fmt: skip
"""What reads a file of each form."""

_ITUNES = "----:com.apple.iTunes:"
FIELDS: dict[str, tuple[str, str, str]] = {
    # What it is, and how ID3 (MP3, WAV, AIFF), MP4 and Vorbis comments (FLAC, Ogg, Opus) call it.
    "title": ("TIT2", "©nam", "title"),
    "album": ("TALB", "©alb", "album"),
    "artist": ("TPE1", "©ART", "artist"),
    "album_artist": ("TPE2", "aART", "albumartist"),
    "track": ("TRCK", "trkn", "tracknumber"),
    "disc": ("TPOS", "disk", "discnumber"),
    "genre": ("TCON", "©gen", "genre"),
    "day": ("TDRC", "©day", "date"),
    "isrc": ("TSRC", f"{_ITUNES}ISRC", "isrc"),
    "language": ("TLAN", f"{_ITUNES}LANGUAGE", "language"),
    "composer": ("TCOM", "©wrt", "composer"),
    "lyricist": ("TEXT", f"{_ITUNES}LYRICIST", "lyricist"),
    "performer": ("TPE3", f"{_ITUNES}CONDUCTOR", "performer"),
    "explicit": ("TXXX:ITUNESADVISORY", "rtng", "itunesadvisory"),
    "musicbrainz_track": ("UFID:http://musicbrainz.org", f"{_ITUNES}MusicBrainz Track Id", "musicbrainz_trackid"),
    "musicbrainz_album": ("TXXX:MusicBrainz Album Id", f"{_ITUNES}MusicBrainz Album Id", "musicbrainz_albumid"),
}
CREDITED = {"artist": "artist", "composer": "composer", "lyricist": "lyricist", "performer": "performer"}
EXPLICIT = frozenset({"1", "4"})  # as the iTunes advisory says it: 0 nothing, 1 or 4 explicit, 2 clean
_FIRST_NUMBER = re.compile(r"\d{1,4}")
_DAY = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


@dataclass(frozen=True, slots=True)
class Recording:
    """A file's track, the release it says it is on, and what of its tags could not be taken."""

    track: TrackWanted
    album: str | None
    album_artist: str | None
    album_id: UUID | None
    day: date | None
    disc: int
    number: int
    notes: tuple[str, ...] = field(default=())


def read_recording(opened: IO[bytes], file: SourceFile) -> Recording:
    """What the file says; raises UnreadableFile when it is none of that form."""
    media = _read(opened, file)
    said = {name: _values(media.tags, keys) for name, keys in FIELDS.items()}
    notes: list[str] = []

    def checked(name: str, check: Callable[[str], Any]) -> Any:
        try:
            return next((check(value) for value in said[name]), None)
        except (BadValue, ValueError) as error:
            notes.append(f"its {name.replace('_', ' ')} is left out: {error}")
            return None

    seconds = getattr(media.info, "length", 0) or 0
    names = [(name, part) for key, part in CREDITED.items() for name in _tidied(said[key]) if name]
    track = TrackWanted(
        title=(_tidied(said["title"]) or [_tidy(file.stem)])[0] or "Untitled",
        credits=list(dict.fromkeys(names))[: metadata.MOST_CREDITS],
        explicit=bool(EXPLICIT.intersection(said["explicit"])),
        isrc=checked("isrc", metadata.isrc),
        musicbrainz_id=checked("musicbrainz_track", UUID),
        language=checked("language", metadata.language),
        tags=_genres(said["genre"]),
        duration_ms=min(round(seconds * 1000), 86_400_000) if seconds > 0 else None,
    )
    return Recording(
        track=track,
        album=next(iter(_tidied(said["album"])), None),
        album_artist=next(iter(_tidied(said["album_artist"])), None),
        album_id=checked("musicbrainz_album", UUID),
        day=_day(said["day"]),
        disc=_number(said["disc"], 1),
        number=_number(said["track"], 10_000),
        notes=tuple(notes),
    )


def read_picture(opened: IO[bytes], file: SourceFile) -> bytes | None:
    """The picture inside the file, if there is one; raises UnreadableFile."""
    media = _read(opened, file)
    tags = media.tags
    found: list[bytes] = []
    if isinstance(tags, ID3):
        found = [frame.data for frame in tags.getall("APIC")]  # type: ignore[no-untyped-call]  # mutagen has no types
    elif isinstance(media, MP4):
        found = [bytes(cover) for cover in (tags or {}).get("covr", [])]
    elif isinstance(media, FLAC):
        found = [picture.data for picture in media.pictures]
    elif tags:
        found = [_picture_block(block) for block in tags.get("metadata_block_picture", [])[:1]]
    return next((data for data in found if 0 < len(data) <= MOST_BYTES), None)


def _read(opened: IO[bytes], file: SourceFile) -> Any:
    for reader in READERS[file.form]:
        opened.seek(0)
        try:
            return reader(opened)
        except Exception:  # noqa: S112  (what a damaged file makes a parser raise has no end)
            continue
    raise UnreadableFile(f"it is no {file.form[1:].upper()} file that can be read")


def _picture_block(block: str) -> bytes:
    try:
        return bytes(Picture(b64decode(block)).data)  # type: ignore[no-untyped-call]  # mutagen has no types
    except Exception:  # a damaged picture is no picture
        return b""


def _values(tags: Any, keys: tuple[str, str, str]) -> list[str]:
    """Every value of one field, as text."""
    if tags is None:
        return []
    if isinstance(tags, ID3):
        frames = tags.getall(keys[0])  # type: ignore[no-untyped-call]  # mutagen has no types
        return [text for frame in frames for text in _frame_texts(frame)]
    try:
        found = tags.get(keys[1]) or tags.get(keys[2]) or []
    except (KeyError, ValueError):
        found = tags.get(keys[2]) or []
    return [_text(value) for value in (found if isinstance(found, list) else [found])]


def _frame_texts(frame: Any) -> list[str]:
    if hasattr(frame, "genres"):
        return [str(genre) for genre in frame.genres]
    if hasattr(frame, "text"):
        return [str(text) for text in frame.text]
    return [_text(getattr(frame, "data", b""))]


def _text(value: Any) -> str:
    if isinstance(value, tuple):  # track or disc of how many
        return str(value[0]) if value else ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _tidied(values: list[str]) -> list[str]:
    return [tidy for tidy in map(_tidy, values) if tidy]


def _tidy(text: str, most: int = NAME_MOST) -> str:
    """As much of the text as a name may have; empty when nothing of it can be shown."""
    try:
        return clean(unicodedata.normalize("NFC", " ".join(flat(text).split()))[:most], "it", most)
    except BadValue:
        return ""


def _genres(values: list[str]) -> list[str]:
    split = [part for value in values for part in re.split(r"[;,/]", value)]
    tidy = [_tidy(part, metadata.TAG_MOST // 2).lower() for part in split]
    return list(dict.fromkeys(part for part in tidy if part))[: metadata.MOST_TAGS]


def _number(values: list[str], without: int) -> int:
    found = _FIRST_NUMBER.search(values[0]) if values else None
    return int(found[0]) if found else without


def _day(values: list[str]) -> date | None:
    found = _DAY.match(values[0]) if values else None
    try:
        day = date(int(found[1]), int(found[2] or 1), int(found[3] or 1)) if found else None
    except ValueError:
        return None
    return day if day is not None and 1860 <= day.year < 2200 else None
