"""The values in a file's tags, made fit for the catalogue; a value that cannot be used is noted, never fatal."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from veza.catalog import metadata
from veza.catalog.text_fields import NAME_MOST, BadValue, clean
from veza.catalog.track_drafts import TrackDraft
from veza.ingest import encodings
from veza.ingest.dates import Known, read_date
from veza.ingest.media import Media, Text
from veza.ingest.sources import SourceFile
from veza.kit import codes
from veza.kit.messages import gettext
from veza.kit.text import sanitize

CREDITED = {"artist": "artist", "composer": "composer", "lyricist": "lyricist", "performer": "performer"}
EXPLICIT = frozenset({"1", "4"})  # as the iTunes advisory says it: 0 nothing, 1 or 4 explicit, 2 clean
LONGEST_MS = 86_400_000

_NUMBER = re.compile(r"\s*(?:(\d{1,2})[-.](?=\d))?(\d{1,4})(?:\s*(?:/|of)\s*\d+)?\s*", re.IGNORECASE)
"""A track's number: `7`, `7/12`, or with its disc before it, `2-07`."""
_SIDE = re.compile(r"\s*([A-Z]{1,2})[-. ]?(\d{1,2})?(?:\s*/\s*\w+)?\s*", re.IGNORECASE)
"""The side of a record and the number on it: `A1`, `b-02`, `AA`."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A file's track, and where it says it belongs. `side` is a record's ("" where there is none); `disc` and `number`
    are None where nothing is said. `title_is_name`: no tag has a title, the file's name stands for it."""

    track: TrackDraft
    album: str | None
    album_artist: str | None
    artist: str | None
    album_id: UUID | None
    date: Known | None
    disc: int | None
    side: str
    number: int | None
    is_lossless: bool
    bitrate: int
    says_explicit: bool | None = None
    title_is_name: bool = False
    notes: tuple[str, ...] = field(default=())


def read_recording(media: Media, file: SourceFile, encoding: str | None = None) -> Recording:
    """What the file says. `encoding` is that of texts which do not say how they are encoded; None: it is guessed."""
    reading = _Reading(media, encoding)
    said = {name: reading.texts(name) for name in media.texts}
    title = reading.one(said, "title")
    explicit = bool(EXPLICIT.intersection(said["explicit"])) if said.get("explicit") else None
    track = TrackDraft(
        title=title or title_of_name(file),
        credits=reading.credits(said),
        explicit=bool(explicit),
        isrc=reading.checked(said, "isrc", metadata.isrc),
        musicbrainz_id=reading.checked(said, "musicbrainz_track", UUID),
        language=reading.checked(said, "language", metadata.language),
        tags=reading.genres(said),
        duration_ms=min(round(media.seconds * 1000), LONGEST_MS) if media.seconds > 0 else None,
    )
    side, disc, number = place_of(next(iter(said.get("track", ())), ""))
    return Recording(
        track=track,
        album=reading.one(said, "album"),
        album_artist=reading.one(said, "album_artist"),
        artist=reading.one(said, "artist"),
        album_id=reading.checked(said, "musicbrainz_album", UUID),
        date=reading.date(said),
        disc=_whole(next(iter(said.get("disc", ())), "")) or disc,
        side=side,
        number=number,
        is_lossless=media.is_lossless,
        bitrate=media.bitrate,
        says_explicit=explicit,
        title_is_name=title is None,
        notes=tuple(reading.notes),
    )


def title_of_name(file: SourceFile) -> str:
    """The title of a track whose file has none in its tags."""
    return _tidy(file.stem) or "Untitled"


def place_of(written: str) -> tuple[str, int | None, int | None]:
    """Side, disc and number of what a tag says of a track's place."""
    if found := _NUMBER.fullmatch(written):
        return "", int(found[1]) if found[1] else None, int(found[2])
    if found := _SIDE.fullmatch(written):
        return found[1].upper(), None, int(found[2] or 1)
    first = re.search(r"\d{1,4}", written)
    return "", None, int(first[0]) if first else None


def _whole(written: str) -> int | None:
    found = re.search(r"\d{1,4}", written)
    return int(found[0]) or None if found else None


