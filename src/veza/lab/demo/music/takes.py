"""Takes of sample packs: loops at the tempo that their titles say, single sounds, drones and rooms."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from veza.lab.demo.music.accompaniment import ACCOMPANISTS
from veza.lab.demo.music.harmony import PROGRESSIONS, Chord, Key
from veza.lab.demo.music.melody import motif_of
from veza.lab.demo.music.pieces import Piece
from veza.lab.demo.music.score import Event, Passage, Score, Section, Song, bars_of
from veza.lab.demo.music.singing import SINGERS, drum
from veza.lab.demo.music.styles import Layer, Style
from veza.lab.demo.music.waves import RATE, seconds

_BPM = re.compile(r"(\d+) bpm")


@dataclass(frozen=True, slots=True)
class _Take:
    """A lone sound: every `every` seconds one of `pitches` on an instrument, held for `held` seconds."""

    names: tuple[str, ...]
    pitches: tuple[float, ...]
    every: float
    held: float
    room: float = 0.4


_TAKES: tuple[tuple[str, _Take], ...] = (
    ("Foghorn", _Take(("low choir", "cello"), (38, 45, 50, 43), 4.2, 3.6, 0.7)),
    ("Door", _Take(("mallet", "doum", "block"), (1, 2, 3), 1.9, 1.0, 0.6)),
    ("Room", _Take(("glass pad", "humming"), (45, 52, 57, 50), 5.0, 7.0, 0.6)),
    ("Low Drone", _Take(("drone",), (38, 50, 45), 3.5, 7.5, 0.3)),
    ("Rain", _Take(("rain",), (1, 2, 3), 6.5, 8.0, 0.3)),
    ("Coins", _Take(("celesta", "kalimba", "block"), (79, 84, 88, 91, 86), 0.55, 0.8, 0.5)),
    ("One Long Breath", _Take(("glass pad", "low choir"), (50, 57, 62), 4.0, 7.5, 0.6)),
)
"""By how the title begins; every other title is a loop."""


def take(score: Score, style: Style, piece: Piece) -> float:
    """Write the take of that title; returns its tempo."""
    dice = random.Random(f"take {piece.seed} {piece.artist} {piece.song}")
    for title, lone in _TAKES:
        if piece.song.startswith(title):
            _lone(score, lone, dice, piece.samples)
            return style.tempo
    said = _BPM.search(piece.song)
    tempo = float(said[1]) if said else style.tempo
    _loop(score, style, piece, dice, tempo)
    return tempo


def _lone(score: Score, lone: _Take, dice: random.Random, samples: int) -> None:
    part = score.part("take", 0.0, lone.room)
    at = 0.0
    while (start := seconds(at)) < samples - RATE:
        pitch, held = dice.choice(lone.pitches), seconds(lone.held)
        part.events.append(
            Event(start, held, dice.choice(lone.names), pitch, dice.uniform(0.6, 1.0), dice.uniform(-0.4, 0.4))
        )
        at += lone.every * dice.uniform(0.8, 1.25)


def _loop(score: Score, style: Style, piece: Piece, dice: random.Random, tempo: float) -> None:
    """Eight bars again and again: drums alone where the title names a drum, else with bass and chords."""
    beat = 60 / tempo * RATE
    bars = piece.samples / beat / 4
    groove = {"Brushes": "brushes", "Rims": "drum machine"}.get(piece.song.split(",")[0])
    style = replace(style, groove=groove or ("boom bap" if style.beats == 3 else style.groove), beats=4, tempo=tempo)
    motif, pool = motif_of(dice, 4, style.busy), PROGRESSIONS[style.progressions]
    progression = tuple(Chord(root, style.shape) for root in dice.choice(pool))
    chords, motifs = dict.fromkeys("vcbio", progression), dict.fromkeys("vcb", motif)
    song = Song(Key(style.tonic, style.mode), tempo, chords, motifs, dice.randrange(999))
    players: dict[str, Callable[[Passage], None]] = ACCOMPANISTS | SINGERS
    for number in range(int(bars // 8) + 1):
        section = Section("c", number * 8, 8, 0, 0.95)
        at, bar_chords = round(number * 32 * beat), bars_of(progression, 8, style.bars_per_chord)
        part = score.part("drums", 0.0, 0.06)
        drum(Passage(part, Layer("drums", "", ("drums",)), style, song, section, bar_chords, at, beat, dice), score)
        for layer in style.layers if groove is None else ():
            if layer.role in ("chords", "bass", "lead" if number % 2 else "chords"):
                part = score.part(layer.role, layer.gain, layer.room, layer.echo, is_ducked=layer.is_ducked)
                players[layer.pattern](Passage(part, layer, style, song, section, bar_chords, at, beat, dice))
