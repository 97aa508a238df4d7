"""One pass over a source: every rung, the loudness, the waveform and the master check of the same samples."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import IO, Any

from numpy.typing import NDArray

from veza.audio.checks import MasterCheck
from veza.audio.decoding import Decoder
from veza.audio.edges import EdgeMeter
from veza.audio.flac import FlacRung
from veza.audio.ladder import Ladder, as_floats
from veza.audio.loudness import Meter
from veza.audio.manifest import AAC_BITRATES, Rung
from veza.audio.mixing import is_mixed, quantize, to_stereo
from veza.audio.rendered import Rendered
from veza.audio.resampling import Floats
from veza.audio.segments import segment_lengths
from veza.audio.sources import Source
from veza.audio.waveform import WaveformMeter


def render(
    file: IO[bytes], folder: Path, rungs: Collection[Rung], *, longest_seconds: float, measures: bool,
    progress: Callable[[float | None], None] = lambda _: None,
) -> Rendered:  # fmt: skip
    """Decode `file` once and write `rungs` into `folder`, each as <rung>.mp4; measure if `measures`.

    A lossless rung is made of a lossless source alone. `progress` hears which share is done. Raises
    NotSound, TooLong.
    """
    with Decoder(file, longest_seconds) as decoder:
        source: Source = decoder.source
        lossy = [rung for rung in rungs if rung in AAC_BITRATES]
        ladder = Ladder(source, folder, {rung: rung for rung in lossy}) if lossy else None
        lossless = _Lossless(source, folder) if Rung.FLAC in rungs and source.is_lossless else None
        measured = _Measured(source) if measures else None
        for block in decoder.blocks():
            stereo = to_stereo(block, source.channels)
            floats = as_floats(stereo)
            if lossless:
                lossless.feed(stereo)
            if ladder:
                ladder.feed(floats)
            if measured:
                measured.feed(floats, as_floats(block))
            progress(decoder.share)
        samples = decoder.samples
        renditions = ladder.finish(samples) if ladder else []
        if lossless:
            renditions.append(lossless.rung.finish(samples))
        return Rendered(
            rate=source.rate, samples=samples, channels=len(source.channels), bits=source.bits, codec=source.codec,
            container=source.container, is_lossless=source.is_lossless,
            clipped_samples=lossless.clipped if lossless else 0, damaged_packets=decoder.damaged_packets,
            impossible_samples=decoder.impossible_samples,
            renditions=renditions,
            loudness=measured.loudness.finish() if measured else None,
            waveform=measured.waveform.finish() if measured else None,
            findings=measured.check.finish() if measured else None,
            edges=measured.edges.finish() if measured else None,
        )  # fmt: skip


class _Lossless:
    """The lossless rung: whole numbers as they came, floats rounded to 24 bits."""

    def __init__(self, source: Source, folder: Path) -> None:
        self._bits = 24 if is_mixed(source.channels) else source.bits
        self.rung = FlacRung(folder / f"{Rung.FLAC}.mp4", source.rate, self._bits, segment_lengths(source.rate))
        self.clipped = 0

    def feed(self, stereo: NDArray[Any]) -> None:
        whole, clipped = quantize(stereo, self._bits)
        self.clipped += clipped
        self.rung.feed(whole)


class _Measured:
    """Everything that is measured of the samples, and not written."""

    def __init__(self, source: Source) -> None:
        self.loudness, self.waveform = Meter(source.rate), WaveformMeter()
        self.check, self.edges = MasterCheck(len(source.channels)), EdgeMeter()

    def feed(self, stereo: Floats, channels: Floats) -> None:
        self.loudness.feed(stereo)
        self.waveform.feed(stereo)
        self.check.feed(channels)
        self.edges.feed(stereo)
