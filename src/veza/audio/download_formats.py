"""The formats that a track can be downloaded in, and how each is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from veza.audio.segments import aac_rate


class DownloadFormat(StrEnum):
    """What a buyer may choose from."""

    FLAC = "flac"
    WAV = "wav"
    ALAC = "alac"
    MP3_320 = "mp3_320"
    MP3_V0 = "mp3_v0"
    AAC = "aac"
    OPUS = "opus"


@dataclass(frozen=True, slots=True)
class How:
    """`rate` is Hz or None for that of the source; `sample` and `coder` are by bits where there is no loss."""

    suffix: str
    container: str
    coder: str
    sample: str
    rate: Callable[[int], int]
    options: dict[str, str] = field(default_factory=dict)
    bitrate: int | None = None
    coder_24: str = ""
    sample_24: str = ""

    @property
    def is_lossless(self) -> bool:
        return bool(self.sample_24)


def _same(rate: int) -> int:
    return rate


HOW = {
    DownloadFormat.FLAC: How("flac", "flac", "flac", "s16", _same, coder_24="flac", sample_24="s32"),
    DownloadFormat.WAV: How("wav", "wav", "pcm_s16le", "s16", _same, coder_24="pcm_s24le", sample_24="s32"),
    DownloadFormat.ALAC: How("m4a", "ipod", "alac", "s16p", _same, coder_24="alac", sample_24="s32p"),
    DownloadFormat.MP3_320: How("mp3", "mp3", "libmp3lame", "fltp", aac_rate, bitrate=320_000),
    DownloadFormat.MP3_V0: How("mp3", "mp3", "libmp3lame", "fltp", aac_rate, options={"q": "0"}),
    DownloadFormat.AAC: How("m4a", "ipod", "aac", "fltp", aac_rate, bitrate=256_000),
    DownloadFormat.OPUS: How("opus", "opus", "libopus", "flt", lambda _: 48_000, bitrate=160_000),
}


def formats_for(*, is_lossless: bool) -> list[DownloadFormat]:
    """The formats of a track: none without loss where the upload had lost something already."""
    return [one for one, how in HOW.items() if is_lossless or not how.is_lossless]


def suffix_of(wanted: DownloadFormat) -> str:
    """The end of the file's name, without a dot."""
    return HOW[wanted].suffix


def is_lossless(wanted: DownloadFormat) -> bool:
    """Whether the format keeps every sample."""
    return HOW[wanted].is_lossless
