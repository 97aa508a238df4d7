"""Loudness (EBU R128, ITU-R BS.1770-4), measured by libavfilter; blocks are kept, for an album's own value."""

from __future__ import annotations

from fractions import Fraction
from math import log10
from typing import Any

import av
import av.error
import av.filter
import numpy as np
from numpy.typing import NDArray

from veza.audio.album_loudness import ABSOLUTE_GATE_LUFS, STEP_LU, gated
from veza.audio.rendered import Loudness

_STEPS = 7_500
"""Of the histogram: 0.01 LU each, from −70 to +5 LUFS."""


class Meter:
    """Measures blocks of floats (2, n) at `rate` Hz."""

    def __init__(self, rate: int) -> None:
        self._rate, self._fed = rate, 0
        graph = self._graph = av.filter.Graph()
        self._source = graph.add_abuffer(format="flt", sample_rate=rate, layout="stereo", time_base=Fraction(1, rate))
        meter, self._sink = graph.add("ebur128", "metadata=1:peak=true"), graph.add("abuffersink")
        self._source.link_to(meter)
        meter.link_to(self._sink)
        graph.configure()
        self._histogram = np.zeros(_STEPS, dtype=np.int64)
        self._last: dict[str, str] = {}
        self._peak = 0.0

    def feed(self, block: NDArray[np.float32]) -> None:
        """The next samples."""
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(block.T).reshape(1, -1), format="flt", layout="stereo"
        )  # fmt: skip
        frame.sample_rate, frame.pts, frame.time_base = self._rate, self._fed, Fraction(1, self._rate)
        self._fed += block.shape[1]
        self._peak = max(self._peak, float(np.abs(block).max(initial=0.0)))
        self._source.push(frame)
        self._pull()

    def finish(self) -> Loudness:
        """What was measured."""
        self._source.push(None)
        self._pull()
        heard = [(int(step), int(self._histogram[step])) for step in np.flatnonzero(self._histogram)]
        integrated = gated(heard)
        loudest = max(self._peak, float(self._last.get("lavfi.r128.true_peak", 0.0)))
        return Loudness(
            integrated_lufs=integrated,
            range_lu=float(self._last["lavfi.r128.LRA"]) if integrated is not None else None,
            true_peak_dbtp=round(20 * log10(loudest), 2) if loudest > 0 else None,
            histogram=heard,
        )

    def _pull(self) -> None:
        while True:
            try:
                frame: Any = self._sink.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            said = frame.metadata
            if "lavfi.r128.M" in said:
                self._last = said
                self._count(frame.pts + frame.samples, float(said["lavfi.r128.M"]))

    def _count(self, end: int, momentary_lufs: float) -> None:
        # The first three values of a file cover less than a whole block.
        if end >= 0.4 * self._rate and momentary_lufs > ABSOLUTE_GATE_LUFS:
            self._histogram[min(_STEPS - 1, round((momentary_lufs - ABSOLUTE_GATE_LUFS) / STEP_LU))] += 1
