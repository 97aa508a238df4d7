"""Motifs: a rhythm and a shape that a song states, answers and varies."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from veza.lab.demo.music.harmony import Chord

_CELLS: dict[int, tuple[tuple[float, ...], ...]] = {
    1: ((2, 2), (3, 1), (4,), (1, 3), (2, 1, 1)),
    2: ((1, 1, 2), (1.5, 0.5, 2), (1, 0.5, 0.5, 2), (2, 1, 0.5, 0.5), (1.5, 1.5, 1), (0.5, 1, 0.5, 2)),
    3: ((0.5, 0.5, 1, 1, 1), (1, 0.5, 0.5, 1, 1), (0.5, 0.5, 0.5, 0.5, 2), (1.5, 0.5, 0.5, 0.5, 1),
        (0.5, 1, 0.5, 1, 1), (0.75, 0.75, 0.5, 1, 1)),
    4: ((0.5,) * 8, (0.5, 0.25, 0.25, 0.5, 0.5, 1, 1), (0.5, 0.5, 0.5, 0.5, 1, 0.5, 0.5),
        (0.75, 0.25, 0.5, 0.5, 0.5, 0.5, 1)),
}  # fmt: skip
"""Lengths of the notes of one bar of four beats, by how busy they are."""
_CELLS_OF_THREE: dict[int, tuple[tuple[float, ...], ...]] = {
    1: ((3,), (2, 1)),
    2: ((2, 1), (1, 1, 1), (1.5, 0.5, 1), (1, 2)),
    3: ((1, 0.5, 0.5, 1), (0.5, 0.5, 1, 1), (1, 1, 0.5, 0.5), (1.5, 0.5, 0.5, 0.5)),
    4: ((0.5,) * 6, (0.5, 0.5, 0.5, 0.5, 1), (1, 0.5, 0.5, 0.5, 0.5)),
}
_LEAPS = (-4, -3, -2, -1, -1, -1, 1, 1, 1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Tone:
    """A note of a melody: when and for how long in beats, and which step of the scale."""

    at: float
    length: float
    step: int


Motif = tuple[Tone, ...]


def motif_of(dice: random.Random, beats: int, busy: int, bars: int = 2) -> Motif:
    """A motif of that many bars; its steps count from its first tone. `busy` is 1 (long notes) to 4."""
    cells = _CELLS if beats == 4 else _CELLS_OF_THREE
    tones: list[Tone] = []
    step = 0
    for bar in range(bars):
        at = 0.0
        quieter = busy > 1 and bar == bars - 1  # a motif ends on longer notes than it begins with
        for length in dice.choice(cells[busy - quieter]):
            is_rest = tones and length <= 1 and dice.random() < 0.12
            if not is_rest:
                tones.append(Tone(bar * beats + at, length, step))
            at += length
            leap = dice.choice(_LEAPS)
            # What has climbed far comes back, a leap is answered by a step the other way.
            step += -1 if step + leap > 5 else 1 if step + leap < -4 else leap
    return tuple(tones)


def varied(dice: random.Random, motif: Motif) -> Motif:
    """The same rhythm with two tones changed, or its second half turned upside down."""
    if dice.random() < 0.4:
        pivot = motif[len(motif) // 2]
        return tuple(replace(tone, step=2 * pivot.step - tone.step) if tone.at > pivot.at else tone for tone in motif)
    changed = set(dice.sample(range(len(motif)), min(2, len(motif))))
    return tuple(
        replace(tone, step=tone.step + dice.choice((-2, -1, 1, 2))) if place in changed else tone
        for place, tone in enumerate(motif)
    )


def phrase(
    dice: random.Random, motif: Motif, chords: Sequence[Chord], beats: int, bars: int, centre: int
) -> list[Tone]:
    """The motif over `bars` bars whose chords are `chords` (one a bar): statement, answer, statement, close.

    Steps lie about `centre`. Strong beats fall on tones of the chord; the phrase ends on the tonic, but for its middle.
    """
    made: list[Tone] = []
    step = centre
    answers = (motif, varied(dice, motif), motif, varied(dice, motif))
    for place in range(0, bars, 2):
        shape = answers[place // 2 % 4]
        anchor = chords[place].nearest(round((step + 2 * centre) / 3))
        for tone in shape:
            bar = place + int(tone.at // beats)
            if bar >= bars:
                break
            step = anchor + tone.step
            step -= 7 * (step > centre + 8) - 7 * (step < centre - 6)
            if tone.at % beats in (0, 2):
                step = chords[bar].nearest(step)
            made.append(Tone(place * beats + tone.at, tone.length, step))
        if place % 8 in (2, 6) and made:
            made[-1] = _closing(made[-1], chords[min(bars, place + 2) - 1], beats, place + 2, is_end=place % 8 == 6)
    return made


def _closing(last: Tone, chord: Chord, beats: int, bars: int, *, is_end: bool) -> Tone:
    """The last tone held until the bars are over: on the tonic at an end where the chord has it."""
    step = round(last.step / 7) * 7 if is_end and chord.has(0) else chord.nearest(last.step)
    return Tone(last.at, max(last.length, bars * beats - last.at - 0.5), step)
