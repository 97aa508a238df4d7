"""Where the rungs of one track are cut: at the same instants, each a whole number of FLAC blocks and of AAC frames.

Players switch rungs at these borders, so a border must fall between two frames in each of them. Source of the lengths:
measurements with three browsers (docs/decisions/0060).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat

BLOCK = 4096
"""Samples of a FLAC block: four AAC frames at the same rate."""
FRAME = 1024
"""Samples of an AAC frame."""
SEGMENT_SECONDS = 4
"""Near this long. Shorter ones cost requests, longer ones make the first sound late."""
FASTEST_AAC = 48_000


def segment_lengths(rate: int) -> Iterator[int]:
    """Samples of each segment at `rate` (Hz), in order and without an end.

    The first is about a quarter of the usual length, the second half of it: on a slow line the music begins sooner.
    """
    unit = BLOCK * max(1, round(rate / FASTEST_AAC))
    usual = max(1, round(BLOCK * round(SEGMENT_SECONDS * rate / BLOCK) / unit))
    return chain(
        (unit * max(1, round(usual / 4)), unit * max(1, round(usual / 2))), repeat(unit * usual)
    )  # fmt: skip


def aac_rate(rate: int) -> int:
    """Hz of the AAC rungs of a track at `rate`: 44.1 or 48 kHz, whichever it goes into."""
    return 44_100 if rate % 11_025 == 0 else FASTEST_AAC


def aac_segment_lengths(rate: int) -> Iterator[int]:
    """The same borders in samples of the AAC rungs of a track at `rate`; the first also holds the priming."""
    lengths = (length * aac_rate(rate) // rate for length in segment_lengths(rate))
    return chain((next(lengths) + FRAME,), lengths)


def aac_samples(rate: int, samples: int) -> int:
    """Samples of the AAC rungs of a track of `samples` at `rate`. Rounded up: then every rung has as many segments."""
    return -(-samples * aac_rate(rate) // rate)
