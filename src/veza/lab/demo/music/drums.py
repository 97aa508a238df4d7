"""Drums and other sounds without a melody. Their “pitch” is the number of a variant: two strokes are never the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from veza.lab.demo.music.instruments import Instrument
from veza.lab.demo.music.waves import RATE, Floats, dying, filtered, modal, noise, rising, seconds, times

Generator = np.random.Generator


def _swept(
    _hertz: float, samples: int, generator: Generator, *, low: float, sweep: float, pace: float, decay: float,
    click: float = 0.0,
) -> Floats:  # fmt: skip
    """A drum whose tone falls from `low` + `sweep` Hz to `low`."""
    t = times(samples)
    low *= generator.uniform(0.98, 1.02)
    phase = low * t + sweep / pace * (1 - np.exp(-pace * t))
    made = np.sin((2 * np.pi * phase).astype(np.float32)) * dying(samples, decay) * rising(samples, 0.002)
    if click:
        made[:800] += noise(generator, 800, 700, 4000) * dying(800, 400) * np.float32(click)
    bent: Floats = np.tanh(made * np.float32(1.4)).astype(np.float32)
    return bent


def _snare(
    _hertz: float, samples: int, generator: Generator, *, tone: float, wires: float, decay: float, high: float
) -> Floats:
    shell = modal(np.array([tone, tone * 1.78, tone * 2.4]), [1, 0.5, 0.2], [22, 30, 40], samples)
    rattle = noise(generator, samples, 900, high) * dying(samples, decay) * np.float32(wires)
    return (shell + rattle) * rising(samples, 0.001)


def _hiss(
    _hertz: float, samples: int, generator: Generator, *, low: float, high: float, decay: float, attack: float = 0.001
) -> Floats:
    return noise(generator, samples, low, high) * dying(samples, decay) * rising(samples, attack)


def _clap(_hertz: float, samples: int, generator: Generator) -> Floats:
    shape = np.zeros(samples, np.float32)
    for late, loud in ((0.0, 0.6), (0.011, 0.7), (0.023, 1.0)):
        at = seconds(late + generator.uniform(0, 0.002))
        shape[at:] += dying(samples - at, 150 if loud < 1 else 18) * np.float32(loud)
    return noise(generator, samples, 900, 3200) * shape


def _cymbal(_hertz: float, samples: int, generator: Generator, *, decay: float, stick: float) -> Floats:
    """Many partials that belong to no scale."""
    tones = np.sort(generator.uniform(2200, 7500, 24))
    ring = modal(tones, generator.uniform(0.3, 1, 24) * (2500 / tones), decay * (tones / 3000) ** 0.7, samples)
    ring[:900] += noise(generator, 900, 3000, 7000) * dying(900, 150) * np.float32(stick)
    return ring * rising(samples, 0.002)


def _knock(
    _hertz: float, samples: int, generator: Generator, *, tones: Sequence[float], decay: float, skin: float = 0.0
) -> Floats:
    """Wood or a hand on a skin."""
    many = np.asarray(tones) * generator.uniform(0.98, 1.02)
    made = modal(many, 1 / np.arange(1, many.size + 1), decay * np.arange(1, many.size + 1), samples)
    if skin:
        made += noise(generator, samples, 300, 2200) * dying(samples, 90) * np.float32(skin)
    return made * rising(samples, 0.001)


def _sea(_hertz: float, samples: int, generator: Generator) -> Floats:
    """Waves on a shore far away: dull noise that swells, another on each side."""
    t = times(samples)
    swell = (0.55 + 0.45 * np.sin(2 * np.pi * (t / 7.5 + generator.uniform()))).astype(np.float32)
    return np.stack([noise(generator, samples, 80, 380) * swell, 0.3 * noise(generator, samples, 80, 300) * swell])


def _rain(_hertz: float, samples: int, generator: Generator) -> Floats:
    """Drops on a tin roof."""
    made = np.zeros(samples + RATE, np.float32)
    for at in generator.integers(0, samples, samples // 2200):
        drop = modal(generator.uniform(500, 2600, 2), [1, 0.5], [70, 90], 2200)
        made[at : at + 2200] += drop * np.float32(generator.exponential(0.35))
    return made[:samples]


def _crackle(_hertz: float, samples: int, generator: Generator) -> Floats:
    """The surface of a record: few soft clicks."""
    made = np.zeros(samples, np.float32)
    places = generator.integers(0, samples, samples // 5000)
    made[places] = generator.standard_normal(places.size) * generator.exponential(0.5, places.size)
    return filtered(made, 400, 3000)


DRUMS: dict[str, Instrument] = {
    "kick": Instrument(partial(_swept, low=48, sweep=130, pace=38, decay=9, click=0.06), 0.5),
    "soft kick": Instrument(partial(_swept, low=46, sweep=60, pace=30, decay=8), 0.55),
    "deep kick": Instrument(partial(_swept, low=44, sweep=90, pace=28, decay=7), 0.6),
    "tom": Instrument(partial(_swept, low=95, sweep=60, pace=14, decay=7, click=0.03), 0.6),
    "mallet": Instrument(partial(_swept, low=62, sweep=20, pace=9, decay=2.8), 1.6),
    "snare": Instrument(partial(_snare, tone=190, wires=0.4, decay=17, high=5200), 0.4),
    "dusty snare": Instrument(partial(_snare, tone=170, wires=0.28, decay=20, high=3200), 0.35),
    "machine snare": Instrument(partial(_snare, tone=210, wires=0.34, decay=12, high=4500), 0.45),
    "clap": Instrument(_clap, 0.35),
    "brush": Instrument(partial(_hiss, low=700, high=2800, decay=13, attack=0.02), 0.35),
    "hat": Instrument(partial(_hiss, low=5200, high=8000, decay=70), 0.08),
    "dark hat": Instrument(partial(_hiss, low=3000, high=5000, decay=60), 0.09),
    "open hat": Instrument(partial(_hiss, low=4800, high=7500, decay=16), 0.3),
    "shaker": Instrument(partial(_hiss, low=3600, high=6000, decay=45, attack=0.018), 0.12),
    "ride": Instrument(partial(_cymbal, decay=4.5, stick=0.5), 0.9),
    "crash": Instrument(partial(_cymbal, decay=2.4, stick=1.2), 1.6),
    "rim": Instrument(partial(_knock, tones=(820, 1680, 2400), decay=55), 0.12),
    "block": Instrument(partial(_knock, tones=(640, 1310), decay=38), 0.16),
    "bodhran": Instrument(partial(_knock, tones=(88, 141, 200), decay=11, skin=0.05), 0.5),
    "bodhran tip": Instrument(partial(_knock, tones=(170, 262), decay=22, skin=0.07), 0.25),
    "doum": Instrument(partial(_knock, tones=(82, 150), decay=9, skin=0.03), 0.6),
    "tek": Instrument(partial(_knock, tones=(410, 890, 1500), decay=30, skin=0.12), 0.2),
    "sea": Instrument(_sea, 15.0, 3.0),
    "rain": Instrument(_rain, 8.0, 1.0),
    "crackle": Instrument(_crackle, 8.0, 0.5),
}
