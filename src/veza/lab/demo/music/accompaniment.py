"""Players that accompany: each writes its pattern for one passage. Their names are the patterns of styles.py."""

from __future__ import annotations

from collections.abc import Callable

from veza.lab.demo.music.harmony import voiced
from veza.lab.demo.music.score import Passage, near
from veza.lab.demo.music.waves import RATE

Hits = tuple[tuple[float, float, float], ...]
"""Beat, length in beats and loudness of each."""
LONGEST_HELD = 7.0
"""Seconds a chord is held before it is played again."""

_ARPEGGIOS = ((0, 1, 2, 3, 2, 1, 2, 1), (0, 2, 1, 2, 3, 2, 1, 2), (0, 1, 2, 1, 3, 1, 2, 1), (3, 2, 1, 0, 1, 2, 1, 2),
              (0, 2, 3, 2, 1, 2, 3, 2))  # fmt: skip
_SIXTEENTHS = ((0, 1, 2, 3), (0, 2, 1, 3, 0, 2, 4, 3), (0, 3, 2, 1, 4, 3), (0, 1, 2, 4, 3, 2, 1, 2))
_COMPS = (((0, 1.4), (2.5, 0.5)), ((1.5, 1.2), (3, 0.4)), ((0, 0.5), (1.5, 2)), ((0.5, 0.4), (2, 1.5)),
          ((1, 0.5), (2.5, 1.2)))  # fmt: skip
_STABS = ((1.5, 3.25), (0.5, 2.5), (0.75, 2.0, 3.5), (1.5,), (0.5, 1.5, 2.5, 3.5))
_STRUMS = {4: ((0, 1.0), (1, 0.7), (1.5, 0.5), (2.5, 0.5), (3, 0.8), (3.5, 0.5)),
           3: ((0, 1.0), (1, 0.55), (1.5, 0.8), (2.5, 0.55))}  # fmt: skip
_OFFBEATS = ((0.5, 1.5, 2.5, 3.5), (0.75, 1.5, 2.75, 3.5), (0.5, 1.75, 2.5), (0, 1.5, 2.75))
_GROOVES = (((0, 1.2, 0), (1.75, 0.5, 0), (2.5, 1.0, 4)), ((0, 1.5, 0), (2.25, 0.7, 0), (3.5, 0.4, -1)),
            ((0, 0.8, 0), (1.5, 0.5, 7), (2.5, 1.2, 0)), ((0, 2.0, 0), (2.75, 0.5, 4), (3.25, 0.5, 6)))  # fmt: skip


def _sustain(passage: Passage) -> None:
    before: tuple[float, ...] = ()
    longest = LONGEST_HELD / passage.beat_samples * RATE
    for beat, length, chord in passage.runs(max(passage.beats, longest)):
        before = voiced(passage.song.key, chord, before, passage.layer.centre)
        for voice, pitch in enumerate(before):
            passage.play(beat, length * 1.03, pitch, 0.6 if voice else 0.75, pan=0.25 * (voice - 1.5) / 1.5)


def _pedal(passage: Passage) -> None:
    """Tonic and fifth without an end."""
    step = max(passage.beats, round(LONGEST_HELD * 0.8 / passage.beat_samples * RATE))
    for beat in range(0, passage.section.bars * passage.beats, step):
        length = min(step, passage.section.bars * passage.beats - beat) * 1.12
        passage.play(beat, length, passage.low(0), 0.9)
        passage.play(beat, length, passage.low(0) + 7, 0.45, pan=0.2)


def _arpeggio(passage: Passage) -> None:
    order, before = _ARPEGGIOS[passage.song.figure % len(_ARPEGGIOS)], ()
    pitches: tuple[float, ...] = before
    for bar, chord in enumerate(passage.chords):
        pitches = voiced(passage.song.key, chord, pitches, passage.layer.centre)
        ladder = (*pitches, *(pitch + 12 for pitch in pitches))
        for eighth in range(passage.beats * 2):
            if passage.section.letter == "i" and eighth % 2:
                continue
            pitch = ladder[order[eighth % len(order)]]
            passage.play(bar * passage.beats + eighth / 2, 1.8, pitch, 0.9 if eighth % 4 == 0 else 0.62)


