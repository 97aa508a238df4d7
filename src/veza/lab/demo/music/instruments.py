"""Pitched instruments: each makes one note as mid (n,), or as mid and side (2, n), and says how long it rings."""
# ruff: noqa: E501  (tables of instruments, grooves and players)

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from veza.lab.demo.music.waves import (
    Doubles,
    Floats,
    cycle,
    dying,
    filtered,
    formants,
    modal,
    noise,
    played,
    rising,
    times,
)  # fmt: skip

Generator = np.random.Generator
Maker = Callable[[float, int, Generator], Floats]


@dataclass(frozen=True, slots=True)
class Instrument:
    """`rings` is how many seconds a note lasts by itself, None where it sounds for as long as it is held; `release`
    seconds of fade end it."""

    make: Maker
    rings: float | None = None
    release: float = 0.12


def _harmonics(hertz: float, top: float, most: int = 40) -> Doubles:
    """The numbers of the partials below `top` Hz."""
    return np.arange(1.0, max(2, min(most, int(top / hertz))) + 1)


# Struck and plucked: sums of decaying partials.


def _pluck(
    hertz: float, samples: int, generator: Generator, *, place: float, dark: float, decay: float, damp: float,
    courses: Sequence[float] = (0.0,), top: float = 7000,
) -> Floats:  # fmt: skip
    """A string plucked at `place` of its length; `dark` is the slope of its partials, `courses` detune it in cents."""
    k = _harmonics(hertz, top)
    levels = np.sin(np.pi * k * place) / k**dark
    losses = decay * (hertz / 220) ** 0.6 * (1 + damp * k**1.7)
    stretched = hertz * k * np.sqrt(1 + 1.2e-4 * k**2)
    tones = [stretched * 2 ** (cents / 1200) for cents in courses]
    made = modal(np.concatenate(tones), np.tile(levels, len(tones)), np.tile(losses, len(tones)), samples)
    knock = noise(generator, 1500, 300, 2500) * dying(1500, 220)
    made[:1500] += knock * np.float32(0.02)
    return made * rising(samples, 0.002)


def _piano(hertz: float, samples: int, generator: Generator, *, felt: float) -> Floats:
    """Two detuned strings, whose partials die fast first and slowly then; `felt` (Hz) is how dull the hammer is."""
    k = _harmonics(hertz, 6500)
    levels = np.exp(-k * hertz / felt) * np.abs(np.sin(np.pi * k / 8.2) + 0.12) / k**0.4
    losses = (0.5 + 0.35 * (hertz / 260) ** 0.8) * (1 + 0.12 * k)
    tones = hertz * k * np.sqrt(1 + 3e-4 * k**2)
    made = modal(
        np.concatenate([tones, tones * 1.0006]), np.concatenate([levels, 0.45 * levels]),
        np.concatenate([losses * 2.4, losses * 0.7]), samples,
    )  # fmt: skip
    made[:2000] += noise(generator, 2000, 150, 900) * dying(2000, 160) * np.float32(0.03)
    return made * rising(samples, 0.004)


def _electric_piano(hertz: float, samples: int, generator: Generator) -> Floats:
    """Frequency modulation one to one for the body, and a tine; a slow tremolo goes from side to side."""
    t = times(samples)
    phase = 2 * np.pi * hertz * t
    index = 1.5 * np.exp(-5 * t) + 0.35 * np.exp(-0.8 * t)
    body = np.sin((phase + index * np.sin(phase)).astype(np.float32)) * dying(samples, 0.9 + hertz / 500)
    tine = modal([min(hertz * 7, 6000), hertz * 4], [0.10, 0.06], [16, 9], samples)
    mid = (body + tine).astype(np.float32) * rising(samples, 0.003)
    sway = 0.35 * np.sin(2 * np.pi * 4.6 * t + generator.uniform(0, 6))
    return np.stack([mid, mid * sway.astype(np.float32)])


def _struck(
    hertz: float, samples: int, generator: Generator, *, ratios: Sequence[float], levels: Sequence[float],
    losses: Sequence[float], tremolo: float = 0.0,
) -> Floats:  # fmt: skip
    """A bar or a bell: partials at `ratios`, those above 9 kHz left out."""
    tones = hertz * np.asarray(ratios)
    heard = np.where(tones < 9000, levels, 0.0)
    made = modal(tones, heard, np.asarray(losses) * (hertz / 440) ** 0.4, samples) * rising(samples, 0.0015)
    if not tremolo:
        return made
    shape = 1 - 0.25 * (1 + np.sin(2 * np.pi * tremolo * times(samples) + generator.uniform(0, 6)))
    return made * shape.astype(np.float32)


