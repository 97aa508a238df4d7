"""One pass over a source: every rung, the loudness, the waveform and the master check of the same samples."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import IO, Any

import av
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from veza.audio.aac import AacRung, Edges
from veza.audio.checks import Findings, MasterCheck
from veza.audio.decoding import Decoder
from veza.audio.flac import FlacRung
from veza.audio.loudness import Loudness, Meter
from veza.audio.manifest import AAC_BITRATES, Rendition, Rung
from veza.audio.mixing import is_mixed, to_stereo
from veza.audio.segments import aac_rate, aac_samples, aac_segment_lengths, segment_lengths
from veza.audio.sources import Source
from veza.audio.waveform import Waveform, WaveformMeter

_FULL_SCALE = 2.0**-31

Floats = NDArray[np.float32]


class Rendered(Struct, frozen=True):
    """What one pass made. `samples` at `rate` Hz are the music; `clipped_samples` did not fit into 24 bits."""

    rate: int
    samples: int
    channels: int
    bits: int
    codec: str
    container: str
    is_lossless: bool
    clipped_samples: int
    damaged_packets: int
    renditions: list[Rendition]
    loudness: Loudness | None
    waveform: Waveform | None
    findings: Findings | None


def render(
    file: IO[bytes], folder: Path, rungs: Collection[Rung], *, longest_seconds: float, measures: bool,
    progress: Callable[[float], None] = lambda _: None,
) -> Rendered:  # fmt: skip
    """Decode `file` once and write `rungs` into `folder`, each as <rung>.mp4; measure if `measures`.

    A lossless rung is made of a lossless source alone. `progress` hears seconds of sound that are done. Raises
    NotSound, TooLong.
    """
    with Decoder(file, longest_seconds) as decoder:
        source: Source = decoder.source
        lossy = [rung for rung in rungs if rung in AAC_BITRATES]
        ladder = _Ladder(source, folder, lossy) if lossy else None
        lossless = _Lossless(source, folder) if Rung.FLAC in rungs and source.is_lossless else None
        measured = _Measured(source) if measures else None
        for block in decoder.blocks():
            stereo = to_stereo(block, source.channels)
            floats = _floats(stereo)
            if lossless:
                lossless.feed(stereo)
            if ladder:
                ladder.feed(floats)
            if measured:
                measured.feed(floats, _floats(block))
            progress(decoder.samples / source.rate)
        samples = decoder.samples
        renditions = ladder.finish(samples) if ladder else []
        if lossless:
            renditions.append(lossless.rung.finish(samples))
        return Rendered(
            rate=source.rate, samples=samples, channels=len(source.channels), bits=source.bits, codec=source.codec,
            container=source.container, is_lossless=source.is_lossless,
            clipped_samples=lossless.clipped if lossless else 0, damaged_packets=decoder.damaged_packets,
            renditions=renditions,
            loudness=measured.loudness.finish() if measured else None,
            waveform=measured.waveform.finish() if measured else None,
            findings=measured.check.finish() if measured else None,
        )  # fmt: skip


class _Ladder:
    """The lossy rungs: the same floats, resampled and continued at the edges once, for each of them."""

    def __init__(self, source: Source, folder: Path, rungs: Collection[Rung]) -> None:
        self._source_rate, self._rate = source.rate, aac_rate(source.rate)
        self._resampler = None
        if self._rate != source.rate:
            self._resampler = av.AudioResampler(format="fltp", layout="stereo", rate=self._rate)
        self._edges, self._fed = Edges(), 0
        self._rungs = [
            AacRung(folder / f"{rung}.mp4", rung, self._rate, aac_segment_lengths(source.rate)) for rung in rungs
        ]

    def feed(self, block: Floats) -> None:
        for resampled in self._resampled(block):
            self._encode(self._edges.pass_on(resampled))

    def finish(self, samples: int) -> list[Rendition]:
        for resampled in self._resampled(None):
            self._encode(self._edges.pass_on(resampled))
        count = aac_samples(self._source_rate, samples)
        self._encode(self._edges.end(count))
        return [rung.finish(count) for rung in self._rungs]

    def _encode(self, blocks: Any) -> None:
        for block in blocks:
            for rung in self._rungs:
                rung.feed(block)

    def _resampled(self, block: Floats | None) -> list[Floats]:
        if self._resampler is None:
            return [] if block is None else [block]
        frame = None
        if block is not None:
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = self._source_rate, self._fed
            self._fed += block.shape[1]
        return [one.to_ndarray().astype(np.float32, copy=False) for one in self._resampler.resample(frame)]


class _Lossless:
    """The lossless rung: whole numbers as they came, floats rounded to 24 bits."""

    def __init__(self, source: Source, folder: Path) -> None:
        self._bits = 24 if is_mixed(source.channels) else source.bits
        self.rung = FlacRung(folder / f"{Rung.FLAC}.mp4", source.rate, self._bits, segment_lengths(source.rate))
        self.clipped = 0

    def feed(self, stereo: NDArray[Any]) -> None:
        if stereo.dtype == np.int32:
            # 32 bits become 24, rounded to the nearest; fewer bits stay what they are.
            whole = stereo >> (32 - self._bits) if self._bits == 16 else _rounded_to_24(stereo)
        else:
            most = 2 ** (self._bits - 1)
            scaled = np.round(stereo * most)
            self.clipped += int(((scaled >= most) | (scaled < -most)).sum())
            whole = np.clip(scaled, -most, most - 1).astype(np.int32)
        self.rung.feed(whole)


class _Measured:
    """Everything that is measured of the samples, and not written."""

    def __init__(self, source: Source) -> None:
        self.loudness, self.waveform = Meter(source.rate), WaveformMeter()
        self.check = MasterCheck(len(source.channels))

    def feed(self, stereo: Floats, channels: Floats) -> None:
        self.loudness.feed(stereo)
        self.waveform.feed(stereo)
        self.check.feed(channels)


def _rounded_to_24(samples: NDArray[np.int32]) -> NDArray[np.int32]:
    rounded: NDArray[np.int64] = (samples.astype(np.int64) + 0x80) >> 8
    return np.minimum(rounded, 2**23 - 1).astype(np.int32)


def _floats(samples: NDArray[Any]) -> Floats:
    scaled = samples * np.float32(_FULL_SCALE) if samples.dtype == np.int32 else samples
    return scaled.astype(np.float32, copy=False)