def _sixteenths(passage: Passage) -> None:
    order = _SIXTEENTHS[passage.song.figure % len(_SIXTEENTHS)]
    pitches: tuple[float, ...] = ()
    for bar, chord in enumerate(passage.chords):
        pitches = voiced(passage.song.key, chord, pitches, passage.layer.centre)
        ladder = (*pitches, *(pitch + 12 for pitch in pitches))
        for place in range(passage.beats * 4):
            if passage.section.letter in "iv" and place % 4 == 3:
                continue
            loudness = 0.9 if place % 4 == 0 else 0.5 + 0.15 * (place % 3 == 0)
            passage.play(bar * passage.beats + place / 4, 0.3, ladder[order[place % len(order)]], loudness)


def _chords_at(passage: Passage, hits: Callable[[int], Hits], spread: float = 0.0) -> None:
    """Chords at the (beat, length, loudness) that `hits` gives for each bar; `spread` seconds from string to string."""
    pitches: tuple[float, ...] = ()
    for bar, chord in enumerate(passage.chords):
        pitches = voiced(passage.song.key, chord, pitches, passage.layer.centre)
        for number, (beat, length, loudness) in enumerate(hits(bar)):
            strings = pitches if number % 2 == 0 else pitches[::-1]
            for voice, pitch in enumerate(strings):
                passage.play(bar * passage.beats + beat, length, pitch, loudness * 0.75, late=voice * spread)


def _waltz(passage: Passage) -> None:
    after = ((1, 0.8, 0.8), (2, 0.7, 0.65))
    _chords_at(passage, lambda bar: after if passage.beats == 3 else (*after, (3, 0.7, 0.8)), 0.006)


def _comping(passage: Passage) -> None:
    def hits(bar: int) -> Hits:
        pattern = _COMPS[(passage.song.figure + bar * (bar % 4 != 1)) % len(_COMPS)]
        return tuple((beat, length, passage.dice.uniform(0.55, 0.9)) for beat, length in pattern)

    _chords_at(passage, hits, 0.004)


def _lazy(passage: Passage) -> None:
    """A chord that is let ring, and sometimes its echo before the bar is over."""
    ghost = 2.5 + 0.25 * (passage.song.figure % 3)
    _chords_at(passage, lambda bar: ((0, 2.4, 0.9), (ghost, 1.0, 0.5))[: 1 + bar % 2], 0.012)


def _stabs(passage: Passage) -> None:
    beats = _STABS[passage.song.figure % len(_STABS)]
    _chords_at(passage, lambda _bar: tuple((beat, 0.3, 0.85 - 0.15 * (place % 2)) for place, beat in enumerate(beats)))


def _strum(passage: Passage) -> None:
    """Down and up over five strings."""
    pitches: tuple[float, ...] = ()
    for bar, chord in enumerate(passage.chords):
        pitches = voiced(passage.song.key, chord, pitches, passage.layer.centre)
        strings = sorted({*pitches, *(pitch + 12 for pitch in pitches[:2])})
        for number, (beat, loudness) in enumerate(_STRUMS[passage.beats]):
            down = number % 2 == 0
            for place, pitch in enumerate(strings if down else strings[:1:-1]):
                softer = 0.62 - 0.05 * place
                passage.play(bar * passage.beats + beat, 0.9, pitch, loudness * softer, late=place * 0.011)


def _drive(passage: Passage) -> None:
    """Eighths on the root: short ones in verses, ringing ones in choruses."""
    open_strings = passage.section.letter in "co"
    for bar, chord in enumerate(passage.chords):
        root = passage.low(chord.root)
        for eighth in range(passage.beats * 2):
            accent = eighth % 4 == 0 or (open_strings and eighth % 4 == 3)
            if passage.section.letter == "b" and not accent:
                continue
            length = 0.95 if passage.section.letter == "b" else 0.52 if open_strings or accent else 0.26
            passage.play(bar * passage.beats + eighth / 2, length, root, 0.95 if accent else 0.75)


def _tremolo(passage: Passage) -> None:
    for bar, chord in enumerate(passage.chords):
        if bar % 4 < 2:
            continue
        for place in range(passage.beats * 4):
            loudness = 0.3 + 0.6 * place / (passage.beats * 4)
            passage.play(bar * passage.beats + place / 4, 0.4, passage.low(chord.root), loudness)


