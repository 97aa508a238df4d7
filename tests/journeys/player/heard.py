"""What a browser played, laid over the album: how many samples are missing or doubled at a joint."""

from __future__ import annotations

import base64

import numpy as np
from numpy.typing import NDArray

WIDTH = 8192
"""Samples that are compared on each side of a joint."""
AWAY = 600
"""Between the joint and what is compared: AAC may differ right there."""
BELIEVED = 0.98
"""Correlation of what is found with what is looked for."""


class NotHeard(AssertionError):
    """What was looked for is nowhere in what was played."""


def samples_of(said: str) -> NDArray[np.float64]:
    """What the page's `recorded()` says."""
    return np.frombuffer(base64.b64decode(said), dtype="<f4").astype(np.float64)


def place_of(heard: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    """Where in `heard` the piece `wanted` begins, to a fraction of a sample. Raises NotHeard."""
    size = 1 << (len(heard) + len(wanted)).bit_length()
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size))
    found = np.fft.irfft(spectrum, size)[: len(heard) - len(wanted)]
    summed = np.cumsum(np.concatenate([[0.0], heard**2]))
    energy = (summed[len(wanted) :] - summed[: -len(wanted)])[: len(found)]
    likeness = found / np.sqrt(np.maximum(energy, 1e-9) * np.sum(wanted**2))
    best = int(np.argmax(likeness))
    if likeness[best] < BELIEVED:
        raise NotHeard(f"at most {likeness[best]:.3f} alike")
    if not 0 < best < len(likeness) - 1:
        return best
    before, at, after = likeness[best - 1 : best + 2]
    return best + float((before - after) / (2 * (before - 2 * at + after)))


def gap_at(heard: NDArray[np.float64], source: NDArray[np.float64], joint: int) -> float:
    """Samples too many (or, below zero, too few) where one track ends and the next begins."""
    before = source[joint - AWAY - WIDTH : joint - AWAY]
    after = source[joint + AWAY : joint + AWAY + WIDTH]
    return place_of(heard, after) - place_of(heard, before) - (WIDTH + 2 * AWAY)


def differences(heard: NDArray[np.float64], source: NDArray[np.float64], joint: int) -> NDArray[np.float64]:
    """The two recordings, sample by sample around a joint, laid over each other by the seconds before it."""
    start = joint - AWAY - WIDTH
    at = round(place_of(heard, source[start : joint - AWAY]))
    length = 2 * (WIDTH + AWAY)
    return heard[at : at + length] - source[start : start + length]
