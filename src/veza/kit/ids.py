"""UUIDv7 identifiers from an injected clock and random source (RFC 9562, section 5.7).

Written here because the simulator needs ids that repeat for a seed, which no library offers.
"""

from __future__ import annotations

import random
from uuid import UUID

from veza.kit.clock import Clock

_COUNTER_BITS = 12


class Ids:
    """Makes UUIDv7s that sort in the order they were made within this process.

    The 12 bits after the milliseconds are a counter (RFC 9562, 6.2, method 1), so two ids of the same
    millisecond keep their order; when the counter is full, or the clock steps back, the last
    millisecond is carried on.
    """

    def __init__(self, clock: Clock, rng: random.Random | None = None) -> None:
        self._clock = clock
        self._rng = rng or random.SystemRandom()
        self._last_ms = 0
        self._counter = 0

    def new(self) -> UUID:
        now_ms = int(self._clock.now().timestamp() * 1000)
        if now_ms > self._last_ms:
            self._last_ms, self._counter = now_ms, 0
        else:
            self._counter += 1
            if self._counter >> _COUNTER_BITS:
                self._last_ms, self._counter = self._last_ms + 1, 0
        value = (self._last_ms & ((1 << 48) - 1)) << 80
        value |= 0x7 << 76 | self._counter << 64
        value |= 0b10 << 62 | self._rng.getrandbits(62)
        return UUID(int=value)


def id_of(text: str) -> UUID | None:
    """The id that an address or a form names; None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None
