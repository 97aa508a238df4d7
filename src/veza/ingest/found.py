"""A recording of the source: its path, its content, and its place on a release."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from veza.catalog import metadata
from veza.catalog.text_fields import same_name
from veza.ingest.disc_folders import Home
from veza.ingest.recording import Recording
from veza.ingest.sources import SourceFile

NO_HOME = Home("", "")
"""The home of a file whose folder was not looked at yet."""
SAME_LENGTH_MS = 2_000
"""Two encodings of one recording differ by less: encoders add silence at both ends."""


@dataclass(frozen=True, slots=True)
class PictureSeen:
    """A picture inside a file: its type (ID3v2.4, 4.14), its bytes, and the hash it is found by again."""

    kind: int
    size: int
    hash: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A track's place on its release; `number` None where neither a tag nor a name says it."""

    disc: int
    side: str
    number: int | None

    def may_be(self, other: Slot) -> bool:
        """Whether both may be one place: a number that is not known may be any on its disc and side."""
        same_side = (self.disc, self.side) == (other.disc, other.side)
        return same_side and (self.number == other.number or None in {self.number, other.number})

    def __str__(self) -> str:
        return f"disc {self.disc}, track {self.side}{self.number if self.number is not None else '?'}"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A recording where it lies: `place` on this machine, the hash of the whole file, and that of its sound."""

    file: SourceFile
    place: str
    file_hash: str
    audio_hash: str
    recording: Recording
    pictures: tuple[PictureSeen, ...] = field(default=())
    slot: Slot = Slot(1, "", None)
    home: Home = NO_HOME
    sheet: str = ""
    """The cue sheet inside it."""

    @property
    def title_key(self) -> str:
        return same_name(self.recording.track.title)

    @property
    def lasts_ms(self) -> int | None:
        return self.recording.track.duration_ms


def same_length(one_ms: int | None, other_ms: int | None) -> bool:
    """Whether two lengths may be of one recording; one that is not known may be."""
    return one_ms is None or other_ms is None or abs(one_ms - other_ms) <= SAME_LENGTH_MS


def track_facts(found: FoundFile) -> dict[str, Any]:
    """What the file says of its track, as the catalogue's columns have it; None or empty where it says nothing."""
    said = found.recording.track
    return {
        "title": said.title,
        "credits": metadata.credits(said.credits),
        "explicit": found.recording.says_explicit,
        "isrc": said.isrc,
        "musicbrainz_id": str(said.musicbrainz_id) if said.musicbrainz_id else None,
        "language": said.language,
        "tags": list(said.tags),
        "duration_ms": said.duration_ms,
    }
