"""From a piece to its score: songs with verses and choruses, continuous albums, and the takes of sample packs."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from veza.lab.demo.music.accompaniment import ACCOMPANISTS
from veza.lab.demo.music.harmony import PROGRESSIONS, Chord, Key, voiced
from veza.lab.demo.music.melody import motif_of
from veza.lab.demo.music.pieces import Piece
from veza.lab.demo.music.score import Event, Part, Passage, Score, Section, Song, bars_of, near, sorted_parts
from veza.lab.demo.music.singing import SINGERS, drum
from veza.lab.demo.music.styles import Layer, Style, style_of
from veza.lab.demo.music.takes import take
from veza.lab.demo.music.waves import RATE, seconds

_FORCES = {"i": 0.72, "v": 0.82, "c": 1.0, "b": 0.78, "o": 0.7}
_MIDDLE = "vcvcbcvc"
"""Sections between intro and outro, repeated for as long as the song is."""
_DROPPED = ("counter", "second", "air", "upper", "strings", "pizzicato", "canon", "arpeggio")
"""Players that a song can do without."""
_LIFTED = ("major", "minor", "three chords")
"""Progressions whose last chorus may be a whole tone higher."""
_DRUMS = Layer("drums", "drums", ("drums",))


@dataclass(frozen=True, slots=True)
class Composition:
    """What is mixed: parts with their notes, and how it ends (`fade` in samples)."""

    style: Style
    parts: tuple[Part, ...]
    kicks: tuple[int, ...]
    beat_samples: float
    fade: int


def composed(piece: Piece) -> Composition:
    """The piece's score: the same for every track of a continuous piece."""
    style = _of_version(style_of(piece.seed, piece.artist, piece.tags), piece.version)
    score = Score()
    if piece.is_sample:
        tempo = take(score, style, piece)
        return Composition(style, sorted_parts(score), tuple(score.kicks), 60 / tempo * RATE, seconds(0.25))
    cuts = piece.cuts or (0, piece.samples)
    tempo = style.tempo
    for number, (start, end) in enumerate(pairwise(cuts)):
        is_last = number == len(cuts) - 2
        dice = random.Random(f"song {piece.seed} {piece.artist} {piece.song} {number}")
        arranged = _arranged(dice, style, is_continuous=bool(piece.cuts))
        song = _song(dice, arranged, is_continuous=bool(piece.cuts))
        tempo = _write(score, arranged, song, dice, start, end - start, is_first=number == 0, is_last=is_last)
    return Composition(style, sorted_parts(score), tuple(score.kicks), 60 / tempo * RATE, seconds(1.6))


def _only(*roles: str) -> Callable[[Style], Style]:
    return lambda style: replace(style, layers=tuple(one for one in style.layers if one.role in roles), drums_play="")


_VERSIONS: dict[str, Callable[[Style], Style]] = {
    "Live": lambda style: replace(
        style, tempo=style.tempo * 1.04, room_seconds=min(2.9, style.room_seconds + 1.0), loose_ms=style.loose_ms * 1.6,
        layers=tuple(replace(one, room=min(0.7, one.room + 0.25)) for one in style.layers),
    ),
    "Demo": _only("chords", "lead", "bass"),
    "Slower": lambda style: replace(style, tempo=style.tempo * 0.78),
    "Without Drums": lambda style: replace(style, drums_play=""),
    "Long Way Round": lambda style: replace(
        style, tempo=style.tempo * 0.92, room_seconds=2.8,
        layers=tuple(replace(one, echo=max(one.echo, 0.45)) if one.role != "bass" else one for one in style.layers),
    ),
    "Engine Room": lambda style: replace(
        style, groove="dub" if style.beats == 4 else style.groove, drums=-1.0, drums_play="ivcbo",
    ),
    "For the Last Guest": _only("chords", "lead"),
}  # fmt: skip
"""What live takes, demos and remixes change; they keep the song's chords and melody."""


def _of_version(style: Style, version: str) -> Style:
    return _VERSIONS[version](style) if version in _VERSIONS else style


def _arranged(dice: random.Random, style: Style, *, is_continuous: bool) -> Style:
    """The style in one song: sometimes another lead, a player less, or slower and with few drums."""
    chances = [dice.random() for _ in range(4)]
    droppable = [layer.role for layer in style.layers if layer.role in _DROPPED]
    dropped = droppable[int(chances[0] * len(droppable))] if droppable and chances[1] < 0.4 else ""
    layers = tuple(
        replace(layer, instruments=layer.instruments[-1:] if chances[2] < 0.3 else layer.instruments[:1])
        for layer in style.layers if layer.role != dropped
    )  # fmt: skip
    if chances[3] < 0.2 and not is_continuous:
        calm = "".join(letter for letter in style.drums_play if letter == "c")
        return replace(style, layers=layers, tempo=style.tempo * 0.86, drums_play=calm)
    return replace(style, layers=layers)


