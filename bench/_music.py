"""Three minutes that sound like music, made from a seed: chords, a bass, drums; a WAV of 44.1 kHz and 16 bits."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

RATE = 44_100
BEAT = RATE // 2
_CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))


def write_music(path: Path, seconds: int, seed: int = 1) -> Path:
    """A file of `seconds` seconds."""
    chance = np.random.default_rng(seed)
    samples = np.zeros((2, seconds * RATE))
    for beat, start in enumerate(range(0, seconds * RATE, BEAT)):
        length = min(2 * BEAT, seconds * RATE - start)
        at = np.arange(length) / RATE
        for note in _CHORDS[beat // 4 % 4]:
            tone = sum(np.sin(2 * np.pi * 220 * 2 ** (note / 12) * k * at) / k**1.5 for k in range(1, 8))
            place = chance.uniform(0.3, 0.7)
            samples[:, start : start + length] += np.outer((place, 1 - place), 0.1 * tone * np.exp(-2.5 * at))
        drum = chance.standard_normal((2, min(6_000, length))) * np.exp(-np.arange(min(6_000, length)) / 900)
        samples[:, start : start + drum.shape[1]] += 0.15 * drum
    whole = (np.clip(samples, -1, 1) * 32_767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(whole.T.tobytes())
    return path