def _synth_pluck(
    hertz: float, samples: int, generator: Generator, *, closing: float, odd: bool, decay: float
) -> Floats:
    """A saw or square whose upper partials die first, as if a filter closed."""
    k = _harmonics(hertz, 7000)
    levels = np.where((k % 2 == 1) | (not odd), 1 / k, 0.04 / k)
    tones = hertz * k
    made = modal(
        np.concatenate([tones, tones * 1.004]), np.concatenate([levels, 0.6 * levels]),
        np.tile(decay + closing * (k - 1), 2), samples,
    )  # fmt: skip
    return made * rising(samples, 0.003)


def _bass(hertz: float, samples: int, generator: Generator, *, dark: float, decay: float, damp: float) -> Floats:
    k = _harmonics(hertz, 1800, 18)
    levels = np.abs(np.sin(np.pi * k * 0.21)) / k**dark
    return modal(hertz * k, levels, decay + damp * (k - 1), samples) * rising(samples, 0.006)


# Held: wavetables, several of them a little apart.


def _ensemble(
    hertz: float, samples: int, generator: Generator, levels: Doubles, *, voices: int, cents: float, attack: float,
    vibrato: float = 0.0, width: float = 0.4,
) -> Floats:  # fmt: skip
    """`voices` of one wave within ± `cents`, each with a vibrato (cents) of its own, spread from left to right."""
    table, t = cycle(levels), times(samples)
    made = np.zeros((2, samples), np.float32)
    for voice in range(voices):
        spread = (voice - (voices - 1) / 2) / max(1, (voices - 1) / 2)
        tuned = hertz * 2 ** ((spread * cents + generator.uniform(-1, 1)) / 1200)
        phase = tuned * t + generator.uniform()
        if vibrato:
            pace = generator.uniform(4.6, 5.7)
            depth = tuned * vibrato / 1200 * np.log(2) / (2 * np.pi * pace)
            phase += depth * np.minimum(1, t / 0.6) * np.sin(2 * np.pi * (pace * t + generator.uniform()))
        wave = played(table, phase)
        made[0] += wave
        made[1] += wave * np.float32(width * spread)
    made *= rising(samples, attack)
    return made


def _bowed(
    hertz: float, samples: int, generator: Generator, *, voices: int, attack: float, dark: float, vibrato: float
) -> Floats:
    """Strings: a saw through the resonances of a wooden body."""
    k = _harmonics(hertz, 6500)
    body = 0.35 + formants(hertz * k, ((280, 0.7, 90), (460, 0.8, 110), (1100, 0.5, 350), (2600, 0.25, 700)))
    levels = body / k**dark
    return _ensemble(
        hertz, samples, generator, levels, voices=voices, cents=5.0 * (voices > 1), attack=attack, vibrato=vibrato
    )


_VOWELS = {
    "aah": ((680, 1.0, 120), (1120, 0.55, 130), (2700, 0.10, 260)),
    "ooh": ((330, 1.0, 90), (760, 0.30, 110), (2500, 0.02, 260)),
    "mmm": ((240, 1.0, 80), (1000, 0.05, 200)),
}


def _sung(hertz: float, samples: int, generator: Generator, *, vowel: str, voices: int, attack: float) -> Floats:
    k = _harmonics(hertz, 5000)
    levels = formants(hertz * k, _VOWELS[vowel]) / k**0.7
    return _ensemble(
        hertz, samples, generator, levels, voices=voices, cents=6.0 * (voices > 1), attack=attack, vibrato=14
    )


def _reed(hertz: float, samples: int, generator: Generator, *, cents: float) -> Floats:
    """Accordion or concertina: two reeds a little apart."""
    k = _harmonics(hertz, 5500)
    levels = np.where(k % 2 == 1, 1.0, 0.55) / k**1.15 * np.exp(-hertz * k / 4500)
    return _ensemble(hertz, samples, generator, levels, voices=2, cents=cents, attack=0.05, width=0.15)


