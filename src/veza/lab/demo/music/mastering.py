"""Mastering: one gain for the whole piece, gentle saturation, and as many bits as are heard."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from veza.lab.demo.music.waves import RATE, Doubles, Floats

LOUDNESS_LUFS = -14.0
CEILING = 10 ** (-2.0 / 20)
"""The highest sample: 1 dB below what the true peak, between samples, may be."""
MOST_GAIN = 10 ** (30 / 20)
NOISE_DB = -23.0
"""Noise of rounding against the difference of neighbouring samples in a tenth of a second. The difference follows the
highs, which mask noise: the noise is about 48 dB below a dull piece and 44 dB below a bright one."""
GRAIN = 4096
"""Samples that are rounded to the same number of bits: those of a FLAC frame."""
_MOST_DROPPED = 6


def loudness_of(blocks: list[Floats]) -> float:
    """LUFS of blocks (2, n) of mid and side, as ITU-R BS.1770-4 gates and weights them, but in one second's windows."""
    energies: list[float] = []
    for block in blocks:
        windows = block[:, : block.shape[1] // RATE * RATE].reshape(-1, RATE)
        spectrum = np.abs(np.fft.rfft(windows)) ** 2 * _weights()
        power = 2 * 2 * spectrum.sum(axis=1) / RATE**2
        energies += (power.reshape(2, -1)).sum(axis=0).tolist()
    levels = np.array([one for one in energies if one > 1e-9])
    if not levels.size:
        return -100.0
    kept = levels[levels > levels.mean() / 10]
    return float(-0.691 + 10 * np.log10(kept.mean()))


@cache
def _weights() -> Floats:
    """The power response of BS.1770's two filters (their coefficients at 48 kHz), for windows of a second."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(RATE, 1 / RATE) / 48_000)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    weights: Floats = (np.abs(shelf * high_pass) ** 2).astype(np.float32)
    return weights


def saturated(block: Floats, drive: float) -> Floats:
    """Left and right (2, n) of mid and side: linear while soft, bent where loud, never above CEILING."""
    left_right = np.empty_like(block)
    np.add(block[0], block[1], out=left_right[0])
    np.subtract(block[0], block[1], out=left_right[1])
    left_right *= np.float32(drive / CEILING)
    np.tanh(left_right, out=left_right)
    left_right *= np.float32(CEILING)
    return left_right


def quantized(left_right: Floats) -> NDArray[np.int16]:
    """Whole numbers (2, n) of floats (2, n), a whole number of grains.

    Mid and side are rounded to multiples of 2^k, where k grows with the loudness of the grain: FLAC leaves bits out
    that are 0 in a whole frame. Music at −14 LUFS keeps about 12 bits, which halves the file.
    """
    mid = (left_right[0] + left_right[1]) * np.float32(16384)
    side = (left_right[0] - left_right[1]) * np.float32(16384)
    steps = np.repeat(_steps(mid, side), GRAIN)
    mid, side = np.rint(mid / steps) * steps, np.rint(side / steps) * steps
    whole: Doubles = np.stack([mid + side, mid - side])
    return np.clip(whole, -32768, 32767).astype(np.int16)


def _steps(mid: Floats, side: Floats) -> Floats:
    """The step of each grain: so large that its noise stays NOISE_DB below the difference of neighbouring samples."""
    power = sum((np.diff(one, prepend=one[:1]) ** 2).reshape(-1, GRAIN).mean(axis=1) for one in (mid, side))
    step = np.sqrt(6 * power) * 10 ** (NOISE_DB / 20)
    dropped = np.clip(np.floor(np.log2(np.maximum(step, 1))), 0, _MOST_DROPPED)
    steps: Floats = (2.0**dropped).astype(np.float32)
    return steps
