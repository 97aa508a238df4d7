"""Seams between tracks: whether the music of one goes on where the next begins, told by the samples at their edges."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise

SILENT = 10 ** (-60 / 20)
"""Below −60 dBFS nothing is heard."""
_TOLERANCE = 1.5
"""Times the largest step within both edges. A jump that is larger is heard as a click."""


class Seam(StrEnum):
    """How two tracks meet: one of them is silent there, the music goes on, or it breaks off with a click."""

    SILENT = "silent"
    JOINED = "joined"
    BROKEN = "broken"


def seam(tail: Sequence[float], head: Sequence[float]) -> Seam:
    """How the end of a track and the beginning of the next meet."""
    if min(len(tail), len(head)) < 2 or min(_peak(tail), _peak(head)) < SILENT:
        return Seam.SILENT
    step = max(abs(one - other) for edge in (tail, head) for one, other in pairwise(edge))
    jump = abs(head[0] - tail[-1])
    return Seam.JOINED if jump <= _TOLERANCE * step + SILENT / 10 else Seam.BROKEN


def _peak(samples: Sequence[float]) -> float:
    return max(abs(one) for one in samples)
