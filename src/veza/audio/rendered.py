"""What is known of a sound that was rendered: plain values, for processes that load no codec."""

from __future__ import annotations

from msgspec import Struct

from veza.audio.manifest import Rendition


class Loudness(Struct, frozen=True):
    """`integrated_lufs` and `range_lu` are None for silence, and for less than 0.4 s; `true_peak_dbtp` for silence.

    `histogram` counts blocks of 0.4 s, ten a second, by their loudness: pairs of a step (0.01 LU from −70 LUFS) and
    how many there are.
    """

    integrated_lufs: float | None
    range_lu: float | None
    true_peak_dbtp: float | None
    histogram: list[tuple[int, int]]


class Waveform(Struct, frozen=True):
    """`peaks` and `rms`: at most POINTS bytes, 255 is full scale."""

    peaks: bytes
    rms: bytes


class Findings(Struct, frozen=True):
    """`clippings` are runs of clipped samples, `clipped_at` where the first of them begin (sample). `dc_offset` is the
    mean of the channel that has the larger one. `silent_start_samples` and `silent_end_samples` are below −60 dBFS;
    `is_double_mono`: both channels are the same."""

    clippings: int
    clipped_at: list[int]
    dc_offset: float
    silent_start_samples: int
    silent_end_samples: int
    is_double_mono: bool


class Edges(Struct, frozen=True):
    """The first and the last samples of a track, at most EDGE_SAMPLES, the mean of both channels; 1.0 is full scale."""

    head: list[float]
    tail: list[float]


class Rendered(Struct, frozen=True):
    """What one pass made. `samples` at `rate` Hz are the music; `clipped_samples` did not fit into 24 bits,
    `impossible_samples` were no level at all and are silent."""

    rate: int
    samples: int
    channels: int
    bits: int
    codec: str
    container: str
    is_lossless: bool
    clipped_samples: int
    damaged_packets: int
    impossible_samples: int
    renditions: list[Rendition]
    loudness: Loudness | None
    waveform: Waveform | None
    findings: Findings | None
    edges: Edges | None = None
