"""An album cut out of one continuous sound, and what is heard at its joints."""

from __future__ import annotations

from math import log10

import numpy as np
from numpy.typing import NDArray

RATE = 44_100
CUTS = (0, 314_124, 556_674, 700_001)
"""Samples at which the tracks begin and the last one ends: none is a multiple of a frame."""
ABOVE_HERTZ = 5_000
AROUND_SECONDS = 0.008


def continuous(samples: int = CUTS[-1], rate: int = RATE) -> NDArray[np.float64]:
    """A chord and a slow sweep; nothing of it is above 5 kHz."""
    at = np.arange(samples) / rate
    sweep = 0.2 * np.sin(2 * np.pi * (200 * at + 40 * at * at))
    chord = sum(0.08 * np.sin(2 * np.pi * hertz * at) for hertz in (220.0, 277.18, 329.63, 441.3))
    return np.stack([sweep + chord, 0.8 * sweep - 0.5 * chord])


def click_dbfs(played: NDArray[np.float64], joint: int, rate: int = RATE) -> float:
    """The peak above 5 kHz within 8 ms of `joint`."""
    width, around = 8_192, int(AROUND_SECONDS * rate)
    window = played[:, joint - width : joint + width] * np.blackman(2 * width)
    spectrum = np.fft.rfft(window, axis=1)
    hertz = np.fft.rfftfreq(2 * width, 1 / rate)
    high = np.fft.irfft(spectrum * (hertz > ABOVE_HERTZ), axis=1)
    return 20 * log10(float(np.abs(high[:, width - around : width + around]).max()) + 1e-12)
