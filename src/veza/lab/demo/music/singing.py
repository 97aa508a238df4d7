"""Players that carry a melody, answer it or drum to it."""

from __future__ import annotations

import random
from collections.abc import Callable

from veza.lab.demo.music.melody import Tone, phrase
from veza.lab.demo.music.rhythm import FILLS, GROOVES
from veza.lab.demo.music.score import Passage, Score

_ALWAYS = "ivcbo"
"""A melody that opens the song by itself, with little under it."""
_ORNAMENTED = ("oud", "fiddle", "banjo", "cantor")


def tune(passage: Passage, centre: int) -> list[Tone]:
    """The section's melody: the same each time its letter comes, but for the second half of every other time."""
    tones: list[Tone] = []
    letter = {"i": "c", "o": "c"}.get(passage.section.letter, passage.section.letter)
    for begun in range(0, passage.section.bars, 8):
        bars = min(8, passage.section.bars - begun)
        dice = random.Random(f"{passage.song.figure} {letter} {passage.section.turn // 2}")
        made = phrase(
            dice, passage.song.motifs[letter], passage.chords[begun : begun + bars], passage.beats, bars, centre
        )
        tones += [Tone(tone.at + begun * passage.beats, tone.length, tone.step) for tone in made]
    return tones


def _melody(passage: Passage) -> None:
    for tone in tune(passage, passage.centre_step()):
        bar = int(tone.at // passage.beats)
        if passage.section.letter in "io" and bar % 4 > 1 and passage.layer.plays != _ALWAYS:
            continue  # before and after the song it is only hinted at
        _sing(passage, tone)


def _sing(passage: Passage, tone: Tone, loudness: float = 0.9) -> None:
    pitch = passage.song.key.pitch(tone.step)
    strong = tone.at % passage.beats == 0
    if tone.length >= 1 and passage.layer.instruments[0] in _ORNAMENTED and passage.dice.random() < 0.3:
        grace = 0.12 if passage.beat_samples > 20_000 else 0.2
        passage.play(tone.at, grace, passage.song.key.pitch(tone.step + 1), loudness * 0.6)
        passage.play(tone.at + grace, tone.length * 0.95 - grace, pitch, loudness)
        return
    passage.play(tone.at, tone.length * 0.96, pitch, loudness * (1.0 if strong else 0.85))


def _sparse(passage: Passage) -> None:
    """The melody in every other pair of bars."""
    for tone in tune(passage, passage.centre_step()):
        if tone.at // passage.beats % 4 < 2:
            _sing(passage, tone, 0.8)


def _answers(passage: Passage) -> None:
    """What fills the bars in which the melody holds its last tone."""
    motif = passage.song.motifs["b"]
    centre = passage.centre_step()
    for bar in range(3, passage.section.bars, 4):
        anchor = passage.chords[bar].nearest(centre)
        for tone in motif:
            if 0.5 <= tone.at < passage.beats:
                _sing(passage, Tone(bar * passage.beats + tone.at, tone.length, anchor + tone.step), 0.75)


def _doubling(passage: Passage) -> None:
    """A third below the melody."""
    for tone in tune(passage, passage.centre_step()):
        _sing(passage, Tone(tone.at, tone.length, tone.step - 2), 0.75)


def _canon(passage: Passage) -> None:
    """The melody two bars later, a fourth below; strong beats fit the chord that has come meanwhile."""
    late = 2 * passage.beats
    for tone in tune(passage, passage.centre_step()):
        bar = int((tone.at + late) // passage.beats)
        if bar < len(passage.chords):
            step = tone.step - 3
            step = passage.chords[bar].nearest(step) if tone.at % passage.beats in (0, 2) else step
            _sing(passage, Tone(tone.at + late, tone.length, step), 0.8)


SINGERS: dict[str, Callable[[Passage], None]] = {
    "melody": _melody, "sparse": _sparse, "answers": _answers, "doubling": _doubling, "canon": _canon,
}  # fmt: skip


def drum(passage: Passage, score: Score) -> None:
    """The groove of the song in this section, with a fill where eight bars end."""
    patterns = GROOVES[passage.style.groove]
    turned = 1 if passage.section.letter == "c" else 0
    pattern = patterns[(passage.song.figure + turned) % len(patterns)]
    for bar in range(passage.section.bars):
        last = bar == passage.section.bars - 1 or bar % 8 == 7
        for name, steps in pattern:
            if passage.section.letter in "io" and "kick" not in name and "hat" not in name:
                continue
            _bar(passage, score, bar, name, _filled(passage, name, steps) if last else steps)
    if passage.section.letter == "c" and passage.style.groove in ("rock", "punk", "dream"):
        passage.play(0, 1.5, 1, 0.5, pan=0.3, name="crash")


def _filled(passage: Passage, name: str, steps: str) -> str:
    if "snare" not in name and name not in ("bodhran tip", "tek", "brush"):
        return steps
    fill = FILLS[(passage.song.figure + passage.section.turn) % len(FILLS)][: len(steps)]
    return "".join(new if new != "." else old for old, new in zip(steps, fill, strict=True))


_PLACES = {
    "hat": 0.3, "ride": -0.35, "shaker": -0.4, "rim": 0.4, "block": -0.3, "tek": 0.25, "tip": 0.2, "tom": -0.2
}  # fmt: skip
"""Where parts of the drum set stand, −1 left to 1 right; the others are in the middle."""


def _bar(passage: Passage, score: Score, bar: int, name: str, steps: str) -> None:
    pan = next((place for part, place in _PLACES.items() if part in name), 0.0)
    quieter = 0.42 if any(part in name for part in ("hat", "shaker", "ride")) else 1.0
    for place, digit in enumerate(steps):
        if digit == ".":
            continue
        beat, loudness = bar * passage.beats + place / 4, (int(digit) / 9) ** 1.4 * quieter
        start = passage.play(beat, 1.0, 1 + passage.dice.randrange(3), loudness, pan=pan, name=name)
        if "kick" in name:
            score.kicks.append(start)
