"""Floats at another rate, block by block; as they are where the rate is the same."""

from __future__ import annotations

import av
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Resampler:
    """From `source_rate` to `rate` Hz; `layout` is libav's name of the channels."""

    def __init__(self, source_rate: int, rate: int, layout: str) -> None:
        self._source_rate, self._layout, self._fed = source_rate, layout, 0
        self._inner = av.AudioResampler(format="fltp", layout=layout, rate=rate) if rate != source_rate else None

    def feed(self, block: Floats) -> list[Floats]:
        """What comes of the next samples, (channels, n) each."""
        if self._inner is None:
            return [block]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout=self._layout)
        frame.sample_rate, frame.pts = self._source_rate, self._fed
        self._fed += block.shape[1]
        return _arrays(self._inner.resample(frame))

    def finish(self) -> list[Floats]:
        """What was held back."""
        return [] if self._inner is None else _arrays(self._inner.resample(None))


def _arrays(frames: list[av.AudioFrame]) -> list[Floats]:
    return [one.to_ndarray().astype(np.float32, copy=False) for one in frames]
