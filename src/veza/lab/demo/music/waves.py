"""Waves that instruments are made of. Arrays are 32-bit floats at RATE Hz, of shape (n,) for one channel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from veza.lab.demo.music import RATE as RATE

TABLE = 4096
"""Samples of one cycle in a wavetable: with 2,048 the interpolation of a bright saw is heard as hiss."""
_CHUNK = 512

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


def seconds(count: float) -> int:
    """Samples of that many seconds."""
    return round(count * RATE)


def times(samples: int) -> Doubles:
    """The second of each sample."""
    return np.arange(samples) / RATE


def modal(hertz: ArrayLike, amplitudes: ArrayLike, decays: ArrayLike, samples: int) -> Floats:
    """The sum of sines that die away exponentially; `decays` are in nepers a second, 0 for a steady tone.

    A matrix product of (chunks, 2K) by (2K, 512) makes K partials at once: 1 ms for 20 partials of 2 s, a fifteenth of
    what sine by sine takes.
    """
    rates = -np.asarray(decays, np.float64) / RATE + 2j * np.pi * np.asarray(hertz, np.float64) / RATE
    chunks = -(-samples // _CHUNK)
    within = np.exp(rates[:, None] * np.arange(_CHUNK))
    # −j turns cosines into sines: a note begins at zero.
    starts = -1j * np.asarray(amplitudes, np.float64) * np.exp(rates * (_CHUNK * np.arange(chunks)[:, None]))
    left = np.concatenate([starts.real, -starts.imag], axis=1).astype(np.float32)
    right = np.concatenate([within.real, within.imag]).astype(np.float32)
    summed: Floats = (left @ right).reshape(-1)[:samples]
    return summed


def cycle(amplitudes: ArrayLike) -> Floats:
    """One cycle of a wave whose partials have these amplitudes, the first sample repeated at the end."""
    spectrum = np.zeros(TABLE // 2 + 1, np.complex128)
    levels = np.asarray(amplitudes, np.float64)
    spectrum[1 : levels.size + 1] = -1j * levels * (TABLE / 2)
    wave = np.fft.irfft(spectrum, TABLE)
    return np.append(wave, wave[0]).astype(np.float32)


def played(table: Floats, phase: Doubles) -> Floats:
    """The wavetable read at `phase` (in cycles), between two entries linearly."""
    place = (phase % 1.0) * TABLE
    whole = place.astype(np.int32)
    part = (place - whole).astype(np.float32)
    low = table[whole]
    read: Floats = low + (table[whole + 1] - low) * part
    return read


def rising(samples: int, attack: float) -> Floats:
    """An attack of that many seconds, then 1."""
    shape = np.ones(samples, np.float32)
    ramp = min(samples, max(1, seconds(attack)))
    shape[:ramp] = 0.5 - 0.5 * np.cos(np.pi * np.arange(ramp) / ramp)
    return shape


def dying(samples: int, decay: float) -> Floats:
    """An exponential that loses `decay` nepers a second."""
    return np.exp(-decay * times(samples)).astype(np.float32)


def noise(generator: np.random.Generator, samples: int, low: float, high: float) -> Floats:
    """Noise between two frequencies (Hz), with soft edges; its root mean square is 1."""
    return filtered(generator.standard_normal(samples).astype(np.float32), low, high, level=True)


def filtered(wave: Floats, low: float, high: float, *, level: bool = False) -> Floats:
    """The wave between two frequencies (Hz), 12 dB an octave beyond them."""
    size = 1 << (wave.size - 1).bit_length()
    hertz = np.maximum(np.fft.rfftfreq(size, 1 / RATE), 1e-3)
    shape = 1 / np.sqrt((1 + (low / hertz) ** 4) * (1 + (hertz / high) ** 4))
    made = np.fft.irfft(np.fft.rfft(wave, size) * shape.astype(np.float32), size)[: wave.size].astype(np.float32)
    if level:
        made /= np.float32(np.sqrt(np.mean(made**2)) + 1e-9)
    return made


def formants(hertz: Doubles, peaks: Sequence[tuple[float, float, float]]) -> Doubles:
    """How loud each frequency is made by resonances, each (Hz, level, width in Hz)."""
    shape = np.full(hertz.shape, 0.004)
    for centre, level, width in peaks:
        shape += level / (1 + ((hertz - centre) / width) ** 2)
    return shape
