"""The picture of a track: its peaks and its loudness over time, a byte each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from veza.audio.rendered import Waveform

POINTS = 1_800
_MOST_BINS = 65_536
"""Bins in memory; when there are more, two become one. At least 18 make a point of a long track."""


class WaveformMeter:
    """Gathers blocks of floats (channels, n)."""

    def __init__(self) -> None:
        self._bin_samples = 16
        self._peaks, self._squares = np.zeros(_MOST_BINS, np.float32), np.zeros(_MOST_BINS)
        self._bins, self._samples = 0, 0
        self._rest = np.zeros((2, 0), np.float32)  # a peak and a mean square for each sample

    def feed(self, block: NDArray[np.float32]) -> None:
        """The next samples."""
        self._samples += block.shape[1]
        heard = np.stack([np.abs(block).max(axis=0), (block * block).mean(axis=0)])
        waiting = np.concatenate([self._rest, heard], axis=1)
        while (whole := waiting.shape[1] // self._bin_samples) > _MOST_BINS - self._bins:
            if self._bins % 2:
                self._put(waiting[:, None, : self._bin_samples])
                waiting = waiting[:, self._bin_samples :]
            self._halve()
        self._put(waiting[:, : whole * self._bin_samples].reshape(2, whole, self._bin_samples))
        self._rest = waiting[:, whole * self._bin_samples :]

    def finish(self) -> Waveform:
        """The points, at most as many as there are bins."""
        if self._rest.shape[1]:
            if self._bins == _MOST_BINS:
                self._halve()
            self._put(self._rest.reshape(2, 1, -1))
        points = min(POINTS, self._bins)
        starts = np.arange(points) * self._bins // points
        peaks = np.maximum.reduceat(self._peaks[: self._bins], starts)
        counts = np.diff(np.append(starts, self._bins))
        rms = np.sqrt(np.add.reduceat(self._squares[: self._bins], starts) / counts)
        return Waveform(_bytes(peaks), _bytes(rms))

    def _put(self, bins: NDArray[np.float32]) -> None:
        count = bins.shape[1]
        here = slice(self._bins, self._bins + count)
        self._peaks[here], self._squares[here] = bins[0].max(axis=1), bins[1].mean(axis=1)
        self._bins += count

    def _halve(self) -> None:
        """Two bins become one; there is an even number of them."""
        self._bins //= 2
        self._peaks[: self._bins] = self._peaks[: 2 * self._bins].reshape(-1, 2).max(axis=1)
        self._squares[: self._bins] = self._squares[: 2 * self._bins].reshape(-1, 2).mean(axis=1)
        self._bin_samples *= 2


def _bytes(levels: NDArray[np.floating]) -> bytes:
    return np.clip(np.round(levels * 255), 0, 255).astype(np.uint8).tobytes()
