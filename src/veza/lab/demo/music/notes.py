"""Notes that were made once are kept: a song plays the same few hundred notes thousands of times."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from veza.lab.demo.music.drums import DRUMS
from veza.lab.demo.music.instruments import INSTRUMENTS, Instrument
from veza.lab.demo.music.waves import RATE, Floats, seconds

MOST_BYTES = 40 * 1024 * 1024
"""Of kept notes: enough for most songs, and the process stays below 200 MB with the longest track."""
LOUDNESS = 0.1
"""Root mean square that the loudest twentieth of a second of each note gets; parts are balanced against each other."""
_CLASSES = (0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 16.0)
"""Seconds that a held note is made for: a note of any length is the beginning of one of these."""


@dataclass(frozen=True, slots=True)
class Note:
    """Samples (1 or 2, n) as whole numbers, to be multiplied by `scale`; two rows are mid and side."""

    samples: NDArray[np.int16]
    scale: float

    @property
    def length(self) -> int:
        return int(self.samples.shape[1])


class NoteBank:
    """The notes of one process. What a note sounds like depends on its name, pitch and length class alone."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._notes: OrderedDict[tuple[str, float, float], Note] = OrderedDict()
        self._left = most_bytes

    def note(self, name: str, pitch: float, held: int) -> Note:
        """The note of MIDI number `pitch`, long enough for `held` samples unless it rings for less."""
        instrument = instrument_of(name)
        length = instrument.rings or next((one for one in _CLASSES if seconds(one) >= held), _CLASSES[-1])
        key = name, pitch, length
        if (kept := self._notes.get(key)) is not None:
            self._notes.move_to_end(key)
            return kept
        made = self._notes[key] = _made(instrument, name, pitch, seconds(length))
        self._left -= made.samples.nbytes
        while self._left < 0 and len(self._notes) > 1:
            _, oldest = self._notes.popitem(last=False)
            self._left += oldest.samples.nbytes
        return made


def instrument_of(name: str) -> Instrument:
    """The instrument or drum of that name. Raises KeyError."""
    return INSTRUMENTS.get(name) or DRUMS[name]


def _made(instrument: Instrument, name: str, pitch: float, samples: int) -> Note:
    generator = np.random.default_rng(zlib.crc32(f"{name} {pitch:.2f}".encode()))
    wave = np.atleast_2d(instrument.make(440 * 2 ** ((pitch - 69) / 12), samples, generator))
    if instrument.rings:
        fade = min(samples, seconds(max(0.02, 0.15 * instrument.rings)))
        wave[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32) ** 2
    peak = float(np.abs(wave).max()) or 1.0
    whole = np.round(wave * np.float32(32767 / peak)).astype(np.int16)
    return Note(whole, peak / 32767 * LOUDNESS / _loudest(wave[0]))


def _loudest(mid: Floats) -> float:
    """Root mean square of the loudest 50 ms; drums, which are shorter, are measured by them as well."""
    window = RATE // 20
    whole = mid[: mid.size // window * window].reshape(-1, window)
    return float(np.sqrt((whole.astype(np.float64) ** 2).mean(axis=1).max(initial=1e-9)))