class _Reading:
    """The texts of one file, decoded in one encoding, with notes about values that were left out."""

    def __init__(self, media: Media, encoding: str | None) -> None:
        self._media = media
        self.notes = list(media.notes)
        undeclared = [text for texts in media.texts.values() for text in texts if isinstance(text, bytes)]
        odd = [raw for raw in undeclared if not encodings.is_utf_8(raw)]
        # Old tags say Latin-1 in any encoding; bytes that are no letters of Latin-1 show that it is another.
        is_latin_1 = not any(128 <= byte < 160 for raw in odd for byte in raw)
        self._encoding = encoding or encodings.guess(odd) or (("latin-1" if is_latin_1 else "cp1252") if odd else None)
        if odd and encoding is None and self._encoding != "latin-1":
            self.notes.append(
                f"its tags do not say their encoding and were read as {self._encoding}, which is a guess: check them"
            )
        elif len(odd) < len([raw for raw in undeclared if not raw.isascii()]):
            self.notes.append("its tags say Latin-1 and are UTF-8: they were read as UTF-8")

    def texts(self, name: str) -> list[str]:
        return [self._decoded(text) for text in self._media.texts[name]]

    def _decoded(self, text: Text) -> str:
        return encodings.decode(text, self._encoding) if isinstance(text, bytes) else text

    def one(self, said: dict[str, list[str]], name: str) -> str | None:
        """The first value that can be shown, cut where it is too long."""
        for text in said.get(name, ()):
            if tidy := _tidy(text):
                if len(" ".join(sanitize(text).split())) > NAME_MOST:
                    self.notes.append(f"its {name.replace('_', ' ')} is cut off after {NAME_MOST} letters")
                return tidy
        return None

    def checked(self, said: dict[str, list[str]], name: str, check: Callable[[str], Any]) -> Any:
        for value in said.get(name, ()):
            if name == "language" and codes.names_no_language(value):
                continue
            try:
                return check(value.strip())
            except (BadValue, ValueError) as error:
                self.notes.append(f"its {name.replace('_', ' ')} is left out: {error}")
                return None
        return None

    def credits(self, said: dict[str, list[str]]) -> list[tuple[str, str]]:
        named = [(_tidy(text), role) for key, role in CREDITED.items() for text in said.get(key, ())]
        found = list(dict.fromkeys((name, role) for name, role in named if name))
        if len(found) > metadata.MOST_CREDITS:
            self.notes.append(f"it credits {len(found)} names, the first {metadata.MOST_CREDITS} are taken")
        return found[: metadata.MOST_CREDITS]

    def genres(self, said: dict[str, list[str]]) -> list[str]:
        """Each genre whole, commas and slashes with it: “Folk, World, & Country” is one. Only a semicolon parts two."""
        parts = [part for value in said.get("genre", ()) for part in value.split(";")]
        found: dict[str, None] = {}
        for part in filter(None, map(_tidy, parts)):
            small = unicodedata.normalize("NFC", part.lower())
            if len(small) > metadata.TAG_MOST:
                self.notes.append(f"its genre “{part[:60]}” is left out: a tag has at most {metadata.TAG_MOST} letters")
            else:
                found[small] = None
        if len(found) > metadata.MOST_TAGS:
            self.notes.append(f"it has {len(found)} genres, the first {metadata.MOST_TAGS} are taken")
        return list(found)[: metadata.MOST_TAGS]

    def date(self, said: dict[str, list[str]]) -> Known | None:
        notes = []
        for written in said.get("day", ()):
            known, note = read_date(written)
            notes += [f"its date: {note}"] if note else []
            if known is not None:
                self.notes += notes
                return known
        self.notes += notes
        return None


def agreed(values: Sequence[Any]) -> Any:
    """The most frequent value, the first of several as frequent; None without values."""
    counted = Counter(value for value in values if value is not None)
    return counted.most_common(1)[0][0] if counted else None


def _tidy(text: str, most: int = NAME_MOST) -> str:
    """The text, cut to the length of a name; empty if no character of it can be shown."""
    try:
        return clean(unicodedata.normalize("NFC", " ".join(sanitize(text).split()))[:most], gettext("it"), most)
    except BadValue:
        return ""
