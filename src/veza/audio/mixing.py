"""Two channels out of any number.

Source of the coefficients: ITU-R BS.775-3, table 2; the low-frequency channel is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HALF_POWER = 1 / sqrt(2)
_TO_LEFT_RIGHT = {
    "FL": (1.0, 0.0), "FR": (0.0, 1.0), "FC": (_HALF_POWER, _HALF_POWER), "LFE": (0.0, 0.0),
    "BL": (_HALF_POWER, 0.0), "BR": (0.0, _HALF_POWER), "SL": (_HALF_POWER, 0.0), "SR": (0.0, _HALF_POWER),
    "BC": (0.5, 0.5), "FLC": (1.0, 0.0), "FRC": (0.0, 1.0),
}  # fmt: skip
"""What each channel gives to the left and to the right."""


def is_mixed(channels: Sequence[str]) -> bool:
    """Whether the two channels are sums: mono is doubled and stereo taken as it is, both without any arithmetic."""
    return len(channels) > 2


def quantize(samples: NDArray[Any], bits: int) -> tuple[NDArray[np.int32], int]:
    """Whole numbers of `bits` (16 or 24), and how many samples did not fit.

    Whole numbers at the top of 32 bits stay what they are, but 32 bits are rounded to 24, as floats are.
    """
    if samples.dtype == np.int32:
        if bits == 16:
            return samples >> 16, 0
        rounded: NDArray[np.int64] = (samples.astype(np.int64) + 0x80) >> 8
        return np.minimum(rounded, 2**23 - 1).astype(np.int32), 0
    most = 2 ** (bits - 1)
    scaled = np.round(samples * most)
    clipped = int(((scaled >= most) | (scaled < -most)).sum())
    return np.clip(scaled, -most, most - 1).astype(np.int32), clipped


def to_stereo(samples: NDArray[Any], channels: Sequence[str]) -> NDArray[Any]:
    """(2, n) of `samples` (channels, n). Sums are floats, made so much softer that no sum can clip."""
    if len(channels) == 1:
        return np.repeat(samples, 2, axis=0)
    if len(channels) == 2:
        return samples
    # A channel that has no place in the table is heard on both sides.
    matrix = np.array([_TO_LEFT_RIGHT.get(name, (0.5, 0.5)) for name in channels]).T
    loudest = max(1.0, float(np.abs(matrix).sum(axis=1).max()))
    scale = 2.0**-31 if samples.dtype == np.int32 else 1.0
    mixed: NDArray[np.float64] = (matrix * (scale / loudest)) @ samples
    return mixed