def _song(dice: random.Random, style: Style, *, is_continuous: bool) -> Song:
    """A song of the artist's: near its usual tempo and key, with chords and motifs of its own."""
    moved = dice.choice((0, 0, 5, -5, 2, -3)) if is_continuous else dice.choice((-5, -3, -2, 0, 0, 2, 3, 5))
    tempo = style.tempo * (1.0 if is_continuous else dice.uniform(0.93, 1.07))
    pool = PROGRESSIONS[style.progressions]
    verse, chorus, bridge = dice.sample(pool, 3) if len(pool) >= 3 else (pool[0],) * 3
    progressions = {
        letter: tuple(Chord(root, style.shape) for root in roots)
        for letter, roots in (("v", verse), ("c", chorus), ("b", bridge), ("i", chorus), ("o", chorus))
    }
    motifs = {letter: motif_of(dice, style.beats, style.busy) for letter in "vcb"}
    figure = dice.randrange(1 << 20)
    lift = 2 if dice.random() < 0.35 and style.progressions in _LIFTED and not is_continuous else 0
    return Song(Key(style.tonic + moved, style.mode), tempo, progressions, motifs, figure, lift)


def _write(
    score: Score, style: Style, song: Song, dice: random.Random, start: int, samples: int, *, is_first: bool,
    is_last: bool,
) -> float:  # fmt: skip
    """Write the song into those samples; returns its tempo, which is bent a little so that whole bars fill them."""
    tail = min(seconds(4.5), samples // 4) if is_last else 0
    bar = style.beats * 60 / song.tempo * RATE
    bars = max(2, 2 * round((samples - tail) / bar / 2))
    beat = (samples - tail) / bars / style.beats
    sections = form_of(bars, is_first=is_first, is_last=is_last)
    last_chorus = max((section.bar for section in sections if section.letter == "c"), default=0)
    for section in sections:
        if section.bar == last_chorus and song.lift:
            song = replace(song, key=song.key.moved(song.lift))
        chords = bars_of(song.progressions[section.letter], section.bars, style.bars_per_chord)
        at = start + round(section.bar * style.beats * beat)
        for layer in style.layers:
            if section.letter in layer.plays:
                _perform(score, Passage(
                    score.part(layer.role, layer.gain, layer.room, layer.echo, is_ducked=layer.is_ducked), layer,
                    style, song, section, chords, at, beat, dice,
                ))  # fmt: skip
        if section.letter in style.drums_play:
            part = score.part("drums", style.drums, 0.08)
            drum(Passage(part, _DRUMS, style, song, section, chords, at, beat, dice), score)
    if is_last:
        _end(score, style, song, start + samples - tail, tail)
    return 60 * RATE / beat


def form_of(bars: int, *, is_first: bool = True, is_last: bool = True) -> list[Section]:
    """Sections that fill exactly `bars` bars: intro, verses, choruses, bridges, outro; of eight bars where possible."""
    edge = 4 if bars >= 24 else 2 if bars >= 10 else 0
    intro, outro = (edge if is_first else 0), (edge if is_last else 0)
    long = 16 if bars > 150 else 8
    left = bars - intro - outro
    lengths = [long] * (left // long)
    if rest := left % long:
        # What is left over is a shorter section before the last one.
        lengths.insert(max(0, len(lengths) - 1), rest)
    letters = [_MIDDLE[number % len(_MIDDLE)] for number in range(len(lengths))]
    if len(letters) > 1:
        letters[-1] = "c"
    plan = [("i", intro), *zip(letters, lengths, strict=True), ("o", outro)]
    sections: list[Section] = []
    at, turns = 0, dict.fromkeys("ivcbo", 0)
    for letter, length in plan:
        if length:
            growth = min(0.08, 0.03 * turns[letter])
            sections.append(Section(letter, at, length, turns[letter], _FORCES[letter] + growth))
            turns[letter] += 1
            at += length
    return sections


def _perform(score: Score, passage: Passage) -> None:
    (ACCOMPANISTS | SINGERS)[passage.layer.pattern](passage)


def _end(score: Score, style: Style, song: Song, at: int, tail: int) -> None:
    """The last chord on the tonic, let ring."""
    chord = Chord(0, style.shape)
    for layer in style.layers:
        name, part = layer.instruments[0], score.parts.get(layer.role)
        if part is None or layer.pattern == "ambience":
            continue
        if layer.role in ("chords", "air", "strings", "upper", "drone"):
            for place, pitch in enumerate(voiced(song.key, chord, (), layer.centre)):
                _last(part, at + seconds(0.02 * place), tail, name, pitch, 0.6, layer.pan)
        elif layer.role in ("bass", "lead", "arpeggio"):
            _last(part, at, tail, name, near(song.key.pitch(0), layer.centre), 0.75, layer.pan)
    if style.drums_play and "drums" in score.parts:
        kick = "doum" if style.groove == "frame drum" else "mallet" if style.groove == "slow mallets" else "soft kick"
        _last(score.parts["drums"], at, tail, kick, 1, 0.8, 0.0)


def _last(part: Part, at: int, tail: int, name: str, pitch: float, gain: float, pan: float) -> None:
    part.events.append(Event(at, max(1, tail - seconds(1.2)), name, round(pitch, 2), gain, pan))