def _long(passage: Passage) -> None:
    for beat, length, chord in passage.runs(max(passage.beats, 5.5 / passage.beat_samples * RATE)):
        passage.play(beat, length * 0.98, passage.low(chord.root), 0.9)


def _eighths(passage: Passage) -> None:
    chords = passage.chords
    for bar, chord in enumerate(chords):
        following = chords[(bar + 1) % len(chords)].root
        for eighth in range(passage.beats * 2):
            step = chord.root if eighth < passage.beats * 2 - 1 or following == chord.root else following - 1
            passage.play(bar * passage.beats + eighth / 2, 0.48, passage.low(step), 0.9 if eighth % 2 == 0 else 0.72)


def _octaves(passage: Passage) -> None:
    for bar, chord in enumerate(passage.chords):
        root = passage.low(chord.root)
        for eighth in range(passage.beats * 2):
            high = 12 * (eighth % 2 if passage.song.figure % 2 else eighth in (3, 6))
            passage.play(bar * passage.beats + eighth / 2, 0.42, root + high, 0.9 - 0.15 * (eighth % 2))


def _walking(passage: Passage) -> None:
    """Root, two tones of the chord or the scale, and a step towards the next root."""
    chords = passage.chords
    for bar, chord in enumerate(chords):
        goal = chords[(bar + 1) % len(chords)].root
        middle = passage.dice.choice(((2, 4), (4, 2), (1, 2), (4, 6), (-3, -1)))
        approach = goal + passage.dice.choice((-1, 1))
        steps = (chord.root, chord.root + middle[0], chord.root + middle[1], approach)
        root = passage.low(chord.root)
        for beat, step in enumerate(steps[: passage.beats]):
            pitch = near(passage.song.key.pitch(step), root + 2 if beat else root)
            passage.play(bar * passage.beats + beat, 0.92, pitch, 0.95 if beat % 2 == 0 else 0.8)
        if passage.dice.random() < 0.15:
            ghost = near(passage.song.key.pitch(approach), root)
            passage.play(bar * passage.beats + passage.beats - 0.5, 0.4, ghost, 0.5)


def _root_fifth(passage: Passage) -> None:
    for bar, chord in enumerate(passage.chords):
        if passage.beats == 3:
            passage.play(bar * 3, 1.6, passage.low(chord.root + 4 * (bar % 2)), 0.95)
            continue
        passage.play(bar * 4, 1.4, passage.low(chord.root), 0.95)
        passage.play(bar * 4 + 2, 1.2, passage.low(chord.root + 4), 0.8)


def _offbeat(passage: Passage) -> None:
    beats = _OFFBEATS[passage.song.figure % len(_OFFBEATS)]
    for bar, chord in enumerate(passage.chords):
        for place, beat in enumerate(beats):
            step = chord.root + (6 if place == len(beats) - 1 and bar % 4 == 3 else 0)
            passage.play(bar * passage.beats + beat, 0.42, passage.low(step), 0.95)


def _groove(passage: Passage) -> None:
    pattern = _GROOVES[passage.song.figure % len(_GROOVES)]
    for bar, chord in enumerate(passage.chords):
        for beat, length, above in pattern:
            passage.play(bar * passage.beats + beat, length, passage.low(chord.root + above), 0.9)


def _ambience(passage: Passage) -> None:
    """A sound that goes on: one begins before the other is over."""
    whole = passage.section.bars * passage.beats
    step = 6.5 / passage.beat_samples * RATE
    for number in range(max(1, int(whole / step))):
        passage.play(number * step, 8.0 / passage.beat_samples * RATE, 60 + number % 3, 0.9)


ACCOMPANISTS: dict[str, Callable[[Passage], None]] = {
    "sustain": _sustain, "pedal": _pedal, "arpeggio": _arpeggio, "sixteenths": _sixteenths, "waltz": _waltz,
    "comping": _comping, "lazy": _lazy, "stabs": _stabs, "strum": _strum, "drive": _drive, "tremolo": _tremolo,
    "long": _long, "eighths": _eighths, "octaves": _octaves, "walking": _walking, "root-fifth": _root_fifth,
    "offbeat": _offbeat, "groove": _groove, "ambience": _ambience,
}  # fmt: skip
