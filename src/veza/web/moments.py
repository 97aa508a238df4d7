"""Words that hang below a track's wave, each from a stem at its moment; no stem crosses another one's words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from veza.web.words import short

MOST_PINS, LANES = 12, 3
MOST_LETTERS, LEAST_LETTERS = 40, 8
STEPS_MS = tuple(1000 * seconds for seconds in (1, 5, 10, 15, 30, 60, 120, 300, 600, 1800))
MOST_TICKS, LAST_SHARE = 8, 0.97
"""A tick behind `LAST_SHARE` of the track would be written outside of the window."""
LETTER_PERCENT, GAP_PERCENT = 0.68, 1.2
"""Of a window 1,280 pixels wide: a letter of the text is at most 8.7 pixels on average."""


class Said(Protocol):
    """A comment at its moment."""

    at_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Pin:
    """A stem at `percent` of the track, down to its lane (0 is the nearest to the wave); `words` may have no space."""

    at_ms: int
    percent: float
    lane: int
    words: str

    @property
    def end_percent(self) -> float:
        """Where its words end."""
        return self.percent + GAP_PERCENT + LETTER_PERCENT * len(self.words)


@dataclass(frozen=True, slots=True)
class Tick:
    """A time that is written under the wave, at `percent` of the track."""

    at_ms: int
    percent: float


def ticks(length_ms: int) -> list[Tick]:
    """At most MOST_TICKS, at whole steps of seconds or minutes from the beginning on."""
    if length_ms <= 0:
        return []
    step_ms = next((one for one in STEPS_MS if length_ms / one <= MOST_TICKS), length_ms // MOST_TICKS)
    return [Tick(at, 100 * at / length_ms) for at in range(0, length_ms, step_ms) if at < LAST_SHARE * length_ms]


def pins(said: Iterable[Said], length_ms: int) -> list[Pin]:
    """Laid from the right: words go down until they pass below every stem that they meet."""
    laid: list[Pin] = []
    for one in sorted(_spread(said, length_ms), key=lambda one: -one.at_ms):
        laid.append(_laid(one, 100 * one.at_ms / length_ms, laid))
    return laid[::-1]


def _spread(said: Iterable[Said], length_ms: int) -> list[Said]:
    """The first of each part of the track, where there are more than have space."""
    if length_ms <= 0:
        return []
    parts: dict[int, Said] = {}
    for one in sorted(said, key=lambda one: one.at_ms):
        if one.at_ms <= length_ms:
            parts.setdefault(min(MOST_PINS * one.at_ms // length_ms, MOST_PINS - 1), one)
    return list(parts.values())


def _laid(one: Said, percent: float, to_the_right: Sequence[Pin]) -> Pin:
    space = int((100 - percent - GAP_PERCENT) / LETTER_PERCENT)
    words = short(" ".join(one.text.split()), min(space, MOST_LETTERS)) if space >= LEAST_LETTERS else ""
    pin = Pin(one.at_ms, percent, 0, words)
    lane = max((met.lane + 1 for met in to_the_right if met.percent < pin.end_percent), default=0)
    return Pin(one.at_ms, percent, lane, words) if lane < LANES and words else Pin(one.at_ms, percent, 0, "")
