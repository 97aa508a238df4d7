"""A score: what each part plays, in samples; and a passage of it, in beats and chords, that players write into."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from veza.lab.demo.music.harmony import Chord, Key
from veza.lab.demo.music.melody import Motif
from veza.lab.demo.music.rhythm import swung
from veza.lab.demo.music.styles import Layer, Style
from veza.lab.demo.music.waves import seconds


class Event(NamedTuple):
    """A note: first sample, samples it is held, instrument, MIDI number, gain (a factor), pan (−1 left to 1 right)."""

    start: int
    held: int
    name: str
    pitch: float
    gain: float
    pan: float


@dataclass(slots=True)
class Part:
    """One player's notes, and how they are mixed: `gain` as a factor, sends to room and echo as shares."""

    gain: float
    room: float
    echo: float
    is_ducked: bool
    events: list[Event] = field(default_factory=list)


@dataclass(slots=True)
class Score:
    """All parts by role, and the samples at which a kick makes the ducked parts give way."""

    parts: dict[str, Part] = field(default_factory=dict)
    kicks: list[int] = field(default_factory=list)

    def part(self, role: str, gain_db: float, room: float, echo: float = 0.0, *, is_ducked: bool = False) -> Part:
        """The part of that role, made where there is none."""
        if role not in self.parts:
            self.parts[role] = Part(10 ** (gain_db / 20), room, echo, is_ducked)
        return self.parts[role]


@dataclass(frozen=True, slots=True)
class Song:
    """What makes a song itself, at any length: key, chords, motifs and figures, by the letter of the section."""

    key: Key
    tempo: float
    progressions: dict[str, tuple[Chord, ...]]
    motifs: dict[str, Motif]
    figure: int
    """Which of its figures each accompanying player uses."""
    lift: int = 0
    """Semitones that the last chorus is higher."""


@dataclass(frozen=True, slots=True)
class Section:
    """`bars` from `bar` on; `letter` as in Layer.plays, `turn` counts those of a letter from 0, `force` is 0 to 1.1."""

    letter: str
    bar: int
    bars: int
    turn: int
    force: float


@dataclass(slots=True)
class Passage:
    """A section as one player sees it. Beats count from the section's first."""

    part: Part
    layer: Layer
    style: Style
    song: Song
    section: Section
    chords: tuple[Chord, ...]
    start: int
    beat_samples: float
    dice: random.Random

    @property
    def beats(self) -> int:
        return self.style.beats

    def play(
        self, beat: float, length: float, pitch: float, loudness: float, *, pan: float = 0.0, late: float = 0.0,
        name: str = "",
    ) -> int:  # fmt: skip
        """Write a note, a little early or late and louder or softer than asked; returns its first sample."""
        swing = swung(beat, self.style.swing, self.style.swing_unit)
        loose = max(-2.0, min(2.0, self.dice.gauss(0, 1))) * self.style.loose_ms / 1000 / 2
        start = max(0, self.start + round(swing * self.beat_samples) + seconds(late + loose))
        gain = loudness * self.section.force * self.dice.uniform(0.9, 1.07)
        held = max(seconds(0.03), round(length * self.beat_samples))
        side = max(-1.0, min(1.0, self.layer.pan + pan))
        self.part.events.append(Event(start, held, name or self.layer.instruments[0], round(pitch, 2), gain, side))
        return start

    def runs(self, most_beats: float) -> list[tuple[float, float, Chord]]:
        """Beat, length and chord of each stretch in which the chord stays, at most that long."""
        found: list[tuple[float, float, Chord]] = []
        for bar, chord in enumerate(self.chords):
            at = bar * self.beats
            if found and found[-1][2] == chord and found[-1][1] + self.beats <= most_beats:
                found[-1] = found[-1][0], found[-1][1] + self.beats, chord
            else:
                found.append((at, self.beats, chord))
        return found

    def low(self, step: int) -> float:
        """The step's pitch in the octave about the layer's centre."""
        return near(self.song.key.pitch(step), self.layer.centre)

    def centre_step(self) -> int:
        """The step of the scale nearest to the layer's centre."""
        return min(range(-14, 22), key=lambda step: abs(self.song.key.pitch(step) - self.layer.centre))


def near(pitch: float, centre: float) -> float:
    """The pitch moved by octaves to within six semitones of `centre`."""
    return pitch + 12 * round((centre - pitch) / 12)


def sorted_parts(score: Score) -> tuple[Part, ...]:
    """The parts that play anything, their events in order of time."""
    for part in score.parts.values():
        part.events.sort()
    score.kicks.sort()
    return tuple(part for part in score.parts.values() if part.events)


def bars_of(progression: Sequence[Chord], bars: int, bars_per_chord: int) -> tuple[Chord, ...]:
    """The chord of each bar."""
    return tuple(progression[bar // bars_per_chord % len(progression)] for bar in range(bars))
