"""The lossy rungs of a track: its samples, resampled and continued at the edges once, encoded for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from veza.audio.aac import AacRung, Edges
from veza.audio.manifest import Rendition, Rung
from veza.audio.resampling import Floats, Resampler
from veza.audio.segments import aac_rate, aac_samples, aac_segment_lengths
from veza.audio.sources import Source

_FULL_SCALE = 2.0**-31


def as_floats(samples: NDArray[Any]) -> Floats:
    """Samples as floats, 1.0 is full scale."""
    scaled = samples * np.float32(_FULL_SCALE) if samples.dtype == np.int32 else samples
    return scaled.astype(np.float32, copy=False)


class Ladder:
    """Encodes blocks of floats (2, n) at the source's rate into rungs; `names` says what each one's file is called."""

    def __init__(self, source: Source, folder: Path, names: Mapping[Rung, str]) -> None:
        self._source_rate, self._rate = source.rate, aac_rate(source.rate)
        self._resampler = Resampler(source.rate, self._rate, "stereo")
        self._edges = Edges()
        self._rungs = [
            AacRung(folder / f"{name}.mp4", rung, self._rate, aac_segment_lengths(source.rate))
            for rung, name in names.items()
        ]

    def feed(self, block: Floats) -> None:
        """The next samples."""
        for resampled in self._resampler.feed(block):
            self._encode(self._edges.pass_on(resampled))

    def finish(self, samples: int) -> list[Rendition]:
        """End the files of a track of `samples` at the source's rate."""
        for resampled in self._resampler.finish():
            self._encode(self._edges.pass_on(resampled))
        count = aac_samples(self._source_rate, samples)
        self._encode(self._edges.end(count))
        return [rung.finish(count) for rung in self._rungs]

    def _encode(self, blocks: Iterable[Floats]) -> None:
        for block in blocks:
            for rung in self._rungs:
                rung.feed(block)
