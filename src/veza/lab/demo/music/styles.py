"""How an artist sounds: a manner for each kind of music, from which seed and name draw tempo, mode and instruments."""
# ruff: noqa: E501  (tables of instruments, grooves and players)

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Layer:
    """What one player does. `plays` names sections: i intro, v verse, c chorus, b bridge, o outro; `gain` is in
    decibels, `centre` a MIDI number, `room` and `echo` how much of it is heard from there."""

    role: str
    pattern: str
    instruments: tuple[str, ...]
    plays: str = "ivcbo"
    gain: float = 0.0
    centre: float = 60.0
    pan: float = 0.0
    room: float = 0.2
    echo: float = 0.0
    is_ducked: bool = False
    chance: float = 1.0
    """That an artist has this player at all."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What the artists of one kind of music have in common; each draws its own from the choices."""

    tempos: tuple[int, int]
    modes: tuple[str, ...]
    progressions: tuple[str, ...]
    grooves: tuple[str, ...]
    layers: tuple[Layer, ...]
    shapes: tuple[str, ...] = ("triad",)
    beats: tuple[int, ...] = (4,)
    swing: tuple[float, float] = (0.5, 0.5)
    swing_unit: float = 0.5
    busy: tuple[int, ...] = (2, 3)
    bars_per_chord: tuple[int, ...] = (1,)
    room_seconds: tuple[float, float] = (0.8, 1.4)
    echo_beats: tuple[float, ...] = (0.75,)
    drive: float = 1.0
    drums: float = 0.0
    drums_play: str = "vcb"
    loose_ms: float = 6.0


@dataclass(frozen=True, slots=True)
class Style:
    """What one artist settled on. `progressions` is the name of a list in harmony.py, `drive` multiplies the sound
    before it is saturated."""

    tempo: float
    beats: int
    tonic: int
    mode: str
    shape: str
    progressions: str
    groove: str
    drums: float
    drums_play: str
    layers: tuple[Layer, ...]
    swing: float
    swing_unit: float
    busy: int
    bars_per_chord: int
    room_seconds: float
    echo_beats: float
    drive: float
    loose_ms: float
    room_seed: int = field(default=0)


