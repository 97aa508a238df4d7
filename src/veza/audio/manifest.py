"""What is known of a track's rendered sound: the one source of truth for players, playlists and downloads."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Rung(StrEnum):
    """The qualities of one track; also the names of their files."""

    AAC_64 = "aac64"
    AAC_128 = "aac128"
    AAC_256 = "aac256"
    FLAC = "flac"


AAC_BITRATES = {Rung.AAC_64: 64_000, Rung.AAC_128: 128_000, Rung.AAC_256: 256_000}
"""Bits a second of the lossy rungs."""


PREVIEW = "preview"
"""The name of the files of a preview."""
PREVIEW_SECONDS = 30


class Segment(Struct, frozen=True, array_like=True, gc=False):
    """A fragment of a rung's file: where it lies (bytes), and which coded samples it holds (priming included).

    `gc=False`: plain numbers, and many thousands of them in memory, which the collector need not look at.
    """

    offset: int
    size: int
    duration_samples: int
    start_samples: int


class Rendition(Struct, frozen=True):
    """One rung: a fragmented MP4 of `size_bytes`, whose first `init_bytes` are ftyp and moov.

    A player leaves `priming_samples` out, plays `samples` at `rate` Hz, and leaves out `padding_samples` at the end.
    `progressive_bytes` is the size of the same packets as an ordinary M4A, which lossy rungs have. `codecs` is the
    parameter of RFC 6381; `average_bitrate` and `peak_bitrate` are bits a second of whole segments.
    """

    rung: Rung
    codecs: str
    rate: int
    samples: int
    priming_samples: int
    padding_samples: int
    init_bytes: int
    size_bytes: int
    progressive_bytes: int | None
    average_bitrate: int
    peak_bitrate: int
    segments: list[Segment]
