"""Seams between tracks: whether the music of one goes on where the next begins, told by the samples at their edges."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from veza.audio.checks import SILENT

EDGE_SAMPLES = 64
"""1.5 ms at 44.1 kHz: enough to tell how fast the music moves."""
_TOLERANCE = 1.5
"""Times the largest step within both edges. A jump that is larger is heard as a click."""


class Edges(Struct, frozen=True):
    """The first and the last samples of a track, at most EDGE_SAMPLES, the mean of both channels; 1.0 is full scale."""

    head: list[float]
    tail: list[float]


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


class Seam(StrEnum):
    """How two tracks meet: one of them is silent there, the music goes on, or it breaks off with a click."""

    SILENT = "silent"
    JOINED = "joined"
    BROKEN = "broken"


def seam(tail: Sequence[float], head: Sequence[float]) -> Seam:
    """How the end of a track and the beginning of the next meet."""
    end, begin = np.asarray(tail), np.asarray(head)
    if min(end.size, begin.size) < 2 or min(np.abs(end).max(), np.abs(begin).max()) < SILENT:
        return Seam.SILENT
    step = max(np.abs(np.diff(end)).max(), np.abs(np.diff(begin)).max())
    jump = abs(begin[0] - end[-1])
    return Seam.JOINED if jump <= _TOLERANCE * step + SILENT / 10 else Seam.BROKEN