MANNERS: dict[str, Manner] = {
    "ambient": Manner(
        (56, 70), ("lydian", "major", "dorian"), ("slow",), ("slow mallets",),
        (
            Layer("chords", "sustain", ("warm pad", "strings", "glass pad"), gain=-3, centre=57, room=0.5),
            Layer("air", "sustain", ("low choir", "guitar wash", "humming"), "cbo", -9, 64, room=0.6),
            Layer("arpeggio", "arpeggio", ("clean guitar", "harp", "felt piano"), "ivcb", -6, 66, -0.35, 0.4, 0.5),
            Layer("lead", "melody", ("bell", "clean guitar", "felt piano", "celesta"), "vcbo", -4, 74, 0.3, 0.5, 0.5),
            Layer("bass", "long", ("sub bass",), "vcbo", -3, 39, room=0.05),
            Layer("ambience", "ambience", ("sea",), "io", -22, room=0.0),
        ),
        ("added ninth", "ninth", "suspended"), busy=(1, 2), bars_per_chord=(1, 2), room_seconds=(2.2, 2.9), echo_beats=(0.75, 1.0),
        drive=0.8, drums=-4, drums_play="c", loose_ms=14,
    ),
    "synth-pop": Manner(
        (104, 124), ("minor", "dorian", "major", "mixolydian"), ("minor", "major"), ("four on the floor", "drum machine"),
        (
            Layer("chords", "sustain", ("bright pad", "warm pad"), gain=-7, centre=62, room=0.3, is_ducked=True),
            Layer("arpeggio", "sixteenths", ("square pluck", "saw pluck"), "ivcb", -9, 72, 0.4, 0.2, 0.35, True),
            Layer("lead", "melody", ("saw lead", "square lead", "celesta"), "vc", -4, 74, -0.1, 0.25, 0.35),
            Layer("counter", "answers", ("bell", "square pluck", "voice"), "cb", -9, 79, -0.45, 0.4, 0.4, chance=0.7),
            Layer("bass", "octaves", ("synth bass",), "vcbo", -2, 38, room=0.0),
        ),
        ("triad", "added ninth", "seventh"), busy=(2, 3), drums=-2, drums_play="vco", loose_ms=1, drive=1.2, room_seconds=(0.9, 1.6),
        echo_beats=(0.75, 0.5),
    ),
    "chamber pop": Manner(
        (92, 138), ("major", "harmonic minor", "minor", "mixolydian"), ("major", "minor"), ("waltz", "brushes"),
        (
            Layer("chords", "waltz", ("piano", "accordion", "nylon guitar"), gain=-5, centre=60, pan=-0.25, room=0.25),
            Layer("strings", "sustain", ("strings",), "cbo", -9, 62, 0.2, 0.4),
            Layer("pizzicato", "arpeggio", ("pizzicato", "harp"), "vb", -6, 67, 0.4, 0.3),
            Layer("lead", "melody", ("fiddle", "accordion", "piano", "voice"), "ivcb", -4, 74, 0.05, 0.3, 0.1),
            Layer("counter", "answers", ("cello", "celesta"), "co", -8, 60, -0.4, 0.35),
            Layer("bass", "root-fifth", ("upright bass",), "vcbo", -2, 41, room=0.05),
        ),
        beats=(3, 3, 4), busy=(2, 3), drums=-4, drums_play="cb", loose_ms=9, room_seconds=(1.2, 1.8),
    ),
    "choral": Manner(
        (54, 72), ("dorian", "mixolydian", "phrygian", "minor"), ("modal", "slow"), ("slow mallets",),
        (
            Layer("chords", "sustain", ("low choir", "choir"), "ivcbo", -4, 55, room=0.6),
            Layer("upper", "sustain", ("choir", "low choir"), "cb", -8, 67, 0.15, 0.65),
            Layer("lead", "melody", ("cantor",), "ivco", -6, 67, -0.15, 0.6),
            Layer("canon", "canon", ("voice", "cantor"), "vcb", -6, 67, 0.45, 0.65),
            Layer("bass", "long", ("humming",), "vcbo", -5, 43, room=0.5),
        ),
        ("triad", "fifth", "suspended"), beats=(4, 3), busy=(1, 2), bars_per_chord=(1, 2), room_seconds=(2.4, 2.9), drums=-60, drums_play="",
        loose_ms=18, drive=0.8,
    ),
    "jazz": Manner(
        (76, 118), ("major", "dorian"), ("cadential",), ("brushes",),
        (
            Layer("chords", "comping", ("electric piano", "piano", "felt piano"), gain=-6, centre=61, pan=-0.2, room=0.2),
            Layer("lead", "melody", ("vibraphone", "clean guitar", "piano"), "vcbo", -3, 72, 0.25, 0.3, 0.1),
            Layer("bass", "walking", ("upright bass",), "vcbo", -1, 42, room=0.08),
            Layer("air", "sustain", ("organ", "strings"), "cb", -14, 62, 0.1, 0.3, chance=0.5),
        ),
        ("seventh", "ninth"), swing=(0.6, 0.67), busy=(2, 3, 4), drums=-4, drums_play="ivcbo", loose_ms=10, room_seconds=(0.7, 1.2),
    ),
    "punk": Manner(
        (164, 192), ("major", "mixolydian", "minor"), ("three chords",), ("punk", "rock"),
        (
            Layer("chords", "drive", ("power chord", "garage guitar"), "ivcbo", -3, 47, room=0.1),
            Layer("lead", "melody", ("fuzz lead", "garage guitar"), "cb", -4, 67, 0.3, 0.2, 0.15),
            Layer("counter", "answers", ("organ", "fuzz lead"), "v", -10, 67, -0.4, 0.2, chance=0.6),
            Layer("bass", "eighths", ("electric bass",), "ivcbo", -2, 40, room=0.02),
        ),
        ("power",), busy=(2, 3), bars_per_chord=(1, 2), drums=1, drums_play="vcbo", loose_ms=5, drive=1.5, room_seconds=(0.4, 0.7),
    ),
    "dub techno": Manner(
        (114, 124), ("minor", "dorian", "phrygian"), ("stab",), ("dub",),
        (
            Layer("chords", "stabs", ("chord stab", "saw pluck"), "ivcbo", -4, 60, 0.1, 0.35, 0.7),
            Layer("air", "sustain", ("glass pad", "warm pad"), "icb", -11, 58, room=0.4, is_ducked=True),
            Layer("bass", "offbeat", ("sub bass", "synth bass"), "vco", -1, 39, room=0.0, is_ducked=True),
            Layer("lead", "sparse", ("bell", "marimba", "kalimba"), "cb", -5, 74, -0.4, 0.4, 0.6),
            Layer("ambience", "ambience", ("sea", "crackle"), "ivcbo", -26, room=0.0),
        ),
        ("seventh", "ninth"), busy=(1, 2), bars_per_chord=(1, 2), drums=-1, drums_play="vco", loose_ms=1.5, room_seconds=(1.6, 2.4), echo_beats=(0.75, 1.5),
    ),
    "folk": Manner(
        (96, 122), ("dorian", "major", "mixolydian", "minor"), ("major", "modal"), ("jig", "reel"),
        (
            Layer("chords", "strum", ("steel guitar", "nylon guitar"), "ivcbo", -5, 57, -0.25, 0.15),
            Layer("lead", "melody", ("fiddle", "concertina", "banjo"), "vcbo", -3, 72, 0.2, 0.25),
            Layer("second", "doubling", ("concertina", "fiddle", "banjo"), "c", -8, 72, -0.4, 0.25),
            Layer("drone", "sustain", ("concertina", "cello"), "bo", -13, 55, room=0.3, chance=0.7),
            Layer("bass", "root-fifth", ("upright bass",), "vcbo", -4, 42, room=0.05),
        ),
        beats=(3, 4), busy=(3, 4), drums=-1, drums_play="cb", loose_ms=9, room_seconds=(0.7, 1.1),
    ),
    "hip-hop": Manner(
        (76, 92), ("dorian", "minor", "major"), ("cadential", "minor"), ("boom bap",),
        (
            Layer("chords", "lazy", ("electric piano", "felt piano", "nylon guitar"), gain=-5, centre=60, room=0.2, echo=0.1),
            Layer("lead", "sparse", ("kalimba", "vibraphone", "clean guitar", "celesta"), "vcb", -6, 72, 0.3, 0.3, 0.35),
            Layer("air", "sustain", ("strings", "warm pad", "humming"), "cb", -13, 64, -0.1, 0.3),
            Layer("bass", "groove", ("upright bass", "sub bass", "electric bass"), "vco", -1, 40, room=0.0),
            Layer("ambience", "ambience", ("crackle",), "ivcbo", -22, room=0.0),
        ),
        ("seventh", "ninth"), swing=(0.54, 0.6), swing_unit=0.25, busy=(2, 3), drums=-1, drums_play="vcb", loose_ms=8, drive=1.2,
        room_seconds=(0.6, 1.0),
    ),
    "dream pop": Manner(
        (86, 108), ("major", "lydian", "mixolydian"), ("major", "slow"), ("dream",),
        (
            Layer("chords", "sustain", ("guitar wash", "bright pad"), "vcbo", -6, 55, room=0.5),
            Layer("air", "sustain", ("warm pad", "strings"), "icb", -10, 64, room=0.5),
            Layer("arpeggio", "arpeggio", ("clean guitar", "steel guitar"), "ivbo", -7, 67, 0.4, 0.35, 0.45),
            Layer("lead", "melody", ("voice", "fuzz lead", "choir"), "vc", -3, 72, -0.05, 0.5, 0.35),
            Layer("counter", "answers", ("celesta", "bell", "clean guitar"), "cb", -9, 79, -0.4, 0.5, 0.4),
            Layer("bass", "eighths", ("electric bass",), "vcb", -3, 40, room=0.03),
        ),
        ("added ninth", "suspended", "triad"), busy=(1, 2), bars_per_chord=(1, 2), drums=0, drums_play="vc", loose_ms=6, drive=1.3,
        room_seconds=(1.8, 2.6),
    ),
    "oud": Manner(
        (66, 92), ("hijaz", "bayati", "nikriz", "rast"), ("drone",), ("frame drum",),
        (
            Layer("drone", "pedal", ("drone", "cello"), "ivcbo", -9, 45, room=0.3),
            Layer("lead", "melody", ("oud",), "ivcbo", -1, 62, 0.0, 0.25, 0.08),
            Layer("second", "answers", ("oud", "harp", "fiddle"), "cb", -6, 67, 0.4, 0.3, 0.1),
            Layer("chords", "tremolo", ("oud", "nylon guitar"), "cb", -12, 50, -0.35, 0.25),
            Layer("bass", "long", ("sub bass",), "cb", -9, 38, room=0.05),
        ),
        ("fifth",), busy=(2, 3, 4), bars_per_chord=(1, 2), drums=0, drums_play="vc", loose_ms=16, room_seconds=(1.3, 2.2), drive=0.9,
    ),
}  # fmt: skip
"""By the first tag of the artist."""


