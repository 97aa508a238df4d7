"""Mixing: from parts to blocks of mid and side. Every block is a function of the composition and its number alone.

So a track of a continuous piece is rendered without the tracks before it, and joins them bit for bit.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from veza.lab.demo.music.composing import Composition
from veza.lab.demo.music.notes import NoteBank, instrument_of
from veza.lab.demo.music.room import Room
from veza.lab.demo.music.score import Event, Part
from veza.lab.demo.music.waves import Floats, seconds

BLOCK = 1 << 17
"""Samples, 3 s: no shorter than what the room rings, so that a block hears only itself and the one before."""
_LONGEST_NOTE = seconds(17)
_DUCK = seconds(0.24)


class Mixer:
    """Renders blocks of one composition."""

    def __init__(self, composition: Composition, bank: NoteBank) -> None:
        self._composition, self._bank = composition, bank
        self._room = Room(composition.style, composition.beat_samples, BLOCK)
        self._starts = [[event.start for event in part.events] for part in composition.parts]
        self._last: tuple[int, Floats] | None = None
        self._duck = 1 - 0.62 * np.cos(0.5 * np.pi * np.arange(_DUCK) / _DUCK).astype(np.float32) ** 2

    def block(self, number: int) -> Floats:
        """Mid and side, (2, BLOCK), of the samples from `number` × BLOCK on, not yet mastered."""
        mixed, tail = self._block(number)
        if number > 0:
            if self._last is None or self._last[0] != number - 1:
                self._last = number - 1, self._block(number - 1)[1]
            mixed += self._last[1]
        self._last = number, tail
        return mixed

    def _block(self, number: int) -> tuple[Floats, Floats]:
        """The block by itself, and what its room adds to the next."""
        begin = number * BLOCK
        mixed, sends = np.zeros((2, BLOCK), np.float32), np.zeros((2, BLOCK), np.float32)
        ducked = self._ducked(begin)
        bus = np.empty((2, BLOCK), np.float32)
        for part, starts in zip(self._composition.parts, self._starts, strict=True):
            events = part.events[bisect_left(starts, begin - _LONGEST_NOTE) : bisect_left(starts, begin + BLOCK)]
            bus.fill(0)
            if not self._play(bus, events, begin):
                continue
            bus *= np.float32(part.gain)
            if part.is_ducked:
                bus *= ducked
            mixed += bus
            _send(sends, bus[0], part)
        wet, tail = self._room.ring(sends)
        mixed += wet
        return mixed, tail

    def _ducked(self, begin: int) -> Floats:
        kicks = self._composition.kicks
        shape = np.ones(BLOCK, np.float32)
        for kick in kicks[bisect_left(kicks, begin - _DUCK) : bisect_left(kicks, begin + BLOCK)]:
            low, high = max(kick, begin), min(kick + _DUCK, begin + BLOCK)
            piece = shape[low - begin : high - begin]
            np.minimum(piece, self._duck[low - kick : high - kick], out=piece)
        return shape

    def _play(self, bus: Floats, events: Sequence[Event], begin: int) -> bool:
        """Add the notes that sound in the block; whether there are any."""
        is_heard = False
        for event in events:
            release = seconds(instrument_of(event.name).release)
            note = self._bank.note(event.name, event.pitch, event.held + release)
            length = min(note.length, event.held + release)
            low, high = max(event.start, begin), min(event.start + length, begin + BLOCK)
            if low >= high:
                continue
            is_heard = True
            gain = event.gain * note.scale
            fades = event.start + length - release if length < note.length or length > event.held else high
            for first, last, is_fading in ((low, min(high, fades), False), (max(low, fades), high, True)):
                if first >= last:
                    continue
                wave = note.samples[:, first - event.start : last - event.start] * np.float32(gain)
                if is_fading:
                    wave *= _release(first - fades, last - fades, release)
                target = bus[:, first - begin : last - begin]
                target[: wave.shape[0]] += wave
                if event.pan:
                    target[1] -= wave[0] * np.float32(0.5 * event.pan)
        return is_heard


def _release(first: int, last: int, release: int) -> Floats:
    shape: Floats = (0.5 + 0.5 * np.cos(np.pi * np.arange(first, last) / release)).astype(np.float32)
    return shape


def _send(sends: Floats, mid: Floats, part: Part) -> None:
    if part.room:
        sends[0] += mid * np.float32(part.room)
    if part.echo:
        sends[1] += mid * np.float32(part.echo)
