"""The loudness of several tracks together (EBU R128): of their counted blocks, without a sample of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log10

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
OFFSET = -0.691
"""LUFS of a mean square of 1."""
STEP_LU = 0.01
"""Of the histogram."""


def gated(histogram: Sequence[tuple[int, int]]) -> float | None:
    """Integrated loudness (LUFS) of counted blocks, of one track or of several together; None if all was silent."""
    if not histogram:
        return None
    blocks = [(10 ** ((ABSOLUTE_GATE_LUFS + step * STEP_LU - OFFSET) / 10), count) for step, count in histogram]
    gate = 10 ** ((_mean_level(blocks) + RELATIVE_GATE_LU - OFFSET) / 10)
    return round(_mean_level((energy, count) for energy, count in blocks if energy > gate), 2)


def _mean_level(blocks: Iterable[tuple[float, int]]) -> float:
    energy, blocks_counted = 0.0, 0
    for one, count in blocks:
        energy, blocks_counted = energy + one * count, blocks_counted + count
    return OFFSET + 10 * log10(energy / blocks_counted)