def style_of(seed: int, artist: str, tags: Sequence[str]) -> Style:
    """How the artist of that name and those tags sounds: always the same for a seed. Raises KeyError."""
    manner = MANNERS[next(tag for tag in (*tags, "ambient") if tag in MANNERS)]
    dice = random.Random(f"style {seed} {artist}")
    beats = dice.choice(manner.beats)
    mode = dice.choice(manner.modes)
    used: set[str] = set()
    layers = tuple(_settled(dice, layer, used) for layer in manner.layers if dice.random() < layer.chance)
    return Style(
        tempo=dice.uniform(*manner.tempos), beats=beats, tonic=dice.randrange(55, 67), mode=mode,
        shape=dice.choice(manner.shapes), progressions=_fitting(dice, manner.progressions, mode),
        groove=_groove(dice, manner.grooves, beats), drums=manner.drums, drums_play=manner.drums_play, layers=layers,
        swing=dice.uniform(*manner.swing), swing_unit=manner.swing_unit, busy=dice.choice(manner.busy),
        bars_per_chord=dice.choice(manner.bars_per_chord), room_seconds=dice.uniform(*manner.room_seconds),
        echo_beats=dice.choice(manner.echo_beats), drive=manner.drive, loose_ms=manner.loose_ms,
        room_seed=dice.getrandbits(32),
    )  # fmt: skip


def _settled(dice: random.Random, layer: Layer, used: set[str]) -> Layer:
    """The layer with one instrument, which no other layer has where that can be; a lead keeps a second one."""
    free = [name for name in layer.instruments if name not in used] or list(layer.instruments)
    chosen = dice.choice(free)
    used.add(chosen)
    others = tuple(name for name in free if name != chosen)[: layer.role == "lead"]
    return Layer(
        layer.role, layer.pattern, (chosen, *others), layer.plays, layer.gain + dice.uniform(-1, 1), layer.centre, layer.pan,
        layer.room, layer.echo, layer.is_ducked, layer.chance,
    )  # fmt: skip


def _fitting(dice: random.Random, names: Sequence[str], mode: str) -> str:
    """Progressions for major chords suit modes with a major third, and the like."""
    is_minor = mode in ("minor", "harmonic minor", "dorian", "phrygian")
    unfit = "major" if is_minor else "minor"
    return dice.choice([one for one in names if one != unfit] or list(names))


def _groove(dice: random.Random, names: Sequence[str], beats: int) -> str:
    of_three = [name for name in names if name in ("waltz", "jig")]
    return dice.choice(of_three if beats == 3 and of_three else [one for one in names if one not in of_three] or names)
