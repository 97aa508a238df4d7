"""What a mastering engineer would look at before a release: found while the samples pass by. Advice, not a gate."""

from __future__ import annotations

from itertools import chain

import numpy as np
from numpy.typing import NDArray

from veza.audio.rendered import Findings
from veza.audio.seams import SILENT

FULL_SCALE = 1.0 - 2.0**-15
"""At or above it a sample is as loud as 16 bits can say."""
CLIPPED_SAMPLES = 3
"""As many in a row, of one channel, are a clipping: fewer may be a true peak."""
MOST_PLACES = 50


class MasterCheck:
    """Looks at blocks of floats (channels, n), 1.0 is full scale."""

    def __init__(self, channels: int) -> None:
        self._samples = 0
        self._sums = np.zeros(channels)
        self._first_heard: int | None = None
        self._last_heard = -1
        self._is_equal = True
        self._clippings = 0
        self._clipped_at: list[list[int]] = [[] for _ in range(channels)]
        self._runs = np.zeros(channels, dtype=np.int64)  # clipped samples at the end of the last block

    def feed(self, block: NDArray[np.float32]) -> None:
        """The next samples."""
        self._sums += block.sum(axis=1, dtype=np.float64)
        self._is_equal = self._is_equal and bool((block == block[0]).all())
        levels = np.abs(block)
        heard = np.flatnonzero(levels.max(axis=0) >= SILENT)
        if heard.size:
            self._last_heard = self._samples + int(heard[-1])
            if self._first_heard is None:
                self._first_heard = self._samples + int(heard[0])
        self._find_clippings(levels >= FULL_SCALE)
        self._samples += block.shape[1]

    def finish(self) -> Findings:
        """What was found."""
        start = self._samples if self._first_heard is None else self._first_heard
        return Findings(
            clippings=self._clippings,
            clipped_at=sorted(chain.from_iterable(self._clipped_at))[:MOST_PLACES],
            dc_offset=float(np.abs(self._sums / max(1, self._samples)).max()),
            silent_start_samples=start,
            silent_end_samples=self._samples - 1 - self._last_heard,
            is_double_mono=self._is_equal and self._sums.size > 1,
        )

    def _find_clippings(self, clipped: NDArray[np.bool_]) -> None:
        if not clipped.any() and not self._runs.any():
            return
        for channel, flags in enumerate(clipped):
            before = int(self._runs[channel])
            edges = np.diff(np.concatenate([[0], flags.view(np.int8), [0]]))
            begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
            lengths = ends - begins
            counted = 0
            if before and begins.size and begins[0] == 0:  # the last block's run goes on
                counted = int(before >= CLIPPED_SAMPLES)
                lengths[0] += before
                begins[0] -= before
            found = begins[lengths >= CLIPPED_SAMPLES][counted:]
            self._clippings += found.size
            places = self._clipped_at[channel]
            places += [self._samples + int(at) for at in found[: MOST_PLACES - len(places)]]
            self._runs[channel] = lengths[-1] if ends.size and ends[-1] == flags.size else 0
