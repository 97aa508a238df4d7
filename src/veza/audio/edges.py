"""The edges of a track, by which its seams to the tracks beside it are judged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from veza.audio.rendered import Edges

EDGE_SAMPLES = 64
"""1.5 ms at 44.1 kHz: enough to tell how fast the music moves."""


class EdgeMeter:
    """Keeps the edges of blocks of floats (2, n)."""

    def __init__(self) -> None:
        self._head = np.zeros(0, np.float32)
        self._tail = np.zeros(0, np.float32)

    def feed(self, block: NDArray[np.float32]) -> None:
        """The next samples."""
        lacking = EDGE_SAMPLES - self._head.size
        if lacking > 0:
            self._head = np.concatenate([self._head, block[:, :lacking].mean(axis=0)])
        self._tail = np.concatenate([self._tail, block[:, -EDGE_SAMPLES:].mean(axis=0)])[-EDGE_SAMPLES:]

    def finish(self) -> Edges:
        """Both edges."""
        return Edges([round(float(one), 6) for one in self._head], [round(float(one), 6) for one in self._tail])
