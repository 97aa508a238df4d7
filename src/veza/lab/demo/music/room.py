"""The room and the echo of an artist: impulse responses that fit into one block."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from veza.lab.demo.music.styles import Style
from veza.lab.demo.music.waves import Floats, noise, seconds, times

_BANDS = ((60.0, 350.0, 1.0, 0.9), (350.0, 1800.0, 0.85, 1.0), (1800.0, 5200.0, 0.5, 0.55))
"""Low Hz, high Hz, share of the room's seconds that the band rings, and its level: highs die first."""
_REPEATS = 0.48
"""What is left of an echo in the next one."""


class Room:
    """Convolves two sends, the room's and the echo's, with responses of mid and side."""

    def __init__(self, style: Style, beat_samples: float, block: int) -> None:
        generator = np.random.default_rng(style.room_seed)
        self._block = block
        room = [_reverberation(generator, style.room_seconds, block) * width for width in (1.0, 0.55)]
        taps = [_echoes(style.echo_beats * beat_samples, block, is_side) for is_side in (False, True)]
        self._responses = [
            [self._spectrum(one) for one in (room[side], taps[side] + 0.35 * _delayed(room[side], taps[0], block))]
            for side in (0, 1)
        ]

    def ring(self, sends: Floats) -> tuple[Floats, Floats]:
        """What the room says to a block of sends (2, block): during that block, and during the next."""
        if not sends.any():
            return np.zeros_like(sends), np.zeros_like(sends)
        heard = [self._spectrum(one) for one in sends]
        rung: Floats = np.stack([
            np.fft.irfft(heard[0] * room + heard[1] * echo, 2 * self._block) for room, echo in self._responses
        ]).astype(np.float32, copy=False)  # fmt: skip
        return rung[:, : self._block], rung[:, self._block :]

    def _spectrum(self, wave: Floats) -> NDArray[np.complex64]:
        return np.fft.rfft(wave, 2 * self._block).astype(np.complex64, copy=False)


def _reverberation(generator: np.random.Generator, room_seconds: float, block: int) -> Floats:
    """Noise that dies away by 60 dB in `room_seconds`, after a few early reflections; its energy is 1."""
    samples = min(block, seconds(room_seconds * 1.05))
    made = np.zeros(block, np.float32)
    for low, high, share, level in _BANDS:
        fall = np.exp(-6.9 * times(samples) / (room_seconds * share)).astype(np.float32)
        made[:samples] += noise(generator, samples, low, high) * fall * np.float32(level)
    made[:samples] *= np.minimum(1, times(samples) / 0.018).astype(np.float32)
    made[max(0, samples - 2000) : samples] *= np.linspace(1, 0, min(samples, 2000), dtype=np.float32)
    for late in generator.uniform(0.008, 0.05, 5):
        made[seconds(late)] += np.float32(generator.choice((-1, 1)) * 12 * np.exp(-late * 30))
    made /= np.float32(np.sqrt((made**2).sum()))
    return made


def _echoes(apart: float, block: int, is_side: bool) -> Floats:
    """Repeats that go from one side to the other, each softer; those that would not fit into a block are left out."""
    made = np.zeros(block, np.float32)
    level = 0.8
    for number in range(1, 12):
        at = round(number * apart)
        if at >= block:
            break
        made[at] = level * ((-1) ** number * 0.7 if is_side else 1.0)
        level *= _REPEATS
    return made


def _delayed(room: Floats, taps: Floats, block: int) -> Floats:
    """The room of the echoes, cut where the block ends."""
    both = np.fft.irfft(np.fft.rfft(room, 2 * block) * np.fft.rfft(taps, 2 * block), 2 * block)[:block]
    both[-4000:] *= np.linspace(1, 0, 4000, dtype=np.float32)
    return both.astype(np.float32)