def _organ(hertz: float, samples: int, generator: Generator) -> Floats:
    levels = np.zeros(8)
    levels[[0, 1, 2, 3, 5, 7]] = 1, 0.7, 0.35, 0.3, 0.12, 0.1
    return _ensemble(hertz, samples, generator, levels, voices=2, cents=2, attack=0.03, vibrato=5, width=0.2)


def _pad(
    hertz: float, samples: int, generator: Generator, *, corner: float, attack: float, voices: int = 4,
    cents: float = 9,
) -> Floats:  # fmt: skip
    """A saw below a gentle filter at `corner` Hz."""
    k = _harmonics(hertz, 6000)
    levels = 1 / k / (1 + (hertz * k / corner) ** 2)
    return _ensemble(hertz, samples, generator, levels, voices=voices, cents=cents, attack=attack, width=0.5)


def _lead(hertz: float, samples: int, generator: Generator, *, odd: bool) -> Floats:
    k = _harmonics(hertz, 5000)
    levels = np.where((k % 2 == 1) | (not odd), 1 / k, 0.05 / k) / (1 + (hertz * k / 2200) ** 2)
    return _ensemble(hertz, samples, generator, levels, voices=2, cents=4, attack=0.02, vibrato=10, width=0.15)


def _amplified(
    hertz: float, samples: int, generator: Generator, *, drive: float, chord: Sequence[float], attack: float,
    decay: float, high: float,
) -> Floats:  # fmt: skip
    """A guitar played twice, left and right: strings at `chord`, overdriven, through a cabinet that ends at `high`."""
    k = _harmonics(hertz, 4000, 24)
    table, t = cycle(np.sin(np.pi * k * 0.17) / k**1.1), times(samples)
    takes = []
    for _take in range(2):
        strings = sum(
            played(table, hertz * ratio * 2 ** (generator.uniform(-4, 4) / 1200) * t + generator.uniform())
            for ratio in chord
        )
        driven = np.tanh(np.float32(drive) * strings * dying(samples, decay)).astype(np.float32)
        takes.append(filtered(driven, 90, high) * rising(samples, attack))
    left, right = takes
    return np.stack([left + right, (left - right) * np.float32(0.6)]) * np.float32(0.5)


def _drone(hertz: float, samples: int, generator: Generator) -> Floats:
    """Partials that beat slowly against each other."""
    k = np.array([1, 1, 2, 2, 3, 3, 4, 5, 6], np.float64)
    apart = generator.uniform(-0.25, 0.25, k.size)
    levels = generator.uniform(0.6, 1.0, k.size) / k**1.3
    mid = modal(hertz * k + apart, levels, np.zeros(k.size), samples)
    side = modal(hertz * k - apart, levels * generator.uniform(-0.4, 0.4, k.size), np.zeros(k.size), samples)
    return np.stack([mid, side]) * rising(samples, 1.2)


