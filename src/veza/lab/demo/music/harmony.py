"""Scales, chords and the way one chord leads to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

MODES: dict[str, tuple[float, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "hijaz": (0, 1, 4, 5, 7, 8, 10),
    "bayati": (0, 1.5, 3, 5, 7, 8, 10),
    "rast": (0, 2, 3.5, 5, 7, 9, 10.5),
    "nikriz": (0, 2, 3, 6, 7, 9, 10),
}
"""Semitones above the tonic. Bayati and rast have quarter tones."""

SHAPES: dict[str, tuple[int, ...]] = {
    "triad": (0, 2, 4),
    "seventh": (0, 2, 4, 6),
    "ninth": (0, 2, 6, 8),
    "added ninth": (0, 2, 4, 8),
    "suspended": (0, 1, 4),
    "fifth": (0, 4),
    "power": (0,),
}
"""Steps of the scale above the root. The ninth leaves the fifth to the bass's overtones."""

PROGRESSIONS: dict[str, tuple[tuple[int, ...], ...]] = {
    "major": ((0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 3, 5, 4), (3, 0, 4, 5), (0, 2, 3, 4), (0, 3, 1, 4),
              (0, 4, 1, 3), (3, 4, 2, 5)),
    "minor": ((0, 5, 2, 6), (0, 3, 5, 4), (0, 6, 5, 6), (0, 2, 6, 3), (5, 6, 0, 0), (0, 5, 3, 4), (0, 6, 3, 5),
              (3, 5, 0, 6)),
    "modal": ((0, 6, 3, 0), (0, 3, 0, 6), (0, 6, 0, 4), (0, 2, 6, 0), (0, 1, 6, 0), (0, 3, 6, 0)),
    "cadential": ((1, 4, 0, 5), (2, 5, 1, 4), (0, 5, 1, 4), (3, 2, 1, 4), (0, 3, 2, 5), (1, 4, 2, 5)),
    "slow": ((0, 0, 3, 3), (0, 5, 3, 0), (0, 2, 5, 3), (0, 3, 5, 4), (5, 3, 0, 0), (0, 4, 3, 3)),
    "drone": ((0, 0, 0, 6), (0, 0, 3, 0), (0, 1, 0, 6), (0, 0, 6, 1)),
    "stab": ((0, 0, 0, 0), (0, 0, 3, 3), (0, 0, 5, 5), (0, 0, 6, 6)),
    "three chords": ((0, 3, 4, 3), (0, 0, 3, 4), (0, 4, 3, 0), (0, 6, 3, 0), (0, 3, 0, 4), (0, 5, 3, 4)),
}  # fmt: skip
"""Four roots each, as steps of the scale."""


@dataclass(frozen=True, slots=True)
class Key:
    """A scale on a tonic, which is a MIDI number."""

    tonic: int
    mode: str

    def pitch(self, step: int) -> float:
        """The MIDI number of a step of the scale; 0 is the tonic, 7 the octave."""
        scale = MODES[self.mode]
        return self.tonic + 12 * (step // 7) + scale[step % 7]

    def moved(self, semitones: int) -> Key:
        return Key(self.tonic + semitones, self.mode)


@dataclass(frozen=True, slots=True)
class Chord:
    """A root and what stands above it, in steps of the scale."""

    root: int
    shape: str

    @property
    def steps(self) -> tuple[int, ...]:
        return tuple(self.root + one for one in SHAPES[self.shape])

    def has(self, step: int) -> bool:
        """Whether the step is a tone of the chord, in any octave."""
        return step % 7 in {one % 7 for one in (*self.steps, self.root + 4)}

    def nearest(self, step: int) -> int:
        """The chord's tone nearest to the step; of two the lower one."""
        tones = (step + by for by in (0, -1, 1, -2, 2, -3, 3) if self.has(step + by))
        return min(tones, key=lambda one: abs(one - step))


def voiced(key: Key, chord: Chord, before: Sequence[float], centre: float) -> tuple[float, ...]:
    """The chord's pitches about `centre` (a MIDI number), so placed that the voices of the chord before move least."""
    classes = [key.pitch(step) for step in chord.steps]
    places = []
    for inversion in range(len(classes)):
        turned = sorted((*classes[inversion:], *(one + 12 for one in classes[:inversion])))
        mean = sum(turned) / len(turned)
        octave = round((centre - mean) / 12)
        places += [tuple(one + 12 * (octave + by) for one in turned) for by in (-1, 0, 1)]
    return min(places, key=lambda one: _movement(one, before) + 0.9 * abs(sum(one) / len(one) - centre) + _mud(one))


def _movement(chord: Sequence[float], before: Sequence[float]) -> float:
    if not before:
        return 0.0
    return sum(min(abs(one - other) for other in before) for one in chord)


def _mud(chord: Sequence[float]) -> float:
    """Seconds low down sound muddy."""
    return sum(3.0 for low, high in pairwise(chord) if high - low < 3 and low < 55)