INSTRUMENTS: dict[str, Instrument] = {
    "nylon guitar": Instrument(partial(_pluck, place=0.22, dark=1.25, decay=1.1, damp=0.07), 3.0, 0.15),
    "steel guitar": Instrument(partial(_pluck, place=0.14, dark=0.95, decay=0.8, damp=0.035, courses=(-1.5, 1.5)), 3.5, 0.15),
    "clean guitar": Instrument(partial(_pluck, place=0.28, dark=1.1, decay=0.6, damp=0.02, courses=(-2.5, 2.5)), 4.0, 0.3),
    "oud": Instrument(partial(_pluck, place=0.12, dark=1.1, decay=1.5, damp=0.06, courses=(-3.0, 3.0)), 2.6, 0.15),
    "harp": Instrument(partial(_pluck, place=0.42, dark=1.5, decay=0.9, damp=0.05), 3.0, 0.4),
    "pizzicato": Instrument(partial(_pluck, place=0.3, dark=1.4, decay=6.0, damp=0.05), 0.9, 0.1),
    "banjo": Instrument(partial(_pluck, place=0.08, dark=0.85, decay=3.2, damp=0.03, top=5500), 1.4, 0.1),
    "piano": Instrument(partial(_piano, felt=1500), 4.0, 0.2),
    "felt piano": Instrument(partial(_piano, felt=650), 4.0, 0.3),
    "electric piano": Instrument(_electric_piano, 3.5, 0.15),
    "vibraphone": Instrument(partial(_struck, ratios=(1, 3.98, 9.9), levels=(1, 0.22, 0.05), losses=(0.9, 4, 14), tremolo=4.8), 4.0, 0.3),
    "marimba": Instrument(partial(_struck, ratios=(1, 3.93, 9.4), levels=(1, 0.25, 0.08), losses=(4.5, 14, 30)), 1.2, 0.1),
    "kalimba": Instrument(partial(_struck, ratios=(1, 2.0, 5.4, 6.1), levels=(1, 0.1, 0.12, 0.06), losses=(3, 5, 16, 20)), 1.8, 0.2),
    "bell": Instrument(partial(_struck, ratios=(0.5, 1, 1.2, 1.5, 2, 2.62, 3.01, 4.16), levels=(0.35, 1, 0.4, 0.2, 0.5, 0.18, 0.2, 0.1), losses=(0.4, 0.8, 1.1, 1.4, 1.6, 2.6, 3, 4.5)), 6.0, 0.6),
    "celesta": Instrument(partial(_struck, ratios=(1, 2.01, 4.1, 6.8), levels=(1, 0.3, 0.18, 0.05), losses=(1.6, 3, 6, 12)), 2.6, 0.3),
    "square pluck": Instrument(partial(_synth_pluck, closing=2.2, odd=True, decay=3.0), 1.6, 0.06),
    "saw pluck": Instrument(partial(_synth_pluck, closing=1.3, odd=False, decay=2.6), 1.6, 0.06),
    "chord stab": Instrument(partial(_synth_pluck, closing=3.0, odd=False, decay=4.0), 1.2, 0.08),
    "upright bass": Instrument(partial(_bass, dark=1.2, decay=1.1, damp=0.9), 2.4, 0.08),
    "electric bass": Instrument(partial(_bass, dark=0.9, decay=0.7, damp=0.35), 3.0, 0.06),
    "synth bass": Instrument(partial(_bass, dark=0.8, decay=1.2, damp=0.8), 2.5, 0.05),
    "sub bass": Instrument(partial(_bass, dark=2.4, decay=0.15, damp=0.5), 6.0, 0.15),
    "strings": Instrument(partial(_bowed, voices=4, attack=0.35, dark=1.25, vibrato=9), release=0.5),
    "fiddle": Instrument(partial(_bowed, voices=1, attack=0.05, dark=1.0, vibrato=12), release=0.1),
    "cello": Instrument(partial(_bowed, voices=2, attack=0.14, dark=1.2, vibrato=11), release=0.25),
    "choir": Instrument(partial(_sung, vowel="aah", voices=4, attack=0.28), release=0.45),
    "low choir": Instrument(partial(_sung, vowel="ooh", voices=4, attack=0.3), release=0.5),
    "humming": Instrument(partial(_sung, vowel="mmm", voices=3, attack=0.35), release=0.5),
    "cantor": Instrument(partial(_sung, vowel="aah", voices=1, attack=0.11), release=0.22),
    "voice": Instrument(partial(_sung, vowel="ooh", voices=2, attack=0.12), release=0.3),
    "concertina": Instrument(partial(_reed, cents=2), release=0.09),
    "accordion": Instrument(partial(_reed, cents=7), release=0.1),
    "organ": Instrument(_organ, release=0.12),
    "warm pad": Instrument(partial(_pad, corner=900, attack=0.6), release=0.9),
    "bright pad": Instrument(partial(_pad, corner=2200, attack=0.15, cents=11), release=0.4),
    "glass pad": Instrument(partial(_pad, corner=500, attack=1.1, voices=3, cents=6), release=1.4),
    "saw lead": Instrument(partial(_lead, odd=False), release=0.12),
    "square lead": Instrument(partial(_lead, odd=True), release=0.12),
    "power chord": Instrument(partial(_amplified, drive=5.0, chord=(1, 1.5, 2), attack=0.004, decay=0.6, high=3400), 2.5, 0.03),
    "garage guitar": Instrument(partial(_amplified, drive=2.4, chord=(1, 2), attack=0.004, decay=0.9, high=3000), 2.2, 0.05),
    "fuzz lead": Instrument(partial(_amplified, drive=4.0, chord=(1,), attack=0.008, decay=0.4, high=2800), 2.5, 0.06),
    "guitar wash": Instrument(partial(_amplified, drive=1.6, chord=(1, 1.5, 2, 3), attack=0.5, decay=0.05, high=2400), release=1.0),
    "drone": Instrument(_drone, release=1.5),
}  # fmt: skip
